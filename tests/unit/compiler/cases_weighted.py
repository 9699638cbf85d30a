"""Operators with weights in all types, with random constants, added to a `Cases`."""

import numpy as np
from cases import NONE, SAME, VALID, Cases

KINDS = ("int8", "int16", "float32", "hybrid")
"""Types of values; hybrid: floats with int8 weights."""


class Weighted(Cases):
    """Cases of one of `KINDS`. All methods return the number of the output tensor."""

    def __init__(self, kind: str, seed: int = 0) -> None:
        super().__init__(seed)
        self.kind = kind
        self.dtype = "float32" if kind == "hybrid" else kind

    def begin(self, shape, *, scale=None, zero=0, name="") -> int:
        """Add an input of the model."""
        if self.dtype == "float32":
            return self.tensor(shape, "float32", name=name)
        scale = {"int8": 0.05, "int16": 3e-4}[self.dtype] if scale is None else scale
        zero = zero if self.dtype == "int8" else 0
        return self.tensor(shape, self.dtype, scale=scale, zero=zero, name=name)

    def result(self, shape, *, scale=None, zero=0) -> int:
        """Add a computed value."""
        return self.begin(
            shape, scale={"int8": 0.6, "int16": 2e-3}.get(self.dtype, 0) * (scale or 1), zero=zero
        )

    def kernel(self, shape, axis, *, per_channel=True, spread=1.0) -> tuple[int, np.ndarray]:
        """Add weights; return also their scales, one per channel along `axis`."""
        if self.kind == "float32":
            data = self.rng.normal(0, 0.5, shape)
            return self.tensor(shape, "float32", data=data), np.ones(1)
        return self._weights(shape, axis, per_channel=per_channel, spread=spread)

    def offsets(self, x, channels, scales, dtype=None) -> int:
        """Add a bias."""
        if self.dtype == "float32":
            return self.tensor((channels,), "float32", data=self.rng.normal(0, 1, channels))
        wide = 2**20 if self.dtype == "int16" else 3000
        data = self.rng.integers(-wide, wide, channels)
        if dtype is None:
            dtype = "int64" if self.dtype == "int16" else "int32"
        in_scale = float(self.tensors[x]["scale"][0])
        return self.tensor((channels,), dtype, scale=in_scale * scales, data=data)

    def convolve(
        self,
        x,
        out,
        kernel,
        *,
        multiplier=0,
        groups=1,
        stride=(1, 1),
        dilation=(1, 1),
        padding=SAME,
        act=NONE,
        bias=True,
        bias_type=None,
        out_scale=None,
        **weights,
    ) -> int:
        """CONV_2D, or DEPTHWISE_CONV_2D where `multiplier` is not 0."""
        n, height, width, channels = self.tensors[x]["shape"]
        out = channels * multiplier if multiplier else out
        shape = (1, *kernel, out) if multiplier else (out, *kernel, channels // groups)
        w, scales = self.kernel(shape, 3 if multiplier else 0, **weights)
        inputs = [x, w, *([self.offsets(x, out, scales, bias_type)] if bias else [])]
        sizes = [
            -(-size // s) if padding == SAME else -(-(size - (k - 1) * d) // s)
            for size, k, s, d in zip((height, width), kernel, stride, dilation, strict=True)
        ]
        last = 4 if multiplier else 3
        options = {0: ("Int8", padding), 1: ("Int32", stride[1]), 2: ("Int32", stride[0])}
        options |= {3: ("Int32", multiplier)} if multiplier else {}
        options |= {
            last: ("Int8", act),
            last + 1: ("Int32", dilation[1]),
            last + 2: ("Int32", dilation[0]),
        }
        name = "DEPTHWISE_CONV_2D" if multiplier else "CONV_2D"
        return self.op(name, inputs, [self.result((n, *sizes, out), scale=out_scale)], options)

    def full(
        self, x, out, *, act=NONE, bias=True, bias_type=None, out_scale=None, **weights
    ) -> int:
        """FULLY_CONNECTED over the last dimension."""
        shape = self.tensors[x]["shape"]
        w, scales = self.kernel((out, shape[-1]), 0, **weights)
        inputs = [x, w, self.offsets(x, out, scales, bias_type) if bias else -1]
        y = self.result((int(np.prod(shape[:-1])), out), scale=out_scale)
        return self.op("FULLY_CONNECTED", inputs, [y], {0: ("Int8", act)})

    def transposed(
        self,
        x,
        out,
        kernel,
        *,
        stride=(1, 1),
        padding=SAME,
        act=NONE,
        bias=True,
        extra=(0, 0),
        out_scale=None,
        **weights,
    ) -> int:
        """TRANSPOSE_CONV; `extra` makes the output larger (VALID) or smaller (SAME)."""
        n, height, width, channels = self.tensors[x]["shape"]
        w, scales = self.kernel((out, *kernel, channels), 0, **weights)
        sizes = [
            size * s - e if padding == SAME else (size - 1) * s + k + e
            for size, k, s, e in zip((height, width), kernel, stride, extra, strict=True)
        ]
        shape = (n, *sizes, out)
        wanted = self.tensor((4,), "int32", data=shape)
        inputs = [wanted, w, x, *([self.offsets(x, out, scales)] if bias else [])]
        options = {0: ("Int8", padding), 1: ("Int32", stride[1]), 2: ("Int32", stride[0])}
        options[3] = ("Int8", act)
        y = self.result(shape, scale=out_scale, zero=5)
        return self.op("TRANSPOSE_CONV", inputs, [y], options)

    def matmul(self, a, b, *, adj_x=False, adj_y=False, out_scale=None) -> int:
        """BATCH_MATMUL."""
        left, right = self.tensors[a]["shape"], self.tensors[b]["shape"]
        batch = np.broadcast_shapes(left[:-2], right[:-2])
        rows = left[-1] if adj_x else left[-2]
        columns = right[-2] if adj_y else right[-1]
        y = self.result((*batch, rows, columns), scale=out_scale, zero=5)
        options = {0: ("Bool", adj_x), 1: ("Bool", adj_y)}
        return self.op("BATCH_MATMUL", [a, b], [y], options)

    def matrix(self, shape, *, zero=0) -> int:
        """A constant operand of BATCH_MATMUL."""
        if self.dtype == "float32":
            return self.tensor(shape, "float32", data=self.rng.normal(0, 1, shape))
        limits = np.iinfo(self.dtype)
        data = self.rng.integers(limits.min, limits.max + 1, shape)
        return self.tensor(
            shape, self.dtype, scale=0.02 if self.dtype == "int8" else 1e-4, zero=zero, data=data
        )

    def pooled(self, x, kind, kernel, *, stride=(1, 1), padding=VALID, act=NONE) -> int:
        """AVERAGE_POOL_2D or MAX_POOL_2D."""
        n, height, width, channels = self.tensors[x]["shape"]
        sizes = [
            -(-size // s) if padding == SAME else -(-(size - k + 1) // s)
            for size, k, s in zip((height, width), kernel, stride, strict=True)
        ]
        y = self.begin((n, *sizes, channels))
        self.tensors[y].update({key: self.tensors[x][key] for key in ("scale", "zero")})
        options = {
            0: ("Int8", padding),
            1: ("Int32", stride[1]),
            2: ("Int32", stride[0]),
            3: ("Int32", kernel[1]),
            4: ("Int32", kernel[0]),
            5: ("Int8", act),
        }
        return self.op(f"{kind}_POOL_2D", [x], [y], options)


def all_layers(kind: str, seed: int = 0) -> bytes:
    """Return a model with every operator of this module that has `kind`, one after the other."""
    case = Weighted(kind, seed)
    x = case.begin((1, 8, 8, 3), zero=3)
    x = case.convolve(x, 4, (3, 3), stride=(2, 2))
    x = case.convolve(x, 4, (2, 2), groups=2)
    x = case.convolve(x, 0, (3, 3), multiplier=2)
    if kind != "hybrid":
        x = case.matmul(x, case.matrix((8, 5)))
    x = case.transposed(x, 3, (3, 3), stride=(2, 2))
    for pool in ("AVERAGE", "MAX"):
        x = case.pooled(x, pool, (2, 2), stride=(2, 2))
    return case.model(case.full(x, 7, per_channel=False))
