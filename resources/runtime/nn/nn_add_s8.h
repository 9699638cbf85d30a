/* TinyML Studio runtime: ADD on int8, with broadcasting of up to four dimensions.
 *
 * Both inputs are brought to twice the larger scale with 20 extra bits, added, and rescaled. */
#ifndef TML_NN_ADD_S8_H
#define TML_NN_ADD_S8_H

#include "nn_math.h"

typedef struct {
    int32_t size[4];   /* of the output */
    int32_t step_a[4]; /* elements from one value to the next, 0 along a broadcast dimension */
    int32_t step_b[4];
    int32_t zero_point_a, multiplier_a, right_a;
    int32_t zero_point_b, multiplier_b, right_b;
    int32_t out_multiplier, out_right, out_zero_point, out_low, out_high;
} tml_add_s8_layer;

/* Half of `twice`, which is within +-2^30, times a factor; right is at least 1. */
static inline int32_t tml_add_s8_scaled(int32_t twice, int32_t multiplier, int32_t right,
                                        int32_t half)
{
    const int32_t x = tml_nn_high_multiply_doubled(twice, multiplier);
    return (x + (x >> 31) + half) >> right;
}

static inline int32_t tml_add_s8_half(int32_t right)
{
    return (int32_t)((uint32_t)1 << (right - 1));
}

/* The last dimension. 20 extra bits and the doubling fit 32 bits. */
TML_NN_KERNEL void tml_add_s8_row(const tml_add_s8_layer *l, const int8_t *a, const int8_t *b,
                                  int8_t *out)
{
    const int32_t half_a = tml_add_s8_half(l->right_a), half_b = tml_add_s8_half(l->right_b);
    const int32_t half_out = tml_add_s8_half(l->out_right);
    const int32_t right_a = l->right_a, right_b = l->right_b, right_out = l->out_right;
    const int32_t multiplier_a = l->multiplier_a, multiplier_b = l->multiplier_b;
    const int32_t zero_a = l->zero_point_a, zero_b = l->zero_point_b, zero = l->out_zero_point;
    const int32_t multiplier_out = l->out_multiplier, low = l->out_low, high = l->out_high;
    const int32_t step_a = l->step_a[3], step_b = l->step_b[3];
    int8_t *const end = out + l->size[3];
    while (out != end) {
        const int32_t x = (*a - zero_a) * (1 << 21), y = (*b - zero_b) * (1 << 21);
        const int32_t sum = tml_add_s8_scaled(x, multiplier_a, right_a, half_a)
                            + tml_add_s8_scaled(y, multiplier_b, right_b, half_b);
        const int32_t z = tml_add_s8_scaled(2 * sum, multiplier_out, right_out, half_out);
        *out++ = (int8_t)tml_nn_clamp(z + zero, low, high);
        a += step_a;
        b += step_b;
    }
}

TML_NN_KERNEL void tml_add_s8(const tml_add_s8_layer *l, const int8_t *a, const int8_t *b,
                              int8_t *out)
{
    int32_t i, j, k;
    for (i = 0; i < l->size[0]; i++) {
        for (j = 0; j < l->size[1]; j++) {
            for (k = 0; k < l->size[2]; k++) {
                const int8_t *x = a + i * l->step_a[0] + j * l->step_a[1] + k * l->step_a[2];
                const int8_t *y = b + i * l->step_b[0] + j * l->step_b[1] + k * l->step_b[2];
                tml_add_s8_row(l, x, y, out);
                out += l->size[3];
            }
        }
    }
}

#endif
