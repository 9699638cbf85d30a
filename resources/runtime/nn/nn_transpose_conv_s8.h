/* TinyML Studio runtime: TRANSPOSE_CONV on int8. How many taps meet an output differs from one to
 * the next, so the input's zero point is taken off every value. */
#ifndef TML_NN_TRANSPOSE_CONV_S8_H
#define TML_NN_TRANSPOSE_CONV_S8_H

#include "nn_fours_dsp.h"
#include "nn_slide.h"

typedef struct {
    tml_nn_slide slide;
    const int8_t *weights;
    int32_t in_zero_point, out_zero_point, low, high;
    const int32_t *bias; /* per channel, as the two below */
    const int32_t *multiplier;
    const int8_t *shift;
} tml_transpose_conv_s8_layer;

/* Unsigned, so that hostile models wrap. */
static inline uint32_t tml_transpose_conv_s8_add(const tml_transpose_conv_s8_layer *l,
                                                 uint32_t sum, const int8_t *x, const int8_t *w,
                                                 int32_t count)
{
    const int32_t zero = l->in_zero_point;
    const int8_t *const end = x + count;
    while (x != end) {
        sum += (uint32_t)((*x++ - zero) * *w++);
    }
    return sum;
}

static inline uint32_t tml_transpose_conv_s8_multiply(const tml_transpose_conv_s8_layer *l,
                                                      int8_t x, int8_t w)
{
    return (uint32_t)((x - l->in_zero_point) * w);
}

TML_NN_ADD4(tml_transpose_conv_s8_add_four_each, tml_transpose_conv_s8_layer, int8_t, int8_t,
            uint32_t, tml_transpose_conv_s8_multiply)

static inline void tml_transpose_conv_s8_add_four(const tml_transpose_conv_s8_layer *l,
                                                  uint32_t *totals, const int8_t *x,
                                                  const int8_t *w, int32_t next, int32_t count)
{
#ifdef TML_NN_DSP
    const uint32_t zeros = ((uint32_t)l->in_zero_point & 0xffff) * 0x10001;
    for (; count >= 4; count -= 4) {
        tml_nn_add_sixteen_products(totals, tml_nn_four_s8(x, zeros), w, next);
        x += 4;
        w += 4;
    }
#endif
    tml_transpose_conv_s8_add_four_each(l, totals, x, w, next, count);
}

static inline int8_t tml_transpose_conv_s8_finish(const tml_transpose_conv_s8_layer *l,
                                                  int32_t channel, uint32_t sum)
{
    return tml_nn_output_s8(sum + (uint32_t)l->bias[channel], l->multiplier[channel],
                            l->shift[channel], l->out_zero_point, l->low, l->high);
}

TML_NN_CONVOLUTION(tml_transpose_conv_s8, tml_transpose_conv_s8_layer, int8_t, int8_t, uint32_t,
                   tml_nn_walk_back, tml_transpose_conv_s8_add,
                   tml_transpose_conv_s8_add_four, tml_transpose_conv_s8_finish)

#endif
