/* TinyML Studio runtime: CONV_2D and FULLY_CONNECTED on floats whose weights are computed. */
#ifndef TML_NN_CONV2D_COMPUTED_F32_H
#define TML_NN_CONV2D_COMPUTED_F32_H

#include "nn_conv2d_f32.h"

TML_NN_KERNEL void tml_conv2d_computed_f32(const tml_nn_weighted_f32_layer *l, const float *in,
                                           const float *weights, float *out)
{
    tml_nn_weighted_f32_layer own = *l;
    own.weights = weights;
    tml_conv2d_f32(&own, in, out);
}

#endif
