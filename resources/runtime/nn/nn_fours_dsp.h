/* TinyML Studio runtime: four values times four weights on cores with the DSP extension. */
#ifndef TML_NN_FOURS_DSP_H
#define TML_NN_FOURS_DSP_H

#include "nn_math.h"

#ifdef TML_NN_DSP

/* Four values as two pairs. */
typedef struct {
    uint32_t even, odd;
} tml_nn_four;

static inline tml_nn_four tml_nn_four_s16(const int16_t *from)
{
    const uint32_t first = tml_nn_load(from), second = tml_nn_load(from + 2);
    tml_nn_four four;
    four.even = (first & 0xffff) | second << 16;
    four.odd = first >> 16 | (second & 0xffff0000);
    return four;
}

/* Less a zero point, given as a pair. */
static inline tml_nn_four tml_nn_four_s8(const int8_t *from, uint32_t zeros)
{
    const uint32_t word = tml_nn_load(from);
    tml_nn_four four;
    __asm__("ssub16 %0, %1, %2" : "=r"(four.even) : "r"(tml_nn_even(word)), "r"(zeros));
    __asm__("ssub16 %0, %1, %2" : "=r"(four.odd) : "r"(tml_nn_odd(word)), "r"(zeros));
    return four;
}

static inline uint32_t tml_nn_add_four_products(uint32_t sum, tml_nn_four four, const int8_t *w)
{
    const uint32_t word = tml_nn_load(w);
    __asm__("smlad %0, %1, %2, %0" : "+r"(sum) : "r"(four.even), "r"(tml_nn_even(word)));
    __asm__("smlad %0, %1, %2, %0" : "+r"(sum) : "r"(four.odd), "r"(tml_nn_odd(word)));
    return sum;
}

/* Four values in four sums, whose weights lie `next` apart. */
static inline void tml_nn_add_sixteen_products(uint32_t *sums, tml_nn_four four, const int8_t *w,
                                               int32_t next)
{
    sums[0] = tml_nn_add_four_products(sums[0], four, w);
    sums[1] = tml_nn_add_four_products(sums[1], four, w + next);
    sums[2] = tml_nn_add_four_products(sums[2], four, w + 2 * next);
    sums[3] = tml_nn_add_four_products(sums[3], four, w + 3 * next);
}

#endif

#endif
