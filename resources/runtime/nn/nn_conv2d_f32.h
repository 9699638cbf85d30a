/* TinyML Studio runtime: CONV_2D and FULLY_CONNECTED on floats. */
#ifndef TML_NN_CONV2D_F32_H
#define TML_NN_CONV2D_F32_H

#include "nn_weighted_f32.h"

TML_NN_CONVOLUTION(tml_conv2d_f32, tml_nn_weighted_f32_layer, float, float, float,
                   tml_nn_walk_forward, tml_nn_add_f32, tml_nn_add_four_f32,
                   tml_nn_finish_f32)

#endif
