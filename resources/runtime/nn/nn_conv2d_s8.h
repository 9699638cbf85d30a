/* TinyML Studio runtime: CONV_2D on int8, weights quantized per channel or per tensor.
 *
 * The input's zero point is folded into the bias, so taps outside the picture read `pad_value`
 * (that zero point). Weights and input are contiguous along `run_length` values, a whole kernel
 * row when the kernel is not dilated. Inside the picture blocks of two pixels and two channels
 * share their loads; a 1x1 kernel is the case of one run, the picture being one long row. */
#ifndef TML_NN_CONV2D_S8_H
#define TML_NN_CONV2D_S8_H

#include "nn_math.h"

typedef struct {
    int32_t batches, in_height, in_width, in_channels;
    int32_t out_height, out_width, out_channels;
    int32_t kernel_height, kernel_width;
    int32_t stride_height, stride_width;
    int32_t dilation_height, dilation_width;
    int32_t pad_top, pad_left, pad_value;
    int32_t runs, run_length; /* of one kernel row */
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

/* Two pixels whose kernels lie inside the picture (in_b may equal in_a: then only out_a counts). */
TML_NN_KERNEL void tml_conv2d_s8_inside(const tml_conv2d_s8_layer *l, const int8_t *in_a,
                                        const int8_t *in_b, int8_t *out_a, int8_t *out_b)
{
    const int32_t row_step = l->dilation_height * l->in_width * l->in_channels;
    const int32_t run_step = l->dilation_width * l->in_channels;
    const int32_t filter = l->kernel_height * l->kernel_width * l->in_channels;
    int32_t channel;
    for (channel = 0; channel < l->out_channels; channel += 2) {
        const int32_t second = channel + 1 < l->out_channels ? channel + 1 : channel;
        const int8_t *w0 = l->weights + channel * filter;
        const int8_t *w1 = l->weights + second * filter;
        uint32_t a0 = (uint32_t)l->bias[channel], a1 = (uint32_t)l->bias[second];
        uint32_t b0 = a0, b1 = a1;
        int32_t row, run, i;
        for (row = 0; row < l->kernel_height; row++) {
            for (run = 0; run < l->runs; run++) {
                const int8_t *a = in_a + row * row_step + run * run_step;
                const int8_t *b = in_b + row * row_step + run * run_step;
                for (i = 0; i < l->run_length; i++) {
                    const int32_t x = a[i], y = b[i], v = w0[i], w = w1[i];
                    a0 += (uint32_t)(x * v);
                    a1 += (uint32_t)(x * w);
                    b0 += (uint32_t)(y * v);
                    b1 += (uint32_t)(y * w);
                }
                w0 += l->run_length;
                w1 += l->run_length;
            }
        }
        tml_conv2d_s8_store(l, second, a1, out_a);
        tml_conv2d_s8_store(l, channel, a0, out_a);
        if (out_b != out_a) {
            tml_conv2d_s8_store(l, second, b1, out_b);
            tml_conv2d_s8_store(l, channel, b0, out_b);
        }
    }
}

/* One pixel whose kernel reaches over the picture's edge; (y, x) is its first tap. */
TML_NN_KERNEL void tml_conv2d_s8_edge(const tml_conv2d_s8_layer *l, const int8_t *in, int32_t y,
                                      int32_t x, int8_t *out)
{
    int32_t channel;
    const int8_t *w = l->weights;
    for (channel = 0; channel < l->out_channels; channel++) {
        uint32_t sum = (uint32_t)l->bias[channel];
        int32_t row, column, i;
        for (row = 0; row < l->kernel_height; row++) {
            const int32_t in_y = y + row * l->dilation_height;
            const int inside_y = in_y >= 0 && in_y < l->in_height;
            for (column = 0; column < l->kernel_width; column++) {
                const int32_t in_x = x + column * l->dilation_width;
                if (inside_y && in_x >= 0 && in_x < l->in_width) {
                    const int8_t *a = in + (in_y * l->in_width + in_x) * l->in_channels;
                    for (i = 0; i < l->in_channels; i++) {
                        sum += (uint32_t)((int32_t)a[i] * w[i]);
                    }
                } else {
                    int32_t weights = 0;
                    for (i = 0; i < l->in_channels; i++) {
                        weights += w[i];
                    }
                    sum += (uint32_t)(weights * l->pad_value);
                }
                w += l->in_channels;
            }
        }
        tml_conv2d_s8_store(l, channel, sum, out);
    }
}

TML_NN_KERNEL void tml_conv2d_s8_row(const tml_conv2d_s8_layer *l, const int8_t *in, int32_t y,
                                     int8_t *out)
{
    const int32_t reach_y = (l->kernel_height - 1) * l->dilation_height;
    const int32_t reach_x = (l->kernel_width - 1) * l->dilation_width;
    const int inside_y = y >= 0 && y + reach_y < l->in_height;
    const int32_t pixel = l->stride_width * l->in_channels;
    int32_t out_x = 0, x = -l->pad_left;
    while (out_x < l->out_width) {
        int8_t *to = out + out_x * l->out_channels;
        if (inside_y && x >= 0 && x + reach_x < l->in_width) {
            const int8_t *from = in + (y * l->in_width + x) * l->in_channels;
            const int two = out_x + 1 < l->out_width
                            && x + l->stride_width + reach_x < l->in_width;
            tml_conv2d_s8_inside(l, from, two ? from + pixel : from, to,
                                 two ? to + l->out_channels : to);
            out_x += two ? 2 : 1;
            x += two ? 2 * l->stride_width : l->stride_width;
        } else {
            tml_conv2d_s8_edge(l, in, y, x, to);
            out_x++;
            x += l->stride_width;
        }
    }
}

TML_NN_KERNEL void tml_conv2d_s8(const tml_conv2d_s8_layer *l, const int8_t *in, int8_t *out)
{
    int32_t batch, out_y;
    for (batch = 0; batch < l->batches; batch++) {
        for (out_y = 0; out_y < l->out_height; out_y++) {
            tml_conv2d_s8_row(l, in, out_y * l->stride_height - l->pad_top, out);
            out += l->out_width * l->out_channels;
        }
        in += l->in_height * l->in_width * l->in_channels;
    }
}

#endif
