"""Writes small .tflite files for tests, straight from the schema's field numbers."""

from dataclasses import dataclass, field
from typing import Any

import flatbuffers
import numpy as np

TYPES = {
    "float32": 0,
    "int32": 2,
    "uint8": 3,
    "int64": 4,
    "bool": 6,
    "int16": 7,
    "int8": 9,
    "resource": 13,
    "int4": 17,
}
CODES = {
    "ADD": (0, 11),
    "LOGISTIC": (14, 0),
    "RELU": (19, 0),
    "RELU_N1_TO_1": (20, 0),
    "RELU6": (21, 0),
    "TANH": (28, 0),
    "SUB": (41, 28),
    "DIV": (42, 29),
    "EXP": (47, 33),
    "PRELU": (54, 0),
    "MAXIMUM": (55, 39),
    "MINIMUM": (57, 39),
    "NEG": (59, 42),
    "LOG": (73, 0),
    "SQRT": (75, 0),
    "RSQRT": (76, 0),
    "SQUARE": (92, 66),
    "LEAKY_RELU": (98, 75),
    "SQUARED_DIFFERENCE": (99, 76),
    "ABS": (101, 78),
    "ELU": (111, 0),
    "HARD_SWISH": (117, 91),
    "AVERAGE_POOL_2D": (1, 5),
    "CONCATENATION": (2, 10),
    "CAST": (53, 37),
    "FILL": (94, 68),
    "BROADCAST_TO": (130, 104),
    "SHAPE": (77, 55),
    "DEPTH_TO_SPACE": (5, 94),
    "RESIZE_BILINEAR": (23, 15),
    "SPACE_TO_DEPTH": (26, 19),
    "GATHER": (36, 23),
    "BATCH_TO_SPACE_ND": (37, 24),
    "SPACE_TO_BATCH_ND": (38, 25),
    "TRANSPOSE": (39, 26),
    "SQUEEZE": (43, 30),
    "STRIDED_SLICE": (45, 32),
    "SPLIT": (49, 35),
    "ARG_MAX": (56, 40),
    "PADV2": (60, 43),
    "SLICE": (65, 48),
    "EXPAND_DIMS": (70, 52),
    "SUM": (74, 27),
    "ARG_MIN": (79, 57),
    "REDUCE_MAX": (82, 27),
    "PACK": (83, 59),
    "UNPACK": (88, 64),
    "REDUCE_MIN": (89, 27),
    "RESIZE_NEAREST_NEIGHBOR": (97, 74),
    "MIRROR_PAD": (100, 77),
    "SPLIT_V": (102, 79),
    "CONV_2D": (3, 1),
    "DEPTHWISE_CONV_2D": (4, 2),
    "DEQUANTIZE": (6, 38),
    "FULLY_CONNECTED": (9, 8),
    "MAX_POOL_2D": (17, 5),
    "MUL": (18, 21),
    "RESHAPE": (22, 17),
    "SOFTMAX": (25, 9),
    "CUSTOM": (32, 0),
    "PAD": (34, 22),
    "TRANSPOSE_CONV": (67, 49),
    "MEAN": (40, 27),
    "QUANTIZE": (114, 89),
    "BATCH_MATMUL": (126, 101),
    "CUMSUM": (128, 102),
    "FLOOR": (8, 0),
    "WHERE": (109, 84),
    "L2_NORMALIZATION": (11, 12),
    "LOG_SOFTMAX": (50, 36),
    "SVDF": (27, 6),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": (44, 71),
    "CALL_ONCE": (129, 103),
    "VAR_HANDLE": (142, 111),
    "READ_VARIABLE": (143, 112),
    "ASSIGN_VARIABLE": (144, 113),
}
"""Operator -> its number and that of its table of options."""


@dataclass
class Writer:
    """Collects tensors and operators; `finish` returns the file."""

    tensors: list[dict[str, Any]] = field(default_factory=list)
    ops: list[tuple[str, list[int], list[int], dict[int, tuple[str, Any]]]] = field(
        default_factory=list
    )
    others: list["Writer"] = field(default_factory=list)
    """Further graphs, from number 1."""
    first_buffer: int = 1

    def tensor(
        self,
        shape,
        dtype="int8",
        *,
        scale=None,
        zero=0,
        data=None,
        axis=0,
        name="",
        variable=False,
    ):
        """Add a tensor and return its number; `scale` and `zero` may be lists."""
        self.tensors.append(
            {
                "shape": shape,
                "dtype": dtype,
                "scale": np.atleast_1d(np.array(scale, np.float32)) if scale is not None else None,
                "zero": np.atleast_1d(np.array(zero, np.int64)),
                "data": None if data is None else _bytes(data, dtype),
                "axis": axis,
                "name": name or f"t{len(self.tensors)}",
                "variable": variable,
            }
        )
        return len(self.tensors) - 1

    def op(self, name, inputs, outputs, options=None):
        """Add an operator; options are {field number: (flatbuffers type name, value)}."""
        self.ops.append((name, inputs, outputs, options or {}))
        return outputs[0] if outputs else -1

    def finish(self, inputs, outputs) -> bytes:
        """Return the file's bytes."""
        builder = flatbuffers.Builder(1 << 16)
        writers = [self, *self.others]
        names = sorted({op[0] for writer in writers for op in writer.ops})
        buffers = [table(builder, {})]
        for writer in writers:
            writer.first_buffer = len(buffers)
            datas = [t["data"] for t in writer.tensors]
            buffers += [
                table(builder, {0: ("bytes", d.tobytes())} if d is not None else {}) for d in datas
            ]
        codes = [self._code(builder, name) for name in names]
        graphs = [self.graph(builder, names, inputs, outputs)]
        graphs += [other.graph(builder, names, [], []) for other in self.others]
        root = table(
            builder,
            {
                0: ("Uint32", 3),
                1: ("tables", codes),
                2: ("tables", graphs),
                4: ("tables", buffers),
            },
        )
        builder.Finish(root, b"TFL3")
        return bytes(builder.Output())

    def graph(self, builder, names, inputs, outputs) -> int:
        """Write a graph of a file that is being built."""
        return table(
            builder,
            {
                0: ("tables", [self._tensor(builder, n) for n in range(len(self.tensors))]),
                1: ("ints", inputs),
                2: ("ints", outputs),
                3: ("tables", [self._op(builder, op, names) for op in self.ops]),
            },
        )

    def _code(self, builder, name):
        number = CODES[name][0]
        fields = {0: ("Int8", min(number, 127)), 3: ("Int32", number), 2: ("Int32", 1)}
        if name == "CUSTOM":
            fields[1] = ("text", "SomethingOfMine")
        return table(builder, fields)

    def _tensor(self, builder, n):
        tensor = self.tensors[n]
        quantization = table(builder, {})
        if tensor["scale"] is not None:
            quantization = table(
                builder,
                {
                    2: ("floats", tensor["scale"]),
                    3: ("longs", np.broadcast_to(tensor["zero"], tensor["scale"].shape)),
                    6: ("Int32", tensor["axis"]),
                },
            )
        return table(
            builder,
            {
                0: ("ints", tensor["shape"]),
                1: ("Int8", TYPES[tensor["dtype"]]),
                2: ("Uint32", n + self.first_buffer if tensor["data"] is not None else 0),
                3: ("text", tensor["name"]),
                4: ("table", quantization),
                5: ("Bool", tensor["variable"]),
            },
        )

    def _op(self, builder, op, names):
        name, inputs, outputs, options = op
        return table(
            builder,
            {
                0: ("Uint32", names.index(name)),
                1: ("ints", inputs),
                2: ("ints", outputs),
                3: ("Uint8", CODES[name][1]),
                4: ("table", table(builder, options)),
            },
        )


def _bytes(data, dtype) -> np.ndarray:
    """Return values as the file has them: two of int4 in a byte, the first in its low half."""
    if dtype != "int4":
        return np.ascontiguousarray(data, dtype)
    values = np.append(np.ravel(data), [0] * (np.size(data) % 2)).astype(np.int8).view(np.uint8)
    return values[::2] & 15 | values[1::2] << 4


def table(builder, fields) -> int:
    """Write one table; children are written first, as flatbuffers wants it."""
    ready = {number: _child(builder, kind, value) for number, (kind, value) in fields.items()}
    builder.StartObject(max(fields, default=-1) + 1)
    for number, (kind, value) in ready.items():
        if kind == "offset":
            builder.PrependUOffsetTRelativeSlot(number, value, 0)
        else:
            # defaults of the schema differ per field, so every given value is written
            getattr(builder, f"Prepend{kind}")(value)
            builder.Slot(number)
    return builder.EndObject()


def _child(builder, kind, value):
    if kind == "table":
        return "offset", value
    if kind == "text":
        return "offset", builder.CreateString(value)
    if kind == "bytes":
        builder.StartVector(1, len(value), 16)
        builder.head -= len(value)
        builder.Bytes[builder.head : builder.head + len(value)] = value
        return "offset", builder.EndVector()
    if kind == "tables":
        builder.StartVector(4, len(value), 4)
        for offset in reversed(value):
            builder.PrependUOffsetTRelative(offset)
        return "offset", builder.EndVector()
    arrays = {"ints": "<i4", "floats": "<f4", "longs": "<i8"}
    if kind in arrays:
        return "offset", builder.CreateNumpyVector(np.array(value, arrays[kind]))
    return kind, value
