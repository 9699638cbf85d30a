"""Row-wise fusion: layers that run together, so that the values between them are never whole.

An expansion, a depthwise convolution and a projection, or the first layers of a network, need
their largest values only a few rows at a time. Each stripe of the last layer's output pulls the
rows that it is made of through the layers before; rows that the next stripe reads again are kept,
so nothing is computed twice. It costs some time (rows are moved, kernels start more often), so it
is done only where a model would not fit otherwise.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from studio.compiler.graph import Graph, Tensor
from studio.compiler.layer import Call, Layer, Overlap, Stage, Stripes, Value
from studio.compiler.memory import Plan, plan_memory

OPS = ("CONV_2D", "DEPTHWISE_CONV_2D", "AVERAGE_POOL_2D", "MAX_POOL_2D")
MAX_LAYERS = 9
ROWS = (8, 4, 2, 1)
_WANTED = ("batches", "in_height", "out_height", "stride_height", "kernel_height", "pad_top")
PIXELS = "pixels"
PART = "conv."
"""Before the members of a convolution that is a part of its call's struct."""
"""Member of kernels that work pixel by pixel and know no rows."""
ALIGNMENT = 8


def fit(
    graph: Graph, layers: Sequence[Layer], plan: Plan, *, ram_bytes: int
) -> tuple[tuple[Layer, ...], Plan]:
    """Fuse layers at the busiest moment until the arena fits, or nothing helps any more.

    Parameters
    ----------
    ram_bytes : int
        What the arena may take; 0 asks for the smallest that can be reached.
    """
    current = tuple(layers)
    while plan.arena_bytes > ram_bytes:
        found = _best(graph, current, plan, ram_bytes)
        if found is None:
            break
        current, plan = found
    thorough = plan_memory(graph, current)
    return current, thorough if thorough.arena_bytes < plan.arena_bytes else plan


def _best(
    graph: Graph, layers: tuple[Layer, ...], plan: Plan, ram_bytes: int
) -> tuple[tuple[Layer, ...], Plan] | None:
    """Return the best plan with one more group: the first that fits, else the smallest."""
    best: tuple[tuple[Layer, ...], Plan] | None = None
    for start, stop in _chains(graph, layers, _busiest(plan, len(layers))):
        for rows in ROWS:
            parts = [part for layer in layers[start:stop] for part in _parts(layer)]
            group = fuse(parts, rows=rows) if len(parts) <= MAX_LAYERS else None
            if group is None:
                continue
            candidate = (*layers[:start], group, *layers[stop:])
            other = plan_memory(graph, candidate, thorough=False)
            if other.arena_bytes < (best[1] if best else plan).arena_bytes:
                best = candidate, other
            if other.arena_bytes <= ram_bytes:
                return best
    return best


def _busiest(plan: Plan, count: int) -> int:
    """Return the layer whose values reach the arena's end first."""
    loads = [0] * (count + 1)
    for place in plan.places:
        for n in range(place.block.first, place.block.last + 1):
            loads[n] = max(loads[n], place.offset + place.block.size)
    return loads.index(max(loads))


def _chains(graph: Graph, layers: Sequence[Layer], busy: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of layers around the busiest one that could run together, short ones first."""
    ends = {tensor.index for tensor in graph.outputs}
    reads: dict[int, int] = {}
    for layer in layers:
        for tensor in layer.inputs:
            reads[tensor.index] = reads.get(tensor.index, 0) + 1
    for length in range(2, MAX_LAYERS + 1):
        for start in range(max(0, busy - length), min(busy + 2, len(layers))):
            stop = start + length
            if stop > len(layers) or not all(_usable(layer) for layer in layers[start:stop]):
                continue
            pairs = zip(layers[start : stop - 1], layers[start + 1 : stop], strict=True)
            if all(
                b.inputs[0].index == a.output.index
                and reads[a.output.index] == 1
                and a.output.index not in ends
                for a, b in pairs
            ):
                yield start, stop


def _parts(layer: Layer) -> tuple[Layer, ...]:
    """Return the layers that run together as this one: groups may grow."""
    return layer.stripes.layers if layer.stripes is not None else (layer,)


def _usable(layer: Layer) -> bool:
    if layer.stripes is not None:
        return True
    call = layer.call
    if call is None or layer.op not in OPS or len(layer.outputs) != 1:
        return False
    members = _members(call)
    known = PIXELS in members or (
        all(name in members for name in _WANTED) and _by_rows(layer, members)
    )
    return known and layer.inputs[0].shape[0] == layer.output.shape[0] == 1


def _by_rows(layer: Layer, members: Mapping[str, Value]) -> bool:
    """Tell whether the kernel's rows are the picture's, not its columns."""
    ends = ("in", layer.inputs[0]), ("out", layer.output)
    return all(
        members[f"{end}_height"] == tensor.shape[1]
        and members.get(f"{end}_step_y", _row(tensor)) == _row(tensor)
        for end, tensor in ends
    )


def _row(tensor: Tensor) -> int:
    """Return the values of a row."""
    return tensor.shape[2] * tensor.shape[3]


def _members(call: Call | None) -> Mapping[str, Value]:
    if call is None:
        return {}
    part = {n.removeprefix(PART): v for n, v in call.members.items() if n.startswith(PART)}
    return part or call.members


def fuse(layers: Sequence[Layer], *, rows: int) -> Layer | None:
    """Return layers as one that makes `rows` rows at a time, or None where that is no less.

    Only the last of them may have inputs beside the output of the one before: they are read at
    the rows of its output.
    """
    if any(len(layer.inputs) != 1 for layer in layers[:-1]):
        return None
    stages = [_stage(layer) for layer in layers]
    if rows >= stages[-1].out_height:
        return None
    held = _held(stages, rows)
    offset = 0
    for n, count in enumerate(held):
        stages[n] = replace(stages[n], buffer_offset=offset)
        offset += -(-count * stages[n].out_row_bytes // ALIGNMENT) * ALIGNMENT
    stripes = Stripes(tuple(layers), tuple(stages), rows, offset)
    return Layer(
        "+".join(layer.op for layer in layers),
        (*layers[0].inputs, *layers[-1].inputs[1:]),
        layers[-1].outputs,
        None,
        sum(layer.macs for layer in layers),
        offset + max(layer.scratch_bytes for layer in layers),
        (Overlap(0, None, -_lead(stages, rows)), *_beside(layers[-1])),
        stripes=stripes,
    )


def _beside(last: Layer) -> Iterator[Overlap]:
    """Yield how the output may lie over what the last layer reads at the same rows."""
    for overlap in last.overlaps:
        if overlap.input > 0 and overlap.low == overlap.high == 0 and not overlap.members:
            yield overlap


def _stage(layer: Layer) -> Stage:
    members = _members(layer.call)
    if PIXELS in members:
        height = layer.output.shape[1]
        row_bytes = layer.inputs[0].bytes // height
        return Stage(height, height, 1, 1, 0, row_bytes, layer.output.bytes // height)
    number = {name: int(members[name]) for name in _WANTED}  # type: ignore[arg-type]  # numbers
    dilation = int(members.get("dilation_height", 1))  # type: ignore[arg-type]  # a number
    return Stage(
        number["in_height"],
        number["out_height"],
        number["stride_height"],
        (number["kernel_height"] - 1) * dilation + 1,
        number["pad_top"],
        layer.inputs[0].bytes // number["in_height"],
        layer.output.bytes // number["out_height"],
    )


Rows = tuple[int, int]
"""First row, and the first one that does not belong to it any more."""


def _steps(stages: Sequence[Stage], rows: int) -> Iterator[tuple[Rows, list[Rows], Rows]]:
    """Yield for each stripe its output rows, what each buffer holds, and the input rows read.

    The same steps as in the C code: `nn_stripes.h` has them.
    """
    have = [(0, 0)] * (len(stages) - 1)
    for first in range(0, stages[-1].out_height, rows):
        out = new = (first, min(first + rows, stages[-1].out_height))
        for n in range(len(stages) - 2, -1, -1):
            need = _under(stages[n + 1], new)
            new = (max(have[n][1], need[0]), need[1])
            start = max(have[n][0], need[0])
            have[n] = (start, max(have[n][1], need[1], start))
        yield out, have, _under(stages[0], new)


def _held(stages: Sequence[Stage], rows: int) -> list[int]:
    """Return how many output rows each stage but the last keeps at most."""
    most = [0] * (len(stages) - 1)
    for _, have, _ in _steps(stages, rows):
        most = [max(n, end - first) for n, (first, end) in zip(most, have, strict=True)]
    return most


def _lead(stages: Sequence[Stage], rows: int) -> int:
    """Return how many bytes before the input the output must start to lie over it.

    Then no stripe overwrites rows that a later one reads.
    """
    steps = [(out, read) for out, _, read in _steps(stages, rows)]
    lead, unread = 0, stages[0].height
    for number in range(len(steps) - 1, -1, -1):
        written = steps[number][0][1] * stages[-1].out_row_bytes
        lead = max(lead, written - unread * stages[0].row_bytes)
        first, end = steps[number][1]
        unread = min(unread, first) if end > first else unread
    return -(-lead // ALIGNMENT) * ALIGNMENT


def _under(stage: Stage, out: tuple[int, int]) -> tuple[int, int]:
    if out[1] <= out[0]:
        return 0, 0
    first = out[0] * stage.stride - stage.pad
    end = (out[1] - 1) * stage.stride - stage.pad + stage.reach
    return max(0, first), min(stage.height, end)
