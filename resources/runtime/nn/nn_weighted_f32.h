/* TinyML Studio runtime: sums and outputs of layers with float values, and float weights or
 * ("hybrid") int8 weights of which each stands for a multiple of its channel's scale. */
#ifndef TML_NN_WEIGHTED_F32_H
#define TML_NN_WEIGHTED_F32_H

#include "nn_slide.h"

typedef struct {
    float low, high;
    const float *bias; /* per channel, or 0 */
} tml_nn_outputs_f32;

typedef struct {
    tml_nn_slide slide;
    const float *weights;
    tml_nn_outputs_f32 outputs;
} tml_nn_weighted_f32_layer;

typedef struct {
    tml_nn_slide slide;
    const int8_t *weights;
    int32_t per_channel; /* 1: a scale per channel, 0: one for all */
    const float *scale;
    tml_nn_outputs_f32 outputs;
} tml_nn_weighted_hybrid_layer;

static inline float tml_nn_clamp_f32(float x, float low, float high)
{
    if (x < low) {
        return low;
    }
    return x > high ? high : x;
}

static inline float tml_nn_add_f32(const tml_nn_weighted_f32_layer *l, float sum, const float *x,
                                   const float *w, int32_t count)
{
    const float *const end = x + count;
    (void)l;
    while (x != end) {
        sum += *x++ * *w++;
    }
    return sum;
}

static inline float tml_nn_add_hybrid(const tml_nn_weighted_hybrid_layer *l, float sum,
                                      const float *x, const int8_t *w, int32_t count)
{
    const float *const end = x + count;
    (void)l;
    while (x != end) {
        sum += *x++ * (float)*w++;
    }
    return sum;
}

static inline float tml_nn_multiply_f32(const tml_nn_weighted_f32_layer *l, float x, float w)
{
    (void)l;
    return x * w;
}

static inline float tml_nn_multiply_hybrid(const tml_nn_weighted_hybrid_layer *l, float x,
                                           int8_t w)
{
    (void)l;
    return x * (float)w;
}

TML_NN_ADD4(tml_nn_add_four_f32, tml_nn_weighted_f32_layer, float, float, float,
            tml_nn_multiply_f32)
TML_NN_ADD4(tml_nn_add_four_hybrid, tml_nn_weighted_hybrid_layer, float, int8_t, float,
            tml_nn_multiply_hybrid)

TML_NN_ADD_APART(tml_nn_add_apart_f32, tml_nn_weighted_f32_layer, float, float, float,
                 tml_nn_multiply_f32)
TML_NN_ADD_APART(tml_nn_add_apart_hybrid, tml_nn_weighted_hybrid_layer, float, int8_t, float,
                 tml_nn_multiply_hybrid)
TML_NN_ADD4_APART(tml_nn_add_four_apart_f32, tml_nn_weighted_f32_layer, float, float, float,
                  tml_nn_multiply_f32)
TML_NN_ADD4_APART(tml_nn_add_four_apart_hybrid, tml_nn_weighted_hybrid_layer, float, int8_t, float,
                  tml_nn_multiply_hybrid)

static inline float tml_nn_output_f32(const tml_nn_outputs_f32 *o, int32_t channel, float sum)
{
    return tml_nn_clamp_f32(o->bias ? sum + o->bias[channel] : sum, o->low, o->high);
}

static inline float tml_nn_finish_f32(const tml_nn_weighted_f32_layer *l, int32_t channel,
                                      float sum)
{
    return tml_nn_output_f32(&l->outputs, channel, sum);
}

static inline float tml_nn_finish_hybrid(const tml_nn_weighted_hybrid_layer *l, int32_t channel,
                                         float sum)
{
    return tml_nn_output_f32(&l->outputs, channel, sum * l->scale[channel * l->per_channel]);
}

#endif
