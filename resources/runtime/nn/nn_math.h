/* TinyML Studio runtime: the integer arithmetic that all int8 kernels share. C99, no libm.
 *
 * Results equal TensorFlow Lite for Microcontrollers bit for bit: a real factor is a 31-bit
 * multiplier and a shift, rounded twice (after the multiplication and after the shift).
 * Right shifts of negative numbers are arithmetic, as on every compiler we support. */
#ifndef TML_NN_MATH_H
#define TML_NN_MATH_H

#include <stdint.h>

#ifdef __GNUC__
/* Every call of a kernel is a copy of it with its layer's sizes as literals; code that is made for
 * size calls a function of several layers that holds the only copy. */
#define TML_NN_KERNEL static inline __attribute__((always_inline))
/* The type of scratch memory that holds other types at other times. */
#define TML_NN_ALIAS __attribute__((may_alias))
/* What almost never runs stays out of the loops. */
#define TML_NN_RARE __attribute__((noinline, unused))
/* A kernel whose time goes into one piece of assembly gains nothing from a copy per layer. */
#define TML_NN_SHARED static __attribute__((noinline, unused))
#else
#define TML_NN_KERNEL static inline
#define TML_NN_ALIAS
#define TML_NN_RARE
#define TML_NN_SHARED static inline
#endif

typedef int16_t TML_NN_ALIAS tml_nn_half;
typedef uint32_t TML_NN_ALIAS tml_nn_sum;

/* Arm cores with the DSP extension (Cortex-M4, M7, M33) multiply two pairs of 16-bit numbers at
 * once. The results are the same, only sooner. */
#if defined(__GNUC__) && defined(__thumb2__) && defined(__ARM_FEATURE_DSP) \
    && defined(__ARM_FEATURE_UNALIGNED) && defined(__ARMEL__)
#define TML_NN_DSP

/* Two 16-bit numbers, the first in the low half. */
typedef uint32_t TML_NN_ALIAS tml_nn_pair;

/* A function that is only assembly and called by the rules of the ABI, whatever the compiler thinks
 * that it sees inside. */
#ifdef __clang__
#define TML_NN_ASSEMBLY static __attribute__((naked, noinline, unused))
#else
#define TML_NN_ASSEMBLY static __attribute__((naked, noipa, unused))
#endif
#define TML_NN_ARGUMENT __attribute__((unused))

/* Four bytes from anywhere. */
static inline uint32_t tml_nn_load(const void *from)
{
    uint32_t word;
    __builtin_memcpy(&word, from, sizeof word);
    return word;
}

/* Bytes 0 and 2 as a pair; bytes 1 and 3 as a pair. */
static inline uint32_t tml_nn_even(uint32_t word)
{
    uint32_t pair;
    __asm__("sxtb16 %0, %1" : "=r"(pair) : "r"(word));
    return pair;
}

static inline uint32_t tml_nn_odd(uint32_t word)
{
    uint32_t pair;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(word));
    return pair;
}
#endif

/* a * b / 2^31, rounded to nearest, ties upwards. */
static inline int32_t tml_nn_high_multiply(int32_t a, int32_t b)
{
    return (int32_t)(((int64_t)a * b + ((int64_t)1 << 30)) >> 31);
}

/* tml_nn_high_multiply of half of the first number. */
static inline int32_t tml_nn_high_multiply_doubled(int32_t twice, int32_t b)
{
#ifdef TML_NN_DSP
    int32_t high;
    __asm__("smmulr %0, %1, %2" : "=r"(high) : "r"(twice), "r"(b));
    return high;
#else
    return (int32_t)(((int64_t)twice * b + ((int64_t)1 << 31)) >> 32);
#endif
}

/* x / 2^by, rounded to nearest, ties away from zero; by in 0..31. The sum cannot overflow for
 * what tml_nn_high_multiply returns, which is never the smallest or, for by = 1, largest number. */
static inline int32_t tml_nn_shift_right(int32_t x, int32_t by)
{
    if (by == 0) {
        return x;
    }
    return (((x + (x >> 31)) >> (by - 1)) + 1) >> 1;
}

/* x * multiplier * 2^(shift - 31); shift in -31..30, positive to the left. */
static inline int32_t tml_nn_rescale(int32_t x, int32_t multiplier, int32_t shift)
{
    if (shift > 0) {
        x = (int32_t)((uint32_t)x << shift);
        return tml_nn_high_multiply(x, multiplier);
    }
    return tml_nn_shift_right(tml_nn_high_multiply(x, multiplier), -shift);
}

static inline int32_t tml_nn_clamp(int32_t x, int32_t low, int32_t high)
{
    if (x < low) {
        return low;
    }
    return x > high ? high : x;
}

/* An accumulator as an int8 output. Accumulators are unsigned so that they wrap where a hostile
 * model overflows them, instead of being undefined. */
static inline int8_t tml_nn_output_s8(uint32_t sum, int32_t multiplier, int32_t shift,
                                      int32_t zero_point, int32_t low, int32_t high)
{
    const uint32_t scaled = (uint32_t)tml_nn_rescale((int32_t)sum, multiplier, shift);
    return (int8_t)tml_nn_clamp((int32_t)(scaled + (uint32_t)zero_point), low, high);
}

static inline int32_t tml_nn_saturate(int32_t x)
{
#ifdef TML_NN_DSP
    __asm__("ssat %0, #8, %0" : "+r"(x));
    return x;
#else
    return tml_nn_clamp(x, -128, 127);
#endif
}

/* One of the four weights in a word. */
static inline int32_t tml_nn_weight(int32_t word, int at)
{
    const int32_t byte = (int32_t)((uint32_t)word >> (8 * at) & 0xff);
    return byte < 128 ? byte : byte - 256;
}

/* A sum as an output, clamped to int8, for shifts to the right: all of the shift but one, then the
 * zero point and the half that rounds, both doubled, then the last one. The assembly of the DSP
 * kernels is the same in five instructions: a multiplier doubled to more than 31 bits is negative
 * there, which adding the sum makes good. */
static inline int8_t tml_nn_halved(uint32_t sum, int32_t doubled_multiplier, int32_t shift,
                                   int32_t half)
{
    const int32_t multiplier = (int32_t)((uint32_t)doubled_multiplier >> 1);
    const int32_t x = tml_nn_high_multiply((int32_t)sum, multiplier);
    return (int8_t)tml_nn_saturate((((x + (x >> 31)) >> shift) + half) >> 1);
}

/* Clamp outputs that are there already. */
static inline void tml_nn_clamp_run(int8_t *values, int32_t count, int32_t low, int32_t high)
{
    int8_t *const end = values + count;
#ifdef TML_NN_DSP
    const uint32_t lows = (uint32_t)(uint8_t)low * 0x01010101u;
    const uint32_t highs = (uint32_t)(uint8_t)high * 0x01010101u;
    int8_t *const fours = values + (count & ~3);
    uint32_t four, above;
    while (values != fours) {
        __asm__ volatile("ldr %[four], [%[values]]\n"
                         "ssub8 %[above], %[four], %[lows]\n"
                         "sel %[four], %[four], %[lows]\n"
                         "ssub8 %[above], %[highs], %[four]\n"
                         "sel %[four], %[four], %[highs]\n"
                         "str %[four], [%[values]], #4\n"
                         : [values] "+&r"(values), [four] "=&r"(four), [above] "=&r"(above)
                         : [lows] "r"(lows), [highs] "r"(highs)
                         : "cc", "memory");
    }
#endif
    for (; values != end; values++) {
        *values = (int8_t)tml_nn_clamp(*values, low, high);
    }
}

/* How the sums of a layer with weights become its outputs. */
enum {
    TML_NN_ANY,     /* sums and shifts may have any size */
    TML_NN_BOUNDED, /* all shifts go right, and nothing in tml_nn_bounded overflows */
    TML_NN_WHOLE    /* the same, and low and high are those of int8 */
};

typedef struct {
    int32_t zero_point, low, high;
    int32_t half;        /* 2 * zero_point + 1 */
    int32_t form;        /* one of the above */
    int32_t per_channel; /* 1: a multiplier and shift per channel, 0: one for all */
    const int32_t *bias; /* per channel, as the three below */
    const int32_t *multiplier;
    const int8_t *right; /* shift to the right, negative to the left */
} tml_nn_outputs;

/* What one channel of a bounded layer needs; `offset` is the zero point and the half that rounds,
 * both shifted to the left. */
typedef struct {
    int32_t multiplier, right, offset;
} tml_nn_channel;

static inline tml_nn_channel tml_nn_channel_from(int32_t multiplier, int32_t right, int32_t half)
{
    tml_nn_channel c;
    c.multiplier = multiplier;
    c.right = right;
    c.offset = half * (int32_t)((uint32_t)1 << (right - 1));
    return c;
}

static inline tml_nn_channel tml_nn_channel_of(const tml_nn_outputs *o, int32_t channel)
{
    const int32_t at = channel * o->per_channel;
    return tml_nn_channel_from(o->multiplier[at], o->right[at], o->half);
}

/* Twice a sum as an output, clamped to int8. Ties away from zero: a negative number is rounded
 * from one less. */
static inline int32_t tml_nn_bounded(tml_nn_channel c, int32_t twice)
{
    const int32_t x = tml_nn_high_multiply_doubled(twice, c.multiplier);
    return tml_nn_saturate((x + (x >> 31) + c.offset) >> c.right);
}

static TML_NN_RARE int8_t tml_nn_any_s8(const tml_nn_outputs *o, int32_t channel, uint32_t sum)
{
    const int32_t at = channel * o->per_channel;
    return tml_nn_output_s8(sum, o->multiplier[at], -o->right[at], o->zero_point, o->low, o->high);
}

/* One channel's output for each of two pixels, for layers that have a multiplier and shift per
 * channel. */
static inline void tml_nn_store_two(const tml_nn_outputs *o, int32_t channel, uint32_t sum_a,
                                    uint32_t sum_b, int8_t *out_a, int8_t *out_b)
{
    tml_nn_channel c;
    int32_t a, b;
    if (o->form == TML_NN_ANY) {
        out_a[channel] = tml_nn_any_s8(o, channel, sum_a);
        out_b[channel] = tml_nn_any_s8(o, channel, sum_b);
        return;
    }
    c = tml_nn_channel_from(o->multiplier[channel], o->right[channel], o->half);
    a = tml_nn_bounded(c, (int32_t)(2 * sum_a));
    b = tml_nn_bounded(c, (int32_t)(2 * sum_b));
    if (o->form != TML_NN_WHOLE) {
        a = tml_nn_clamp(a, o->low, o->high);
        b = tml_nn_clamp(b, o->low, o->high);
    }
    out_a[channel] = (int8_t)a;
    out_b[channel] = (int8_t)b;
}

/* One channel's output. */
static inline void tml_nn_store_one(const tml_nn_outputs *o, int32_t channel, uint32_t sum,
                                    int8_t *out)
{
    int32_t y;
    if (o->form == TML_NN_ANY) {
        out[channel] = tml_nn_any_s8(o, channel, sum);
        return;
    }
    y = tml_nn_bounded(tml_nn_channel_of(o, channel), (int32_t)(2 * sum));
    out[channel] = (int8_t)(o->form == TML_NN_WHOLE ? y : tml_nn_clamp(y, o->low, o->high));
}

/* One channel's outputs, `step` apart, from sums without their bias. */
static inline void tml_nn_store_column(const tml_nn_outputs *o, int32_t channel,
                                       const tml_nn_sum *sums, int32_t count, int8_t *out,
                                       int32_t step)
{
    const tml_nn_sum *const end = sums + count;
    const uint32_t bias = (uint32_t)o->bias[channel];
    tml_nn_channel c;
    if (o->form == TML_NN_ANY) {
        for (; sums != end; out += step) {
            *out = tml_nn_any_s8(o, channel, *sums++ + bias);
        }
        return;
    }
    c = tml_nn_channel_of(o, channel);
    if (o->form == TML_NN_WHOLE) {
        for (; sums != end; out += step) {
            *out = (int8_t)tml_nn_bounded(c, (int32_t)(2 * *sums++ + 2 * bias));
        }
    } else {
        const int32_t low = o->low, high = o->high;
        for (; sums != end; out += step) {
            const int32_t y = tml_nn_bounded(c, (int32_t)(2 * *sums++ + 2 * bias));
            *out = (int8_t)tml_nn_clamp(y, low, high);
        }
    }
}

#endif
