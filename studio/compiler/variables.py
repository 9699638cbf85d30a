"""Variables: what a model remembers from one inference to the next.

A file has them in two forms. Tensors marked as variable belong to one operator (SVDF, LSTM). The
others have no tensor of their own: VAR_HANDLE names one, READ_VARIABLE copies it out and
ASSIGN_VARIABLE copies into it, and CALL_ONCE runs, in the first inference, a graph that assigns
first values. `resolve` makes a tensor of each such variable and computes its first values;
handles and CALL_ONCE are gone then. Where a variable still holds a value when that is last used,
the value needs no copy: its readers read the variable.

As in TensorFlow Lite for Microcontrollers a variable is bytes of one size; the shape and scale
are those of the first operator that reads or assigns it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from studio.compiler.cgen import C_TYPES
from studio.compiler.graph import RESOURCE, Graph, Node, Tensor
from studio.compiler.passes import fold_constants
from studio.compiler.tflite import called_once
from studio.compiler.uses import same_quantization
from studio.compiler.verify import verify_graph
from studio.errors import ModelError

HANDLES = ("CALL_ONCE", "VAR_HANDLE")
"""Operators that are gone when layers are built."""
MAX_NAME_BYTES = 1000
MAX_BYTES = 16 << 20
STILL = ("CONCATENATION", "SLICE", "STRIDED_SLICE")
"""Operators that no pass moves behind a later assignment."""

Key = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True, eq=False)
class _Use:
    """A value that is read from a variable or assigned to it."""

    node: Node
    key: Key
    value: Tensor

    @property
    def assigns(self) -> bool:
        return self.node.op == "ASSIGN_VARIABLE"


def resolve(graph: Graph) -> Graph:
    """Turn handles into variables with first values.

    Raises
    ------
    ModelError
        If a handle or variable is used in a way that has no fixed meaning before run time.
    """
    uses = _uses(graph)
    calls = [
        (node, _first_assignments(node, graph.initializers[called_once(node)]))
        for node in graph.nodes
        if node.op == "CALL_ONCE"
    ]
    for node, first in calls:
        _check_order(node, uses, {use.key for use in first})
    firsts = [use for _, first in calls for use in first]
    everything = [*uses, *firsts]
    variables = _variables(graph, everything)
    marked = _marked(graph)
    _check_size([*variables.values(), *marked])
    initial = {t.index: _filled(t, t if t.dtype == "int8" else None) for t in marked}
    # what no graph assigns at the start is filled with the zero point of what is assigned first
    first_values = {use.key: use.value for use in reversed(everything) if use.assigns}
    for key, variable in variables.items():
        initial[variable.index] = _filled(variable, first_values[key])
    for use in firsts:
        if use.value.data is not None:
            variable = variables[use.key]
            initial[variable.index] = use.value.data.reshape(variable.shape)
    nodes = _nodes(graph, uses, variables)
    return replace(graph, nodes=nodes, initial=initial, initializers={})


def _uses(graph: Graph) -> list[_Use]:
    """Return the reads and assignments of a graph in order."""
    handles: dict[int, Key] = {}
    found: list[_Use] = []
    for node in graph.nodes:
        if node.op == "VAR_HANDLE":
            handles[node.output((RESOURCE,)).index] = _key(node)
        elif node.op in ("ASSIGN_VARIABLE", "READ_VARIABLE"):
            assigns = node.op == "ASSIGN_VARIABLE"
            if len(node.inputs) != 1 + assigns or len(node.outputs) != 1 - assigns:
                raise node.fail("it has another number of inputs or outputs than it must have")
            key = handles.get(node.input(0, (RESOURCE,)).index)
            if key is None:
                raise node.fail("its handle is not made by a VAR_HANDLE before it")
            types = tuple(C_TYPES)
            found.append(_Use(node, key, node.input(1, types) if assigns else node.output(types)))
    return found


def _key(node: Node) -> Key:
    if node.options is None:
        raise node.fail("its variable has no name")
    container, name = (bytes(node.options.raw(field)[: MAX_NAME_BYTES + 1]) for field in (0, 1))
    if max(len(container), len(name)) > MAX_NAME_BYTES:
        raise node.fail(f"its variable has a name of over {MAX_NAME_BYTES} bytes")
    return container, name


def _first_assignments(call: Node, graph: Graph) -> list[_Use]:
    """Return what a graph that runs once assigns: constants, or what can be computed from them."""
    verify_graph(graph)
    graph = fold_constants.run(graph)
    for node in graph.nodes:
        known = node.op == "ASSIGN_VARIABLE" and node.input(1, tuple(C_TYPES)).data is not None
        if node.op != "VAR_HANDLE" and not known:
            raise call.fail(
                f"the graph that it runs has a {node.op} that does not assign a constant",
                "Only constants can be the first values of variables.",
            )
    return _uses(graph)


def _check_order(call: Node, uses: Sequence[_Use], keys: set[Key]) -> None:
    for use in uses:
        if use.key in keys and use.node.index < call.index:
            raise call.fail(f"operator {use.node.index} uses a variable before its first value")


def _variables(graph: Graph, uses: Sequence[_Use]) -> dict[Key, Tensor]:
    tensors = [*graph.inputs, *graph.outputs]
    for node in graph.nodes:
        tensors += [tensor for tensor in (*node.inputs, *node.outputs) if tensor is not None]
    number = max((tensor.index for tensor in tensors), default=-1) + 1
    assigned = {use.key for use in uses if use.assigns}
    found: dict[Key, Tensor] = {}
    for use in uses:
        value = use.value
        if use.key not in assigned:
            raise use.node.fail("it reads a variable that is never assigned")
        if use.key not in found:
            name = use.key[1].decode("utf-8", "replace") or f"variable {len(found)}"
            index = number + len(found)
            found[use.key] = replace(value, index=index, name=name, data=None, variable=True)
        other = found[use.key]
        if (value.dtype, value.elements) != (other.dtype, other.elements):
            raise use.node.fail(
                f"its variable is {other.dtype} {other.shape}, but its value"
                f" {value.dtype} {value.shape}"
            )
    return found


def _marked(graph: Graph) -> list[Tensor]:
    """Return the tensors that the file marks as variable."""
    found = [t for node in graph.nodes for t in node.inputs if t is not None and t.variable]
    return list({tensor.index: tensor for tensor in found}.values())


def _check_size(variables: Sequence[Tensor]) -> None:
    size = sum(variable.bytes for variable in variables)
    if size > MAX_BYTES:
        raise ModelError(
            f"The model remembers {size} bytes from one inference to the next.",
            f"The limit is {MAX_BYTES}.",
        )


def _filled(variable: Tensor, like: Tensor | None) -> NDArray[np.generic]:
    """Return a variable with every byte at a zero point, whatever its type, as TFLite Micro."""
    zero_points = like.zero_points if like is not None else np.zeros(0, np.int64)
    zero_point = int(zero_points[0]) & 0xFF if zero_points.size else 0
    raw = np.full(variable.bytes, zero_point, np.uint8)
    return raw.view(variable.dtype).reshape(variable.shape)


def _nodes(
    graph: Graph, uses: Sequence[_Use], variables: Mapping[Key, Tensor]
) -> tuple[Node, ...]:
    """Return the nodes without handles; values that need no copy are the variables themselves."""
    by_node = {use.node.index: use for use in uses}
    lasting = _lasting(graph, uses, variables)
    same: dict[int, Tensor] = {}
    nodes: list[Node] = []
    for node in graph.nodes:
        if node.op in HANDLES:
            continue
        inputs = tuple(same.get(t.index, t) if t is not None else None for t in node.inputs)
        use = by_node.get(node.index)
        if use is None:
            nodes.append(replace(node, inputs=inputs))
        elif use.assigns:
            nodes.append(replace(node, inputs=(inputs[1], variables[use.key])))
        elif node.index in lasting:
            same[use.value.index] = variables[use.key]
        else:
            nodes.append(replace(node, inputs=(variables[use.key],)))
    return tuple(nodes)


def _lasting(graph: Graph, uses: Sequence[_Use], variables: Mapping[Key, Tensor]) -> set[int]:
    """Return the reads whose variable holds what was read until that is last used."""
    ends = {tensor.index for tensor in graph.outputs}
    readers: dict[int, list[Node]] = {}
    for node in graph.nodes:
        for tensor in node.inputs:
            if tensor is not None:
                readers.setdefault(tensor.index, []).append(node)
    following: dict[Key, int] = {}
    found: set[int] = set()
    for use in reversed(uses):
        value = use.value
        if use.assigns:
            following[use.key] = use.node.index
            continue
        behind = following.get(use.key, len(graph.nodes))
        users = readers.get(value.index, [])
        still = all(node.op in STILL and node.index <= behind for node in users)
        if still and value.index not in ends and _alike(value, variables[use.key]):
            found.add(use.node.index)
    return found


def _alike(value: Tensor, variable: Tensor) -> bool:
    plain = value.scales.size == variable.scales.size == 0
    return value.shape == variable.shape and (plain or same_quantization(value, variable))
