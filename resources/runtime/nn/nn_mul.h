/* TinyML Studio runtime: MUL on int8 and int16, with broadcasting. */
#ifndef TML_NN_MUL_H
#define TML_NN_MUL_H

#include "nn_broadcast.h"

typedef struct {
    int32_t zero_point_a, zero_point_b;
    int32_t multiplier, shift; /* to the left, negative to the right */
    int32_t out_zero_point, low, high;
} tml_mul_numbers;

typedef struct {
    tml_nn_broadcast shape;
    tml_mul_numbers numbers;
} tml_mul_layer;

/* A product of at most 31 bits. */
TML_NN_KERNEL int32_t tml_mul_scaled(const tml_mul_numbers *n, int32_t product)
{
    const int32_t y = tml_nn_rescale(product, n->multiplier, n->shift);
    return tml_nn_clamp((int32_t)((uint32_t)y + (uint32_t)n->out_zero_point), n->low, n->high);
}

TML_NN_KERNEL int32_t tml_mul_product(const tml_mul_numbers *n, int32_t x, int32_t y)
{
    return (x - n->zero_point_a) * (y - n->zero_point_b);
}

TML_NN_KERNEL int8_t tml_mul_any_s8_one(const tml_mul_numbers *n, int8_t x, int8_t y)
{
    return (int8_t)tml_mul_scaled(n, tml_mul_product(n, x, y));
}

TML_NN_KERNEL int16_t tml_mul_s16_one(const tml_mul_numbers *n, int16_t x, int16_t y)
{
    return (int16_t)tml_mul_scaled(n, (int32_t)x * y);
}

TML_NN_BINARY(tml_mul_any_s8, tml_mul, int8_t, int8_t, int8_t, tml_mul_any_s8_one)
TML_NN_BINARY(tml_mul_s16, tml_mul, int16_t, int16_t, int16_t, tml_mul_s16_one)

/* The usual case: a shift to the right, and nothing cut but what int8 cannot hold. */
typedef struct {
    int32_t zero_point_a, twice_zero_point_b;
    int32_t multiplier, right;
    int32_t offset; /* the output's zero point and the half that rounds, shifted to the left */
} tml_mul_s8_numbers;

typedef struct {
    tml_nn_broadcast shape;
    tml_mul_s8_numbers numbers;
} tml_mul_s8_layer;

TML_NN_KERNEL int8_t tml_mul_s8_one(const tml_mul_s8_numbers *n, int8_t x, int8_t y)
{
    const int32_t twice = (x - n->zero_point_a) * (2 * (int32_t)y - n->twice_zero_point_b);
    const int32_t z = tml_nn_high_multiply_doubled(twice, n->multiplier);
    return (int8_t)tml_nn_saturate((z + (z >> 31) + n->offset) >> n->right);
}

TML_NN_BINARY(tml_mul_s8, tml_mul_s8, int8_t, int8_t, int8_t, tml_mul_s8_one)

#endif
