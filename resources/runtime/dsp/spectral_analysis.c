#include "dsp/spectral_analysis.h"

#include "dsp/biquad.h"
#include "dsp/rfft.h"
#include "dsp/window.h"
#include "math/tml_math.h"

enum { BLOCK = 64, DECIMATE_SECTIONS = 4, COEFFICIENTS = 5, STAGE = 21 };

/* Sums run over blocks first, so that their error grows with the block, not with the window. */
static float mean_of(const float *values, uint32_t count)
{
    float origin = values[0], sum = 0.0f;
    uint32_t i = 0;
    while (i < count) {
        uint32_t end = count - i < BLOCK ? count : i + BLOCK;
        float part = 0.0f;
        for (; i < end; i++) {
            part += values[i] - origin;
        }
        sum += part;
    }
    /* from the first value, so that of a constant nothing is left after subtraction */
    return sum / (float)count + origin;
}

/* Root mean square about the mean. */
static float deviation_of(const float *values, uint32_t count, float mean)
{
    float sum = 0.0f;
    uint32_t i = 0;
    while (i < count) {
        uint32_t end = count - i < BLOCK ? count : i + BLOCK;
        float part = 0.0f;
        for (; i < end; i++) {
            float value = values[i] - mean;
            part += value * value;
        }
        sum += part;
    }
    return tml_sqrtf(sum / (float)count);
}

/* moments[0] skewness, moments[1] excess kurtosis, of the population; 0 if nothing varies. */
static void shape_of(const float *values, uint32_t count, float mean, float deviation,
                     float *moments)
{
    float third = 0.0f, fourth = 0.0f, inverse = 1.0f / deviation;
    uint32_t i = 0;
    if (deviation == 0.0f || !tml_is_finite(inverse)) {
        moments[0] = 0.0f;
        moments[1] = 0.0f;
        return;
    }
    while (i < count) {
        uint32_t end = count - i < BLOCK ? count : i + BLOCK;
        float part3 = 0.0f, part4 = 0.0f;
        for (; i < end; i++) {
            float value = (values[i] - mean) * inverse, square = value * value;
            part3 += square * value;
            part4 += square * square;
        }
        third += part3;
        fourth += part4;
    }
    moments[0] = third / (float)count;
    moments[1] = fourth / (float)count - 3.0f;
}

/* Low-pass and keep every ratio-th value, in place; returns how many are left. Filtering the
 * distance to the first value from rest is the same as filtering from the steady state of that
 * value, and leaves a constant constant. */
static uint32_t decimate(const float *stage, uint32_t ratio, float *values, uint32_t count)
{
    float origin = values[0];
    uint32_t s, i;
    for (i = 0; i < count; i++) {
        values[i] -= origin;
    }
    for (s = 0; s < DECIMATE_SECTIONS; s++, stage += COEFFICIENTS) {
        tml_biquad(stage, values, count);
    }
    origin *= *stage;
    for (i = 0; i * ratio < count; i++) {
        values[i] = values[i * ratio] + origin;
    }
    return i;
}

/* peak[0 .. fft_length/2]: the greatest power of each bin over all frames. work: fft_length and
 * then fft_length/2 + 1 values. */
static void peak_spectrum(const tml_spectral_analysis_config *config, const float *values,
                          uint32_t count, float *work, float *peak)
{
    uint32_t length = config->fft_length, bins = length / 2 + 1, start, i;
    float *power = work + length;
    for (i = 0; i < bins; i++) {
        peak[i] = 0.0f;
    }
    for (start = 0; start < count; start += config->hop) {
        uint32_t used = count - start < length ? count - start : length;
        for (i = 0; i < used; i++) {
            work[i] = values[start + i];
        }
        for (; i < length; i++) {
            work[i] = 0.0f;
        }
        tml_rfft_power(work, length, config->sine, config->power_scale, power);
        for (i = 0; i < bins; i++) {
            peak[i] = power[i] > peak[i] ? power[i] : peak[i];
        }
    }
}

/* The features of one signal; leaves its mean subtracted. Returns how many there are. */
static uint32_t analyse(const tml_spectral_analysis_config *config, float *values, uint32_t count,
                        float *work, float *features)
{
    uint32_t bins = config->fft_length / 2 + 1, i, n = 5;
    float *peak = work + config->fft_length + bins;
    float mean = mean_of(values, count), deviation;
    for (i = 0; i < count; i++) {
        values[i] -= mean;
    }
    deviation = deviation_of(values, count, 0.0f);
    features[0] = deviation;
    shape_of(values, count, 0.0f, deviation, features + 1);
    peak_spectrum(config, values, count, work, peak);
    mean = mean_of(peak, bins);
    shape_of(peak, bins, mean, deviation_of(peak, bins, mean), features + 3);
    for (i = config->bin_first; i <= config->bin_last; i++) {
        float power = peak[i];
        if (config->do_log) {
            power = tml_logf(power == 0.0f ? 1e-10f : power) * 0x1.bcb7b2p-2f;
        }
        features[n] = power;
        n += 1;
    }
    for (i = 0; i < n; i++) {
        features[i] = tml_finite_or_zero(features[i]);
    }
    return n;
}

int tml_spectral_analysis(const tml_spectral_analysis_config *config, const tml_window *window,
                          float *features, void *scratch)
{
    float *values = scratch, *work = values + config->n_readings;
    uint32_t per_axis = 5 + config->bin_last - config->bin_first + 1;
    uint32_t axis, i;
    if (!tml_window_is_valid(window, config->n_readings, config->n_axes)) {
        return TML_ERROR_SHAPE;
    }
    for (axis = 0; axis < config->n_axes; axis++) {
        uint32_t count = config->n_readings;
        tml_window_copy(window, 0, count, axis, values);
        for (i = 0; i < count; i++) {
            values[i] *= config->scale_axes;
        }
        for (i = 0; i < config->decimate_stages; i++) {
            count = decimate(config->decimate + i * STAGE, config->decimate_ratios[i], values,
                             count);
        }
        for (i = 0; i < config->filter_sections; i++) {
            tml_biquad(config->filter + i * COEFFICIENTS, values, count);
        }
        analyse(config, values, count, work, features + axis * per_axis);
        if (config->low_count != 0) {
            i = config->decimate_stages;
            count = decimate(config->decimate + i * STAGE, config->decimate_ratios[i], values,
                             count);
            analyse(config, values, count, work, features + (config->n_axes + axis) * per_axis);
        }
    }
    return TML_OK;
}
