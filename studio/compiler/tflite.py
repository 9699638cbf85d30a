"""From the bytes of a .tflite file to a `Graph`. Field numbers are those of TFLite's schema 3."""

from collections.abc import Mapping
from dataclasses import replace
from math import prod

import numpy as np
from numpy.typing import NDArray

from studio.compiler.flatbuffer import Table, damaged
from studio.compiler.graph import DTYPES, INT4, Graph, Node, Tensor
from studio.compiler.int4 import TAKES_INT4, widened
from studio.compiler.opcodes import CUSTOM, opcode_name
from studio.errors import ModelError

MAX_FILE_BYTES = 32 << 20
MAX_TENSOR_VALUES = 16 << 20
MAX_RANK = 6
MAX_DIMENSION = 1 << 24
MAX_TENSORS = 8192
MAX_NODES = 3072
MAX_NODE_TENSORS = 256
MAX_INITIALIZERS = 8
NO_TENSOR = -1
INT4_KIND = 17
WITHOUT_OUTPUT = ("ASSIGN_VARIABLE", "CALL_ONCE")
"""Operators that need not have one."""


def read_graph(data: bytes) -> Graph:
    """Read a .tflite file.

    Raises
    ------
    ModelError
        If the bytes are not a whole TFLite model, or hold something that cannot be compiled
        whatever the operators are (several graphs, data outside the file, sparse tensors).
    """
    if len(data) > MAX_FILE_BYTES:
        raise ModelError(
            f"The model file has {len(data)} bytes; the limit is {MAX_FILE_BYTES}.",
            "Models for microcontrollers are smaller; choose a smaller network.",
        )
    if len(data) < 16 or data[4:8] != b"TFL3":
        raise ModelError(
            "The file is not a TensorFlow Lite model: the mark TFL3 is missing at byte 4.",
            "Choose a .tflite file.",
        )
    model = Table.root(data)
    version = model.integer(0, "I")
    if version != 3:
        raise ModelError(
            f"The model file has schema version {version}; supported is 3.",
            "Convert the model again with a present TensorFlow.",
        )
    graphs = model.tables(2, 1024)
    codes = [_opcode(table) for table in model.tables(1, 1024)]
    buffers = model.tables(4, 2 * MAX_TENSORS)
    if not graphs:
        raise damaged("it holds no graph")
    graph = _graph(graphs[0], codes, buffers)
    called = {called_once(node) for node in graph.nodes if node.op == "CALL_ONCE"}
    if called != set(range(1, len(graphs))) or len(called) > MAX_INITIALIZERS:
        raise ModelError(
            f"The model holds {len(graphs)} graphs, of which CALL_ONCE runs {len(called)}.",
            "Control flow (IF, WHILE, CALL) is not supported; export a plain network.",
        )
    others = {n: _graph(graphs[n], codes, buffers, main=False) for n in sorted(called)}
    return replace(graph, initializers=others)


def called_once(node: Node) -> int:
    """Return the number of the graph that a CALL_ONCE runs."""
    return node.options.integer(0, "i") if node.options is not None else 0


def _opcode(table: Table) -> tuple[int, str]:
    # numbers over 126 do not fit the first, older field
    code = max(table.integer(0, "b"), table.integer(3, "i"))
    return code, table.text(1) if code == CUSTOM else ""


def _graph(
    table: Table, codes: list[tuple[int, str]], buffers: list[Table], *, main: bool = True
) -> Graph:
    tensors = [
        _tensor(index, entry, buffers) for index, entry in enumerate(table.tables(0, MAX_TENSORS))
    ]
    inputs = _references(table, 1, tensors)
    outputs = _references(table, 2, tensors)
    ends = [tensor for tensor in (*inputs, *outputs) if tensor is not None]
    if (main and not (inputs and outputs)) or len(ends) != len(inputs) + len(outputs):
        raise damaged("its input or output is missing")
    wide = widened(tensors)
    nodes = [
        _with_wide_weights(_node(index, entry, codes, tensors), wide)
        for index, entry in enumerate(table.tables(3, MAX_NODES))
    ]
    return Graph(tuple(nodes), tuple(ends[: len(inputs)]), tuple(ends[len(inputs) :]))


def _references(table: Table, field: int, tensors: list[Tensor]) -> list[Tensor | None]:
    found: list[Tensor | None] = []
    for index in table.numbers(field, "<i4", MAX_NODE_TENSORS).tolist():
        if index != NO_TENSOR and not 0 <= index < len(tensors):
            raise damaged(f"it refers to tensor {index}, but has {len(tensors)}")
        found.append(None if index == NO_TENSOR else tensors[index])
    return found


def _node(index: int, table: Table, codes: list[tuple[int, str]], tensors: list[Tensor]) -> Node:
    which = table.integer(0, "I")
    if which >= len(codes):
        raise damaged(f"operator {index} is of kind {which}, but {len(codes)} kinds are named")
    inputs = _references(table, 1, tensors)
    outputs = [tensor for tensor in _references(table, 2, tensors) if tensor is not None]
    op = opcode_name(*codes[which])
    if not outputs and op not in WITHOUT_OUTPUT:
        raise damaged(f"operator {index} has no output")
    return Node(index, op, tuple(inputs), tuple(outputs), table.table(4))


def _with_wide_weights(node: Node, wide: Mapping[int, Tensor]) -> Node:
    """Return a node whose weights have a byte each, if it is one that takes less."""
    if node.op not in TAKES_INT4 or len(node.inputs) < 2 or node.inputs[1] is None:
        return node
    weights = wide.get(node.inputs[1].index, node.inputs[1])
    return replace(node, inputs=(node.inputs[0], weights, *node.inputs[2:]))


def _tensor(index: int, table: Table, buffers: list[Table]) -> Tensor:
    name = table.text(3) or f"tensor {index}"
    kind = table.integer(1, "b")
    dtype = DTYPES.get(kind) or (INT4 if kind == INT4_KIND else f"type {kind}")
    shape = _shape(index, table)
    if table.table(6) is not None:
        raise ModelError(
            f"Tensor {index} ({name!r}) is sparse.", "Convert the model without sparse weights."
        )
    number = table.integer(2, "I")
    if number >= len(buffers):
        raise damaged(f"tensor {index} lies in buffer {number}, but there are {len(buffers)}")
    scales, zero_points, axis = _quantization(index, table.table(4))
    data = _constant(index, buffers[number], shape, dtype)
    variable = bool(table.integer(5, "?"))
    if variable and (data is not None or dtype not in DTYPES.values()):
        raise damaged(f"tensor {index} ({name!r}) is a variable, but has data or no type")
    return Tensor(index, name, shape, dtype, scales, zero_points, axis, data, variable)


def _shape(index: int, table: Table) -> tuple[int, ...]:
    shape = tuple(int(n) for n in table.numbers(0, "<i4", 64).tolist())
    if len(shape) > MAX_RANK:
        raise ModelError(
            f"Tensor {index} has {len(shape)} dimensions; the limit is {MAX_RANK}.",
            "Reshape the model to at most four dimensions.",
        )
    if any(n < 1 or n > MAX_DIMENSION for n in shape):
        raise damaged(f"tensor {index} has shape {shape}")
    if prod(shape) > MAX_TENSOR_VALUES:
        raise ModelError(
            f"Tensor {index} of shape {shape} is too large for a microcontroller.",
            f"The limit is {MAX_TENSOR_VALUES} values.",
        )
    return shape


def _constant(
    index: int, buffer: Table, shape: tuple[int, ...], dtype: str
) -> NDArray[np.generic] | None:
    if buffer.integer(1, "Q") > 1 or buffer.integer(2, "Q") > 1:
        raise ModelError(
            f"Tensor {index} keeps its data outside the model's structure.",
            "Files over 2 GB are not supported.",
        )
    raw = buffer.raw(0)
    if not raw:
        return None
    if dtype not in DTYPES.values():
        return np.frombuffer(raw, np.uint8)  # only operators that refuse the type meet it
    kind = np.dtype(dtype).newbyteorder("<")
    if len(raw) != prod(shape) * kind.itemsize:
        raise damaged(
            f"tensor {index} of shape {shape} and type {dtype} has {len(raw)} bytes of data"
        )
    return np.frombuffer(raw, kind).reshape(shape)


def _quantization(
    index: int, table: Table | None
) -> tuple[NDArray[np.float32], NDArray[np.int64], int]:
    if table is None:
        return np.zeros(0, np.float32), np.zeros(0, np.int64), 0
    if table.integer(4, "B"):
        raise ModelError(
            f"Tensor {index} is quantized by a custom scheme.",
            "Convert the model with TFLite's int8 quantization.",
        )
    # views, not copies: many tensors of a hostile file may share one long list
    scales = table.numbers(2, "<f4", MAX_DIMENSION).astype(np.float32, copy=False)
    zero_points = table.numbers(3, "<i8", MAX_DIMENSION).astype(np.int64, copy=False)
    if zero_points.size == 0:
        zero_points = np.broadcast_to(np.zeros(1, np.int64), scales.shape)
    if zero_points.size != scales.size:
        raise damaged(
            f"tensor {index} has {scales.size} scales and {zero_points.size} zero points"
        )
    return scales, zero_points, table.integer(6, "i")
