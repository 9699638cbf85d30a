/* TinyML Studio runtime: float32 functions of one value. Outputs may lie over their inputs. */
#ifndef TML_NN_UNARY_F32_H
#define TML_NN_UNARY_F32_H

#include "nn_math.h"
#include "tml_math_inline.h"

typedef struct {
    int32_t count;
} tml_unary_f32_layer;

typedef struct {
    int32_t count;
    float low, high;
} tml_clamp_f32_layer;

typedef struct {
    int32_t count;
    float alpha; /* the slope below zero */
} tml_leaky_relu_f32_layer;

/* A kernel `name`: every output is function(layer, input). */
#define TML_UNARY_F32(name, layer, function)                                                     \
    TML_NN_KERNEL void name(const layer *l, const float *in, float *out)                         \
    {                                                                                            \
        const layer numbers = *l;                                                                \
        int32_t i;                                                                               \
        for (i = 0; i < numbers.count; i++) {                                                    \
            out[i] = function(&numbers, in[i]);                                                  \
        }                                                                                        \
    }

/* What is not a number stays so, here and below. */
static inline float tml_clamp_f32_one(const tml_clamp_f32_layer *l, float x)
{
    if (x < l->low) {
        return l->low;
    }
    return x > l->high ? l->high : x;
}

static inline float tml_leaky_relu_f32_one(const tml_leaky_relu_f32_layer *l, float x)
{
    return x > 0.0f ? x : x * l->alpha;
}

static inline float tml_abs_f32_one(const tml_unary_f32_layer *l, float x)
{
    (void)l;
    return tml_from_bits(tml_bits(x) & 0x7fffffffu);
}

static inline float tml_neg_f32_one(const tml_unary_f32_layer *l, float x)
{
    (void)l;
    return -x;
}

static inline float tml_square_f32_one(const tml_unary_f32_layer *l, float x)
{
    (void)l;
    return x * x;
}

static inline float tml_exp_f32_one(const tml_unary_f32_layer *l, float x)
{
    (void)l;
    return tml_math_exp(x);
}

static inline float tml_log_f32_one(const tml_unary_f32_layer *l, float x)
{
    (void)l;
    return tml_math_log(x);
}

static inline float tml_sqrt_f32_one(const tml_unary_f32_layer *l, float x)
{
    (void)l;
    return tml_math_sqrt(x);
}

static inline float tml_rsqrt_f32_one(const tml_unary_f32_layer *l, float x)
{
    (void)l;
    return 1.0f / tml_math_sqrt(x);
}

static inline float tml_elu_f32_one(const tml_unary_f32_layer *l, float x)
{
    (void)l;
    return x < 0.0f ? tml_math_expm1(x) : x;
}

static inline float tml_hard_swish_f32_one(const tml_unary_f32_layer *l, float x)
{
    float gate = x + 3.0f;
    (void)l;
    gate = gate < 0.0f ? 0.0f : gate;
    return x * (gate > 6.0f ? 6.0f : gate) / 6.0f;
}

static inline float tml_logistic_f32_one(const tml_unary_f32_layer *l, float x)
{
    (void)l;
    return x < -9.0f ? tml_math_exp(x) : 1.0f / (1.0f + tml_math_exp(-x));
}

/* (1 - e^-2x) / (1 + e^-2x) for x >= 0. */
static inline float tml_tanh_f32_one(const tml_unary_f32_layer *l, float x)
{
    const float down = tml_math_expm1(x < 0.0f ? 2.0f * x : -2.0f * x);
    const float y = down / (down + 2.0f);
    (void)l;
    return x < 0.0f ? y : -y;
}

TML_UNARY_F32(tml_clamp_f32, tml_clamp_f32_layer, tml_clamp_f32_one)
TML_UNARY_F32(tml_leaky_relu_f32, tml_leaky_relu_f32_layer, tml_leaky_relu_f32_one)
TML_UNARY_F32(tml_abs_f32, tml_unary_f32_layer, tml_abs_f32_one)
TML_UNARY_F32(tml_neg_f32, tml_unary_f32_layer, tml_neg_f32_one)
TML_UNARY_F32(tml_square_f32, tml_unary_f32_layer, tml_square_f32_one)
TML_UNARY_F32(tml_exp_f32, tml_unary_f32_layer, tml_exp_f32_one)
TML_UNARY_F32(tml_log_f32, tml_unary_f32_layer, tml_log_f32_one)
TML_UNARY_F32(tml_sqrt_f32, tml_unary_f32_layer, tml_sqrt_f32_one)
TML_UNARY_F32(tml_rsqrt_f32, tml_unary_f32_layer, tml_rsqrt_f32_one)
TML_UNARY_F32(tml_elu_f32, tml_unary_f32_layer, tml_elu_f32_one)
TML_UNARY_F32(tml_hard_swish_f32, tml_unary_f32_layer, tml_hard_swish_f32_one)
TML_UNARY_F32(tml_logistic_f32, tml_unary_f32_layer, tml_logistic_f32_one)
TML_UNARY_F32(tml_tanh_f32, tml_unary_f32_layer, tml_tanh_f32_one)

#endif
