"""RESIZE_BILINEAR: a picture of another size, its pixels between those of the input."""

from studio.compiler.graph import Node
from studio.compiler.layer import Call, Layer, Value
from studio.compiler.resizing import between_float32, between_int8, sides
from studio.compiler.target import Target

NAME = "RESIZE_BILINEAR"
_FIELDS = (2, 3)
_SUFFIX = {"int8": "s8", "float32": "f32"}


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    node.input(0, tuple(_SUFFIX))
    source, output, rows, columns = sides(node, _FIELDS)
    if rows.align_corners and rows.half_pixel_centers:
        raise node.fail("it has both align_corners and half_pixel_centers")
    between = between_int8 if source.dtype == "int8" else between_float32
    row, next_row, down = between(rows)
    column, next_column, right = between(columns)
    members: dict[str, Value] = {
        "batches": source.shape[0],
        "height": rows.source,
        "width": columns.source,
        "channels": source.shape[3],
        "out_height": rows.target,
        "out_width": columns.target,
        "row": row,
        "next_row": next_row,
        "down": down,
        "column": column,
        "next_column": next_column,
        "right": right,
    }
    kernel = f"tml_resize_bilinear_{_SUFFIX[source.dtype]}"
    call = Call("nn_resize.h", kernel, f"{kernel}_layer", members)
    return Layer(node.op, (source,), (output,), call)
