/* TinyML Studio runtime: CONV_2D on int8 whose weights are computed. */
#ifndef TML_NN_CONV2D_COMPUTED_S8_H
#define TML_NN_CONV2D_COMPUTED_S8_H

#include "nn_transpose_conv_s8.h"

/* A transposed convolution's sums and outputs are the same; taps outside the input are left out. */
typedef tml_transpose_conv_s8_layer tml_nn_weighted_s8_layer;

TML_NN_CONVOLUTION(tml_conv2d_s8_from, tml_nn_weighted_s8_layer, int8_t, int8_t, uint32_t,
                   tml_nn_walk_forward, tml_transpose_conv_s8_add,
                   tml_transpose_conv_s8_add_four, tml_transpose_conv_s8_finish)

TML_NN_KERNEL void tml_conv2d_computed_s8(const tml_nn_weighted_s8_layer *l, const int8_t *in,
                                          const int8_t *weights, int8_t *out)
{
    tml_nn_weighted_s8_layer own = *l;
    own.weights = weights;
    tml_conv2d_s8_from(&own, in, out);
}

#endif
