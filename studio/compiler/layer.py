"""A layer: what one operator becomes in C. Operators build layers, the printer writes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod

import numpy as np
from numpy.typing import NDArray

from studio.compiler.graph import Tensor

Value = int | float | tuple[int, ...] | NDArray[np.generic]
"""A member of a layer's C struct: a number, a short list, or an array of constants."""


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A kernel and the parameters of one use of it."""

    header: str
    """File in `resources/runtime/nn` that defines the kernel."""
    function: str
    """`void function(const struct *, const T *in..., T *out)`, then scratch if it needs some."""
    struct: str
    members: Mapping[str, Value]
    """Members of the struct in order. Arrays become constants of their own."""


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One operator, checked and ready to be printed."""

    op: str
    inputs: tuple[Tensor, ...]
    output: Tensor
    call: Call | None
    """None for an operator whose output is its input under another shape."""
    macs: int = 0
    scratch_bytes: int = 0
    """Memory that the kernel needs while it runs, given to it as its last argument."""
    constants: Mapping[str, NDArray[np.generic]] = field(init=False)
    """The arrays among the call's members."""

    def __post_init__(self) -> None:
        members = self.call.members if self.call else {}
        arrays = {name: v for name, v in members.items() if isinstance(v, np.ndarray)}
        object.__setattr__(self, "constants", arrays)

    @property
    def weights_bytes(self) -> int:
        """Bytes of constants in flash."""
        inputs = sum(tensor.bytes for tensor in self.inputs if tensor.data is not None)
        return inputs + sum(array.nbytes for array in self.constants.values())


def four(shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Return a shape of at most four dimensions with ones in front."""
    padded = (1,) * (4 - len(shape)) + shape
    return padded[0], padded[1], padded[2], padded[3]


def rows(shape: tuple[int, ...]) -> int:
    """Return how many rows of the last dimension a tensor has."""
    return prod(shape[:-1])
