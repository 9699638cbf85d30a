/* TinyML Studio runtime: SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND for values of any type.
 *
 * Both walk over the many small images ("tiles") and look up which pixel of the few large ones
 * each of their pixels is; outside a large image there is padding, or what is cropped. */
#ifndef TML_NN_SPACE_BATCH_H
#define TML_NN_SPACE_BATCH_H

#include "nn_bytes.h"

typedef struct {
    int32_t batches, height, width;   /* the large images */
    int32_t block_height, block_width; /* as many tiles as their product for each of those */
    int32_t rows, columns;            /* of a tile */
    int32_t top, left;                /* padding or crop */
    int32_t run;                      /* bytes of a pixel */
    int32_t to_tiles;                 /* 1: SPACE_TO_BATCH_ND */
    uint32_t value;                   /* of the padding, its bits */
    int32_t value_width;              /* its bytes */
} tml_space_batch_layer;

TML_NN_KERNEL void tml_space_batch_row(const tml_space_batch_layer *l, int32_t y, int32_t x,
                                       int32_t batch, const int8_t *in, int8_t *out)
{
    const int32_t line = (batch * l->height + y) * l->width;
    const int32_t inside = y >= 0 && y < l->height;
    int32_t i;
    for (i = 0; i < l->columns; i++) {
        if (inside && x >= 0 && x < l->width) {
            const int32_t pixel = (line + x) * l->run;
            tml_nn_copy_bytes(in + (l->to_tiles ? pixel : 0), out + (l->to_tiles ? 0 : pixel),
                              l->run);
        } else if (l->to_tiles) {
            (void)tml_nn_fill(out, l->run, l->value, l->value_width);
        }
        in += l->to_tiles ? 0 : l->run;
        out += l->to_tiles ? l->run : 0;
        x += l->block_width;
    }
}

TML_NN_KERNEL void tml_space_batch(const tml_space_batch_layer *l, const void *from, void *to)
{
    const int8_t *in = (const int8_t *)from;
    int8_t *out = (int8_t *)to;
    const int32_t row = l->columns * l->run;
    int32_t down, right, batch, i;
    for (down = 0; down < l->block_height; down++) {
        for (right = 0; right < l->block_width; right++) {
            for (batch = 0; batch < l->batches; batch++) {
                for (i = 0; i < l->rows; i++) {
                    tml_space_batch_row(l, i * l->block_height + down - l->top, right - l->left,
                                        batch, in, out);
                    in += l->to_tiles ? 0 : row;
                    out += l->to_tiles ? row : 0;
                }
            }
        }
    }
}

#endif
