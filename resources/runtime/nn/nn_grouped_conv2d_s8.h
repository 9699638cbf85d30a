/* TinyML Studio runtime: CONV_2D in groups on int8. */
#ifndef TML_NN_GROUPED_CONV2D_S8_H
#define TML_NN_GROUPED_CONV2D_S8_H

#include "nn_grouped.h"
#include "nn_transpose_conv_s8.h"

/* A transposed convolution's sums and outputs are the same; taps outside the input are left out. */
TML_NN_GROUPED(tml_grouped_conv2d_s8, tml_transpose_conv_s8_layer, int8_t, int8_t, uint32_t,
               tml_transpose_conv_s8_add, tml_transpose_conv_s8_add_four,
               tml_transpose_conv_s8_finish)

#endif
