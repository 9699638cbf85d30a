"""SPACE_TO_DEPTH: blocks of pixels become blocks of channels."""

from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.movement import Dimension, copied, moved, option
from studio.compiler.target import Target

NAME = "SPACE_TO_DEPTH"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    source, output = moved(node)
    block = option(node, 0)
    if len(source.shape) != 4 or block < 1:
        raise node.fail(f"its input has shape {source.shape} and its block size {block}")
    batches, height, width, channels = source.shape
    if height % block or width % block:
        raise node.fail(f"{height} by {width} pixels are not made of {block} by {block} blocks")
    node.expect_output((batches, height // block, width // block, channels * block**2))
    line = width * channels
    dimensions = [
        Dimension(batches * height // block, block * line),
        Dimension(width // block, block * channels),
        Dimension(block, line),
        Dimension(block * channels, 1),
    ]
    return copied(node, source, output, dimensions)
