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

static inline uint32_t tml_batch_matmul_s8_multiply(const tml_batch_matmul_layer *l, int8_t a,
                                                    int8_t b)
{
    return (uint32_t)(((int32_t)a - l->left_zero_point) * (b - l->right_zero_point));
}

static inline int8_t tml_batch_matmul_s8_finish(const tml_batch_matmul_layer *l, uint32_t sum)
{
    return tml_nn_output_s8(sum, l->multiplier, l->shift, l->out_zero_point, -128, 127);
}

static inline int32_t tml_batch_matmul_s16_multiply(const tml_batch_matmul_layer *l, int16_t a,
                                                    int16_t b)
{
    (void)l;
    return (int32_t)a * b;
}

static inline int16_t tml_batch_matmul_s16_finish(const tml_batch_matmul_layer *l, int64_t sum)
{
    const int32_t y = tml_nn_rescale_wide(sum, l->multiplier, l->shift);
    return (int16_t)tml_nn_clamp(y, -32767 - 1, 32767);
}

static inline float tml_batch_matmul_f32_multiply(const tml_nn_product *p, float a, float b)
{
    (void)p;
    return a * b;
}

static inline float tml_batch_matmul_f32_finish(const tml_nn_product *p, float sum)
{
    (void)p;
    return sum;
}

/* Define `function(layer, left, right, out)`. Four columns share the values of the left side.
 *
 * product:  how to find a `tml_nn_product` from the layer
 * multiply: what is added up: multiply(layer, value of the left side, value of the right side)
 * finish:   value finish(layer, sum) */
#define TML_NN_BATCH_MATMUL(function, layer, product, value, sum, multiply, finish) \
    /* One value. */ \
    TML_NN_KERNEL value function##_one(const layer *l, const value *a, const value *b) \
    { \
        const tml_nn_product *const p = product(l); \
        sum total = 0; \
        int32_t left; \
        for (left = p->depth; left > 0; left--) { \
            total += multiply(l, *a, *b); \
            a += p->left_depth; \
            b += p->right_depth; \
        } \
        return finish(l, total); \
    } \
    /* Four values of a row. */ \
    TML_NN_KERNEL void function##_four(const layer *l, const value *a, const value *b, \
                                       value *out) \
    { \
        const tml_nn_product *const p = product(l); \
        const value *b1 = b + p->right_column, *b2 = b1 + p->right_column; \
        const value *b3 = b2 + p->right_column; \
        sum s0 = 0, s1 = 0, s2 = 0, s3 = 0; \
        int32_t at, left; \
        for (left = p->depth, at = 0; left > 0; left--, at += p->right_depth) { \
            const value v = *a; \
            s0 += multiply(l, v, b[at]); \
            s1 += multiply(l, v, b1[at]); \
            s2 += multiply(l, v, b2[at]); \
            s3 += multiply(l, v, b3[at]); \
            a += p->left_depth; \
        } \
        out[0] = finish(l, s0); \
        out[1] = finish(l, s1); \
        out[2] = finish(l, s2); \
        out[3] = finish(l, s3); \
    } \
    TML_NN_KERNEL value *function##_matrix(const layer *l, const value *left, \
                                           const value *right, value *out) \
    { \
        const tml_nn_product *const p = product(l); \
        int32_t row, column; \
        for (row = 0; row < p->rows; row++) { \
            const value *const a = left + row * p->left_row; \
            for (column = 0; column + 4 <= p->columns; column += 4) { \
                function##_four(l, a, right + column * p->right_column, out + column); \
            } \
            for (; column < p->columns; column++) { \
                out[column] = function##_one(l, a, right + column * p->right_column); \
            } \
            out += p->columns; \
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
                    out = function##_matrix(l, a + k * p->left_outer[2], \
                                            b + k * p->right_outer[2], out); \
                } \
            } \
        } \
    }

#define TML_NN_PRODUCT_IN(layer) (&(layer)->product)
#define TML_NN_PRODUCT_ITSELF(layer) (layer)

TML_NN_BATCH_MATMUL(tml_batch_matmul_s8, tml_batch_matmul_layer, TML_NN_PRODUCT_IN, int8_t,
                    uint32_t, tml_batch_matmul_s8_multiply, tml_batch_matmul_s8_finish)
TML_NN_BATCH_MATMUL(tml_batch_matmul_s16, tml_batch_matmul_layer, TML_NN_PRODUCT_IN, int16_t,
                    int64_t, tml_batch_matmul_s16_multiply, tml_batch_matmul_s16_finish)
TML_NN_BATCH_MATMUL(tml_batch_matmul_f32, tml_nn_product, TML_NN_PRODUCT_ITSELF, float, float,
                    tml_batch_matmul_f32_multiply, tml_batch_matmul_f32_finish)

#endif
