/* TinyML Studio runtime: ADD on int8 for ARMv6-M: what nn_add_s8.h computes, in products of 32
 * bits. The input with the factor of one half is only shifted. */
#ifndef TML_NN_ADD_S8_V6M_H
#define TML_NN_ADD_S8_V6M_H

#include "nn_add_s8.h"
#include "nn_math_v6m.h"

#ifdef TML_NN_V6M

/* In the order in which the assembly reads them: into registers, then left in memory. */
typedef struct {
    int32_t lower_b, upper_b;     /* of the multiplier of b: 11 and 20 bits */
    int32_t upper, lower;         /* of the output's: 16 and 15 bits */
    int32_t low, high;
    const int8_t *a_end, *b_end;  /* a is the input with the factor one half */
    int8_t *out_end;
    int32_t left;                 /* values still to come, negative */
    int32_t zero_b, round, half_b, right_b, offset_a, offset, right;
} tml_add_s8_v6m_constants;

/* Where the numbers are that the assembly leaves in memory: on the stack. */
#define TML_ADD_S8_V6M_ZERO_B "[sp, #0]"
#define TML_ADD_S8_V6M_ROUND "[sp, #4]"
#define TML_ADD_S8_V6M_HALF_B "[sp, #8]"
#define TML_ADD_S8_V6M_RIGHT_B "[sp, #12]"
#define TML_ADD_S8_V6M_OFFSET_A "[sp, #16]"
#define TML_ADD_S8_V6M_OFFSET "[sp, #20]"
#define TML_ADD_S8_V6M_RIGHT "[sp, #24]"

/* r0 becomes the sum times the output's multiplier, divided by 2^29; every term is rounded down at
 * a bit that the ones after it do not reach, so the whole is exact. */
#define TML_ADD_S8_V6M_PRODUCT \
    ".syntax unified\n" \
    "push {r7}\n" \
    "ldm r0!, {r1, r2, r3, r4, r5, r6}\n" \
    "mov r8, r1\n" \
    "mov r9, r2\n" \
    "mov r10, r3\n" \
    "mov r11, r4\n" \
    "mov r12, r5\n" \
    "mov lr, r6\n" \
    "ldm r0!, {r4, r5, r6, r7}\n" \
    "sub sp, #28\n" \
    "mov r1, sp\n" \
    "ldm r0!, {r2, r3}\n" \
    "stm r1!, {r2, r3}\n" \
    "ldm r0!, {r2, r3}\n" \
    "stm r1!, {r2, r3}\n" \
    "ldm r0!, {r2, r3}\n" \
    "stm r1!, {r2, r3}\n" \
    "ldm r0!, {r2}\n" \
    "stm r1!, {r2}\n" \
    "1: ldrsb r0, [r5, r7]\n" \
    "ldr r1, " TML_ADD_S8_V6M_ZERO_B "\n" \
    "subs r0, r0, r1\n" \
    "mov r1, r8\n" \
    "muls r1, r0, r1\n" \
    "ldr r2, " TML_ADD_S8_V6M_ROUND "\n" \
    "adds r1, r1, r2\n" \
    "asrs r1, r1, #11\n" \
    "mov r2, r9\n" \
    "muls r2, r0, r2\n" \
    "adds r1, r1, r2\n" \
    "asrs r2, r1, #31\n" \
    "adds r1, r1, r2\n" \
    "ldr r2, " TML_ADD_S8_V6M_HALF_B "\n" \
    "adds r1, r1, r2\n" \
    "ldr r2, " TML_ADD_S8_V6M_RIGHT_B "\n" \
    "asrs r1, r2\n" \
    "ldrsb r0, [r4, r7]\n" \
    "lsls r0, r0, #19\n" \
    "adds r0, r0, r1\n" \
    "ldr r1, " TML_ADD_S8_V6M_OFFSET_A "\n" \
    "adds r0, r0, r1\n" \
    "lsls r1, r0, #18\n" \
    "lsrs r1, r1, #18\n" \
    "asrs r0, r0, #14\n" \
    "mov r2, r11\n" \
    "muls r2, r1, r2\n" \
    "lsrs r2, r2, #14\n" \
    "mov r3, r11\n" \
    "muls r3, r0, r3\n" \
    "adds r2, r2, r3\n" \
    "asrs r2, r2, #1\n" \
    "mov r3, r10\n" \
    "muls r1, r3, r1\n" \
    "adds r2, r2, r1\n" \
    "asrs r2, r2, #14\n" \
    "muls r0, r3, r0\n" \
    "adds r0, r0, r2\n"

#define TML_ADD_S8_V6M_END \
    "ldr r1, " TML_ADD_S8_V6M_OFFSET "\n" \
    "adds r0, r0, r1\n" \
    "ldr r1, " TML_ADD_S8_V6M_RIGHT "\n" \
    "asrs r0, r1\n" \
    "cmp r0, r12\n" \
    "bge 2f\n" \
    "mov r0, r12\n" \
    "2: cmp r0, lr\n" \
    "ble 3f\n" \
    "mov r0, lr\n" \
    "3: strb r0, [r6, r7]\n" \
    "adds r7, #1\n" \
    "bne 1b\n" \
    "add sp, #28\n" \
    "pop {r7}\n"

static TML_NN_RARE void tml_add_s8_v6m_signed(const tml_add_s8_v6m_constants *constants)
{
    register const tml_add_s8_v6m_constants *c __asm__("r0") = constants;
    __asm__ volatile(TML_ADD_S8_V6M_PRODUCT
                     "adds r0, #2\n"
                     "asrs r0, r0, #2\n"
                     "asrs r1, r0, #31\n"
                     "adds r0, r0, r1\n" TML_ADD_S8_V6M_END
                     : "+r"(c)
                     :
                     : TML_V6M_CLOBBERED);
}

/* Where negative sums are clamped anyway, rounding twice is rounding once with both halves. */
static TML_NN_RARE void tml_add_s8_v6m_positive(const tml_add_s8_v6m_constants *constants)
{
    register const tml_add_s8_v6m_constants *c __asm__("r0") = constants;
    __asm__ volatile(TML_ADD_S8_V6M_PRODUCT TML_ADD_S8_V6M_END
                     : "+r"(c)
                     :
                     : TML_V6M_CLOBBERED);
}

/* One input's factor is nearly always one half, that of the larger scale: exact without rounding.
 * The compiler writes it so. */
static inline int tml_add_s8_v6m_is_half(int32_t multiplier, int32_t right)
{
    return multiplier == INT32_MAX && right == 1;
}

/* The last dimension, if its numbers are as usual; tells so. */
static TML_NN_RARE int tml_add_s8_v6m_usual(const tml_add_s8_layer *l, const int8_t *a,
                                            const int8_t *b, int8_t *out)
{
    const int half_a = tml_add_s8_v6m_is_half(l->multiplier_a, l->right_a);
    const int half_b = tml_add_s8_v6m_is_half(l->multiplier_b, l->right_b);
    const int32_t multiplier_b = half_a ? l->multiplier_b : l->multiplier_a;
    const int32_t count = l->size[3];
    tml_add_s8_v6m_constants c;
    /* the zero point must fit beside the sum */
    if (count == 0 || !(half_a || half_b) || l->out_right > 20 || l->step_a[3] != 1
        || l->step_b[3] != 1) {
        return 0;
    }
    c.a_end = (half_a ? a : b) + count;
    c.b_end = (half_a ? b : a) + count;
    c.out_end = out + count;
    c.left = -count;
    c.lower_b = multiplier_b & 0x7ff;
    c.upper_b = multiplier_b >> 11;
    c.upper = l->out_multiplier >> 15;
    c.lower = l->out_multiplier & 0x7fff;
    c.low = l->out_low;
    c.high = l->out_high;
    c.zero_b = half_a ? l->zero_point_b : l->zero_point_a;
    c.round = 1 << 10;
    c.right_b = half_a ? l->right_b : l->right_a;
    c.half_b = tml_add_s8_half(c.right_b);
    c.offset_a = -(half_a ? l->zero_point_a : l->zero_point_b) * ((int32_t)1 << 19);
    c.offset = (2 * l->out_zero_point + 1) * tml_add_s8_half(l->out_right);
    c.right = l->out_right;
    if (l->out_low >= l->out_zero_point) {
        c.offset = c.offset * 4 + 2;
        c.right += 2;
        tml_add_s8_v6m_positive(&c);
    } else {
        tml_add_s8_v6m_signed(&c);
    }
    return 1;
}

#endif

/* The last dimension. */
TML_NN_KERNEL void tml_add_s8_v6m_row(const tml_add_s8_layer *l, const int8_t *a, const int8_t *b,
                                      int8_t *out)
{
#ifdef TML_NN_V6M
    if (tml_add_s8_v6m_usual(l, a, b, out)) {
        return;
    }
#endif
    tml_add_s8_row(l, a, b, out);
}

TML_NN_KERNEL void tml_add_s8_v6m(const tml_add_s8_layer *l, const int8_t *a, const int8_t *b,
                                  int8_t *out)
{
    int32_t i, j, k;
    for (i = 0; i < l->size[0]; i++) {
        for (j = 0; j < l->size[1]; j++) {
            for (k = 0; k < l->size[2]; k++) {
                const int8_t *x = a + i * l->step_a[0] + j * l->step_a[1] + k * l->step_a[2];
                const int8_t *y = b + i * l->step_b[0] + j * l->step_b[1] + k * l->step_b[2];
                tml_add_s8_v6m_row(l, x, y, out);
                out += l->size[3];
            }
        }
    }
}

#endif
