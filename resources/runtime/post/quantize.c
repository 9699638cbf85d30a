#include "post/quantize.h"

static int32_t round_half_away(float x)
{
    int32_t whole = (int32_t)x;
    float rest = x - (float)whole;
    if (rest >= 0.5f) {
        whole += 1;
    } else if (rest <= -0.5f) {
        whole -= 1;
    }
    return whole;
}

void tml_quantize_f32_s8(const float *features, uint32_t n, const float *mean,
                         const float *inv_std, uint32_t n_scale, float scale, int32_t zero_point,
                         int8_t *out)
{
    uint32_t i, k = 0;
    for (i = 0; i < n; i++) {
        float x = features[i];
        int32_t q = 0;
        if (n_scale != 0) {
            x = (x - mean[k]) * inv_std[k];
            k = k + 1 == n_scale ? 0 : k + 1;
        }
        x = x / scale;
        /* beyond +-1000 the result is held anyway; the comparison also turns NaN away */
        if (x > 1000.0f) {
            q = 1000;
        } else if (x < -1000.0f) {
            q = -1000;
        } else if (x == x) {
            q = round_half_away(x);
        }
        q += zero_point;
        out[i] = (int8_t)(q > 127 ? 127 : q < -128 ? -128 : q);
    }
}
