"""ELU."""

import numpy as np

from studio.compiler.elementwise import unary
from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.lookup import exp_f32, real_lookup
from studio.compiler.target import Target
from studio.compiler.unary_f32 import lower_f32

NAME = "ELU"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    source, _ = unary(node, ("int8", "float32"))
    if source.dtype == "float32":
        return lower_f32(node, "elu")
    return real_lookup(node, lambda x: np.where(x < 0, exp_f32(x) - np.float32(1), x))
