/* TinyML Studio runtime: SOFTMAX from int8 to int16, output scale 1/65536 and zero point -32768. */
#ifndef TML_NN_SOFTMAX_S8_S16_H
#define TML_NN_SOFTMAX_S8_S16_H

#include "nn_fixed.h"

typedef struct {
    int32_t rows, depth;
    int32_t multiplier, shift; /* from a difference of inputs to Q5.26, shift to the left */
    int32_t lowest;            /* differences below it count as exp() = 0 */
} tml_softmax_s8_s16_layer;

TML_NN_KERNEL void tml_softmax_s8_s16(const tml_softmax_s8_s16_layer *l, const int8_t *in,
                                      int16_t *out)
{
    int32_t row, i;
    for (row = 0; row < l->rows; row++) {
        const int32_t best = tml_fixed_largest(in, l->depth);
        uint32_t sum = 0; /* Q12.19 */
        int32_t zeros, scale;
        for (i = 0; i < l->depth; i++) {
            if (in[i] - best >= l->lowest) {
                const int32_t x = tml_nn_rescale(in[i] - best, l->multiplier, l->shift);
                sum += (uint32_t)tml_nn_shift_right(tml_fixed_exp(x), 12);
            }
        }
        zeros = tml_fixed_zeros(sum); /* at most 12, as the largest input counts as 1 */
        scale = tml_fixed_reciprocal((int32_t)((sum << zeros) - ((uint32_t)1 << 31)));
        for (i = 0; i < l->depth; i++) {
            int32_t value = 0;
            if (in[i] - best >= l->lowest) {
                const int32_t x = tml_nn_rescale(in[i] - best, l->multiplier, l->shift);
                value = tml_nn_shift_right(tml_nn_high_multiply(scale, tml_fixed_exp(x)),
                                           12 - zeros + 31 - 16);
            }
            out[i] = (int16_t)tml_nn_clamp(value - 32768, -32768, 32767);
        }
        in += l->depth;
        out += l->depth;
    }
}

#endif
