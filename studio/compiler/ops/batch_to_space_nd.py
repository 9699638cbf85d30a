"""BATCH_TO_SPACE_ND: images are put together from tiles, and cropped."""

from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.target import Target
from studio.compiler.tiles import tiled

NAME = "BATCH_TO_SPACE_ND"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    return tiled(node, to_tiles=False)
