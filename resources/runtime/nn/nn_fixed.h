/* TinyML Studio runtime: elementary functions in fixed point for softmax and its kin.
 *
 * "Qa.b" has a integer and b fraction bits beside the sign. The steps and constants are those that
 * TensorFlow Lite for Microcontrollers defines, so results are equal. */
#ifndef TML_NN_FIXED_H
#define TML_NN_FIXED_H

#include "nn_math.h"

static inline int32_t tml_fixed_largest(const int8_t *in, int32_t count)
{
    int32_t best = -128, i;
    for (i = 0; i < count; i++) {
        best = in[i] > best ? in[i] : best;
    }
    return best;
}

/* Number of leading zero bits; x is not 0. */
static inline int32_t tml_fixed_zeros(uint32_t x)
{
    int32_t zeros = 0;
    while (!(x >> 31)) {
        x <<= 1;
        zeros++;
    }
    return zeros;
}

/* x * 2^by, kept within the type. */
static inline int32_t tml_fixed_shift_left(int32_t x, int32_t by)
{
    const int32_t limit = (int32_t)(((uint32_t)1 << (31 - by)) - 1u);
    if (x > limit) {
        return INT32_MAX;
    }
    return x < -limit ? INT32_MIN : (int32_t)((uint32_t)x << by);
}

/* exp(x) in Q0.31 for x in Q0.31 from -1/4 to 0: a polynomial around -1/8. */
static inline int32_t tml_fixed_exp_quarter(int32_t x)
{
    const int32_t exp_minus_eighth = 1895147668;
    const int32_t third = 715827883;
    const int32_t d = x + ((int32_t)1 << 28);
    const int32_t d2 = tml_nn_high_multiply(d, d);
    const int32_t d3 = tml_nn_high_multiply(d2, d);
    const int32_t d4 = tml_nn_high_multiply(d2, d2);
    const int32_t cubic = tml_nn_high_multiply(tml_nn_shift_right(d4, 2) + d3, third);
    const int32_t tail = tml_nn_shift_right(cubic + d2, 1);
    return exp_minus_eighth + tml_nn_high_multiply(exp_minus_eighth, d + tail);
}

/* exp(x) in Q0.31 for x <= 0 in Q5.26. */
static inline int32_t tml_fixed_exp(int32_t x)
{
    /* exp(-2^k) in Q0.31 for k = -2 .. 4 */
    static const int32_t powers[7] = {1672461947, 1302514674, 790015084, 290630308,
                                      39332535,   720401,     242};
    const int32_t quarter = (int32_t)1 << 24;
    const int32_t within = (int32_t)((uint32_t)x & (uint32_t)(quarter - 1)) - quarter;
    const uint32_t rest = (uint32_t)(within - x);
    int32_t result = tml_fixed_exp_quarter(within * 32);
    int32_t i;
    for (i = 0; i < 7; i++) {
        if (rest & ((uint32_t)quarter << i)) {
            result = tml_nn_high_multiply(result, powers[i]);
        }
    }
    return x == 0 ? INT32_MAX : result;
}

/* 1 / (1 + x) in Q0.31 for x in Q0.31 from 0 to 1: three Newton steps. */
static inline int32_t tml_fixed_reciprocal(int32_t x)
{
    const int32_t half = (int32_t)(((int64_t)x + INT32_MAX + 1) / 2); /* of 1 + x */
    int32_t y = 1515870810 + tml_nn_high_multiply(half, -1010580540); /* Q2.29 */
    int32_t i;
    for (i = 0; i < 3; i++) {
        const int32_t error = ((int32_t)1 << 29) - tml_nn_high_multiply(half, y);
        y += tml_fixed_shift_left(tml_nn_high_multiply(y, error), 2);
    }
    return tml_fixed_shift_left(y, 1);
}

#endif
