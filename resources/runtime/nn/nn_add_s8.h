/* TinyML Studio runtime: ADD on int8, with broadcasting of up to four dimensions.
 *
 * Both inputs are brought to twice the larger scale with 20 extra bits, added, and rescaled. */
#ifndef TML_NN_ADD_S8_H
#define TML_NN_ADD_S8_H

#include "nn_math.h"

typedef struct {
    int32_t size[4];   /* of the output */
    int32_t step_a[4]; /* elements from one value to the next, 0 along a broadcast dimension */
    int32_t step_b[4];
    int32_t zero_point_a, multiplier_a, right_a;
    int32_t zero_point_b, multiplier_b, right_b;
    int32_t out_multiplier, out_right, out_zero_point, out_low, out_high;
} tml_add_s8_layer;

/* Half of `twice`, which is within +-2^30, times a factor; right is at least 1. */
static inline int32_t tml_add_s8_scaled(int32_t twice, int32_t multiplier, int32_t right,
                                        int32_t half)
{
    const int32_t x = tml_nn_high_multiply_doubled(twice, multiplier);
    return (x + (x >> 31) + half) >> right;
}

static inline int32_t tml_add_s8_half(int32_t right)
{
    return (int32_t)((uint32_t)1 << (right - 1));
}

#ifdef TML_NN_DSP

/* In the order of the registers that the assembly reads them into: r4 to r11, then r12. */
typedef struct {
    int32_t zero_b, half_b, multiplier_b, right_b, zero_a;
    int32_t out_offset, out_multiplier, out_right;
    const int8_t *end;
} tml_add_s8_constants;

/* One value. Halves are added with the sign, not of the product, but of what is multiplied: they
 * are the same, or the product is 0, where one less is rounded to the same. */
#define TML_ADD_S8_ONE \
    "ldrsb r0, [r2], #1\n" \
    "add r0, r4, r0, lsl #21\n" \
    "add lr, r5, r0, asr #31\n" \
    "smmlar lr, r0, r6, lr\n" \
    "asr lr, lr, r7\n" \
    "ldrsb r0, [r1], #1\n" \
    "add lr, r8, lr, lsl #1\n" \
    "add lr, lr, r0, lsl #20\n" \
    "add r0, r9, lr, asr #31\n" \
    "smmlar r0, lr, r10, r0\n" \
    "asr r0, r0, r11\n" \
    "ssat r0, #8, r0\n" \
    "strb r0, [r3], #1\n"

/* As many values as fit fours; a is the input with the factor one half. */
static __attribute__((naked, noinline, unused)) void tml_add_s8_fours(
    const tml_add_s8_constants *constants __attribute__((unused)),
    const int8_t *a __attribute__((unused)), const int8_t *b __attribute__((unused)),
    int8_t *out __attribute__((unused)))
{
    __asm__ volatile("push {r4-r11, lr}\n"
                     "ldmia r0, {r4-r12}\n"
                     "1:\n" TML_ADD_S8_ONE TML_ADD_S8_ONE TML_ADD_S8_ONE TML_ADD_S8_ONE
                     "cmp r3, r12\n"
                     "bne 1b\n"
                     "pop {r4-r11, pc}\n");
}

/* One input's factor is nearly always one half, that of the larger scale: exact without rounding.
 * The compiler writes it so. */
static inline int tml_add_s8_is_half(int32_t multiplier, int32_t right)
{
    return multiplier == INT32_MAX && right == 1;
}

/* The start of the last dimension; returns how many values are done. */
TML_NN_KERNEL int32_t tml_add_s8_start(const tml_add_s8_layer *l, const int8_t *a,
                                       const int8_t *b, int8_t *out)
{
    const int half_a = tml_add_s8_is_half(l->multiplier_a, l->right_a);
    const int half_b = tml_add_s8_is_half(l->multiplier_b, l->right_b);
    const int32_t count = l->size[3] & ~3;
    tml_add_s8_constants c;
    /* the zero point must fit beside the sum */
    if (count == 0 || !(half_a || half_b) || l->out_right > 23 || l->step_a[3] != 1
        || l->step_b[3] != 1) {
        return 0;
    }
    c.zero_b = -(half_a ? l->zero_point_b : l->zero_point_a) * ((int32_t)1 << 21);
    c.multiplier_b = half_a ? l->multiplier_b : l->multiplier_a;
    c.right_b = half_a ? l->right_b : l->right_a;
    c.half_b = tml_add_s8_half(c.right_b);
    c.zero_a = -(half_a ? l->zero_point_a : l->zero_point_b) * ((int32_t)1 << 20);
    c.out_offset = (2 * l->out_zero_point + 1) * tml_add_s8_half(l->out_right);
    c.out_multiplier = l->out_multiplier;
    c.out_right = l->out_right;
    c.end = out + count;
    tml_add_s8_fours(&c, half_a ? a : b, half_a ? b : a, out);
    if (l->out_low != -128 || l->out_high != 127) {
        tml_nn_clamp_run(out, count, l->out_low, l->out_high);
    }
    return count;
}

#endif

/* The last dimension. 20 extra bits and the doubling fit 32 bits. */
TML_NN_KERNEL void tml_add_s8_row(const tml_add_s8_layer *l, const int8_t *a, const int8_t *b,
                                  int8_t *out)
{
    const int32_t half_a = tml_add_s8_half(l->right_a), half_b = tml_add_s8_half(l->right_b);
    const int32_t half_out = tml_add_s8_half(l->out_right);
    const int32_t right_a = l->right_a, right_b = l->right_b, right_out = l->out_right;
    const int32_t multiplier_a = l->multiplier_a, multiplier_b = l->multiplier_b;
    const int32_t zero_a = l->zero_point_a, zero_b = l->zero_point_b, zero = l->out_zero_point;
    const int32_t multiplier_out = l->out_multiplier, low = l->out_low, high = l->out_high;
    const int32_t step_a = l->step_a[3], step_b = l->step_b[3];
    int8_t *const end = out + l->size[3];
#ifdef TML_NN_DSP
    const int32_t done = tml_add_s8_start(l, a, b, out);
    a += done;
    b += done;
    out += done;
#endif
    while (out != end) {
        const int32_t x = (*a - zero_a) * ((int32_t)1 << 21);
        const int32_t y = (*b - zero_b) * ((int32_t)1 << 21);
        const int32_t sum = tml_add_s8_scaled(x, multiplier_a, right_a, half_a)
                            + tml_add_s8_scaled(y, multiplier_b, right_b, half_b);
        const int32_t z = tml_add_s8_scaled(2 * sum, multiplier_out, right_out, half_out);
        *out++ = (int8_t)tml_nn_clamp(z + zero, low, high);
        a += step_a;
        b += step_b;
    }
}

TML_NN_KERNEL void tml_add_s8(const tml_add_s8_layer *l, const int8_t *a, const int8_t *b,
                              int8_t *out)
{
    int32_t i, j, k;
    for (i = 0; i < l->size[0]; i++) {
        for (j = 0; j < l->size[1]; j++) {
            for (k = 0; k < l->size[2]; k++) {
                const int8_t *x = a + i * l->step_a[0] + j * l->step_a[1] + k * l->step_a[2];
                const int8_t *y = b + i * l->step_b[0] + j * l->step_b[1] + k * l->step_b[2];
                tml_add_s8_row(l, x, y, out);
                out += l->size[3];
            }
        }
    }
}

#endif
