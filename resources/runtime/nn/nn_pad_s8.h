/* TinyML Studio runtime: PAD on int8 in up to four dimensions. */
#ifndef TML_NN_PAD_S8_H
#define TML_NN_PAD_S8_H

#include "nn_math.h"

typedef struct {
    int32_t in_size[4], before[4], after[4];
    int32_t value;
} tml_pad_s8_layer;

static inline int8_t *tml_pad_s8_fill(int8_t *out, int32_t count, int32_t value)
{
    int32_t i;
    for (i = 0; i < count; i++) {
        *out++ = (int8_t)value;
    }
    return out;
}

TML_NN_KERNEL void tml_pad_s8(const tml_pad_s8_layer *l, const int8_t *in, int8_t *out)
{
    const int32_t line = l->before[3] + l->in_size[3] + l->after[3];
    const int32_t plane = line * (l->before[2] + l->in_size[2] + l->after[2]);
    const int32_t block = plane * (l->before[1] + l->in_size[1] + l->after[1]);
    int32_t i, j, k, m;
    out = tml_pad_s8_fill(out, l->before[0] * block, l->value);
    for (i = 0; i < l->in_size[0]; i++) {
        out = tml_pad_s8_fill(out, l->before[1] * plane, l->value);
        for (j = 0; j < l->in_size[1]; j++) {
            out = tml_pad_s8_fill(out, l->before[2] * line, l->value);
            for (k = 0; k < l->in_size[2]; k++) {
                out = tml_pad_s8_fill(out, l->before[3], l->value);
                for (m = 0; m < l->in_size[3]; m++) {
                    *out++ = *in++;
                }
                out = tml_pad_s8_fill(out, l->after[3], l->value);
            }
            out = tml_pad_s8_fill(out, l->after[2] * line, l->value);
        }
        out = tml_pad_s8_fill(out, l->after[1] * plane, l->value);
    }
    (void)tml_pad_s8_fill(out, l->after[0] * block, l->value);
}

#endif
