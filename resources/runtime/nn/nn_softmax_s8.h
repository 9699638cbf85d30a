/* TinyML Studio runtime: SOFTMAX on int8, output scale 1/256 and zero point -128.
 *
 * All in fixed point: "Qa.b" has a integer and b fraction bits beside the sign. The steps and
 * constants are those that TensorFlow Lite for Microcontrollers defines, so results are equal. */
#ifndef TML_NN_SOFTMAX_S8_H
#define TML_NN_SOFTMAX_S8_H

#include "nn_math.h"

typedef struct {
    int32_t rows, depth;
    int32_t multiplier, shift; /* from a difference of inputs to Q5.26, shift to the left */
    int32_t lowest;            /* differences below it count as exp() = 0 */
} tml_softmax_s8_layer;

static inline int32_t tml_softmax_s8_shift_left(int32_t x, int32_t by)
{
    const int32_t limit = (int32_t)(((uint32_t)1 << (31 - by)) - 1u);
    if (x > limit) {
        return INT32_MAX;
    }
    return x < -limit ? INT32_MIN : (int32_t)((uint32_t)x << by);
}

/* exp(x) in Q0.31 for x in Q0.31 from -1/4 to 0: a polynomial around -1/8. */
static inline int32_t tml_softmax_s8_exp_quarter(int32_t x)
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
static inline int32_t tml_softmax_s8_exp(int32_t x)
{
    /* exp(-2^k) in Q0.31 for k = -2 .. 4 */
    static const int32_t powers[7] = {1672461947, 1302514674, 790015084, 290630308,
                                      39332535,   720401,     242};
    const int32_t quarter = (int32_t)1 << 24;
    const int32_t within = (int32_t)((uint32_t)x & (uint32_t)(quarter - 1)) - quarter;
    const uint32_t rest = (uint32_t)(within - x);
    int32_t result = tml_softmax_s8_exp_quarter(within * 32);
    int32_t i;
    for (i = 0; i < 7; i++) {
        if (rest & ((uint32_t)quarter << i)) {
            result = tml_nn_high_multiply(result, powers[i]);
        }
    }
    return x == 0 ? INT32_MAX : result;
}

/* 1 / (1 + x) in Q0.31 for x in Q0.31 from 0 to 1: three Newton steps. */
static inline int32_t tml_softmax_s8_reciprocal(int32_t x)
{
    const int32_t half = (int32_t)(((int64_t)x + INT32_MAX + 1) / 2); /* of 1 + x */
    int32_t y = 1515870810 + tml_nn_high_multiply(half, -1010580540); /* Q2.29 */
    int32_t i;
    for (i = 0; i < 3; i++) {
        const int32_t error = ((int32_t)1 << 29) - tml_nn_high_multiply(half, y);
        y += tml_softmax_s8_shift_left(tml_nn_high_multiply(y, error), 2);
    }
    return tml_softmax_s8_shift_left(y, 1);
}

static inline int32_t tml_softmax_s8_exp_difference(const tml_softmax_s8_layer *l, int32_t d)
{
    return tml_softmax_s8_exp(
        tml_nn_high_multiply((int32_t)((uint32_t)d << l->shift), l->multiplier));
}

TML_NN_KERNEL void tml_softmax_s8_row(const tml_softmax_s8_layer *l, const int8_t *in,
                                      int8_t *out)
{
    int32_t best = -128, i, zeros = 0, scale, exponent;
    uint32_t sum = 0; /* Q12.19 */
    for (i = 0; i < l->depth; i++) {
        best = in[i] > best ? in[i] : best;
    }
    for (i = 0; i < l->depth; i++) {
        if (in[i] - best >= l->lowest) {
            sum += (uint32_t)tml_nn_shift_right(tml_softmax_s8_exp_difference(l, in[i] - best),
                                                12);
        }
    }
    while (!(sum >> 31)) { /* sum >= 2^19, as the largest input counts as 1 */
        sum <<= 1;
        zeros++;
    }
    scale = tml_softmax_s8_reciprocal((int32_t)(sum - ((uint32_t)1 << 31)));
    exponent = 12 - zeros + 31 - 8;
    for (i = 0; i < l->depth; i++) {
        int32_t value = 0;
        if (in[i] - best >= l->lowest && exponent <= 31) {
            value = tml_nn_shift_right(
                tml_nn_high_multiply(scale, tml_softmax_s8_exp_difference(l, in[i] - best)),
                exponent);
        }
        out[i] = (int8_t)tml_nn_clamp(value - 128, -128, 127);
    }
}

TML_NN_KERNEL void tml_softmax_s8(const tml_softmax_s8_layer *l, const int8_t *in, int8_t *out)
{
    int32_t row;
    for (row = 0; row < l->rows; row++) {
        tml_softmax_s8_row(l, in, out);
        in += l->depth;
        out += l->depth;
    }
}

#endif
