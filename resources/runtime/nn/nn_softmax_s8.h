/* TinyML Studio runtime: SOFTMAX on int8, output scale 1/256 and zero point -128.
 *
 * All in fixed point as in nn_fixed.h, by the steps of TensorFlow Lite for Microcontrollers. */
#ifndef TML_NN_SOFTMAX_S8_H
#define TML_NN_SOFTMAX_S8_H

#include "nn_fixed.h"

typedef struct {
    int32_t rows, depth;
    int32_t multiplier, shift; /* from a difference of inputs to Q5.26, shift to the left */
    int32_t lowest;            /* differences below it count as exp() = 0 */
} tml_softmax_s8_layer;

static inline int32_t tml_softmax_s8_exp_difference(const tml_softmax_s8_layer *l, int32_t d)
{
    return tml_fixed_exp(
        tml_nn_high_multiply((int32_t)((uint32_t)d << l->shift), l->multiplier));
}

TML_NN_KERNEL void tml_softmax_s8_row(const tml_softmax_s8_layer *l, const int8_t *in,
                                      int8_t *out)
{
    const int32_t best = tml_fixed_largest(in, l->depth);
    int32_t i, zeros, scale, exponent;
    uint32_t sum = 0; /* Q12.19 */
    for (i = 0; i < l->depth; i++) {
        if (in[i] - best >= l->lowest) {
            sum += (uint32_t)tml_nn_shift_right(tml_softmax_s8_exp_difference(l, in[i] - best),
                                                12);
        }
    }
    zeros = tml_fixed_zeros(sum); /* sum >= 2^19, as the largest input counts as 1 */
    scale = tml_fixed_reciprocal((int32_t)((sum << zeros) - ((uint32_t)1 << 31)));
    exponent = 12 - zeros + 31 - 8;
    for (i = 0; i < l->depth; i++) {
        int32_t value = 0;
        if (in[i] - best >= l->lowest && exponent <= 31) {
            value = tml_nn_shift_right(
                tml_nn_high_multiply(scale, tml_softmax_s8_exp_difference(l, in[i] - best)),
                exponent);
        }
        out[i] = (int8_t)tml_nn_clamp(value - 128, -128, 127);
    }
}

TML_NN_KERNEL void tml_softmax_s8(const tml_softmax_s8_layer *l, const int8_t *in, int8_t *out)
{
    int32_t row;
    for (row = 0; row < l->rows; row++) {
        tml_softmax_s8_row(l, in, out);
        in += l->depth;
        out += l->depth;
    }
}

#endif
