/* TinyML Studio runtime: DEPTHWISE_CONV_2D on int8, any kernel, for cores with the DSP extension.
 *
 * Rows of the input are gathered in a ring, widened to 16 bits and padded, of four channels at
 * once where there are as many. Weights are paired along a row; a pair serves four outputs.
 * Where rows are dilated, every n-th value makes up a part of the row, so that the taps of an
 * output lie side by side. "Row" and "column" may have changed places: the compiler chooses what
 * pairs better. Elsewhere plain C does the same from the same weights. */
#ifndef TML_NN_DEPTHWISE_CONV2D_ROWS_S8_H
#define TML_NN_DEPTHWISE_CONV2D_ROWS_S8_H

#include "nn_math.h"

typedef struct {
    int32_t batches, in_height, in_width, in_channels;
    int32_t out_height, out_width, out_channels;
    int32_t depth_multiplier;
    int32_t kernel_height, kernel_width;
    int32_t stride_height, stride_width; /* the latter is 1 where rows are dilated */
    int32_t pad_top, pad_left;
    int32_t dilation_height, dilation_width;
    int32_t pad_value;
    int32_t in_step_y, in_step_x; /* values from one row and one column to the next */
    int32_t out_step_y, out_step_x;
    int32_t reached;    /* values of a padded row that the kernel reaches */
    int32_t part_width; /* of a part of a row in the ring; even */
    int32_t lanes;      /* channels gathered at once, 4 or 1 */
    int32_t pairs;      /* of weights in a row of the kernel */
    int32_t taps;       /* bytes of a channel's weights: all its rows' pairs, filled up to fours */
    const int8_t *weights; /* [out_channels][taps], of each four the second and third exchanged */
    tml_nn_outputs outputs; /* any but the form TML_NN_ANY */
} tml_depthwise_conv2d_rows_s8_layer;

static inline int32_t tml_depthwise_conv2d_rows_reach(const tml_depthwise_conv2d_rows_s8_layer *l)
{
    return (l->kernel_height - 1) * l->dilation_height + 1;
}

/* One channel's values of a part of a row; `y` may lie outside. */
static inline void tml_depthwise_conv2d_rows_gather_one(
    const tml_depthwise_conv2d_rows_s8_layer *l, const int8_t *in, int32_t count, int32_t step,
    tml_nn_half *to)
{
    tml_nn_half *const end = to + count;
    while (to != end) {
        *to++ = in ? *in : (int16_t)l->pad_value;
        in += in ? step : 0;
    }
}

#ifdef TML_NN_DSP

/* From an output's first value to a pair of its values: of every first pair the values, of every
 * second twice as many, plus one at the last. */
typedef uint16_t TML_NN_ALIAS tml_depthwise_conv2d_rows_place;

/* What the assembly needs of a channel's row, in the order of its registers. */
typedef struct {
    const tml_nn_half *at[4]; /* r4-r7: where the taps of four outputs begin */
    const tml_depthwise_conv2d_rows_place *places; /* r8 */
    const int8_t *weights;                         /* r9 */
    uint32_t bias;                                 /* r10 */
    int32_t right, out_steps[3]; /* r4, r5-r7: to the outputs behind the first */
    int8_t *out;                 /* r8 */
    int32_t multiplier, offset;  /* r9, r10 */
    int32_t step, out_step;      /* r11, r12: bytes to the next four */
    int32_t blocks;
    const int8_t *end; /* of the weights */
} tml_depthwise_conv2d_rows_block;

/* A pair of weights in r10, r11 values behind those of each output. */
#define TML_DEPTHWISE_ROWS_PAIR \
    "ldr lr, [r4, r11, lsl #1]\n" \
    "smlad r0, lr, r10, r0\n" \
    "ldr lr, [r5, r11, lsl #1]\n" \
    "smlad r1, lr, r10, r1\n" \
    "ldr lr, [r6, r11, lsl #1]\n" \
    "smlad r2, lr, r10, r2\n" \
    "ldr lr, [r7, r11, lsl #1]\n" \
    "smlad r3, lr, r10, r3\n"

/* A sum as an output; what tml_nn_bounded does. The sign of the sum is that of the product, or
 * the product is 0, where one less is rounded to the same. */
#define TML_DEPTHWISE_ROWS_SCALE(a) \
    "add lr, r10, " a ", asr #31\n" \
    "adds " a ", " a "\n" \
    "smmlar " a ", " a ", r9, lr\n" \
    "asrs " a ", r4\n" \
    "ssat " a ", #8, " a "\n"

#define TML_DEPTHWISE_ROWS_OUTPUTS \
    "ldr lr, [sp]\n" \
    "add lr, lr, #28\n" \
    "ldmia lr, {r4-r12}\n" \
    TML_DEPTHWISE_ROWS_SCALE("r0") TML_DEPTHWISE_ROWS_SCALE("r1") \
    TML_DEPTHWISE_ROWS_SCALE("r2") TML_DEPTHWISE_ROWS_SCALE("r3") \
    "strb r0, [r8]\n" \
    "strb r1, [r8, r5]\n" \
    "strb r2, [r8, r6]\n" \
    "strb r3, [r8, r7]\n" \
    "add r8, r12\n" \
    "ldr lr, [sp]\n" \
    "str r8, [lr, #44]\n"

/* A kernel of one row and a stride of one: four neighbours share what is loaded. */
static __attribute__((naked, noinline, unused)) void tml_depthwise_conv2d_rows_line(
    tml_depthwise_conv2d_rows_block *block __attribute__((unused)))
{
    __asm__ volatile("push {r0, r4-r11, lr}\n"
                     "mov lr, r0\n"
                     "1:\n"
                     "ldr r4, [lr]\n"
                     "ldrd r9, r0, [lr, #20]\n"
                     "ldr r11, [lr, #68]\n"
                     "ldr r5, [r4]\n"
                     "ldr r6, [r4, #2]\n"
                     "mov r1, r0\n"
                     "mov r2, r0\n"
                     "mov r3, r0\n"
                     "2:\n"
                     "ldr r12, [r9], #4\n"
                     "ldr r7, [r4, #4]\n"
                     "ldr r8, [r4, #6]\n"
                     "sxtb16 r10, r12\n"
                     "smlad r0, r5, r10, r0\n"
                     "smlad r1, r6, r10, r1\n"
                     "smlad r2, r7, r10, r2\n"
                     "smlad r3, r8, r10, r3\n"
                     "ldr r5, [r4, #8]!\n"
                     "ldr r6, [r4, #2]\n"
                     "sxtb16 r10, r12, ror #8\n"
                     "smlad r0, r7, r10, r0\n"
                     "smlad r1, r8, r10, r1\n"
                     "smlad r2, r5, r10, r2\n"
                     "smlad r3, r6, r10, r3\n"
                     "cmp r9, r11\n"
                     "bne 2b\n" TML_DEPTHWISE_ROWS_OUTPUTS
                     "ldr r4, [lr]\n"
                     "ldr r0, [lr, #64]\n"
                     "add r4, r11\n"
                     "subs r0, #1\n"
                     "str r4, [lr]\n"
                     "str r0, [lr, #64]\n"
                     "bne 1b\n"
                     "pop {r0, r4-r11, pc}\n");
}

/* The same of up to four taps, `blocks` times two outputs: weights and scaling stay in registers. */
static __attribute__((naked, noinline, unused)) void tml_depthwise_conv2d_rows_short(
    tml_depthwise_conv2d_rows_block *block __attribute__((unused)))
{
    __asm__ volatile("push {r0, r4-r11, lr}\n"
                     "ldr r12, [r0]\n"
                     "ldrd r7, r8, [r0, #20]\n"
                     "ldrd r11, r3, [r0, #28]\n"
                     "ldr lr, [r0, #44]\n"
                     "ldrd r9, r10, [r0, #48]\n"
                     "ldr r5, [r0, #64]\n"
                     "ldr r7, [r7]\n"
                     "add r5, r12, r5, lsl #2\n"
                     "sxtb16 r6, r7\n"
                     "sxtb16 r7, r7, ror #8\n"
                     "push {r3, r5}\n" /* to the next output, where the taps end */
                     "ldr r2, [r12]\n"
                     "1:\n"
                     "ldr r3, [r12, #2]\n"
                     "ldr r5, [r12, #6]\n"
                     "ldr r4, [r12, #4]!\n"
                     "smlad r0, r2, r6, r8\n"
                     "smlad r1, r3, r6, r8\n"
                     "mov r2, r4\n"
                     "smlad r0, r4, r7, r0\n"
                     "smlad r1, r5, r7, r1\n"
                     "ldrd r3, r5, [sp]\n"
                     "add r4, r10, r0, asr #31\n"
                     "adds r0, r0\n"
                     "smmlar r0, r0, r9, r4\n"
                     "add r4, r10, r1, asr #31\n"
                     "adds r1, r1\n"
                     "smmlar r1, r1, r9, r4\n"
                     "asr r0, r0, r11\n"
                     "asr r1, r1, r11\n"
                     "ssat r0, #8, r0\n"
                     "ssat r1, #8, r1\n"
                     "strb r0, [lr]\n"
                     "strb r1, [lr, r3]\n"
                     "add lr, lr, r3, lsl #1\n"
                     "cmp r12, r5\n"
                     "bne 1b\n"
                     "pop {r3, r5}\n"
                     "ldr r0, [sp]\n"
                     "str r12, [r0]\n"
                     "str lr, [r0, #44]\n"
                     "pop {r0, r4-r11, pc}\n");
}

/* `blocks` times four outputs of a row. */
static __attribute__((naked, noinline, unused)) void tml_depthwise_conv2d_rows_run(
    tml_depthwise_conv2d_rows_block *block __attribute__((unused)))
{
    __asm__ volatile("push {r0, r4-r11, lr}\n"
                     "mov lr, r0\n"
                     "1:\n"
                     "ldmia lr, {r4-r10}\n"
                     "mov r0, r10\n"
                     "mov r1, r10\n"
                     "mov r2, r10\n"
                     "mov r3, r10\n"
                     "2:\n"
                     "ldr r12, [r9], #4\n"
                     "ldrh r11, [r8], #2\n"
                     "sxtb16 r10, r12\n" TML_DEPTHWISE_ROWS_PAIR
                     "ldrh r11, [r8], #2\n"
                     "sxtb16 r10, r12, ror #8\n"
                     "lsrs r11, r11, #1\n" TML_DEPTHWISE_ROWS_PAIR
                     "bcc 2b\n" TML_DEPTHWISE_ROWS_OUTPUTS
                     "ldmia lr, {r4-r7}\n"
                     "add r4, r11\n"
                     "add r5, r11\n"
                     "add r6, r11\n"
                     "add r7, r11\n"
                     "stmia lr, {r4-r7}\n"
                     "ldr r0, [lr, #64]\n"
                     "subs r0, #1\n"
                     "str r0, [lr, #64]\n"
                     "bne 1b\n"
                     "pop {r0, r4-r11, pc}\n");
}

/* Four channels of a part of a row; the channels' rings are `lane` bytes apart. */
static inline void tml_depthwise_conv2d_rows_gather_four(
    const tml_depthwise_conv2d_rows_s8_layer *l, const int8_t *in, int32_t count, int32_t step,
    tml_nn_half *to, int32_t lane)
{
    tml_nn_half *const end = to + (in ? count & ~1 : 0);
    uint32_t p, q, t;
    int32_t i;
    if (to != end) {
        __asm__ volatile("1:\n"
                "ldr %[p], [%[in]]\n"
                "ldr %[q], [%[in], %[step]]\n"
                "add %[in], %[in], %[step], lsl #1\n"
                "pkhbt %[t], %[p], %[q], lsl #16\n"
                "pkhtb %[q], %[q], %[p], asr #16\n"
                "sxtb16 %[p], %[t], ror #8\n"
                "str %[p], [%[to], %[lane]]\n"
                "sxtb16 %[p], %[q]\n"
                "str %[p], [%[to], %[lane], lsl #1]\n"
                "sxtb16 %[q], %[q], ror #8\n"
                "str %[q], [%[to], %[third]]\n"
                "sxtb16 %[t], %[t]\n"
                "str %[t], [%[to]], #4\n"
                "cmp %[to], %[end]\n"
                "bne 1b\n"
                : [in] "+&r"(in), [to] "+&r"(to), [p] "=&r"(p), [q] "=&r"(q), [t] "=&r"(t)
                : [step] "r"(step), [lane] "r"(lane), [third] "r"(3 * lane), [end] "r"(end)
                : "cc", "memory");
        count &= 1;
    }
    for (i = 0; i < 4 && count > 0; i++) {
        tml_depthwise_conv2d_rows_gather_one(l, in ? in + i : in, count, step, to + i * lane / 2);
    }
}

/* One row of the input into the ring. */
static void tml_depthwise_conv2d_rows_gather(const tml_depthwise_conv2d_rows_s8_layer *l,
                                             const int8_t *in, int32_t y, tml_nn_half *to,
                                             int32_t lane)
{
    const int32_t apart = l->dilation_width;
    int32_t part;
    for (part = 0; part < apart; part++) {
        const int32_t before = l->pad_left > part ? (l->pad_left - part + apart - 1) / apart : 0;
        const int32_t first = part + before * apart - l->pad_left; /* column of the input */
        const int32_t most = l->reached - l->pad_left < l->in_width ? l->reached - l->pad_left
                                                                    : l->in_width;
        const int32_t count = first < most ? (most - first + apart - 1) / apart : 0;
        const int8_t *const from = y < 0 || y >= l->in_height
                                       ? (const int8_t *)0
                                       : in + y * l->in_step_y + first * l->in_step_x;
        if (l->lanes == 4) {
            tml_depthwise_conv2d_rows_gather_four(l, from, count, l->in_step_x * apart,
                                                  to + before, lane);
        } else {
            tml_depthwise_conv2d_rows_gather_one(l, from, count, l->in_step_x * apart,
                                                 to + before);
        }
        to += l->part_width;
    }
}

static inline void tml_depthwise_conv2d_rows_blocks(tml_depthwise_conv2d_rows_block *b, int line,
                                                    int32_t each)
{
    if (each == 2) {
        tml_depthwise_conv2d_rows_short(b);
    } else {
        (line ? tml_depthwise_conv2d_rows_line : tml_depthwise_conv2d_rows_run)(b);
    }
}

/* Outputs of one channel whose taps lie in one part of the rows. */
static void tml_depthwise_conv2d_rows_part(const tml_depthwise_conv2d_rows_s8_layer *l,
                                           tml_depthwise_conv2d_rows_block *b,
                                           const tml_nn_half *at, int8_t *out, int32_t count)
{
    const int32_t out_step = l->out_step_x * l->dilation_width, last = count - 1;
    const int line = l->kernel_height == 1 && l->stride_width == 1 && count >= 4;
    const int32_t each = line && l->taps == 4 ? 2 : 4;
    int32_t i, done;
    for (i = 0; i < 4; i++) { /* where there are fewer, the last one several times */
        const int32_t n = i < last ? i : last;
        b->at[i] = at + n * l->stride_width;
        if (i > 0) {
            b->out_steps[i - 1] = n * out_step;
        }
    }
    b->out = out;
    b->step = 8 * l->stride_width;
    b->out_step = 4 * out_step;
    b->blocks = count < 4 ? 1 : count / each;
    done = each * b->blocks;
    tml_depthwise_conv2d_rows_blocks(b, line, each);
    if (done < count) { /* the last ones, some of them again */
        for (i = 0; i < 4; i++) {
            b->at[i] -= (done + each - count) * l->stride_width;
        }
        b->out -= (done + each - count) * out_step;
        b->blocks = 1;
        tml_depthwise_conv2d_rows_blocks(b, line, each);
    }
}

/* One row of outputs of one channel. */
static void tml_depthwise_conv2d_rows_channel(const tml_depthwise_conv2d_rows_s8_layer *l,
                                              int32_t channel,
                                              const tml_depthwise_conv2d_rows_place *places,
                                              const tml_nn_half *ring, int8_t *out)
{
    const tml_nn_channel scale = tml_nn_channel_of(&l->outputs, channel);
    tml_depthwise_conv2d_rows_block b;
    int32_t part;
    b.places = places;
    b.weights = l->weights + channel * l->taps;
    b.end = b.weights + l->taps;
    b.bias = (uint32_t)l->outputs.bias[channel];
    b.right = scale.right;
    b.multiplier = scale.multiplier;
    b.offset = scale.offset;
    for (part = 0; part < l->dilation_width && part < l->out_width; part++) {
        tml_depthwise_conv2d_rows_part(
            l, &b, ring, out, (l->out_width - part + l->dilation_width - 1) / l->dilation_width);
        ring += l->part_width;
        out += l->out_step_x;
    }
}

/* The places for the ring as it has turned. */
static void tml_depthwise_conv2d_rows_turn(const tml_depthwise_conv2d_rows_s8_layer *l,
                                           int32_t top,
                                           tml_depthwise_conv2d_rows_place *places)
{
    const int32_t reach = tml_depthwise_conv2d_rows_reach(l);
    const int32_t width = l->part_width * l->dilation_width;
    int32_t row, pair, second = 0;
    for (row = 0; row < l->kernel_height; row++) {
        for (pair = 0; pair < l->pairs; pair++) {
            *places++ = (uint16_t)((top * width + 2 * pair) << second);
            second = !second;
        }
        top += l->dilation_height;
        top -= top < reach ? 0 : reach;
    }
    if (second) { /* filled up with weights of zero */
        *places++ = 0;
    }
    places[-1] |= 1;
}

/* All rows of up to four channels that are gathered together: `lane` is the ring of the first. */
static void tml_depthwise_conv2d_rows_slide(const tml_depthwise_conv2d_rows_s8_layer *l,
                                            const int8_t *in, int32_t channel, int32_t count,
                                            int32_t lane, int8_t *out, tml_nn_half *ring)
{
    const int32_t reach = tml_depthwise_conv2d_rows_reach(l);
    const int32_t width = l->part_width * l->dilation_width, size = reach * width;
    tml_depthwise_conv2d_rows_place *const places =
        (tml_depthwise_conv2d_rows_place *)(void *)(ring + l->lanes * size);
    int32_t y = -l->pad_top, next = y, fresh = 0, top = 0, row, i;
    for (row = 0; row < l->out_height; row++) {
        if (next <= y) { /* no row of the ring is used again */
            next = y;
            top = fresh = 0;
        }
        for (; next < y + reach; next++) {
            tml_depthwise_conv2d_rows_gather(l, in, next, ring + fresh * width, 2 * size);
            fresh = fresh + 1 < reach ? fresh + 1 : 0;
        }
        tml_depthwise_conv2d_rows_turn(l, top, places);
        for (i = 0; i < count; i++) {
            const int32_t own = l->lanes == 4 ? (lane + i) * size : 0;
            tml_depthwise_conv2d_rows_channel(l, channel + i, places, ring + own,
                                              out + channel + i);
        }
        out += l->out_step_y;
        y += l->stride_height;
        top += l->stride_height;
        top -= top < reach ? 0 : reach; /* larger strides start again */
    }
}

/* All channels of one picture. */
static void tml_depthwise_conv2d_rows_picture(const tml_depthwise_conv2d_rows_s8_layer *l,
                                              const int8_t *in, int8_t *out, tml_nn_half *ring)
{
    int32_t channel, count;
    for (channel = 0; channel < l->out_channels; channel += count) {
        const int32_t at = channel / l->depth_multiplier;
        int32_t lane = 0;
        count = l->depth_multiplier - channel % l->depth_multiplier;
        if (l->lanes == 4) {
            count = l->out_channels - channel < 4 ? l->out_channels - channel : 4;
            lane = 4 - count; /* the last four, of which only the last are new */
        }
        tml_depthwise_conv2d_rows_slide(l, in + at - lane, channel, count, lane, out, ring);
    }
}

#else

/* All channels of one picture. */
static void tml_depthwise_conv2d_rows_picture(const tml_depthwise_conv2d_rows_s8_layer *l,
                                              const int8_t *in, int8_t *out, tml_nn_half *ring)
{
    const int32_t reach = tml_depthwise_conv2d_rows_reach(l);
    const int32_t most = l->reached - l->pad_left;
    const int32_t used = most < l->in_width ? most : l->in_width;
    int32_t channel, out_y, out_x, y, x;
    for (channel = 0; channel < l->out_channels; channel++) {
        const int8_t *const from = in + channel / l->depth_multiplier;
        int32_t next = -l->pad_top;
        for (out_y = 0; out_y < l->out_height; out_y++) {
            const int32_t top = out_y * l->stride_height - l->pad_top;
            for (next = next < top ? top : next; next < top + reach; next++) {
                const int inside = next >= 0 && next < l->in_height;
                tml_depthwise_conv2d_rows_gather_one(
                    l, inside ? from + next * l->in_step_y : (const int8_t *)0, used,
                    l->in_step_x, ring + (next + l->pad_top) % reach * l->reached + l->pad_left);
            }
            for (out_x = 0; out_x < l->out_width; out_x++) {
                const int8_t *const w = l->weights + channel * l->taps;
                int32_t sum = l->outputs.bias[channel], pair = 0;
                for (y = 0; y < l->kernel_height; y++) {
                    const int32_t row = top + l->pad_top + y * l->dilation_height;
                    const tml_nn_half *at =
                        ring + row % reach * l->reached + out_x * l->stride_width;
                    for (x = 0; x < l->kernel_width; x++) {
                        const int32_t n = pair + x / 2;
                        sum += (int32_t)at[x * l->dilation_width]
                               * w[n / 2 * 4 + x % 2 * 2 + n % 2];
                    }
                    pair += l->pairs;
                }
                tml_nn_store_one(&l->outputs, channel, (uint32_t)sum,
                                 out + out_y * l->out_step_y + out_x * l->out_step_x);
            }
        }
    }
}

#endif

/* `scratch` holds a ring per lane and the places of the pairs. */
TML_NN_KERNEL void tml_depthwise_conv2d_rows_s8(const tml_depthwise_conv2d_rows_s8_layer *l,
                                                const int8_t *in, int8_t *out, void *scratch)
{
    const int32_t size = tml_depthwise_conv2d_rows_reach(l) * l->part_width * l->dilation_width;
    const int32_t out_size = l->out_height * l->out_width * l->out_channels;
    tml_nn_half *const ring = (tml_nn_half *)scratch;
    int32_t batch, i;
    for (i = 0; i < l->lanes * size; i++) {
        ring[i] = (int16_t)l->pad_value;
    }
    for (batch = 0; batch < l->batches; batch++) {
        tml_depthwise_conv2d_rows_picture(l, in, out, ring);
#ifdef TML_NN_DSP
        if (l->outputs.form != TML_NN_WHOLE) {
            tml_nn_clamp_run(out, out_size, l->outputs.low, l->outputs.high);
        }
#endif
        in += l->in_height * l->in_width * l->in_channels;
        out += out_size;
    }
}

#endif
