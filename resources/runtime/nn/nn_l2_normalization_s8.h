/* TinyML Studio runtime: L2_NORMALIZATION of the last dimension on int8; the output's scale is
 * 1/128. */
#ifndef TML_NN_L2_NORMALIZATION_S8_H
#define TML_NN_L2_NORMALIZATION_S8_H

#include "nn_fixed.h"

typedef struct {
    int32_t rows, depth, zero_point;
} tml_l2_normalization_s8_layer;

/* 1 / sqrt(x) as *multiplier * 2^(*shift - 31): five Newton steps from 1, in Q3.28. */
static inline void tml_l2_normalization_s8_inverse(int32_t x, int32_t *multiplier, int32_t *shift)
{
    const int32_t root_half = 1518500250;
    int32_t right = 11, pairs, half, y = (int32_t)1 << 28, i;
    if (x <= 1) {
        *multiplier = INT32_MAX;
        *shift = 0;
        return;
    }
    while (x >= (int32_t)1 << 29) {
        x /= 4;
        right++;
    }
    pairs = (tml_fixed_zeros((uint32_t)x) - 1) / 2 - 1;
    right -= pairs;
    half = tml_nn_shift_right((int32_t)((uint32_t)x << (2 * pairs)) >> 1, 1);
    for (i = 0; i < 5; i++) {
        const int32_t cube = tml_nn_high_multiply(tml_nn_high_multiply(y, y), y);
        const int32_t next = tml_nn_high_multiply((int32_t)3 << 27, y)
            - tml_nn_high_multiply(half, tml_fixed_shift_left(cube, 6));
        y = tml_fixed_shift_left(next, 3);
    }
    y = tml_nn_high_multiply(y, root_half);
    *multiplier = right < 0 ? (int32_t)((uint32_t)y << -right) : y;
    *shift = right < 0 ? 0 : -right;
}

TML_NN_KERNEL void tml_l2_normalization_s8(const tml_l2_normalization_s8_layer *l,
                                           const int8_t *in, int8_t *out)
{
    int32_t row, i;
    for (row = 0; row < l->rows; row++) {
        uint32_t squares = 0;
        int32_t multiplier, shift;
        for (i = 0; i < l->depth; i++) {
            const int32_t x = in[i] - l->zero_point;
            squares += (uint32_t)(x * x);
        }
        tml_l2_normalization_s8_inverse((int32_t)squares, &multiplier, &shift);
        for (i = 0; i < l->depth; i++) {
            const int32_t y = tml_nn_rescale(in[i] - l->zero_point, multiplier, shift + 7);
            out[i] = (int8_t)tml_nn_clamp(y, -128, 127);
        }
        in += l->depth;
        out += l->depth;
    }
}

#endif
