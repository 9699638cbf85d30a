/* TinyML Studio runtime: DEPTHWISE_CONV_2D on floats. */
#ifndef TML_NN_DEPTHWISE_CONV2D_F32_H
#define TML_NN_DEPTHWISE_CONV2D_F32_H

#include "nn_weighted_f32.h"

TML_NN_DEPTHWISE(tml_depthwise_conv2d_f32, tml_nn_weighted_f32_layer, float, float, float,
                 tml_nn_add_apart_f32, tml_nn_add_four_apart_f32,
                 tml_nn_finish_f32)

#endif
