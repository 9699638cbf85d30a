/* TinyML Studio runtime: CONV_2D on int8 for ARMv6-M, weights per channel or per tensor.
 *
 * The taps of four pixels at a time are packed to a stream of word pairs, two pixels to a word:
 * one multiplication serves two pixels. The stream moves on by 8 bytes per tap, and the weights of
 * eight channels are interleaved, so that one register's distance leads from either to the other.
 * The input's zero point is folded into the bias; taps outside the picture read `pad_value`. */
#ifndef TML_NN_CONV2D_S8_V6M_H
#define TML_NN_CONV2D_S8_V6M_H

#include "nn_math_v6m.h"

typedef struct {
    int32_t batches, in_height, in_width, in_channels;
    int32_t out_height, out_width, out_channels;
    int32_t kernel_height, kernel_width;
    int32_t stride_height, stride_width;
    int32_t pad_top, pad_left;
    int32_t dilation_height, dilation_width;
    int32_t pad_value;
    int32_t taps;     /* kernel_height * kernel_width * in_channels */
    int32_t row;      /* the next multiple of four: the rest are weights of zero */
    int32_t blocks;   /* of four pixels, packed at once */
    int32_t backward; /* 1: 1x1 begins at the last pixels, for an output that grows */
    const int8_t *weights; /* [out_channels / 8][row][8], without fixed ones */
    tml_v6m_layout layout;
    tml_nn_outputs outputs;
} tml_conv2d_s8_v6m_layer;

/* One channel over all packed pixels. */
typedef struct {
    const tml_nn_sum *x;
    const int8_t *weights;
    uint32_t bytes; /* of a stream */
    const tml_nn_sum *end;
    tml_nn_sum *sums;
    int32_t group;
    const int32_t *extra, *extra_end; /* null where there is none */
} tml_conv2d_s8_v6m_run;

#ifdef TML_NN_V6M

#define TML_CONV2D_S8_V6M_FIRST \
    "ldm r5!, {r0, r1}\n" \
    "ldrsb r4, [r5, r6]\n" \
    "muls r0, r4, r0\n" \
    "muls r1, r4, r1\n"

#define TML_CONV2D_S8_V6M_TAP \
    "ldm r5!, {r2, r3}\n" \
    "ldrsb r4, [r5, r6]\n" \
    "muls r2, r4, r2\n" \
    "adds r0, r0, r2\n" \
    "muls r3, r4, r3\n" \
    "adds r1, r1, r3\n"

#define TML_CONV2D_S8_V6M_TAPS4 \
    TML_CONV2D_S8_V6M_TAP TML_CONV2D_S8_V6M_TAP TML_CONV2D_S8_V6M_TAP TML_CONV2D_S8_V6M_TAP

/* The words as they are, and their upper sums freed from what the lower ones took: the highest bit
 * of the lower half, which a shift leaves in the carry, or which 2^15 more carries up. */
#define TML_CONV2D_S8_V6M_APART \
    "add r8, r0\n" \
    "asrs r0, r0, #16\n" \
    "adcs r7, r0\n" \
    "add r10, r1\n" \
    "add r1, r9\n" \
    "asrs r1, r1, #16\n" \
    "add r11, r1\n"

#define TML_CONV2D_S8_V6M_GROUP2 \
    TML_CONV2D_S8_V6M_FIRST TML_CONV2D_S8_V6M_TAP TML_CONV2D_S8_V6M_APART

#define TML_CONV2D_S8_V6M_GROUP4 \
    TML_CONV2D_S8_V6M_FIRST TML_CONV2D_S8_V6M_TAP TML_CONV2D_S8_V6M_TAP TML_CONV2D_S8_V6M_TAP \
    TML_CONV2D_S8_V6M_APART

#define TML_CONV2D_S8_V6M_AGAIN(label) \
    "cmp r5, r12\n" \
    "bne " label "b\n" \
    "b 9f\n"

/* The sums of one channel. r0, r1 are two words of sums, r5 the stream, r6 the distance to the
 * weights from behind the pair just read, r8 and r10 the words and r7 and r11 the upper sums over
 * all groups. */
static TML_NN_RARE void tml_conv2d_s8_v6m_sums(const tml_conv2d_s8_v6m_run *of)
{
    register const tml_conv2d_s8_v6m_run *run __asm__("r0") = of;
    __asm__ volatile(
        ".syntax unified\n"
        "push {r7}\n"
        "ldm r0!, {r5, r6}\n"
        "subs r6, r6, r5\n"
        "subs r6, #8\n"
        "ldm r0!, {r1, r2, r3, r4}\n"
        "mov lr, r3\n"
        "ldr r3, [r0]\n"
        "ldr r7, [r0, #4]\n"
        "push {r1, r2, r3, r4, r7}\n"
        "movs r7, #128\n"
        "lsls r7, r7, #8\n"
        "mov r9, r7\n"
        "1: ldr r1, [sp]\n"
        "adds r1, r1, r5\n"
        "mov r12, r1\n"
        "movs r7, #0\n"
        "mov r8, r7\n"
        "mov r10, r7\n"
        "mov r11, r7\n"
        "ldr r1, [sp, #12]\n"
        "cmp r1, #4\n"
        "beq 4f\n"
        "bhi 5f\n"
        "2:\n" TML_CONV2D_S8_V6M_GROUP2 TML_CONV2D_S8_V6M_GROUP2
        TML_CONV2D_S8_V6M_AGAIN("2")
        "4:\n" TML_CONV2D_S8_V6M_GROUP4
        TML_CONV2D_S8_V6M_AGAIN("4")
        "5: cmp r1, #8\n"
        "bhi 6f\n"
        "beq 8f\n"
        "3:\n" TML_CONV2D_S8_V6M_GROUP4 TML_CONV2D_S8_V6M_GROUP4
        TML_CONV2D_S8_V6M_AGAIN("3")
        "8:\n" TML_CONV2D_S8_V6M_FIRST TML_CONV2D_S8_V6M_TAPS4 TML_CONV2D_S8_V6M_TAP
        TML_CONV2D_S8_V6M_TAP TML_CONV2D_S8_V6M_TAP TML_CONV2D_S8_V6M_APART
        TML_CONV2D_S8_V6M_AGAIN("8")
        "6:\n" TML_CONV2D_S8_V6M_FIRST TML_CONV2D_S8_V6M_TAPS4 TML_CONV2D_S8_V6M_TAPS4
        TML_CONV2D_S8_V6M_TAPS4 TML_CONV2D_S8_V6M_TAP TML_CONV2D_S8_V6M_TAP
        TML_CONV2D_S8_V6M_TAP TML_CONV2D_S8_V6M_APART
        "cmp r5, r12\n"
        "bne 6b\n"
        "9: ldr r2, [sp, #8]\n"
        "cmp r2, #0\n"
        "beq 9f\n"
        "ldr r3, [sp]\n"
        "subs r5, r5, r3\n"
        "ldr r3, [sp, #16]\n"
        "7: ldm r2!, {r1}\n"
        "sxtb r4, r1\n"
        "asrs r1, r1, #8\n"
        "adds r1, r1, r5\n"
        "ldm r1, {r0, r1}\n"
        "muls r0, r4, r0\n"
        "muls r1, r4, r1\n" TML_CONV2D_S8_V6M_APART
        "cmp r2, r3\n"
        "bne 7b\n"
        "mov r5, r12\n"
        "9: mov r1, r8\n"
        "lsls r0, r7, #16\n"
        "subs r1, r1, r0\n"
        "mov r2, r7\n"
        "mov r3, r10\n"
        "mov r4, r11\n"
        "lsls r0, r4, #16\n"
        "subs r3, r3, r0\n"
        "mov r0, lr\n"
        "stm r0!, {r1, r2, r3, r4}\n"
        "mov lr, r0\n"
        "ldr r0, [sp]\n"
        "subs r6, r6, r0\n"
        "ldr r0, [sp, #4]\n"
        "cmp r5, r0\n"
        "beq 3f\n"
        "b 1b\n"
        "3: add sp, #20\n"
        "pop {r7}\n"
        : "+r"(run)
        :
        : TML_V6M_CLOBBERED);
}

#else

/* Four pixels' products of one tap. */
static inline void tml_conv2d_s8_v6m_tap(const tml_nn_sum *x, int32_t weight, tml_nn_sum *sums)
{
    sums[0] += (uint32_t)(tml_v6m_first(x[0]) * weight);
    sums[1] += (uint32_t)(tml_v6m_second(x[0]) * weight);
    sums[2] += (uint32_t)(tml_v6m_first(x[1]) * weight);
    sums[3] += (uint32_t)(tml_v6m_second(x[1]) * weight);
}

static TML_NN_RARE void tml_conv2d_s8_v6m_sums(const tml_conv2d_s8_v6m_run *run)
{
    const tml_nn_sum *x = run->x;
    tml_nn_sum *sums = run->sums;
    for (; x != run->end; x += run->bytes / 4) {
        const int32_t *extra;
        uint32_t at;
        sums[0] = sums[1] = sums[2] = sums[3] = 0;
        for (at = 0; at < run->bytes / 4; at += 2) {
            tml_conv2d_s8_v6m_tap(x + at, run->weights[4 * at], sums);
        }
        for (extra = run->extra; extra != run->extra_end; extra++) {
            tml_conv2d_s8_v6m_tap(x + (*extra >> 10), (int8_t)(*extra & 0xff), sums);
        }
        sums += 4;
    }
}

#endif

/* All channels of some pixels that have been packed; `sums` is for four of each block. */
static TML_NN_RARE void tml_conv2d_s8_v6m_pixels(const tml_conv2d_s8_v6m_layer *l,
                                                 const tml_nn_sum *x, int32_t pixels, int8_t *out,
                                                 tml_nn_sum *sums)
{
    tml_conv2d_s8_v6m_run run;
    const int32_t *extra = l->layout.extra;
    int32_t channel, live = 0;
    run.x = x;
    run.weights = l->weights;
    run.bytes = 8 * (uint32_t)l->row;
    run.end = x + 2 * l->row * ((pixels + 3) / 4);
    run.sums = sums;
    run.group = l->layout.group;
    if (run.group == 4 && l->row % 8 == 0) {
        run.group = 5; /* two groups of four, one after the other */
    }
    for (channel = 0; channel < l->out_channels; channel++) {
        int32_t count;
        if (tml_v6m_is_fixed(&l->outputs, channel)) {
            tml_v6m_fill(&l->outputs, channel, pixels, out + channel, l->out_channels);
            continue;
        }
        count = l->layout.extra_counts[live];
        run.extra = count ? extra : 0;
        run.extra_end = count ? extra + count : 0;
        extra += count;
        tml_conv2d_s8_v6m_sums(&run);
        tml_v6m_store(&l->outputs, l->layout.narrow, channel, (uint32_t)l->outputs.bias[channel],
                      sums, pixels, out + channel, l->out_channels);
        run.weights += (live & 7) == 7 ? 8 * l->row - 7 : 1;
        live++;
    }
}

/* Four pixels' values at as many places, to be packed. */
typedef struct {
    const int8_t *from[4];
    tml_nn_sum *to;
    int32_t count; /* at least 1 */
} tml_conv2d_s8_v6m_four;

#ifdef TML_NN_V6M

static TML_NN_RARE void tml_conv2d_s8_v6m_pack(const tml_conv2d_s8_v6m_four *pixels)
{
    register const tml_conv2d_s8_v6m_four *four __asm__("r0") = pixels;
    __asm__ volatile(".syntax unified\n"
                     "push {r7}\n"
                     "ldm r0!, {r1, r2, r3, r4, r5, r6}\n"
                     "adds r1, r1, r6\n"
                     "adds r2, r2, r6\n"
                     "adds r3, r3, r6\n"
                     "adds r4, r4, r6\n"
                     "rsbs r6, r6, #0\n"
                     "1: ldrsb r0, [r1, r6]\n"
                     "ldrsb r7, [r2, r6]\n"
                     "lsls r7, r7, #16\n"
                     "adds r0, r0, r7\n"
                     "stm r5!, {r0}\n"
                     "ldrsb r0, [r3, r6]\n"
                     "ldrsb r7, [r4, r6]\n"
                     "lsls r7, r7, #16\n"
                     "adds r0, r0, r7\n"
                     "stm r5!, {r0}\n"
                     "adds r6, #1\n"
                     "bne 1b\n"
                     "pop {r7}\n"
                     : "+r"(four)
                     :
                     : TML_V6M_CLOBBERED);
}

#else

static TML_NN_RARE void tml_conv2d_s8_v6m_pack(const tml_conv2d_s8_v6m_four *pixels)
{
    int32_t i, k;
    for (i = 0; i < pixels->count; i++) {
        for (k = 0; k < 2; k++) {
            const uint32_t first = (uint32_t)pixels->from[2 * k][i];
            pixels->to[2 * i + k] = first + ((uint32_t)pixels->from[2 * k + 1][i] << 16);
        }
    }
}

#endif

static inline void tml_conv2d_s8_v6m_clear(tml_nn_sum *x, int32_t taps)
{
    for (; taps > 0; taps--) {
        *x++ = 0;
        *x++ = 0;
    }
}

/* Where the first tap of a pixel lies; possibly outside. */
typedef struct {
    int32_t y, x;
} tml_conv2d_s8_v6m_place;

/* The parts of the scratch memory, and how many pixels are packed at once. */
typedef struct {
    tml_nn_sum *streams, *sums;
    int8_t *pad; /* a row of padding; for a kernel of 1x1 the end of what it needs */
    int32_t most;
} tml_conv2d_s8_v6m_parts;

static inline tml_conv2d_s8_v6m_parts tml_conv2d_s8_v6m_divide(const tml_conv2d_s8_v6m_layer *l,
                                                               void *scratch)
{
    tml_conv2d_s8_v6m_parts p;
    p.streams = (tml_nn_sum *)scratch;
    p.sums = p.streams + 2 * l->row * l->blocks;
    p.pad = (int8_t *)(void *)(p.sums + 4 * l->blocks);
    p.most = 4 * l->blocks;
    return p;
}

static inline void tml_conv2d_s8_v6m_prepare(const tml_conv2d_s8_v6m_layer *l, int8_t *pad)
{
    int32_t i;
    for (i = 0; i < l->kernel_width * l->in_channels; i++) {
        pad[i] = (int8_t)l->pad_value;
    }
}

/* The taps of four pixels; `pad` is as long as a row of the kernel. */
static TML_NN_RARE void tml_conv2d_s8_v6m_gather(const tml_conv2d_s8_v6m_layer *l,
                                                 const int8_t *in,
                                                 const tml_conv2d_s8_v6m_place *at,
                                                 const int8_t *pad, tml_nn_sum *to)
{
    tml_conv2d_s8_v6m_four four;
    int32_t columns = 1, row, column, i;
    four.to = to;
    four.count = l->kernel_width * l->in_channels;
    for (i = 0; i < 4; i++) {
        if (l->dilation_width > 1 || at[i].x < 0 || at[i].x + l->kernel_width > l->in_width) {
            columns = l->kernel_width;
            four.count = l->in_channels;
        }
    }
    for (row = 0; row < l->kernel_height; row++) {
        for (column = 0; column < columns; column++) {
            for (i = 0; i < 4; i++) {
                const int32_t y = at[i].y + row * l->dilation_height;
                const int32_t x = at[i].x + column * l->dilation_width;
                const int inside = y >= 0 && y < l->in_height && x >= 0 && x < l->in_width;
                four.from[i] = inside ? in + (y * l->in_width + x) * l->in_channels : pad;
            }
            tml_conv2d_s8_v6m_pack(&four);
            four.to += 2 * four.count;
        }
    }
    tml_conv2d_s8_v6m_clear(four.to, l->row - l->taps);
}

/* Pack `count` pixels of a picture from `first` on. */
static TML_NN_RARE void tml_conv2d_s8_v6m_block(const tml_conv2d_s8_v6m_layer *l, const int8_t *in,
                                                int32_t first, int32_t count,
                                                const tml_conv2d_s8_v6m_parts *p)
{
    const int32_t row = first / l->out_width;
    int32_t column = first - row * l->out_width, i;
    tml_conv2d_s8_v6m_place at[4], next;
    next.y = row * l->stride_height - l->pad_top;
    next.x = column * l->stride_width - l->pad_left;
    for (i = 0; i < (count + 3) / 4 * 4; i++) {
        at[i & 3] = next;
        next.x += l->stride_width;
        if (++column == l->out_width) {
            column = 0;
            next.y += l->stride_height;
            next.x = -l->pad_left;
        }
        if ((i & 3) == 3) {
            tml_conv2d_s8_v6m_gather(l, in, at, p->pad, p->streams + (i >> 2) * 2 * l->row);
        }
    }
}

/* Any kernel; `scratch` holds the streams, sums and a row of padding. All of a block is read before
 * any of it is written. */
static TML_NN_RARE void tml_conv2d_s8_v6m(const tml_conv2d_s8_v6m_layer *l, const int8_t *in,
                                          int8_t *out, void *scratch)
{
    const tml_conv2d_s8_v6m_parts p = tml_conv2d_s8_v6m_divide(l, scratch);
    const int32_t all = l->out_height * l->out_width;
    int32_t batch, first, count;
    tml_conv2d_s8_v6m_prepare(l, p.pad);
    for (batch = 0; batch < l->batches; batch++) {
        for (first = 0; first < all; first += count) {
            count = all - first < p.most ? all - first : p.most;
            tml_conv2d_s8_v6m_block(l, in, first, count, &p);
            tml_conv2d_s8_v6m_pixels(l, p.streams, count, out, p.sums);
            out += count * l->out_channels;
        }
        in += l->in_height * l->in_width * l->in_channels;
    }
}

/* Pack `count` of `all` pixels from `first` on. */
static TML_NN_RARE void tml_conv2d_1x1_s8_v6m_block(const tml_conv2d_s8_v6m_layer *l,
                                                    const int8_t *in, int32_t first, int32_t count,
                                                    int32_t all, tml_nn_sum *streams)
{
    int32_t i, k;
    for (i = 0; i < count; i += 4) {
        tml_conv2d_s8_v6m_four four;
        for (k = 0; k < 4; k++) {
            const int32_t pixel = first + i + k;
            four.from[k] = in + (pixel < all ? pixel : all - 1) * l->taps;
        }
        four.to = streams + (i >> 2) * 2 * l->row;
        four.count = l->taps;
        tml_conv2d_s8_v6m_pack(&four);
        tml_conv2d_s8_v6m_clear(four.to + 2 * l->taps, l->row - l->taps);
    }
}

/* The first pixel of a block of 1x1 of which `left` are still to come, itself one of them. */
static inline int32_t tml_conv2d_1x1_s8_v6m_first(const tml_conv2d_s8_v6m_layer *l, int32_t left,
                                                  int32_t all, int32_t most)
{
    return most * (l->backward ? left - 1 : (all + most - 1) / most - left);
}

/* A kernel of 1x1 without stride or padding: all pixels are one long row. All of a block is read
 * before any of it is written. */
static TML_NN_RARE void tml_conv2d_1x1_s8_v6m(const tml_conv2d_s8_v6m_layer *l, const int8_t *in,
                                              int8_t *out, void *scratch)
{
    const tml_conv2d_s8_v6m_parts p = tml_conv2d_s8_v6m_divide(l, scratch);
    const int32_t all = l->batches * l->out_height * l->out_width;
    int32_t left;
    for (left = (all + p.most - 1) / p.most; left > 0; left--) {
        const int32_t first = tml_conv2d_1x1_s8_v6m_first(l, left, all, p.most);
        const int32_t count = all - first < p.most ? all - first : p.most;
        tml_conv2d_1x1_s8_v6m_block(l, in, first, count, all, p.streams);
        tml_conv2d_s8_v6m_pixels(l, p.streams, count, out + first * l->out_channels, p.sums);
    }
}

#endif
