"""DIV, with broadcasting; one of its inputs may be a constant."""

from studio.compiler.arithmetic import lower_plain
from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.target import Target

NAME = "DIV"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    return lower_plain(node, "div")
