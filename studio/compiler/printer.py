"""Prints the C files of a model: constants, one parameter struct per layer, and the calls.

The text promises: C99, no heap, no stdio, no maths library, one static arena, every kernel a plain
function; and the same model gives the same text everywhere.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from studio import __version__
from studio.compiler.cgen import C_TYPES, braces, comment, constant, integer, real, text
from studio.compiler.graph import Graph, Tensor
from studio.compiler.layer import Layer, Value
from studio.compiler.memory import Plan
from studio.compiler.print_stripes import STRIPES_HEADER, stripes_function
from studio.compiler.sharing import share_kernels
from studio.compiler.target import Target
from studio.paths import RUNTIME

KERNELS = RUNTIME / "nn"
MATH = RUNTIME / "math"
_INCLUDE = re.compile(r'^#include "((?:nn|tml)_\w+\.h)"', re.MULTILINE)


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """Everything that the C text of a model depends on."""

    name: str
    target: Target
    sha256: str
    graph: Graph
    layers: tuple[Layer, ...]
    plan: Plan


def print_files(program: Program) -> dict[str, str]:
    """Return file name -> C text: the model's source and header, and the kernels it uses."""
    kernels = _kernels(_wanted(program))
    first = f"/* TinyML Studio {__version__}, model {program.sha256}, generated, do not edit */"
    return {
        f"tml_{program.name}.h": f"{first}\n{_header(program)}",
        f"tml_{program.name}.c": f"{first}\n{_source(program)}",
        **kernels,
    }


def _wanted(program: Program) -> set[str]:
    """Return the headers of all calls."""
    fused = [layer.stripes for layer in program.layers if layer.stripes]
    layers = [*program.layers, *(part for stripes in fused for part in stripes.layers)]
    headers = {layer.call.header for layer in layers if layer.call}
    return headers | ({STRIPES_HEADER} if fused else set())


def _kernels(wanted: set[str]) -> dict[str, str]:
    """Return the kernels' headers and those that they include."""
    first = f"/* TinyML Studio {__version__}, copied from its runtime, do not edit */"
    texts: dict[str, str] = {}
    open_names = {"nn_math.h", *wanted}
    while open_names:
        name = open_names.pop()
        folder = KERNELS if name.startswith("nn_") else MATH
        texts[name] = Path(folder / name).read_text("utf-8")
        open_names |= set(_INCLUDE.findall(texts[name])) - set(texts)
    return {name: f"{first}\n{texts[name]}" for name in sorted(texts)}


def _header(program: Program) -> str:
    name, upper = program.name, program.name.upper()
    graph, plan = program.graph, program.plan
    return f"""\
#ifndef TML_{upper}_H
#define TML_{upper}_H

#ifdef __cplusplus
extern "C" {{
#endif

#define TML_{upper}_TARGET "{program.target.name}"
#define TML_{upper}_LAYERS {len(program.layers)}
#define TML_{upper}_ARENA_BYTES {plan.arena_bytes} /* busiest layer: {plan.bound_bytes} */

#define TML_{upper}_INPUTS {len(graph.inputs)}
#define TML_{upper}_OUTPUTS {len(graph.outputs)}

{"".join(_end(upper, end, tensor) for end, tensor in _ends(program))}
/* Set what the model remembers from one inference to the next to its first values. To be called
 * before the first inference. */
void tml_{name}_init(void);

/* Where to write the input before each inference; an inference may overwrite it. */
{_prototypes(program, "INPUT")}
/* Where the output is after an inference, until the next input is written. */
{_prototypes(program, "OUTPUT")}
/* Run one inference; returns 0. Not to be called again before it has returned. */
int tml_{name}_invoke(void);

#ifdef __cplusplus
}}
#endif

#endif
"""


def _ends(program: Program) -> list[tuple[str, Tensor]]:
    """Return the model's inputs and outputs with the names that they have in C."""
    graph = program.graph
    return [
        (end if number == 0 else f"{end}_{number}", tensor)
        for end, tensors in (("INPUT", graph.inputs), ("OUTPUT", graph.outputs))
        for number, tensor in enumerate(tensors)
    ]


def _prototypes(program: Program, which: str) -> str:
    kind = "void *" if which == "INPUT" else "const void *"
    names = [end.lower() for end, _ in _ends(program) if end.startswith(which)]
    return "".join(f"{kind}tml_{program.name}_{name}(void);\n" for name in names)


def _end(upper: str, end: str, tensor: Tensor) -> str:
    prefix = f"TML_{upper}_{end}"
    scale, zero_point = end_quantization(tensor)
    return f"""\
{comment(f"{tensor.name}: {tensor.dtype} {_shape(tensor)}; real = scale * (value - zero point)")}
#define {prefix}_NAME "{text(tensor.name)}"
#define {prefix}_DIMENSIONS {len(tensor.shape)}
#define {prefix}_SHAPE {braces(map(str, tensor.shape or (1,)))}
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


def _switches(program: Program) -> list[str]:
    return [
        line
        for switch in program.target.switches
        for line in (f"#ifndef {switch}", f"#define {switch}", "#endif", "")
    ]


def _source(program: Program) -> str:
    name, upper = program.name, program.name.upper()
    includes = sorted(_wanted(program))
    small = program.target.optimise == "size"
    shared, kernels = share_kernels(program.layers, f"{name}_") if small else (program.layers, "")
    layers = [_layer(program, index, layer) for index, layer in enumerate(shared)]
    return "\n".join(
        [
            *_switches(program),
            *([_SMALL] if small else []),
            f'#include "tml_{name}.h"',
            "",
            "#include <stdint.h>",
            "",
            *(f'#include "{include}"' for include in includes),
            "",
            _HOOKS,
            *([kernels] if kernels else []),
            "/* All values of an inference; those that never live together share memory. */",
            "static union {",
            f"    int8_t bytes[TML_{upper}_ARENA_BYTES];",
            f"    float reals[(TML_{upper}_ARENA_BYTES + 3) / 4];",
            "    uint64_t alignment;",
            f"}} {name}_arena;",
            "",
            *(definitions for definitions, _ in layers),
            *(_getter(program, end, tensor) for end, tensor in _ends(program)),
            _init(program),
            f"int tml_{name}_invoke(void)",
            "{",
            *(call for _, call in layers),
            f"    TML_LAYER({len(program.layers)});",
            "    return 0;",
            "}",
            *([_SMALL_END] if small else []),
            "",
        ]
    )


_SMALL = """\
/* Made for size, whatever level the compiler is told: as -Os has it, and without calls of the C
 * library in place of short loops. */
#if defined(__clang__)
#pragma clang attribute push(__attribute__((minsize)), apply_to = function)
#elif defined(__GNUC__)
#pragma GCC push_options
#pragma GCC optimize("Os", "no-tree-loop-distribute-patterns")
#endif
"""
_SMALL_END = """\

#if defined(__clang__)
#pragma clang attribute pop
#elif defined(__GNUC__)
#pragma GCC pop_options
#endif"""
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


def _getter(program: Program, end: str, tensor: Tensor) -> str:
    kind = "void *" if "IN" in end else "const void *"
    return f"""\
{kind}tml_{program.name}_{end.lower()}(void)
{{
    return {_address(program, tensor, kind)};
}}
"""


def _init(program: Program) -> str:
    """Return the function that sets the variables, and the constants it copies from."""
    name, lines, constants = program.name, [], []
    used = [t for layer in program.layers for t in layer.inputs if t.variable]
    for index, tensor in sorted({t.index: t for t in used}.items()):
        first = program.graph.initial.get(index, np.zeros(tensor.shape, tensor.dtype))
        kind = C_TYPES[tensor.dtype]
        source = "0"
        values = np.unique(first)
        if values.size == 1:
            source = _value("", values[0].item())
        else:
            constants.append(constant(f"{name}_first_{index}", first.astype(tensor.dtype)))
            source = f"{name}_first_{index}[i]"
        lines += [
            f"    {kind} *const to_{index} = {_address(program, tensor, f'{kind} *')};",
            f"    for (i = 0; i < {tensor.elements}; i++) {{",
            f"        to_{index}[i] = {source};",
            "    }",
        ]
    declared = [line for line in lines if "*const to_" in line]
    body = [line for line in lines if "*const to_" not in line]
    head = ["    int32_t i;"] if lines else []
    function = [f"void tml_{name}_init(void)", "{", *declared, *head, *body, "}", ""]
    return "\n".join([*constants, *function])


def _address(program: Program, tensor: Tensor, pointer: str) -> str:
    place = f"{program.name}_arena.bytes + {program.plan.offsets[tensor.index]}"
    return place if "void" in pointer or "int8_t" in pointer.split() else f"({pointer})({place})"


def _layer(program: Program, index: int, layer: Layer) -> tuple[str, str]:
    """Return a layer's constants and its lines in the function that runs the model."""
    prefix, plan = f"{program.name}_{index}", program.plan
    title = f"{index}: {layer.op} {_shapes(layer.inputs)} -> {_shapes(layer.outputs)}"
    work = f", {layer.macs} MACs" if layer.macs else ""
    definitions = [comment(", ".join([title, *(tensor.name for tensor in layer.outputs)]))]
    body = ["    /* no code: the same values in the same place */"]
    if layer.stripes is not None:
        definitions += [
            _parameters(f"{prefix}_{n}", part, {}) for n, part in enumerate(layer.stripes.layers)
        ]
        definitions.append(stripes_function(prefix, layer))
        body = [_call(prefix, _arguments(program, index))]
    elif layer.call is not None:
        definitions.append(_parameters(prefix, layer, plan.members.get(index, {})))
        body = [_call(layer.call.function, [f"&{prefix}", *_arguments(program, index)])]
    lines = [
        f"    TML_LAYER({index});",
        f"    {comment(title + work)}",
        *body,
        *(_hook(program, index, tensor) for tensor in layer.outputs),
    ]
    return "\n".join(definitions), "\n".join(lines)


def _parameters(prefix: str, layer: Layer, more: Mapping[str, int]) -> str:
    """Return a layer's constants and the struct that names them."""
    if layer.call is None:
        return ""
    definitions = [constant(_constant_name(prefix, key), v) for key, v in layer.constants.items()]
    for n, tensor in enumerate(layer.inputs):
        if tensor.data is not None:
            definitions.append(constant(f"{prefix}_input_{n}", tensor.data))
    members = {**layer.call.members, **more}
    definitions.append(_struct(f"static const {layer.call.struct} {prefix}", prefix, members))
    return "\n".join(definitions)


def _shapes(tensors: Sequence[Tensor]) -> str:
    return " + ".join(_shape(tensor) for tensor in tensors)


def _hook(program: Program, index: int, tensor: Tensor) -> str:
    place = _address(program, tensor, "void *")
    return f"    TML_LAYER_OUTPUT({index}, {place}, {tensor.bytes});"


def _arguments(program: Program, index: int) -> list[str]:
    """Return a call's pointers: inputs, outputs, scratch."""
    layer = program.layers[index]
    arguments = []
    for position, tensor in enumerate(layer.inputs):
        const = "" if tensor.variable else "const "
        arguments.append(
            _address(program, tensor, f"{const}{C_TYPES[tensor.dtype]} *")
            if tensor.data is None
            else f"{program.name}_{index}_input_{position}"
        )
    arguments += [_address(program, t, f"{C_TYPES[t.dtype]} *") for t in layer.outputs]
    if layer.scratch_bytes:
        arguments.append(f"{program.name}_arena.bytes + {program.plan.scratch[index]}")
    return arguments


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
