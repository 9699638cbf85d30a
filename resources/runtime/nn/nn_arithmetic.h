/* TinyML Studio runtime: ADD, SUB, MUL, DIV and SQUARED_DIFFERENCE on float32 and int32, with
 * broadcasting. Integers wrap. */
#ifndef TML_NN_ARITHMETIC_H
#define TML_NN_ARITHMETIC_H

#include "nn_broadcast.h"

typedef struct {
    float low, high;
} tml_arithmetic_f32_numbers;

typedef struct {
    int32_t low, high;
} tml_arithmetic_s32_numbers;

typedef struct {
    tml_nn_broadcast shape;
    tml_arithmetic_f32_numbers numbers;
} tml_arithmetic_f32_layer;

typedef struct {
    tml_nn_broadcast shape;
    tml_arithmetic_s32_numbers numbers;
} tml_arithmetic_s32_layer;

/* What is not a number stays so. */
TML_NN_KERNEL float tml_arithmetic_clamp_f32(const tml_arithmetic_f32_numbers *n, float x)
{
    if (x < n->low) {
        return n->low;
    }
    return x > n->high ? n->high : x;
}

#define TML_ARITHMETIC(name, result_f32, result_s32)                                             \
    TML_NN_KERNEL float name##_f32_one(const tml_arithmetic_f32_numbers *n, float x, float y)    \
    {                                                                                            \
        return tml_arithmetic_clamp_f32(n, result_f32);                                          \
    }                                                                                            \
    TML_NN_KERNEL int32_t name##_s32_one(const tml_arithmetic_s32_numbers *n, int32_t left,      \
                                         int32_t right)                                          \
    {                                                                                            \
        const uint32_t x = (uint32_t)left, y = (uint32_t)right;                                  \
        return tml_nn_clamp((int32_t)(result_s32), n->low, n->high);                             \
    }                                                                                            \
    TML_NN_BINARY(name##_f32, tml_arithmetic_f32, float, float, float, name##_f32_one)           \
    TML_NN_BINARY(name##_s32, tml_arithmetic_s32, int32_t, int32_t, int32_t, name##_s32_one)

TML_ARITHMETIC(tml_add, x + y, x + y)
TML_ARITHMETIC(tml_sub, x - y, x - y)
TML_ARITHMETIC(tml_mul, x *y, x *y)
TML_ARITHMETIC(tml_squared_difference, (x - y) * (x - y), (x - y) * (x - y))

TML_NN_KERNEL float tml_div_f32_one(const tml_arithmetic_f32_numbers *n, float x, float y)
{
    return tml_arithmetic_clamp_f32(n, x / y);
}

/* Towards zero; a division by zero gives 0, the one quotient that is too large wraps. */
TML_NN_KERNEL int32_t tml_div_s32_one(const tml_arithmetic_s32_numbers *n, int32_t x, int32_t y)
{
    int32_t quotient = 0;
    if (y == -1) {
        quotient = (int32_t)(0u - (uint32_t)x);
    } else if (y != 0) {
        quotient = x / y;
    }
    return tml_nn_clamp(quotient, n->low, n->high);
}

TML_NN_BINARY(tml_div_f32, tml_arithmetic_f32, float, float, float, tml_div_f32_one)
TML_NN_BINARY(tml_div_s32, tml_arithmetic_s32, int32_t, int32_t, int32_t, tml_div_s32_one)

#endif
