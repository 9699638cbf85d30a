/* TinyML Studio runtime: FULLY_CONNECTED on int8; the input's zero point is in the bias.
 * Four rows of weights share each input value. */
#ifndef TML_NN_FULLY_CONNECTED_S8_H
#define TML_NN_FULLY_CONNECTED_S8_H

#include "nn_math.h"

typedef struct {
    int32_t batches, in_size, out_size;
    int32_t out_zero_point, out_low, out_high;
    const int8_t *weights; /* [out_size][in_size] */
    const int32_t *bias;   /* [out_size] */
    int32_t quant_step;    /* 1: a multiplier and shift per channel, 0: one for all */
    const int32_t *multiplier;
    const int8_t *shift;
} tml_fully_connected_s8_layer;

static inline void tml_fully_connected_s8_store(const tml_fully_connected_s8_layer *l,
                                                int32_t channel, uint32_t sum, int8_t *out)
{
    const int32_t q = channel * l->quant_step;
    out[channel] = tml_nn_output_s8(sum, l->multiplier[q], l->shift[q], l->out_zero_point,
                                    l->out_low, l->out_high);
}

TML_NN_KERNEL void tml_fully_connected_s8_one(const tml_fully_connected_s8_layer *l,
                                              const int8_t *in, int8_t *out)
{
    const int8_t *const end = in + l->in_size, *w0 = l->weights;
    int32_t channel = 0, i;
    for (; channel + 4 <= l->out_size; channel += 4) {
        const int8_t *w1 = w0 + l->in_size, *w2 = w1 + l->in_size, *w3 = w2 + l->in_size;
        const int32_t *bias = l->bias + channel;
        uint32_t s0 = (uint32_t)bias[0], s1 = (uint32_t)bias[1];
        uint32_t s2 = (uint32_t)bias[2], s3 = (uint32_t)bias[3];
        const int8_t *from = in;
        while (from != end) {
            const int32_t x = *from++;
            s0 += (uint32_t)(x * *w0++);
            s1 += (uint32_t)(x * *w1++);
            s2 += (uint32_t)(x * *w2++);
            s3 += (uint32_t)(x * *w3++);
        }
        tml_fully_connected_s8_store(l, channel, s0, out);
        tml_fully_connected_s8_store(l, channel + 1, s1, out);
        tml_fully_connected_s8_store(l, channel + 2, s2, out);
        tml_fully_connected_s8_store(l, channel + 3, s3, out);
        w0 = w3;
    }
    for (; channel < l->out_size; channel++) {
        uint32_t sum = (uint32_t)l->bias[channel];
        for (i = 0; i < l->in_size; i++) {
            sum += (uint32_t)((int32_t)in[i] * w0[i]);
        }
        tml_fully_connected_s8_store(l, channel, sum, out);
        w0 += l->in_size;
    }
}

TML_NN_KERNEL void tml_fully_connected_s8(const tml_fully_connected_s8_layer *l,
                                          const int8_t *in, int8_t *out)
{
    int32_t batch;
    for (batch = 0; batch < l->batches; batch++) {
        tml_fully_connected_s8_one(l, in, out);
        in += l->in_size;
        out += l->out_size;
    }
}

#endif
