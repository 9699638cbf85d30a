"""SHAPE: the sizes of a tensor, which are constants; usually the compiler has used them up."""

from dataclasses import replace

import numpy as np

from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.movement import Dimension, copied
from studio.compiler.target import Target

NAME = "SHAPE"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    if not node.inputs or node.inputs[0] is None:
        raise node.fail("input 0 is missing")
    shape, output = node.inputs[0].shape, node.output(("int32", "int64"))
    node.expect_output((len(shape),))
    sizes = replace(output, data=np.array(shape, output.dtype))
    return copied(node, sizes, output, [Dimension(len(shape), 1)])
