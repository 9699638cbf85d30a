"""Constants of layers with float values: float weights, or int8 ones that keep their scales."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from studio.compiler.bias import read_bias
from studio.compiler.graph import Node
from studio.compiler.layer import Value
from studio.compiler.quantization import float_activation_range, weight_scales


def read_f32(
    node: Node, *, axis: int, activation: int
) -> tuple[NDArray[np.generic] | None, Mapping[str, Value]]:
    """Return the weights (input 1) if constant, and the members beside them.

    Those are `tml_nn_outputs_f32` and, if the weights are int8, their scales along `axis`.
    """
    weights = node.input(1, ("float32", "int8"))
    members: dict[str, Value] = {}
    if weights.dtype == "int8":
        node.constant(1, ("int8",))  # sums of floats and computed integers are no kernel's work
        scales = weight_scales(node, weights, axis)
        members = {"per_channel": int(scales.size > 1), "scale": scales}
    low, high = float_activation_range(node, activation)
    members |= {"outputs.low": low, "outputs.high": high}
    bias = read_bias(node, weights.shape[axis], ("float32",))
    return weights.data, members | {"outputs.bias": 0 if bias is None else bias}
