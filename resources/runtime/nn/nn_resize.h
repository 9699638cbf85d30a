/* TinyML Studio runtime: RESIZE_NEAREST_NEIGHBOR for values of any type, RESIZE_BILINEAR on int8
 * and float32. Which pixels make each row and column of the output is computed by the compiler. */
#ifndef TML_NN_RESIZE_H
#define TML_NN_RESIZE_H

#include "nn_bytes.h"

typedef struct {
    int32_t batches, height, width; /* of the input */
    int32_t out_height, out_width;
    int32_t run;                    /* bytes of a pixel */
    const int16_t *row, *column;    /* of the input, for each of the output's */
} tml_resize_nearest_layer;

TML_NN_KERNEL void tml_resize_nearest(const tml_resize_nearest_layer *l, const void *from,
                                      void *to)
{
    const int8_t *in = (const int8_t *)from;
    int8_t *out = (int8_t *)to;
    const int32_t line = l->width * l->run;
    int32_t batch, y, x;
    for (batch = 0; batch < l->batches; batch++) {
        for (y = 0; y < l->out_height; y++) {
            const int8_t *const from_row = in + l->row[y] * line;
            for (x = 0; x < l->out_width; x++) {
                tml_nn_copy_bytes(from_row + l->column[x] * l->run, out, l->run);
                out += l->run;
            }
        }
        in += l->height * line;
    }
}

/* Rows and columns between two of the input: the lower and the upper one, and how far from the
 * lower one to the upper one, in 1024ths. */
typedef struct {
    int32_t batches, height, width, channels;
    int32_t out_height, out_width;
    const int16_t *row, *next_row, *down;
    const int16_t *column, *next_column, *right;
} tml_resize_bilinear_s8_layer;

/* A sum in units of 2^-20 to the nearest whole number, ties away from zero. */
static inline int8_t tml_resize_round(int32_t sum)
{
    return (int8_t)((sum + (sum >> 31) + ((int32_t)1 << 19)) >> 20);
}

TML_NN_KERNEL void tml_resize_bilinear_s8(const tml_resize_bilinear_s8_layer *l,
                                          const int8_t *in, int8_t *out)
{
    const int32_t n = l->channels, line = l->width * n;
    int32_t batch, y, x, c;
    for (batch = 0; batch < l->batches; batch++) {
        for (y = 0; y < l->out_height; y++) {
            const int8_t *const upper = in + l->row[y] * line;
            const int8_t *const lower = in + l->next_row[y] * line;
            const int32_t down = l->down[y];
            for (x = 0; x < l->out_width; x++) {
                const int8_t *p = upper + l->column[x] * n, *q = upper + l->next_column[x] * n;
                const int8_t *r = lower + l->column[x] * n, *s = lower + l->next_column[x] * n;
                const int32_t right = l->right[x];
                const int32_t at_p = (1024 - down) * (1024 - right), at_q = (1024 - down) * right;
                const int32_t at_r = down * (1024 - right), at_s = down * right;
                for (c = 0; c < n; c++) {
                    *out++ = tml_resize_round(*p++ * at_p + *q++ * at_q + *r++ * at_r
                                              + *s++ * at_s);
                }
            }
        }
        in += l->height * line;
    }
}

typedef struct {
    int32_t batches, height, width, channels;
    int32_t out_height, out_width;
    const int16_t *row, *next_row;
    const float *down; /* from the row to the next one */
    const int16_t *column, *next_column;
    const float *right;
} tml_resize_bilinear_f32_layer;

TML_NN_KERNEL void tml_resize_bilinear_f32(const tml_resize_bilinear_f32_layer *l,
                                           const float *in, float *out)
{
    const int32_t n = l->channels, line = l->width * n;
    int32_t batch, y, x, c;
    for (batch = 0; batch < l->batches; batch++) {
        for (y = 0; y < l->out_height; y++) {
            const float *const upper = in + l->row[y] * line;
            const float *const lower = in + l->next_row[y] * line;
            const float down = l->down[y], up = 1.0f - down;
            for (x = 0; x < l->out_width; x++) {
                const int32_t left_at = l->column[x] * n, right_at = l->next_column[x] * n;
                const float right = l->right[x], left = 1.0f - right;
                for (c = 0; c < n; c++) {
                    /* in TFLite's order, since float sums depend on it */
                    *out++ = upper[left_at + c] * up * left + lower[left_at + c] * down * left
                             + upper[right_at + c] * up * right
                             + lower[right_at + c] * down * right;
                }
            }
        }
        in += l->height * line;
    }
}

#endif
