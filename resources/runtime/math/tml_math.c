#include "math/tml_math.h"

#define NOT_A_NUMBER 0x7fc00000u
#define INFINITE 0x7f800000u

/* Leave a positive finite number as mantissa * 2^*exponent, mantissa bits in [1, 2). */
static uint32_t split_exponent(float x, int32_t *exponent)
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
float tml_logf(float x)
{
    uint32_t bits = tml_bits(x);
    int32_t k;
    float f, square, p, low, scale;
    if (bits == INFINITE) {
        return x;
    }
    if ((bits << 1) == 0) {
        return tml_from_bits(0x80000000u | INFINITE);
    }
    if (bits > INFINITE) {
        return tml_from_bits(NOT_A_NUMBER);
    }
    bits = split_exponent(x, &k);
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

/* x = k log(2) + r, |r| <= log(2)/2; e^r = 1 + r + r^2/2 + r^3 Q(r). */
float tml_expf(float x)
{
    float r, square, q, half;
    int32_t k;
    if ((tml_bits(x) & 0x7fffffffu) > INFINITE) {
        return tml_from_bits(NOT_A_NUMBER);
    }
    if (x > 88.7228394f) {
        return tml_from_bits(INFINITE);
    }
    if (x < -104.0f) {
        return 0.0f;
    }
    half = x < 0.0f ? -0.5f : 0.5f;
    k = (int32_t)(x * 0x1.715476p+0f + half);
    r = (x - (float)k * 0x1.62e4p-1f) - (float)k * 0x1.7f7d1cp-20f;
    square = r * r;
    q = 0x1.6b6d2ep-10f;
    q = q * r + 0x1.123118p-7f;
    q = q * r + 0x1.55568cp-5f;
    q = q * r + 0x1.5554a2p-3f;
    r = 1.0f + (r + (q * r * square + 0.5f * square));
    /* two steps, so that neither factor leaves the range and a subnormal result rounds once */
    if (k > 127) {
        return r * 0x1p127f * tml_from_bits((uint32_t)k << 23);
    }
    if (k < -126) {
        return r * tml_from_bits((uint32_t)(k + 100 + 127) << 23) * 0x1p-100f;
    }
    return r * tml_from_bits((uint32_t)(k + 127) << 23);
}

/* 32 zero bits, then the bits of 2/pi after the binary point. */
static const uint32_t two_over_pi[] = {
    0,           0xa2f9836eu, 0x4e441529u, 0xfc2757d1u,
    0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu,
};

static uint32_t bits_of_two_over_pi(uint32_t from)
{
    uint32_t word = from >> 5, shift = from & 31u, value = two_over_pi[word];
    return shift == 0 ? value : (value << shift) | (two_over_pi[word + 1] >> (32u - shift));
}

/* An angle in [-pi/4, pi/4] and what rounding it to a float lost. */
typedef struct {
    float r, lost;
} angle;

/* Reduce a finite x >= pi/4 to an angle and return the quadrant. With x = m 2^e, m of 24 bits, all
 * bits of 2/pi above 2^(2-e) contribute multiples of four quarter turns; the next 96 give quadrant
 * and fraction to far below the rounding error of the result, for any x, by integers alone. */
static uint32_t reduce(float x, angle *result)
{
    uint32_t bits = tml_bits(x), m = (bits & 0x007fffffu) | 0x00800000u;
    uint32_t from = (bits >> 23) - 150u + 30u, exponent = 127u - 23u;
    uint64_t low = (uint64_t)m * bits_of_two_over_pi(from + 64u);
    uint64_t middle = (uint64_t)m * bits_of_two_over_pi(from + 32u) + (low >> 32);
    uint32_t high = m * bits_of_two_over_pi(from) + (uint32_t)(middle >> 32);
    uint64_t turn = ((uint64_t)high << 34) | ((middle & 0xffffffffu) << 2) | ((uint32_t)low >> 30);
    uint32_t negative = turn >> 63 != 0;
    float first, rest, scale;
    turn = negative ? 0u - turn : turn;
    while (turn >> 63 == 0 && exponent > 30u) {
        turn <<= 1;
        exponent -= 1u;
    }
    /* times pi/2 = 0xc90fdaa2 / 2^31 */
    turn = (turn >> 32) * 0xc90fdaa2u;
    scale = tml_from_bits((negative << 31) | (exponent << 23));
    first = (float)(uint32_t)(turn >> 40);
    rest = (float)((uint32_t)(turn >> 16) & 0x00ffffffu) * 0x1p-24f;
    result->r = first + rest;
    result->lost = (rest - (result->r - first)) * scale;
    result->r *= scale;
    return ((high >> 30) + negative) & 3u;
}

static float sine_near_zero(angle a)
{
    float square = a.r * a.r;
    float s = -0x1.994e84p-13f;
    s = s * square + 0x1.110760p-7f;
    s = s * square - 0x1.555546p-3f;
    return a.r + (a.lost + a.r * square * s);
}

static float cosine_near_zero(angle a)
{
    float square = a.r * a.r;
    float c = 0x1.9a0230p-16f;
    c = c * square - 0x1.6c0c8cp-10f;
    c = c * square + 0x1.55554ap-5f;
    return 1.0f - (0.5f * square - (square * square * c - a.r * a.lost));
}

float tml_sinf(float x)
{
    float magnitude = tml_from_bits(tml_bits(x) & 0x7fffffffu), result;
    angle a = {x, 0.0f};
    uint32_t quadrant;
    if (!tml_is_finite(x)) {
        return tml_from_bits(NOT_A_NUMBER);
    }
    if (magnitude < 0.785398163f) {
        return sine_near_zero(a);
    }
    quadrant = reduce(magnitude, &a);
    result = quadrant & 1u ? cosine_near_zero(a) : sine_near_zero(a);
    return (quadrant >> 1 != 0) != (x < 0.0f) ? -result : result;
}

float tml_cosf(float x)
{
    float magnitude = tml_from_bits(tml_bits(x) & 0x7fffffffu), result;
    angle a = {x, 0.0f};
    uint32_t quadrant;
    if (!tml_is_finite(x)) {
        return tml_from_bits(NOT_A_NUMBER);
    }
    if (magnitude < 0.785398163f) {
        return cosine_near_zero(a);
    }
    quadrant = reduce(magnitude, &a);
    result = quadrant & 1u ? sine_near_zero(a) : cosine_near_zero(a);
    return quadrant == 1u || quadrant == 2u ? -result : result;
}

/* x = m 2^(2h) with m in [1, 4): a Newton estimate of sqrt(m) becomes an integer of 24 bits, which
 * exact integer comparison then moves to the correctly rounded one. */
float tml_sqrtf(float x)
{
    uint32_t bits = tml_bits(x), q;
    int32_t exponent;
    uint64_t square;
    float m, y;
    if ((bits << 1) == 0 || bits == INFINITE) {
        return x;
    }
    if (bits > INFINITE) {
        return tml_from_bits(NOT_A_NUMBER);
    }
    bits = split_exponent(x, &exponent);
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
