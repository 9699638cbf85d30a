/* Elementary functions of the runtime. They use IEEE single-precision operations (each correctly
 * rounded by every compiler and core) and integer operations only, never the C library, so they
 * give the same bytes on PC and board. Errors over the whole range: sqrt is correctly rounded, the
 * others stay within 2 units in the last place. */
#ifndef TML_MATH_H
#define TML_MATH_H

#include "math/tml_math_inline.h"

/* Natural logarithm. 0 gives -infinity, a negative number NaN. */
float tml_logf(float x);
/* e^x. Above 88.7228 infinity; subnormal results below -87.34, then 0. */
float tml_expf(float x);
/* Sine and cosine of x in radians, any finite x. */
float tml_sinf(float x);
float tml_cosf(float x);
/* Square root, correctly rounded. A negative number gives NaN. */
float tml_sqrtf(float x);

/* The rule of all features: what is not a finite number is 0. */
static inline float tml_finite_or_zero(float x)
{
    return tml_is_finite(x) ? x : 0.0f;
}

#endif
