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

TML_NN_KERNEL void tml_fully_connected_s8_one(const tml_fully_connected_s8_layer *l,
                                              const int8_t *in, int8_t *out)
{
    const int8_t *w0 = l->weights;
    int32_t channel;
    for (channel = 0; channel < l->out_size; channel += 2) {
        const int32_t second = channel + 1 < l->out_size;
        const int8_t *w1 = second ? w0 + l->in_size : w0;
        const int8_t *x = in, *const end = in + l->in_size;
        uint32_t s0 = (uint32_t)l->outputs.bias[channel];
        uint32_t s1 = (uint32_t)l->outputs.bias[channel + second];
#ifdef TML_NN_DSP
        if (l->in_size >= 4) {
            const int8_t *const fours = in + (l->in_size & ~3);
            uint32_t even, odd, w, pair;
            __asm__("1:\n"
                    "ldr %[odd], [%[x]], #4\n"
                    "ldr %[w], [%[w0]], #4\n"
                    "sxtb16 %[even], %[odd]\n"
                    "sxtb16 %[odd], %[odd], ror #8\n"
                    "sxtb16 %[pair], %[w]\n"
                    "smlad %[s0], %[even], %[pair], %[s0]\n"
                    "sxtb16 %[pair], %[w], ror #8\n"
                    "ldr %[w], [%[w1]], #4\n"
                    "smlad %[s0], %[odd], %[pair], %[s0]\n"
                    "sxtb16 %[pair], %[w]\n"
                    "smlad %[s1], %[even], %[pair], %[s1]\n"
                    "sxtb16 %[pair], %[w], ror #8\n"
                    "smlad %[s1], %[odd], %[pair], %[s1]\n"
                    "cmp %[x], %[fours]\n"
                    "bne 1b\n"
                    : [x] "+&r"(x), [w0] "+&r"(w0), [w1] "+&r"(w1), [s0] "+&r"(s0), [s1] "+&r"(s1),
                      [even] "=&r"(even), [odd] "=&r"(odd), [w] "=&r"(w), [pair] "=&r"(pair)
                    : [fours] "r"(fours)
                    : "cc", "memory");
        }
#endif
        while (x != end) {
            const int32_t value = *x++;
            s0 += (uint32_t)(value * *w0++);
            s1 += (uint32_t)(value * *w1++);
        }
        tml_nn_store_one(&l->outputs, channel, s0, out);
        tml_nn_store_one(&l->outputs, channel + second, s1, out);
        w0 = w1;
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
