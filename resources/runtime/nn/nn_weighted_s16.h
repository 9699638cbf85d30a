/* TinyML Studio runtime: sums and outputs of layers with int16 values and int8 weights.
 *
 * TensorFlow Lite for Microcontrollers takes sums of 64 bits. Where weights and bias are such that
 * no input can make a sum larger than 32 bits, and the scale allows it, a sum of 32 bits and one
 * multiplication give the same results; the other kernels are named `wide`. */
#ifndef TML_NN_WEIGHTED_S16_H
#define TML_NN_WEIGHTED_S16_H

#include "nn_fours_dsp.h"
#include "nn_slide.h"

typedef struct {
    int32_t low, high;
    int32_t narrow; /* of wide kernels: 1: sums that wrap at 32 bits, as int32 biases ask for */
    const int32_t *bias;      /* per channel; 0 where there is none or where */
    const int64_t *wide_bias; /* one of its values takes more bits; 0 else */
    const int32_t *multiplier; /* per channel; of 2^32 where sums have 32 bits, else as below */
    const int8_t *shift;       /* of wide kernels, per channel: narrow: to the left behind 31 bits,
                                * else to the right */
} tml_nn_outputs_s16;

typedef struct {
    tml_nn_slide slide;
    const int8_t *weights;
    tml_nn_outputs_s16 outputs;
} tml_nn_weighted_s16_layer;

static inline int32_t tml_nn_multiply_s16(const tml_nn_weighted_s16_layer *l, int16_t x, int8_t w)
{
    (void)l;
    return (int32_t)x * w;
}

/* Sums of 32 bits are unsigned, as the multiplications of pairs take them. */
static inline uint32_t tml_nn_add_s16(const tml_nn_weighted_s16_layer *l, uint32_t sum,
                                      const int16_t *x, const int8_t *w, int32_t count)
{
    const int16_t *const end = x + count;
    while (x != end) {
        sum += (uint32_t)tml_nn_multiply_s16(l, *x++, *w++);
    }
    return sum;
}

TML_NN_ADD4(tml_nn_add_four_each_s16, tml_nn_weighted_s16_layer, int16_t, int8_t, uint32_t,
            (uint32_t)tml_nn_multiply_s16)

static inline void tml_nn_add_four_s16(const tml_nn_weighted_s16_layer *l, uint32_t *totals,
                                       const int16_t *x, const int8_t *w, int32_t next,
                                       int32_t count)
{
#ifdef TML_NN_DSP
    for (; count >= 4; count -= 4) {
        tml_nn_add_sixteen_products(totals, tml_nn_four_s16(x), w, next);
        x += 4;
        w += 4;
    }
#endif
    tml_nn_add_four_each_s16(l, totals, x, w, next, count);
}

TML_NN_ADD_APART(tml_nn_add_apart_s16, tml_nn_weighted_s16_layer, int16_t, int8_t, uint32_t,
                 (uint32_t)tml_nn_multiply_s16)
TML_NN_ADD4_APART(tml_nn_add_four_apart_s16, tml_nn_weighted_s16_layer, int16_t, int8_t, uint32_t,
                  (uint32_t)tml_nn_multiply_s16)

static inline int16_t tml_nn_finish_s16(const tml_nn_weighted_s16_layer *l, int32_t channel,
                                        uint32_t sum)
{
    const tml_nn_outputs_s16 *const o = &l->outputs;
    int32_t y;
    if (o->bias) {
        sum += (uint32_t)o->bias[channel];
    }
    y = tml_nn_high_multiply_doubled((int32_t)sum, o->multiplier[channel]);
    return (int16_t)tml_nn_clamp(y, o->low, o->high);
}

/* The sum of 256 products fits 32 bits. */
static inline int64_t tml_nn_add_wide_s16(const tml_nn_weighted_s16_layer *l, int64_t sum,
                                          const int16_t *x, const int8_t *w, int32_t count)
{
    for (; count > 256; count -= 256) {
        sum += (int32_t)tml_nn_add_s16(l, 0, x, w, 256);
        x += 256;
        w += 256;
    }
    return sum + (int32_t)tml_nn_add_s16(l, 0, x, w, count);
}

static inline void tml_nn_add_four_wide_s16(const tml_nn_weighted_s16_layer *l, int64_t *totals,
                                            const int16_t *x, const int8_t *w, int32_t next,
                                            int32_t count)
{
    while (count > 0) {
        const int32_t some = count < 256 ? count : 256;
        uint32_t parts[4] = {0, 0, 0, 0};
        int32_t n;
        tml_nn_add_four_s16(l, parts, x, w, next, some);
        for (n = 0; n < 4; n++) {
            totals[n] += (int32_t)parts[n];
        }
        x += some;
        w += some;
        count -= some;
    }
}

static inline int64_t tml_nn_add_apart_wide_s16(const tml_nn_weighted_s16_layer *l, int64_t sum,
                                                const int16_t *x, int32_t step, const int8_t *w,
                                                int32_t tap_step, int32_t count)
{
    for (; count > 256; count -= 256) {
        sum += (int32_t)tml_nn_add_apart_s16(l, 0, x, step, w, tap_step, 256);
        x += 256 * step;
        w += 256 * tap_step;
    }
    return sum + (int32_t)tml_nn_add_apart_s16(l, 0, x, step, w, tap_step, count);
}

static inline void tml_nn_add_four_apart_wide_s16(const tml_nn_weighted_s16_layer *l,
                                                  int64_t *totals, const int16_t *x, int32_t step,
                                                  const int8_t *w, int32_t tap_step,
                                                  int32_t count)
{
    while (count > 0) {
        const int32_t some = count < 256 ? count : 256;
        uint32_t parts[4] = {0, 0, 0, 0};
        int32_t n;
        tml_nn_add_four_apart_s16(l, parts, x, step, w, tap_step, some);
        for (n = 0; n < 4; n++) {
            totals[n] += (int32_t)parts[n];
        }
        x += some * step;
        w += some * tap_step;
        count -= some;
    }
}

/* x * multiplier / 2^right, rounded once and cut to 32 bits. */
static inline int32_t tml_nn_rescale_wide(int64_t x, int32_t multiplier, int32_t right)
{
    const int64_t half = (int64_t)1 << (right - 1);
    return (int32_t)(uint32_t)((x * multiplier + half) >> right);
}

static inline int16_t tml_nn_finish_wide_s16(const tml_nn_weighted_s16_layer *l, int32_t channel,
                                             int64_t sum)
{
    const tml_nn_outputs_s16 *const o = &l->outputs;
    const int32_t multiplier = o->multiplier[channel], shift = o->shift[channel];
    int32_t y;
    if (o->bias) {
        sum += o->bias[channel];
    } else if (o->wide_bias) {
        sum += o->wide_bias[channel];
    }
    y = o->narrow ? tml_nn_rescale((int32_t)(uint32_t)sum, multiplier, shift)
                  : tml_nn_rescale_wide(sum, multiplier, shift);
    return (int16_t)tml_nn_clamp(y, o->low, o->high);
}

#endif
