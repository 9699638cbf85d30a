"""Constants of layers with int16 values and int8 weights, scaled exactly as TFLite Micro does."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from studio.compiler.bias import read_bias
from studio.compiler.graph import Node, Tensor
from studio.compiler.layer import Value
from studio.compiler.quantization import (
    Factor,
    activation_range,
    affine,
    factor,
    weight_scales,
)

SUM_LIMIT = 1 << 47
"""Of sums in 64 bits, so that no product with a multiplier overflows."""
MAX_WIDE_SHIFT = 7


def read_s16(
    node: Node, *, axis: int, activation: int, narrow: bool
) -> tuple[str, NDArray[np.generic] | None, Mapping[str, Value]]:
    """Return the kind of kernel, the weights (input 1) and the members of `tml_nn_outputs_s16`.

    Weights that are no constants are None, and count as the largest that there are.

    Parameters
    ----------
    node : Node
        With an int16 value, int8 weights and perhaps a bias as its inputs.
    axis : int
        The weights' dimension of the output channels.
    activation : int
        The fused activation's number.
    narrow : bool
        Take a bias of int32 as well, with which the sums have 32 bits.
    """
    source, output, weights = node.input(0, ("int16",)), node.output(("int16",)), node.input(1)
    data, channels = weights.data, weights.shape[axis]
    before, after = affine(node, source), affine(node, output)
    if before.zero_point or after.zero_point:
        raise node.fail("its int16 input or output has a zero point other than 0")
    bias, is_narrow = _bias(node, channels, narrow=narrow)
    sums = _weights_sums(weights, axis) * 2**15
    # as floats, since the largest bias has no absolute value in 64 bits; exact up to 2^53
    largest = int((np.abs(bias.astype(np.float64)) + sums).max())
    if largest >= SUM_LIMIT:
        raise node.fail(f"its sums reach {largest}; supported is up to {SUM_LIMIT - 1}")
    factors = [
        factor(node, float(before.scale) * float(scale) / float(after.scale))
        for scale in weight_scales(node, weights, axis)
    ]
    low, high = activation_range(node, activation, output)
    members: dict[str, Value] = {"outputs.low": low, "outputs.high": high}
    members |= {"outputs.narrow": int(is_narrow), **_bias_members(bias)}
    used = factors if is_narrow else [wide_factor(node, scale) for scale in factors]
    short = not is_narrow and largest < 1 << 31 and _is_short(used)
    members |= _short_scaling(used, channels) if short else _scaling(used, channels)
    return "s16" if short else "wide_s16", data, members


def _weights_sums(weights: Tensor, axis: int) -> NDArray[np.int64]:
    """Return the sum of the sizes of each channel's weights."""
    channels = weights.shape[axis]
    if weights.data is None:
        return np.full(channels, 128 * (weights.elements // channels), np.int64)
    others = tuple(n for n in range(len(weights.shape)) if n != axis)
    sums: NDArray[np.int64] = np.abs(weights.data.astype(np.int64)).sum(axis=others)
    return sums


def _bias(node: Node, channels: int, *, narrow: bool) -> tuple[NDArray[np.int64], bool]:
    """Return the bias, and whether the sums have 32 bits."""
    data = read_bias(node, channels, ("int64", "int32") if narrow else ("int64",))
    if data is None:
        return np.zeros(channels, np.int64), False
    return data.astype(np.int64), data.dtype == np.int32


def _bias_members(bias: NDArray[np.int64]) -> dict[str, Value]:
    fits = bool((bias == bias.astype(np.int32)).all())
    if not bias.any():
        return {"outputs.bias": 0, "outputs.wide_bias": 0}
    return {
        "outputs.bias": bias.astype(np.int32) if fits else 0,
        "outputs.wide_bias": 0 if fits else bias,
    }


def wide_factor(node: Node, scale: Factor) -> Factor:
    """Return what sums of 64 bits are multiplied with (15 bits), and then shifted right by."""
    if scale.shift > MAX_WIDE_SHIFT:
        raise node.fail(
            f"its scales give the factor {scale.multiplier * 2.0 ** (scale.shift - 31):g};"
            f" supported for int16 is up to 2^{MAX_WIDE_SHIFT}"
        )
    multiplier = (scale.multiplier + (1 << 15)) >> 16 if scale.multiplier < 0x7FFF0000 else 0x7FFF
    return Factor(multiplier, 15 - scale.shift)


def _is_short(factors: Sequence[Factor]) -> bool:
    """Tell whether factors of 15 bits can be multiples of 2^-32 that fit 32 bits."""
    return all(16 <= right <= 32 for multiplier, right in factors if multiplier)


def _short_scaling(factors: Sequence[Factor], channels: int) -> dict[str, Value]:
    multipliers = [m << (32 - right) if m else 0 for m, right in factors]
    return {"outputs.multiplier": _each(multipliers, channels, np.int32), "outputs.shift": 0}


def _scaling(factors: Sequence[Factor], channels: int) -> dict[str, Value]:
    return {
        "outputs.multiplier": _each([f.multiplier for f in factors], channels, np.int32),
        "outputs.shift": _each([f.shift for f in factors], channels, np.int8),
    }


def _each(
    values: Sequence[int], channels: int, dtype: type[np.signedinteger]
) -> NDArray[np.generic]:
    """Return one value per channel, of as many or of one for all."""
    repeated: NDArray[np.generic] = np.resize(np.array(values, dtype), channels)
    return repeated
