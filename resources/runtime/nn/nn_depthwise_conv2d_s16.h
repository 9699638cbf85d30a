/* TinyML Studio runtime: DEPTHWISE_CONV_2D on int16 with int8 weights. */
#ifndef TML_NN_DEPTHWISE_CONV2D_S16_H
#define TML_NN_DEPTHWISE_CONV2D_S16_H

#include "nn_weighted_s16.h"

TML_NN_DEPTHWISE(tml_depthwise_conv2d_s16, tml_nn_weighted_s16_layer, int16_t, int8_t,
                 uint32_t, tml_nn_add_apart_s16, tml_nn_add_four_apart_s16,
                 tml_nn_finish_s16)
TML_NN_DEPTHWISE(tml_depthwise_conv2d_wide_s16, tml_nn_weighted_s16_layer, int16_t, int8_t,
                 int64_t, tml_nn_add_apart_wide_s16, tml_nn_add_four_apart_wide_s16,
                 tml_nn_finish_wide_s16)

#endif
