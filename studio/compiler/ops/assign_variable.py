"""ASSIGN_VARIABLE: a variable's values for later operators and inferences."""

from studio.compiler.graph import Node
from studio.compiler.layer import Call, Layer
from studio.compiler.movement import ANY
from studio.compiler.target import Target

NAME = "ASSIGN_VARIABLE"


def lower(node: Node, target: Target) -> Layer:
    """Return the layer; `variables` has put the variable behind the value and checked both."""
    value, variable = node.input(0, ANY), node.value(1, ANY)
    members = {"bytes": variable.bytes}
    call = Call("nn_variable.h", "tml_variable_copy", "tml_variable_layer", members)
    return Layer(node.op, (value, variable), (), call)
