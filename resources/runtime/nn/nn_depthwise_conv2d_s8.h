/* TinyML Studio runtime: DEPTHWISE_CONV_2D on int8, any depth multiplier.
 *
 * The input's zero point is folded into the bias, so taps outside the picture read `pad_value`
 * (that zero point). Inside the picture four output channels go through the taps together. */
#ifndef TML_NN_DEPTHWISE_CONV2D_S8_H
#define TML_NN_DEPTHWISE_CONV2D_S8_H

#include "nn_math.h"

typedef struct {
    int32_t batches, in_height, in_width, in_channels;
    int32_t out_height, out_width, out_channels;
    int32_t depth_multiplier;
    int32_t kernel_height, kernel_width;
    int32_t stride_height, stride_width;
    int32_t dilation_height, dilation_width;
    int32_t pad_top, pad_left, pad_value;
    int32_t out_zero_point, out_low, out_high;
    const int8_t *weights; /* [kernel_height][kernel_width][out_channels] */
    const int32_t *bias;   /* [out_channels] */
    int32_t quant_step;    /* 1: a multiplier and shift per channel, 0: one for all */
    const int32_t *multiplier;
    const int8_t *shift;
} tml_depthwise_conv2d_s8_layer;

static inline void tml_depthwise_conv2d_s8_store(const tml_depthwise_conv2d_s8_layer *l,
                                                 int32_t channel, uint32_t sum, int8_t *out)
{
    const int32_t q = channel * l->quant_step;
    out[channel] = tml_nn_output_s8(sum, l->multiplier[q], l->shift[q], l->out_zero_point,
                                    l->out_low, l->out_high);
}

/* The taps of one pixel: its kernel's first tap, and which of its taps lie in the picture. */
typedef struct {
    int32_t y, x;
    int inside; /* all of them do */
} tml_depthwise_conv2d_s8_place;

/* Where a tap's input values are, or 0 when it lies outside the picture. */
static inline const int8_t *tml_depthwise_conv2d_s8_tap(const tml_depthwise_conv2d_s8_layer *l,
                                                        const int8_t *in,
                                                        tml_depthwise_conv2d_s8_place at,
                                                        int32_t row, int32_t column)
{
    const int32_t y = at.y + row * l->dilation_height;
    const int32_t x = at.x + column * l->dilation_width;
    if (y < 0 || y >= l->in_height || x < 0 || x >= l->in_width) {
        return 0;
    }
    return in + (y * l->in_width + x) * l->in_channels;
}

/* Four sums, stored from output channel `channel` on. */
static inline void tml_depthwise_conv2d_s8_store_four(const tml_depthwise_conv2d_s8_layer *l,
                                                      int32_t channel, uint32_t s0, uint32_t s1,
                                                      uint32_t s2, uint32_t s3, int8_t *out)
{
    tml_depthwise_conv2d_s8_store(l, channel, s0, out);
    tml_depthwise_conv2d_s8_store(l, channel + 1, s1, out);
    tml_depthwise_conv2d_s8_store(l, channel + 2, s2, out);
    tml_depthwise_conv2d_s8_store(l, channel + 3, s3, out);
}

/* Four output channels of a pixel whose taps all lie inside; `x` is the first. `step` is 1 when
 * each reads its own input channel (depth multiplier 1), 0 when all four read the same one. */
TML_NN_KERNEL void tml_depthwise_conv2d_s8_inside(const tml_depthwise_conv2d_s8_layer *l,
                                                  const int8_t *x, int32_t channel,
                                                  int32_t step, int8_t *out)
{
    const int32_t tap_step = l->dilation_width * l->in_channels;
    const int32_t row_step =
        l->dilation_height * l->in_width * l->in_channels - l->kernel_width * tap_step;
    const int8_t *w = l->weights + channel;
    const int32_t *bias = l->bias + channel;
    uint32_t s0 = (uint32_t)bias[0], s1 = (uint32_t)bias[1];
    uint32_t s2 = (uint32_t)bias[2], s3 = (uint32_t)bias[3];
    int32_t row = l->kernel_height, offset = 0;
    for (; row > 0; row--) {
        int32_t column = l->kernel_width;
        for (; column > 0; column--) {
            const int8_t *v = x + offset;
            s0 += (uint32_t)((int32_t)v[0] * w[0]);
            s1 += (uint32_t)((int32_t)v[step] * w[1]);
            s2 += (uint32_t)((int32_t)v[2 * step] * w[2]);
            s3 += (uint32_t)((int32_t)v[3 * step] * w[3]);
            offset += tap_step;
            w += l->out_channels;
        }
        offset += row_step;
    }
    tml_depthwise_conv2d_s8_store_four(l, channel, s0, s1, s2, s3, out);
}

/* The same for a pixel at an edge. */
TML_NN_KERNEL void tml_depthwise_conv2d_s8_edge(const tml_depthwise_conv2d_s8_layer *l,
                                                const int8_t *in,
                                                tml_depthwise_conv2d_s8_place at,
                                                int32_t in_channel, int32_t channel,
                                                int32_t step, int8_t *out)
{
    const int8_t *w = l->weights + channel;
    const int32_t *bias = l->bias + channel;
    uint32_t s0 = (uint32_t)bias[0], s1 = (uint32_t)bias[1];
    uint32_t s2 = (uint32_t)bias[2], s3 = (uint32_t)bias[3];
    int32_t row, column;
    for (row = 0; row < l->kernel_height; row++) {
        for (column = 0; column < l->kernel_width; column++) {
            const int8_t *x = tml_depthwise_conv2d_s8_tap(l, in, at, row, column);
            if (x) {
                x += in_channel;
                s0 += (uint32_t)((int32_t)x[0] * w[0]);
                s1 += (uint32_t)((int32_t)x[step] * w[1]);
                s2 += (uint32_t)((int32_t)x[2 * step] * w[2]);
                s3 += (uint32_t)((int32_t)x[3 * step] * w[3]);
            } else {
                s0 += (uint32_t)(l->pad_value * w[0]);
                s1 += (uint32_t)(l->pad_value * w[1]);
                s2 += (uint32_t)(l->pad_value * w[2]);
                s3 += (uint32_t)(l->pad_value * w[3]);
            }
            w += l->out_channels;
        }
    }
    tml_depthwise_conv2d_s8_store_four(l, channel, s0, s1, s2, s3, out);
}

TML_NN_KERNEL void tml_depthwise_conv2d_s8_four(const tml_depthwise_conv2d_s8_layer *l,
                                                const int8_t *in,
                                                tml_depthwise_conv2d_s8_place at,
                                                int32_t in_channel, int32_t channel,
                                                int32_t step, int8_t *out)
{
    if (at.inside) {
        const int8_t *x = in + ((at.y * l->in_width + at.x) * l->in_channels + in_channel);
        tml_depthwise_conv2d_s8_inside(l, x, channel, step, out);
    } else {
        tml_depthwise_conv2d_s8_edge(l, in, at, in_channel, channel, step, out);
    }
}

/* One output channel. */
TML_NN_KERNEL void tml_depthwise_conv2d_s8_one(const tml_depthwise_conv2d_s8_layer *l,
                                               const int8_t *in,
                                               tml_depthwise_conv2d_s8_place at,
                                               int32_t in_channel, int32_t channel, int8_t *out)
{
    const int8_t *w = l->weights + channel;
    uint32_t sum = (uint32_t)l->bias[channel];
    int32_t row, column;
    for (row = 0; row < l->kernel_height; row++) {
        for (column = 0; column < l->kernel_width; column++) {
            const int8_t *x = tml_depthwise_conv2d_s8_tap(l, in, at, row, column);
            sum += (uint32_t)((x ? x[in_channel] : l->pad_value) * *w);
            w += l->out_channels;
        }
    }
    tml_depthwise_conv2d_s8_store(l, channel, sum, out);
}

TML_NN_KERNEL void tml_depthwise_conv2d_s8_pixel(const tml_depthwise_conv2d_s8_layer *l,
                                                 const int8_t *in,
                                                 tml_depthwise_conv2d_s8_place at, int8_t *out)
{
    int32_t channel = 0, in_channel, m;
    if (l->depth_multiplier == 1) {
        for (; channel + 4 <= l->out_channels; channel += 4) {
            tml_depthwise_conv2d_s8_four(l, in, at, channel, channel, 1, out);
        }
        for (; channel < l->out_channels; channel++) {
            tml_depthwise_conv2d_s8_one(l, in, at, channel, channel, out);
        }
        return;
    }
    for (in_channel = 0; in_channel < l->in_channels; in_channel++) {
        for (m = 0; m + 4 <= l->depth_multiplier; m += 4) {
            tml_depthwise_conv2d_s8_four(l, in, at, in_channel, channel, 0, out);
            channel += 4;
        }
        for (; m < l->depth_multiplier; m++) {
            tml_depthwise_conv2d_s8_one(l, in, at, in_channel, channel, out);
            channel++;
        }
    }
}

TML_NN_KERNEL void tml_depthwise_conv2d_s8(const tml_depthwise_conv2d_s8_layer *l,
                                           const int8_t *in, int8_t *out)
{
    const int32_t reach_y = (l->kernel_height - 1) * l->dilation_height;
    const int32_t reach_x = (l->kernel_width - 1) * l->dilation_width;
    int32_t batch, out_y, out_x;
    for (batch = 0; batch < l->batches; batch++) {
        for (out_y = 0; out_y < l->out_height; out_y++) {
            for (out_x = 0; out_x < l->out_width; out_x++) {
                tml_depthwise_conv2d_s8_place at;
                at.y = out_y * l->stride_height - l->pad_top;
                at.x = out_x * l->stride_width - l->pad_left;
                at.inside = at.y >= 0 && at.y + reach_y < l->in_height && at.x >= 0
                            && at.x + reach_x < l->in_width;
                tml_depthwise_conv2d_s8_pixel(l, in, at, out);
                out += l->out_channels;
            }
        }
        in += l->in_height * l->in_width * l->in_channels;
    }
}

#endif
