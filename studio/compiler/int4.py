"""Weights of four bits: two to a byte in the file, one to a byte from here on.

The kernels know no other integer weights than bytes. So weights of four bits cost as much flash
and time as those of eight, and give the results that the reference gives.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from studio.compiler.flatbuffer import damaged
from studio.compiler.graph import INT4, Tensor
from studio.errors import ModelError

TAKES_INT4 = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
"""Operators whose second input may be such weights."""
MAX_VALUES = 16 << 20
"""Of all tensors together; many of a hostile file may share their bytes."""


def widened(tensors: Sequence[Tensor]) -> Mapping[int, Tensor]:
    """Return number -> int8 tensor of the same values, of all constants of four bits.

    Raises
    ------
    ModelError
        If one of them has not as many bytes as its shape needs, or they are too many.
    """
    packed = [tensor for tensor in tensors if tensor.dtype == INT4 and tensor.data is not None]
    count = sum(tensor.elements for tensor in packed)
    if count > MAX_VALUES:
        raise ModelError(
            f"The model's int4 constants have {count} values.", f"The limit is {MAX_VALUES}."
        )
    return {t.index: replace(t, dtype="int8", data=_values(t)) for t in packed}


def _values(tensor: Tensor) -> NDArray[np.int8]:
    """Return the values of a constant whose data are the file's bytes, low halves first."""
    raw = np.zeros(0, np.int8) if tensor.data is None else tensor.data.view(np.int8)
    if raw.size != (tensor.elements + 1) // 2:
        raise damaged(
            f"tensor {tensor.index} of shape {tensor.shape} and type int4 has {raw.size} bytes"
        )
    halves = np.empty((raw.size, 2), np.int8)
    np.right_shift(np.left_shift(raw, 4), 4, out=halves[:, 0])
    np.right_shift(raw, 4, out=halves[:, 1])
    return halves.reshape(-1)[: tensor.elements].reshape(tensor.shape)
