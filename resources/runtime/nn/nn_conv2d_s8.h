/* TinyML Studio runtime: CONV_2D on int8, weights quantized per channel or per tensor.
 *
 * The taps of two pixels are first gathered into rows of 16-bit values, so that the work is a
 * plain product of matrices, in a form that compilers know how to do several at a time. Blocks of
 * two pixels and two channels share their loads; at an odd end both of a block are the same one.
 * The input's zero point is folded into the bias, so taps outside the picture read `pad_value`
 * (that zero point). */
#ifndef TML_NN_CONV2D_S8_H
#define TML_NN_CONV2D_S8_H

#include "nn_math.h"

/* What all kernels need of the weights. */
typedef struct {
    int32_t taps, out_channels;
    const int8_t *weights; /* [out_channels][taps] */
    tml_nn_outputs outputs;
} tml_conv2d_s8_weights;

typedef struct {
    int32_t batches, in_height, in_width, in_channels;
    int32_t out_height, out_width;
    int32_t kernel_height, kernel_width;
    int32_t stride_height, stride_width;
    int32_t pad_top, pad_left;
    int32_t dilation_height, dilation_width;
    int32_t pad_value;
    tml_conv2d_s8_weights product; /* a channel's taps: [y][x][in_channels] */
} tml_conv2d_s8_layer;

typedef struct {
    int32_t pixels;
    int32_t backward; /* 1: begin with the last pixel */
    tml_conv2d_s8_weights product;
} tml_conv2d_1x1_s8_layer;

/* So many products of two bytes fit a sum of 32 bits. */
#define TML_CONV2D_S8_PART ((int32_t)1 << 16)

/* Two pixels, two channels. */
static inline void tml_conv2d_s8_four(const tml_nn_half *a, const tml_nn_half *b,
                                      const int8_t *v, const int8_t *w, int32_t count,
                                      uint32_t sums[4])
{
    int32_t i;
    while (count > 0) {
        const int32_t part = count < TML_CONV2D_S8_PART ? count : TML_CONV2D_S8_PART;
        int32_t av = 0, bv = 0, aw = 0, bw = 0;
        for (i = 0; i < part; i++) {
            av += a[i] * v[i];
            bv += b[i] * v[i];
            aw += a[i] * w[i];
            bw += b[i] * w[i];
        }
        sums[0] += (uint32_t)av;
        sums[1] += (uint32_t)bv;
        sums[2] += (uint32_t)aw;
        sums[3] += (uint32_t)bw;
        a += part;
        b += part;
        v += part;
        w += part;
        count -= part;
    }
}

/* Two pixels, all channels. */
TML_NN_KERNEL void tml_conv2d_s8_two(const tml_conv2d_s8_weights *l, const tml_nn_half *taps_a,
                                     const tml_nn_half *taps_b, int8_t *out_a, int8_t *out_b)
{
    const int8_t *w = l->weights;
    int32_t channel;
    for (channel = 0; channel < l->out_channels; channel += 2) {
        const int32_t second = channel + 1 < l->out_channels;
        const int8_t *const v = w;
        uint32_t sums[4];
        sums[0] = sums[1] = (uint32_t)l->outputs.bias[channel];
        sums[2] = sums[3] = (uint32_t)l->outputs.bias[channel + second];
        w += second * l->taps;
        tml_conv2d_s8_four(taps_a, taps_b, v, w, l->taps, sums);
        tml_nn_store_two(&l->outputs, channel, sums[0], sums[1], out_a, out_b);
        tml_nn_store_two(&l->outputs, channel + second, sums[2], sums[3], out_a, out_b);
        w += l->taps;
    }
}

static inline tml_nn_half *tml_conv2d_s8_widen(tml_nn_half *to, const int8_t *from, int32_t count)
{
    int32_t i;
    for (i = 0; i < count; i++) {
        to[i] = from[i];
    }
    return to + count;
}

static inline tml_nn_half *tml_conv2d_s8_fill(tml_nn_half *to, int32_t value, int32_t count)
{
    int32_t i;
    for (i = 0; i < count; i++) {
        to[i] = (int16_t)value;
    }
    return to + count;
}

/* Gather the taps of the pixel whose first tap is (y, x), which may lie outside. */
TML_NN_KERNEL void tml_conv2d_s8_gather(const tml_conv2d_s8_layer *l, const int8_t *in, int32_t y,
                                        int32_t x, tml_nn_half *to)
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
            to = tml_conv2d_s8_widen(to, from, l->kernel_width * l->in_channels);
        } else {
            for (column = 0; column < l->kernel_width; column++) {
                const int32_t in_x = x + column * l->dilation_width;
                if (in_x < 0 || in_x >= l->in_width) {
                    to = tml_conv2d_s8_fill(to, l->pad_value, l->in_channels);
                } else {
                    const int8_t *from = in + (in_y * l->in_width + in_x) * l->in_channels;
                    to = tml_conv2d_s8_widen(to, from, l->in_channels);
                }
            }
        }
    }
}

/* Any kernel; `scratch` holds two pixels' taps. */
TML_NN_KERNEL void tml_conv2d_s8(const tml_conv2d_s8_layer *l, const int8_t *in, int8_t *out,
                                 void *scratch)
{
    tml_nn_half *const taps_a = (tml_nn_half *)scratch, *const taps_b = taps_a + l->product.taps;
    int32_t batch, out_y, out_x;
    for (batch = 0; batch < l->batches; batch++) {
        for (out_y = 0; out_y < l->out_height; out_y++) {
            const int32_t y = out_y * l->stride_height - l->pad_top;
            int32_t x = -l->pad_left;
            for (out_x = 0; out_x < l->out_width; out_x += 2) {
                const int32_t second = out_x + 1 < l->out_width;
                int8_t *const out_b = out + second * l->product.out_channels;
                tml_conv2d_s8_gather(l, in, y, x, taps_a);
                if (second) {
                    tml_conv2d_s8_gather(l, in, y, x + l->stride_width, taps_b);
                }
                tml_conv2d_s8_two(&l->product, taps_a, second ? taps_b : taps_a, out, out_b);
                x += 2 * l->stride_width;
                out = out_b + l->product.out_channels;
            }
        }
        in += l->in_height * l->in_width * l->in_channels;
    }
}

/* A kernel of 1x1 without stride or padding: all pixels are one long row. Two are read before they
 * are written, so the output may lie over the input: of more channels than the output at its start
 * or before it, of less at the end and backwards. `scratch` holds two pixels' taps. */
TML_NN_KERNEL void tml_conv2d_1x1_s8(const tml_conv2d_1x1_s8_layer *l, const int8_t *in,
                                     int8_t *out, void *scratch)
{
    const int32_t taps = l->product.taps, channels = l->product.out_channels;
    tml_nn_half *const taps_a = (tml_nn_half *)scratch, *const taps_b = taps_a + taps;
    int32_t left = l->pixels, count;
    if (l->backward) {
        in += left * taps;
        out += left * channels;
    }
    for (; left > 0; left -= count) {
        count = left < 2 ? left : 2;
        if (l->backward) {
            in -= count * taps;
            out -= count * channels;
        }
        (void)tml_conv2d_s8_widen(taps_a, in, count * taps);
        tml_conv2d_s8_two(&l->product, taps_a, count > 1 ? taps_b : taps_a, out,
                          count > 1 ? out + channels : out);
        if (!l->backward) {
            in += count * taps;
            out += count * channels;
        }
    }
}

#endif
