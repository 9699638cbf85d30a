/* TinyML Studio runtime: DEPTHWISE_CONV_2D on int8, pixel by pixel, for cores with the DSP
 * extension.
 *
 * For few outputs, or few taps, where gathering rows of each channel does not pay: a word of the
 * input is four channels of a tap, those of two taps become four pairs. Where the taps of an
 * output lie is a list of pointers, which moves on from one output to the next; those outside the
 * picture point to a row of padding. The last four channels may be some of those before again.
 * Elsewhere plain C does the same from the same weights. */
#ifndef TML_NN_DEPTHWISE_CONV2D_ACROSS_S8_H
#define TML_NN_DEPTHWISE_CONV2D_ACROSS_S8_H

#include "nn_math.h"

typedef struct {
    int32_t batches, in_height, in_width, in_channels;
    int32_t out_height, out_width;
    int32_t kernel_height, kernel_width;
    int32_t stride_height, stride_width;
    int32_t pad_top, pad_left;
    int32_t dilation_height, dilation_width;
    int32_t pad_value;
    int32_t low, high, half; /* the last is 2 * zero_point + 1 */
    /* Per four channels: their biases, two words per pair of taps (of channels 0 and 1, then 2 and
     * 3: both channels' first taps, then their second ones), their doubled multipliers, and a word
     * of their shifts but one. Of an odd number of taps a last one follows that is 0. */
    const int32_t *fours;
} tml_depthwise_conv2d_across_s8_layer;

#ifdef TML_NN_DSP

typedef const int8_t *TML_NN_ALIAS tml_depthwise_conv2d_across_place;

/* What the assembly reads, in its order. */
typedef struct {
    tml_depthwise_conv2d_across_place *places; /* of the taps, an even number */
    tml_depthwise_conv2d_across_place *places_end;
    const int32_t *fours;
    int8_t *out;
    int32_t last; /* the first one of the last four channels */
    int32_t half;
} tml_depthwise_conv2d_across_block;

/* A sum becomes an output as tml_nn_halved says it in C. */
#define TML_DEPTHWISE_ACROSS_SCALE(sum, multiplier) \
    "smmlar " sum ", " sum ", " multiplier ", " sum "\n" \
    "add " sum ", " sum ", " sum ", asr #31\n" \
    "asr " sum ", " sum ", r12\n" \
    "lsr r12, r12, #8\n" \
    "add " sum ", " sum ", lr\n" \
    "ssat " sum ", #8, " sum ", asr #1\n"

/* All channels of one output. */
TML_NN_ASSEMBLY void tml_depthwise_conv2d_across_pixel(
    const tml_depthwise_conv2d_across_block *block TML_NN_ARGUMENT)
{
    __asm__("push {r0, r4-r11, lr}\n"
            "ldrd r6, r5, [r0, #4]\n"
            "mov r7, #0\n"
            "1:\n"
            "ldr lr, [sp]\n"
            "ldr r4, [lr]\n"
            "ldm r5!, {r0-r3}\n"
            "2:\n"
            "ldrd r8, r9, [r4], #8\n"
            "ldrd r10, r11, [r5], #8\n"
            "ldr r8, [r8, r7]\n"
            "ldr r9, [r9, r7]\n"
            "sxtb16 lr, r10\n"
            "sxtb16 r10, r10, ror #8\n"
            "pkhbt r12, r8, r9, lsl #16\n"
            "pkhtb r9, r9, r8, asr #16\n"
            "sxtb16 r8, r12\n"
            "sxtb16 r12, r12, ror #8\n"
            "smlad r0, r8, lr, r0\n"
            "sxtb16 lr, r11\n"
            "smlad r1, r12, r10, r1\n"
            "sxtb16 r8, r9\n"
            "sxtb16 r11, r11, ror #8\n"
            "smlad r2, r8, lr, r2\n"
            "sxtb16 r9, r9, ror #8\n"
            "cmp r4, r6\n"
            "smlad r3, r9, r11, r3\n"
            "bne 2b\n"
            "ldm r5!, {r8-r12}\n"
            "ldr r4, [sp]\n"
            "ldr lr, [r4, #20]\n"
            TML_DEPTHWISE_ACROSS_SCALE("r0", "r8") TML_DEPTHWISE_ACROSS_SCALE("r1", "r9")
            TML_DEPTHWISE_ACROSS_SCALE("r2", "r10") TML_DEPTHWISE_ACROSS_SCALE("r3", "r11")
            "ldrd r8, r9, [r4, #12]\n"
            "bfi r0, r1, #8, #8\n"
            "bfi r0, r2, #16, #8\n"
            "bfi r0, r3, #24, #8\n"
            "str r0, [r8, r7]\n"
            "add r7, r7, #4\n"
            "cmp r7, r9\n"
            "bls 1b\n"
            "sub r8, r7, r9\n" /* 4 behind the last four */
            "mov r7, r9\n"
            "cmp r8, #4\n"
            "bne 1b\n"
            "pop {r0, r4-r11, pc}\n");
}

/* List where the taps of the output at (y, x) lie. */
static inline void tml_depthwise_conv2d_across_list(const tml_depthwise_conv2d_across_s8_layer *l,
                                                    const int8_t *in, int32_t y, int32_t x,
                                                    const int8_t *outside,
                                                    tml_depthwise_conv2d_across_place *to,
                                                    tml_depthwise_conv2d_across_place *end)
{
    const int32_t step = l->dilation_width * l->in_channels;
    int32_t row, column;
    for (row = 0; row < l->kernel_height; row++) {
        const int inside = y >= 0 && y < l->in_height;
        int32_t at = inside ? (y * l->in_width + x) * l->in_channels : 0, at_x = x;
        for (column = 0; column < l->kernel_width; column++) {
            *to++ = inside && at_x >= 0 && at_x < l->in_width ? in + at : outside;
            at += step;
            at_x += l->dilation_width;
        }
        y += l->dilation_height;
    }
    if (to != end) {
        *to = to[-1];
    }
}

/* One picture. */
static inline void tml_depthwise_conv2d_across_picture(
    const tml_depthwise_conv2d_across_s8_layer *l, const int8_t *in,
    tml_depthwise_conv2d_across_block *block)
{
    /* positions from which the kernel hangs over the picture's end */
    const int32_t high = l->in_height - (l->kernel_height - 1) * l->dilation_height;
    const int32_t wide = l->in_width - (l->kernel_width - 1) * l->dilation_width;
    const int8_t *const outside = (const int8_t *)block->places_end;
    const int8_t *before = 0; /* the first tap before, if none of that output's was outside */
    tml_depthwise_conv2d_across_place *place;
    int32_t out_y, out_x, y = -l->pad_top;
    for (out_y = 0; out_y < l->out_height; out_y++) {
        int32_t x = -l->pad_left;
        for (out_x = 0; out_x < l->out_width; out_x++) {
            const int8_t *first = 0;
            if (y >= 0 && y < high && x >= 0 && x < wide) {
                first = in + (y * l->in_width + x) * l->in_channels;
            }
            if (first && before) {
                const int32_t step = (int32_t)(first - before);
                for (place = block->places; place != block->places_end; place += 2) {
                    place[0] += step;
                    place[1] += step;
                }
            } else {
                tml_depthwise_conv2d_across_list(l, in, y, x, outside, block->places,
                                                 block->places_end);
            }
            before = first;
            tml_depthwise_conv2d_across_pixel(block);
            block->out += l->in_channels;
            x += l->stride_width;
        }
        y += l->stride_height;
    }
}

/* `scratch` holds the places of the taps and a row of padding. */
TML_NN_SHARED void tml_depthwise_conv2d_across_s8(const tml_depthwise_conv2d_across_s8_layer *l,
                                                  const int8_t *in, int8_t *out, void *scratch)
{
    const int32_t size = l->batches * l->out_height * l->out_width * l->in_channels;
    tml_depthwise_conv2d_across_block block;
    int8_t *outside;
    int32_t i;
    block.places = (tml_depthwise_conv2d_across_place *)scratch;
    block.places_end = block.places + (l->kernel_height * l->kernel_width + 1) / 2 * 2;
    block.fours = l->fours;
    block.out = out;
    block.last = l->in_channels - 4;
    block.half = l->half;
    outside = (int8_t *)block.places_end;
    for (i = 0; i < l->in_channels; i++) {
        outside[i] = (int8_t)l->pad_value;
    }
    for (i = 0; i < l->batches; i++) {
        tml_depthwise_conv2d_across_picture(l, in, &block);
        in += l->in_height * l->in_width * l->in_channels;
    }
    if (l->low > -128 || l->high < 127) {
        tml_nn_clamp_run(out, size, l->low, l->high);
    }
}

#else

/* One channel of the output at (y, x); `four` is what belongs to the four that it is one of. */
static inline int8_t tml_depthwise_conv2d_across_one(const tml_depthwise_conv2d_across_s8_layer *l,
                                                     const int8_t *in, int32_t y, int32_t x,
                                                     const int32_t *four, int lane)
{
    const int32_t *weights = four + 4;
    uint32_t sum = (uint32_t)four[lane];
    int32_t row, column, shifts, tap = 0;
    for (row = 0; row < l->kernel_height; row++) {
        int32_t at = x;
        for (column = 0; column < l->kernel_width; column++) {
            const int inside = y >= 0 && y < l->in_height && at >= 0 && at < l->in_width;
            const int32_t value =
                inside ? in[(y * l->in_width + at) * l->in_channels] : l->pad_value;
            const int32_t word = weights[tap / 2 * 2 + lane / 2];
            sum += (uint32_t)(value * tml_nn_weight(word, (int)(tap % 2) * 2 + lane % 2));
            at += l->dilation_width;
            tap++;
        }
        y += l->dilation_height;
    }
    weights += (tap + 1) / 2 * 2;
    shifts = weights[4];
    return (int8_t)tml_nn_clamp(
        tml_nn_halved(sum, weights[lane], (int32_t)((uint32_t)shifts >> (8 * lane) & 0xff),
                      l->half),
        l->low, l->high);
}

/* All channels of the output at (y, x). */
static inline void tml_depthwise_conv2d_across_pixel(const tml_depthwise_conv2d_across_s8_layer *l,
                                                     const int8_t *in, int32_t y, int32_t x,
                                                     int8_t *out)
{
    const int32_t taps = l->kernel_height * l->kernel_width;
    const int32_t *four = l->fours;
    int32_t channel = 0, left = l->in_channels;
    int lane;
    for (; left > 0; left -= 4) {
        int8_t outputs[4]; /* all are computed before one is written, which may be an input */
        channel = left < 4 ? l->in_channels - 4 : channel;
        for (lane = 0; lane < 4; lane++) {
            outputs[lane] =
                tml_depthwise_conv2d_across_one(l, in + channel + lane, y, x, four, lane);
        }
        for (lane = 0; lane < 4; lane++) {
            out[channel + lane] = outputs[lane];
        }
        four += 9 + (taps + 1) / 2 * 2;
        channel += 4;
    }
}

/* `scratch` is for the assembly. */
TML_NN_SHARED void tml_depthwise_conv2d_across_s8(const tml_depthwise_conv2d_across_s8_layer *l,
                                                  const int8_t *in, int8_t *out, void *scratch)
{
    int32_t batch, y, x;
    (void)scratch;
    for (batch = 0; batch < l->batches; batch++) {
        for (y = 0; y < l->out_height; y++) {
            for (x = 0; x < l->out_width; x++) {
                tml_depthwise_conv2d_across_pixel(l, in, y * l->stride_height - l->pad_top,
                                                  x * l->stride_width - l->pad_left, out);
                out += l->in_channels;
            }
        }
        in += l->in_height * l->in_width * l->in_channels;
    }
}

#endif

#endif
