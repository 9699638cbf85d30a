/* TinyML Studio runtime: MIRROR_PAD in up to six dimensions, for values of any type. */
#ifndef TML_NN_MIRROR_PAD_H
#define TML_NN_MIRROR_PAD_H

#include "nn_bytes.h"

typedef struct {
    int32_t size[4], before[4], after[4]; /* of the input, and values around it */
    int32_t step[4];                      /* bytes of the input per value of a dimension */
    int32_t skip;                         /* 1: the values at the borders are not repeated */
} tml_mirror_pad_layer;

/* Where value i comes from; below 0 and from `size` on is padding. */
static inline int32_t tml_mirror(int32_t i, int32_t size, int32_t skip)
{
    if (i < 0) {
        return skip - 1 - i;
    }
    return i < size ? i : 2 * size - 1 - skip - i;
}

TML_NN_KERNEL int8_t *tml_mirror_pad_line(const tml_mirror_pad_layer *l, const int8_t *in,
                                          int8_t *out)
{
    const int32_t run = l->step[3], size = l->size[3];
    int32_t i;
    for (i = -l->before[3]; i < 0; i++) {
        tml_nn_copy_bytes(in + tml_mirror(i, size, l->skip) * run, out, run);
        out += run;
    }
    tml_nn_copy_bytes(in, out, size * run);
    out += size * run;
    for (i = size; i < size + l->after[3]; i++) {
        tml_nn_copy_bytes(in + tml_mirror(i, size, l->skip) * run, out, run);
        out += run;
    }
    return out;
}

TML_NN_KERNEL void tml_mirror_pad(const tml_mirror_pad_layer *l, const void *from, void *to)
{
    int8_t *out = (int8_t *)to;
    int32_t a, b, c;
    for (a = -l->before[0]; a < l->size[0] + l->after[0]; a++) {
        const int8_t *in_a =
            (const int8_t *)from + tml_mirror(a, l->size[0], l->skip) * l->step[0];
        for (b = -l->before[1]; b < l->size[1] + l->after[1]; b++) {
            const int8_t *in_b = in_a + tml_mirror(b, l->size[1], l->skip) * l->step[1];
            for (c = -l->before[2]; c < l->size[2] + l->after[2]; c++) {
                out = tml_mirror_pad_line(
                    l, in_b + tml_mirror(c, l->size[2], l->skip) * l->step[2], out);
            }
        }
    }
}

typedef struct {
    tml_mirror_pad_layer inner;
    int32_t size[2], before[2], after[2], step[2]; /* as in `inner`, of the two outer dimensions */
    int32_t out_step;                              /* bytes that `inner` writes */
} tml_mirror_pad_6d_layer;

TML_NN_KERNEL void tml_mirror_pad_6d(const tml_mirror_pad_6d_layer *l, const void *from, void *to)
{
    const int32_t skip = l->inner.skip;
    int8_t *out = (int8_t *)to;
    int32_t a, b;
    for (a = -l->before[0]; a < l->size[0] + l->after[0]; a++) {
        const int8_t *in = (const int8_t *)from + tml_mirror(a, l->size[0], skip) * l->step[0];
        for (b = -l->before[1]; b < l->size[1] + l->after[1]; b++) {
            tml_mirror_pad(&l->inner, in + tml_mirror(b, l->size[1], skip) * l->step[1], out);
            out += l->out_step;
        }
    }
}

#endif
