"""SPACE_TO_BATCH_ND: images are taken apart into tiles, with padding around."""

from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.target import Target
from studio.compiler.tiles import tiled

NAME = "SPACE_TO_BATCH_ND"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    return tiled(node, to_tiles=True)
