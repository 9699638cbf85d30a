"""READ_VARIABLE: a copy of a variable's present values."""

from studio.compiler.graph import Node
from studio.compiler.layer import Call, Layer
from studio.compiler.movement import ANY
from studio.compiler.target import Target

NAME = "READ_VARIABLE"


def lower(node: Node, target: Target) -> Layer:
    """Return the layer; `variables` has put the variable in the handle's place and checked it."""
    variable, output = node.value(0, ANY), node.output(ANY)
    members = {"bytes": variable.bytes}
    call = Call("nn_variable.h", "tml_variable_copy", "tml_variable_layer", members)
    return Layer(node.op, (variable,), (output,), call)
