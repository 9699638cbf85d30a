"""Prints the function that runs several layers together, some rows at a time."""

from studio.compiler.cgen import C_TYPES, braces
from studio.compiler.layer import Layer, Stage, Stripes
from studio.compiler.stripes import PART, PIXELS

STRIPES_HEADER = "nn_stripes.h"


def stripes_function(name: str, layer: Layer) -> str:
    """Return the definition of `static void name(inputs, output, scratch)`.

    The structs of the layers are called `name_0`, `name_1`, and so on.
    """
    stripes = layer.stripes
    if stripes is None:
        return ""
    last = len(stripes.layers) - 1
    kinds = [C_TYPES[tensor.dtype] for tensor in layer.inputs]
    parameters = [f"const {kind} *in_{n}" for n, kind in enumerate(kinds)]
    parameters += [f"{C_TYPES[layer.output.dtype]} *out", "int8_t *scratch"]
    lines = [
        f"static void {name}({', '.join(parameters)})",
        "{",
        *(_stage_constant(n, stage) for n, stage in enumerate(stripes.stages)),
        f"    tml_nn_rows {', '.join(f'have_{n} = {{0, 0}}' for n in range(last))};",
        f"    tml_nn_rows {', '.join(f'new_{n}' for n in range(last + 1))};",
        "    tml_nn_rows need;",
        f"    for (new_{last}.first = 0; new_{last}.first < {stripes.stages[last].out_height};",
        f"         new_{last}.first += {stripes.rows}) {{",
        *(f"        {line}" for line in _body(name, stripes)),
        "    }",
        "}",
        "",
    ]
    return "\n".join(lines)


def _stage_constant(n: int, stage: Stage) -> str:
    numbers = (stage.height, stage.stride, stage.reach, stage.pad, stage.row_bytes)
    return f"    static const tml_nn_stage stage_{n} = {braces(map(str, numbers))};"


def _body(name: str, stripes: Stripes) -> list[str]:
    last = len(stripes.layers) - 1
    height = stripes.stages[last].out_height
    lines = [f"new_{last}.end = new_{last}.first + {stripes.rows};"]
    if height % stripes.rows:
        lines += [f"if (new_{last}.end > {height}) {{", f"    new_{last}.end = {height};", "}"]
    for n in range(last - 1, -1, -1):  # what is needed, from the last layer to the first
        stage = stripes.stages[n]
        place = f"scratch + {stage.buffer_offset}"
        lines += [
            f"need = tml_nn_rows_under(&stage_{n + 1}, new_{n + 1});",
            f"tml_nn_rows_slide(&have_{n}, need.first, {place}, {stage.out_row_bytes});",
            f"new_{n} = tml_nn_rows_missing(have_{n}, need);",
        ]
    for n in range(last + 1):
        lines += _step(name, stripes, n)
    return lines


def _step(name: str, stripes: Stripes, n: int) -> list[str]:
    """Return the lines that make the new rows of one layer."""
    layer, stage, last = stripes.layers[n], stripes.stages[n], len(stripes.layers) - 1
    if layer.call is None:
        return []
    first = f"have_{n - 1}.first" if n else "0"
    buffer = f"scratch + {stripes.stages[n - 1].buffer_offset}" if n else "in_0"
    begin = f"have_{n}.first" if n < last else "0"
    output = f"scratch + {stage.buffer_offset}" if n < last else "out"
    arguments = ["&l", f"{buffer} + (need.first - {first}) * {stage.row_bytes}"]
    for extra in range(1, len(layer.inputs)):
        arguments.append(f"in_{extra} + new_{n}.first * {stage.out_row_bytes}")
    arguments.append(f"{output} + (new_{n}.first - {begin}) * {stage.out_row_bytes}")
    if layer.scratch_bytes:
        arguments.append(f"scratch + {stripes.scratch_offset}")
    joined = ",\n            ".join(arguments)
    return [
        f"if (new_{n}.first < new_{n}.end) {{",
        f"    {layer.call.struct} l = {name}_{n};",
        f"    need = tml_nn_rows_under(&stage_{n}, new_{n});",
        *_rows_of(layer, n),
        f"    {layer.call.function}(\n            {joined});",
        *([f"    have_{n}.end = new_{n}.end;"] if n < last else []),
        "}",
    ]


def _rows_of(layer: Layer, n: int) -> list[str]:
    """Return the lines that tell a kernel how many rows it works on."""
    rows = f"new_{n}.end - new_{n}.first"
    members = layer.call.members if layer.call is not None else {}
    part = PART if any(name.startswith(PART) for name in members) else ""
    if part + PIXELS in members:
        return [f"    l.{part}{PIXELS} = ({rows}) * {layer.output.shape[2]};"]
    return [
        f"    l.{part}in_height = need.end - need.first;",
        f"    l.{part}out_height = {rows};",
        f"    l.{part}pad_top = tml_nn_rows_pad(&stage_{n}, new_{n});",
    ]
