#include "math/tml_math.h"

float tml_logf(float x)
{
    return tml_math_log(x);
}

float tml_expf(float x)
{
    return tml_math_exp(x);
}

float tml_sqrtf(float x)
{
    return tml_math_sqrt(x);
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
        return tml_from_bits(TML_MATH_NAN);
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
        return tml_from_bits(TML_MATH_NAN);
    }
    if (magnitude < 0.785398163f) {
        return cosine_near_zero(a);
    }
    quadrant = reduce(magnitude, &a);
    result = quadrant & 1u ? sine_near_zero(a) : cosine_near_zero(a);
    return quadrant == 1u || quadrant == 2u ? -result : result;
}
