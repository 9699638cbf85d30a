"""What recurrent operators have in common: states in tensors that the file marks as variable."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from studio.compiler.graph import Node, Tensor
from studio.compiler.quantization import affine


def state_of(node: Node, position: int, dtypes: Sequence[str]) -> Tensor:
    """Return an input that keeps its values from one inference to the next."""
    state = node.value(position, dtypes)
    if not state.variable:
        raise node.fail(f"input {position} ({state.name!r}) must be a variable to hold its state")
    return state


def weight_scale(node: Node, position: int, dtypes: Sequence[str]) -> np.float32:
    """Return the only scale of weights, whose zero point must be 0."""
    scale, zero_point = affine(node, node.input(position, dtypes))
    if zero_point:
        raise node.fail(f"its weights (input {position}) have the zero point {zero_point}")
    return scale


def product(*factors: np.float32, over: np.float32) -> float:
    """Return a product of scales divided by another one, in float32 as TFLite Micro does."""
    with np.errstate(over="ignore", under="ignore"):
        result = factors[0]
        for scale in factors[1:]:
            result = result * scale
        return float(result / over)


def wrapped(values: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return what 32-bit sums keep of values."""
    return (values & 0xFFFFFFFF).astype(np.uint32).view(np.int32)
