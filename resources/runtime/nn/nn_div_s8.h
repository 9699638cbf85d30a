/* TinyML Studio runtime: DIV on int8, with broadcasting.
 *
 * The steps are those of TensorFlow Lite for Microcontrollers: a reciprocal by Newton's method,
 * and everything as large as 31 bits allow. Two results are not defined there: a quotient so
 * small that its last shift is by more than 31 bits is 0 here, and one by zero is the largest or
 * smallest there is, by its sign. */
#ifndef TML_NN_DIV_S8_H
#define TML_NN_DIV_S8_H

#include "nn_broadcast.h"
#include "nn_fixed.h"

typedef struct {
    int32_t zero_point_a, zero_point_b;
    int32_t multiplier, shift; /* to the left, behind 31 bits; at most 23 */
    int32_t out_zero_point, low, high;
} tml_div_s8_numbers;

typedef struct {
    tml_nn_broadcast shape;
    tml_div_s8_numbers numbers;
} tml_div_s8_layer;

/* x / y of scales; y is positive and x is not 0. */
static inline int32_t tml_div_s8_quotient(const tml_div_s8_numbers *n, int32_t x, int32_t y)
{
    const int32_t zeros = tml_fixed_zeros((uint32_t)y);
    const int32_t above_one = (int32_t)(((uint32_t)y << zeros) & 0x7fffffffu);
    const int32_t inverse = tml_fixed_reciprocal(above_one); /* of y * 2^(zeros - 31) */
    const uint32_t size = x > 0 ? (uint32_t)x : 2u * (uint32_t)-x - 1u;
    const int32_t room = tml_fixed_zeros(size) - (x > 0);
    const int32_t widest = (int32_t)((uint32_t)x << room);
    const int32_t right = 31 - zeros + room - n->shift;
    if (right > 31) {
        return 0;
    }
    return tml_nn_shift_right(
        tml_nn_high_multiply(tml_nn_high_multiply(widest, inverse), n->multiplier), right);
}

TML_NN_KERNEL int8_t tml_div_s8_one(const tml_div_s8_numbers *n, int8_t a, int8_t b)
{
    int32_t x = a - n->zero_point_a, y = b - n->zero_point_b, z = 0;
    if (y < 0) {
        x = -x;
        y = -y;
    }
    if (y == 0) {
        z = x * 512;
    } else if (x != 0) {
        z = tml_div_s8_quotient(n, x, y);
    }
    /* wraps where the scales of a hostile model are so small */
    z = (int32_t)((uint32_t)z + (uint32_t)n->out_zero_point);
    return (int8_t)tml_nn_clamp(z, n->low, n->high);
}

TML_NN_BINARY(tml_div_s8, tml_div_s8, int8_t, int8_t, int8_t, tml_div_s8_one)

#endif
