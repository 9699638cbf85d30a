/* TinyML Studio runtime: DEPTHWISE_CONV_2D on int8 for ARMv6-M, for one or two outputs per channel.
 *
 * Then preparing a channel's rows (as nn_depthwise_conv2d_s8_v6m.h does) takes longer than the
 * outputs. Here the taps of an output lie one after the other with all their channels: where they
 * do so in the input they are read there, elsewhere they are copied first. */
#ifndef TML_NN_DEPTHWISE_CONV2D_ACROSS_S8_V6M_H
#define TML_NN_DEPTHWISE_CONV2D_ACROSS_S8_V6M_H

#include "nn_bytes.h"
#include "nn_math_v6m.h"

typedef struct {
    int32_t batches, in_height, in_width, in_channels;
    int32_t out_height, out_width;
    int32_t kernel_height, kernel_width;
    int32_t stride_height, stride_width;
    int32_t pad_top, pad_left;
    int32_t dilation_height, dilation_width;
    int32_t pad_value;
    int32_t narrow;        /* as in tml_v6m_layout */
    const int8_t *weights; /* [in_channels][kernel_height][kernel_width] */
    tml_nn_outputs outputs;
} tml_depthwise_conv2d_across_s8_v6m_layer;

/* The products of `count` weights with values that lie `step` apart, and a sum. */
static TML_NN_RARE uint32_t tml_depthwise_conv2d_across_s8_v6m_sum(const int8_t *in, int32_t step,
                                                                   const int8_t *weights,
                                                                   int32_t count, uint32_t sum)
{
#ifdef TML_NN_V6M
    const int8_t *const end = weights + count;
    int32_t at = -count, value, weight;
    __asm__ volatile(".syntax unified\n"
                     "1: movs %[weight], #0\n"
                     "ldrsb %[value], [%[in], %[weight]]\n"
                     "ldrsb %[weight], [%[end], %[at]]\n"
                     "add %[in], %[step]\n"
                     "muls %[value], %[weight], %[value]\n"
                     "adds %[sum], %[sum], %[value]\n"
                     "adds %[at], #1\n"
                     "bne 1b\n"
                     : [in] "+l"(in), [at] "+l"(at), [sum] "+l"(sum), [value] "=&l"(value),
                       [weight] "=&l"(weight)
                     : [end] "l"(end), [step] "r"(step)
                     : "cc", "memory");
#else
    for (; count > 0; count--) {
        sum += (uint32_t)(*in * *weights++);
        in += step;
    }
#endif
    return sum;
}

/* Copy the taps of the output at (y, x). */
static inline void
tml_depthwise_conv2d_across_s8_v6m_copy(const tml_depthwise_conv2d_across_s8_v6m_layer *l,
                                        const int8_t *in, int32_t y, int32_t x, int8_t *to)
{
    const int32_t size = l->in_channels;
    int32_t row, column, i;
    for (row = 0; row < l->kernel_height; row++) {
        int32_t at = x;
        for (column = 0; column < l->kernel_width; column++) {
            if (y >= 0 && y < l->in_height && at >= 0 && at < l->in_width) {
                tml_nn_copy_bytes(in + (y * l->in_width + at) * size, to, size);
            } else {
                for (i = 0; i < size; i++) {
                    to[i] = (int8_t)l->pad_value;
                }
            }
            to += size;
            at += l->dilation_width;
        }
        y += l->dilation_height;
    }
}

/* The taps of the output at (y, x), one after the other. */
static inline const int8_t *
tml_depthwise_conv2d_across_s8_v6m_taps(const tml_depthwise_conv2d_across_s8_v6m_layer *l,
                                        const int8_t *in, int32_t y, int32_t x, int8_t *copy)
{
    const int32_t rows = l->kernel_height, columns = l->kernel_width;
    const int inside = y >= 0 && y + rows <= l->in_height && x >= 0 && x + columns <= l->in_width;
    const int below = l->dilation_height == 1 && columns == l->in_width;
    if (inside && l->dilation_width == 1 && (rows == 1 || below)) {
        return in + (y * l->in_width + x) * l->in_channels;
    }
    tml_depthwise_conv2d_across_s8_v6m_copy(l, in, y, x, copy);
    return copy;
}

/* All channels of one output. */
static TML_NN_RARE void
tml_depthwise_conv2d_across_s8_v6m_pixel(const tml_depthwise_conv2d_across_s8_v6m_layer *l,
                                         const int8_t *taps, int8_t *out)
{
    const int32_t count = l->kernel_height * l->kernel_width;
    const int8_t *weights = l->weights;
    int32_t channel;
    for (channel = 0; channel < l->in_channels; channel++) {
        if (tml_v6m_is_fixed(&l->outputs, channel)) {
            tml_v6m_fill(&l->outputs, channel, 1, out + channel, 1);
        } else {
            const tml_nn_sum sum = tml_depthwise_conv2d_across_s8_v6m_sum(
                taps + channel, l->in_channels, weights, count, (uint32_t)l->outputs.bias[channel]);
            tml_v6m_store(&l->outputs, l->narrow, channel, 0, &sum, 1, out + channel, 1);
        }
        weights += count;
    }
}

/* Of a single output, a channel is read before it is written, so that it may lie at the input's
 * start. `scratch` holds the taps of an output, or nothing where none of them is copied. */
static TML_NN_RARE void
tml_depthwise_conv2d_across_s8_v6m(const tml_depthwise_conv2d_across_s8_v6m_layer *l,
                                   const int8_t *in, int8_t *out, void *scratch)
{
    int32_t batch, y, x;
    for (batch = 0; batch < l->batches; batch++) {
        for (y = 0; y < l->out_height; y++) {
            for (x = 0; x < l->out_width; x++) {
                const int8_t *const taps = tml_depthwise_conv2d_across_s8_v6m_taps(
                    l, in, y * l->stride_height - l->pad_top, x * l->stride_width - l->pad_left,
                    (int8_t *)scratch);
                tml_depthwise_conv2d_across_s8_v6m_pixel(l, taps, out);
                out += l->in_channels;
            }
        }
        in += l->in_height * l->in_width * l->in_channels;
    }
}

#endif
