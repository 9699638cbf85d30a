#include "dsp/biquad.h"

void tml_biquad(const float *coefficients, float *values, uint32_t count)
{
    float b0 = coefficients[0], b1 = coefficients[1], b2 = coefficients[2];
    float a1 = coefficients[3], a2 = coefficients[4];
    float z0 = 0.0f, z1 = 0.0f;
    uint32_t i;
    for (i = 0; i < count; i++) {
        float x = values[i], y = b0 * x + z0;
        z0 = b1 * x - a1 * y + z1;
        z1 = b2 * x - a2 * y;
        values[i] = y;
    }
}
