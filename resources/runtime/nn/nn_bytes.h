/* TinyML Studio runtime: copying and filling memory of values of any type, quick for runs. */
#ifndef TML_NN_BYTES_H
#define TML_NN_BYTES_H

#include "nn_math.h"

typedef uint32_t TML_NN_ALIAS tml_nn_word;

/* Copy bytes that lie together, in words where the core or the addresses allow it. */
static inline void tml_nn_copy_bytes(const void *from, void *to, int32_t count)
{
    const int8_t *in = (const int8_t *)from;
    int8_t *out = (int8_t *)to;
    int32_t n;
#ifdef TML_NN_DSP
    for (n = count >> 4; n > 0; n--) {
        const uint32_t a = tml_nn_load(in), b = tml_nn_load(in + 4);
        const uint32_t c = tml_nn_load(in + 8), d = tml_nn_load(in + 12);
        __builtin_memcpy(out, &a, sizeof a);
        __builtin_memcpy(out + 4, &b, sizeof b);
        __builtin_memcpy(out + 8, &c, sizeof c);
        __builtin_memcpy(out + 12, &d, sizeof d);
        in += 16;
        out += 16;
    }
    for (n = (count >> 2) & 3; n > 0; n--) {
        const uint32_t a = tml_nn_load(in);
        __builtin_memcpy(out, &a, sizeof a);
        in += 4;
        out += 4;
    }
    n = count & 3;
#else
    n = count;
    if (n >= 4 && (((uintptr_t)in | (uintptr_t)out) & 3) == 0) {
        for (n = count >> 2; n > 0; n--) {
            *(tml_nn_word *)(void *)out = *(const tml_nn_word *)(const void *)in;
            in += 4;
            out += 4;
        }
        n = count & 3;
    }
#endif
    for (; n > 0; n--) {
        *out++ = *in++;
    }
}

/* Copy `count` values of `width` bytes (1, 2, 4 or 8) that lie `step` bytes apart; return where
 * the next one goes. */
static inline int8_t *tml_nn_copy_every(const int8_t *in, int32_t step, int8_t *out,
                                        int32_t count, int32_t width)
{
    int32_t i;
    if (width == 1) {
        for (i = count >> 2; i > 0; i--) {
            out[0] = in[0];
            out[1] = in[step];
            out[2] = in[2 * step];
            out[3] = in[3 * step];
            in += 4 * step;
            out += 4;
        }
        for (i = count & 3; i > 0; i--) {
            *out++ = *in;
            in += step;
        }
    } else if (width == 2) {
        for (i = 0; i < count; i++) {
            *(tml_nn_half *)(void *)out = *(const tml_nn_half *)(const void *)in;
            in += step;
            out += 2;
        }
    } else {
        for (i = 0; i < count; i++) {
            *(tml_nn_word *)(void *)out = *(const tml_nn_word *)(const void *)in;
            if (width == 8) {
                *(tml_nn_word *)(void *)(out + 4) = *(const tml_nn_word *)(const void *)(in + 4);
            }
            in += step;
            out += width;
        }
    }
    return out;
}

/* Fill bytes with a value of `width` bytes (1, 2 or 4), given by its bits; return the end. */
static inline int8_t *tml_nn_fill(int8_t *out, int32_t bytes, uint32_t value, int32_t width)
{
    int32_t i;
    if (width == 1) {
        for (i = 0; i < bytes; i++) {
            *out++ = (int8_t)value;
        }
    } else if (width == 2) {
        for (i = 0; i < bytes; i += 2) {
            *(tml_nn_half *)(void *)out = (int16_t)value;
            out += 2;
        }
    } else {
        for (i = 0; i < bytes; i += 4) {
            *(tml_nn_word *)(void *)out = value;
            out += 4;
        }
    }
    return out;
}

#endif
