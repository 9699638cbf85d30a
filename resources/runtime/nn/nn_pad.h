/* TinyML Studio runtime: PAD and PADV2 in up to five dimensions, for values of any type. */
#ifndef TML_NN_PAD_H
#define TML_NN_PAD_H

#include "nn_bytes.h"

typedef struct {
    int32_t size[3], run;        /* of the input: three outer dimensions, bytes that lie together */
    int32_t before[4], after[4]; /* bytes of the output, per dimension */
    uint32_t value;              /* its bits */
    int32_t width;               /* its bytes */
} tml_pad_layer;

TML_NN_KERNEL void tml_pad(const tml_pad_layer *l, const void *from, void *to)
{
    const int8_t *in = (const int8_t *)from;
    int8_t *out = (int8_t *)to;
    int32_t a, b, c;
    out = tml_nn_fill(out, l->before[0], l->value, l->width);
    for (a = 0; a < l->size[0]; a++) {
        out = tml_nn_fill(out, l->before[1], l->value, l->width);
        for (b = 0; b < l->size[1]; b++) {
            out = tml_nn_fill(out, l->before[2], l->value, l->width);
            for (c = 0; c < l->size[2]; c++) {
                out = tml_nn_fill(out, l->before[3], l->value, l->width);
                tml_nn_copy_bytes(in, out, l->run);
                in += l->run;
                out = tml_nn_fill(out + l->run, l->after[3], l->value, l->width);
            }
            out = tml_nn_fill(out, l->after[2], l->value, l->width);
        }
        out = tml_nn_fill(out, l->after[1], l->value, l->width);
    }
    (void)tml_nn_fill(out, l->after[0], l->value, l->width);
}

typedef struct {
    tml_pad_layer inner;
    int32_t size, step, out_step; /* of the outermost dimension: of the input, bytes of one part */
    int32_t before, after;        /* bytes of the output */
} tml_pad_5d_layer;

TML_NN_KERNEL void tml_pad_5d(const tml_pad_5d_layer *l, const void *from, void *to)
{
    const int8_t *in = (const int8_t *)from;
    int8_t *out = tml_nn_fill((int8_t *)to, l->before, l->inner.value, l->inner.width);
    int32_t n;
    for (n = 0; n < l->size; n++) {
        tml_pad(&l->inner, in, out);
        in += l->step;
        out += l->out_step;
    }
    (void)tml_nn_fill(out, l->after, l->inner.value, l->inner.width);
}

#endif
