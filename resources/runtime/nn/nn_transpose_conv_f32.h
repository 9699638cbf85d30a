/* TinyML Studio runtime: TRANSPOSE_CONV on floats. */
#ifndef TML_NN_TRANSPOSE_CONV_F32_H
#define TML_NN_TRANSPOSE_CONV_F32_H

#include "nn_weighted_f32.h"

TML_NN_CONVOLUTION(tml_transpose_conv_f32, tml_nn_weighted_f32_layer, float, float, float,
                   tml_nn_walk_back, tml_nn_add_f32, tml_nn_add_four_f32,
                   tml_nn_finish_f32)

#endif
