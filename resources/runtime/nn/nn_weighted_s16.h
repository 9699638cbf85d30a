/* TinyML Studio runtime: sums and outputs of layers with int16 values and int8 weights. */
#ifndef TML_NN_WEIGHTED_S16_H
#define TML_NN_WEIGHTED_S16_H

#include "nn_slide.h"

typedef struct {
    int32_t low, high;
    int32_t narrow;           /* 1: sums of 32 bits that wrap, 0: sums of 64 bits */
    const int32_t *bias;      /* per channel; 0 where there is none or where */
    const int64_t *wide_bias; /* one of its values takes more bits; 0 else */
    const int32_t *multiplier; /* per channel; 31 bits for narrow sums, 15 bits for others */
    const int8_t *shift;       /* per channel: left for narrow sums, right for others */
} tml_nn_outputs_s16;

typedef struct {
    tml_nn_slide slide;
    const int8_t *weights;
    tml_nn_outputs_s16 outputs;
} tml_nn_weighted_s16_layer;

/* The sum of 256 products fits 32 bits. */
static inline int64_t tml_nn_add_s16(const tml_nn_weighted_s16_layer *l, int64_t sum,
                                     const int16_t *x, const int8_t *w, int32_t count)
{
    (void)l;
    while (count > 0) {
        const int16_t *const end = x + (count < 256 ? count : 256);
        int32_t part = 0;
        while (x != end) {
            part += (int32_t)*x++ * *w++;
        }
        sum += part;
        count -= 256;
    }
    return sum;
}

static inline int32_t tml_nn_multiply_s16(int16_t x, int8_t w)
{
    return (int32_t)x * w;
}

/* x * multiplier / 2^right as TensorFlow Lite for Microcontrollers scales sums of 64 bits: rounded
 * once, cut to 32 bits. */
static inline int32_t tml_nn_rescale_wide(int64_t x, int32_t multiplier, int32_t right)
{
    const int64_t half = (int64_t)1 << (right - 1);
    return (int32_t)(uint32_t)((x * multiplier + half) >> right);
}

static inline int16_t tml_nn_finish_s16(const tml_nn_weighted_s16_layer *l, int32_t channel,
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
