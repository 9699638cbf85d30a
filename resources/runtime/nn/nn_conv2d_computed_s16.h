/* TinyML Studio runtime: CONV_2D and FULLY_CONNECTED on int16 whose int8 weights are computed. */
#ifndef TML_NN_CONV2D_COMPUTED_S16_H
#define TML_NN_CONV2D_COMPUTED_S16_H

#include "nn_conv2d_s16.h"

TML_NN_KERNEL void tml_conv2d_computed_s16(const tml_nn_weighted_s16_layer *l, const int16_t *in,
                                           const int8_t *weights, int16_t *out)
{
    tml_nn_weighted_s16_layer own = *l;
    own.weights = weights;
    tml_conv2d_s16(&own, in, out);
}

TML_NN_KERNEL void tml_conv2d_computed_wide_s16(const tml_nn_weighted_s16_layer *l,
                                                const int16_t *in, const int8_t *weights,
                                                int16_t *out)
{
    tml_nn_weighted_s16_layer own = *l;
    own.weights = weights;
    tml_conv2d_wide_s16(&own, in, out);
}

#endif
