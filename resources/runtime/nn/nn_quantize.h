/* TinyML Studio runtime: QUANTIZE and DEQUANTIZE between float32 and integers, and
 * from integers of one scale to integers of another. */
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

#define TML_AFFINE_QUANTIZE(to, type, low, high)                                                  \
    TML_NN_KERNEL void tml_affine_quantize_f32_##to(const tml_affine_layer *l, const float *in,   \
                                                    type *out)                                    \
    {                                                                                             \
        int32_t i;                                                                                \
        for (i = 0; i < l->count; i++) {                                                          \
            out[i] = (type)tml_nn_clamp(tml_affine_round(in[i] / l->scale) + l->zero_point, low,  \
                                        high);                                                    \
        }                                                                                         \
    }

TML_AFFINE_QUANTIZE(s8, int8_t, -128, 127)
TML_AFFINE_QUANTIZE(s16, int16_t, -32768, 32767)

#define TML_AFFINE_DEQUANTIZE(from, type)                                                         \
    TML_NN_KERNEL void tml_affine_dequantize_##from##_f32(const tml_affine_layer *l,              \
                                                          const type *in, float *out)             \
    {                                                                                             \
        int32_t i;                                                                                \
        for (i = 0; i < l->count; i++) {                                                          \
            out[i] = l->scale * (float)((int32_t)in[i] - l->zero_point);                          \
        }                                                                                         \
    }

TML_AFFINE_DEQUANTIZE(s8, int8_t)
TML_AFFINE_DEQUANTIZE(u8, uint8_t)
TML_AFFINE_DEQUANTIZE(s16, int16_t)

static inline int32_t tml_requantize_one(const tml_requantize_layer *l, int32_t x)
{
    const int32_t centred = (int32_t)((uint32_t)x - (uint32_t)l->in_zero_point);
    const int32_t y = tml_nn_rescale(centred, l->multiplier, l->shift);
    return (int32_t)((uint32_t)y + (uint32_t)l->out_zero_point);
}

#define TML_REQUANTIZE(from, in_type, to, out_type, low, high)                                    \
    TML_NN_KERNEL void tml_requantize_##from##_##to(const tml_requantize_layer *l,                \
                                                    const in_type *in, out_type *out)             \
    {                                                                                             \
        int32_t i;                                                                                \
        for (i = 0; i < l->count; i++) {                                                          \
            out[i] = (out_type)tml_nn_clamp(tml_requantize_one(l, in[i]), low, high);             \
        }                                                                                         \
    }

TML_REQUANTIZE(s8, int8_t, s8, int8_t, -128, 127)
TML_REQUANTIZE(u8, uint8_t, s8, int8_t, -128, 127)
TML_REQUANTIZE(s16, int16_t, s8, int8_t, -128, 127)
TML_REQUANTIZE(s32, int32_t, s8, int8_t, -128, 127)
TML_REQUANTIZE(s8, int8_t, u8, uint8_t, 0, 255)
TML_REQUANTIZE(s8, int8_t, s16, int16_t, -32768, 32767)
TML_REQUANTIZE(s16, int16_t, s16, int16_t, -32768, 32767)
TML_REQUANTIZE(s32, int32_t, s16, int16_t, -32768, 32767)
TML_REQUANTIZE(s8, int8_t, s32, int32_t, INT32_MIN, INT32_MAX)
TML_REQUANTIZE(s16, int16_t, s32, int32_t, INT32_MIN, INT32_MAX)

#endif
