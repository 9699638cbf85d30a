"""Single steps of the signal processing, for pictures of what happens inside a block."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.runtime.library import library
from studio.types import FloatArray


def power_spectra(frames: FloatArray, *, sine: NDArray[Any], scale: float) -> FloatArray:
    """Return the power spectra of frames, by the transform that boards use.

    Parameters
    ----------
    frames : ndarray, shape (k, length)
        Length: a power of two from 8 to 4096.
    sine : ndarray
        The quarter wave of that length, `BlockConfig.tables["sine"]`.
    scale : float
        Factor on the squares.

    Returns
    -------
    ndarray
        Shape `(k, length / 2 + 1)`.
    """
    ffi, lib = library()
    data = np.array(frames, np.float32, order="C")  # a copy: the transform overwrites it
    length = data.shape[1]
    table = np.ascontiguousarray(sine, np.float32)
    power = np.empty((len(data), length // 2 + 1), np.float32)
    for row, out in zip(data, power, strict=True):
        lib.tml_rfft_power(
            ffi.cast("float *", row.ctypes.data),
            length,
            ffi.cast("float *", table.ctypes.data),
            scale,
            ffi.cast("float *", out.ctypes.data),
        )
    return power


def filtered(values: FloatArray, sections: NDArray[Any]) -> FloatArray:
    """Return values after second-order sections from rest, by the filter that boards use.

    Parameters
    ----------
    values : ndarray, shape (n,)
    sections : ndarray
        Any number of rows b0 b1 b2 a1 a2, flat or not.
    """
    ffi, lib = library()
    out = np.array(values, np.float32, order="C")
    table = np.ascontiguousarray(sections, np.float32).reshape(-1, 5)
    for row in table:
        lib.tml_biquad(
            ffi.cast("float *", row.ctypes.data), ffi.cast("float *", out.ctypes.data), len(out)
        )
    return out
