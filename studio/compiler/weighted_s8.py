"""Constants of int8 layers whose kernels take the input's zero point off every value."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from studio.compiler.bias import read_bias
from studio.compiler.graph import Node
from studio.compiler.layer import Value
from studio.compiler.quantization import activation_range, affine, factor, weight_scales


def read_s8(
    node: Node, *, axis: int, activation: int
) -> tuple[NDArray[np.generic] | None, Mapping[str, Value]]:
    """Return the weights (input 1) if constant, and the members beside them in the struct.

    Where fewer taps meet an output at the picture's edge, what the zero point adds to a sum is
    not the same for all outputs, and so cannot be a part of the bias.
    """
    source, output, weights = node.input(0), node.output(), node.input(1)
    before, after = affine(node, source), affine(node, output)
    channels = weights.shape[axis]
    bias = read_bias(node, channels, ("int32",))
    factors = [
        factor(node, float(before.scale) * float(scale) / float(after.scale))
        for scale in weight_scales(node, weights, axis)
    ]
    factors *= channels // len(factors)
    low, high = activation_range(node, activation, output)
    return weights.data, {
        "in_zero_point": before.zero_point,
        "out_zero_point": after.zero_point,
        "low": low,
        "high": high,
        "bias": np.zeros(channels, np.int32) if bias is None else bias,
        "multiplier": np.array([f.multiplier for f in factors], np.int32),
        "shift": np.array([f.shift for f in factors], np.int8),
    }
