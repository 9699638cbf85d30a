/* TinyML Studio runtime: AVERAGE_POOL_2D and MAX_POOL_2D on int16; taps outside do not count. */
#ifndef TML_NN_POOL2D_S16_H
#define TML_NN_POOL2D_S16_H

#include "nn_slide.h"

typedef struct {
    tml_nn_slide slide;
    int32_t low, high;
} tml_pool2d_s16_layer;

TML_NN_KERNEL int16_t *tml_average_pool2d_s16_pixel(const tml_pool2d_s16_layer *l,
                                                    const int16_t *in, tml_nn_walk y,
                                                    tml_nn_walk x, int16_t *out)
{
    const tml_nn_slide *const s = &l->slide;
    const int32_t count = y.count * x.count;
    int32_t channel, row, column;
    for (channel = 0; channel < s->in_channels; channel++) {
        int32_t sum = 0;
        for (row = 0; row < y.count; row++) {
            const int32_t first = (y.in + row) * s->in_width + x.in;
            for (column = 0; column < x.count; column++) {
                sum += in[(first + column) * s->in_channels + channel];
            }
        }
        /* C divides towards zero: this rounds to nearest, ties away from zero */
        sum = sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
        *out++ = (int16_t)tml_nn_clamp(sum, l->low, l->high);
    }
    return out;
}

TML_NN_KERNEL int16_t *tml_max_pool2d_s16_pixel(const tml_pool2d_s16_layer *l, const int16_t *in,
                                                tml_nn_walk y, tml_nn_walk x, int16_t *out)
{
    const tml_nn_slide *const s = &l->slide;
    int32_t channel, row, column;
    for (channel = 0; channel < s->in_channels; channel++) {
        int32_t best = l->low;
        for (row = 0; row < y.count; row++) {
            const int32_t first = (y.in + row) * s->in_width + x.in;
            for (column = 0; column < x.count; column++) {
                const int32_t value = in[(first + column) * s->in_channels + channel];
                best = value > best ? value : best;
            }
        }
        *out++ = (int16_t)(best > l->high ? l->high : best);
    }
    return out;
}

TML_NN_SLIDING(tml_average_pool2d_s16, tml_pool2d_s16_layer, int16_t, tml_nn_walk_forward)
TML_NN_SLIDING(tml_max_pool2d_s16, tml_pool2d_s16_layer, int16_t, tml_nn_walk_forward)

#endif
