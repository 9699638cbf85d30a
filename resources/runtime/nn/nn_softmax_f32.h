/* TinyML Studio runtime: SOFTMAX, LOG_SOFTMAX and L2_NORMALIZATION on float32. Outputs may lie over
 * their inputs. */
#ifndef TML_NN_SOFTMAX_F32_H
#define TML_NN_SOFTMAX_F32_H

#include "nn_math.h"
#include "tml_math_inline.h"

typedef struct {
    int32_t rows, depth;
    float beta;
} tml_softmax_f32_layer;

typedef struct {
    int32_t rows, depth;
} tml_rows_f32_layer;

static inline float tml_softmax_f32_largest(const float *in, int32_t count)
{
    float best = -0x1.fffffep+127f;
    int32_t i;
    for (i = 0; i < count; i++) {
        best = in[i] > best ? in[i] : best;
    }
    return best;
}

TML_NN_KERNEL void tml_softmax_f32(const tml_softmax_f32_layer *l, const float *in, float *out)
{
    int32_t row, i;
    for (row = 0; row < l->rows; row++) {
        const float best = tml_softmax_f32_largest(in, l->depth);
        float sum = 0.0f;
        for (i = 0; i < l->depth; i++) {
            out[i] = tml_math_exp((in[i] - best) * l->beta);
            sum += out[i];
        }
        for (i = 0; i < l->depth; i++) {
            out[i] = out[i] / sum;
        }
        in += l->depth;
        out += l->depth;
    }
}

TML_NN_KERNEL void tml_log_softmax_f32(const tml_rows_f32_layer *l, const float *in, float *out)
{
    int32_t row, i;
    for (row = 0; row < l->rows; row++) {
        const float best = tml_softmax_f32_largest(in, l->depth);
        float sum = 0.0f;
        for (i = 0; i < l->depth; i++) {
            sum += tml_math_exp(in[i] - best);
        }
        sum = tml_math_log(sum);
        for (i = 0; i < l->depth; i++) {
            out[i] = in[i] - best - sum;
        }
        in += l->depth;
        out += l->depth;
    }
}

TML_NN_KERNEL void tml_l2_normalization_f32(const tml_rows_f32_layer *l, const float *in,
                                            float *out)
{
    int32_t row, i;
    for (row = 0; row < l->rows; row++) {
        float squares = 0.0f, length;
        for (i = 0; i < l->depth; i++) {
            squares += in[i] * in[i];
        }
        length = tml_math_sqrt(squares);
        length = length > 1e-6f ? length : 1e-6f;
        for (i = 0; i < l->depth; i++) {
            out[i] = in[i] / length;
        }
        in += l->depth;
        out += l->depth;
    }
}

#endif
