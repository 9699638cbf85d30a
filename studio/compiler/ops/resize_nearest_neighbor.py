"""RESIZE_NEAREST_NEIGHBOR: a picture of another size, made of the input's own pixels."""

from studio.compiler.graph import Node
from studio.compiler.layer import Call, Layer, Value
from studio.compiler.movement import width
from studio.compiler.resizing import nearest, sides
from studio.compiler.target import Target

NAME = "RESIZE_NEAREST_NEIGHBOR"
_FIELDS = (0, 1)


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    source, output, rows, columns = sides(node, _FIELDS)
    members: dict[str, Value] = {
        "batches": source.shape[0],
        "height": rows.source,
        "width": columns.source,
        "out_height": rows.target,
        "out_width": columns.target,
        "run": source.shape[3] * width(source),
        "row": nearest(rows),
        "column": nearest(columns),
    }
    call = Call("nn_resize.h", "tml_resize_nearest", "tml_resize_nearest_layer", members)
    return Layer(node.op, (source,), (output,), call)
