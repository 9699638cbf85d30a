/* TinyML Studio runtime: kernels that slide over a picture, for all types of values and weights.
 *
 * For one output position in one direction, a walk lists the input positions inside the picture
 * and the tap of the kernel that each of them meets; taps outside the picture count as zero and
 * are left out. A convolution and a transposed convolution differ in their walks only. */
#ifndef TML_NN_SLIDE_H
#define TML_NN_SLIDE_H

#include "nn_math.h"

typedef struct {
    int32_t batches, in_height, in_width, in_channels;
    int32_t out_height, out_width, out_channels;
    int32_t kernel_height, kernel_width;
    int32_t stride_height, stride_width;
    int32_t pad_top, pad_left;
    int32_t dilation_height, dilation_width;
} tml_nn_slide;

typedef struct {
    int32_t count;
    int32_t in, in_step;   /* first input position, and from each to the next */
    int32_t tap, tap_step; /* the same of the taps */
} tml_nn_walk;

static inline tml_nn_walk tml_nn_walk_forward(int32_t out, int32_t size, int32_t kernel,
                                              int32_t stride, int32_t pad, int32_t dilation)
{
    const int32_t start = out * stride - pad;
    int32_t end = start < size ? (size - start + dilation - 1) / dilation : 0;
    tml_nn_walk walk;
    if (end > kernel) {
        end = kernel;
    }
    walk.tap = start < 0 ? (dilation - 1 - start) / dilation : 0;
    walk.tap_step = 1;
    walk.in = start + walk.tap * dilation;
    walk.in_step = dilation;
    walk.count = end > walk.tap ? end - walk.tap : 0;
    return walk;
}

/* Of a transposed convolution: an input value adds to the outputs from in * stride - pad on. */
static inline tml_nn_walk tml_nn_walk_back(int32_t out, int32_t size, int32_t kernel,
                                           int32_t stride, int32_t pad, int32_t dilation)
{
    const int32_t at = out + pad;
    int32_t end = at / stride + 1;
    tml_nn_walk walk;
    (void)dilation;
    if (end > size) {
        end = size;
    }
    walk.in = at < kernel ? 0 : (at - kernel) / stride + 1;
    walk.in_step = 1;
    walk.tap = at - walk.in * stride;
    walk.tap_step = -stride;
    walk.count = end > walk.in ? end - walk.in : 0;
    return walk;
}

/* Define `function(layer, in, out)`, a convolution whose weights lie as [out channel][y][x][in
 * channel]. Four channels share their loads of values.
 *
 * layer:  its struct, with the members `slide` and `weights`
 * value, weight, sum: types
 * walk:   one of the two above
 * add:    sum add(layer, sum, value *, weight *, count): the sum and `count` products
 * add4:   void add4(layer, sum *, value *, weight *, next, count): the same for four sums, whose
 *         weights lie `next` apart
 * finish: value finish(layer, channel, sum) */
#define TML_NN_CONVOLUTION(function, layer, value, weight, sum, walk, add, add4, finish) \
    /* One pixel, `channels` (four or one) of its channels. */ \
    TML_NN_KERNEL void function##_some(const layer *l, const value *in, const weight *w, \
                                       tml_nn_walk y, tml_nn_walk x, sum *totals, \
                                       int32_t channels) \
    { \
        const tml_nn_slide *const s = &l->slide; \
        const int32_t next = s->kernel_height * s->kernel_width * s->in_channels; \
        /* neighbours under neighbouring taps are one run of products */ \
        const int32_t together = x.count > 0 && x.in_step == 1 && x.tap_step == 1 ? x.count : 1; \
        const int32_t columns = x.count / together, run = together * s->in_channels; \
        int32_t row, column; \
        for (row = 0; row < y.count; row++) { \
            const int32_t in_y = (y.in + row * y.in_step) * s->in_width + x.in; \
            const int32_t tap_y = (y.tap + row * y.tap_step) * s->kernel_width + x.tap; \
            for (column = 0; column < columns; column++) { \
                const value *const a = in + (in_y + column * x.in_step) * s->in_channels; \
                const weight *const b = w + (tap_y + column * x.tap_step) * s->in_channels; \
                if (channels == 4) { \
                    add4(l, totals, a, b, next, run); \
                } else { \
                    totals[0] = add(l, totals[0], a, b, run); \
                } \
            } \
        } \
    } \
    TML_NN_KERNEL value *function##_pixel(const layer *l, const value *in, tml_nn_walk y, \
                                          tml_nn_walk x, value *out) \
    { \
        const tml_nn_slide *const s = &l->slide; \
        const int32_t next = s->kernel_height * s->kernel_width * s->in_channels; \
        const weight *w = l->weights; \
        int32_t channel = 0, n; \
        for (; channel + 4 <= s->out_channels; channel += 4) { \
            sum totals[4] = {0, 0, 0, 0}; \
            function##_some(l, in, w, y, x, totals, 4); \
            for (n = 0; n < 4; n++) { \
                *out++ = finish(l, channel + n, totals[n]); \
            } \
            w += 4 * next; \
        } \
        for (; channel < s->out_channels; channel++) { \
            sum total = 0; \
            function##_some(l, in, w, y, x, &total, 1); \
            *out++ = finish(l, channel, total); \
            w += next; \
        } \
        return out; \
    } \
    TML_NN_SLIDING(function, layer, value, walk)

/* Four sums at once, for TML_NN_CONVOLUTION: `multiply(layer, value, weight)` is added. */
#define TML_NN_ADD4(function, layer, value, weight, sum, multiply) \
    static inline void function(const layer *l, sum *totals, const value *x, const weight *w, \
                                int32_t next, int32_t count) \
    { \
        const value *const end = x + count; \
        const weight *w1 = w + next, *w2 = w1 + next, *w3 = w2 + next; \
        sum a = totals[0], b = totals[1], c = totals[2], d = totals[3]; \
        (void)l; \
        while (x != end) { \
            const value v = *x++; \
            a += multiply(l, v, *w++); \
            b += multiply(l, v, *w1++); \
            c += multiply(l, v, *w2++); \
            d += multiply(l, v, *w3++); \
        } \
        totals[0] = a; \
        totals[1] = b; \
        totals[2] = c; \
        totals[3] = d; \
    }

/* Define `function(layer, in, out)`, a depthwise convolution whose weights lie as
 * [y][x][out channel]; `add` and `add4` as above, with the steps from one value and weight to the
 * next: sum add(layer, sum, value *, step, weight *, step, count); the values and weights of the
 * four sums of `add4` are neighbours. */
#define TML_NN_DEPTHWISE(function, layer, value, weight, sum, add, add4, finish) \
    TML_NN_KERNEL value *function##_pixel(const layer *l, const value *in, tml_nn_walk y, \
                                          tml_nn_walk x, value *out) \
    { \
        const tml_nn_slide *const s = &l->slide; \
        const int32_t multiplier = s->out_channels / s->in_channels; \
        const int32_t step = x.in_step * s->in_channels, tap_step = s->out_channels; \
        const int32_t row_step = y.in_step * s->in_width * s->in_channels; \
        const int32_t tap_row_step = s->kernel_width * tap_step; \
        const value *from = in + (y.in * s->in_width + x.in) * s->in_channels; \
        const weight *w = l->weights + (y.tap * s->kernel_width + x.tap) * tap_step; \
        int32_t channel = 0, copy = 0, row, n; \
        for (; multiplier == 1 && channel + 4 <= s->out_channels; channel += 4) { \
            const value *a = from; \
            const weight *b = w; \
            sum totals[4] = {0, 0, 0, 0}; \
            for (row = y.count; row > 0; row--) { \
                add4(l, totals, a, step, b, tap_step, x.count); \
                a += row_step; \
                b += tap_row_step; \
            } \
            for (n = 0; n < 4; n++) { \
                *out++ = finish(l, channel + n, totals[n]); \
            } \
            from += 4; \
            w += 4; \
        } \
        for (; channel < s->out_channels; channel++) { \
            const value *a = from; \
            const weight *b = w++; \
            sum total = 0; \
            for (row = y.count; row > 0; row--) { \
                total = add(l, total, a, step, b, tap_step, x.count); \
                a += row_step; \
                b += tap_row_step; \
            } \
            *out++ = finish(l, channel, total); \
            if (++copy == multiplier) { \
                copy = 0; \
                from++; \
            } \
        } \
        return out; \
    } \
    TML_NN_SLIDING(function, layer, value, tml_nn_walk_forward)

/* A sum for TML_NN_DEPTHWISE: `multiply(layer, value, weight)` is added. */
#define TML_NN_ADD_APART(function, layer, value, weight, sum, multiply) \
    static inline sum function(const layer *l, sum total, const value *x, int32_t step, \
                               const weight *w, int32_t tap_step, int32_t count) \
    { \
        (void)l; \
        for (; count > 0; count--) { \
            total += multiply(l, *x, *w); \
            x += step; \
            w += tap_step; \
        } \
        return total; \
    }

/* Four sums of neighbours for TML_NN_DEPTHWISE. */
#define TML_NN_ADD4_APART(function, layer, value, weight, sum, multiply) \
    static inline void function(const layer *l, sum *totals, const value *x, int32_t step, \
                                const weight *w, int32_t tap_step, int32_t count) \
    { \
        sum a = totals[0], b = totals[1], c = totals[2], d = totals[3]; \
        (void)l; \
        for (; count > 0; count--) { \
            a += multiply(l, x[0], w[0]); \
            b += multiply(l, x[1], w[1]); \
            c += multiply(l, x[2], w[2]); \
            d += multiply(l, x[3], w[3]); \
            x += step; \
            w += tap_step; \
        } \
        totals[0] = a; \
        totals[1] = b; \
        totals[2] = c; \
        totals[3] = d; \
    }

/* Define `function(layer, in, out)` that calls `function_pixel` for all output pixels. */
#define TML_NN_SLIDING(function, layer, value, walk) \
    TML_NN_KERNEL void function(const layer *l, const value *in, value *out) \
    { \
        const tml_nn_slide *const s = &l->slide; \
        int32_t batch, y, x; \
        for (batch = 0; batch < s->batches; batch++) { \
            for (y = 0; y < s->out_height; y++) { \
                const tml_nn_walk rows = walk(y, s->in_height, s->kernel_height, \
                                              s->stride_height, s->pad_top, s->dilation_height); \
                for (x = 0; x < s->out_width; x++) { \
                    out = function##_pixel(l, in, rows, \
                                           walk(x, s->in_width, s->kernel_width, \
                                                s->stride_width, s->pad_left, \
                                                s->dilation_width), \
                                           out); \
                } \
            } \
            in += s->in_height * s->in_width * s->in_channels; \
        } \
    }

#endif
