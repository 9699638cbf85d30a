/* TinyML Studio runtime: CONV_2D on int8, weights quantized per channel or per tensor.
 *
 * The taps of a pixel are first gathered into a row of `taps` values, so that the work is a plain
 * product of matrices; a kernel of 1x1 without padding reads its pixels where they are. Blocks of
 * two pixels and two channels share their loads; at an odd end both of a block are the same one.
 * The input's zero point is folded into the bias, so taps outside the picture read `pad_value`
 * (that zero point). */
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
    int32_t row;  /* the next multiple of four: the rest are weights of zero */
    const int8_t *weights; /* [out_channels][row]; a row is one kernel, [y][x][in_channels] */
    tml_nn_outputs outputs;
} tml_conv2d_s8_layer;

#ifdef TML_NN_DSP

/* Widen a pixel's taps to pairs: of every four the even ones, then the odd ones. Two pixels take
 * turns in `to`. Behind the last tap anything will do, since the weights there are zero. */
static inline void tml_conv2d_s8_widen(const int8_t *from, int32_t taps, tml_nn_pair *to)
{
    for (; taps >= 4; taps -= 4) {
        const uint32_t word = tml_nn_load(from);
        to[0] = tml_nn_even(word);
        to[2] = tml_nn_odd(word);
        from += 4;
        to += 4;
    }
    if (taps > 0) {
        to[0] = ((uint32_t)from[0] & 0xffff) | (taps > 2 ? (uint32_t)from[2] << 16 : 0);
        to[2] = taps > 1 ? (uint32_t)from[1] & 0xffff : 0;
    }
}

/* Four taps of two pixels and two channels: 16 products. */
#define TML_CONV2D_S8_FOUR_TAPS \
    "ldr %[v], [%[w0]], #4\n" \
    "ldr %[w], [%[w1]], #4\n" \
    "ldrd %[xa], %[xb], [%[x]], #8\n" \
    "sxtb16 %[ww], %[v]\n" \
    "smlad %[a0], %[xa], %[ww], %[a0]\n" \
    "smlad %[b0], %[xb], %[ww], %[b0]\n" \
    "sxtb16 %[ww], %[w]\n" \
    "smlad %[a1], %[xa], %[ww], %[a1]\n" \
    "smlad %[b1], %[xb], %[ww], %[b1]\n" \
    "ldrd %[xa], %[xb], [%[x]], #8\n" \
    "sxtb16 %[ww], %[v], ror #8\n" \
    "smlad %[a0], %[xa], %[ww], %[a0]\n" \
    "smlad %[b0], %[xb], %[ww], %[b0]\n" \
    "sxtb16 %[ww], %[w], ror #8\n" \
    "smlad %[a1], %[xa], %[ww], %[a1]\n" \
    "smlad %[b1], %[xb], %[ww], %[b1]\n"

/* Two pixels, all channels. `scratch` is for their taps as pairs. */
TML_NN_KERNEL void tml_conv2d_s8_two(const tml_conv2d_s8_layer *l, const int8_t *in_a,
                                     const int8_t *in_b, int8_t *out_a, int8_t *out_b,
                                     void *scratch)
{
    tml_nn_pair *const pairs = (tml_nn_pair *)scratch;
    const int8_t *w0 = l->weights;
    int32_t channel;
    tml_conv2d_s8_widen(in_a, l->taps, pairs);
    tml_conv2d_s8_widen(in_b, l->taps, pairs + 1);
    for (channel = 0; channel < l->out_channels; channel += 2) {
        const int32_t second = channel + 1 < l->out_channels;
        const int8_t *const end = w0 + l->row, *w1 = second ? end : w0;
        const tml_nn_pair *x = pairs;
        uint32_t a0 = (uint32_t)l->outputs.bias[channel];
        uint32_t a1 = (uint32_t)l->outputs.bias[channel + second];
        uint32_t b0 = a0, b1 = a1, v, w, xa, xb, ww = (uint32_t)l->row & 4;
        __asm__("cmp %[ww], #0\n"
                "beq 1f\n" TML_CONV2D_S8_FOUR_TAPS
                "cmp %[w0], %[end]\n"
                "beq 2f\n"
                "1:\n" TML_CONV2D_S8_FOUR_TAPS TML_CONV2D_S8_FOUR_TAPS
                "cmp %[w0], %[end]\n"
                "bne 1b\n"
                "2:\n"
                : [w0] "+&r"(w0), [w1] "+&r"(w1), [x] "+&r"(x), [a0] "+&r"(a0), [a1] "+&r"(a1),
                  [b0] "+&r"(b0), [b1] "+&r"(b1), [v] "=&r"(v), [w] "=&r"(w), [ww] "+&r"(ww),
                  [xa] "=&r"(xa), [xb] "=&r"(xb)
                : [end] "r"(end)
                : "cc", "memory");
        tml_nn_store_two(&l->outputs, channel, a0, b0, out_a, out_b);
        tml_nn_store_two(&l->outputs, channel + second, a1, b1, out_a, out_b);
        w0 = w1;
    }
}

#else

/* Two pixels, all channels. */
TML_NN_KERNEL void tml_conv2d_s8_two(const tml_conv2d_s8_layer *l, const int8_t *in_a,
                                     const int8_t *in_b, int8_t *out_a, int8_t *out_b,
                                     void *scratch)
{
    const int8_t *w0 = l->weights;
    int32_t channel;
    (void)scratch;
    for (channel = 0; channel < l->out_channels; channel += 2) {
        const int32_t second = channel + 1 < l->out_channels;
        const int8_t *a = in_a, *b = in_b, *w1 = second ? w0 + l->row : w0;
        const int8_t *const end = a + l->taps;
        uint32_t a0 = (uint32_t)l->outputs.bias[channel];
        uint32_t a1 = (uint32_t)l->outputs.bias[channel + second];
        uint32_t b0 = a0, b1 = a1;
        while (a != end) {
            const int32_t x = *a++, y = *b++, v = *w0++, w = *w1++;
            a0 += (uint32_t)(x * v);
            a1 += (uint32_t)(x * w);
            b0 += (uint32_t)(y * v);
            b1 += (uint32_t)(y * w);
        }
        tml_nn_store_two(&l->outputs, channel, a0, b0, out_a, out_b);
        tml_nn_store_two(&l->outputs, channel + second, a1, b1, out_a, out_b);
        w0 = w1 + (l->row - l->taps);
    }
}

#endif

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

/* Any kernel; `scratch` holds two pixels' taps as bytes, then as pairs. */
TML_NN_KERNEL void tml_conv2d_s8(const tml_conv2d_s8_layer *l, const int8_t *in, int8_t *out,
                                 int8_t *scratch)
{
    int8_t *const taps_a = scratch, *const taps_b = scratch + l->row;
    int32_t batch, out_y, out_x;
    for (batch = 0; batch < l->batches; batch++) {
        for (out_y = 0; out_y < l->out_height; out_y++) {
            const int32_t y = out_y * l->stride_height - l->pad_top;
            int32_t x = -l->pad_left;
            for (out_x = 0; out_x < l->out_width; out_x += 2) {
                const int32_t second = out_x + 1 < l->out_width;
                int8_t *const out_b = second ? out + l->out_channels : out;
                tml_conv2d_s8_gather(l, in, y, x, taps_a);
                if (second) {
                    tml_conv2d_s8_gather(l, in, y, x + l->stride_width, taps_b);
                }
                tml_conv2d_s8_two(l, taps_a, second ? taps_b : taps_a, out, out_b,
                                  scratch + 2 * l->row);
                x += 2 * l->stride_width;
                out = out_b + l->out_channels;
            }
        }
        in += l->in_height * l->in_width * l->in_channels;
    }
}

/* A kernel of 1x1 without stride or padding: all pixels are one long row. `scratch` holds two
 * pixels' taps as pairs. */
TML_NN_KERNEL void tml_conv2d_1x1_s8(const tml_conv2d_s8_layer *l, const int8_t *in, int8_t *out,
                                     int8_t *scratch)
{
    int32_t left = l->batches * l->out_height * l->out_width;
    for (; left > 0; left -= 2) {
        const int8_t *const in_b = left > 1 ? in + l->taps : in;
        int8_t *const out_b = left > 1 ? out + l->out_channels : out;
        tml_conv2d_s8_two(l, in, in_b, out, out_b, scratch);
        in = in_b + l->taps;
        out = out_b + l->out_channels;
    }
}

#endif
