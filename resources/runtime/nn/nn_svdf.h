/* TinyML Studio runtime: SVDF, a filter over the input and one over time per unit and rank. The
 * state holds, per batch and filter, what the input filter gave in the last steps, oldest first.
 *
 * Sums are unsigned so that they wrap where a hostile model overflows them. */
#ifndef TML_NN_SVDF_H
#define TML_NN_SVDF_H

#include "nn_dot.h"

typedef struct {
    int32_t batches, inputs, units, rank, memory;
    int32_t state_multiplier, state_shift, state_zero_point;
    int32_t out_multiplier, out_shift, out_zero_point;
    const int8_t *features; /* units * rank rows of `inputs` */
    const int32_t *offset;  /* per row, for the input's zero point */
    const int32_t *bias;    /* per unit, for the state's zero point as well */
} tml_svdf_quantized;

typedef struct {
    tml_svdf_quantized q;
    const int8_t *time; /* units * rank rows of `memory` */
} tml_svdf_s8_layer;

typedef struct {
    tml_svdf_quantized q;
    const int16_t *time;
} tml_svdf_s16_layer;

typedef struct {
    int32_t batches, inputs, units, rank, memory;
    float low, high;
    const float *features;
    const float *time;
    const float *bias;
} tml_svdf_f32_layer;

/* A kernel for a type of the state and of the filters over time. */
#define TML_SVDF(name, type, low, high, dot)                                                      \
    static inline void name##_push(type *state, int32_t memory, int32_t x)                        \
    {                                                                                             \
        int32_t i;                                                                                \
        for (i = 0; i < memory - 1; i++) {                                                        \
            state[i] = state[i + 1];                                                              \
        }                                                                                         \
        state[memory - 1] = (type)x; /* wraps */                                                  \
    }                                                                                             \
                                                                                                  \
    TML_NN_KERNEL void name(const name##_layer *layer, const int8_t *in, type *state,             \
                            int8_t *out)                                                          \
    {                                                                                             \
        const tml_svdf_quantized *const l = &layer->q;                                            \
        int32_t batch, unit, rank;                                                                \
        for (batch = 0; batch < l->batches; batch++) {                                            \
            const int8_t *features = l->features;                                                 \
            const int32_t *offset = l->offset;                                                    \
            const type *weights = layer->time;                                                    \
            for (unit = 0; unit < l->units; unit++) {                                             \
                uint32_t sum = (uint32_t)l->bias[unit];                                           \
                for (rank = 0; rank < l->rank; rank++) {                                          \
                    const uint32_t x =                                                            \
                        tml_nn_dot_s8(in, features, l->inputs, (uint32_t)*offset++);              \
                    const int32_t y =                                                             \
                        tml_nn_rescale((int32_t)x, l->state_multiplier, l->state_shift);          \
                    name##_push(state, l->memory,                                                 \
                                tml_nn_clamp(y, low, high) + l->state_zero_point);                \
                    sum = dot(state, weights, l->memory, sum);                                    \
                    features += l->inputs;                                                        \
                    state += l->memory;                                                           \
                    weights += l->memory;                                                         \
                }                                                                                 \
                *out++ = tml_nn_output_s8(sum, l->out_multiplier, l->out_shift,                   \
                                          l->out_zero_point, -128, 127);                          \
            }                                                                                     \
            in += l->inputs;                                                                      \
        }                                                                                         \
    }

TML_SVDF(tml_svdf_s8, int8_t, -128, 127, tml_nn_dot_s8)
TML_SVDF(tml_svdf_s16, int16_t, -32768, 32767, tml_nn_dot_s16)

TML_NN_KERNEL void tml_svdf_f32(const tml_svdf_f32_layer *l, const float *in, float *state,
                                float *out)
{
    int32_t batch, unit, rank, i;
    for (batch = 0; batch < l->batches; batch++) {
        const float *features = l->features, *time = l->time;
        for (unit = 0; unit < l->units; unit++) {
            float y = l->bias[unit];
            for (rank = 0; rank < l->rank; rank++) {
                float x = 0.0f, sum = 0.0f;
                for (i = 0; i < l->inputs; i++) {
                    x += *features++ * in[i];
                }
                for (i = 0; i < l->memory - 1; i++) {
                    state[i] = state[i + 1];
                }
                state[l->memory - 1] = x;
                for (i = 0; i < l->memory; i++) {
                    sum += *time++ * *state++;
                }
                y += sum;
            }
            y = y > l->low ? y : l->low;
            *out++ = y < l->high ? y : l->high;
        }
        in += l->inputs;
    }
}

#endif
