/* TinyML Studio runtime: sums of products of two rows, for layers whose weights lie as in the
 * file. Sums are unsigned so that they wrap where a hostile model overflows them; in which order
 * they are taken does not matter then. */
#ifndef TML_NN_DOT_H
#define TML_NN_DOT_H

#include "nn_math.h"

#ifdef TML_NN_DSP
/* Two products of pairs of 16-bit numbers, added to a sum. */
static inline uint32_t tml_nn_dot_pairs(uint32_t a, uint32_t b, uint32_t sum)
{
    __asm__("smlad %0, %1, %2, %0" : "+r"(sum) : "r"(a), "r"(b));
    return sum;
}
#endif

static inline uint32_t tml_nn_dot_s8(const int8_t *x, const int8_t *w, int32_t count,
                                     uint32_t sum)
{
#ifdef TML_NN_DSP
    for (; count >= 4; count -= 4) {
        const uint32_t a = tml_nn_load(x), b = tml_nn_load(w);
        sum = tml_nn_dot_pairs(tml_nn_even(a), tml_nn_even(b), sum);
        sum = tml_nn_dot_pairs(tml_nn_odd(a), tml_nn_odd(b), sum);
        x += 4;
        w += 4;
    }
#endif
    for (; count > 0; count--) {
        sum += (uint32_t)((int32_t)*x++ * *w++);
    }
    return sum;
}

static inline uint32_t tml_nn_dot_s16(const int16_t *x, const int16_t *w, int32_t count,
                                      uint32_t sum)
{
#ifdef TML_NN_DSP
    for (; count >= 2; count -= 2) {
        sum = tml_nn_dot_pairs(tml_nn_load(x), tml_nn_load(w), sum);
        x += 2;
        w += 2;
    }
#endif
    for (; count > 0; count--) {
        sum += (uint32_t)((int32_t)*x++ * *w++);
    }
    return sum;
}

/* Four rows of weights, `next` apart, with one row of values. */
static inline void tml_nn_dot_four_s8(const int8_t *x, const int8_t *w, int32_t next,
                                      int32_t count, uint32_t *sums)
{
    const int8_t *w1 = w + next, *w2 = w1 + next, *w3 = w2 + next;
    uint32_t a = sums[0], b = sums[1], c = sums[2], d = sums[3];
#ifdef TML_NN_DSP
    for (; count >= 4; count -= 4) {
        const uint32_t four = tml_nn_load(x), even = tml_nn_even(four), odd = tml_nn_odd(four);
        uint32_t word = tml_nn_load(w);
        a = tml_nn_dot_pairs(tml_nn_even(word), even, a);
        a = tml_nn_dot_pairs(tml_nn_odd(word), odd, a);
        word = tml_nn_load(w1);
        b = tml_nn_dot_pairs(tml_nn_even(word), even, b);
        b = tml_nn_dot_pairs(tml_nn_odd(word), odd, b);
        word = tml_nn_load(w2);
        c = tml_nn_dot_pairs(tml_nn_even(word), even, c);
        c = tml_nn_dot_pairs(tml_nn_odd(word), odd, c);
        word = tml_nn_load(w3);
        d = tml_nn_dot_pairs(tml_nn_even(word), even, d);
        d = tml_nn_dot_pairs(tml_nn_odd(word), odd, d);
        x += 4;
        w += 4;
        w1 += 4;
        w2 += 4;
        w3 += 4;
    }
#endif
    for (; count > 0; count--) {
        const int32_t value = *x++;
        a += (uint32_t)(value * *w++);
        b += (uint32_t)(value * *w1++);
        c += (uint32_t)(value * *w2++);
        d += (uint32_t)(value * *w3++);
    }
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
}

/* The same for 16-bit values, at most 256 of them, so that signed sums hold the products. */
static inline void tml_nn_dot_four_s16(const int16_t *x, const int8_t *w, int32_t next,
                                       int32_t count, int32_t *sums)
{
    const int8_t *w1 = w + next, *w2 = w1 + next, *w3 = w2 + next;
    uint32_t a = 0, b = 0, c = 0, d = 0;
#ifdef TML_NN_DSP
    for (; count >= 4; count -= 4) {
        const uint32_t low = tml_nn_load(x), high = tml_nn_load(x + 2);
        uint32_t even, odd, word = tml_nn_load(w);
        __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(even) : "r"(low), "r"(high));
        __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(odd) : "r"(high), "r"(low));
        a = tml_nn_dot_pairs(tml_nn_even(word), even, a);
        a = tml_nn_dot_pairs(tml_nn_odd(word), odd, a);
        word = tml_nn_load(w1);
        b = tml_nn_dot_pairs(tml_nn_even(word), even, b);
        b = tml_nn_dot_pairs(tml_nn_odd(word), odd, b);
        word = tml_nn_load(w2);
        c = tml_nn_dot_pairs(tml_nn_even(word), even, c);
        c = tml_nn_dot_pairs(tml_nn_odd(word), odd, c);
        word = tml_nn_load(w3);
        d = tml_nn_dot_pairs(tml_nn_even(word), even, d);
        d = tml_nn_dot_pairs(tml_nn_odd(word), odd, d);
        x += 4;
        w += 4;
        w1 += 4;
        w2 += 4;
        w3 += 4;
    }
#endif
    for (; count > 0; count--) {
        const int32_t value = *x++;
        a += (uint32_t)(value * *w++);
        b += (uint32_t)(value * *w1++);
        c += (uint32_t)(value * *w2++);
        d += (uint32_t)(value * *w3++);
    }
    sums[0] = (int32_t)a;
    sums[1] = (int32_t)b;
    sums[2] = (int32_t)c;
    sums[3] = (int32_t)d;
}

#endif
