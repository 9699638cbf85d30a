/* Power spectrum of real data. Length: any power of two from 8 to 4096.
 *
 * The table comes from the PC: sine[k] = sin(2 pi k / length), k = 0 .. length/4. One quarter of a
 * wave is all the twiddle factors there are. */
#ifndef TML_RFFT_H
#define TML_RFFT_H

#include <stdint.h>

/* power[k] = |bin k of the discrete Fourier transform of data|^2 * scale, k = 0 .. length/2.
 * data (length elements) is overwritten. */
void tml_rfft_power(float *data, uint32_t length, const float *sine, float scale, float *power);

#endif
