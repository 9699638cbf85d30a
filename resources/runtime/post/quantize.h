/* Features to a model's int8 input. */
#ifndef TML_QUANTIZE_H
#define TML_QUANTIZE_H

#include <stdint.h>

/* out[i] = round((features[i] - mean[i % n_scale]) * inv_std[i % n_scale] / scale) + zero_point,
 * halves away from zero, held to -128 .. 127. n_scale 0: features as they are. What is not a
 * number becomes zero_point. */
void tml_quantize_f32_s8(const float *features, uint32_t n, const float *mean,
                         const float *inv_std, uint32_t n_scale, float scale, int32_t zero_point,
                         int8_t *out);

#endif
