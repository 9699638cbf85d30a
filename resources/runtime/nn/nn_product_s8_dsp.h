/* TinyML Studio runtime: the product of int8 weights with the taps of three pixels, for cores with
 * the DSP extension (and slowly, for everything else, in plain C).
 *
 * Taps are widened to 16 bits once and then used by all channels. They lie in quads: of every
 * four taps first the pairs (0, 2) of pixels a, b and c, then the pairs (1, 3). Weights lie in
 * words of four. Channels go two by two: per quad a word with the taps 0 and 2 of both, then one
 * with 1 and 3. Then follow channels on their own: the last of an odd number, or all of a layer
 * that needs more than bounded arithmetic. Behind the last weight is one more word, and behind the
 * taps are eight more bytes, that may be read but are not used. */
#ifndef TML_NN_PRODUCT_S8_DSP_H
#define TML_NN_PRODUCT_S8_DSP_H

#include "nn_math.h"

typedef struct {
    int32_t quads; /* of a channel */
    int32_t pairs, out_channels;
    const int32_t *weights;
    const int32_t *channels; /* per pair: two biases, two doubled multipliers */
    const int16_t *shifts;  /* per pair: all of the shifts but one, the first one's lowest */
    tml_nn_outputs outputs;  /* its arrays: of the channels on their own */
} tml_nn_product_s8;

/* Halves of a quad, and where its second three pairs begin. */
enum { TML_NN_QUAD = 12, TML_NN_QUAD_ODD = 6 };

#ifdef TML_NN_DSP

/* Widen `rows` rows of `quads` times four taps of three pixels; behind a row `skip` bytes are left
 * out. Returns the end of what it wrote. */
TML_NN_ASSEMBLY tml_nn_half *
tml_nn_widen_three(const int8_t *a TML_NN_ARGUMENT, const int8_t *b TML_NN_ARGUMENT,
                   const int8_t *c TML_NN_ARGUMENT, tml_nn_half *to TML_NN_ARGUMENT,
                   int32_t quads TML_NN_ARGUMENT, int32_t rows TML_NN_ARGUMENT,
                   int32_t skip TML_NN_ARGUMENT)
{
    __asm__("push {r4-r11, lr}\n"
            "add r10, sp, #36\n"
            "ldm r10, {r10-r12}\n" /* quads, rows, skip */
            "1:\n"
            "mov lr, r10\n"
            "2:\n"
            "ldr r7, [r0], #4\n"
            "ldr r8, [r1], #4\n"
            "ldr r9, [r2], #4\n"
            "sxtb16 r4, r7\n"
            "sxtb16 r5, r8\n"
            "sxtb16 r6, r9\n"
            "sxtb16 r7, r7, ror #8\n"
            "sxtb16 r8, r8, ror #8\n"
            "sxtb16 r9, r9, ror #8\n"
            "stm r3!, {r4-r9}\n"
            "subs lr, lr, #1\n"
            "bne 2b\n"
            "add r0, r0, r12\n"
            "add r1, r1, r12\n"
            "add r2, r2, r12\n"
            "subs r11, r11, #1\n"
            "bne 1b\n"
            "mov r0, r3\n"
            "pop {r4-r11, pc}\n");
}

/* One row of one of the pixels. */
static inline tml_nn_half *tml_nn_widen_one(const int8_t *from, tml_nn_half *to, int32_t quads)
{
    const int8_t *const end = from + 4 * quads;
    uint32_t word, pair;
    while (from != end) {
        __asm__ volatile("ldr %[word], [%[from]], #4\n"
                         "sxtb16 %[pair], %[word]\n"
                         "sxtb16 %[word], %[word], ror #8\n"
                         "str %[pair], [%[to]], #12\n"
                         "str %[word], [%[to]], #12\n"
                         : [from] "+&r"(from), [to] "+&r"(to), [word] "=&r"(word),
                           [pair] "=&r"(pair)
                         :
                         : "memory");
    }
    return to;
}

/* What the assembly below reads, in its order. */
typedef struct {
    const int32_t *weights, *channels;
    int8_t *out;            /* of pixel a */
    int32_t step_b, step_c; /* from there to the outputs of b and c */
    int32_t half;
    const int16_t *shifts;
    const tml_nn_half *taps, *taps_end;
    const int32_t *channels_end;
    uint32_t entry; /* bytes of code to leave out in the first round of four quads */
} tml_nn_block;

/* Four taps of three pixels and two channels: 24 products. A word of weights is, of two taps,
 * those of both channels, each in every other byte. Every instruction takes 4 bytes. */
#ifndef TML_NN_DUAL_ISSUE
#define TML_NN_QUAD_BYTES 76u
#define TML_NN_QUAD_AHEAD 0
#define TML_NN_QUAD_START ""
#define TML_NN_QUAD_END ""
#define TML_NN_QUAD_TWO(weights) \
    "ldm r12!, {r6, r7, r8}\n" \
    "sxtb16 r11, " weights "\n" \
    "smlad r0, r6, r11, r0\n" \
    "smlad r1, r7, r11, r1\n" \
    "smlad r2, r8, r11, r2\n" \
    "sxtb16 " weights ", " weights ", ror #8\n" \
    "smlad r3, r6, " weights ", r3\n" \
    "smlad r4, r7, " weights ", r4\n" \
    "smlad r5, r8, " weights ", r5\n"
#define TML_NN_QUAD_PRODUCTS \
    "ldrd r9, r10, [lr], #8\n" TML_NN_QUAD_TWO("r9") TML_NN_QUAD_TWO("r10")
#else
/* For Cortex-M7: beside each multiplication something else, loads well before their use. So when a
 * quad begins, its first weights and taps of a and b are there already. */
#define TML_NN_QUAD_BYTES 96u
#define TML_NN_QUAD_AHEAD 4 /* halves that have been loaded already */
#define TML_NN_QUAD_START \
    "ldr.w r9, [lr], #4\n" \
    "ldr.w r6, [r12], #4\n" \
    "ldr.w r7, [r12], #4\n" \
    "sxtb16 r11, r9\n"
#define TML_NN_QUAD_END "sub lr, lr, #4\n"
#define TML_NN_QUAD_TWO(weights, next) \
    "smlad r0, r6, r11, r0\n" \
    "ldr.w r8, [r12], #4\n" \
    "smlad r1, r7, r11, r1\n" \
    "sxtb16 " weights ", " weights ", ror #8\n" \
    "smlad r3, r6, " weights ", r3\n" \
    "ldr.w " next ", [lr], #4\n" \
    "smlad r4, r7, " weights ", r4\n" \
    "ldr.w r6, [r12], #4\n" \
    "smlad r2, r8, r11, r2\n" \
    "ldr.w r7, [r12], #4\n" \
    "smlad r5, r8, " weights ", r5\n" \
    "sxtb16 r11, " next "\n"
#define TML_NN_QUAD_PRODUCTS TML_NN_QUAD_TWO("r9", "r10") TML_NN_QUAD_TWO("r10", "r9")
#endif

/* A sum becomes an output as tml_nn_halved says it in C. */
#define TML_NN_SCALE(sum, multiplier) "smmlar " sum ", " sum ", " multiplier ", " sum "\n"
#define TML_NN_AWAY(sum) "add " sum ", " sum ", " sum ", asr #31\n"
#define TML_NN_SHIFT(sum, by) "asr " sum ", " sum ", " by "\n"
#define TML_NN_HALF(sum, half) "add " sum ", " sum ", " half "\n"
#define TML_NN_LAST(sum) "ssat " sum ", #8, " sum ", asr #1\n"

/* All pairs of channels. It needs every register, so all of it is assembly. */
TML_NN_ASSEMBLY void tml_nn_product_pairs(const tml_nn_block *block TML_NN_ARGUMENT)
{
    __asm__("push {r4-r11, lr}\n"
            "ldr lr, [r0], #4\n" /* weights */
            "ldm r0, {r1-r10}\n"
            "adr.w r0, 2f\n"
            "add r10, r10, r0\n"
            "add r10, r10, #1\n"
            /* on the stack: 0 channels, 4 out, 8 step_b, 12 step_c, 16 half, 20 shifts, 24 taps,
             * 28 taps_end, 32 channels_end, 36 where to enter the loop */
            "push {r1-r10}\n"
            "mov r6, r1\n"
            "1:\n"
            "ldrd r0, r3, [r6], #16\n"
            "str r6, [sp]\n"
            "ldr r12, [sp, #24]\n"
            "mov r1, r0\n"
            "mov r2, r0\n"
            "mov r4, r3\n"
            "mov r5, r3\n" TML_NN_QUAD_START
            "ldr pc, [sp, #36]\n"
            ".balign 4\n"
            "2:\n" TML_NN_QUAD_PRODUCTS TML_NN_QUAD_PRODUCTS TML_NN_QUAD_PRODUCTS
            TML_NN_QUAD_PRODUCTS
            "ldr r8, [sp, #28]\n"
            "cmp r12, r8\n"
            "bne 2b\n" TML_NN_QUAD_END
            "ldm sp, {r6-r11}\n"
            "ldrh r12, [r11], #2\n"
            "str r11, [sp, #20]\n"
            "ldrd r6, r11, [r6, #-8]\n"
            TML_NN_SCALE("r0", "r6") TML_NN_SCALE("r1", "r6") TML_NN_SCALE("r2", "r6")
            TML_NN_SCALE("r3", "r11") TML_NN_SCALE("r4", "r11") TML_NN_SCALE("r5", "r11")
            TML_NN_AWAY("r0") TML_NN_AWAY("r1") TML_NN_AWAY("r2")
            TML_NN_SHIFT("r0", "r12") TML_NN_SHIFT("r1", "r12") TML_NN_SHIFT("r2", "r12")
            "lsr r12, r12, #8\n"
            TML_NN_AWAY("r3") TML_NN_AWAY("r4") TML_NN_AWAY("r5")
            TML_NN_SHIFT("r3", "r12") TML_NN_SHIFT("r4", "r12") TML_NN_SHIFT("r5", "r12")
            TML_NN_HALF("r0", "r10") TML_NN_HALF("r1", "r10") TML_NN_HALF("r2", "r10")
            TML_NN_HALF("r3", "r10") TML_NN_HALF("r4", "r10") TML_NN_HALF("r5", "r10")
            TML_NN_LAST("r0") TML_NN_LAST("r1") TML_NN_LAST("r2")
            TML_NN_LAST("r3") TML_NN_LAST("r4") TML_NN_LAST("r5")
            /* pixel a last: where there is no b or c, theirs go to the same place */
            "strb r2, [r7, r9]\n"
            "strb r1, [r7, r8]\n"
            "strb r0, [r7], #1\n"
            "strb r5, [r7, r9]\n"
            "strb r4, [r7, r8]\n"
            "strb r3, [r7], #1\n"
            "str r7, [sp, #4]\n"
            "ldr r6, [sp]\n"
            "ldr r11, [sp, #32]\n"
            "cmp r6, r11\n"
            "bne 1b\n"
            "add sp, sp, #40\n"
            "pop {r4-r11, pc}\n");
}

/* One channel of three pixels. */
static inline void tml_nn_product_channel(const int32_t *weights, const tml_nn_half *taps,
                                          int32_t quads, uint32_t sums[3])
{
    const int32_t *const end = weights + quads;
    uint32_t a = sums[0], b = sums[1], c = sums[2], x, y, z, even, odd;
    __asm__ volatile("1:\n"
                     "ldr %[odd], [%[w]], #4\n"
                     "ldrd %[x], %[y], [%[taps]], #8\n"
                     "ldr %[z], [%[taps]], #4\n"
                     "sxtb16 %[even], %[odd]\n"
                     "smlad %[a], %[x], %[even], %[a]\n"
                     "smlad %[b], %[y], %[even], %[b]\n"
                     "smlad %[c], %[z], %[even], %[c]\n"
                     "ldrd %[x], %[y], [%[taps]], #8\n"
                     "sxtb16 %[odd], %[odd], ror #8\n"
                     "ldr %[z], [%[taps]], #4\n"
                     "smlad %[a], %[x], %[odd], %[a]\n"
                     "smlad %[b], %[y], %[odd], %[b]\n"
                     "smlad %[c], %[z], %[odd], %[c]\n"
                     "cmp %[w], %[end]\n"
                     "bne 1b\n"
                     : [w] "+&r"(weights), [taps] "+&r"(taps), [a] "+&r"(a), [b] "+&r"(b),
                       [c] "+&r"(c), [x] "=&r"(x), [y] "=&r"(y), [z] "=&r"(z),
                       [even] "=&r"(even), [odd] "=&r"(odd)
                     : [end] "r"(end)
                     : "cc", "memory");
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
}

/* What is the same for all pixels of a layer. */
static inline void tml_nn_product_prepare(const tml_nn_product_s8 *p, const tml_nn_half *taps,
                                          tml_nn_block *block)
{
    block->weights = p->weights;
    block->channels = p->channels;
    block->half = p->outputs.half;
    block->shifts = p->shifts;
    block->taps = taps;
    block->taps_end = taps + TML_NN_QUAD * p->quads + TML_NN_QUAD_AHEAD;
    block->channels_end = p->channels + 4 * p->pairs;
    block->entry = (0u - (uint32_t)p->quads) % 4u * TML_NN_QUAD_BYTES;
}

static inline void tml_nn_product_all_pairs(const tml_nn_product_s8 *p, tml_nn_block *block,
                                            int8_t *out, int32_t step_b, int32_t step_c)
{
    (void)p;
    block->out = out;
    block->step_b = step_b;
    block->step_c = step_c;
    tml_nn_product_pairs(block);
}

#else

static inline tml_nn_half *tml_nn_widen_one(const int8_t *from, tml_nn_half *to, int32_t quads)
{
    for (; quads > 0; quads--) {
        to[0] = from[0];
        to[1] = from[2];
        to[TML_NN_QUAD_ODD] = from[1];
        to[TML_NN_QUAD_ODD + 1] = from[3];
        from += 4;
        to += TML_NN_QUAD;
    }
    return to;
}

static inline tml_nn_half *tml_nn_widen_three(const int8_t *a, const int8_t *b, const int8_t *c,
                                              tml_nn_half *to, int32_t quads, int32_t rows,
                                              int32_t skip)
{
    for (; rows > 0; rows--) {
        (void)tml_nn_widen_one(a, to, quads);
        (void)tml_nn_widen_one(b, to + 2, quads);
        (void)tml_nn_widen_one(c, to + 4, quads);
        to += TML_NN_QUAD * quads;
        a += 4 * quads + skip;
        b += 4 * quads + skip;
        c += 4 * quads + skip;
    }
    return to;
}

static inline void tml_nn_product_quad(const tml_nn_half *taps, const int32_t w[4],
                                       uint32_t sums[3])
{
    int32_t pixel;
    for (pixel = 0; pixel < 3; pixel++) {
        const tml_nn_half *const even = taps + 2 * pixel, *const odd = even + TML_NN_QUAD_ODD;
        sums[pixel] += (uint32_t)(even[0] * w[0] + odd[0] * w[1] + even[1] * w[2] + odd[1] * w[3]);
    }
}

static inline void tml_nn_product_channel(const int32_t *weights, const tml_nn_half *taps,
                                          int32_t quads, uint32_t sums[3])
{
    for (; quads > 0; quads--) {
        int32_t w[4];
        int i;
        for (i = 0; i < 4; i++) {
            w[i] = tml_nn_weight(*weights, i);
        }
        tml_nn_product_quad(taps, w, sums);
        weights++;
        taps += TML_NN_QUAD;
    }
}

/* One channel of a pair: `which` is 0 or 1. */
static inline void tml_nn_product_half(const int32_t *weights, int which, const tml_nn_half *taps,
                                       int32_t quads, uint32_t sums[3])
{
    for (; quads > 0; quads--) {
        int32_t w[4];
        int i;
        for (i = 0; i < 4; i++) {
            w[i] = tml_nn_weight(weights[i % 2], i / 2 * 2 + which);
        }
        tml_nn_product_quad(taps, w, sums);
        weights += 2;
        taps += TML_NN_QUAD;
    }
}

typedef struct {
    const tml_nn_half *taps;
} tml_nn_block;

static inline void tml_nn_product_prepare(const tml_nn_product_s8 *p, const tml_nn_half *taps,
                                          tml_nn_block *block)
{
    (void)p;
    block->taps = taps;
}

static inline void tml_nn_product_all_pairs(const tml_nn_product_s8 *p, const tml_nn_block *block,
                                            int8_t *out, int32_t step_b, int32_t step_c)
{
    const int32_t *weights = p->weights, *c = p->channels;
    const int32_t *const end = c + 4 * p->pairs, half = p->outputs.half;
    const int16_t *shifts = p->shifts;
    int which;
    for (; c != end; c += 4, shifts++) {
        for (which = 0; which < 2; which++) {
            const int32_t shift = *shifts >> (8 * which) & 0xff;
            uint32_t sums[3];
            sums[0] = sums[1] = sums[2] = (uint32_t)c[which];
            tml_nn_product_half(weights, which, block->taps, p->quads, sums);
            out[step_c] = tml_nn_halved(sums[2], c[2 + which], shift, half);
            out[step_b] = tml_nn_halved(sums[1], c[2 + which], shift, half);
            *out++ = tml_nn_halved(sums[0], c[2 + which], shift, half);
        }
        weights += 2 * p->quads;
    }
}

#endif

/* All channels of `count` pixels, 1 to 3, whose taps are there; the outputs are one after the
 * other. Where there are less than three, the taps of the others are anything. */
TML_NN_SHARED void tml_nn_product_three(const tml_nn_product_s8 *p, tml_nn_block *block,
                                        int8_t *out, int32_t count)
{
    const int32_t paired = 2 * p->pairs, size = p->out_channels;
    const tml_nn_outputs *const o = &p->outputs;
    const int32_t *weights = p->weights + paired * p->quads;
    int32_t channel, pixel;
    if (paired > 0) {
        const int32_t step_b = count > 1 ? size : 0, step_c = count > 2 ? 2 * size : step_b;
        tml_nn_product_all_pairs(p, block, out, step_b, step_c);
        if (o->low > -128 || o->high < 127) {
            tml_nn_clamp_run(out, count * size, o->low, o->high);
        }
    }
    for (channel = 0; channel < size - paired; channel++) {
        uint32_t sums[3];
        sums[0] = sums[1] = sums[2] = (uint32_t)o->bias[channel];
        tml_nn_product_channel(weights, block->taps, p->quads, sums);
        weights += p->quads;
        for (pixel = 0; pixel < count; pixel++) {
            int8_t *const to = out + pixel * size + paired;
            if (o->form == TML_NN_ANY) {
                to[channel] = tml_nn_any_s8(o, channel, sums[pixel]);
            } else {
                tml_nn_store_one(o, channel, sums[pixel], to);
            }
        }
    }
}

#endif
