/* TinyML Studio runtime: int16 activations of two straight lines through zero (RELU, RELU6,
 * LEAKY_RELU, ABS), each with its own factor. */
#ifndef TML_NN_SLOPES_S16_H
#define TML_NN_SLOPES_S16_H

#include "nn_math.h"

typedef struct {
    int32_t count;
    int32_t zero_point, out_zero_point;
    int32_t multiplier_above, shift_above; /* shifts to the left, negative to the right */
    int32_t multiplier_below, shift_below; /* of what lies below the zero point */
    int32_t low, high;
} tml_slopes_s16_layer;

/* The output may lie over the input. */
TML_NN_KERNEL void tml_slopes_s16(const tml_slopes_s16_layer *l, const int16_t *in, int16_t *out)
{
    const tml_slopes_s16_layer n = *l;
    int32_t i;
    for (i = 0; i < n.count; i++) {
        const int32_t x = in[i] - n.zero_point;
        const int32_t y = x < 0 ? tml_nn_rescale(x, n.multiplier_below, n.shift_below)
                                : tml_nn_rescale(x, n.multiplier_above, n.shift_above);
        const uint32_t moved = (uint32_t)y + (uint32_t)n.out_zero_point;
        out[i] = (int16_t)tml_nn_clamp((int32_t)moved, n.low, n.high);
    }
}

#endif
