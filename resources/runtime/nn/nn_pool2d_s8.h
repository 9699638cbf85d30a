/* TinyML Studio runtime: AVERAGE_POOL_2D and MAX_POOL_2D on int8; taps outside do not count. */
#ifndef TML_NN_POOL2D_S8_H
#define TML_NN_POOL2D_S8_H

#include "nn_math.h"

typedef struct {
    int32_t batches, in_height, in_width, channels;
    int32_t out_height, out_width;
    int32_t kernel_height, kernel_width;
    int32_t stride_height, stride_width;
    int32_t pad_top, pad_left;
    int32_t out_low, out_high;
} tml_pool2d_s8_layer;

/* The part of a kernel that lies inside the picture. */
typedef struct {
    int32_t top, bottom, left, right;
} tml_pool2d_s8_area;

static inline tml_pool2d_s8_area tml_pool2d_s8_clip(const tml_pool2d_s8_layer *l, int32_t out_y,
                                                    int32_t out_x)
{
    const int32_t y = out_y * l->stride_height - l->pad_top;
    const int32_t x = out_x * l->stride_width - l->pad_left;
    tml_pool2d_s8_area area;
    area.top = y < 0 ? 0 : y;
    area.left = x < 0 ? 0 : x;
    area.bottom = y + l->kernel_height < l->in_height ? y + l->kernel_height : l->in_height;
    area.right = x + l->kernel_width < l->in_width ? x + l->kernel_width : l->in_width;
    return area;
}

TML_NN_KERNEL int32_t tml_average_pool2d_s8_one(const tml_pool2d_s8_layer *l, const int8_t *in,
                                                tml_pool2d_s8_area area)
{
    const int32_t count = (area.bottom - area.top) * (area.right - area.left);
    int32_t sum = 0, y, x;
    for (y = area.top; y < area.bottom; y++) {
        const int8_t *from = in + (y * l->in_width + area.left) * l->channels;
        for (x = area.left; x < area.right; x++) {
            sum += *from;
            from += l->channels;
        }
    }
    /* C divides towards zero: this rounds to nearest, ties away from zero */
    return sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
}

TML_NN_KERNEL int32_t tml_max_pool2d_s8_one(const tml_pool2d_s8_layer *l, const int8_t *in,
                                            tml_pool2d_s8_area area)
{
    int32_t best = -128, y, x;
    for (y = area.top; y < area.bottom; y++) {
        const int8_t *from = in + (y * l->in_width + area.left) * l->channels;
        for (x = area.left; x < area.right; x++) {
            best = *from > best ? *from : best;
            from += l->channels;
        }
    }
    return best;
}

TML_NN_KERNEL void tml_pool2d_s8(const tml_pool2d_s8_layer *l, const int8_t *in, int8_t *out,
                                 int average)
{
    int32_t batch, y, x, c;
    for (batch = 0; batch < l->batches; batch++) {
        for (y = 0; y < l->out_height; y++) {
            for (x = 0; x < l->out_width; x++) {
                const tml_pool2d_s8_area area = tml_pool2d_s8_clip(l, y, x);
                for (c = 0; c < l->channels; c++) {
                    const int32_t value = average ? tml_average_pool2d_s8_one(l, in + c, area)
                                                  : tml_max_pool2d_s8_one(l, in + c, area);
                    *out++ = (int8_t)tml_nn_clamp(value, l->out_low, l->out_high);
                }
            }
        }
        in += l->in_height * l->in_width * l->channels;
    }
}

TML_NN_KERNEL void tml_average_pool2d_s8(const tml_pool2d_s8_layer *l, const int8_t *in,
                                         int8_t *out)
{
    tml_pool2d_s8(l, in, out, 1);
}

TML_NN_KERNEL void tml_max_pool2d_s8(const tml_pool2d_s8_layer *l, const int8_t *in, int8_t *out)
{
    tml_pool2d_s8(l, in, out, 0);
}

#endif
