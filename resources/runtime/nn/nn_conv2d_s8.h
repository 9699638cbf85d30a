/* TinyML Studio runtime: CONV_2D on int8, weights quantized per channel or per tensor.
 *
 * The taps of a pixel are first gathered into a row of `taps` values, so that the work is a plain
 * product of matrices; a kernel of 1x1 without padding reads its pixels where they are. Blocks of
 * two pixels and two channels share their loads. The input's zero point is folded into the bias,
 * so taps outside the picture read `pad_value` (that zero point). */
#ifndef TML_NN_CONV2D_S8_H
#define TML_NN_CONV2D_S8_H

#include "nn_math.h"

typedef struct {
    int32_t batches, in_height, in_width, in_channels;
    int32_t out_height, out_width, out_channels;
    int32_t kernel_height, kernel_width;
    int32_t stride_height, stride_width;
    int32_t pad_top, pad_left;
    int32_t dilation_height, dilation_width;
    int32_t pad_value;
    int32_t taps; /* kernel_height * kernel_width * in_channels */
    int32_t out_zero_point, out_low, out_high;
    const int8_t *weights; /* [out_channels][kernel_height][kernel_width][in_channels] */
    const int32_t *bias;   /* [out_channels] */
    int32_t quant_step;    /* 1: a multiplier and shift per channel, 0: one for all */
    const int32_t *multiplier;
    const int8_t *shift;
} tml_conv2d_s8_layer;

static inline void tml_conv2d_s8_store(const tml_conv2d_s8_layer *l, int32_t channel,
                                       uint32_t sum, int8_t *out)
{
    const int32_t q = channel * l->quant_step;
    out[channel] = tml_nn_output_s8(sum, l->multiplier[q], l->shift[q], l->out_zero_point,
                                    l->out_low, l->out_high);
}

/* One channel of one pixel. */
static inline uint32_t tml_conv2d_s8_dot(const int8_t *x, const int8_t *w, int32_t taps,
                                         uint32_t sum)
{
    const int8_t *const end = x + taps;
    while (x != end) {
        sum += (uint32_t)((int32_t)*x++ * *w++);
    }
    return sum;
}

/* Two pixels, all channels. */
TML_NN_KERNEL void tml_conv2d_s8_two(const tml_conv2d_s8_layer *l, const int8_t *in_a,
                                     const int8_t *in_b, int8_t *out_a, int8_t *out_b)
{
    const int8_t *w0 = l->weights;
    int32_t channel = 0;
    for (; channel + 2 <= l->out_channels; channel += 2) {
        const int8_t *a = in_a, *b = in_b, *w1 = w0 + l->taps;
        const int8_t *const end = a + l->taps;
        uint32_t a0 = (uint32_t)l->bias[channel], a1 = (uint32_t)l->bias[channel + 1];
        uint32_t b0 = a0, b1 = a1;
        while (a != end) {
            const int32_t x = *a++, y = *b++, v = *w0++, w = *w1++;
            a0 += (uint32_t)(x * v);
            a1 += (uint32_t)(x * w);
            b0 += (uint32_t)(y * v);
            b1 += (uint32_t)(y * w);
        }
        tml_conv2d_s8_store(l, channel, a0, out_a);
        tml_conv2d_s8_store(l, channel + 1, a1, out_a);
        tml_conv2d_s8_store(l, channel, b0, out_b);
        tml_conv2d_s8_store(l, channel + 1, b1, out_b);
        w0 = w1;
    }
    if (channel < l->out_channels) {
        const uint32_t bias = (uint32_t)l->bias[channel];
        const uint32_t a0 = tml_conv2d_s8_dot(in_a, w0, l->taps, bias);
        const uint32_t b0 = tml_conv2d_s8_dot(in_b, w0, l->taps, bias);
        tml_conv2d_s8_store(l, channel, a0, out_a);
        tml_conv2d_s8_store(l, channel, b0, out_b);
    }
}

TML_NN_KERNEL void tml_conv2d_s8_one(const tml_conv2d_s8_layer *l, const int8_t *in, int8_t *out)
{
    const int8_t *w = l->weights;
    int32_t channel;
    for (channel = 0; channel < l->out_channels; channel++) {
        const uint32_t sum = tml_conv2d_s8_dot(in, w, l->taps, (uint32_t)l->bias[channel]);
        tml_conv2d_s8_store(l, channel, sum, out);
        w += l->taps;
    }
}

static inline int8_t *tml_conv2d_s8_copy(int8_t *to, const int8_t *from, int32_t count)
{
    const int8_t *const end = from + count;
    while (from != end) {
        *to++ = *from++;
    }
    return to;
}

static inline int8_t *tml_conv2d_s8_fill(int8_t *to, int32_t value, int32_t count)
{
    const int8_t *const end = to + count;
    while (to != end) {
        *to++ = (int8_t)value;
    }
    return to;
}

/* Gather the taps of the pixel whose first tap is (y, x), which may lie outside. */
TML_NN_KERNEL void tml_conv2d_s8_gather(const tml_conv2d_s8_layer *l, const int8_t *in,
                                        int32_t y, int32_t x, int8_t *to)
{
    const int32_t reach = (l->kernel_width - 1) * l->dilation_width;
    const int whole_row = l->dilation_width == 1 && x >= 0 && x + reach < l->in_width;
    int32_t row, column;
    for (row = 0; row < l->kernel_height; row++) {
        const int32_t in_y = y + row * l->dilation_height;
        if (in_y < 0 || in_y >= l->in_height) {
            to = tml_conv2d_s8_fill(to, l->pad_value, l->kernel_width * l->in_channels);
        } else if (whole_row) {
            const int8_t *from = in + (in_y * l->in_width + x) * l->in_channels;
            to = tml_conv2d_s8_copy(to, from, l->kernel_width * l->in_channels);
        } else {
            for (column = 0; column < l->kernel_width; column++) {
                const int32_t in_x = x + column * l->dilation_width;
                if (in_x < 0 || in_x >= l->in_width) {
                    to = tml_conv2d_s8_fill(to, l->pad_value, l->in_channels);
                } else {
                    const int8_t *from = in + (in_y * l->in_width + in_x) * l->in_channels;
                    to = tml_conv2d_s8_copy(to, from, l->in_channels);
                }
            }
        }
    }
}

/* Any kernel; `scratch` holds two pixels' taps. */
TML_NN_KERNEL void tml_conv2d_s8(const tml_conv2d_s8_layer *l, const int8_t *in, int8_t *out,
                                 int8_t *scratch)
{
    int32_t batch, out_y, out_x;
    for (batch = 0; batch < l->batches; batch++) {
        for (out_y = 0; out_y < l->out_height; out_y++) {
            const int32_t y = out_y * l->stride_height - l->pad_top;
            int32_t x = -l->pad_left;
            for (out_x = 0; out_x + 2 <= l->out_width; out_x += 2) {
                tml_conv2d_s8_gather(l, in, y, x, scratch);
                tml_conv2d_s8_gather(l, in, y, x + l->stride_width, scratch + l->taps);
                tml_conv2d_s8_two(l, scratch, scratch + l->taps, out, out + l->out_channels);
                x += 2 * l->stride_width;
                out += 2 * l->out_channels;
            }
            if (out_x < l->out_width) {
                tml_conv2d_s8_gather(l, in, y, x, scratch);
                tml_conv2d_s8_one(l, scratch, out);
                out += l->out_channels;
            }
        }
        in += l->in_height * l->in_width * l->in_channels;
    }
}

/* A kernel of 1x1 without stride or padding: all pixels are one long row. */
TML_NN_KERNEL void tml_conv2d_1x1_s8(const tml_conv2d_s8_layer *l, const int8_t *in, int8_t *out)
{
    int32_t pixels = l->batches * l->out_height * l->out_width;
    for (; pixels >= 2; pixels -= 2) {
        tml_conv2d_s8_two(l, in, in + l->taps, out, out + l->out_channels);
        in += 2 * l->taps;
        out += 2 * l->out_channels;
    }
    if (pixels) {
        tml_conv2d_s8_one(l, in, out);
    }
}

#endif
