/* TinyML Studio runtime: several arrays into one (CONCATENATION, PACK), and one into several
 * (SPLIT, SPLIT_V, UNPACK). Values of any type. */
#ifndef TML_NN_JOIN_H
#define TML_NN_JOIN_H

#include "nn_bytes.h"

typedef struct {
    int32_t rows;         /* how often every part takes its turn */
    int32_t parts;
    int32_t row;          /* bytes of all parts together in a row */
    const int32_t *bytes; /* of one part in a row */
} tml_join_layer;

/* The last pointer is the output. */
TML_NN_KERNEL void tml_join_all(const tml_join_layer *l, const void *const *arrays)
{
    int32_t p, i, start = 0;
    for (p = 0; p < l->parts; p++) {
        const int32_t bytes = l->bytes[p];
        const int8_t *in = (const int8_t *)arrays[p];
        int8_t *out = (int8_t *)(uintptr_t)arrays[l->parts] + start;
        for (i = 0; i < l->rows; i++) {
            tml_nn_copy_bytes(in, out, bytes);
            in += bytes;
            out += l->row;
        }
        start += bytes;
    }
}

/* The first pointer is the input. */
TML_NN_KERNEL void tml_split_all(const tml_join_layer *l, const void *const *arrays)
{
    int32_t p, i, start = 0;
    for (p = 0; p < l->parts; p++) {
        const int32_t bytes = l->bytes[p];
        const int8_t *in = (const int8_t *)arrays[0] + start;
        int8_t *out = (int8_t *)(uintptr_t)arrays[p + 1];
        for (i = 0; i < l->rows; i++) {
            tml_nn_copy_bytes(in, out, bytes);
            in += l->row;
            out += bytes;
        }
        start += bytes;
    }
}

/* Calls with as many arrays as there are, inputs before outputs. */
#define tml_join(layer, ...) tml_join_all(layer, (const void *const[]){__VA_ARGS__})
#define tml_split(layer, ...) tml_split_all(layer, (const void *const[]){__VA_ARGS__})

#endif
