"""Operators with random constants, added to a `Writer`; scales keep most outputs in range."""

import numpy as np
from tflite_writer import Writer

SAME, VALID = 0, 1
NONE, RELU, RELU_N1_TO_1, RELU6 = 0, 1, 2, 3


class Cases(Writer):
    """A writer that knows operators. All methods return the number of the output tensor."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        self.rng = np.random.default_rng(seed)

    def start(self, shape, *, scale=0.05, zero=-3, dtype="int8") -> int:
        """Add the model's input."""
        return self.tensor(shape, dtype, scale=scale, zero=zero, name="input")

    def _like(self, x: int) -> tuple[tuple[int, ...], float, int]:
        tensor = self.tensors[x]
        return tensor["shape"], float(tensor["scale"][0]), int(tensor["zero"][0])

    def _weights(self, shape, axis, *, per_channel, spread=1.0):
        count = shape[axis] if per_channel else 1
        scales = 0.01 * spread ** self.rng.uniform(-1, 1, count)
        data = self.rng.integers(-127, 128, shape)
        return self.tensor(shape, scale=scales, data=data, axis=axis), scales

    def _bias(self, channels, in_scale, scales):
        data = self.rng.integers(-3000, 3000, channels)
        return self.tensor((channels,), "int32", scale=in_scale * scales, data=data)

    def conv(
        self,
        x,
        out,
        kernel,
        *,
        stride=(1, 1),
        dilation=(1, 1),
        padding=SAME,
        act=NONE,
        per_channel=True,
        bias=True,
        out_scale=0.6,
        zero=5,
        spread=1.0,
        multiplier=0,
    ) -> int:
        """CONV_2D, or DEPTHWISE_CONV_2D where `multiplier` is not 0."""
        (n, height, width, channels), in_scale, _ = self._like(x)
        out = channels * multiplier if multiplier else out
        shape = (1, *kernel, out) if multiplier else (out, *kernel, channels)
        weights, scales = self._weights(
            shape, 3 if multiplier else 0, per_channel=per_channel, spread=spread
        )
        inputs = [x, weights]
        if bias:
            inputs.append(self._bias(out, in_scale, scales))
        sizes = [
            _slide(size, k, s, d, padding)
            for size, k, s, d in zip((height, width), kernel, stride, dilation, strict=True)
        ]
        y = self.tensor((n, *sizes, out), scale=out_scale, zero=zero)
        options = {0: ("Int8", padding), 1: ("Int32", stride[1]), 2: ("Int32", stride[0])}
        last = 3
        if multiplier:
            options[3] = ("Int32", multiplier)
            last = 4
        options[last] = ("Int8", act)
        options[last + 1] = ("Int32", dilation[1])
        options[last + 2] = ("Int32", dilation[0])
        return self.op("DEPTHWISE_CONV_2D" if multiplier else "CONV_2D", inputs, [y], options)

    def depthwise(self, x, kernel, *, multiplier=1, **more) -> int:
        """DEPTHWISE_CONV_2D."""
        return self.conv(x, 0, kernel, multiplier=multiplier, **more)

    def dense(
        self, x, out, *, act=NONE, per_channel=False, bias=True, out_scale=0.6, zero=5, spread=1.0
    ) -> int:
        """FULLY_CONNECTED over the last dimension."""
        shape, in_scale, _ = self._like(x)
        weights, scales = self._weights(
            (out, shape[-1]), 0, per_channel=per_channel, spread=spread
        )
        inputs = [x, weights, self._bias(out, in_scale, scales) if bias else -1]
        rows = int(np.prod(shape[:-1]))
        y = self.tensor((rows, out), scale=out_scale, zero=zero)
        return self.op("FULLY_CONNECTED", inputs, [y], {0: ("Int8", act)})

    def pool(self, x, kind, kernel, *, stride=(1, 1), padding=VALID, act=NONE) -> int:
        """AVERAGE_POOL_2D or MAX_POOL_2D."""
        (n, height, width, channels), scale, zero = self._like(x)
        sizes = [
            _slide(size, k, s, 1, padding)
            for size, k, s in zip((height, width), kernel, stride, strict=True)
        ]
        y = self.tensor((n, *sizes, channels), scale=scale, zero=zero)
        options = {
            0: ("Int8", padding),
            1: ("Int32", stride[1]),
            2: ("Int32", stride[0]),
            3: ("Int32", kernel[1]),
            4: ("Int32", kernel[0]),
            5: ("Int8", act),
        }
        return self.op(f"{kind}_POOL_2D", [x], [y], options)

    def mean(self, x, axes, *, keep=True, same=False, scale=0.02, zero=9) -> int:
        """MEAN; `same` keeps the input's scale."""
        shape, in_scale, in_zero = self._like(x)
        reduced = {axis % len(shape) for axis in axes}
        out = [1 if a in reduced else n for a, n in enumerate(shape) if keep or a not in reduced]
        quant = {"scale": in_scale, "zero": in_zero} if same else {"scale": scale, "zero": zero}
        y = self.tensor(tuple(out), **quant)
        indices = self.tensor((len(axes),), "int32", data=axes)
        return self.op("MEAN", [x, indices], [y], {0: ("Bool", keep)})

    def add(self, a, b, *, act=NONE, scale=0.09, zero=-7) -> int:
        """ADD."""
        shape = np.broadcast_shapes(self.tensors[a]["shape"], self.tensors[b]["shape"])
        y = self.tensor(shape, scale=scale, zero=zero)
        return self.op("ADD", [a, b], [y], {0: ("Int8", act)})

    def constant(self, shape, *, scale=0.03, zero=4) -> int:
        """An int8 constant."""
        return self.tensor(shape, scale=scale, zero=zero, data=self.rng.integers(-128, 128, shape))

    def pad(self, x, amounts) -> int:
        """PAD."""
        shape, scale, zero = self._like(x)
        out = tuple(n + a + b for n, (a, b) in zip(shape, amounts, strict=True))
        y = self.tensor(out, scale=scale, zero=zero)
        return self.op("PAD", [x, self.tensor((len(shape), 2), "int32", data=amounts)], [y])

    def reshape(self, x, shape) -> int:
        """RESHAPE."""
        _, scale, zero = self._like(x)
        wanted = self.tensor((len(shape),), "int32", data=shape)
        return self.op("RESHAPE", [x, wanted], [self.tensor(shape, scale=scale, zero=zero)])

    def softmax(self, x, *, beta=1.0) -> int:
        """SOFTMAX."""
        y = self.tensor(self.tensors[x]["shape"], scale=1 / 256, zero=-128)
        return self.op("SOFTMAX", [x], [y], {0: ("Float32", beta)})

    def quantize(self, x, *, scale, zero, dtype="int8") -> int:
        """QUANTIZE."""
        y = self.tensor(self.tensors[x]["shape"], dtype, scale=scale, zero=zero)
        return self.op("QUANTIZE", [x], [y])

    def dequantize(self, x) -> int:
        """DEQUANTIZE."""
        return self.op("DEQUANTIZE", [x], [self.tensor(self.tensors[x]["shape"], "float32")])

    def model(self, output: int) -> bytes:
        """Return the file; the input is the first tensor.

        What nobody reads becomes an output as well, or it would be removed as unused.
        """
        read = {n for _, inputs, _, _ in self.ops for n in inputs}
        leaves = {n for _, _, made, _ in self.ops for n in made} - read - {output}
        return self.finish([0], [output, *sorted(leaves)])


def _slide(size: int, kernel: int, stride: int, dilation: int, padding: int) -> int:
    reach = (kernel - 1) * dilation + 1
    return -(-size // stride) if padding == SAME else -(-(size - reach + 1) // stride)
