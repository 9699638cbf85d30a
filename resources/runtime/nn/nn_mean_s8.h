/* TinyML Studio runtime: MEAN on int8 over any axes of up to four dimensions.
 *
 * The input is seen as [outer][reduced_a][middle][reduced_b][inner]; every choice of axes fits
 * once neighbouring dimensions of one kind are merged. */
#ifndef TML_NN_MEAN_S8_H
#define TML_NN_MEAN_S8_H

#include "nn_math.h"

typedef struct {
    int32_t outer, reduced_a, middle, reduced_b, inner;
    int32_t offset; /* minus the input's zero point times the number of values */
    int32_t multiplier, shift, out_zero_point; /* the division is in the multiplier */
} tml_mean_s8_layer;

TML_NN_KERNEL int8_t tml_mean_s8_one(const tml_mean_s8_layer *l, const int8_t *in)
{
    int32_t sum = 0, a, b;
    for (a = 0; a < l->reduced_a; a++) {
        const int8_t *from = in + a * l->middle * l->reduced_b * l->inner;
        for (b = 0; b < l->reduced_b; b++) {
            sum += *from;
            from += l->inner;
        }
    }
    return tml_nn_output_s8((uint32_t)(sum + l->offset), l->multiplier, l->shift,
                            l->out_zero_point, -128, 127);
}

TML_NN_KERNEL void tml_mean_s8(const tml_mean_s8_layer *l, const int8_t *in, int8_t *out)
{
    const int32_t middle_step = l->reduced_b * l->inner;
    const int32_t outer_step = l->reduced_a * l->middle * middle_step;
    int32_t outer, middle, inner;
    for (outer = 0; outer < l->outer; outer++) {
        for (middle = 0; middle < l->middle; middle++) {
            for (inner = 0; inner < l->inner; inner++) {
                *out++ = tml_mean_s8_one(
                    l, in + outer * outer_step + middle * middle_step + inner);
            }
        }
    }
}

#endif
