/* TinyML Studio runtime: QUANTIZE and DEQUANTIZE between float32, int8 and uint8. */
#ifndef TML_NN_QUANTIZE_H
#define TML_NN_QUANTIZE_H

#include "nn_math.h"

typedef struct {
    int32_t count;
    float scale;
    int32_t zero_point;
} tml_affine_layer;

typedef struct {
    int32_t count;
    int32_t in_zero_point, multiplier, shift, out_zero_point;
} tml_requantize_layer;

/* The nearest integer, ties away from zero, kept within +-2^20; 0 for what is not a number. */
static inline int32_t tml_affine_round(float x)
{
    const float limit = 1048576.0f;
    int32_t whole;
    float rest;
    if (!(x > -limit)) {
        return x <= -limit ? -1048576 : 0;
    }
    if (x >= limit) {
        return 1048576;
    }
    whole = (int32_t)x;
    rest = x - (float)whole;
    if (rest >= 0.5f) {
        return whole + 1;
    }
    return rest <= -0.5f ? whole - 1 : whole;
}

TML_NN_KERNEL void tml_affine_quantize_f32_s8(const tml_affine_layer *l, const float *in,
                                       int8_t *out)
{
    int32_t i;
    for (i = 0; i < l->count; i++) {
        out[i] = (int8_t)tml_nn_clamp(tml_affine_round(in[i] / l->scale) + l->zero_point,
                                      -128, 127);
    }
}

TML_NN_KERNEL void tml_affine_dequantize_s8_f32(const tml_affine_layer *l, const int8_t *in,
                                         float *out)
{
    int32_t i;
    for (i = 0; i < l->count; i++) {
        out[i] = l->scale * (float)(in[i] - l->zero_point);
    }
}

static inline int32_t tml_requantize_one(const tml_requantize_layer *l, int32_t x)
{
    const int32_t y = tml_nn_rescale(x - l->in_zero_point, l->multiplier, l->shift);
    return (int32_t)((uint32_t)y + (uint32_t)l->out_zero_point);
}

TML_NN_KERNEL void tml_requantize_s8_s8(const tml_requantize_layer *l, const int8_t *in,
                                        int8_t *out)
{
    int32_t i;
    for (i = 0; i < l->count; i++) {
        out[i] = (int8_t)tml_nn_clamp(tml_requantize_one(l, in[i]), -128, 127);
    }
}

TML_NN_KERNEL void tml_requantize_u8_s8(const tml_requantize_layer *l, const uint8_t *in,
                                        int8_t *out)
{
    int32_t i;
    for (i = 0; i < l->count; i++) {
        out[i] = (int8_t)tml_nn_clamp(tml_requantize_one(l, in[i]), -128, 127);
    }
}

TML_NN_KERNEL void tml_requantize_s8_u8(const tml_requantize_layer *l, const int8_t *in,
                                        uint8_t *out)
{
    int32_t i;
    for (i = 0; i < l->count; i++) {
        out[i] = (uint8_t)tml_nn_clamp(tml_requantize_one(l, in[i]), 0, 255);
    }
}

#endif
