"""What convolutions and fully connected layers share: weights, bias and output scaling."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.compiler.graph import Node, Tensor
from studio.compiler.layer import Value
from studio.compiler.quantization import Factor, activation_range, affine, factor, weight_scales


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """How sums become outputs, per channel, where all shifts go right."""

    multiplier: NDArray[np.int32]
    right: NDArray[np.int8]
    alive: NDArray[np.int32]
    """1, or 0 for a channel whose factor is 0: its weights and bias do not matter."""


@dataclass(frozen=True, slots=True, eq=False)
class Weighted:
    """The constants of a layer with weights, in the order of its output channels."""

    weights: NDArray[np.generic]
    bias: NDArray[np.int32]
    factors: tuple[Factor, ...]
    """One per channel, or one for all."""
    pad_value: int
    """The input's zero point: what a tap outside the input reads."""
    out_zero_point: int
    out_range: tuple[int, int]
    sum_limit: int
    """No sum of any input is larger in size."""

    def members(self, *, per_channel: bool = True) -> dict[str, Value]:
        """Return the members of the kernels' `tml_nn_outputs`.

        Parameters
        ----------
        per_channel : bool
            Repeat a factor for all channels once per channel, for kernels that read it so.
        """
        low, high = self.out_range
        factors = self.factors
        if per_channel and len(factors) == 1:
            factors *= self.bias.size
        return {
            "outputs.zero_point": self.out_zero_point,
            "outputs.low": low,
            "outputs.high": high,
            "outputs.half": 2 * self.out_zero_point + 1,
            "outputs.form": self._form(),
            "outputs.per_channel": int(len(factors) > 1),
            "outputs.bias": self.bias,
            "outputs.multiplier": np.array([f.multiplier for f in factors], np.int32),
            "outputs.right": np.array([-f.shift for f in factors], np.int8),
        }

    @property
    def steps_right(self) -> bool:
        """Whether a shift to the right by all but one, a sum and a shift by one are exact.

        That needs shifts to the right, and for those by one a sum that does not overflow.
        """
        shifts = [-factor.shift for factor in self.factors if factor.multiplier]
        least = min(shifts, default=1)
        return least >= 2 or (least == 1 and self.sum_limit < (1 << 31) - 512)

    def scaling(self) -> Scaling:
        """Return the factors per channel; of use where `steps_right`."""
        factors = self.factors if len(self.factors) > 1 else self.factors * self.bias.size
        return Scaling(
            np.array([f.multiplier or 1 << 30 for f in factors], np.int32),
            np.array([-f.shift if f.multiplier else 1 for f in factors], np.int8),
            np.array([int(f.multiplier != 0) for f in factors], np.int32),
        )

    def _form(self) -> int:
        """Return which arithmetic is exact: 0 any, 1 that of bounded sums, 2 also unclamped.

        Bounded: twice a sum fits 32 bits, every shift goes right, and adding the half that rounds
        and the shifted zero point does not overflow.
        """
        shifts = [-factor.shift for factor in self.factors]
        rounding = (2 * 128 + 1) << max(0, max(shifts) - 1)
        if min(shifts) < 1 or self.sum_limit >= 1 << 30 or self.sum_limit + rounding >= 1 << 31:
            return 0
        return 2 if self.out_range == (-128, 127) else 1


def read_weighted(node: Node, *, axis: int, activation: int) -> Weighted:
    """Read input 1 (weights, output channels along `axis`) and input 2 (bias, optional).

    The input's zero point z is folded into the bias b:
    sum w * (x - z) + b = sum w * x + (b - z * sum w).
    """
    source, output, weights = node.value(0), node.output(), node.input(1)
    data = node.constant(1, ("int8",))
    channels = weights.shape[axis]
    scale, zero_point = affine(node, source)
    others = tuple(n for n in range(len(weights.shape)) if n != axis)
    folded = _bias(node, channels) - zero_point * data.sum(axis=others, dtype=np.int64)
    return Weighted(
        data,
        # wraps like the 32-bit sum of the kernels does
        folded.astype(np.uint64).astype(np.uint32).view(np.int32),
        _factors(node, weight_scales(node, weights, axis), scale, output),
        zero_point,
        affine(node, output).zero_point,
        activation_range(node, activation, output),
        int((np.abs(folded) + 128 * np.abs(data.astype(np.int64)).sum(axis=others)).max()),
    )


def _bias(node: Node, channels: int) -> NDArray[np.int64]:
    if len(node.inputs) > 3:
        raise node.fail(f"it has {len(node.inputs)} inputs instead of two or three")
    if len(node.inputs) < 3 or node.inputs[2] is None:
        return np.zeros(channels, np.int64)
    data = node.constant(2, ("int32",))
    if data.size != channels:
        raise node.fail(f"its bias has {data.size} values for {channels} output channels")
    return data.reshape(-1).astype(np.int64)


def _factors(
    node: Node, scales: NDArray[np.float32], in_scale: np.float32, output: Tensor
) -> tuple[Factor, ...]:
    out_scale = float(affine(node, output).scale)
    return tuple(factor(node, float(in_scale) * float(s) / out_scale) for s in scales)
