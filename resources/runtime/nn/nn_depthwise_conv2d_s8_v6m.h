/* TinyML Studio runtime: DEPTHWISE_CONV_2D on int8 for ARMv6-M, any depth multiplier.
 *
 * One channel after the other, a band of output rows at a time: the rows that the band needs are
 * copied together with their padding, so that a tap is a fixed distance from an output's place.
 * A list of distances and weights is then walked once for every four outputs. The input's zero
 * point is folded into the bias; taps outside the picture read `pad_value` (that zero point). */
#ifndef TML_NN_DEPTHWISE_CONV2D_S8_V6M_H
#define TML_NN_DEPTHWISE_CONV2D_S8_V6M_H

#include "nn_math_v6m.h"

typedef struct {
    int32_t batches, in_height, in_width, in_channels;
    int32_t out_height, out_width, out_channels;
    int32_t depth_multiplier;
    int32_t kernel_height, kernel_width;
    int32_t stride_height, stride_width;
    int32_t pad_top, pad_left;
    int32_t dilation_height, dilation_width;
    int32_t pad_value;
    int32_t row_width; /* of a copied row: all that the kernel reaches */
    int32_t row_used;  /* how many values of an input row the kernel reaches */
    int32_t band;      /* rows of outputs computed at once */
    int32_t taps;      /* kernel_height * kernel_width, and zeros up to a multiple of three */
    int32_t narrow;    /* as in tml_v6m_layout */
    const int8_t *weights; /* [out_channels][kernel_height][kernel_width] */
    tml_nn_outputs outputs;
} tml_depthwise_conv2d_s8_v6m_layer;

typedef struct {
    int32_t distance, weight;
} tml_depthwise_conv2d_s8_v6m_tap;

/* One channel's sums over a band. */
typedef struct {
    const tml_nn_sum *places;
    const tml_depthwise_conv2d_s8_v6m_tap *taps, *end;
    tml_nn_sum *sums, *last;
    const int8_t *rows;
} tml_depthwise_conv2d_s8_v6m_band;

#ifdef TML_NN_V6M

/* A place in the copied rows: its address. */
static inline uint32_t tml_depthwise_conv2d_s8_v6m_place(const int8_t *rows, int32_t at)
{
    return (uint32_t)(rows + at);
}

#define TML_DEPTHWISE_CONV2D_S8_V6M_ONE(place, sum) \
    "ldrsb r0, [" place ", r1]\n" \
    "muls r0, r2, r0\n" \
    "add " sum ", r0\n"

#define TML_DEPTHWISE_CONV2D_S8_V6M_TAP \
    "ldm r7!, {r1, r2}\n" \
    TML_DEPTHWISE_CONV2D_S8_V6M_ONE("r3", "r8") TML_DEPTHWISE_CONV2D_S8_V6M_ONE("r4", "r9") \
    TML_DEPTHWISE_CONV2D_S8_V6M_ONE("r5", "r10") TML_DEPTHWISE_CONV2D_S8_V6M_ONE("r6", "r11")

/* r1 is the tap's distance, r2 its weight, r3 to r6 the places of four outputs. */
static TML_NN_RARE void
tml_depthwise_conv2d_s8_v6m_sums(const tml_depthwise_conv2d_s8_v6m_band *of)
{
    register const tml_depthwise_conv2d_s8_v6m_band *band __asm__("r0") = of;
    __asm__ volatile(".syntax unified\n"
                     "push {r7}\n"
                     "ldm r0!, {r1, r2, r3, r4, r5}\n"
                     "mov lr, r1\n"
                     "mov r12, r3\n"
                     "push {r2, r4, r5}\n"
                     "1: mov r7, lr\n"
                     "ldm r7!, {r3, r4, r5, r6}\n"
                     "mov lr, r7\n"
                     "movs r0, #0\n"
                     "mov r8, r0\n"
                     "mov r9, r0\n"
                     "mov r10, r0\n"
                     "mov r11, r0\n"
                     "ldr r7, [sp]\n"
                     "2:\n" TML_DEPTHWISE_CONV2D_S8_V6M_TAP TML_DEPTHWISE_CONV2D_S8_V6M_TAP
                     TML_DEPTHWISE_CONV2D_S8_V6M_TAP
                     "cmp r7, r12\n"
                     "bne 2b\n"
                     "ldr r4, [sp, #4]\n"
                     "mov r0, r8\n"
                     "mov r1, r9\n"
                     "mov r2, r10\n"
                     "mov r3, r11\n"
                     "stm r4!, {r0, r1, r2, r3}\n"
                     "str r4, [sp, #4]\n"
                     "ldr r0, [sp, #8]\n"
                     "cmp r4, r0\n"
                     "blo 1b\n"
                     "add sp, #12\n"
                     "pop {r7}\n"
                     : "+r"(band)
                     :
                     : TML_V6M_CLOBBERED);
}

#else

/* A place in the copied rows: how far it is from their start. */
static inline uint32_t tml_depthwise_conv2d_s8_v6m_place(const int8_t *rows, int32_t at)
{
    (void)rows;
    return (uint32_t)at;
}

static TML_NN_RARE void
tml_depthwise_conv2d_s8_v6m_sums(const tml_depthwise_conv2d_s8_v6m_band *band)
{
    const tml_nn_sum *place = band->places;
    tml_nn_sum *sum;
    for (sum = band->sums; sum < band->last; sum++) {
        const tml_depthwise_conv2d_s8_v6m_tap *tap;
        uint32_t total = 0;
        for (tap = band->taps; tap != band->end; tap++) {
            total += (uint32_t)(band->rows[(int32_t)*place + tap->distance] * tap->weight);
        }
        *sum = total;
        place++;
    }
}

#endif

/* Copy one channel of an input row. */
static TML_NN_RARE void
tml_depthwise_conv2d_s8_v6m_gather(const tml_depthwise_conv2d_s8_v6m_layer *l, const int8_t *in,
                                   int32_t y, int8_t *to)
{
    const int32_t step = l->in_channels;
    int8_t *const end = to + l->pad_left + l->row_used;
    to += l->pad_left;
    if (y < 0 || y >= l->in_height) {
        while (to != end) {
            *to++ = (int8_t)l->pad_value;
        }
        return;
    }
    in += y * l->in_width * l->in_channels;
    for (; end - to >= 4; to += 4) {
        to[0] = *in;
        in += step;
        to[1] = *in;
        in += step;
        to[2] = *in;
        in += step;
        to[3] = *in;
        in += step;
    }
    while (to != end) {
        *to++ = *in;
        in += step;
    }
}

/* The same of rows `from` to `until` behind row `y`, of which the kernel sees one value each. */
static TML_NN_RARE void
tml_depthwise_conv2d_s8_v6m_gather_column(const tml_depthwise_conv2d_s8_v6m_layer *l,
                                          const int8_t *in, int32_t y, int32_t from,
                                          int32_t until, int8_t *rows)
{
    const int32_t step = l->in_width * l->in_channels, height = l->in_height;
    int32_t row = y + from;
    int8_t *const end = rows + until;
    in += (row > 0 && row < height ? row : 0) * step;
    for (rows += from; rows != end; rows++, row++) {
        if (row < 0 || row >= height) {
            *rows = (int8_t)l->pad_value;
        } else {
            *rows = *in;
            in += step;
        }
    }
}

/* Where the parts of the scratch memory are. */
typedef struct {
    tml_depthwise_conv2d_s8_v6m_tap *taps;
    tml_nn_sum *places; /* of a band's outputs in `rows` */
    tml_nn_sum *sums;
    int8_t *rows;
} tml_depthwise_conv2d_s8_v6m_parts;

static inline tml_depthwise_conv2d_s8_v6m_parts
tml_depthwise_conv2d_s8_v6m_divide(const tml_depthwise_conv2d_s8_v6m_layer *l, void *scratch)
{
    const int32_t most = (l->band * l->out_width + 3) & ~3;
    tml_depthwise_conv2d_s8_v6m_parts p;
    p.places = (tml_nn_sum *)scratch;
    p.taps = (tml_depthwise_conv2d_s8_v6m_tap *)(void *)(p.places + most);
    p.sums = (tml_nn_sum *)(void *)(p.taps + l->taps);
    p.rows = (int8_t *)(void *)(p.sums + most);
    return p;
}

/* All that is the same for every channel: distances, places and padding. */
static TML_NN_RARE void
tml_depthwise_conv2d_s8_v6m_prepare(const tml_depthwise_conv2d_s8_v6m_layer *l,
                                    const tml_depthwise_conv2d_s8_v6m_parts *p)
{
    const int32_t reach = (l->kernel_height - 1) * l->dilation_height + 1;
    const int32_t size = ((l->band - 1) * l->stride_height + reach) * l->row_width;
    const int32_t most = (l->band * l->out_width + 3) & ~3;
    int32_t i, row, column = 0;
    for (i = 0; i < l->taps; i++) {
        p->taps[i].distance = 0;
        p->taps[i].weight = 0;
    }
    for (i = 0; i < l->kernel_height * l->kernel_width; i++) {
        p->taps[i].distance = i / l->kernel_width * l->dilation_height * l->row_width
                              + i % l->kernel_width * l->dilation_width;
    }
    for (i = 0, row = 0; i < most; i++) {
        const int32_t at = row * l->row_width * l->stride_height + column * l->stride_width;
        p->places[i] = tml_depthwise_conv2d_s8_v6m_place(p->rows, at);
        if (++column == l->out_width && i + 1 < l->band * l->out_width) {
            column = 0;
            row++;
        }
        column -= column == l->out_width; /* behind the end: the last one again */
    }
    for (i = 0; i < size; i++) {
        p->rows[i] = (int8_t)l->pad_value;
    }
}

/* One output channel of a band of `count` outputs. */
static TML_NN_RARE void
tml_depthwise_conv2d_s8_v6m_channel(const tml_depthwise_conv2d_s8_v6m_layer *l, int32_t channel,
                                    int32_t count, int8_t *out,
                                    const tml_depthwise_conv2d_s8_v6m_parts *p)
{
    tml_depthwise_conv2d_s8_v6m_band band;
    if (tml_v6m_is_fixed(&l->outputs, channel)) {
        tml_v6m_fill(&l->outputs, channel, count, out, l->out_channels);
        return;
    }
    band.places = p->places;
    band.taps = p->taps;
    band.end = p->taps + l->taps;
    band.sums = p->sums;
    band.last = p->sums + count;
    band.rows = p->rows;
    tml_depthwise_conv2d_s8_v6m_sums(&band);
    tml_v6m_store(&l->outputs, l->narrow, channel, (uint32_t)l->outputs.bias[channel], p->sums,
                  count, out, l->out_channels);
}

/* All output channels of one input channel of one picture; `in` is its first value. */
static TML_NN_RARE void
tml_depthwise_conv2d_s8_v6m_plane(const tml_depthwise_conv2d_s8_v6m_layer *l, const int8_t *in,
                                  int32_t channel, int8_t *out,
                                  const tml_depthwise_conv2d_s8_v6m_parts *p)
{
    const int32_t reach = (l->kernel_height - 1) * l->dilation_height + 1;
    const int32_t kernel = l->kernel_height * l->kernel_width;
    int32_t y = -l->pad_top, done = 0, have = 0, m, i;
    if (l->depth_multiplier == 1 && tml_v6m_is_fixed(&l->outputs, channel)) {
        tml_v6m_fill(&l->outputs, channel, l->out_height * l->out_width, out, l->out_channels);
        return;
    }
    while (done < l->out_height) {
        const int32_t rows = l->out_height - done < l->band ? l->out_height - done : l->band;
        const int32_t need = (rows - 1) * l->stride_height + reach;
        const int32_t count = rows * l->out_width, down = rows * l->stride_height;
        if (l->row_width == 1 && l->row_used == 1) {
            tml_depthwise_conv2d_s8_v6m_gather_column(l, in, y, have, need, p->rows);
            have = need;
        }
        for (; have < need; have++) {
            const int inside = y + have >= 0 && y + have < l->in_height;
            /* where all rows have their own place, those of padding never change */
            if (inside || rows < l->out_height) {
                tml_depthwise_conv2d_s8_v6m_gather(l, in, y + have, p->rows + have * l->row_width);
            }
        }
        for (m = 0; m < l->depth_multiplier; m++) {
            if (done == 0 || l->depth_multiplier > 1) {
                for (i = 0; i < kernel; i++) {
                    p->taps[i].weight = l->weights[(channel + m) * kernel + i];
                }
            }
            tml_depthwise_conv2d_s8_v6m_channel(l, channel + m, count, out + m, p);
        }
        out += count * l->out_channels;
        done += rows;
        y += down;
        /* rows that the next band needs again move to the front */
        have = have > down && done < l->out_height ? have - down : 0;
        for (i = 0; i < have * l->row_width; i++) {
            p->rows[i] = p->rows[i + down * l->row_width];
        }
    }
}

static TML_NN_RARE void
tml_depthwise_conv2d_s8_v6m(const tml_depthwise_conv2d_s8_v6m_layer *l, const int8_t *in,
                            int8_t *out, void *scratch)
{
    const tml_depthwise_conv2d_s8_v6m_parts p = tml_depthwise_conv2d_s8_v6m_divide(l, scratch);
    int32_t batch, channel;
    tml_depthwise_conv2d_s8_v6m_prepare(l, &p);
    for (batch = 0; batch < l->batches; batch++) {
        for (channel = 0; channel < l->in_channels; channel++) {
            const int32_t first = channel * l->depth_multiplier;
            tml_depthwise_conv2d_s8_v6m_plane(l, in + channel, first, out + first, &p);
        }
        in += l->in_height * l->in_width * l->in_channels;
        out += l->out_height * l->out_width * l->out_channels;
    }
}

#endif
