"""DEPTH_TO_SPACE: blocks of channels become blocks of pixels."""

from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.movement import Dimension, copied, moved, option
from studio.compiler.target import Target

NAME = "DEPTH_TO_SPACE"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    source, output = moved(node)
    block = option(node, 0)
    if len(source.shape) != 4 or not 1 <= block <= source.shape[3]:
        raise node.fail(f"its input has shape {source.shape} and its block size {block}")
    batches, height, width, channels = source.shape
    depth = channels // block**2
    if depth * block**2 != channels:
        raise node.fail(f"{channels} channels cannot become blocks of {block} by {block}")
    node.expect_output((batches, height * block, width * block, depth))
    dimensions = [
        Dimension(batches * height, width * channels),
        Dimension(block, block * depth),
        Dimension(width, channels),
        Dimension(block * depth, 1),
    ]
    return copied(node, source, output, dimensions)
