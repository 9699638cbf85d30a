/* TinyML Studio runtime: running several layers together, some rows at a time.
 *
 * Between two layers only the rows are kept that the next one still reads. */
#ifndef TML_NN_STRIPES_H
#define TML_NN_STRIPES_H

#include "nn_math.h"

/* Rows from `first` up to, but without, `end`. */
typedef struct {
    int32_t first, end;
} tml_nn_rows;

/* How a layer's rows depend on those of its input. */
typedef struct {
    int32_t height, stride, reach, pad; /* reach: rows from the kernel's first tap to its last */
    int32_t row_bytes;
} tml_nn_stage;

/* The input rows that some output rows are made of; none for none. */
static inline tml_nn_rows tml_nn_rows_under(const tml_nn_stage *s, tml_nn_rows out)
{
    tml_nn_rows in = {0, 0};
    if (out.end <= out.first) {
        return in;
    }
    in.first = out.first * s->stride - s->pad;
    in.end = (out.end - 1) * s->stride - s->pad + s->reach;
    if (in.first < 0) {
        in.first = 0;
    }
    if (in.end > s->height) {
        in.end = s->height;
    }
    return in;
}

/* The output rows that are not there yet: `wanted` without those of `have`. */
static inline tml_nn_rows tml_nn_rows_missing(tml_nn_rows have, tml_nn_rows wanted)
{
    tml_nn_rows missing = wanted;
    if (missing.first < have.end) {
        missing.first = have.end;
    }
    return missing;
}

/* Rows of padding above the input rows of some output rows. */
static inline int32_t tml_nn_rows_pad(const tml_nn_stage *s, tml_nn_rows out)
{
    const int32_t pad = s->pad - out.first * s->stride;
    return pad > 0 ? pad : 0;
}

/* Drop the rows before `first`, so that the buffer begins with that row. */
static inline void tml_nn_rows_slide(tml_nn_rows *have, int32_t first, int8_t *buffer,
                                     int32_t row_bytes)
{
    const int32_t drop = first - have->first;
    if (drop > 0 && first < have->end) {
        const int8_t *from = buffer + drop * row_bytes;
        const int8_t *const end = buffer + (have->end - have->first) * row_bytes;
        while (from != end) {
            *buffer++ = *from++;
        }
    }
    if (drop > 0) {
        have->first = first;
    }
    if (have->end < have->first) {
        have->end = have->first;
    }
}

#endif
