/* TinyML Studio runtime: ADD, SUB and SQUARED_DIFFERENCE on int8 and int16, with
 * broadcasting. Both inputs are brought to twice the larger scale with some extra bits, joined,
 * and rescaled. */
#ifndef TML_NN_COMMON_SCALE_H
#define TML_NN_COMMON_SCALE_H

#include "nn_broadcast.h"

typedef struct {
    int32_t zero_point_a, multiplier_a, right_a;
    int32_t zero_point_b, multiplier_b, right_b;
    int32_t out_multiplier, out_shift; /* to the left, negative to the right */
    int32_t out_zero_point, low, high;
} tml_common_scale_numbers;

typedef struct {
    tml_nn_broadcast shape;
    tml_common_scale_numbers numbers;
} tml_common_scale_layer;

TML_NN_KERNEL int32_t tml_common_scale_out(const tml_common_scale_numbers *n, int32_t joined)
{
    const int32_t y = tml_nn_rescale(joined, n->out_multiplier, n->out_shift);
    return tml_nn_clamp((int32_t)((uint32_t)y + (uint32_t)n->out_zero_point), n->low, n->high);
}

/* With 20 extra bits; all shifts go to the right by at least 1. */
TML_NN_KERNEL int32_t tml_common_scale_a_s8(const tml_common_scale_numbers *n, int32_t x)
{
    return tml_nn_shifted_product((x - n->zero_point_a) * ((int32_t)1 << 21), n->multiplier_a,
                                  n->right_a);
}

TML_NN_KERNEL int32_t tml_common_scale_b_s8(const tml_common_scale_numbers *n, int32_t x)
{
    return tml_nn_shifted_product((x - n->zero_point_b) * ((int32_t)1 << 21), n->multiplier_b,
                                  n->right_b);
}

TML_NN_KERNEL int8_t tml_common_scale_out_s8(const tml_common_scale_numbers *n, int32_t joined)
{
    const int32_t y = tml_nn_shifted_product(2 * joined, n->out_multiplier, -n->out_shift);
    return (int8_t)tml_nn_clamp(y + n->out_zero_point, n->low, n->high);
}

/* For more loops than `tml_add_s8` has. */
TML_NN_KERNEL int8_t tml_add_deep_s8_one(const tml_common_scale_numbers *n, int8_t x, int8_t y)
{
    return tml_common_scale_out_s8(n, tml_common_scale_a_s8(n, x) + tml_common_scale_b_s8(n, y));
}

TML_NN_KERNEL int8_t tml_sub_s8_one(const tml_common_scale_numbers *n, int8_t x, int8_t y)
{
    return tml_common_scale_out_s8(n, tml_common_scale_a_s8(n, x) - tml_common_scale_b_s8(n, y));
}

/* With 15 extra bits: shifts to the right may be by 0 and nothing can be doubled. */
static inline int32_t tml_common_scale_s16(int32_t x, int32_t multiplier, int32_t right)
{
    return tml_nn_shift_right(tml_nn_high_multiply(x * ((int32_t)1 << 15), multiplier), right);
}

TML_NN_KERNEL int16_t tml_add_s16_one(const tml_common_scale_numbers *n, int16_t x, int16_t y)
{
    const int32_t a = (int32_t)x - n->zero_point_a, b = (int32_t)y - n->zero_point_b;
    const int32_t sum = tml_common_scale_s16(a, n->multiplier_a, n->right_a)
                        + tml_common_scale_s16(b, n->multiplier_b, n->right_b);
    return (int16_t)tml_common_scale_out(n, sum);
}

TML_NN_KERNEL int16_t tml_sub_s16_one(const tml_common_scale_numbers *n, int16_t x, int16_t y)
{
    const int32_t a = (int32_t)x - n->zero_point_a, b = (int32_t)y - n->zero_point_b;
    const int32_t difference = tml_common_scale_s16(a, n->multiplier_a, n->right_a)
                               - tml_common_scale_s16(b, n->multiplier_b, n->right_b);
    return (int16_t)tml_common_scale_out(n, difference);
}

/* With 7 extra bits; all shifts of the inputs go to the right by at least 1. */
TML_NN_KERNEL int8_t tml_squared_difference_s8_one(const tml_common_scale_numbers *n, int8_t x,
                                                   int8_t y)
{
    const int32_t a = (x - n->zero_point_a) * ((int32_t)1 << 8);
    const int32_t b = (y - n->zero_point_b) * ((int32_t)1 << 8);
    const int32_t difference = tml_nn_shifted_product(a, n->multiplier_a, n->right_a)
                               - tml_nn_shifted_product(b, n->multiplier_b, n->right_b);
    return (int8_t)tml_common_scale_out(n, difference * difference);
}

/* Without extra bits. */
TML_NN_KERNEL int16_t tml_squared_difference_s16_one(const tml_common_scale_numbers *n,
                                                     int16_t x, int16_t y)
{
    const int32_t a = tml_nn_high_multiply(x, n->multiplier_a);
    const int32_t b = tml_nn_high_multiply(y, n->multiplier_b);
    const int32_t difference =
        tml_nn_shift_right(a, n->right_a) - tml_nn_shift_right(b, n->right_b);
    return (int16_t)tml_common_scale_out(n, difference * difference);
}

TML_NN_BINARY(tml_add_deep_s8, tml_common_scale, int8_t, int8_t, int8_t, tml_add_deep_s8_one)
TML_NN_BINARY(tml_sub_s8, tml_common_scale, int8_t, int8_t, int8_t, tml_sub_s8_one)
TML_NN_BINARY(tml_add_s16, tml_common_scale, int16_t, int16_t, int16_t, tml_add_s16_one)
TML_NN_BINARY(tml_sub_s16, tml_common_scale, int16_t, int16_t, int16_t, tml_sub_s16_one)
TML_NN_BINARY(tml_squared_difference_s8, tml_common_scale, int8_t, int8_t, int8_t,
              tml_squared_difference_s8_one)
TML_NN_BINARY(tml_squared_difference_s16, tml_common_scale, int16_t, int16_t, int16_t,
              tml_squared_difference_s16_one)

#endif
