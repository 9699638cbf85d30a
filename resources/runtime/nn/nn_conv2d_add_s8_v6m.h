/* TinyML Studio runtime: CONV_2D on int8 for ARMv6-M, then an ADD of what lies beside its output:
 * the end of a residual connection. A block of outputs is complete before it is added, so the
 * result may lie over the other summand. */
#ifndef TML_NN_CONV2D_ADD_S8_V6M_H
#define TML_NN_CONV2D_ADD_S8_V6M_H

#include "nn_add_s8_v6m.h"
#include "nn_conv2d_s8_v6m.h"

typedef struct {
    tml_conv2d_s8_v6m_layer conv;
    tml_add_s8_layer add; /* a is the convolution's output */
} tml_conv2d_add_s8_v6m_layer;

/* Add `count` values; a function of its own, so that its copy of the struct is not on the stack
 * while the convolution works. */
static TML_NN_RARE void tml_conv2d_add_s8_v6m_sum(const tml_add_s8_layer *l, const int8_t *sums,
                                                  const int8_t *other, int8_t *out, int32_t count)
{
    tml_add_s8_layer add = *l;
    add.size[3] = count;
    tml_add_s8_v6m_row(&add, sums, other, out);
}

/* `scratch` holds what the convolution needs, then a block of its outputs. */
static TML_NN_RARE void tml_conv2d_add_s8_v6m(const tml_conv2d_add_s8_v6m_layer *l,
                                              const int8_t *in, const int8_t *other, int8_t *out,
                                              void *scratch)
{
    const tml_conv2d_s8_v6m_layer *const c = &l->conv;
    const tml_conv2d_s8_v6m_parts p = tml_conv2d_s8_v6m_divide(c, scratch);
    int8_t *const sums = p.pad + c->kernel_width * c->in_channels;
    const int32_t all = c->out_height * c->out_width;
    int32_t batch, first, count;
    tml_conv2d_s8_v6m_prepare(c, p.pad);
    for (batch = 0; batch < c->batches; batch++) {
        for (first = 0; first < all; first += count) {
            count = all - first < p.most ? all - first : p.most;
            tml_conv2d_s8_v6m_block(c, in, first, count, &p);
            tml_conv2d_s8_v6m_pixels(c, p.streams, count, sums, p.sums);
            tml_conv2d_add_s8_v6m_sum(&l->add, sums, other, out, count * c->out_channels);
            other += count * c->out_channels;
            out += count * c->out_channels;
        }
        in += c->in_height * c->in_width * c->in_channels;
    }
}

/* The same of a kernel of 1x1: see tml_conv2d_1x1_s8_v6m. */
static TML_NN_RARE void tml_conv2d_1x1_add_s8_v6m(const tml_conv2d_add_s8_v6m_layer *l,
                                                  const int8_t *in, const int8_t *other,
                                                  int8_t *out, void *scratch)
{
    const tml_conv2d_s8_v6m_layer *const c = &l->conv;
    const tml_conv2d_s8_v6m_parts p = tml_conv2d_s8_v6m_divide(c, scratch);
    const int32_t all = c->batches * c->out_height * c->out_width;
    int32_t left;
    for (left = (all + p.most - 1) / p.most; left > 0; left--) {
        const int32_t first = tml_conv2d_1x1_s8_v6m_first(c, left, all, p.most);
        const int32_t count = all - first < p.most ? all - first : p.most;
        const int32_t at = first * c->out_channels;
        tml_conv2d_1x1_s8_v6m_block(c, in, first, count, all, p.streams);
        tml_conv2d_s8_v6m_pixels(c, p.streams, count, p.pad, p.sums);
        tml_conv2d_add_s8_v6m_sum(&l->add, p.pad, other + at, out + at, count * c->out_channels);
    }
}

#endif
