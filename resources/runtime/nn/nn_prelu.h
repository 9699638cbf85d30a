/* TinyML Studio runtime: PRELU on int8, int16 (with int8 slopes) and float32, with broadcasting. */
#ifndef TML_NN_PRELU_H
#define TML_NN_PRELU_H

#include "nn_broadcast.h"

typedef struct {
    int32_t zero_point, alpha_zero_point;
    int32_t multiplier_above, shift_above; /* shifts to the left, negative to the right */
    int32_t multiplier_below, shift_below; /* of products below the zero point */
    int32_t out_zero_point;
} tml_prelu_numbers;

typedef struct {
    tml_nn_broadcast shape;
    tml_prelu_numbers numbers;
} tml_prelu_layer;

TML_NN_KERNEL int32_t tml_prelu_scaled(const tml_prelu_numbers *n, int32_t x, int32_t alpha)
{
    const int32_t distance = x - n->zero_point;
    const int32_t y = distance >= 0
                          ? tml_nn_rescale(distance, n->multiplier_above, n->shift_above)
                          : tml_nn_rescale(distance * (alpha - n->alpha_zero_point),
                                           n->multiplier_below, n->shift_below);
    return (int32_t)((uint32_t)y + (uint32_t)n->out_zero_point);
}

TML_NN_KERNEL int8_t tml_prelu_s8_one(const tml_prelu_numbers *n, int8_t x, int8_t alpha)
{
    return (int8_t)tml_nn_clamp(tml_prelu_scaled(n, x, alpha), -128, 127);
}

TML_NN_KERNEL int16_t tml_prelu_s16_one(const tml_prelu_numbers *n, int16_t x, int8_t alpha)
{
    return (int16_t)tml_nn_clamp(tml_prelu_scaled(n, x, alpha), -32768, 32767);
}

TML_NN_BINARY(tml_prelu_s8, tml_prelu, int8_t, int8_t, int8_t, tml_prelu_s8_one)
TML_NN_BINARY(tml_prelu_s16, tml_prelu, int16_t, int8_t, int16_t, tml_prelu_s16_one)

typedef struct {
    float above; /* the slope above zero */
} tml_prelu_f32_numbers;

typedef struct {
    tml_nn_broadcast shape;
    tml_prelu_f32_numbers numbers;
} tml_prelu_f32_layer;

TML_NN_KERNEL float tml_prelu_f32_one(const tml_prelu_f32_numbers *n, float x, float alpha)
{
    return x * (x >= 0.0f ? n->above : alpha);
}

TML_NN_BINARY(tml_prelu_f32, tml_prelu_f32, float, float, float, tml_prelu_f32_one)

#endif
