/* TinyML Studio runtime: AVERAGE_POOL_2D and MAX_POOL_2D on int8; taps outside do not count. */
#ifndef TML_NN_POOL2D_S8_H
#define TML_NN_POOL2D_S8_H

#include "nn_math.h"

typedef struct {
    int32_t batches, in_height, in_width, channels;
    int32_t out_height, out_width;
    int32_t kernel_height, kernel_width;
    int32_t stride_height, stride_width;
    int32_t pad_top, pad_left;
    int32_t out_low, out_high;
} tml_pool2d_s8_layer;

/* The part of a kernel that lies inside the picture. */
typedef struct {
    int32_t top, bottom, left, right;
} tml_pool2d_s8_area;

TML_NN_KERNEL tml_pool2d_s8_area tml_pool2d_s8_clip(const tml_pool2d_s8_layer *l, int32_t out_y,
                                                    int32_t out_x)
{
    const int32_t y = out_y * l->stride_height - l->pad_top;
    const int32_t x = out_x * l->stride_width - l->pad_left;
    tml_pool2d_s8_area area;
    area.top = y < 0 ? 0 : y;
    area.left = x < 0 ? 0 : x;
    area.bottom = y + l->kernel_height < l->in_height ? y + l->kernel_height : l->in_height;
    area.right = x + l->kernel_width < l->in_width ? x + l->kernel_width : l->in_width;
    return area;
}

/* C divides towards zero: this rounds to nearest, ties away from zero. */
TML_NN_KERNEL int32_t tml_pool2d_s8_mean(int32_t sum, int32_t count)
{
    return sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
}

TML_NN_KERNEL int32_t tml_pool2d_s8_count(tml_pool2d_s8_area area)
{
    return (area.bottom - area.top) * (area.right - area.left);
}

TML_NN_KERNEL int32_t tml_average_pool2d_s8_one(const tml_pool2d_s8_layer *l, const int8_t *in,
                                                tml_pool2d_s8_area area)
{
    int32_t sum = 0, y, x;
    for (y = area.top; y < area.bottom; y++) {
        const int8_t *from = in + (y * l->in_width + area.left) * l->channels;
        for (x = area.left; x < area.right; x++) {
            sum += *from;
            from += l->channels;
        }
    }
    return tml_pool2d_s8_mean(sum, tml_pool2d_s8_count(area));
}

TML_NN_KERNEL int32_t tml_max_pool2d_s8_one(const tml_pool2d_s8_layer *l, const int8_t *in,
                                            tml_pool2d_s8_area area)
{
    int32_t best = -128, y, x;
    for (y = area.top; y < area.bottom; y++) {
        const int8_t *from = in + (y * l->in_width + area.left) * l->channels;
        for (x = area.left; x < area.right; x++) {
            best = *from > best ? *from : best;
            from += l->channels;
        }
    }
    return best;
}

#ifdef TML_NN_DSP

TML_NN_KERNEL int8_t tml_average_pool2d_s8_value(const tml_pool2d_s8_layer *l, int32_t sum,
                                                 int32_t count)
{
    const int32_t value = tml_pool2d_s8_mean(sum, count);
    const int whole = l->out_low <= -128 && l->out_high >= 127;
    return (int8_t)(whole ? value : tml_nn_clamp(value, l->out_low, l->out_high));
}

/* Four channels of one output. Sums of bytes 0 and 2 and of 1 and 3 are pairs of 16 bits, emptied
 * after 255 pixels at the latest. */
TML_NN_KERNEL void tml_average_pool2d_s8_four(const tml_pool2d_s8_layer *l, const int8_t *in,
                                              tml_pool2d_s8_area area, int8_t *out)
{
    const int32_t step = l->channels, line = l->in_width * step;
    const int32_t width = area.right - area.left, count = tml_pool2d_s8_count(area);
    const int fits = l->kernel_height <= 255 && l->kernel_width <= 255
                     && l->kernel_height * l->kernel_width <= 255;
    int32_t a = 0, b = 0, c = 0, d = 0, rows = area.bottom - area.top;
    in += (area.top * l->in_width + area.left) * step;
    while (rows > 0) {
        uint32_t even = 0, odd = 0, four;
        int32_t left = 255;
        do { /* a row, or as much of it as fits */
            const int8_t *from = in;
            int32_t x = width;
            if (!fits && width > left) {
                break;
            }
            __asm__ volatile("1:\n"
                             "ldr %[four], [%[from]]\n"
                             "add %[from], %[step]\n"
                             "subs %[x], #1\n"
                             "sxtab16 %[even], %[even], %[four]\n"
                             "sxtab16 %[odd], %[odd], %[four], ror #8\n"
                             "bne 1b\n"
                             : [even] "+&r"(even), [odd] "+&r"(odd), [four] "=&r"(four),
                               [from] "+&r"(from), [x] "+&r"(x)
                             : [step] "r"(step)
                             : "cc", "memory");
            left -= width;
            in += line;
            rows--;
        } while (rows > 0);
        a += (int16_t)even;
        b += (int16_t)odd;
        c += (int32_t)even >> 16;
        d += (int32_t)odd >> 16;
    }
    out[0] = tml_average_pool2d_s8_value(l, a, count);
    out[1] = tml_average_pool2d_s8_value(l, b, count);
    out[2] = tml_average_pool2d_s8_value(l, c, count);
    out[3] = tml_average_pool2d_s8_value(l, d, count);
}

TML_NN_KERNEL void tml_max_pool2d_s8_four(const tml_pool2d_s8_layer *l, const int8_t *in,
                                          tml_pool2d_s8_area area, int8_t *out)
{
    const int32_t step = l->channels;
    uint32_t best = 0x80808080u, four, more;
    int32_t y, i;
    for (y = area.top; y < area.bottom; y++) {
        const int8_t *from = in + (y * l->in_width + area.left) * step;
        int32_t x = area.right - area.left;
        __asm__ volatile("1:\n"
                         "ldr %[four], [%[from]]\n"
                         "add %[from], %[step]\n"
                         "ssub8 %[more], %[four], %[best]\n"
                         "sel %[best], %[four], %[best]\n"
                         "subs %[x], #1\n"
                         "bne 1b\n"
                         : [best] "+&r"(best), [four] "=&r"(four), [more] "=&r"(more),
                           [from] "+&r"(from), [x] "+&r"(x)
                         : [step] "r"(step)
                         : "cc", "memory");
    }
    if (l->out_low <= -128 && l->out_high >= 127) {
        __builtin_memcpy(out, &best, sizeof best);
        return;
    }
    for (i = 0; i < 4; i++) {
        const int32_t value = (int8_t)(best >> 8 * i);
        out[i] = (int8_t)tml_nn_clamp(value, l->out_low, l->out_high);
    }
}

#endif

/* All channels of one output. */
TML_NN_KERNEL void tml_pool2d_s8_pixel(const tml_pool2d_s8_layer *l, const int8_t *in,
                                       tml_pool2d_s8_area area, int8_t *out, int average)
{
    int32_t c = 0;
#ifdef TML_NN_DSP
    if (area.right - area.left <= 255) {
        for (; c + 4 <= l->channels; c += 4) {
            if (average) {
                tml_average_pool2d_s8_four(l, in + c, area, out + c);
            } else {
                tml_max_pool2d_s8_four(l, in + c, area, out + c);
            }
        }
    }
#endif
    for (; c < l->channels; c++) {
        const int32_t value = average ? tml_average_pool2d_s8_one(l, in + c, area)
                                      : tml_max_pool2d_s8_one(l, in + c, area);
        out[c] = (int8_t)tml_nn_clamp(value, l->out_low, l->out_high);
    }
}

/* The output may lie on the input or before it, where there is no padding in front. */
TML_NN_KERNEL void tml_pool2d_s8(const tml_pool2d_s8_layer *l, const int8_t *in, int8_t *out,
                                 int average)
{
    int32_t batch, y, x;
    for (batch = 0; batch < l->batches; batch++) {
        for (y = 0; y < l->out_height; y++) {
            for (x = 0; x < l->out_width; x++) {
                tml_pool2d_s8_pixel(l, in, tml_pool2d_s8_clip(l, y, x), out, average);
                out += l->channels;
            }
        }
        in += l->in_height * l->in_width * l->channels;
    }
}

TML_NN_KERNEL void tml_average_pool2d_s8(const tml_pool2d_s8_layer *l, const int8_t *in,
                                         int8_t *out)
{
    tml_pool2d_s8(l, in, out, 1);
}

TML_NN_KERNEL void tml_max_pool2d_s8(const tml_pool2d_s8_layer *l, const int8_t *in, int8_t *out)
{
    tml_pool2d_s8(l, in, out, 0);
}

#endif
