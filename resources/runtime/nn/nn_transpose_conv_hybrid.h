/* TinyML Studio runtime: TRANSPOSE_CONV on floats with int8 weights. */
#ifndef TML_NN_TRANSPOSE_CONV_HYBRID_H
#define TML_NN_TRANSPOSE_CONV_HYBRID_H

#include "nn_weighted_f32.h"

TML_NN_CONVOLUTION(tml_transpose_conv_hybrid, tml_nn_weighted_hybrid_layer, float, int8_t, float,
                   tml_nn_walk_back, tml_nn_add_hybrid, tml_nn_add_four_hybrid,
                   tml_nn_finish_hybrid)

#endif
