/* TinyML Studio runtime: DEPTHWISE_CONV_2D on int8 with a kernel of 3x3, a stride of 1x1 or 2x2
 * and no dilation, for cores with the DSP extension; elsewhere the portable kernel runs.
 *
 * Four channels at a time. Two rows of the input are gathered at once: a cell holds a column's
 * two values of one channel as a pair, so that one multiplication takes two taps of a column. The
 * ring has two rows of cells, the later of which is the next band's earlier one. */
#ifndef TML_NN_DEPTHWISE_CONV2D_3X3_S8_H
#define TML_NN_DEPTHWISE_CONV2D_3X3_S8_H

#include "nn_depthwise_conv2d_s8.h"

#if defined(TML_NN_DSP) && defined(__thumb2__)

/* What the assembly needs of a channel, in its order. All numbers are doubled that are summed:
 * the scaling wants twice the sum. */
typedef struct {
    uint32_t weights[6]; /* of each column its first two taps, then its last two */
    int32_t right, step, row_step;
    int8_t *out;
    int32_t multiplier, offset;
    const tml_nn_pair *end; /* the column behind the last that blocks begin with */
    uint32_t bias;
    const tml_nn_pair *start;
} TML_NN_ALIAS tml_depthwise_conv2d_3x3_channel;

/* Registers: r0-r3 sums, r4 and r5 a column's cells, r6-r11 weights, r12 the column, lr the
 * channel. A column has 32 bytes: two cells of four channels. */

#define TML_DEPTHWISE_3X3_WEIGHTS "ldmdb lr, {r6-r11}\n"
#define TML_DEPTHWISE_3X3_OUTPUTS "ldmia lr, {r4-r10}\n"

/* A column's three taps for the upper (a) and lower (b) of two sums: w has the column's first two
 * weights, v its last two. */
#define TML_DEPTHWISE_3X3_TAPS(a, from_a, b, from_b, w, v) \
    "smlad " a ", r4, " w ", " from_a "\n" \
    "smlatb " b ", r4, " w ", " from_b "\n" \
    "smlabt " a ", r5, " v ", " a "\n" \
    "smlad " b ", r5, " v ", " b "\n"

/* The same for one sum. */
#define TML_DEPTHWISE_3X3_TAPS_ONE(a, from_a, w, v) \
    "smlad " a ", r4, " w ", " from_a "\n" \
    "smlabt " a ", r5, " v ", " a "\n"

/* A sum as an output; what tml_nn_bounded does. The sign of the sum is that of the product, or
 * the product is 0, where one less is rounded to the same. */
#define TML_DEPTHWISE_3X3_SCALE(a) \
    "add r11, r9, " a ", asr #31\n" \
    "smmlar " a ", " a ", r8, r11\n" \
    "asrs " a ", r4\n" \
    "ssat " a ", #8, " a "\n"

/* One row or two of channels, up to one without a start. `odd` says that a column is left after
 * the blocks, `skip` is added to the output behind a row. */
#define TML_DEPTHWISE_3X3_FUNCTION(name, block, tail) \
    static __attribute__((naked, noinline, unused)) void name( \
        tml_depthwise_conv2d_3x3_channel *channels __attribute__((unused)), \
        int32_t odd __attribute__((unused)), int32_t skip __attribute__((unused))) \
    { \
        __asm__ volatile("push {r1-r11, lr}\n" \
                "add lr, r0, #24\n" \
                "ldr r12, [r0, #56]\n" \
                "1:\n" TML_DEPTHWISE_3X3_WEIGHTS block \
                "str r7, [lr, #12]\n" \
                "cmp r12, r10\n" \
                "bne 1b\n" \
                "ldrd r2, r3, [sp]\n" \
                "cmp r2, #0\n" \
                "beq 2f\n" TML_DEPTHWISE_3X3_WEIGHTS tail \
                "2:\n" \
                "add r7, r3\n" \
                "str r7, [lr, #12]\n" \
                "add lr, lr, #60\n" \
                "ldr r12, [lr, #32]\n" \
                "cmp r12, #0\n" \
                "bne 1b\n" \
                "pop {r1-r11, pc}\n"); \
    }

/* Two rows, two columns: four sums. Where there is one row only, the step between them is 0, and
 * what matters is written last. `load` reads the earlier row's cell into r4, the other into r5. */
#define TML_DEPTHWISE_3X3_TWO_ROWS(load) \
    "ldr r3, [lr, #28]\n" \
    load " [r12], #32\n" TML_DEPTHWISE_3X3_TAPS("r0", "r3", "r2", "r3", "r6", "r7") \
    load " [r12], #32\n" TML_DEPTHWISE_3X3_TAPS("r0", "r0", "r2", "r2", "r8", "r9") \
    TML_DEPTHWISE_3X3_TAPS("r1", "r3", "r3", "r3", "r6", "r7") \
    load " [r12]\n" TML_DEPTHWISE_3X3_TAPS("r0", "r0", "r2", "r2", "r10", "r11") \
    TML_DEPTHWISE_3X3_TAPS("r1", "r1", "r3", "r3", "r8", "r9") \
    load " [r12, #32]\n" TML_DEPTHWISE_3X3_TAPS("r1", "r1", "r3", "r3", "r10", "r11") \
    TML_DEPTHWISE_3X3_OUTPUTS \
    TML_DEPTHWISE_3X3_SCALE("r0") TML_DEPTHWISE_3X3_SCALE("r1") \
    TML_DEPTHWISE_3X3_SCALE("r2") TML_DEPTHWISE_3X3_SCALE("r3") \
    "strb r2, [r7, r6]\n" \
    "strb r0, [r7]\n" \
    "adds r7, r5\n" \
    "strb r3, [r7, r6]\n" \
    "strb r1, [r7]\n" \
    "adds r7, r5\n"

/* Two rows, one column. */
#define TML_DEPTHWISE_3X3_TWO_ROWS_TAIL(load) \
    "ldr r2, [lr, #28]\n" \
    load " [r12]\n" TML_DEPTHWISE_3X3_TAPS("r0", "r2", "r2", "r2", "r6", "r7") \
    load " [r12, #32]\n" TML_DEPTHWISE_3X3_TAPS("r0", "r0", "r2", "r2", "r8", "r9") \
    load " [r12, #64]\n" TML_DEPTHWISE_3X3_TAPS("r0", "r0", "r2", "r2", "r10", "r11") \
    TML_DEPTHWISE_3X3_OUTPUTS \
    TML_DEPTHWISE_3X3_SCALE("r0") TML_DEPTHWISE_3X3_SCALE("r2") \
    "strb r2, [r7, r6]\n" \
    "strb r0, [r7]\n" \
    "adds r7, r5\n"

/* One row, two columns two apart. */
#define TML_DEPTHWISE_3X3_STRIDE(load) \
    "ldr r1, [lr, #28]\n" \
    load " [r12], #32\n" TML_DEPTHWISE_3X3_TAPS_ONE("r0", "r1", "r6", "r7") \
    load " [r12], #32\n" TML_DEPTHWISE_3X3_TAPS_ONE("r0", "r0", "r8", "r9") \
    load " [r12], #32\n" TML_DEPTHWISE_3X3_TAPS_ONE("r0", "r0", "r10", "r11") \
    TML_DEPTHWISE_3X3_TAPS_ONE("r1", "r1", "r6", "r7") \
    load " [r12], #32\n" TML_DEPTHWISE_3X3_TAPS_ONE("r1", "r1", "r8", "r9") \
    load " [r12]\n" TML_DEPTHWISE_3X3_TAPS_ONE("r1", "r1", "r10", "r11") \
    TML_DEPTHWISE_3X3_OUTPUTS \
    TML_DEPTHWISE_3X3_SCALE("r0") TML_DEPTHWISE_3X3_SCALE("r1") \
    "strb r0, [r7]\n" \
    "adds r7, r5\n" \
    "strb r1, [r7]\n" \
    "adds r7, r5\n"

/* One row, one column. */
#define TML_DEPTHWISE_3X3_STRIDE_TAIL(load) \
    "ldr r0, [lr, #28]\n" \
    load " [r12]\n" TML_DEPTHWISE_3X3_TAPS_ONE("r0", "r0", "r6", "r7") \
    load " [r12, #32]\n" TML_DEPTHWISE_3X3_TAPS_ONE("r0", "r0", "r8", "r9") \
    load " [r12, #64]\n" TML_DEPTHWISE_3X3_TAPS_ONE("r0", "r0", "r10", "r11") \
    TML_DEPTHWISE_3X3_OUTPUTS TML_DEPTHWISE_3X3_SCALE("r0") \
    "strb r0, [r7]\n" \
    "adds r7, r5\n"

/* The earlier row's cells are the first of each two, or the second. */
#define TML_DEPTHWISE_3X3_FIRST "ldrd r4, r5,"
#define TML_DEPTHWISE_3X3_SECOND "ldrd r5, r4,"

TML_DEPTHWISE_3X3_FUNCTION(tml_depthwise_conv2d_3x3_first,
                           TML_DEPTHWISE_3X3_TWO_ROWS(TML_DEPTHWISE_3X3_FIRST),
                           TML_DEPTHWISE_3X3_TWO_ROWS_TAIL(TML_DEPTHWISE_3X3_FIRST))
TML_DEPTHWISE_3X3_FUNCTION(tml_depthwise_conv2d_3x3_second,
                           TML_DEPTHWISE_3X3_TWO_ROWS(TML_DEPTHWISE_3X3_SECOND),
                           TML_DEPTHWISE_3X3_TWO_ROWS_TAIL(TML_DEPTHWISE_3X3_SECOND))
TML_DEPTHWISE_3X3_FUNCTION(tml_depthwise_conv2d_3x3_stride_first,
                           TML_DEPTHWISE_3X3_STRIDE(TML_DEPTHWISE_3X3_FIRST),
                           TML_DEPTHWISE_3X3_STRIDE_TAIL(TML_DEPTHWISE_3X3_FIRST))
TML_DEPTHWISE_3X3_FUNCTION(tml_depthwise_conv2d_3x3_stride_second,
                           TML_DEPTHWISE_3X3_STRIDE(TML_DEPTHWISE_3X3_SECOND),
                           TML_DEPTHWISE_3X3_STRIDE_TAIL(TML_DEPTHWISE_3X3_SECOND))

/* Four channels of two values as four cells. */
#define TML_DEPTHWISE_3X3_CELLS \
    "pkhbt %[t], %[p], %[q], lsl #16\n" \
    "pkhtb %[q], %[q], %[p], asr #16\n" \
    "sxtb16 %[p], %[t], ror #8\n" \
    "str %[p], [%[to], #8]\n" \
    "sxtb16 %[p], %[q]\n" \
    "str %[p], [%[to], #16]\n" \
    "sxtb16 %[q], %[q], ror #8\n" \
    "str %[q], [%[to], #24]\n" \
    "sxtb16 %[t], %[t]\n" \
    "str %[t], [%[to]], #32\n"

/* Gather two rows of four channels, whatever lies between their columns. */
static inline void tml_depthwise_conv2d_3x3_gather(const int8_t *a, const int8_t *b,
                                                   int32_t step_a, int32_t step_b,
                                                   int32_t columns, tml_nn_pair *to)
{
    const tml_nn_pair *const end = to + 8 * columns;
    uint32_t p, q, t = (uint32_t)columns;
    __asm__ volatile("tst %[t], #1\n"
            "beq 1f\n"
            "sub %[a], %[step_a]\n"
            "sub %[b], %[step_b]\n"
            "b 2f\n"
            "1:\n"
            "ldr %[p], [%[a]]\n"
            "ldr %[q], [%[b]]\n" TML_DEPTHWISE_3X3_CELLS
            "2:\n"
            "ldr %[p], [%[a], %[step_a]]\n"
            "ldr %[q], [%[b], %[step_b]]\n" TML_DEPTHWISE_3X3_CELLS
            "add %[a], %[a], %[step_a], lsl #1\n"
            "add %[b], %[b], %[step_b], lsl #1\n"
            "cmp %[to], %[end]\n"
            "bne 1b\n"
            : [a] "+&r"(a), [b] "+&r"(b), [to] "+&r"(to), [p] "=&r"(p), [q] "=&r"(q),
              [t] "+&r"(t)
            : [step_a] "r"(step_a), [step_b] "r"(step_b), [end] "r"(end)
            : "cc", "memory");
}

/* The same of a single channel; where that is the picture's only one, four columns at a time. */
static TML_NN_RARE void tml_depthwise_conv2d_3x3_gather_one(const int8_t *a, const int8_t *b,
                                                            int32_t step_a, int32_t step_b,
                                                            int32_t columns, tml_nn_pair *to)
{
    int32_t i;
    if (step_a <= 1 && step_b <= 1) {
        for (i = columns; i >= 4; i -= 4) {
            const uint32_t p = tml_nn_load(a), q = tml_nn_load(b);
            uint32_t low, high;
            __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(low) : "r"(p), "r"(q));
            __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(high) : "r"(q), "r"(p));
            to[0] = tml_nn_even(low);
            to[8] = tml_nn_odd(low);
            to[16] = tml_nn_even(high);
            to[24] = tml_nn_odd(high);
            a += 4 * step_a;
            b += 4 * step_b;
            to += 32;
        }
        columns &= 3;
    }
    for (i = 0; i < columns; i++) {
        to[8 * i] = ((uint32_t)*a & 0xffff) | (uint32_t)*b << 16;
        a += step_a;
        b += step_b;
    }
}

/* Rows y and y + 1, either of which may lie outside; `in` is their first channel's first value.
 * Four channels, or a single one. */
static inline void tml_depthwise_conv2d_3x3_rows(const tml_depthwise_conv2d_s8_layer *l,
                                                 const int8_t *in, int32_t y, int four,
                                                 tml_nn_pair *to)
{
    const uint32_t outside = ((uint32_t)l->pad_value & 0xff) * 0x01010101u;
    const uint32_t height = (uint32_t)l->in_height;
    const int32_t step = l->in_channels, line = l->in_width * step;
    const int8_t *a = in + y * line, *b = a + line;
    int32_t step_a = step, step_b = step;
    if ((uint32_t)y >= height) {
        a = (const int8_t *)&outside;
        step_a = 0;
    }
    if ((uint32_t)(y + 1) >= height) {
        b = (const int8_t *)&outside;
        step_b = 0;
    }
    if (four) {
        tml_depthwise_conv2d_3x3_gather(a, b, step_a, step_b, l->row_used, to);
    } else {
        tml_depthwise_conv2d_3x3_gather_one(a, b, step_a, step_b, l->row_used, to);
    }
}

/* Nine weights as six pairs, doubled: of each column its first two, then its last two. */
static inline void tml_depthwise_conv2d_3x3_unpack(const int8_t *w, uint32_t *to)
{
    uint32_t a, b, c, d, e, t;
    __asm__ volatile("ldr %[a], [%[w]]\n"
            "ldr %[c], [%[w], #4]\n"
            "ldrsb %[e], [%[w], #8]\n"
            "sxtb16 %[b], %[a], ror #8\n"
            "sxtb16 %[a], %[a]\n"
            "sxtb16 %[d], %[c], ror #8\n"
            "sxtb16 %[c], %[c]\n"
            "sadd16 %[a], %[a], %[a]\n" /* 0 and 2 */
            "sadd16 %[b], %[b], %[b]\n" /* 1 and 3 */
            "sadd16 %[c], %[c], %[c]\n" /* 4 and 6 */
            "sadd16 %[d], %[d], %[d]\n" /* 5 and 7 */
            "lsl %[e], %[e], #1\n"      /* 8 */
            "pkhbt %[t], %[a], %[b]\n"
            "str %[t], [%[to]]\n"
            "pkhtb %[t], %[c], %[b], asr #16\n"
            "str %[t], [%[to], #4]\n"
            "pkhbt %[t], %[b], %[c], lsl #16\n"
            "str %[t], [%[to], #8]\n"
            "pkhbt %[t], %[c], %[d]\n"
            "str %[t], [%[to], #12]\n"
            "lsr %[a], %[a], #16\n"
            "pkhbt %[t], %[a], %[d], lsl #16\n"
            "str %[t], [%[to], #16]\n"
            "pkhbt %[t], %[d], %[e], lsl #16\n"
            "str %[t], [%[to], #20]\n"
            : [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d), [e] "=&r"(e), [t] "=&r"(t)
            : [w] "r"(w), [to] "r"(to)
            : "memory");
}

static inline void tml_depthwise_conv2d_3x3_prepare(const tml_depthwise_conv2d_s8_layer *l,
                                                    int32_t channel, int8_t *out,
                                                    const tml_nn_pair *start,
                                                    tml_depthwise_conv2d_3x3_channel *c)
{
    const tml_nn_channel scale = tml_nn_channel_of(&l->outputs, channel);
    tml_depthwise_conv2d_3x3_unpack(l->weights + 9 * channel, c->weights);
    c->right = scale.right;
    c->step = l->out_channels;
    c->row_step = l->out_width * l->out_channels;
    c->out = out + channel;
    c->multiplier = scale.multiplier;
    c->offset = scale.offset;
    c->bias = 2 * (uint32_t)l->outputs.bias[channel];
    c->start = start;
    c->end = start + (l->out_width & ~1) * l->stride_width * 8;
}

/* All rows of up to four prepared channels. */
static void tml_depthwise_conv2d_3x3_slide(const tml_depthwise_conv2d_s8_layer *l,
                                           const int8_t *in, int four, tml_nn_pair *ring,
                                           tml_depthwise_conv2d_3x3_channel *channels)
{
    const int32_t odd = l->out_width & 1, rows = 3 - l->stride_height;
    const int32_t skip = (rows - 1) * l->out_width * l->out_channels;
    tml_nn_pair *const first = ring + 8 * l->pad_left;
    int32_t row, y = -l->pad_top, slot = 0, i;
    for (row = -rows; row < l->out_height; row += rows) {
        tml_depthwise_conv2d_3x3_rows(l, in, y, four, first + slot);
        y += 2;
        if (row + rows > l->out_height) {
            for (i = 0; i < 4; i++) {
                channels[i].row_step = 0;
            }
        }
        slot = 1 - slot;
        if (row < 0) { /* the first band needs another two rows */
            continue;
        }
        if (rows == 1) {
            (slot ? tml_depthwise_conv2d_3x3_stride_second
                  : tml_depthwise_conv2d_3x3_stride_first)(channels, odd, skip);
        } else {
            (slot ? tml_depthwise_conv2d_3x3_second
                  : tml_depthwise_conv2d_3x3_first)(channels, odd, skip);
        }
    }
}

/* Whether a channel needs the arithmetic that only the portable kernel has. */
static inline int tml_depthwise_conv2d_3x3_is_rare(const tml_depthwise_conv2d_s8_layer *l,
                                                   int32_t channel)
{
    return l->outputs.right[channel * l->outputs.per_channel] < 1;
}

static TML_NN_RARE void tml_depthwise_conv2d_3x3_rest(const tml_depthwise_conv2d_s8_layer *l,
                                                      const int8_t *in, int8_t *out,
                                                      tml_nn_half *ring)
{
    int32_t channel, i;
    for (i = 0; i < 3 * l->row_width; i++) {
        ring[i] = (int16_t)l->pad_value;
    }
    for (channel = 0; channel < l->out_channels; channel++) {
        if (tml_depthwise_conv2d_3x3_is_rare(l, channel)) {
            tml_depthwise_conv2d_s8_plane(l, in + channel / l->depth_multiplier, channel,
                                          out + channel, ring);
        }
    }
}

/* One picture, but for channels that need other arithmetic. */
static void tml_depthwise_conv2d_3x3_picture(const tml_depthwise_conv2d_s8_layer *l,
                                             const int8_t *in, int8_t *out, tml_nn_pair *ring,
                                             tml_depthwise_conv2d_3x3_channel *channels)
{
    const int four = l->depth_multiplier == 1 && l->in_channels >= 4;
    int32_t channel = 0;
    while (channel < l->out_channels) {
        const int8_t *from = in + channel;
        const int32_t left = four ? l->out_channels - channel
                                  : l->depth_multiplier - channel % l->depth_multiplier;
        const int32_t end = channel + (left < 4 ? left : 4);
        int32_t lane = 0, count = 0;
        if (!four) {
            from = in + channel / l->depth_multiplier;
        } else if (left < 4) { /* the last four, of which only the last are new */
            lane = 4 - left;
            from -= lane;
        }
        for (; channel < end; channel++) {
            if (!tml_depthwise_conv2d_3x3_is_rare(l, channel)) {
                tml_depthwise_conv2d_3x3_prepare(l, channel, out, ring + 2 * lane,
                                                 channels + count++);
            }
            lane += four;
        }
        channels[count].start = 0;
        if (count > 0) {
            tml_depthwise_conv2d_3x3_slide(l, from, four, ring, channels);
        }
    }
}

/* `scratch` holds the ring and four channels. `rare`: some channels need other arithmetic. */
static inline void tml_depthwise_conv2d_3x3(const tml_depthwise_conv2d_s8_layer *l,
                                            const int8_t *in, int8_t *out, void *scratch,
                                            int rare)
{
    const int32_t columns = l->row_width * 8;
    const int32_t size = l->out_height * l->out_width * l->out_channels;
    const uint32_t pad = ((uint32_t)l->pad_value & 0xffff) * 0x10001u;
    tml_nn_pair *const ring = (tml_nn_pair *)scratch;
    int32_t batch, i;
    for (batch = 0; batch < l->batches; batch++) {
        for (i = 0; i < columns; i++) {
            ring[i] = pad;
        }
        tml_depthwise_conv2d_3x3_picture(
            l, in, out, ring, (tml_depthwise_conv2d_3x3_channel *)(void *)(ring + columns));
        if (rare) {
            tml_depthwise_conv2d_3x3_rest(l, in, out, (tml_nn_half *)scratch);
        }
        if (l->right_form != TML_NN_WHOLE) {
            tml_nn_clamp_run(out, size, l->outputs.low, l->outputs.high);
        }
        in += l->in_height * l->in_width * l->in_channels;
        out += size;
    }
}

/* All shifts go right. */
TML_NN_KERNEL void tml_depthwise_conv2d_3x3_s8(const tml_depthwise_conv2d_s8_layer *l,
                                               const int8_t *in, int8_t *out, void *scratch)
{
    tml_depthwise_conv2d_3x3(l, in, out, scratch, 0);
}

/* Some go left. */
TML_NN_KERNEL void tml_depthwise_conv2d_3x3_rare_s8(const tml_depthwise_conv2d_s8_layer *l,
                                                    const int8_t *in, int8_t *out, void *scratch)
{
    tml_depthwise_conv2d_3x3(l, in, out, scratch, 1);
}

#else

TML_NN_KERNEL void tml_depthwise_conv2d_3x3_s8(const tml_depthwise_conv2d_s8_layer *l,
                                               const int8_t *in, int8_t *out, void *scratch)
{
    tml_depthwise_conv2d_s8(l, in, out, scratch);
}

TML_NN_KERNEL void tml_depthwise_conv2d_3x3_rare_s8(const tml_depthwise_conv2d_s8_layer *l,
                                                    const int8_t *in, int8_t *out, void *scratch)
{
    tml_depthwise_conv2d_s8(l, in, out, scratch);
}

#endif

#endif
