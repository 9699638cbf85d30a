/* TinyML Studio runtime: CONV_2D in groups on int16 with int8 weights. */
#ifndef TML_NN_GROUPED_CONV2D_S16_H
#define TML_NN_GROUPED_CONV2D_S16_H

#include "nn_grouped.h"
#include "nn_weighted_s16.h"

TML_NN_GROUPED(tml_grouped_conv2d_s16, tml_nn_weighted_s16_layer, int16_t, int8_t, uint32_t,
               tml_nn_add_s16, tml_nn_add_four_s16, tml_nn_finish_s16)
TML_NN_GROUPED(tml_grouped_conv2d_wide_s16, tml_nn_weighted_s16_layer, int16_t, int8_t, int64_t,
               tml_nn_add_wide_s16, tml_nn_add_four_wide_s16, tml_nn_finish_wide_s16)

#endif
