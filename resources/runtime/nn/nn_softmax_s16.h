/* TinyML Studio runtime: SOFTMAX on int16, output scale 1/32768 and zero point 0. */
#ifndef TML_NN_SOFTMAX_S16_H
#define TML_NN_SOFTMAX_S16_H

#include "nn_fixed.h"

typedef struct {
    int32_t rows, depth;
    int32_t multiplier, shift; /* from a difference of inputs to 10/65535 per step */
    const int16_t *exp;        /* exp(x) for x from -10 to 0 in Q0.15, 513 values */
    const int16_t *reciprocal; /* 1 / (1 + x) for x from 0 to 1 in Q0.15, 513 values */
} tml_softmax_s16_layer;

/* A value between two entries of a table over the whole range of int16. */
static inline int32_t tml_softmax_s16_look_up(const int16_t *table, int32_t x)
{
    const int32_t at = 256 + (x >> 7);
    const int32_t slope = (int16_t)(table[at + 1] - table[at]);
    return (int16_t)(table[at] + ((slope * (x & 127) + 64) >> 7));
}

static inline int32_t tml_softmax_s16_exp(const tml_softmax_s16_layer *l, int32_t difference)
{
    const int32_t x = tml_nn_rescale(difference, l->multiplier, l->shift);
    return tml_softmax_s16_look_up(l->exp, tml_nn_clamp(x, -65535, 0) + 32767);
}

TML_NN_KERNEL void tml_softmax_s16(const tml_softmax_s16_layer *l, const int16_t *in,
                                   int16_t *out)
{
    int32_t row, i;
    for (row = 0; row < l->rows; row++) {
        int32_t best = -32768, zeros, right, scale;
        uint32_t sum = 0; /* Q16.15 */
        for (i = 0; i < l->depth; i++) {
            best = in[i] > best ? in[i] : best;
        }
        for (i = 0; i < l->depth; i++) {
            const int32_t power = tml_softmax_s16_exp(l, in[i] - best);
            out[i] = (int16_t)power;
            sum += (uint32_t)power;
        }
        zeros = tml_fixed_zeros(sum); /* from 1 to 17, as the largest input counts as 1 */
        /* the sum less 1 in Q1.15 with its point moved, centred around 0 */
        scale = (int32_t)(((sum << (zeros - 1)) + ((uint32_t)1 << 13)) >> 14);
        scale = tml_nn_clamp(scale - ((int32_t)3 << 15), -32768, 32767);
        scale = tml_softmax_s16_look_up(l->reciprocal, scale);
        right = 31 - zeros;
        for (i = 0; i < l->depth; i++) {
            const int32_t product = (int32_t)out[i] * scale;
            const int32_t y = (product + ((int32_t)1 << (right - 1))) >> right;
            out[i] = (int16_t)tml_nn_clamp(y, 0, 32767);
        }
        in += l->depth;
        out += l->depth;
    }
}

#endif
