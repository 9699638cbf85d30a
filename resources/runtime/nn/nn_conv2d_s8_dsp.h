/* TinyML Studio runtime: CONV_2D on int8 for cores with the DSP extension: three pixels at a time.
 *
 * Their taps are gathered from the picture straight into the widened form of nn_product_s8_dsp.h;
 * a pixel whose kernel hangs over the picture's edge goes through a copy that is padded with
 * `pad_value`, the input's zero point (which the biases contain). A kernel's row is `run` taps;
 * those beyond a multiple of four follow behind all rows, as do their weights. */
#ifndef TML_NN_CONV2D_S8_DSP_H
#define TML_NN_CONV2D_S8_DSP_H

#include "nn_product_s8_dsp.h"

typedef struct {
    int32_t batches, in_height, in_width, in_channels;
    int32_t out_height, out_width;
    int32_t kernel_height, kernel_width;
    int32_t stride_height, stride_width;
    int32_t pad_top, pad_left;
    int32_t dilation_height, dilation_width;
    int32_t pad_value;
    tml_nn_product_s8 product;
} tml_conv2d_s8_dsp_layer;

typedef struct {
    int32_t pixels, in_channels;
    int32_t backward; /* 1: begin with the last pixel */
    tml_nn_product_s8 product;
} tml_conv2d_1x1_s8_dsp_layer;

/* The odd taps at the ends of rows, `extra` each. */
static inline void tml_conv2d_s8_dsp_extra(const int8_t *from, int32_t extra, int32_t rows,
                                           int32_t pitch, tml_nn_half *to)
{
    int32_t row, i, step = 1;
    for (row = 0; row < rows; row++) {
        for (i = 0; i < extra; i++) {
            *to = from[i];
            to += step;
            step ^= 1 ^ (TML_NN_QUAD_ODD - 1); /* halves 0, 1, 6 and 7 of a quad */
        }
        from += pitch;
    }
}

/* The taps of three pixels; rows of the kernel lie `pitch` apart. */
static inline void tml_conv2d_s8_dsp_three(const int8_t *a, const int8_t *b, const int8_t *c,
                                           int32_t run, int32_t rows, int32_t pitch,
                                           tml_nn_half *to)
{
    const int32_t whole = run & ~(int32_t)3;
    if (whole > 0) {
        to = tml_nn_widen_three(a, b, c, to, whole / 4, rows, pitch - whole);
    }
    if (run != whole) {
        const int32_t to_b = (int32_t)(b - a), to_c = (int32_t)(c - a);
        int32_t i, step = 1;
        for (; rows > 0; rows--) {
            for (i = whole; i < run; i++) {
                to[0] = a[i];
                to[2] = a[i + to_b];
                to[4] = a[i + to_c];
                to += step;
                step ^= 1 ^ (TML_NN_QUAD_ODD - 1); /* halves 0, 1, 6 and 7 of a quad */
            }
            a += pitch;
        }
    }
}

/* The taps of one pixel. */
static inline void tml_conv2d_s8_dsp_one(const int8_t *from, int32_t run, int32_t rows,
                                         int32_t pitch, tml_nn_half *to)
{
    const int32_t whole = run & ~(int32_t)3;
    const int8_t *at = from;
    int32_t row;
    for (row = 0; row < rows; row++) {
        to = tml_nn_widen_one(at, to, whole / 4);
        at += pitch;
    }
    tml_conv2d_s8_dsp_extra(from + whole, run - whole, rows, pitch, to);
}

static inline int8_t *tml_conv2d_s8_dsp_copy(int8_t *to, const int8_t *from, int32_t count)
{
    const int8_t *const end = from + count;
#ifdef TML_NN_DSP
    for (; end - from >= 4; from += 4, to += 4) {
        const uint32_t word = tml_nn_load(from);
        __builtin_memcpy(to, &word, sizeof word);
    }
#endif
    while (from != end) {
        *to++ = *from++;
    }
    return to;
}

static inline int8_t *tml_conv2d_s8_dsp_fill(int8_t *to, int32_t value, int32_t count)
{
    int8_t *const end = to + count;
#ifdef TML_NN_DSP
    const uint32_t word = (uint32_t)(uint8_t)value * 0x01010101u;
    for (; end - to >= 4; to += 4) {
        __builtin_memcpy(to, &word, sizeof word);
    }
#endif
    while (to != end) {
        *to++ = (int8_t)value;
    }
    return to;
}

/* Copy the taps of a kernel whose first one is (y, x), outside or not. */
static inline void tml_conv2d_s8_dsp_pad(const tml_conv2d_s8_dsp_layer *l, const int8_t *in,
                                         int32_t y, int32_t x, int8_t *to)
{
    const int32_t size = l->in_channels, width = l->kernel_width, step = l->dilation_width;
    /* columns before `first` lie left of the picture, those from `last` on right of it */
    const int32_t first = x < 0 ? (-x + step - 1) / step : 0;
    const int32_t last = x < l->in_width ? (l->in_width - x + step - 1) / step : 0;
    const int32_t begin = first < width ? first : width, end = last < width ? last : width;
    int32_t row, column;
    for (row = 0; row < l->kernel_height; row++) {
        if (y < 0 || y >= l->in_height || begin >= end) {
            to = tml_conv2d_s8_dsp_fill(to, l->pad_value, width * size);
        } else {
            const int8_t *from = in + (y * l->in_width + x + begin * step) * size;
            to = tml_conv2d_s8_dsp_fill(to, l->pad_value, begin * size);
            if (step == 1) {
                to = tml_conv2d_s8_dsp_copy(to, from, (end - begin) * size);
            } else {
                for (column = begin; column < end; column++) {
                    to = tml_conv2d_s8_dsp_copy(to, from, size);
                    from += step * size;
                }
            }
            to = tml_conv2d_s8_dsp_fill(to, l->pad_value, (width - end) * size);
        }
        y += l->dilation_height;
    }
}

/* The taps of a pixel at the edge where a kernel's row is less than four, with the first one at
 * (y, x), and no dilation of rows. */
static TML_NN_RARE void tml_conv2d_s8_dsp_edge(const tml_conv2d_s8_dsp_layer *l,
                                               const int8_t *in, int32_t y, int32_t x,
                                               tml_nn_half *to)
{
    const int32_t size = l->in_channels, run = l->kernel_width * size;
    const int32_t begin = x < 0 ? -x * size : 0, end = (l->in_width - x) * size;
    int32_t row, i, step = 1;
    for (row = 0; row < l->kernel_height; row++) {
        const int inside = y >= 0 && y < l->in_height;
        const int32_t at = inside ? (y * l->in_width + x) * size : 0;
        for (i = 0; i < run; i++) {
            *to = inside && i >= begin && i < end ? in[at + i] : (int16_t)l->pad_value;
            to += step;
            step ^= 1 ^ (TML_NN_QUAD_ODD - 1);
        }
        y += l->dilation_height;
    }
}

/* Gather `count` pixels that begin at (out_y, out_x) and may go on in the next row. */
static inline void tml_conv2d_s8_dsp_gather(const tml_conv2d_s8_dsp_layer *l, const int8_t *in,
                                            int32_t out_y, int32_t out_x, int32_t count,
                                            tml_nn_half *taps)
{
    const int32_t size = l->in_channels, run = l->kernel_width * size, rows = l->kernel_height;
    const int32_t line = l->in_width * size, pitch = l->dilation_height * line;
    const int32_t high = l->in_height - (l->kernel_height - 1) * l->dilation_height;
    const int32_t wide = l->in_width - (l->kernel_width - 1) * l->dilation_width;
    int8_t *const copy = (int8_t *)(taps + TML_NN_QUAD * l->product.quads);
    int32_t pixel, y = out_y * l->stride_height - l->pad_top;
    int32_t x = out_x * l->stride_width - l->pad_left;
    /* where a row is a single output the next ones lie below */
    const int below = l->out_width == 1;
    const int32_t last_y = below ? y + 2 * l->stride_height : y;
    const int32_t last_x = below ? x : x + 2 * l->stride_width;
    const int inside = y >= 0 && last_y < high && x >= 0 && last_x < wide;
    if (inside && l->dilation_width == 1 && count == 3 && (below || out_x + 2 < l->out_width)) {
        const int8_t *const from = in + y * line + x * size;
        const int32_t step = below ? l->stride_height * line : l->stride_width * size;
        tml_conv2d_s8_dsp_three(from, from + step, from + 2 * step, run, rows, pitch, taps);
        return;
    }
    for (pixel = 0; pixel < count; pixel++) {
        if (y >= 0 && y < high && l->dilation_width == 1 && x >= 0 && x < wide) {
            tml_conv2d_s8_dsp_one(in + y * line + x * size, run, rows, pitch, taps + 2 * pixel);
        } else if (run < 4 && l->dilation_width == 1) {
            tml_conv2d_s8_dsp_edge(l, in, y, x, taps + 2 * pixel);
        } else {
            tml_conv2d_s8_dsp_pad(l, in, y, x, copy);
            tml_conv2d_s8_dsp_one(copy, run, rows, run, taps + 2 * pixel);
        }
        x += l->stride_width;
        if (++out_x == l->out_width) {
            out_x = 0;
            x = -l->pad_left;
            y += l->stride_height;
        }
    }
}

/* Any kernel; `scratch` holds the taps of three pixels, widened, and those of one as they are. */
TML_NN_SHARED void tml_conv2d_s8_dsp(const tml_conv2d_s8_dsp_layer *l, const int8_t *in,
                                     int8_t *out, void *scratch)
{
    tml_nn_half *const taps = (tml_nn_half *)scratch;
    int32_t batch, out_y, out_x, left, count;
    tml_nn_block product;
    tml_nn_product_prepare(&l->product, taps, &product);
    for (batch = 0; batch < l->batches; batch++) {
        out_y = out_x = 0;
        for (left = l->out_height * l->out_width; left > 0; left -= count) {
            count = left < 3 ? left : 3;
            tml_conv2d_s8_dsp_gather(l, in, out_y, out_x, count, taps);
            tml_nn_product_three(&l->product, &product, out, count);
            out += count * l->product.out_channels;
            for (out_x += count; out_x >= l->out_width; out_x -= l->out_width) {
                out_y++;
            }
        }
        in += l->in_height * l->in_width * l->in_channels;
    }
}

/* A kernel of 1x1 without stride or padding: all pixels are one long row. A block is read before
 * it is written, so the output may lie over the input: of more channels than the output at its
 * start or before it, of less at the end and backwards. `scratch` holds three pixels' taps. */
TML_NN_SHARED void tml_conv2d_1x1_s8_dsp(const tml_conv2d_1x1_s8_dsp_layer *l,
                                         const int8_t *in, int8_t *out, void *scratch)
{
    const int32_t size = l->in_channels, out_size = l->product.out_channels;
    tml_nn_half *const taps = (tml_nn_half *)scratch;
    int32_t left = l->pixels, count;
    tml_nn_block product;
    tml_nn_product_prepare(&l->product, taps, &product);
    if (l->backward) {
        in += left * size;
        out += left * out_size;
    }
    for (; left > 0; left -= count) {
        count = left < 3 ? left : 3;
        if (l->backward) {
            in -= count * size;
            out -= count * out_size;
        }
        tml_conv2d_s8_dsp_three(in, count > 1 ? in + size : in, count > 2 ? in + 2 * size : in,
                                size, 1, size, taps);
        tml_nn_product_three(&l->product, &product, out, count);
        if (!l->backward) {
            in += count * size;
            out += count * out_size;
        }
    }
}

#endif
