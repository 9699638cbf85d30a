/* TinyML Studio runtime: GATHER along one dimension, for values of any type. */
#ifndef TML_NN_GATHER_H
#define TML_NN_GATHER_H

#include "nn_bytes.h"

typedef struct {
    int32_t batches, outer, count; /* lists of indices, uses of each, indices in each */
    int32_t size;                  /* of the dimension that is picked from */
    int32_t run;                   /* bytes that are picked together */
} tml_gather_layer;

/* Indices outside the dimension are taken for its first or last one. */
TML_NN_KERNEL void tml_gather(const tml_gather_layer *l, const void *from, const int32_t *indices,
                              void *to)
{
    const int8_t *in = (const int8_t *)from;
    int8_t *out = (int8_t *)to;
    int32_t batch, outer, i;
    for (batch = 0; batch < l->batches; batch++) {
        for (outer = 0; outer < l->outer; outer++) {
            for (i = 0; i < l->count; i++) {
                tml_nn_copy_bytes(in + tml_nn_clamp(indices[i], 0, l->size - 1) * l->run, out,
                                  l->run);
                out += l->run;
            }
            in += l->size * l->run;
        }
        indices += l->count;
    }
}

#endif
