/* TinyML Studio runtime: any int8 function of one int8 value, from a table of all answers. */
#ifndef TML_NN_LOOKUP_S8_H
#define TML_NN_LOOKUP_S8_H

#include "nn_math.h"

typedef struct {
    int32_t count;
    const int8_t *table; /* of 256: the answers to 0 .. 127, then to -128 .. -1 */
} tml_lookup_s8_layer;

/* The output may lie over the input. */
TML_NN_KERNEL void tml_lookup_s8(const tml_lookup_s8_layer *l, const int8_t *in, int8_t *out)
{
    const int8_t *const table = l->table;
    const int8_t *const end = in + l->count, *const even = in + (l->count & ~(int32_t)3);
    while (in != even) {
        out[0] = table[(uint8_t)in[0]];
        out[1] = table[(uint8_t)in[1]];
        out[2] = table[(uint8_t)in[2]];
        out[3] = table[(uint8_t)in[3]];
        in += 4;
        out += 4;
    }
    while (in != end) {
        *out++ = table[(uint8_t)*in++];
    }
}

#endif
