/* Second-order filter sections, direct form II transposed, in place. */
#ifndef TML_BIQUAD_H
#define TML_BIQUAD_H

#include <stdint.h>

/* Filter by one section, coefficients b0 b1 b2 a1 a2, from rest. */
void tml_biquad(const float *coefficients, float *values, uint32_t count);

#endif
