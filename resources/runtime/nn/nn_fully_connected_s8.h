/* TinyML Studio runtime: FULLY_CONNECTED on int8; the input's zero point is in the bias.
 * Two rows of weights share each input value; at an odd end both are the same row. */
#ifndef TML_NN_FULLY_CONNECTED_S8_H
#define TML_NN_FULLY_CONNECTED_S8_H

#include "nn_math.h"

typedef struct {
    int32_t batches, in_size, out_size;
    const int8_t *weights; /* [out_size][in_size] */
    tml_nn_outputs outputs;
} tml_fully_connected_s8_layer;

/* So many products of two bytes fit a sum of 32 bits. */
#define TML_FULLY_CONNECTED_S8_PART ((int32_t)1 << 16)

static inline void tml_fully_connected_s8_two(const int8_t *x, const int8_t *v, const int8_t *w,
                                              int32_t count, uint32_t sums[2])
{
    int32_t i;
    while (count > 0) {
        const int32_t most = TML_FULLY_CONNECTED_S8_PART, part = count < most ? count : most;
        int32_t xv = 0, xw = 0;
        for (i = 0; i < part; i++) {
            xv += x[i] * v[i];
            xw += x[i] * w[i];
        }
        sums[0] += (uint32_t)xv;
        sums[1] += (uint32_t)xw;
        x += part;
        v += part;
        w += part;
        count -= part;
    }
}

TML_NN_KERNEL void tml_fully_connected_s8(const tml_fully_connected_s8_layer *l,
                                          const int8_t *in, int8_t *out)
{
    int32_t batch, channel;
    for (batch = 0; batch < l->batches; batch++) {
        const int8_t *w = l->weights;
        for (channel = 0; channel < l->out_size; channel += 2) {
            const int32_t second = channel + 1 < l->out_size;
            const int8_t *const v = w;
            uint32_t sums[2];
            sums[0] = (uint32_t)l->outputs.bias[channel];
            sums[1] = (uint32_t)l->outputs.bias[channel + second];
            w += second * l->in_size;
            tml_fully_connected_s8_two(in, v, w, l->in_size, sums);
            tml_nn_store_one(&l->outputs, channel, sums[0], out);
            tml_nn_store_one(&l->outputs, channel + second, sums[1], out);
            w += l->in_size;
        }
        in += l->in_size;
        out += l->out_size;
    }
}

#endif
