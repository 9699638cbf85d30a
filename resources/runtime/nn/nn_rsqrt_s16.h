/* TinyML Studio runtime: RSQRT on int16. */
#ifndef TML_NN_RSQRT_S16_H
#define TML_NN_RSQRT_S16_H

#include "nn_l2_normalization_s8.h"

typedef struct {
    int32_t count;
    int32_t zero_point;
    int32_t multiplier, shift; /* from 20 extra bits to the output; to the left */
    int32_t out_zero_point;
} tml_rsqrt_s16_layer;

/* What is not positive gives the largest output. The output may lie over the input. */
TML_NN_KERNEL void tml_rsqrt_s16(const tml_rsqrt_s16_layer *l, const int16_t *in, int16_t *out)
{
    const tml_rsqrt_s16_layer n = *l;
    int32_t i;
    for (i = 0; i < n.count; i++) {
        const int32_t x = in[i] - n.zero_point;
        int32_t multiplier, shift, y = INT32_MAX;
        if (x > 0) {
            tml_l2_normalization_s8_inverse(x, &multiplier, &shift);
            y = tml_nn_rescale(1, multiplier, shift + 20);
            y = tml_nn_rescale(y, n.multiplier, n.shift);
            y = (int32_t)((uint32_t)y + (uint32_t)n.out_zero_point);
        }
        out[i] = (int16_t)tml_nn_clamp(y, -32768, 32767);
    }
}

#endif
