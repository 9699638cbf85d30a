"""Prints the C files of a model: constants, one parameter struct per layer, and the calls.

The text promises: C99, no heap, no stdio, no maths library, one static arena, every kernel a plain
function; and the same model gives the same text everywhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from studio import __version__
from studio.compiler.cgen import C_TYPES, braces, comment, constant, integer, real
from studio.compiler.graph import Graph, Tensor
from studio.compiler.layer import Layer, Value
from studio.compiler.memory import Plan
from studio.paths import RUNTIME

KERNELS = RUNTIME / "nn"


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """Everything that the C text of a model depends on."""

    name: str
    target: str
    sha256: str
    graph: Graph
    layers: tuple[Layer, ...]
    plan: Plan


def print_files(program: Program) -> dict[str, str]:
    """Return file name -> C text: the model's source and header, and the kernels it uses."""
    kernels = _kernels({layer.call.header for layer in program.layers if layer.call})
    first = f"/* TinyML Studio {__version__}, model {program.sha256}, generated, do not edit */"
    return {
        f"tml_{program.name}.h": f"{first}\n{_header(program)}",
        f"tml_{program.name}.c": f"{first}\n{_source(program)}",
        **kernels,
    }


def _kernels(wanted: set[str]) -> dict[str, str]:
    """Return the kernels' headers; all of them rest on the one with the arithmetic."""
    first = f"/* TinyML Studio {__version__}, copied from its runtime, do not edit */"
    names = sorted({"nn_math.h", *wanted})
    return {name: f"{first}\n{Path(KERNELS / name).read_text('utf-8')}" for name in names}


def _header(program: Program) -> str:
    name, upper = program.name, program.name.upper()
    graph, plan = program.graph, program.plan
    return f"""\
#ifndef TML_{upper}_H
#define TML_{upper}_H

#ifdef __cplusplus
extern "C" {{
#endif

#define TML_{upper}_TARGET "{program.target}"
#define TML_{upper}_LAYERS {len(program.layers)}
#define TML_{upper}_ARENA_BYTES {plan.arena_bytes} /* busiest layer: {plan.bound_bytes} */

{_end(upper, "INPUT", graph.input)}
{_end(upper, "OUTPUT", graph.output)}
/* Where to write the input before each inference; an inference may overwrite it. */
void *tml_{name}_input(void);

/* Where the output is after an inference, until the next input is written. */
const void *tml_{name}_output(void);

/* Run one inference; returns 0. Not to be called again before it has returned. */
int tml_{name}_invoke(void);

#ifdef __cplusplus
}}
#endif

#endif
"""


def _end(upper: str, end: str, tensor: Tensor) -> str:
    prefix = f"TML_{upper}_{end}"
    scale, zero_point = end_quantization(tensor)
    return f"""\
{comment(f"{tensor.name}: {tensor.dtype} {_shape(tensor)}; real = scale * (value - zero point)")}
#define {prefix}_BYTES {tensor.bytes}
#define {prefix}_ELEMENTS {tensor.elements}
#define {prefix}_SCALE {real(scale)}
#define {prefix}_ZERO_POINT ({zero_point})
"""


def end_quantization(tensor: Tensor) -> tuple[float, int]:
    """Return scale and zero point of a model's input or output; 1 and 0 where it has none."""
    if tensor.scales.size != 1 or tensor.dtype == "float32":
        return 1.0, 0
    return float(tensor.scales[0]), int(tensor.zero_points[0])


def _shape(tensor: Tensor) -> str:
    return "x".join(str(n) for n in tensor.shape) or "scalar"


def _source(program: Program) -> str:
    name, upper = program.name, program.name.upper()
    includes = sorted({layer.call.header for layer in program.layers if layer.call})
    layers = [_layer(program, index, layer) for index, layer in enumerate(program.layers)]
    return "\n".join(
        [
            f'#include "tml_{name}.h"',
            "",
            "#include <stdint.h>",
            "",
            *(f'#include "{include}"' for include in includes),
            "",
            _HOOKS,
            "/* All values of an inference; those that never live together share memory. */",
            "static union {",
            f"    int8_t bytes[TML_{upper}_ARENA_BYTES];",
            f"    float reals[(TML_{upper}_ARENA_BYTES + 3) / 4];",
            "    uint64_t alignment;",
            f"}} {name}_arena;",
            "",
            *(definitions for definitions, _ in layers),
            f"void *tml_{name}_input(void)",
            "{",
            f"    return {_address(program, program.graph.input, 'void *')};",
            "}",
            "",
            f"const void *tml_{name}_output(void)",
            "{",
            f"    return {_address(program, program.graph.output, 'const void *')};",
            "}",
            "",
            f"int tml_{name}_invoke(void)",
            "{",
            *(call for _, call in layers),
            f"    TML_LAYER({len(program.layers)});",
            "    return 0;",
            "}",
            "",
        ]
    )


_HOOKS = """\
/* Profiling and tracing: before layer i (and, with the number of layers, at the end), and after
 * layer i with what it wrote. */
#ifdef TML_LAYER_HEADER
#include TML_LAYER_HEADER
#endif
#ifndef TML_LAYER
#define TML_LAYER(index) ((void)0)
#endif
#ifndef TML_LAYER_OUTPUT
#define TML_LAYER_OUTPUT(index, data, bytes) ((void)0)
#endif
"""


def _address(program: Program, tensor: Tensor, pointer: str) -> str:
    place = f"{program.name}_arena.bytes + {program.plan.offsets[tensor.index]}"
    return place if "void" in pointer or "int8_t" in pointer.split() else f"({pointer})({place})"


def _layer(program: Program, index: int, layer: Layer) -> tuple[str, str]:
    """Return a layer's constants and its lines in the function that runs the model."""
    prefix, plan = f"{program.name}_{index}", program.plan
    sources = " + ".join(_shape(tensor) for tensor in layer.inputs)
    title = f"{index}: {layer.op} {sources} -> {_shape(layer.output)}"
    work = f", {layer.macs} MACs" if layer.macs else ""
    output = _address(program, layer.output, "void *")
    definitions = [comment(f"{title}, {layer.output.name}")]
    body = ["    /* no code: the same values under another shape */"]
    if layer.call is not None:
        call = layer.call
        definitions += [
            constant(_constant_name(prefix, key), v) for key, v in layer.constants.items()
        ]
        arguments = [f"&{prefix}"]
        for position, tensor in enumerate(layer.inputs):
            if tensor.data is None:
                pointer = f"const {C_TYPES[tensor.dtype]} *"
                arguments.append(_address(program, tensor, pointer))
            else:
                own = f"{prefix}_input_{position}"
                definitions.append(constant(own, tensor.data))
                arguments.append(own)
        arguments.append(_address(program, layer.output, f"{C_TYPES[layer.output.dtype]} *"))
        if layer.scratch_bytes:
            arguments.append(f"{program.name}_arena.bytes + {plan.scratch[index]}")
        definitions.append(_struct(f"static const {call.struct} {prefix}", prefix, call.members))
        body = [_call(call.function, arguments)]
    lines = [
        f"    TML_LAYER({index});",
        f"    {comment(title + work)}",
        *body,
        f"    TML_LAYER_OUTPUT({index}, {output}, {layer.output.bytes});",
    ]
    return "\n".join(definitions), "\n".join(lines)


def _call(function: str, arguments: Sequence[str]) -> str:
    """Return a call on one line, or with one argument per line where that is too long."""
    line = f"    {function}({', '.join(arguments)});"
    if len(line) <= 99:
        return line
    return f"    {function}(\n        " + ",\n        ".join(arguments) + ");"


def _struct(declaration: str, prefix: str, members: Mapping[str, Value]) -> str:
    lines = [
        f"    .{key} = {_value(_constant_name(prefix, key), value)},"
        for key, value in members.items()
    ]
    return "\n".join([f"{declaration} = {{", *lines, "};", ""])


def _constant_name(prefix: str, key: str) -> str:
    """Return the C name of a layer's array; members of inner structs are written `a.b`."""
    return f"{prefix}_{key.rpartition('.')[2]}"


def _value(name: str, value: Value) -> str:
    if isinstance(value, np.ndarray):
        return name
    if isinstance(value, tuple):
        return braces(integer(n) for n in value)
    return real(value) if isinstance(value, float) else integer(value)


def weights_bytes(layers: Sequence[Layer]) -> int:
    """Return the bytes of all constants."""
    return sum(layer.weights_bytes for layer in layers)
