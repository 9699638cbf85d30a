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

/* Four output channels from `channel` on. `x_step` is 1 when each reads its own input channel
 * (depth multiplier 1) and 0 when all four read the same one. */
TML_NN_KERNEL void tml_depthwise_conv2d_s8_four(const tml_depthwise_conv2d_s8_layer *l,
                                                const int8_t *in, int32_t channel,
                                                int32_t x_step, int8_t *out)
{
    const int32_t row_step = l->dilation_height * l->in_width * l->in_channels;
    const int32_t tap_step = l->dilation_width * l->in_channels;
    const int8_t *w = l->weights + channel;
    const int32_t *bias = l->bias + channel;
    uint32_t s0 = (uint32_t)bias[0], s1 = (uint32_t)bias[1];
    uint32_t s2 = (uint32_t)bias[2], s3 = (uint32_t)bias[3];
    int32_t row, column;
    for (row = 0; row < l->kernel_height; row++) {
        const int8_t *x = in + row * row_step;
        for (column = 0; column < l->kernel_width; column++) {
            s0 += (uint32_t)((int32_t)x[0] * w[0]);
            s1 += (uint32_t)((int32_t)x[x_step] * w[1]);
            s2 += (uint32_t)((int32_t)x[2 * x_step] * w[2]);
            s3 += (uint32_t)((int32_t)x[3 * x_step] * w[3]);
            x += tap_step;
            w += l->out_channels;
        }
    }
    tml_depthwise_conv2d_s8_store(l, channel, s0, out);
    tml_depthwise_conv2d_s8_store(l, channel + 1, s1, out);
    tml_depthwise_conv2d_s8_store(l, channel + 2, s2, out);
    tml_depthwise_conv2d_s8_store(l, channel + 3, s3, out);
}

/* One output channel; (y, x) is its first tap, which may lie outside the picture. */
TML_NN_KERNEL void tml_depthwise_conv2d_s8_one(const tml_depthwise_conv2d_s8_layer *l,
                                               const int8_t *in, int32_t y, int32_t x,
                                               int32_t in_channel, int32_t channel, int8_t *out)
{
    const int8_t *w = l->weights + channel;
    uint32_t sum = (uint32_t)l->bias[channel];
    int32_t row, column;
    for (row = 0; row < l->kernel_height; row++) {
        const int32_t in_y = y + row * l->dilation_height;
        const int inside_y = in_y >= 0 && in_y < l->in_height;
        for (column = 0; column < l->kernel_width; column++) {
            const int32_t in_x = x + column * l->dilation_width;
            int32_t value = l->pad_value;
            if (inside_y && in_x >= 0 && in_x < l->in_width) {
                value = in[(in_y * l->in_width + in_x) * l->in_channels + in_channel];
            }
            sum += (uint32_t)(value * *w);
            w += l->out_channels;
        }
    }
    tml_depthwise_conv2d_s8_store(l, channel, sum, out);
}

TML_NN_KERNEL void tml_depthwise_conv2d_s8_pixel(const tml_depthwise_conv2d_s8_layer *l,
                                                 const int8_t *in, int32_t y, int32_t x,
                                                 int8_t *out)
{
    const int inside = y >= 0 && y + (l->kernel_height - 1) * l->dilation_height < l->in_height
                       && x >= 0 && x + (l->kernel_width - 1) * l->dilation_width < l->in_width;
    const int32_t first = (y * l->in_width + x) * l->in_channels; /* used when inside only */
    int32_t channel = 0, in_channel, m;
    if (l->depth_multiplier == 1) {
        for (; inside && channel + 4 <= l->out_channels; channel += 4) {
            tml_depthwise_conv2d_s8_four(l, in + (first + channel), channel, 1, out);
        }
        for (; channel < l->out_channels; channel++) {
            tml_depthwise_conv2d_s8_one(l, in, y, x, channel, channel, out);
        }
        return;
    }
    for (in_channel = 0; in_channel < l->in_channels; in_channel++) {
        m = 0;
        for (; inside && m + 4 <= l->depth_multiplier; m += 4) {
            tml_depthwise_conv2d_s8_four(l, in + (first + in_channel), channel, 0, out);
            channel += 4;
        }
        for (; m < l->depth_multiplier; m++) {
            tml_depthwise_conv2d_s8_one(l, in, y, x, in_channel, channel, out);
            channel++;
        }
    }
}

TML_NN_KERNEL void tml_depthwise_conv2d_s8(const tml_depthwise_conv2d_s8_layer *l,
                                           const int8_t *in, int8_t *out)
{
    int32_t batch, out_y, out_x;
    for (batch = 0; batch < l->batches; batch++) {
        for (out_y = 0; out_y < l->out_height; out_y++) {
            const int32_t y = out_y * l->stride_height - l->pad_top;
            for (out_x = 0; out_x < l->out_width; out_x++) {
                const int32_t x = out_x * l->stride_width - l->pad_left;
                tml_depthwise_conv2d_s8_pixel(l, in, y, x, out);
                out += l->out_channels;
            }
        }
        in += l->in_height * l->in_width * l->in_channels;
    }
}

#endif
