/* Logarithm, exponential and square root of the runtime as inline functions, for kernels that stand
 * alone; see tml_math.h. IEEE single-precision and integer operations only. */
#ifndef TML_MATH_INLINE_H
#define TML_MATH_INLINE_H

#include <stdint.h>

/* The bits of a number and back. */
static inline uint32_t tml_bits(float x)
{
    union { float number; uint32_t bits; } both;
    both.number = x;
    return both.bits;
}

static inline float tml_from_bits(uint32_t bits)
{
    union { uint32_t bits; float number; } both;
    both.bits = bits;
    return both.number;
}

static inline int tml_is_finite(float x)
{
    return (tml_bits(x) & 0x7f800000u) != 0x7f800000u;
}

#define TML_MATH_NAN 0x7fc00000u
#define TML_MATH_INFINITE 0x7f800000u

/* Leave a positive finite number as mantissa * 2^*exponent, mantissa bits in [1, 2). */
static inline uint32_t tml_math_split(float x, int32_t *exponent)
{
    uint32_t bits = tml_bits(x);
    *exponent = -127;
    if (bits < 0x00800000u) {
        bits = tml_bits(x * 8388608.0f);
        *exponent = -127 - 23;
    }
    *exponent += (int32_t)(bits >> 23);
    return (bits & 0x007fffffu) | 0x3f800000u;
}

/* x = 2^k * (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)); log(1 + f) = f - f^2/2 + f^3 P(f), P a
 * polynomial fitted for the smallest greatest relative error. */
static inline float tml_math_log(float x)
{
    uint32_t bits = tml_bits(x);
    int32_t k;
    float f, square, p, low, scale;
    if (bits == TML_MATH_INFINITE) {
        return x;
    }
    if ((bits << 1) == 0) {
        return tml_from_bits(0x80000000u | TML_MATH_INFINITE);
    }
    if (bits > TML_MATH_INFINITE) {
        return tml_from_bits(TML_MATH_NAN);
    }
    bits = tml_math_split(x, &k);
    if (bits > 0x3fb504f3u) {
        bits -= 0x00800000u;
        k += 1;
    }
    f = tml_from_bits(bits) - 1.0f;
    square = f * f;
    p = -0x1.38b4e2p-4f;
    p = p * f + 0x1.055b58p-3f;
    p = p * f - 0x1.0d8556p-3f;
    p = p * f + 0x1.22da2p-3f;
    p = p * f - 0x1.547242p-3f;
    p = p * f + 0x1.99a008p-3f;
    p = p * f - 0x1.000228p-2f;
    p = p * f + 0x1.555554p-2f;
    scale = (float)k;
    low = scale * 0x1.7f7d1cp-20f + (p * f * square - 0.5f * square);
    return scale * 0x1.62e4p-1f + (f + low);
}

/* e^r - 1 = r + r^2/2 + r^3 Q(r) for |r| <= log(2)/2. */
static inline float tml_math_exp_near_zero(float r)
{
    const float square = r * r;
    float q = 0x1.6b6d2ep-10f;
    q = q * r + 0x1.123118p-7f;
    q = q * r + 0x1.55568cp-5f;
    q = q * r + 0x1.5554a2p-3f;
    return r + (q * r * square + 0.5f * square);
}

/* x = k log(2) + r, |r| <= log(2)/2. */
static inline float tml_math_exp(float x)
{
    float r, half;
    int32_t k;
    if ((tml_bits(x) & 0x7fffffffu) > TML_MATH_INFINITE) {
        return tml_from_bits(TML_MATH_NAN);
    }
    if (x > 88.7228394f) {
        return tml_from_bits(TML_MATH_INFINITE);
    }
    if (x < -104.0f) {
        return 0.0f;
    }
    half = x < 0.0f ? -0.5f : 0.5f;
    k = (int32_t)(x * 0x1.715476p+0f + half);
    r = (x - (float)k * 0x1.62e4p-1f) - (float)k * 0x1.7f7d1cp-20f;
    r = 1.0f + tml_math_exp_near_zero(r);
    /* two steps, so that neither factor leaves the range and a subnormal result rounds once */
    if (k > 127) {
        return r * 0x1p127f * tml_from_bits((uint32_t)k << 23);
    }
    if (k < -126) {
        return r * tml_from_bits((uint32_t)(k + 100 + 127) << 23) * 0x1p-100f;
    }
    return r * tml_from_bits((uint32_t)(k + 127) << 23);
}

/* e^x - 1, accurate near zero too. */
static inline float tml_math_expm1(float x)
{
    const float limit = 0.34f;
    return x > -limit && x < limit ? tml_math_exp_near_zero(x) : tml_math_exp(x) - 1.0f;
}

/* x = m 2^(2h) with m in [1, 4): a Newton estimate of sqrt(m) becomes an integer of 24 bits, which
 * exact integer comparison then moves to the correctly rounded one. */
static inline float tml_math_sqrt(float x)
{
    uint32_t bits = tml_bits(x), q;
    int32_t exponent;
    uint64_t square;
    float m, y;
    if ((bits << 1) == 0 || bits == TML_MATH_INFINITE) {
        return x;
    }
    if (bits > TML_MATH_INFINITE) {
        return tml_from_bits(TML_MATH_NAN);
    }
    bits = tml_math_split(x, &exponent);
    bits += (uint32_t)(exponent & 1) << 23;
    exponent -= exponent & 1;
    m = tml_from_bits(bits);
    /* 1/sqrt(m) from halving the exponent, good to 4 %; each step squares the error */
    y = tml_from_bits(0x5f375a00u - (bits >> 1));
    y = y * (1.5f - 0.5f * m * y * y);
    y = y * (1.5f - 0.5f * m * y * y);
    y = y * (1.5f - 0.5f * m * y * y);
    q = (uint32_t)(m * y * 8388608.0f);
    square = (uint64_t)((bits & 0x007fffffu) | 0x00800000u) << ((bits >> 23) - 127u + 23u);
    while ((uint64_t)q * q + q < square) {
        q += 1u;
    }
    while ((uint64_t)q * q - q >= square) {
        q -= 1u;
    }
    return (float)q * tml_from_bits((uint32_t)(exponent / 2 + 127 - 23) << 23);
}

#endif
