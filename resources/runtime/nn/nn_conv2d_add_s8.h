/* TinyML Studio runtime: CONV_2D on int8, then an ADD of what lies beside it: the end of a residual
 * connection. A block of outputs is complete before it is added, so the result may lie over the
 * other summand. */
#ifndef TML_NN_CONV2D_ADD_S8_H
#define TML_NN_CONV2D_ADD_S8_H

#include "nn_add_s8.h"
#include "nn_conv2d_s8.h"

typedef struct {
    tml_conv2d_s8_layer conv;
    tml_add_s8_layer add; /* a is the convolution's output */
} tml_conv2d_add_s8_layer;

typedef struct {
    tml_conv2d_1x1_s8_layer conv;
    tml_add_s8_layer add;
} tml_conv2d_1x1_add_s8_layer;

/* `scratch` holds what the convolution needs, then two pixels of its output. */
TML_NN_KERNEL void tml_conv2d_add_s8(const tml_conv2d_add_s8_layer *l, const int8_t *in,
                                     const int8_t *other, int8_t *out, void *scratch)
{
    const tml_conv2d_s8_layer *const c = &l->conv;
    const int32_t channels = c->product.out_channels;
    tml_nn_half *const taps_a = (tml_nn_half *)scratch, *const taps_b = taps_a + c->product.taps;
    int8_t *const block = (int8_t *)(taps_b + c->product.taps);
    tml_add_s8_layer add = l->add;
    int32_t batch, out_y, out_x;
    for (batch = 0; batch < c->batches; batch++) {
        for (out_y = 0; out_y < c->out_height; out_y++) {
            const int32_t y = out_y * c->stride_height - c->pad_top;
            for (out_x = 0; out_x < c->out_width; out_x += 2) {
                const int32_t x = out_x * c->stride_width - c->pad_left;
                const int32_t second = out_x + 1 < c->out_width;
                tml_conv2d_s8_gather(c, in, y, x, taps_a);
                if (second) {
                    tml_conv2d_s8_gather(c, in, y, x + c->stride_width, taps_b);
                }
                tml_conv2d_s8_two(&c->product, taps_a, second ? taps_b : taps_a, block,
                                  block + second * channels);
                add.size[3] = (1 + second) * channels;
                tml_add_s8_row(&add, block, other, out);
                other += add.size[3];
                out += add.size[3];
            }
        }
        in += c->in_height * c->in_width * c->in_channels;
    }
}

/* The same of a kernel of 1x1: see tml_conv2d_1x1_s8. */
TML_NN_KERNEL void tml_conv2d_1x1_add_s8(const tml_conv2d_1x1_add_s8_layer *l, const int8_t *in,
                                         const int8_t *other, int8_t *out, void *scratch)
{
    const tml_conv2d_1x1_s8_layer *const c = &l->conv;
    const int32_t taps = c->product.taps, channels = c->product.out_channels;
    tml_nn_half *const taps_a = (tml_nn_half *)scratch, *const taps_b = taps_a + taps;
    int8_t *const block = (int8_t *)(taps_b + taps);
    tml_add_s8_layer add = l->add;
    int32_t done, count;
    for (done = 0; done < c->pixels; done += count) {
        const int32_t left = c->pixels - done;
        int32_t at;
        count = left < 2 ? left : 2;
        at = c->backward ? left - count : done;
        (void)tml_conv2d_s8_widen(taps_a, in + at * taps, count * taps);
        tml_conv2d_s8_two(&c->product, taps_a, count > 1 ? taps_b : taps_a, block,
                          count > 1 ? block + channels : block);
        add.size[3] = count * channels;
        tml_add_s8_row(&add, block, other + at * channels, out + at * channels);
    }
}

#endif
