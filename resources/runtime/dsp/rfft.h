/* Power spectrum of real data, in place. Length: any power of two from 8 to 4096.
 *
 * The table comes from the PC: sine[k] = sin(2 pi k / length), k = 0 .. length/4. One quarter of a
 * wave is all the twiddle factors there are. */
#ifndef TML_RFFT_H
#define TML_RFFT_H

#include <stdint.h>

/* Replace data[0 .. length-1] by its discrete Fourier transform's squared magnitudes times scale:
 * bin k = 0 .. length/2 lands in data[2 k]. data has length + 1 elements. */
void tml_rfft_power(float *data, uint32_t length, const float *sine, float scale);

#endif
