/* TinyML Studio runtime: the integer arithmetic that all int8 kernels share. C99, no libm.
 *
 * Results equal TensorFlow Lite for Microcontrollers bit for bit: a real factor is a 31-bit
 * multiplier and a shift, rounded twice (after the multiplication and after the shift).
 * Right shifts of negative numbers are arithmetic, as on every compiler we support. */
#ifndef TML_NN_MATH_H
#define TML_NN_MATH_H

#include <stdint.h>

/* One switch trades size for speed: with TML_NN_SPECIALISE every layer gets a copy of its kernel
 * with all sizes as literals, without it layers of one kind share code as the compiler sees fit. */
#ifdef TML_NN_SPECIALISE
#define TML_NN_KERNEL static inline __attribute__((always_inline))
#else
#define TML_NN_KERNEL static inline
#endif

/* a * b / 2^31, rounded to nearest, ties upwards. */
static inline int32_t tml_nn_high_multiply(int32_t a, int32_t b)
{
    return (int32_t)(((int64_t)a * b + ((int64_t)1 << 30)) >> 31);
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

#endif
