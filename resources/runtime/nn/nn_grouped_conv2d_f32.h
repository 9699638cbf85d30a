/* TinyML Studio runtime: CONV_2D in groups on floats. */
#ifndef TML_NN_GROUPED_CONV2D_F32_H
#define TML_NN_GROUPED_CONV2D_F32_H

#include "nn_grouped.h"
#include "nn_weighted_f32.h"

TML_NN_GROUPED(tml_grouped_conv2d_f32, tml_nn_weighted_f32_layer, float, float, float,
               tml_nn_add_f32, tml_nn_add_four_f32, tml_nn_finish_f32)

#endif
