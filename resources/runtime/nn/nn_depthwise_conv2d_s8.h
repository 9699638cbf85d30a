/* TinyML Studio runtime: DEPTHWISE_CONV_2D on int8, any depth multiplier.
 *
 * One channel after the other, so that its weights and scaling stay in registers. The rows of the
 * input that the kernel covers are gathered, widened to 16 bits and padded, in a ring of rows:
 * each value is gathered once, and no tap asks whether it lies outside. The input's zero point is
 * folded into the bias, so taps outside the picture read `pad_value` (that zero point). */
#ifndef TML_NN_DEPTHWISE_CONV2D_S8_H
#define TML_NN_DEPTHWISE_CONV2D_S8_H

#include "nn_math.h"

typedef struct {
    int32_t batches, in_height, in_width, in_channels;
    int32_t out_height, out_width, out_channels;
    int32_t depth_multiplier;
    int32_t kernel_height, kernel_width;
    int32_t stride_height, stride_width;
    int32_t pad_top, pad_left;
    int32_t dilation_height, dilation_width;
    int32_t pad_value;
    int32_t row_width; /* of a row in the ring; even */
    int32_t row_used;  /* how many values of an input row the kernel reaches */
    int32_t right_form; /* of those channels whose shifts go right; not ANY if it is used */
    const int8_t *weights; /* [out_channels][kernel_height][kernel_width] */
    tml_nn_outputs outputs;
} tml_depthwise_conv2d_s8_layer;

/* A row of sums of one channel, without the bias. */
typedef struct {
    const tml_nn_half *ring, *end; /* all rows of the input that the kernel covers */
    int32_t top;                   /* which of them is at the kernel's first tap */
    const int8_t *weights;
    tml_nn_sum *sums;
} tml_depthwise_conv2d_s8_row;

/* Any kernel. */
TML_NN_KERNEL void tml_depthwise_conv2d_s8_any(const tml_depthwise_conv2d_s8_layer *l,
                                               const tml_depthwise_conv2d_s8_row *r)
{
    const int32_t down = l->dilation_height * l->row_width;
    const int32_t size = (int32_t)(r->end - r->ring);
    int32_t out_x, row, column;
    for (out_x = 0; out_x < l->out_width; out_x++) {
        const int32_t at = out_x * l->stride_width;
        const int8_t *w = r->weights;
        int32_t place = r->top * l->row_width;
        uint32_t sum = 0;
        for (row = 0; row < l->kernel_height; row++) {
            const tml_nn_half *x = r->ring + place + at;
            for (column = 0; column < l->kernel_width; column++) {
                sum += (uint32_t)((int32_t)*x * *w++);
                x += l->dilation_width;
            }
            place += down;
            place -= place < size ? 0 : size;
        }
        r->sums[out_x] = sum;
    }
}

/* A kernel of 3x3 without dilation, on a ring of three rows. The rows stay where they are, the
 * weights go round: the ring's first row meets row (3 - top) % 3 of them. */
TML_NN_KERNEL void tml_depthwise_conv2d_s8_3x3(const tml_depthwise_conv2d_s8_layer *l,
                                               const tml_depthwise_conv2d_s8_row *r)
{
    const int32_t first = r->top ? 3 - r->top : 0;
    const int8_t *const u = r->weights + 3 * first;
    const int8_t *const v = r->weights + 3 * (first < 2 ? first + 1 : 0);
    const int8_t *const w = r->weights + 3 * (first > 0 ? first - 1 : 2);
    const int32_t u0 = u[0], u1 = u[1], u2 = u[2], v0 = v[0], v1 = v[1], v2 = v[2];
    const int32_t w0 = w[0], w1 = w[1], w2 = w[2], step = l->stride_width;
    const tml_nn_half *x = r->ring, *y = x + l->row_width, *z = y + l->row_width;
    tml_nn_sum *to = r->sums, *const end = to + l->out_width;
    while (to != end) {
        int32_t sum = x[0] * u0 + x[1] * u1 + x[2] * u2;
        sum += y[0] * v0 + y[1] * v1 + y[2] * v2;
        sum += z[0] * w0 + z[1] * w1 + z[2] * w2;
        *to++ = (uint32_t)sum;
        x += step;
        y += step;
        z += step;
    }
}

/* Put an input row into the ring; its padding left and right is there already. */
TML_NN_KERNEL void tml_depthwise_conv2d_s8_gather(const tml_depthwise_conv2d_s8_layer *l,
                                                  const int8_t *in, int32_t y, tml_nn_half *to)
{
    const int32_t step = l->in_channels;
    tml_nn_half *const end = to + l->pad_left + l->row_used;
    to += l->pad_left;
    if (y < 0 || y >= l->in_height) {
        while (to != end) {
            *to++ = (int16_t)l->pad_value;
        }
        return;
    }
    in += y * l->in_width * l->in_channels;
    while (to != end) {
        *to++ = *in;
        in += step;
    }
}

/* One output channel of one picture; `in` is its first input value. */
TML_NN_KERNEL void tml_depthwise_conv2d_s8_plane(const tml_depthwise_conv2d_s8_layer *l,
                                                 const int8_t *in, int32_t channel,
                                                 int8_t *out, tml_nn_half *ring)
{
    const int32_t reach = (l->kernel_height - 1) * l->dilation_height + 1;
    const int plain = reach == 3 && l->kernel_height == 3 && l->kernel_width == 3
                      && l->dilation_width == 1;
    const int8_t *const w = l->weights + channel * l->kernel_height * l->kernel_width;
    int32_t y = -l->pad_top, next = y, fresh = 0, row;
    tml_depthwise_conv2d_s8_row r;
    r.ring = ring;
    r.end = ring + reach * l->row_width;
    r.top = 0;
    r.weights = w;
    r.sums = (tml_nn_sum *)(void *)(ring + reach * l->row_width);
    for (row = 0; row < l->out_height; row++) {
        if (next <= y) { /* no row of the ring is used again */
            next = y;
            r.top = fresh = 0;
        }
        for (; next < y + reach; next++) {
            tml_depthwise_conv2d_s8_gather(l, in, next, ring + fresh * l->row_width);
            fresh = fresh + 1 < reach ? fresh + 1 : 0;
        }
        if (plain) {
            tml_depthwise_conv2d_s8_3x3(l, &r);
        } else {
            tml_depthwise_conv2d_s8_any(l, &r);
        }
        tml_nn_store_column(&l->outputs, channel, r.sums, l->out_width, out, l->out_channels);
        out += l->out_width * l->out_channels;
        y += l->stride_height;
        r.top += l->stride_height;
        r.top -= r.top < reach ? 0 : reach; /* larger strides start again */
    }
}

/* `scratch` holds the ring and a row of sums. */
TML_NN_KERNEL void tml_depthwise_conv2d_s8(const tml_depthwise_conv2d_s8_layer *l,
                                           const int8_t *in, int8_t *out, void *scratch)
{
    const int32_t reach = (l->kernel_height - 1) * l->dilation_height + 1;
    tml_nn_half *const ring = (tml_nn_half *)scratch;
    int32_t batch, channel, m, i;
    for (i = 0; i < reach * l->row_width; i++) {
        ring[i] = (int16_t)l->pad_value;
    }
    for (batch = 0; batch < l->batches; batch++) {
        const int8_t *from = in;
        channel = 0;
        while (channel < l->out_channels) {
            for (m = 0; m < l->depth_multiplier; m++) {
                tml_depthwise_conv2d_s8_plane(l, from, channel, out + channel, ring);
                channel++;
            }
            from++;
        }
        in += l->in_height * l->in_width * l->in_channels;
        out += l->out_height * l->out_width * l->out_channels;
    }
}

#endif
