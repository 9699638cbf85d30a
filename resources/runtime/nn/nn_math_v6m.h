/* TinyML Studio runtime: what the kernels for ARMv6-M (Cortex-M0, M0+) share.
 *
 * These cores multiply 32 bits by 32 to 32 and have eight registers for it. Two sums fit one
 * word: (x0 + x1 * 2^16) * w adds to both with one multiplication, as long as the lower sum stays
 * within 16 bits, so that it is known what it took from the upper one. The compiler lays weights
 * out in groups for which no input can leave those bits (see `group`); what is too large for its
 * group is cut, and the cut part added on its own (`extra`).
 *
 * Assembly takes one register, with the address of its numbers, and names the others itself. */
#ifndef TML_NN_MATH_V6M_H
#define TML_NN_MATH_V6M_H

#include "nn_math.h"

#if defined(__GNUC__) && defined(__thumb__) && defined(__ARM_ARCH_PROFILE) \
    && __ARM_ARCH_PROFILE == 'M'
#define TML_NN_V6M
#define TML_V6M_CLOBBERED \
    "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory"
#endif

/* Instead of a shift: the channel's output is its bias, whatever the input, and has no weights. */
#define TML_V6M_FIXED 127

/* How weights were laid out: what the compiler found out about a layer's numbers. */
typedef struct {
    int32_t narrow; /* 1: sums that are shifted to the right by 1 to 14 are below 2^22 */
    int32_t group;  /* taps after which two sums in a word are taken apart: 2, 4, 8, 16 */
    const uint8_t *extra_counts; /* per channel with weights, how many of `extra` are its own */
    const int32_t *extra;        /* bytes to the tap's input * 256 + what was cut, as a byte */
} tml_v6m_layout;

/* One channel's sums of a column of outputs that lie `step` bytes apart. */
typedef struct {
    uint32_t upper, lower; /* of the multiplier: 16 and 15 bits */
    const tml_nn_sum *sums;
    int8_t *out;
    int32_t shift;
    uint32_t bias;
    int32_t offset, low, high;
    const tml_nn_sum *end;
    int32_t step;
} tml_v6m_column;

#ifdef TML_NN_V6M

/* A sum a, its lowest byte al and the rest ah, times the multiplier, divided by 2^23; every term
 * is rounded down at a bit that the ones after it do not reach, so the whole is exact. */
#define TML_V6M_PRODUCT \
    "1: ldm r5!, {r0}\n" \
    "add r0, r8\n" \
    "uxtb r1, r0\n" \
    "asrs r0, r0, #8\n" \
    "movs r2, r1\n" \
    "muls r2, r4, r2\n" \
    "lsrs r2, r2, #8\n" \
    "movs r7, r0\n" \
    "muls r7, r4, r7\n" \
    "adds r2, r2, r7\n" \
    "asrs r2, r2, #7\n" \
    "muls r1, r3, r1\n" \
    "adds r2, r2, r1\n" \
    "asrs r2, r2, #8\n" \
    "muls r0, r3, r0\n" \
    "adds r0, r0, r2\n"

#define TML_V6M_COLUMN_BEGIN \
    ".syntax unified\n" \
    "push {r7}\n" \
    "ldm r0!, {r3, r4, r5, r6, r7}\n" \
    "push {r7}\n" \
    "ldm r0!, {r1, r2, r7}\n" \
    "mov r8, r1\n" \
    "mov r9, r2\n" \
    "mov r10, r7\n" \
    "ldm r0!, {r1, r2, r7}\n" \
    "mov r11, r1\n" \
    "mov r12, r2\n" \
    "mov lr, r7\n"

#define TML_V6M_COLUMN_END \
    "add r0, r9\n" \
    "ldr r7, [sp]\n" \
    "asrs r0, r7\n" \
    "cmp r0, r10\n" \
    "bge 2f\n" \
    "mov r0, r10\n" \
    "2: cmp r0, r11\n" \
    "ble 3f\n" \
    "mov r0, r11\n" \
    "3: strb r0, [r6]\n" \
    "add r6, lr\n" \
    "cmp r5, r12\n" \
    "bne 1b\n" \
    "add sp, #4\n" \
    "pop {r7}\n"

/* After a rectifier most shifts are so small that a sum of 16 or 17 bits already gives the highest
 * output, and sums below zero give the lowest, so that two products of 32 bits are enough. */
#define TML_V6M_SHORT_BEGIN \
    TML_V6M_COLUMN_BEGIN \
    "ldr r7, [sp]\n" \
    "mov r2, r10\n"

#define TML_V6M_SHORT_END \
    "cmp r0, r11\n" \
    "bgt 3f\n" \
    "strb r0, [r6]\n" \
    "add r6, lr\n" \
    "cmp r5, r12\n" \
    "bne 1b\n" \
    "b 9f\n" \
    "2: cmp r0, #0\n" \
    "bge 3f\n" \
    "strb r2, [r6]\n" \
    "add r6, lr\n" \
    "cmp r5, r12\n" \
    "bne 1b\n" \
    "b 9f\n" \
    "3: mov r0, r11\n" \
    "strb r0, [r6]\n" \
    "add r6, lr\n" \
    "cmp r5, r12\n" \
    "bne 1b\n" \
    "9: add sp, #4\n" \
    "pop {r7}\n"

static TML_NN_RARE void tml_v6m_sums_of_16_bits(const tml_v6m_column *column)
{
    register const tml_v6m_column *c __asm__("r0") = column;
    __asm__ volatile(TML_V6M_SHORT_BEGIN
                     "1: ldm r5!, {r0}\n"
                     "add r0, r8\n"
                     "lsrs r1, r0, #16\n"
                     "bne 2f\n"
                     "movs r1, r0\n"
                     "muls r1, r4, r1\n"
                     "lsrs r1, r1, #16\n"
                     "muls r0, r3, r0\n"
                     "adds r0, r0, r1\n"
                     "add r0, r9\n"
                     "asrs r0, r7\n" TML_V6M_SHORT_END
                     : "+r"(c)
                     :
                     : TML_V6M_CLOBBERED);
}

/* The lowest bit is multiplied on its own, and the zero point added at the end. */
static TML_NN_RARE void tml_v6m_sums_of_17_bits(const tml_v6m_column *column)
{
    register const tml_v6m_column *c __asm__("r0") = column;
    __asm__ volatile(TML_V6M_SHORT_BEGIN
                     "lsrs r1, r4, #1\n"
                     "mov r10, r1\n"
                     "1: ldm r5!, {r0}\n"
                     "add r0, r8\n"
                     "lsrs r1, r0, #17\n"
                     "bne 2f\n"
                     "lsrs r1, r0, #1\n"
                     "bcs 4f\n"
                     "muls r1, r4, r1\n"
                     "b 5f\n"
                     "4: muls r1, r4, r1\n"
                     "add r1, r10\n"
                     "5: lsrs r1, r1, #15\n"
                     "muls r0, r3, r0\n"
                     "adds r0, r0, r1\n"
                     "add r0, r9\n"
                     "lsrs r0, r7\n"
                     "adds r0, r0, r2\n" TML_V6M_SHORT_END
                     : "+r"(c)
                     :
                     : TML_V6M_CLOBBERED);
}

/* Whether sums of 2^bits or more give the highest output, with the zero point as the lowest. */
static inline int tml_v6m_is_short(const tml_nn_outputs *o, uint32_t multiplier, int32_t right,
                                   int32_t bits)
{
    const uint32_t halves = ((uint32_t)1 << 14) + ((uint32_t)1 << (14 + right));
    const uint32_t first = (multiplier << (bits - 16)) + halves;
    return o->low == o->zero_point && o->zero_point < 0 && right <= bits - 9
           && multiplier < ((uint32_t)1 << 31) - ((uint32_t)1 << 22)
           && (int32_t)(first >> (15 + right)) + o->zero_point >= o->high;
}

/* Rounded twice, as everywhere: ties of the second time away from zero. */
static TML_NN_RARE void tml_v6m_signed(const tml_v6m_column *column)
{
    register const tml_v6m_column *c __asm__("r0") = column;
    __asm__ volatile(TML_V6M_COLUMN_BEGIN TML_V6M_PRODUCT
                     "adds r0, #128\n"
                     "asrs r0, r0, #8\n"
                     "asrs r1, r0, #31\n"
                     "adds r0, r0, r1\n" TML_V6M_COLUMN_END
                     : "+r"(c)
                     :
                     : TML_V6M_CLOBBERED);
}

/* Where negative sums are clamped anyway, rounding twice is rounding once with both halves. */
static TML_NN_RARE void tml_v6m_positive(const tml_v6m_column *column)
{
    register const tml_v6m_column *c __asm__("r0") = column;
    __asm__ volatile(TML_V6M_COLUMN_BEGIN TML_V6M_PRODUCT TML_V6M_COLUMN_END
                     : "+r"(c)
                     :
                     : TML_V6M_CLOBBERED);
}

#endif

static inline int tml_v6m_is_fixed(const tml_nn_outputs *o, int32_t channel)
{
    return o->right[o->per_channel ? channel : 0] == TML_V6M_FIXED;
}

/* Outputs of a fixed channel, `step` bytes apart. */
static TML_NN_RARE void tml_v6m_fill(const tml_nn_outputs *o, int32_t channel, int32_t count,
                                     int8_t *out, int32_t step)
{
    const int8_t value = (int8_t)o->bias[channel];
    for (; count > 0; count--) {
        *out = value;
        out += step;
    }
}

/* Outputs of one channel, `step` bytes apart, from sums to which `bias` is still to be added. */
static TML_NN_RARE void tml_v6m_store(const tml_nn_outputs *o, int32_t narrow, int32_t channel,
                                      uint32_t bias, const tml_nn_sum *sums, int32_t count,
                                      int8_t *out, int32_t step)
{
    const int32_t at = o->per_channel ? channel : 0;
    const int32_t multiplier = o->multiplier[at], right = o->right[at];
    int32_t i;
#ifdef TML_NN_V6M
    if (narrow && right >= 1 && right <= 14) {
        tml_v6m_column c;
        c.upper = (uint32_t)multiplier >> 15;
        c.lower = (uint32_t)multiplier & 0x7fff;
        c.sums = sums;
        c.out = out;
        c.shift = right;
        c.bias = bias;
        c.offset = (2 * o->zero_point + 1) * (int32_t)((uint32_t)1 << (right - 1));
        c.low = o->low;
        c.high = o->high;
        c.end = sums + count;
        c.step = step;
        if (tml_v6m_is_short(o, (uint32_t)multiplier, right, 17)) {
            c.upper = (uint32_t)multiplier >> 16;
            c.lower = (uint32_t)multiplier & 0xffff;
            c.shift = right + 15;
            c.offset = ((int32_t)1 << 14) + ((int32_t)1 << (14 + right));
            if (tml_v6m_is_short(o, (uint32_t)multiplier, right, 16)) {
                c.offset += o->zero_point * ((int32_t)1 << (15 + right));
                tml_v6m_sums_of_16_bits(&c);
            } else {
                tml_v6m_sums_of_17_bits(&c);
            }
        } else if (o->low >= o->zero_point) {
            c.shift = right + 8;
            c.offset = c.offset * 256 + 128;
            tml_v6m_positive(&c);
        } else {
            tml_v6m_signed(&c);
        }
        return;
    }
#else
    (void)narrow;
#endif
    for (i = 0; i < count; i++) {
        *out = tml_nn_output_s8(sums[i] + bias, multiplier, -right, o->zero_point, o->low, o->high);
        out += step;
    }
}

/* The first and second number of a word x0 + x1 * 2^16. */
static inline int32_t tml_v6m_first(uint32_t word)
{
    return (int16_t)(word & 0xffff);
}

static inline int32_t tml_v6m_second(uint32_t word)
{
    return (int32_t)(word - (uint32_t)tml_v6m_first(word)) >> 16;
}

#endif
