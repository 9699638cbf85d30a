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
    """`void function(const struct *, const T *in..., T *out...)`, then scratch if it needs some.

    Inputs that are variables come without `const`.
    """
    struct: str
    members: Mapping[str, Value]
    """Members of the struct in order. Arrays become constants of their own."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """How an output may lie over an input, since the kernel has read what it overwrites.

    The planner uses it only where nothing else needs the input afterwards.
    """

    input: int
    """Position among the layer's inputs."""
    low: int | None = 0
    """Least bytes from the input's start to the output's start; None: any number."""
    high: int | None = 0
    """Most bytes from the input's start to the output's start; None: any number."""
    members: Mapping[str, int] = field(default_factory=dict)
    """Members of the call's struct that this needs, such as a direction to work in."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A value that can be a part of another one's memory."""

    part: Tensor
    whole: Tensor
    offset: int = 0
    """Bytes from the whole's start."""


@dataclass(frozen=True, slots=True)
class Stage:
    """How a layer's rows depend on those of its input, and where they are kept."""

    height: int
    """Rows of the input."""
    out_height: int
    stride: int
    reach: int
    """Input rows from the kernel's first tap to its last."""
    pad: int
    """Rows of padding above the input."""
    row_bytes: int
    """Of a row of the input."""
    out_row_bytes: int
    buffer_offset: int = -1
    """Where in the scratch memory the layer's output rows lie; -1 for the last layer."""


@dataclass(frozen=True, slots=True, eq=False)
class Stripes:
    """Layers that run together, some rows of the last one's output at a time."""

    layers: "tuple[Layer, ...]"
    stages: tuple[Stage, ...]
    rows: int
    """Rows of the last layer's output that are made at a time."""
    scratch_offset: int
    """Where in the scratch memory the kernels' own scratch begins."""


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One operator, checked and ready to be printed."""

    op: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    call: Call | None
    """None for an operator that only gives its inputs another shape or place; see `views`."""
    macs: int = 0
    scratch_bytes: int = 0
    """Memory that the kernel needs while it runs, given to it as its last argument."""
    overlaps: tuple[Overlap, ...] = ()
    """Ways in which the first output may use an input's memory."""
    views: tuple[View, ...] = ()
    """Where values lie in others. With a call: where they may lie, which saves the call."""
    stripes: "Stripes | None" = None
    """Several layers that run together, in place of a call."""
    constants: Mapping[str, NDArray[np.generic]] = field(init=False)
    """The arrays among the call's members."""

    def __post_init__(self) -> None:
        members = self.call.members if self.call else {}
        arrays = {name: v for name, v in members.items() if isinstance(v, np.ndarray)}
        object.__setattr__(self, "constants", arrays)

    @property
    def output(self) -> Tensor:
        """The first output."""
        return self.outputs[0]

    @property
    def weights_bytes(self) -> int:
        """Bytes of constants in flash."""
        if self.stripes is not None:
            return sum(layer.weights_bytes for layer in self.stripes.layers)
        inputs = sum(tensor.bytes for tensor in self.inputs if tensor.data is not None)
        return inputs + sum(array.nbytes for array in self.constants.values())

    @property
    def parameters(self) -> int:
        """How many weights and biases it has, as far as its kernel calls them so."""
        if self.stripes is not None:
            return sum(layer.parameters for layer in self.stripes.layers)
        learned = ("weights", "bias")
        return sum(
            array.size
            for name, array in self.constants.items()
            if name.rpartition(".")[2] in learned
        )


def four(shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Return a shape of at most four dimensions with ones in front."""
    padded = (1,) * (4 - len(shape)) + shape
    return padded[0], padded[1], padded[2], padded[3]


def rows(shape: tuple[int, ...]) -> int:
    """Return how many rows of the last dimension a tensor has."""
    return prod(shape[:-1])
