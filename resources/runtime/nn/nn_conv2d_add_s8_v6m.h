/* TinyML Studio runtime: CONV_2D on int8 for ARMv6-M, then an ADD of what lies beside its output:
 * the end of a residual connection. */
#ifndef TML_NN_CONV2D_ADD_S8_V6M_H
#define TML_NN_CONV2D_ADD_S8_V6M_H

#include "nn_add_s8_v6m.h"
#include "nn_conv2d_s8_v6m.h"

typedef struct {
    tml_conv2d_s8_v6m_layer conv;
    tml_add_s8_layer add; /* a is the convolution's output */
} tml_conv2d_add_s8_v6m_layer;

/* The addition; it may be of a part of the rows, so it counts by the convolution's struct. */
static inline void tml_conv2d_add_s8_v6m_sum(const tml_conv2d_add_s8_v6m_layer *l,
                                             const int8_t *other, int8_t *out)
{
    const tml_conv2d_s8_v6m_layer *const c = &l->conv;
    tml_add_s8_layer add = l->add;
    add.size[3] = c->batches * c->out_height * c->out_width * c->out_channels;
    tml_add_s8_v6m_row(&add, out, other, out);
}

TML_NN_KERNEL void tml_conv2d_add_s8_v6m(const tml_conv2d_add_s8_v6m_layer *l, const int8_t *in,
                                         const int8_t *other, int8_t *out, void *scratch)
{
    tml_conv2d_s8_v6m(&l->conv, in, out, scratch);
    tml_conv2d_add_s8_v6m_sum(l, other, out);
}

TML_NN_KERNEL void tml_conv2d_1x1_add_s8_v6m(const tml_conv2d_add_s8_v6m_layer *l,
                                             const int8_t *in, const int8_t *other, int8_t *out,
                                             void *scratch)
{
    tml_conv2d_1x1_s8_v6m(&l->conv, in, out, scratch);
    tml_conv2d_add_s8_v6m_sum(l, other, out);
}

#endif
