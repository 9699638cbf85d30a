/* TinyML Studio runtime: LOG_SOFTMAX on int8, output scale 1/16 and zero point 127.
 *
 * All in fixed point as in nn_fixed.h, by the steps of TensorFlow Lite for Microcontrollers. */
#ifndef TML_NN_LOG_SOFTMAX_S8_H
#define TML_NN_LOG_SOFTMAX_S8_H

#include "nn_fixed.h"

typedef struct {
    int32_t rows, depth;
    int32_t multiplier, shift;     /* from a difference of inputs to Q5.26 */
    int32_t lowest;                /* differences below it count as exp() = 0 */
    int32_t back_multiplier, back; /* and from Q5.26 to a difference of inputs */
} tml_log_softmax_s8_layer;

/* z = 2^n r with r around 2^(-1/4): n, less or more a quarter, in Q6.25. */
static inline int32_t tml_log_softmax_s8_power(int32_t n, int32_t quarters)
{
    return tml_fixed_shift_left(n, 25) + quarters * ((int32_t)1 << 23);
}

/* log(z) in Q5.26 for z >= 1 in Q12.19: log(2) times the power of two nearest to z, and the log of
 * the rest by a quotient of polynomials around the fourth root of a half. */
static inline int32_t tml_log_softmax_s8_log(int32_t z)
{
    const int32_t log_2 = 1488522236, root_half = 1518500250, fourth_root_half = 1805811301;
    const int32_t zeros_a = tml_fixed_zeros((uint32_t)z);
    const int32_t tmp = tml_fixed_shift_left(z, zeros_a - 1);
    const int32_t r_a = tml_fixed_shift_left(tml_nn_high_multiply(tmp, root_half), 1);
    const int32_t zeros_b = tml_fixed_zeros((uint32_t)tml_nn_high_multiply(z, root_half)) - 1;
    const int32_t r_b = tml_fixed_shift_left(z, zeros_b);
    const int32_t power_a = tml_log_softmax_s8_power(12 - zeros_a, 1);
    const int32_t power_b = tml_log_softmax_s8_power(12 - zeros_b, -1);
    const int32_t r = r_a < r_b ? r_a : r_b;
    const int32_t power = power_a > power_b ? power_a : power_b;
    const int32_t p = (int32_t)(((int64_t)r + fourth_root_half + 1) / 2);
    const int32_t q = (r - fourth_root_half) * 2;
    const int32_t q2 = tml_nn_high_multiply(q, q);
    const int32_t above = tml_nn_high_multiply(q, r)
        + tml_nn_high_multiply(tml_nn_high_multiply(q, q2), 117049297);
    const int32_t below = tml_nn_high_multiply(
            p, 1057819769 + q + tml_nn_high_multiply(127690142, q2))
        + tml_nn_high_multiply(638450708, q);
    const int32_t rest = tml_nn_high_multiply(tml_nn_shift_right(above, 6),
                                              tml_fixed_reciprocal(below));
    return tml_fixed_shift_left(tml_nn_high_multiply(power, log_2) + rest, 1);
}

TML_NN_KERNEL void tml_log_softmax_s8(const tml_log_softmax_s8_layer *l, const int8_t *in,
                                      int8_t *out)
{
    int32_t row, i;
    for (row = 0; row < l->rows; row++) {
        const int32_t best = tml_fixed_largest(in, l->depth);
        uint32_t sum = 0; /* Q12.19 */
        int32_t log_sum, floor;
        for (i = 0; i < l->depth; i++) {
            if (in[i] - best >= l->lowest) {
                const int32_t x = tml_nn_rescale(in[i] - best, l->multiplier, l->shift);
                sum += (uint32_t)tml_nn_shift_right(tml_fixed_exp(x), 12);
            }
        }
        log_sum = tml_log_softmax_s8_log((int32_t)sum);
        /* what is lower would leave Q5.26 when the logarithm is subtracted */
        floor = tml_nn_rescale(log_sum + INT32_MIN, l->back_multiplier, l->back);
        floor = floor > l->lowest - 1 ? floor : l->lowest - 1;
        for (i = 0; i < l->depth; i++) {
            int32_t y = -128;
            if (in[i] - best > floor) {
                const int32_t x = tml_nn_rescale(in[i] - best, l->multiplier, l->shift);
                const int64_t less = (int64_t)x - log_sum;
                y = less > INT32_MIN ? tml_nn_shift_right((int32_t)less, 22) + 127 : -128;
            }
            out[i] = (int8_t)tml_nn_clamp(y, -128, 127);
        }
        in += l->depth;
        out += l->depth;
    }
}

#endif
