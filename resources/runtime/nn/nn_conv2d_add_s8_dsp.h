/* TinyML Studio runtime: CONV_2D on int8, then an ADD of what lies beside it, for cores with the
 * DSP extension: the end of a residual connection. A block of outputs is complete before it is
 * added, so the result may lie over the other summand. */
#ifndef TML_NN_CONV2D_ADD_S8_DSP_H
#define TML_NN_CONV2D_ADD_S8_DSP_H

#include "nn_add_s8.h"
#include "nn_conv2d_s8_dsp.h"

typedef struct {
    tml_conv2d_s8_dsp_layer conv;
    tml_add_s8_layer add; /* a is the convolution's output */
} tml_conv2d_add_s8_dsp_layer;

typedef struct {
    tml_conv2d_1x1_s8_dsp_layer conv;
    tml_add_s8_layer add;
} tml_conv2d_1x1_add_s8_dsp_layer;

/* Add `count` values; a function of its own, so that its copy of the struct is not on the stack
 * while the convolution works. */
TML_NN_SHARED void tml_conv2d_add_s8_dsp_sum(const tml_add_s8_layer *l, const int8_t *sums,
                                             const int8_t *other, int8_t *out, int32_t count)
{
    tml_add_s8_layer add = *l;
    add.size[3] = count;
    tml_add_s8_row(&add, sums, other, out);
}

/* `scratch` holds what the convolution needs, then three pixels of its output. */
TML_NN_SHARED void tml_conv2d_add_s8_dsp(const tml_conv2d_add_s8_dsp_layer *l, const int8_t *in,
                                         const int8_t *other, int8_t *out, void *scratch)
{
    const tml_conv2d_s8_dsp_layer *const c = &l->conv;
    const int32_t channels = c->product.out_channels;
    const int32_t copied = c->kernel_height * c->kernel_width * c->in_channels;
    tml_nn_half *const taps = (tml_nn_half *)scratch;
    int8_t *const sums = (int8_t *)(taps + TML_NN_QUAD * c->product.quads) + copied;
    tml_nn_block product;
    int32_t batch, out_y, out_x, left, count;
    tml_nn_product_prepare(&c->product, taps, &product);
    for (batch = 0; batch < c->batches; batch++) {
        out_y = out_x = 0;
        for (left = c->out_height * c->out_width; left > 0; left -= count) {
            count = left < 3 ? left : 3;
            tml_conv2d_s8_dsp_gather(c, in, out_y, out_x, count, taps);
            tml_nn_product_three(&c->product, &product, sums, count);
            tml_conv2d_add_s8_dsp_sum(&l->add, sums, other, out, count * channels);
            other += count * channels;
            out += count * channels;
            for (out_x += count; out_x >= c->out_width; out_x -= c->out_width) {
                out_y++;
            }
        }
        in += c->in_height * c->in_width * c->in_channels;
    }
}

/* The same of a kernel of 1x1: see tml_conv2d_1x1_s8_dsp. */
TML_NN_SHARED void tml_conv2d_1x1_add_s8_dsp(const tml_conv2d_1x1_add_s8_dsp_layer *l,
                                             const int8_t *in, const int8_t *other, int8_t *out,
                                             void *scratch)
{
    const tml_conv2d_1x1_s8_dsp_layer *const c = &l->conv;
    const int32_t size = c->in_channels, channels = c->product.out_channels;
    tml_nn_half *const taps = (tml_nn_half *)scratch;
    int8_t *const sums = (int8_t *)(taps + TML_NN_QUAD * c->product.quads);
    tml_nn_block product;
    int32_t done, count;
    tml_nn_product_prepare(&c->product, taps, &product);
    for (done = 0; done < c->pixels; done += count) {
        const int32_t left = c->pixels - done;
        int32_t at;
        const int8_t *from;
        count = left < 3 ? left : 3;
        at = c->backward ? left - count : done;
        from = in + at * size;
        tml_conv2d_s8_dsp_three(from, count > 1 ? from + size : from,
                                count > 2 ? from + 2 * size : from, size, 1, size, taps);
        tml_nn_product_three(&c->product, &product, sums, count);
        tml_conv2d_add_s8_dsp_sum(&l->add, sums, other + at * channels, out + at * channels,
                                  count * channels);
    }
}

#endif
