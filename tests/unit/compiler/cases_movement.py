"""Operators that move values, of any type, added to a `Cases`."""

import numpy as np
from cases import Cases
from tflite_writer import TYPES

QUANTIZED = {"int8": (0.05, -3), "int16": (3e-4, 0), "uint8": (0.05, 120)}


class Moves(Cases):
    """A writer that knows these operators; every result that nothing reads is an output."""

    def __init__(self, dtype: str = "int8", seed: int = 0) -> None:
        super().__init__(seed)
        self.dtype = dtype
        self.starts: list[int] = []

    def begin(self, shape, dtype=None) -> int:
        """Add an input of the model."""
        x = self.result(shape, dtype)
        self.starts.append(x)
        return x

    def result(self, shape, dtype=None, *, scale=None, zero=None) -> int:
        """Add a computed value."""
        dtype = dtype or self.dtype
        own_scale, own_zero = QUANTIZED.get(dtype, (None, 0))
        scale, zero = own_scale if scale is None else scale, own_zero if zero is None else zero
        return self.tensor(tuple(shape), dtype, scale=scale, zero=zero)

    def fixed(self, shape) -> int:
        """Add a constant of the case's type."""
        x = self.result(shape)
        data = self.rng.normal(0, 50, shape).clip(-128, 127)
        self.tensors[x]["data"] = np.ascontiguousarray(data.astype(self.dtype))
        return x

    def shape(self, x) -> tuple[int, ...]:
        """Return a tensor's shape."""
        return self.tensors[x]["shape"]

    def numbers(self, values, dtype="int32") -> int:
        """Add a list of parameters."""
        values = np.array(values, dtype)
        return self.tensor(values.shape, dtype, data=values)

    def apply(self, name, inputs, shapes, options=None, *, like=None) -> list[int]:
        """Add an operator whose outputs have the type of `like`, else the case's."""
        dtype = self.tensors[inputs[0] if like is None else like]["dtype"]
        outputs = [self.result(shape, dtype) for shape in shapes]
        self.op(name, inputs, outputs, options)
        return outputs

    def transpose(self, x, order) -> int:
        """TRANSPOSE."""
        shape = tuple(self.shape(x)[axis] for axis in order)
        return self.apply("TRANSPOSE", [x, self.numbers(order)], [shape])[0]

    def concat(self, parts, axis) -> int:
        """CONCATENATION."""
        shape = list(self.shape(parts[0]))
        shape[axis] = sum(self.shape(part)[axis] for part in parts)
        options = {0: ("Int32", axis), 1: ("Int8", 0)}
        return self.apply("CONCATENATION", parts, [shape], options)[0]

    def pack(self, parts, axis) -> int:
        """PACK."""
        shape = list(self.shape(parts[0]))
        shape.insert(axis % (len(shape) + 1), len(parts))
        options = {0: ("Int32", len(parts)), 1: ("Int32", axis)}
        return self.apply("PACK", parts, [shape], options)[0]

    def unpack(self, x, axis) -> list[int]:
        """UNPACK."""
        shape = list(self.shape(x))
        count = shape.pop(axis)
        options = {0: ("Int32", count), 1: ("Int32", axis)}
        return self.apply("UNPACK", [x], [shape] * count, options)

    def split(self, x, count, axis) -> list[int]:
        """SPLIT."""
        shape = list(self.shape(x))
        shape[axis] //= count
        inputs = [self.numbers(axis), x]
        return self.apply("SPLIT", inputs, [shape] * count, {0: ("Int32", count)}, like=x)

    def split_v(self, x, sizes, axis, given=None) -> list[int]:
        """SPLIT_V; `given` are the sizes as the file has them."""
        shapes = []
        for size in sizes:
            shape = list(self.shape(x))
            shape[axis] = size
            shapes.append(shape)
        inputs = [x, self.numbers(given or sizes), self.numbers(axis)]
        return self.apply("SPLIT_V", inputs, shapes, {0: ("Int32", len(sizes))})

    def slice(self, x, begin, size, dtype="int32") -> int:
        """SLICE."""
        left = zip(self.shape(x), begin, size, strict=True)
        shape = [n - first if count == -1 else count for n, first, count in left]
        lists = [self.numbers(begin, dtype), self.numbers(size, dtype)]
        return self.apply("SLICE", [x, *lists], [shape])[0]

    def strided(self, x, begin, end, strides, shape, masks=None) -> int:
        """STRIDED_SLICE; masks by name."""
        names = ("begin", "end", "ellipsis", "new_axis", "shrink")
        masks = masks or {}
        options = {n: ("Int32", masks.get(name, 0)) for n, name in enumerate(names)}
        options[5] = ("Bool", masks.get("offset", False))
        lists = [self.numbers(values) for values in (begin, end, strides)]
        return self.apply("STRIDED_SLICE", [x, *lists], [shape], options)[0]

    def gather(self, x, indices, axis, batch=0) -> int:
        """GATHER."""
        shape, picked = self.shape(x), self.shape(indices)
        shape = (*shape[:axis], *picked[batch:], *shape[axis + 1 :])
        options = {0: ("Int32", axis), 1: ("Int32", batch)}
        return self.apply("GATHER", [x, indices], [shape], options)[0]

    def padded(self, name, x, amounts, value=None, mode=0, dtype="int32") -> int:
        """PAD, PADV2 with a value, or MIRROR_PAD."""
        pairs = zip(self.shape(x), amounts, strict=True)
        shape = [n + before + after for n, (before, after) in pairs]
        inputs = [x, self.numbers(amounts, dtype)]
        if value is not None:
            number = self.result(())
            self.tensors[number]["data"] = np.array(value, self.dtype)
            inputs.append(number)
        options = {0: ("Int8", mode)} if name == "MIRROR_PAD" else None
        return self.apply(name, inputs, [shape], options)[0]

    def tiles(self, name, x, block, around) -> int:
        """SPACE_TO_BATCH_ND or BATCH_TO_SPACE_ND."""
        batches, *sides, channels = self.shape(x)
        rest, times = sides[len(block) :], int(np.prod(block))
        pairs = list(zip(sides, block, around, strict=False))
        if name == "SPACE_TO_BATCH_ND":
            sizes = [(n + before + after) // b for n, b, (before, after) in pairs]
            shape = [batches * times, *sizes, *rest, channels]
        else:
            sizes = [n * b - before - after for n, b, (before, after) in pairs]
            shape = [batches // times, *sizes, *rest, channels]
        return self.apply(name, [x, self.numbers(block), self.numbers(around)], [shape])[0]

    def blocks(self, name, x, block) -> int:
        """SPACE_TO_DEPTH or DEPTH_TO_SPACE."""
        batches, height, width, channels = self.shape(x)
        shape = (batches, height // block, width // block, channels * block**2)
        if name == "DEPTH_TO_SPACE":
            shape = (batches, height * block, width * block, channels // block**2)
        return self.apply(name, [x], [shape], {0: ("Int32", block)})[0]

    def resize(self, kind, x, size, *, align=False, centers=False) -> int:
        """RESIZE_NEAREST_NEIGHBOR or RESIZE_BILINEAR."""
        first = 2 if kind == "BILINEAR" else 0
        options = {first: ("Bool", align), first + 1: ("Bool", centers)}
        batches, _, _, channels = self.shape(x)
        inputs = [x, self.numbers(size)]
        return self.apply(f"RESIZE_{kind}", inputs, [(batches, *size, channels)], options)[0]

    def reduce(self, name, x, axes, *, keep=False, scale=None, zero=None) -> int:
        """MEAN, SUM, REDUCE_MAX or REDUCE_MIN."""
        shape = self.shape(x)
        axes_found = {axis % len(shape) for axis in axes}
        out = [1 if n in axes_found else size for n, size in enumerate(shape)]
        if not keep:
            out = [size for n, size in enumerate(shape) if n not in axes_found]
        y = self.result(out, scale=scale, zero=zero)
        return self.op(name, [x, self.numbers(axes)], [y], {0: ("Bool", keep)})

    def place(self, name, x, axis, dtype="int32") -> int:
        """ARG_MAX or ARG_MIN."""
        shape = list(self.shape(x))
        shape.pop(axis)
        y = self.result(shape, dtype)
        kinds = {"int32": 2, "int64": 4}
        return self.op(name, [x, self.numbers(axis)], [y], {0: ("Int8", kinds[dtype])})

    def cast(self, x, dtype) -> int:
        """CAST."""
        options = {
            n: ("Int8", TYPES[kind]) for n, kind in enumerate((self.tensors[x]["dtype"], dtype))
        }
        return self.op("CAST", [x], [self.result(self.shape(x), dtype)], options)

    def everything(self) -> bytes:
        """Return the file."""
        read = {number for _, inputs, _, _ in self.ops for number in inputs}
        made = [number for _, _, outputs, _ in self.ops for number in outputs]
        return self.finish(self.starts, [number for number in made if number not in read])
