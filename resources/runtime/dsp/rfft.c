/* A real transform of N values as a complex one of M = N/2 (even values real, odd ones imaginary)
 * and a pass that splits the two. The complex one decimates in time: bit reversal, one pass of
 * radix 4 or 8 without multiplications worth the name, then passes of radix 4. */
#include "dsp/rfft.h"

typedef struct {
    float re, im;
} complex_f32;

static complex_f32 add(complex_f32 a, complex_f32 b)
{
    complex_f32 sum = {a.re + b.re, a.im + b.im};
    return sum;
}

static complex_f32 subtract(complex_f32 a, complex_f32 b)
{
    complex_f32 difference = {a.re - b.re, a.im - b.im};
    return difference;
}

static complex_f32 multiply(complex_f32 a, complex_f32 b)
{
    complex_f32 product = {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
    return product;
}

/* -i a */
static complex_f32 turn_back(complex_f32 a)
{
    complex_f32 turned = {a.im, -a.re};
    return turned;
}

/* exp(-2 pi i k / N) for k < 3 N / 4, from the quarter wave. */
static complex_f32 twiddle(const float *sine, uint32_t quarter, uint32_t k)
{
    complex_f32 w;
    uint32_t turns = 0;
    while (k >= quarter) {
        k -= quarter;
        turns += 1;
    }
    w.re = sine[quarter - k];
    w.im = -sine[k];
    while (turns != 0) {
        w = turn_back(w);
        turns -= 1;
    }
    return w;
}

static void reverse_bits(complex_f32 *z, uint32_t count)
{
    uint32_t i, reversed = 0;
    for (i = 0; i < count; i++) {
        uint32_t bit = count >> 1;
        if (i < reversed) {
            complex_f32 swap = z[i];
            z[i] = z[reversed];
            z[reversed] = swap;
        }
        while (reversed & bit) {
            reversed ^= bit;
            bit >>= 1;
        }
        reversed |= bit;
    }
}

/* Four values in bit-reversed order (0, 2, 1, 3), already turned by their twiddle factors. */
static void butterfly4(complex_f32 *z, uint32_t step, complex_f32 a, complex_f32 c, complex_f32 b,
                       complex_f32 d)
{
    complex_f32 even = add(a, c), odd = add(b, d);
    complex_f32 even_back = subtract(a, c), odd_back = turn_back(subtract(b, d));
    z[0] = add(even, odd);
    z[step] = add(even_back, odd_back);
    z[2 * step] = subtract(even, odd);
    z[3 * step] = subtract(even_back, odd_back);
}

static void first_pass4(complex_f32 *z, uint32_t count)
{
    uint32_t i;
    for (i = 0; i < count; i += 4) {
        butterfly4(z + i, 1, z[i], z[i + 1], z[i + 2], z[i + 3]);
    }
}

static void first_pass8(complex_f32 *z, uint32_t count)
{
    const float diagonal = 0x1.6a09e6p-1f; /* sqrt(1/2) */
    uint32_t i;
    for (i = 0; i < count; i += 8, z += 8) {
        complex_f32 o1, o3, t;
        uint32_t k;
        butterfly4(z, 1, z[0], z[1], z[2], z[3]);
        butterfly4(z + 4, 1, z[4], z[5], z[6], z[7]);
        o1.re = (z[5].re + z[5].im) * diagonal;
        o1.im = (z[5].im - z[5].re) * diagonal;
        o3.re = (z[7].im - z[7].re) * diagonal;
        o3.im = -(z[7].re + z[7].im) * diagonal;
        z[5] = o1;
        z[6] = turn_back(z[6]);
        z[7] = o3;
        for (k = 0; k < 4; k++) {
            t = z[k + 4];
            z[k + 4] = subtract(z[k], t);
            z[k] = add(z[k], t);
        }
    }
}

static void complex_transform(complex_f32 *z, uint32_t count, const float *sine)
{
    uint32_t quarter = count / 2, size, j, i, bits = 0;
    while (count >> bits > 1) {
        bits += 1;
    }
    reverse_bits(z, count);
    if (bits & 1u) {
        first_pass8(z, count);
        size = 32;
    } else {
        first_pass4(z, count);
        size = 16;
    }
    for (; size <= count; size *= 4) {
        uint32_t step = size / 4, stride = 2 * (count / size);
        for (j = 0; j < step; j++) {
            complex_f32 w1 = twiddle(sine, quarter, j * stride);
            complex_f32 w2 = twiddle(sine, quarter, 2 * j * stride);
            complex_f32 w3 = twiddle(sine, quarter, 3 * j * stride);
            for (i = j; i < count; i += size) {
                butterfly4(z + i, step, z[i], multiply(z[i + step], w2),
                           multiply(z[i + 2 * step], w1), multiply(z[i + 3 * step], w3));
            }
        }
    }
}

void tml_rfft_power(float *data, uint32_t length, const float *sine, float scale)
{
    complex_f32 *z = (complex_f32 *)data;
    uint32_t half = length / 2, quarter = length / 4, k;
    float quarter_scale = 0.25f * scale, first, last;
    complex_transform(z, half, sine);
    first = z[0].re + z[0].im;
    last = z[0].re - z[0].im;
    data[0] = first * first * scale;
    data[length] = last * last * scale;
    for (k = 1; k <= quarter; k++) {
        /* twice the spectra of the even and the odd values at k */
        complex_f32 a = z[k], b = z[half - k], even, odd, w;
        even.re = a.re + b.re;
        even.im = a.im - b.im;
        odd.re = a.im + b.im;
        odd.im = b.re - a.re;
        w.re = sine[quarter - k];
        w.im = -sine[k];
        odd = multiply(odd, w);
        a = add(even, odd);
        b = subtract(even, odd);
        z[k].re = (a.re * a.re + a.im * a.im) * quarter_scale;
        z[half - k].re = (b.re * b.re + b.im * b.im) * quarter_scale;
    }
}
