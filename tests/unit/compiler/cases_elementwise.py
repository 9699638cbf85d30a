"""Operators that work value by value, added to a model with several inputs."""

import numpy as np
from cases import Cases


class Elementwise(Cases):
    """A writer for operators on one value or on two."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__(seed)
        self.takes: list[int] = []

    def take(self, shape, dtype="int8", *, scale=0.05, zero=0) -> int:
        """Add an input of the model."""
        quant = {} if dtype in ("float32", "int32", "int64") else {"scale": scale, "zero": zero}
        self.takes.append(self.tensor(shape, dtype, **quant))
        return self.takes[-1]

    def fixed(self, shape, dtype="int8", *, scale=0.05, zero=0) -> int:
        """Add a constant."""
        quant = {} if dtype in ("float32", "int32", "int64") else {"scale": scale, "zero": zero}
        if dtype == "float32":
            data = self.rng.normal(0, 3, shape)
        else:
            info = np.iinfo("int16" if dtype in ("int32", "int64") else dtype)
            data = self.rng.integers(info.min, info.max, shape, endpoint=True)
        return self.tensor(shape, dtype, data=data, **quant)

    def apply(self, op, *inputs, scale=None, zero=None, options=None, act=0) -> int:
        """Add an operator; the output's quantization is the first input's unless given."""
        first = self.tensors[inputs[0]]
        shape = np.broadcast_shapes(*(self.tensors[n]["shape"] for n in inputs))
        quant = {}
        if first["scale"] is not None:
            quant["scale"] = first["scale"] if scale is None else scale
            quant["zero"] = first["zero"] if zero is None else zero
        y = self.tensor(shape, first["dtype"], **quant)
        options = options or ({0: ("Int8", act)} if act else {})
        return self.op(op, list(inputs), [y], options)

    def file(self) -> bytes:
        """Return the file; every value that nobody reads is an output."""
        read = {n for _, inputs, _, _ in self.ops for n in inputs}
        made = {n for _, _, outputs, _ in self.ops for n in outputs}
        return self.finish(self.takes, sorted(made - read))
