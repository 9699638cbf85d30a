/* TinyML Studio runtime: convolutions in groups, for all types of values and weights.
 *
 * The channels of the input lie in groups of equal size, and so do those of the output; each group
 * of outputs is made of its own group of inputs. The sums and outputs are those of convolutions
 * without groups. */
#ifndef TML_NN_GROUPED_H
#define TML_NN_GROUPED_H

#include "nn_slide.h"

/* Define `function_layer` and `function(layer, in, out)` for weights that lie as
 * [out channel][y][x][in channel of the group]; `layer`, `add`, `add4` and `finish` as for
 * TML_NN_CONVOLUTION. */
#define TML_NN_GROUPED(function, layer, value, weight, sum, add, add4, finish) \
    typedef struct { \
        int32_t depth;   /* input channels of a group */ \
        int32_t filters; /* output channels of a group */ \
        layer whole; \
    } function##_layer; \
    /* One pixel, `channels` (four or one) of a group's channels. */ \
    TML_NN_KERNEL void function##_some(const function##_layer *g, const value *in, \
                                       const weight *w, tml_nn_walk y, tml_nn_walk x, \
                                       sum *totals, int32_t channels) \
    { \
        const layer *const l = &g->whole; \
        const tml_nn_slide *const s = &l->slide; \
        const int32_t next = s->kernel_height * s->kernel_width * g->depth; \
        int32_t row, column; \
        for (row = 0; row < y.count; row++) { \
            const int32_t in_y = (y.in + row * y.in_step) * s->in_width + x.in; \
            const int32_t tap_y = (y.tap + row) * s->kernel_width + x.tap; \
            for (column = 0; column < x.count; column++) { \
                const value *const a = in + (in_y + column * x.in_step) * s->in_channels; \
                const weight *const b = w + (tap_y + column) * g->depth; \
                if (channels == 4) { \
                    add4(l, totals, a, b, next, g->depth); \
                } else { \
                    totals[0] = add(l, totals[0], a, b, g->depth); \
                } \
            } \
        } \
    } \
    TML_NN_KERNEL value *function##_pixel(const function##_layer *g, const value *in, \
                                          tml_nn_walk y, tml_nn_walk x, value *out) \
    { \
        const layer *const l = &g->whole; \
        const tml_nn_slide *const s = &l->slide; \
        const int32_t next = s->kernel_height * s->kernel_width * g->depth; \
        const weight *w = l->weights; \
        int32_t channel = 0, n; \
        while (channel < s->out_channels) { \
            const int32_t end = channel + g->filters; \
            for (; channel + 4 <= end; channel += 4) { \
                sum totals[4] = {0, 0, 0, 0}; \
                function##_some(g, in, w, y, x, totals, 4); \
                for (n = 0; n < 4; n++) { \
                    *out++ = finish(l, channel + n, totals[n]); \
                } \
                w += 4 * next; \
            } \
            for (; channel < end; channel++) { \
                sum total = 0; \
                function##_some(g, in, w, y, x, &total, 1); \
                *out++ = finish(l, channel, total); \
                w += next; \
            } \
            in += g->depth; \
        } \
        return out; \
    } \
    TML_NN_KERNEL void function(const function##_layer *g, const value *in, value *out) \
    { \
        const tml_nn_slide *const s = &g->whole.slide; \
        int32_t batch, y, x; \
        for (batch = 0; batch < s->batches; batch++) { \
            for (y = 0; y < s->out_height; y++) { \
                const tml_nn_walk rows = tml_nn_walk_forward(y, s->in_height, s->kernel_height, \
                                                             s->stride_height, s->pad_top, \
                                                             s->dilation_height); \
                for (x = 0; x < s->out_width; x++) { \
                    const tml_nn_walk columns = tml_nn_walk_forward( \
                        x, s->in_width, s->kernel_width, s->stride_width, s->pad_left, \
                        s->dilation_width); \
                    out = function##_pixel(g, in, rows, columns, out); \
                } \
            } \
            in += s->in_height * s->in_width * s->in_channels; \
        } \
    }

#endif
