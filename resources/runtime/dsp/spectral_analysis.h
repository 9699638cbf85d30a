/* Statistics and power spectrum of each axis, implementation version 4, FFT analysis.
 *
 * Per axis: scale, decimate (cascade of Chebyshev low-passes that start in the steady state of the
 * first reading), filter (Butterworth, from rest), subtract the mean; then root mean square,
 * skewness, excess kurtosis, skewness and excess kurtosis of the spectrum, and the spectrum's bins
 * bin_first .. bin_last. The spectrum is the greatest power / FFT length over all frames; the last
 * frame is padded with zeros. With n_axes * n_per_axis more features, all of that once more on
 * every tenth value of the decimated signal, if low_count is not 0.
 *
 * Rules where the arithmetic has no answer: of an axis that does not change, root mean square,
 * skewness, kurtosis and their spectral kin are 0 and the logarithm of an empty bin is that of
 * 1e-10; a feature that would not be a finite number is 0. */
#ifndef TML_SPECTRAL_ANALYSIS_H
#define TML_SPECTRAL_ANALYSIS_H

#include "tml_base.h"

typedef struct {
    uint32_t n_readings;
    uint32_t n_axes;
    uint32_t fft_length;
    uint32_t hop;
    uint32_t bin_first;
    uint32_t bin_last;
    uint32_t do_log;
    uint32_t filter_sections;
    uint32_t decimate_stages;
    uint32_t low_count;              /* 1: repeat on the signal decimated by 10 */
    float scale_axes;
    float power_scale;               /* 1 / fft_length */
    const float *sine;               /* fft_length / 4 + 1, see rfft.h */
    const float *filter;             /* filter_sections times b0 b1 b2 a1 a2 */
    const uint16_t *decimate_ratios; /* one per stage, then 10 if low_count is not 0 */
    const float *decimate;           /* per ratio 4 sections of b0 b1 b2 a1 a2, gain at 0 Hz */
} tml_spectral_analysis_config;

/* features: n_axes * (1 + low_count) * (5 + bin_last - bin_first + 1). scratch: floats,
 * n_readings + fft_length + 2 * (fft_length / 2 + 1). */
int tml_spectral_analysis(const tml_spectral_analysis_config *config, const tml_window *window,
                          float *features, void *scratch);

#endif
