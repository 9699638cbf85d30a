/* A real transform of N values is a complex one of M = N/2 (even values real, odd ones imaginary)
 * and a pass that splits the two. The complex one decimates in frequency by radix-4 passes and a
 * last one of radix 8 or 4, and leaves its result in bit-reversed order, which the splitting pass
 * reads as it is. Loads, arithmetic and stores are written out: it is the hottest code there is. */
#include "dsp/rfft.h"

typedef struct {
    float re, im;
} complex_f32;

/* One pass over blocks of `size` values: four interleaved quarters are combined and turned; the
 * middle two results change places, so that the order stays that of reversed bits. */
static void pass4(complex_f32 *z, uint32_t count, uint32_t size, const float *sine)
{
    uint32_t step = size / 4, stride = 2 * (count / size), quarter = count / 2, j;
    const complex_f32 *end = z + count;
    for (j = 0; j < step; j++) {
        /* exp(-2 pi i k / N) at k, 2 k and 3 k, the first in the first quarter of the wave */
        uint32_t k = j * stride;
        complex_f32 w1 = {sine[quarter - k], -sine[k]}, w2, w3, *a = z + j;
        if (2 * k <= quarter) {
            w2.re = sine[quarter - 2 * k];
            w2.im = -sine[2 * k];
        } else {
            w2.re = -sine[2 * k - quarter];
            w2.im = -sine[2 * quarter - 2 * k];
        }
        w3.re = w1.re * w2.re - w1.im * w2.im;
        w3.im = w1.re * w2.im + w1.im * w2.re;
        for (; a < end; a += size) {
            complex_f32 *b = a + step, *c = b + step, *d = c + step;
            float sum_re = a->re + c->re, sum_im = a->im + c->im;
            float dif_re = a->re - c->re, dif_im = a->im - c->im;
            float odd_re = b->re + d->re, odd_im = b->im + d->im;
            float turned_re = b->im - d->im, turned_im = d->re - b->re;
            float x, y;
            a->re = sum_re + odd_re;
            a->im = sum_im + odd_im;
            x = sum_re - odd_re;
            y = sum_im - odd_im;
            b->re = x * w2.re - y * w2.im;
            b->im = x * w2.im + y * w2.re;
            x = dif_re + turned_re;
            y = dif_im + turned_im;
            c->re = x * w1.re - y * w1.im;
            c->im = x * w1.im + y * w1.re;
            x = dif_re - turned_re;
            y = dif_im - turned_im;
            d->re = x * w3.re - y * w3.im;
            d->im = x * w3.im + y * w3.re;
        }
    }
}

/* The transforms of four values each that end it all. */
static void last_pass4(complex_f32 *z, uint32_t count)
{
    const complex_f32 *end = z + count;
    for (; z < end; z += 4) {
        float sum_re = z[0].re + z[2].re, sum_im = z[0].im + z[2].im;
        float dif_re = z[0].re - z[2].re, dif_im = z[0].im - z[2].im;
        float odd_re = z[1].re + z[3].re, odd_im = z[1].im + z[3].im;
        float turned_re = z[1].im - z[3].im, turned_im = z[3].re - z[1].re;
        z[0].re = sum_re + odd_re;
        z[0].im = sum_im + odd_im;
        z[1].re = sum_re - odd_re;
        z[1].im = sum_im - odd_im;
        z[2].re = dif_re + turned_re;
        z[2].im = dif_im + turned_im;
        z[3].re = dif_re - turned_re;
        z[3].im = dif_im - turned_im;
    }
}

/* Halves blocks of eight, turning by eighths; last_pass4 does the rest. */
static void pass2_of_8(complex_f32 *z, uint32_t count)
{
    const float diagonal = 0x1.6a09e6p-1f; /* sqrt(1/2) */
    const complex_f32 *end = z + count;
    for (; z < end; z += 8) {
        float x, y;
        x = z[0].re - z[4].re;
        y = z[0].im - z[4].im;
        z[0].re += z[4].re;
        z[0].im += z[4].im;
        z[4].re = x;
        z[4].im = y;
        x = z[1].re - z[5].re;
        y = z[1].im - z[5].im;
        z[1].re += z[5].re;
        z[1].im += z[5].im;
        z[5].re = (x + y) * diagonal;
        z[5].im = (y - x) * diagonal;
        x = z[2].re - z[6].re;
        y = z[2].im - z[6].im;
        z[2].re += z[6].re;
        z[2].im += z[6].im;
        z[6].re = y;
        z[6].im = -x;
        x = z[3].re - z[7].re;
        y = z[3].im - z[7].im;
        z[3].re += z[7].re;
        z[3].im += z[7].im;
        z[7].re = (y - x) * diagonal;
        z[7].im = -(x + y) * diagonal;
    }
}

/* Powers of bins k and M - k from twice the spectra of the even and the odd values there. */
static void split(complex_f32 a, complex_f32 b, float cosine, float sine, float scale,
                  float *low, float *high)
{
    float even_re = a.re + b.re, even_im = a.im - b.im;
    float x = a.im + b.im, y = b.re - a.re;
    float odd_re = x * cosine + y * sine, odd_im = y * cosine - x * sine;
    a.re = even_re + odd_re;
    a.im = even_im + odd_im;
    b.re = even_re - odd_re;
    b.im = even_im - odd_im;
    *low = (a.re * a.re + a.im * a.im) * scale;
    *high = (b.re * b.re + b.im * b.im) * scale;
}

void tml_rfft_power(float *data, uint32_t length, const float *sine, float scale, float *power)
{
    complex_f32 *z = (complex_f32 *)data;
    uint32_t half = length / 2, quarter = length / 4, size, block, k = 0;
    float edge;
    for (size = half; size > 8; size /= 4) {
        pass4(z, half, size, sine);
    }
    if (size == 8) {
        pass2_of_8(z, half);
    }
    last_pass4(z, half);
    edge = z[0].re + z[0].im;
    power[0] = edge * edge * scale;
    edge = z[0].re - z[0].im;
    power[half] = edge * edge * scale;
    scale *= 0.25f;
    /* Place p holds bin k, the reversal of its bits. For p in [block, 2 block) the bin M - k lies
     * mirrored in that range; the first half of it has all pairs once (k = M/2 is its own). */
    for (block = 1; block < half; block *= 2) {
        const complex_f32 *first = z + block, *mirror = z + 2 * block - 1;
        k = half / (2 * block);
        for (; first <= mirror; first++, mirror--) {
            uint32_t bit = quarter, low = k <= quarter ? k : half - k;
            float s = sine[low], c = sine[quarter - low];
            split(*first, *mirror, k <= quarter ? c : -c, s, scale, power + k, power + half - k);
            /* the next place's bin: add one to its bits from the left, below the block's bit */
            while (k & bit) {
                k ^= bit;
                bit >>= 1;
            }
            k |= bit;
        }
    }
}
