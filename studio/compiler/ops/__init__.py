"""One file per operator: its TFLite name and `lower(node, target) -> Layer`, which checks all.

The recipe for the next operator:

1. Write `ops/<name>.py` with `NAME = "<TFLite's name>"` and `lower`; it is found by itself.
2. Ask the node for its parts: `node.value` (computed), `node.constant`, `node.output`, each with
   the types that the operator takes; check shapes with `node.expect_output`.
3. Compute every constant here (`quantization.factor` and its neighbours), in TFLite's own order
   of float32 and float64 steps; what cannot work ends in `node.fail(what, hint)`.
4. Return a `Layer` whose `Call` names a kernel in `resources/runtime/nn` and its struct's members.
5. If the kernel reads a value before it overwrites it, say so with `Overlap`.
6. Test it against TFLite Micro over shapes, types and quantization, extreme ones included.
"""

import pkgutil
from collections.abc import Callable, Sequence
from importlib import import_module

from studio.compiler.graph import Node
from studio.compiler.layer import Layer
from studio.compiler.target import Target
from studio.compiler.variables import HANDLES
from studio.errors import ModelError

_MODULES = [import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
_LOWER: dict[str, Callable[[Node, Target], Layer]] = {m.NAME: m.lower for m in _MODULES}


def supported_ops() -> tuple[str, ...]:
    """Return the names of the operators that can be compiled, sorted."""
    return tuple(sorted((*_LOWER, *HANDLES)))


def require_supported(nodes: Sequence[Node]) -> None:
    """Check that every operator is known, before anything else about them is looked at.

    Raises
    ------
    ModelError
        For the first unknown operator: its name and position, and what is supported.
    """
    for node in nodes:
        if node.op not in _LOWER and node.op not in HANDLES:
            raise ModelError(
                f"Operator {node.index} is {node.op}, which is not supported.",
                f"Supported are {', '.join(supported_ops())}.",
            )


def lower(node: Node, target: Target) -> Layer:
    """Turn a node of a supported operator into a layer.

    Raises
    ------
    ModelError
        For types, shapes or parameters that cannot work.
    """
    return _LOWER[node.op](node, target)
