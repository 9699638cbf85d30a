/* Mel-frequency cepstral coefficients of one axis, implementation version 4.
 *
 * Input amplitude as it is (int16 units for audio). Circular pre-emphasis, rectangular frames cut
 * to the FFT length, power spectrum / FFT length, triangular mel filters, natural logarithm (of
 * 1e-10 where the sum is 0), orthonormal DCT-II; coefficient 0 is the logarithm of the frame's
 * energy. Then sliding mean and variance normalisation per coefficient.
 *
 * Rules where the arithmetic has no answer: readings whose sum pre-emphasis cancels but for rounding
 * have no power at 0 Hz (1e-10 in the logarithm, if a filter hears that bin alone); a coefficient that does not change within the
 * normalisation window is 0, and so is a feature that would not be a finite number. */
#ifndef TML_AUDIO_MFCC_H
#define TML_AUDIO_MFCC_H

#include "tml_base.h"

typedef struct {
    uint32_t n_readings;
    uint32_t frames;
    uint32_t frame_stride;   /* readings from one frame's start to the next one's */
    uint32_t frame_used;     /* readings of a frame that enter the FFT, <= fft_length */
    uint32_t fft_length;
    uint32_t num_filters;
    uint32_t num_cepstral;
    uint32_t win_size;       /* odd, or 0 for no normalisation */
    float pre_cof;
    float pre_cof_rest;      /* 1 - pre_cof */
    float power_scale;       /* 1 / fft_length */
    float win_scale;         /* 1 / win_size */
    const float *sine;       /* fft_length / 4 + 1, see rfft.h */
    const uint16_t *edges;   /* num_filters + 2 bins: left, centre, right of each triangle */
    const float *slopes;     /* num_filters + 1: 1 / (edges[i + 1] - edges[i]), 0 if equal */
    const float *dct;        /* num_cepstral - 1 rows, coefficient 1 first, of the first
                                (num_filters + 1) / 2 columns; the rest is their mirror image */
} tml_audio_mfcc_config;

/* features: frames * num_cepstral. scratch: floats, the greatest of
 * fft_length + fft_length / 2 + 1 and frames. */
int tml_audio_mfcc(const tml_audio_mfcc_config *config, const tml_window *window, float *features,
                   void *scratch);

#endif
