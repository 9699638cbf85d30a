"""MAXIMUM, with broadcasting. TFLite compares what is stored, whatever the scales."""

import numpy as np

from studio.compiler.arithmetic import SHORT, lower_binary
from studio.compiler.elementwise import binary
from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.lookup import folded
from studio.compiler.target import Target

NAME = "MAXIMUM"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    dtype = binary(node, tuple(SHORT))[0].dtype
    table = folded(node, target, np.maximum) if dtype == "int8" else None
    if table is not None:
        return table
    kind = SHORT[dtype]
    return lower_binary(
        node, "nn_extremes.h", f"tml_extremes_{kind}", "tml_extremes_layer", {"smaller": 0}
    )
