/* TinyML Studio runtime: AVERAGE_POOL_2D and MAX_POOL_2D on floats; taps outside do not count. */
#ifndef TML_NN_POOL2D_F32_H
#define TML_NN_POOL2D_F32_H

#include "nn_weighted_f32.h"

typedef struct {
    tml_nn_slide slide;
    float low, high;
} tml_pool2d_f32_layer;

TML_NN_KERNEL float *tml_average_pool2d_f32_pixel(const tml_pool2d_f32_layer *l, const float *in,
                                                  tml_nn_walk y, tml_nn_walk x, float *out)
{
    const tml_nn_slide *const s = &l->slide;
    const float count = (float)(y.count * x.count);
    int32_t channel, row, column;
    for (channel = 0; channel < s->in_channels; channel++) {
        float sum = 0;
        for (row = 0; row < y.count; row++) {
            const int32_t first = (y.in + row) * s->in_width + x.in;
            for (column = 0; column < x.count; column++) {
                sum += in[(first + column) * s->in_channels + channel];
            }
        }
        *out++ = tml_nn_clamp_f32(sum / count, l->low, l->high);
    }
    return out;
}

TML_NN_KERNEL float *tml_max_pool2d_f32_pixel(const tml_pool2d_f32_layer *l, const float *in,
                                              tml_nn_walk y, tml_nn_walk x, float *out)
{
    const tml_nn_slide *const s = &l->slide;
    int32_t channel, row, column;
    for (channel = 0; channel < s->in_channels; channel++) {
        float best = l->low;
        for (row = 0; row < y.count; row++) {
            const int32_t first = (y.in + row) * s->in_width + x.in;
            for (column = 0; column < x.count; column++) {
                const float value = in[(first + column) * s->in_channels + channel];
                best = value > best ? value : best;
            }
        }
        *out++ = best > l->high ? l->high : best;
    }
    return out;
}

TML_NN_SLIDING(tml_average_pool2d_f32, tml_pool2d_f32_layer, float, tml_nn_walk_forward)
TML_NN_SLIDING(tml_max_pool2d_f32, tml_pool2d_f32_layer, float, tml_nn_walk_forward)

#endif
