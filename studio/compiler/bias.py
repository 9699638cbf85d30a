"""The bias of a layer with weights, in the types that differ from int8's."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from studio.compiler.graph import Node


def read_bias(node: Node, channels: int, dtypes: Sequence[str]) -> NDArray[np.generic] | None:
    """Return input 2 as one constant per channel, or None where it is left out."""
    if len(node.inputs) > 3:
        raise node.fail("it has more inputs than a value, weights and a bias")
    if len(node.inputs) < 3 or node.inputs[2] is None:
        return None
    data = node.constant(2, dtypes)
    if data.size != channels:
        raise node.fail(f"its bias has {data.size} values for {channels} output channels")
    flat: NDArray[np.generic] = data.reshape(-1)
    return flat
