/* TinyML Studio runtime: sums, means, largest and smallest values over some dimensions.
 *
 * The input is seen as [outer][reduced_a][middle][reduced_b][inner]; every choice of dimensions of
 * up to four fits once neighbours of one kind are merged. */
#ifndef TML_NN_REDUCE_H
#define TML_NN_REDUCE_H

#include "nn_math.h"

typedef struct {
    int32_t outer, reduced_a, middle, reduced_b, inner;
} tml_nn_reduced;

typedef struct {
    tml_nn_reduced over;
    int32_t offset; /* minus the input's zero point times the number of values */
    int32_t multiplier, shift, out_zero_point; /* of a mean, the division is in the multiplier */
} tml_sum_layer;

typedef struct {
    tml_nn_reduced over;
    float divisor; /* of a mean, the number of values */
} tml_sum_f32_layer;

typedef struct {
    tml_nn_reduced over;
} tml_extreme_layer;

/* For every output: run `BEGIN`, then `EACH` with each of its values as `x`, then `END`. */
#define TML_NN_REDUCE(over, type, in, BEGIN, EACH, END)                                        \
    const int32_t step_a = (over).middle * (over).reduced_b * (over).inner;                    \
    int32_t outer, middle, inner, a, b;                                                        \
    for (outer = 0; outer < (over).outer; outer++) {                                           \
        for (middle = 0; middle < (over).middle; middle++) {                                   \
            for (inner = 0; inner < (over).inner; inner++) {                                   \
                const type *first = (in) + outer * (over).reduced_a * step_a                   \
                                    + middle * (over).reduced_b * (over).inner + inner;        \
                BEGIN;                                                                         \
                for (a = 0; a < (over).reduced_a; a++) {                                       \
                    const type *from = first;                                                  \
                    for (b = 0; b < (over).reduced_b; b++) {                                   \
                        const type x = *from;                                                  \
                        from += (over).inner;                                                  \
                        EACH;                                                                  \
                    }                                                                          \
                    first += step_a;                                                           \
                }                                                                              \
                END;                                                                           \
            }                                                                                  \
        }                                                                                      \
    }

/* Sums wrap where a hostile model overflows them. */
static inline uint32_t tml_sum_plus(uint32_t sum, int32_t x)
{
    return sum + (uint32_t)x;
}

static inline int8_t tml_sum_s8_output(const tml_sum_layer *l, uint32_t sum)
{
    return tml_nn_output_s8(sum, l->multiplier, l->shift, l->out_zero_point, -128, 127);
}

/* `lanes` (1 or 4) neighbours of the innermost dimension at once. */
TML_NN_KERNEL void tml_sum_s8_lanes(const tml_sum_layer *l, const int8_t *in, int8_t *out,
                                    int32_t lanes)
{
    const int32_t step = l->over.inner, step_a = l->over.middle * l->over.reduced_b * step;
    const uint32_t start = (uint32_t)l->offset;
    uint32_t sum_a = start, sum_b = start, sum_c = start, sum_d = start;
    int32_t a, b;
    for (a = 0; a < l->over.reduced_a; a++) {
        const int8_t *from = in;
        for (b = l->over.reduced_b; b > 0; b--) {
            sum_a = tml_sum_plus(sum_a, from[0]);
            if (lanes == 4) {
                sum_b = tml_sum_plus(sum_b, from[1]);
                sum_c = tml_sum_plus(sum_c, from[2]);
                sum_d = tml_sum_plus(sum_d, from[3]);
            }
            from += step;
        }
        in += step_a;
    }
    out[0] = tml_sum_s8_output(l, sum_a);
    if (lanes == 4) {
        out[1] = tml_sum_s8_output(l, sum_b);
        out[2] = tml_sum_s8_output(l, sum_c);
        out[3] = tml_sum_s8_output(l, sum_d);
    }
}

TML_NN_KERNEL void tml_sum_s8(const tml_sum_layer *l, const int8_t *in, int8_t *out)
{
    const int32_t middle_step = l->over.reduced_b * l->over.inner;
    int32_t outer, middle, inner;
    for (outer = 0; outer < l->over.outer; outer++) {
        const int8_t *from = in + outer * l->over.reduced_a * l->over.middle * middle_step;
        for (middle = 0; middle < l->over.middle; middle++) {
            for (inner = 0; inner + 4 <= l->over.inner; inner += 4) {
                tml_sum_s8_lanes(l, from + inner, out + inner, 4);
            }
            for (; inner < l->over.inner; inner++) {
                tml_sum_s8_lanes(l, from + inner, out + inner, 1);
            }
            from += middle_step;
            out += l->over.inner;
        }
    }
}

static inline int16_t tml_sum_s16_output(const tml_sum_layer *l, uint32_t sum)
{
    const uint32_t scaled = (uint32_t)tml_nn_rescale((int32_t)sum, l->multiplier, l->shift);
    return (int16_t)tml_nn_clamp((int32_t)(scaled + (uint32_t)l->out_zero_point), -32768, 32767);
}

TML_NN_KERNEL void tml_sum_s16(const tml_sum_layer *l, const int16_t *in, int16_t *out)
{
    uint32_t sum;
    TML_NN_REDUCE(l->over, int16_t, in, sum = (uint32_t)l->offset, sum = tml_sum_plus(sum, x),
                  *out++ = tml_sum_s16_output(l, sum))
}

TML_NN_KERNEL void tml_sum_f32(const tml_sum_f32_layer *l, const float *in, float *out)
{
    float sum;
    TML_NN_REDUCE(l->over, float, in, sum = 0.0f, sum += x, *out++ = sum / l->divisor)
}

#define TML_NN_EXTREME(name, type, first_value, beats)                                         \
    TML_NN_KERNEL void name(const tml_extreme_layer *l, const type *in, type *out)             \
    {                                                                                          \
        type best;                                                                             \
        TML_NN_REDUCE(l->over, type, in, best = first_value, best = x beats best ? x : best,   \
                      *out++ = best)                                                           \
    }

TML_NN_EXTREME(tml_max_s8, int8_t, INT8_MIN, >)
TML_NN_EXTREME(tml_min_s8, int8_t, INT8_MAX, <)
TML_NN_EXTREME(tml_max_s16, int16_t, INT16_MIN, >)
TML_NN_EXTREME(tml_min_s16, int16_t, INT16_MAX, <)
/* the largest finite number: like TFLite's, the result is never infinite the other way */
TML_NN_EXTREME(tml_max_f32, float, -0x1.fffffep127f, >)
TML_NN_EXTREME(tml_min_f32, float, 0x1.fffffep127f, <)

#endif
