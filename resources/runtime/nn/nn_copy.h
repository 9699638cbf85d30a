/* TinyML Studio runtime: a part of an array, or its dimensions in another order, in one go.
 *
 * TRANSPOSE, SLICE, STRIDED_SLICE, SPACE_TO_DEPTH and DEPTH_TO_SPACE are all this copy: the output
 * is written from its start to its end, the input is read with a step per dimension. The compiler
 * merges dimensions, so most copies have few. Values of any type. */
#ifndef TML_NN_COPY_H
#define TML_NN_COPY_H

#include "nn_bytes.h"

typedef struct {
    int32_t start;              /* all offsets and steps are bytes of the input */
    int32_t size[5], step[5];   /* outermost first; 1 and 0 where there are fewer */
    int32_t count, every;       /* the innermost dimension and its step */
    int32_t width;              /* bytes of a value */
} tml_copy_layer;

TML_NN_KERNEL int8_t *tml_copy_line(const tml_copy_layer *l, const int8_t *in, int8_t *out)
{
    if (l->every == l->width) {
        tml_nn_copy_bytes(in, out, l->count * l->width);
        return out + l->count * l->width;
    }
    return tml_nn_copy_every(in, l->every, out, l->count, l->width);
}

TML_NN_KERNEL void tml_copy(const tml_copy_layer *l, const void *from, void *to)
{
    const int8_t *const in = (const int8_t *)from + l->start;
    int8_t *out = (int8_t *)to;
    int32_t a, b, c, d, e;
    for (a = 0; a < l->size[0]; a++) {
        for (b = 0; b < l->size[1]; b++) {
            for (c = 0; c < l->size[2]; c++) {
                const int32_t at = a * l->step[0] + b * l->step[1] + c * l->step[2];
                for (d = 0; d < l->size[3]; d++) {
                    const int8_t *line = in + at + d * l->step[3];
                    for (e = 0; e < l->size[4]; e++) {
                        out = tml_copy_line(l, line, out);
                        line += l->step[4];
                    }
                }
            }
        }
    }
}

#endif
