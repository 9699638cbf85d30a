/* TinyML Studio runtime: BATCH_MATMUL on int8, int16 and floats.
 *
 * Both sides may be transposed, and either may be repeated along the outer dimensions: all of that
 * is in the steps from one value to the next. */
#ifndef TML_NN_BATCH_MATMUL_H
#define TML_NN_BATCH_MATMUL_H

#include "nn_weighted_f32.h"
#include "nn_weighted_s16.h"

typedef struct {
    int32_t outer[3];      /* numbers of matrices */
    int32_t left_outer[3]; /* steps from one left matrix to the next, 0 to repeat it */
    int32_t right_outer[3];
    int32_t rows, columns, depth;
    int32_t left_row, left_depth;     /* steps of the left side to the next row, next product */
    int32_t right_column, right_depth;
} tml_nn_product;

typedef struct {
    tml_nn_product product;
    int32_t left_zero_point, right_zero_point, out_zero_point;
    int32_t multiplier, shift; /* int8: 31 bits, to the left; int16: 15 bits, to the right */
} tml_batch_matmul_layer;

static inline uint32_t tml_batch_matmul_s8_add(const tml_batch_matmul_layer *l, uint32_t sum,
                                               int8_t a, int8_t b)
{
    return sum + (uint32_t)(((int32_t)a - l->left_zero_point) * (b - l->right_zero_point));
}

static inline int8_t tml_batch_matmul_s8_finish(const tml_batch_matmul_layer *l, uint32_t sum)
{
    return tml_nn_output_s8(sum, l->multiplier, l->shift, l->out_zero_point, -128, 127);
}

static inline int64_t tml_batch_matmul_s16_add(const tml_batch_matmul_layer *l, int64_t sum,
                                               int16_t a, int16_t b)
{
    (void)l;
    return sum + (int32_t)a * b;
}

static inline int16_t tml_batch_matmul_s16_finish(const tml_batch_matmul_layer *l, int64_t sum)
{
    const int32_t y = tml_nn_rescale_wide(sum, l->multiplier, l->shift);
    return (int16_t)tml_nn_clamp(y, -32767 - 1, 32767);
}

static inline float tml_batch_matmul_f32_add(const tml_nn_product *p, float sum, float a, float b)
{
    (void)p;
    return sum + a * b;
}

static inline float tml_batch_matmul_f32_finish(const tml_nn_product *p, float sum)
{
    (void)p;
    return sum;
}

/* Define `function(layer, left, right, out)`.
 *
 * product: how to find a `tml_nn_product` from the layer
 * add:     sum add(layer, sum, value of the left side, value of the right side)
 * finish:  value finish(layer, sum) */
#define TML_NN_BATCH_MATMUL(function, layer, product, value, sum, add, finish) \
    /* One matrix. */ \
    TML_NN_KERNEL value *function##_one(const layer *l, const value *left, const value *right, \
                                        value *out) \
    { \
        const tml_nn_product *const p = product(l); \
        int32_t row, column, n; \
        for (row = 0; row < p->rows; row++) { \
            for (column = 0; column < p->columns; column++) { \
                const value *a = left + row * p->left_row; \
                const value *b = right + column * p->right_column; \
                sum total = 0; \
                for (n = 0; n < p->depth; n++) { \
                    total = add(l, total, a[n * p->left_depth], b[n * p->right_depth]); \
                } \
                *out++ = finish(l, total); \
            } \
        } \
        return out; \
    } \
    TML_NN_KERNEL void function(const layer *l, const value *left, const value *right, \
                                value *out) \
    { \
        const tml_nn_product *const p = product(l); \
        int32_t i, j, k; \
        for (i = 0; i < p->outer[0]; i++) { \
            for (j = 0; j < p->outer[1]; j++) { \
                const value *const a = left + i * p->left_outer[0] + j * p->left_outer[1]; \
                const value *const b = right + i * p->right_outer[0] + j * p->right_outer[1]; \
                for (k = 0; k < p->outer[2]; k++) { \
                    out = function##_one(l, a + k * p->left_outer[2], \
                                         b + k * p->right_outer[2], out); \
                } \
            } \
        } \
    }

#define TML_NN_PRODUCT_IN(layer) (&(layer)->product)
#define TML_NN_PRODUCT_ITSELF(layer) (layer)

TML_NN_BATCH_MATMUL(tml_batch_matmul_s8, tml_batch_matmul_layer, TML_NN_PRODUCT_IN, int8_t,
                    uint32_t, tml_batch_matmul_s8_add, tml_batch_matmul_s8_finish)
TML_NN_BATCH_MATMUL(tml_batch_matmul_s16, tml_batch_matmul_layer, TML_NN_PRODUCT_IN, int16_t,
                    int64_t, tml_batch_matmul_s16_add, tml_batch_matmul_s16_finish)
TML_NN_BATCH_MATMUL(tml_batch_matmul_f32, tml_nn_product, TML_NN_PRODUCT_ITSELF, float, float,
                    tml_batch_matmul_f32_add, tml_batch_matmul_f32_finish)

#endif
