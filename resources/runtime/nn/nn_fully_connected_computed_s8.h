/* TinyML Studio runtime: FULLY_CONNECTED on int8 whose weights are computed, or have a zero point:
 * nothing of them can be a part of the bias. */
#ifndef TML_NN_FULLY_CONNECTED_COMPUTED_S8_H
#define TML_NN_FULLY_CONNECTED_COMPUTED_S8_H

#include "nn_fours_dsp.h"

typedef struct {
    int32_t batches, in_size, out_size;
    int32_t in_zero_point, weights_zero_point, out_zero_point, low, high;
    int32_t multiplier, shift; /* to the left, behind 31 bits */
    const int32_t *bias;
} tml_fully_connected_computed_s8_layer;

/* Unsigned, so that hostile models wrap. */
TML_NN_KERNEL uint32_t tml_fully_connected_computed_s8_sum(
    const tml_fully_connected_computed_s8_layer *l, const int8_t *x, const int8_t *w)
{
    int32_t count = l->in_size;
    uint32_t sum = 0;
#ifdef TML_NN_DSP
    const uint32_t zeros_x = ((uint32_t)l->in_zero_point & 0xffff) * 0x10001;
    const uint32_t zeros_w = ((uint32_t)l->weights_zero_point & 0xffff) * 0x10001;
    for (; count >= 4; count -= 4) {
        const tml_nn_four a = tml_nn_four_s8(x, zeros_x), b = tml_nn_four_s8(w, zeros_w);
        __asm__("smlad %0, %1, %2, %0" : "+r"(sum) : "r"(a.even), "r"(b.even));
        __asm__("smlad %0, %1, %2, %0" : "+r"(sum) : "r"(a.odd), "r"(b.odd));
        x += 4;
        w += 4;
    }
#endif
    for (; count > 0; count--) {
        sum += (uint32_t)((*x++ - l->in_zero_point) * (*w++ - l->weights_zero_point));
    }
    return sum;
}

TML_NN_KERNEL void tml_fully_connected_computed_s8(
    const tml_fully_connected_computed_s8_layer *l, const int8_t *in, const int8_t *weights,
    int8_t *out)
{
    int32_t batch, channel;
    for (batch = 0; batch < l->batches; batch++) {
        const int8_t *w = weights;
        for (channel = 0; channel < l->out_size; channel++) {
            uint32_t sum = tml_fully_connected_computed_s8_sum(l, in, w);
            if (l->bias) {
                sum += (uint32_t)l->bias[channel];
            }
            *out++ = tml_nn_output_s8(sum, l->multiplier, l->shift, l->out_zero_point, l->low,
                                      l->high);
            w += l->in_size;
        }
        in += l->in_size;
    }
}

#endif
