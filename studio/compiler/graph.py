"""The graph as the compiler sees it: tensors, and nodes in the order in which they run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

import numpy as np
from numpy.typing import NDArray

from studio.compiler.flatbuffer import Table
from studio.errors import ModelError
from studio.types import Restore

DTYPES = {
    0: "float32",
    1: "float16",
    2: "int32",
    3: "uint8",
    4: "int64",
    6: "bool",
    7: "int16",
    9: "int8",
}
"""TFLite's type numbers that we can name; operators say which of them they take."""
INT4 = "type 17 (int4)"
"""The type of weights of four bits, which a few operators take; see `int4`."""
RESOURCE = "type 13"
"""The type of a handle to a variable that outlives an inference."""


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """A value between nodes, or a constant."""

    index: int
    """Number in the file, as other tools show it."""
    name: str
    shape: tuple[int, ...]
    dtype: str
    scales: NDArray[np.float32]
    """Real value of one step; empty, one, or one per channel along `axis`."""
    zero_points: NDArray[np.int64]
    axis: int
    data: NDArray[np.generic] | None
    """The values of a constant, in `shape`."""
    variable: bool = False
    """It keeps its values from one inference to the next; `Graph.initial` has the first ones."""

    @property
    def elements(self) -> int:
        """Number of values."""
        return prod(self.shape)

    @property
    def bytes(self) -> int:
        """Bytes in memory."""
        return self.elements * np.dtype(self.dtype).itemsize


@dataclass(frozen=True, slots=True)
class Fused:
    """Work of neighbouring operators that a node does as well."""

    pad: tuple[int, int, int, int] | None = None
    """Values of padding above, below, left and right, in place of the node's own padding."""
    activation: int = 0
    """An activation beside the node's own, by TFLite's number."""
    add: "Node | None" = None
    """An ADD of the node's output and its last input."""


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One operator of the graph."""

    index: int
    op: str
    inputs: tuple[Tensor | None, ...]
    """None stands for an optional input left out."""
    outputs: tuple[Tensor, ...]
    options: Table | None
    fused: Fused = Fused()

    def fail(self, what: str, hint: str = "") -> ModelError:
        """Return an error that names this operator and its position."""
        return ModelError(f"Operator {self.index} ({self.op}): {what}.", hint)

    def input(self, position: int, dtypes: Sequence[str] = ("int8",)) -> Tensor:
        """Return an input that must be there and of one of `dtypes`."""
        found = self.inputs[position] if position < len(self.inputs) else None
        if found is None:
            raise self.fail(f"input {position} is missing")
        return self._checked(found, f"input {position}", dtypes)

    def value(self, position: int, dtypes: Sequence[str] = ("int8",)) -> Tensor:
        """Return an input that must be computed at run time, not a constant."""
        found = self.input(position, dtypes)
        if found.data is not None:
            raise self.fail(f"input {position} ({found.name!r}) is a constant")
        return found

    def constant(self, position: int, dtypes: Sequence[str]) -> NDArray[np.generic]:
        """Return an input that must be a constant."""
        found = self.input(position, dtypes)
        if found.data is None:
            raise self.fail(
                f"input {position} ({found.name!r}) is not a constant",
                "Export the model so that this input is fixed in the file.",
            )
        return found.data

    @property
    def own_output(self) -> Tensor:
        """What the node itself computes, before an addition that is fused into it."""
        if self.fused.add is None:
            return self.outputs[0]
        other = self.inputs[-1]
        pair = [tensor for tensor in self.fused.add.inputs if tensor is not None]
        return next(t for t in pair if other is None or t.index != other.index)

    def output(self, dtypes: Sequence[str] = ("int8",)) -> Tensor:
        """Return the only output."""
        if len(self.outputs) != 1:
            raise self.fail(f"it has {len(self.outputs)} outputs instead of one")
        return self._checked(self.outputs[0], "the output", dtypes)

    def _checked(self, tensor: Tensor, role: str, dtypes: Sequence[str]) -> Tensor:
        if tensor.dtype not in dtypes:
            raise self.fail(
                f"{role} ({tensor.name!r}) is {tensor.dtype}; supported is {' or '.join(dtypes)}",
                "Convert the model with full int8 quantization.",
            )
        return tensor

    def expect_output(self, shape: tuple[int, ...]) -> None:
        """Check the output's shape against the one that the operator computes."""
        found = self.outputs[0].shape
        if found != shape:
            raise self.fail(f"its output has shape {found}, but it computes {shape}")


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """A whole model."""

    nodes: tuple[Node, ...]
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    initial: Mapping[int, NDArray[np.generic]] = field(default_factory=dict)
    """Variable -> what it holds before the first inference."""
    restored: Mapping[int, Restore] = field(default_factory=dict)
    """Value -> how to get back what the model file has, of values that lost channels."""
    initializers: Mapping[int, "Graph"] = field(default_factory=dict)
    """Number of a graph that CALL_ONCE runs -> that graph; `variables` takes them away."""
