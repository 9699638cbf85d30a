"""Tables that the runtime's C code is given by the PC."""

import numpy as np

from studio.types import FloatArray


def quarter_sine(fft_length: int) -> FloatArray:
    """Return sin(2 pi k / fft_length) for k = 0 .. fft_length/4, float32: see `dsp/rfft.h`."""
    k = np.arange(fft_length // 4 + 1)
    return np.sin(2 * np.pi * k / fft_length).astype(np.float32)
