/* TinyML Studio runtime: FULLY_CONNECTED on int8 for cores with the DSP extension (and slowly, for
 * everything else, in plain C); the input's zero point is in the bias.
 *
 * Four rows of weights share each input value, their words of four weights taking turns. Behind
 * them are rows on their own: the last ones of another number than a multiple of four, or all of a
 * layer that needs more than bounded arithmetic. */
#ifndef TML_NN_FULLY_CONNECTED_S8_DSP_H
#define TML_NN_FULLY_CONNECTED_S8_DSP_H

#include "nn_math.h"

typedef struct {
    int32_t in_size;
    int32_t quads; /* of a row */
    int32_t fours, out_size;
    const int32_t *weights;
    const int32_t *four_bias;       /* of the rows that are in fours, as the two below */
    const int32_t *four_multiplier; /* doubled */
    const int8_t *four_shift;       /* all of it but one */
    tml_nn_outputs outputs;         /* its arrays: of the rows on their own */
} tml_fully_connected_s8_dsp_layer;

#ifdef TML_NN_DSP

/* What the assembly below reads, in its order. */
typedef struct {
    const int32_t *weights;
    const int8_t *in_end;
    int8_t *out;
    const int32_t *multiplier;
    const int8_t *shift;
    int32_t half;
    int32_t multiplier_step, shift_step; /* bytes, 0 where there is one for all */
    const int32_t *bias;
    const int8_t *in;
    const int8_t *out_end;
    uint32_t entry; /* bytes of code to leave out in the first round of four quads */
} tml_fully_connected_s8_block;

/* Four inputs and four rows: 16 products by 20 instructions of 4 bytes. */
#define TML_FULLY_CONNECTED_S8_QUAD_BYTES 80u
#define TML_FULLY_CONNECTED_S8_ROW(sum, word) \
    "sxtb16 r10, " word "\n" \
    "smlad " sum ", r4, r10, " sum "\n" \
    "sxtb16 " word ", " word ", ror #8\n" \
    "smlad " sum ", r5, " word ", " sum "\n"
#define TML_FULLY_CONNECTED_S8_QUAD \
    "ldr.w r5, [r11], #4\n" \
    "ldm r12!, {r6-r9}\n" \
    "sxtb16 r4, r5\n" \
    "sxtb16 r5, r5, ror #8\n" \
    TML_FULLY_CONNECTED_S8_ROW("r0", "r6") TML_FULLY_CONNECTED_S8_ROW("r1", "r7") \
    TML_FULLY_CONNECTED_S8_ROW("r2", "r8") TML_FULLY_CONNECTED_S8_ROW("r3", "r9")

/* A sum becomes an output: see tml_nn_halved, which says the same in C. */
#define TML_FULLY_CONNECTED_S8_OUTPUT(sum) \
    "ldr r10, [r5]\n" \
    "ldrb r11, [r6]\n" \
    "add r5, r5, r8\n" \
    "add r6, r6, r9\n" \
    "smmlar " sum ", " sum ", r10, " sum "\n" \
    "add " sum ", " sum ", " sum ", asr #31\n" \
    "asr " sum ", " sum ", r11\n" \
    "add " sum ", " sum ", r7\n" \
    "ssat " sum ", #8, " sum ", asr #1\n" \
    "strb " sum ", [r4], #1\n"

/* All rows in fours. It needs every register, so all of it is assembly. */
TML_NN_ASSEMBLY void
tml_fully_connected_s8_fours(const tml_fully_connected_s8_block *block TML_NN_ARGUMENT)
{
    __asm__("push {r4-r11, lr}\n"
            "ldr r12, [r0], #4\n" /* weights */
            "ldr lr, [r0], #4\n"  /* in_end */
            "ldm r0, {r1-r10}\n"
            "adr.w r0, 2f\n"
            "add r10, r10, r0\n"
            "add r10, r10, #1\n"
            /* on the stack: 0 out, 4 multiplier, 8 shift, 12 half, 16 multiplier_step,
             * 20 shift_step, 24 bias, 28 in, 32 out_end, 36 where to enter the loop */
            "push {r1-r10}\n"
            "1:\n"
            "ldrd r4, r11, [sp, #24]\n"
            "ldm r4!, {r0-r3}\n"
            "str r4, [sp, #24]\n"
            "ldr pc, [sp, #36]\n"
            ".balign 4\n"
            "2:\n" TML_FULLY_CONNECTED_S8_QUAD TML_FULLY_CONNECTED_S8_QUAD
            TML_FULLY_CONNECTED_S8_QUAD TML_FULLY_CONNECTED_S8_QUAD
            "cmp r11, lr\n"
            "bne 2b\n"
            "ldm sp, {r4-r9}\n"
            TML_FULLY_CONNECTED_S8_OUTPUT("r0") TML_FULLY_CONNECTED_S8_OUTPUT("r1")
            TML_FULLY_CONNECTED_S8_OUTPUT("r2") TML_FULLY_CONNECTED_S8_OUTPUT("r3")
            "stm sp, {r4-r6}\n"
            "ldr r5, [sp, #32]\n"
            "cmp r4, r5\n"
            "bne 1b\n"
            "add sp, sp, #40\n"
            "pop {r4-r11, pc}\n");
}

TML_NN_KERNEL void tml_fully_connected_s8_all_fours(const tml_fully_connected_s8_dsp_layer *l,
                                                    const int8_t *in, int8_t *out)
{
    tml_fully_connected_s8_block block;
    block.weights = l->weights;
    block.in_end = in + 4 * l->quads;
    block.out = out;
    block.multiplier = l->four_multiplier;
    block.shift = l->four_shift;
    block.half = l->outputs.half;
    block.multiplier_step = 4 * l->outputs.per_channel;
    block.shift_step = l->outputs.per_channel;
    block.bias = l->four_bias;
    block.in = in;
    block.out_end = out + 4 * l->fours;
    block.entry = (0u - (uint32_t)l->quads) % 4u * TML_FULLY_CONNECTED_S8_QUAD_BYTES;
    tml_fully_connected_s8_fours(&block);
}

/* A row on its own. */
static inline uint32_t tml_fully_connected_s8_row(const int32_t *weights, const int8_t *in,
                                                  int32_t quads, uint32_t sum)
{
    const int32_t *const end = weights + quads;
    uint32_t x, w, even, odd;
    __asm__ volatile("1:\n"
                     "ldr %[w], [%[weights]], #4\n"
                     "ldr %[x], [%[in]], #4\n"
                     "sxtb16 %[odd], %[w]\n"
                     "sxtb16 %[even], %[x]\n"
                     "smlad %[sum], %[odd], %[even], %[sum]\n"
                     "sxtb16 %[w], %[w], ror #8\n"
                     "sxtb16 %[x], %[x], ror #8\n"
                     "smlad %[sum], %[w], %[x], %[sum]\n"
                     "cmp %[weights], %[end]\n"
                     "bne 1b\n"
                     : [weights] "+&r"(weights), [in] "+&r"(in), [sum] "+&r"(sum), [x] "=&r"(x),
                       [w] "=&r"(w), [even] "=&r"(even), [odd] "=&r"(odd)
                     : [end] "r"(end)
                     : "cc", "memory");
    return sum;
}

#else

/* The words of a row lie `step` apart. */
static inline uint32_t tml_fully_connected_s8_words(const int32_t *weights, int32_t step,
                                                    const int8_t *in, int32_t quads, uint32_t sum)
{
    for (; quads > 0; quads--) {
        const int32_t w = *weights;
        sum += (uint32_t)(in[0] * tml_nn_weight(w, 0) + in[1] * tml_nn_weight(w, 1)
                          + in[2] * tml_nn_weight(w, 2) + in[3] * tml_nn_weight(w, 3));
        weights += step;
        in += 4;
    }
    return sum;
}

TML_NN_KERNEL void tml_fully_connected_s8_all_fours(const tml_fully_connected_s8_dsp_layer *l,
                                                    const int8_t *in, int8_t *out)
{
    int32_t row;
    for (row = 0; row < 4 * l->fours; row++) {
        const int32_t *const weights = l->weights + row / 4 * 4 * l->quads + row % 4;
        const int32_t at = row * l->outputs.per_channel;
        const uint32_t bias = (uint32_t)l->four_bias[row];
        const uint32_t sum = tml_fully_connected_s8_words(weights, 4, in, l->quads, bias);
        *out++ = tml_nn_halved(sum, l->four_multiplier[at], l->four_shift[at], l->outputs.half);
    }
}

static inline uint32_t tml_fully_connected_s8_row(const int32_t *weights, const int8_t *in,
                                                  int32_t quads, uint32_t sum)
{
    return tml_fully_connected_s8_words(weights, 1, in, quads, sum);
}

#endif

/* One input of a multiple of four values. */
TML_NN_KERNEL void tml_fully_connected_s8_dsp(const tml_fully_connected_s8_dsp_layer *l,
                                              const int8_t *in, int8_t *out)
{
    const tml_nn_outputs *const o = &l->outputs;
    const int32_t *weights = l->weights + 4 * l->fours * l->quads;
    int32_t row;
    if (l->fours > 0) {
        tml_fully_connected_s8_all_fours(l, in, out);
        if (o->low > -128 || o->high < 127) {
            tml_nn_clamp_run(out, 4 * l->fours, o->low, o->high);
        }
        out += 4 * l->fours;
    }
    for (row = 0; row < l->out_size - 4 * l->fours; row++) {
        const uint32_t bias = (uint32_t)o->bias[row];
        const uint32_t sum = tml_fully_connected_s8_row(weights, in, l->quads, bias);
        out[row] = tml_nn_any_s8(o, row, sum);
        weights += l->quads;
    }
}

/* One input of any size; it is copied to `scratch` and filled up to a multiple of four. */
TML_NN_KERNEL void tml_fully_connected_any_s8_dsp(const tml_fully_connected_s8_dsp_layer *l,
                                                  const int8_t *in, int8_t *out, int8_t *scratch)
{
    int32_t i;
    for (i = 0; i < 4 * l->quads; i++) {
        scratch[i] = i < l->in_size ? in[i] : (int8_t)0;
    }
    tml_fully_connected_s8_dsp(l, scratch, out);
}

#endif
