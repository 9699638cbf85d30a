/* TinyML Studio runtime: DEPTHWISE_CONV_2D on floats with int8 weights. */
#ifndef TML_NN_DEPTHWISE_CONV2D_HYBRID_H
#define TML_NN_DEPTHWISE_CONV2D_HYBRID_H

#include "nn_weighted_f32.h"

TML_NN_DEPTHWISE(tml_depthwise_conv2d_hybrid, tml_nn_weighted_hybrid_layer, float, int8_t, float,
                 tml_nn_add_apart_hybrid, tml_nn_add_four_apart_hybrid,
                 tml_nn_finish_hybrid)

#endif
