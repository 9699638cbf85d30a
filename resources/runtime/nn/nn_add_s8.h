/* TinyML Studio runtime: ADD on int8, with broadcasting of up to four dimensions.
 *
 * Both inputs are brought to twice the larger scale with 20 extra bits, added, and rescaled. */
#ifndef TML_NN_ADD_S8_H
#define TML_NN_ADD_S8_H

#include "nn_math.h"

typedef struct {
    int32_t size[4];   /* of the output */
    int32_t step_a[4]; /* elements from one value to the next, 0 along a broadcast dimension */
    int32_t step_b[4];
    int32_t zero_point_a, multiplier_a, shift_a;
    int32_t zero_point_b, multiplier_b, shift_b;
    int32_t out_multiplier, out_shift, out_zero_point, out_low, out_high;
} tml_add_s8_layer;

static inline int32_t tml_add_s8_scaled(int32_t value, int32_t multiplier, int32_t shift)
{
    return tml_nn_rescale(value * (1 << 20), multiplier, shift);
}

static inline int8_t tml_add_s8_one(const tml_add_s8_layer *l, int32_t a, int32_t b)
{
    const int32_t sum =
        tml_add_s8_scaled(a - l->zero_point_a, l->multiplier_a, l->shift_a)
        + tml_add_s8_scaled(b - l->zero_point_b, l->multiplier_b, l->shift_b);
    return tml_nn_output_s8((uint32_t)sum, l->out_multiplier, l->out_shift, l->out_zero_point,
                            l->out_low, l->out_high);
}

TML_NN_KERNEL void tml_add_s8(const tml_add_s8_layer *l, const int8_t *a, const int8_t *b,
                              int8_t *out)
{
    int32_t i, j, k, m;
    for (i = 0; i < l->size[0]; i++) {
        for (j = 0; j < l->size[1]; j++) {
            for (k = 0; k < l->size[2]; k++) {
                const int8_t *x = a + i * l->step_a[0] + j * l->step_a[1] + k * l->step_a[2];
                const int8_t *y = b + i * l->step_b[0] + j * l->step_b[1] + k * l->step_b[2];
                for (m = 0; m < l->size[3]; m++) {
                    *out++ = tml_add_s8_one(l, *x, *y);
                    x += l->step_a[3];
                    y += l->step_b[3];
                }
            }
        }
    }
}

#endif
