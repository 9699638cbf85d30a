"""One file per operator: its TFLite name and `lower(node) -> Layer`, which checks everything.

A new operator is a new module here with NAME and lower, its name in `_MODULES`, and, where no
kernel fits, a header in `resources/runtime/nn`.
"""

from collections.abc import Callable, Sequence

from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.ops import (
    add,
    average_pool_2d,
    conv_2d,
    depthwise_conv_2d,
    dequantize,
    fully_connected,
    max_pool_2d,
    mean,
    pad,
    quantize,
    reshape,
    softmax,
)
from studio.errors import ModelError

_MODULES = (
    add,
    average_pool_2d,
    conv_2d,
    depthwise_conv_2d,
    dequantize,
    fully_connected,
    max_pool_2d,
    mean,
    pad,
    quantize,
    reshape,
    softmax,
)
_LOWER: dict[str, Callable[[Node], Layer]] = {module.NAME: module.lower for module in _MODULES}


def supported_ops() -> tuple[str, ...]:
    """Return the names of the operators that can be compiled, sorted."""
    return tuple(sorted(_LOWER))


def require_supported(nodes: Sequence[Node]) -> None:
    """Check that every operator is known, before anything else about them is looked at.

    Raises
    ------
    ModelError
        For the first unknown operator: its name and position, and what is supported.
    """
    for node in nodes:
        if node.op not in _LOWER:
            raise ModelError(
                f"Operator {node.index} is {node.op}, which is not supported.",
                f"Supported are {', '.join(supported_ops())}.",
            )


def lower(node: Node) -> Layer:
    """Turn a node of a supported operator into a layer.

    Raises
    ------
    ModelError
        For types, shapes or parameters that cannot work.
    """
    return _LOWER[node.op](node)
