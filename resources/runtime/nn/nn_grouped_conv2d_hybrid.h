/* TinyML Studio runtime: CONV_2D in groups on floats with int8 weights. */
#ifndef TML_NN_GROUPED_CONV2D_HYBRID_H
#define TML_NN_GROUPED_CONV2D_HYBRID_H

#include "nn_grouped.h"
#include "nn_weighted_f32.h"

TML_NN_GROUPED(tml_grouped_conv2d_hybrid, tml_nn_weighted_hybrid_layer, float, int8_t, float,
               tml_nn_add_hybrid, tml_nn_add_four_hybrid, tml_nn_finish_hybrid)

#endif
