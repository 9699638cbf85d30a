"""Models that remember: variables by handle, written as converters write them."""

import numpy as np
from cases import VALID, Cases
from tflite_writer import Writer


class Streaming(Cases):
    """A writer that knows variables. Those with first values need `start_values`."""

    def start_values(self, values) -> None:
        """Add CALL_ONCE and the graph that assigns `values`: name -> (array, scale, zero)."""
        first = Writer()
        for name, (array, scale, zero) in values.items():
            handle = _handle(first, name)
            quantization = {} if scale is None else {"scale": scale, "zero": zero}
            value = first.tensor(array.shape, array.dtype.name, data=array, **quantization)
            first.op("ASSIGN_VARIABLE", [handle, value], [])
        self.others.append(first)
        self.op("CALL_ONCE", [], [], {0: ("Int32", len(self.others))})

    def handle(self, name) -> int:
        """Add VAR_HANDLE."""
        return _handle(self, name)

    def read(self, handle, shape, *, scale=0.05, zero=-3, dtype="int8") -> int:
        """Add READ_VARIABLE."""
        quantization = {} if scale is None else {"scale": scale, "zero": zero}
        return self.op("READ_VARIABLE", [handle], [self.tensor(shape, dtype, **quantization)])

    def assign(self, handle, value) -> None:
        """Add ASSIGN_VARIABLE."""
        self.op("ASSIGN_VARIABLE", [handle, value], [])

    def join(self, parts, axis) -> int:
        """Add CONCATENATION of values of one scale."""
        shape, scale, zero = self._like(parts[0])
        sizes = [self.tensors[part]["shape"][axis] for part in parts]
        whole = (*shape[:axis], sum(sizes), *shape[axis + 1 :])
        y = self.tensor(whole, scale=scale, zero=zero)
        return self.op("CONCATENATION", parts, [y], {0: ("Int32", axis), 1: ("Int8", 0)})

    def last(self, x, count) -> int:
        """Add STRIDED_SLICE: the last `count` entries of dimension 1."""
        shape, scale, zero = self._like(x)
        y = self.tensor((shape[0], count, *shape[2:]), scale=scale, zero=zero)
        rank = len(shape)
        begin = [0, -count] + [0] * (rank - 2)
        lists = [
            self.tensor((rank,), "int32", data=numbers)
            for numbers in (begin, [0] * rank, [1] * rank)
        ]
        kept = (1 << rank) - 1
        options = {0: ("Int32", kept & ~2), 1: ("Int32", kept)}
        return self.op("STRIDED_SLICE", [x, *lists], [y], options)

    def remember(self, handle, x, count) -> int:
        """Put what is remembered before `x`, and remember the last entries of both."""
        shape, scale, zero = self._like(x)
        before = self.read(handle, (shape[0], count, *shape[2:]), scale=scale, zero=zero)
        joined = self.join([before, x], 1)
        self.assign(handle, self.last(joined, count))
        return joined


def _handle(writer: Writer, name: str) -> int:
    handle = writer.tensor((), "resource", name=f"handle of {name}")
    return writer.op("VAR_HANDLE", [], [handle], {0: ("text", ""), 1: ("text", name)})


def wake_word(seed: int = 0, *, first=None, steps: int = 3) -> bytes:
    """Return a small streaming wake-word model; `first` makes its variables' first values."""
    case = Streaming(seed)
    x = case.start((1, steps, 40))
    sizes = {"stream": (2, 40), "stream_1": (4, 8), "stream_2": (6, 16)}
    quantization = {"stream": (0.05, -3), "stream_1": (0.6, 5), "stream_2": (0.6, 5)}
    if first is not None:
        case.start_values(
            {
                name: (first((1, rows, 1, channels)), *quantization[name])
                for name, (rows, channels) in sizes.items()
            }
        )
    handles = [case.handle(name) for name in sizes]
    y = case.reshape(x, (1, steps, 1, 40))
    y = case.remember(handles[0], y, 2)
    y = case.conv(y, 8, (3, 1), padding=VALID)
    y = case.remember(handles[1], y, 4)
    y = case.depthwise(y, (5, 1), padding=VALID)
    y = case.conv(y, 16, (1, 1))
    y = case.remember(handles[2], y, 6)
    y = case.reshape(y, (1, (6 + steps) * 16))
    y = case.dense(y, 3, out_scale=0.2)
    y = case.softmax(y)
    return case.model(case.quantize(y, scale=1 / 256, zero=0, dtype="uint8"))


def random_bytes(seed: int):
    """Return a maker of random int8 first values."""
    rng = np.random.default_rng(seed)
    return lambda shape: rng.integers(-128, 128, shape).astype(np.int8)
