/* TinyML Studio runtime: CUMSUM on int8 and floats: sums of all values up to each one along a
 * dimension. The output may lie over the input. */
#ifndef TML_NN_CUMSUM_H
#define TML_NN_CUMSUM_H

#include "nn_math.h"

typedef struct {
    int32_t outer, depth, inner; /* the dimension, and how many values lie around and in it */
    int32_t reverse;             /* 1: from the last value on */
    int32_t exclusive;           /* 1: without the value itself */
} tml_cumsum_shape;

typedef struct {
    tml_cumsum_shape shape;
    int32_t zero_point, out_multiplier, out_right, out_zero_point;
} tml_cumsum_s8_layer;

typedef struct {
    tml_cumsum_shape shape;
} tml_cumsum_f32_layer;

/* A value with 19 bits behind the point, in which all is added up. Unsigned, as many make it
 * wrap. */
static inline uint32_t tml_cumsum_s8_value(const tml_cumsum_s8_layer *l, int32_t x)
{
    return (uint32_t)((x - l->zero_point) * ((int32_t)1 << 19));
}

static inline int8_t tml_cumsum_s8_output(const tml_cumsum_s8_layer *l, uint32_t sum)
{
    const int32_t x = tml_nn_high_multiply((int32_t)sum, l->out_multiplier);
    const uint32_t y = (uint32_t)tml_nn_shift_right(x, l->out_right) + (uint32_t)l->out_zero_point;
    return (int8_t)tml_nn_clamp((int32_t)y, -128, 127);
}

static inline float tml_cumsum_f32_value(const tml_cumsum_f32_layer *l, float x)
{
    (void)l;
    return x;
}

#define tml_cumsum_f32_output tml_cumsum_f32_value

/* Define `name(layer, in, out)`; what is added up begins with value(layer, 0). */
#define TML_NN_CUMSUM(name, type, total) \
    TML_NN_KERNEL void name(const name##_layer *l, const type *in, type *out) \
    { \
        const tml_cumsum_shape *const s = &l->shape; \
        const int32_t step = s->reverse ? -s->inner : s->inner; \
        const int32_t first = s->reverse ? (s->depth - 1) * s->inner : 0; \
        int32_t outer, inner, left; \
        for (outer = 0; outer < s->outer; outer++) { \
            for (inner = 0; inner < s->inner; inner++) { \
                int32_t at = first + inner; \
                total sum = name##_value(l, 0); \
                for (left = s->depth; left > 0; left--) { \
                    const total before = sum; \
                    sum += name##_value(l, in[at]); \
                    out[at] = name##_output(l, s->exclusive ? before : sum); \
                    at += step; \
                } \
            } \
            in += s->depth * s->inner; \
            out += s->depth * s->inner; \
        } \
    }

TML_NN_CUMSUM(tml_cumsum_s8, int8_t, uint32_t)
TML_NN_CUMSUM(tml_cumsum_f32, float, float)

#endif
