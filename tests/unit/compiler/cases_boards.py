"""How operators are put into models that hold many: each small, in the type that is asked for."""

from collections.abc import Callable, Mapping

import numpy as np
from cases import RELU, RELU6, SAME, VALID
from cases_elementwise import Elementwise
from cases_movement import QUANTIZED, Moves
from cases_recurrent import Recurrent
from cases_streaming import Streaming
from cases_weighted import Weighted
from test_compiler_computed_weights import Computed
from tflite_writer import Writer


class Packed(Writer):
    """A model of many operators, each written by the kind of writer that knows it."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        self.rng = np.random.default_rng(seed)
        self.limits: dict[int, tuple[float, float]] = {}
        """Lowest and highest value of inputs that do not take all values of their type."""

    def by(self, kind, *args):
        """Return a writer of some kind that writes into this model."""
        writer = kind(*args)
        writer.tensors, writer.ops, writer.others = self.tensors, self.ops, self.others
        writer.rng = self.rng
        return writer

    def ends(self) -> tuple[list[int], list[int]]:
        """Return the model's inputs and its outputs: all that no operator makes, or reads."""
        read = [n for _, inputs, _, _ in self.ops for n in inputs if n >= 0]
        made = [n for _, _, outputs, _ in self.ops for n in outputs]
        plain = [
            n
            for n, tensor in enumerate(self.tensors)
            if tensor["data"] is None and not tensor["variable"] and tensor["dtype"] != "resource"
        ]
        inputs = [n for n in plain if n in read and n not in made]
        return inputs, [n for n in plain if n in made and n not in read]

    def everything(self) -> bytes:
        """Return the file."""
        return self.finish(*self.ends())


SCALES = {"int8": (0.05, -20), "int16": (2.0**-12, 0)}
SHAPE = (1, 3, 5, 8)


def _take(case: Elementwise, shape, kind: str, times: float = 1.0) -> int:
    scale, zero = SCALES.get(kind, (1.0, 0))
    return case.take(shape, kind, scale=scale * times, zero=zero)


def put_two(model: Packed, op: str, kind: str) -> None:
    case = model.by(Elementwise)
    a, b = _take(case, SHAPE, kind), _take(case, (8,), kind, 1.7)
    if op == "PRELU":
        case.apply(op, a, case.fixed((8,), "float32" if kind == "float32" else "int8", scale=0.01))
    elif op == "DIV":
        model.limits[b] = (1.0, 90.0)
        if kind == "int32":
            model.limits[a] = (-400, 400)
        scale = 0.002 if kind == "int8" else None  # smaller quotients are not defined there
        case.apply(op, a, b, scale=scale)
        case.apply(op, a, b, scale=scale, act=RELU6)
    else:
        fused = op in ("ADD", "SUB", "MUL")
        case.apply(op, a, b)
        case.apply(op, a, _take(case, SHAPE, kind, 0.9), act=RELU if fused else 0)
        case.apply(op, case.fixed((3, 1, 8), kind, scale=SCALES.get(kind, (0.1,))[0]), a)
        case.apply(op, a, case.fixed((), kind, scale=SCALES.get(kind, (0.1,))[0]))


def put_sums(model: Packed, op: str, kind: str) -> None:
    case = model.by(Elementwise)
    x = _take(case, SHAPE, kind)
    for axis, exclusive, reverse in ((1, False, False), (3, True, False), (-2, False, True)):
        tensor = case.tensors[x]
        y = case.tensor(SHAPE, kind, scale=tensor["scale"], zero=tensor["zero"])
        options = {0: ("Bool", exclusive), 1: ("Bool", reverse)}
        case.op(op, [x, case.tensor((1,), "int32", data=[axis])], [y], options)


def put_one(model: Packed, op: str, kind: str) -> None:
    case = model.by(Elementwise)
    x = _take(case, SHAPE, kind)
    scale, zero = SCALES.get(kind, (None, None))
    if op in ("LOGISTIC", "TANH") and kind == "int8":
        scale, zero = {"LOGISTIC": (1 / 256, -128), "TANH": (1 / 128, 0)}[op]
    elif op in ("LOGISTIC", "TANH") and kind == "int16":
        scale = 2.0**-15
    if op == "RSQRT" and kind == "int8":
        x, scale = case.take(SHAPE, kind, zero=-128), 0.04
    elif op in ("LOG", "SQRT", "RSQRT"):
        x = case.apply("ABS", x)
        scale = 1e-4 if kind == "int16" else scale
    if kind == "float32":  # where exponentials do not overflow
        x = case.apply("MUL", x, case.tensor((), "float32", data=0.05))
    options = {0: ("Float32", 0.3)} if op == "LEAKY_RELU" else None
    case.apply(op, x, scale=scale, zero=zero, options=options)


def _narrow(model: Packed, x: int) -> int:
    """Keep floats small, as an activation that cuts most of a sum leaves most of its error."""
    if model.tensors[x]["dtype"] == "float32":
        model.limits[x] = (-6.0, 6.0)
    return x


def put_convolution(model: Packed, op: str, kind: str) -> None:
    case = model.by(Weighted, kind)
    x = _narrow(model, case.begin((1, 7, 6, 8), zero=3))
    times = 1 if op == "DEPTHWISE_CONV_2D" else 0
    case.convolve(x, 7, (3, 3), multiplier=times, spread=4)
    case.convolve(x, 6, (3, 3), multiplier=times, stride=(2, 2), act=RELU)
    case.convolve(x, 6, (1, 1), multiplier=times, spread=4)
    case.convolve(x, 5, (2, 3), multiplier=2 * times, dilation=(2, 1), bias=False)
    case.convolve(x, 9, (7, 6), multiplier=times, padding=VALID)
    single = _narrow(model, case.begin((2, 5, 6, 1), zero=-3))
    case.convolve(single, 5, (3, 3), multiplier=4 * times, padding=VALID, spread=4)
    if kind == "int16" and not times:
        case.convolve(x, 4, (3, 2), bias_type="int32")
    if kind == "int8":  # factors above and far below one, and sums behind products
        case.convolve(x, 8, (3, 3), multiplier=times, out_scale=2.0, spread=1e3)
        case.convolve(x, 4, (1, 1), multiplier=times, out_scale=9.0)
        for kernel in ((3, 3), (1, 1)):
            case.add(x, case.convolve(x, 8, kernel, multiplier=times, spread=4))


def put_groups(model: Packed, op: str, kind: str) -> None:
    """CONV_2D in groups."""
    case = model.by(Weighted, kind)
    x = _narrow(model, case.begin((1, 5, 4, 12), zero=3))
    case.convolve(x, 8, (3, 3), groups=2, spread=4)
    case.convolve(x, 12, (2, 1), groups=6, stride=(2, 1), padding=VALID, act=RELU)


def put_computed(model: Packed, op: str, kind: str) -> None:
    """CONV_2D and FULLY_CONNECTED with weights that are no constants."""
    case = model.by(Computed, kind)
    if op == "FULLY_CONNECTED":
        case.full(_narrow(model, case.begin((3, 10), zero=-7)), 5, act=RELU, per_channel=False)
        return
    x = _narrow(model, case.begin((1, 6, 5, 3), zero=-7))
    case.convolve(x, 5, (3, 3), spread=4)
    case.convolve(x, 4, (2, 3), stride=(2, 1), padding=VALID, act=RELU6)
    for weights in case.ends:
        _narrow(model, weights)


def put_zero_weights(model: Packed, op: str, kind: str) -> None:
    """FULLY_CONNECTED with weights that have a zero point."""
    case = model.by(Computed, kind, 0)
    case.weights_zero = -9
    x = case.begin((2, 20), zero=3)
    case.full(x, 7, per_channel=False)
    weights = case.ends[-1]
    case.tensors[weights]["data"] = case.rng.integers(-128, 128, (7, 20)).astype(np.int8)


def put_dense(model: Packed, op: str, kind: str) -> None:
    case = model.by(Weighted, kind)
    for rows, per_channel in ((1, False), (3, kind in ("int8", "hybrid"))):
        x = _narrow(model, case.begin((rows, 37), zero=9))
        for out, act, bias in ((1, 0, True), (6, RELU, True), (9, RELU6, False)):
            case.full(x, out, act=act, bias=bias, per_channel=per_channel)


def put_transposed(model: Packed, op: str, kind: str) -> None:
    case = model.by(Weighted, kind)
    x = _narrow(model, case.begin((1, 4, 5, 6), zero=-9))
    case.transposed(x, 3, (3, 3), stride=(2, 2), spread=4)
    case.transposed(x, 5, (2, 3), stride=(1, 2), padding=VALID, bias=False, extra=(0, 1))
    if kind in ("float32", "hybrid"):
        case.transposed(x, 3, (3, 3), act=RELU)


def put_products(model: Packed, op: str, kind: str) -> None:
    case = model.by(Weighted, kind)
    a, b = case.begin((2, 4, 7), zero=-9), case.begin((7, 5), zero=20)
    case.matmul(a, b)
    case.matmul(a, case.begin((2, 3, 7), zero=20), adj_y=True)
    case.matmul(b, case.matrix((7, 6)), adj_x=True)


def put_pool(model: Packed, op: str, kind: str) -> None:
    case = model.by(Weighted, kind)
    x = _narrow(model, case.begin((2, 7, 6, 5), zero=11))
    name = op.partition("_")[0]
    case.pooled(x, name, (2, 2), stride=(2, 2))
    case.pooled(x, name, (3, 5), stride=(1, 2), padding=SAME, act=RELU6)
    case.pooled(x, name, (7, 6))


PLAIN = (2, 6, 4, 3)


def _padded(case: Moves, op: str, x: int) -> None:
    value = 5 if op == "PADV2" else None
    case.padded(op, x, [(1, 0), (1, 2), (3, 0), (0, 1)], value)
    case.padded(op, x, [(0, 0), (2, 1), (0, 0), (0, 0)], value)
    case.padded(op, case.begin((2, 2, 3, 2, 2)), [(1, 2), (1, 0), (0, 2), (2, 1), (1, 3)], value)


def _mirrored(case: Moves, op: str, x: int) -> None:
    case.padded(op, x, [(1, 0), (5, 4), (0, 3), (0, 0)], mode=0)
    case.padded(op, x, [(2, 0), (1, 4), (0, 3), (0, 1)], mode=1)
    case.padded(op, case.begin((2, 2, 3, 2, 2)), [(1, 0), (0, 1), (1, 0), (0, 1), (1, 0)], mode=1)


def _repeated(case: Moves, op: str, x: int) -> None:
    x = case.begin((2, 1, 3, 1))
    case.apply(op, [x, case.numbers((2, 4, 3, 5))], [(2, 4, 3, 5)])
    case.apply(op, [x, case.numbers((2, 2, 3, 1))], [(2, 2, 3, 1)])


def _filled(case: Moves, op: str, x: int) -> None:
    value = case.begin(())
    case.apply(op, [case.numbers((3, 5)), value], [(3, 5)], like=value)


def _shape(case: Moves, op: str, x: int) -> None:
    case.op(op, [x], [case.result((4,), "int32")], {0: ("Int8", 2)})


def _reshaped(case: Moves, op: str, x: int) -> None:
    x = case.begin((1, 4, 1, 6))
    if op == "RESHAPE":
        case.apply(op, [x, case.numbers((2, 12))], [(2, 12)])
    elif op == "SQUEEZE":
        case.apply(op, [x], [(4, 6)], {0: ("ints", [])})
        case.apply(op, [x], [(4, 1, 6)], {0: ("ints", [0])})
    else:
        case.apply(op, [x, case.numbers(1)], [(1, 1, 4, 1, 6)])


def _gathered(case: Moves, op: str, x: int) -> None:
    case.gather(x, case.numbers([[3, 0], [2, 3]]), 2)
    case.gather(x, case.numbers([[5, 1], [0, 2]]), 1, 1)


def _spaced(case: Moves, op: str, x: int) -> None:
    case.tiles(op, x, (3, 2), [(0, 0), (0, 0)])


def _merged(case: Moves, op: str, x: int) -> None:
    case.tiles(op, case.begin((8, 3, 4, 3)), (2, 2), [(1, 0), (0, 1)])


def _joined(case: Moves, op: str, x: int) -> None:
    case.concat([x, case.fixed((2, 6, 4, 5)), x], 3)
    case.concat([x, case.fixed((3, 6, 4, 3))], 0)


def _cut(case: Moves, op: str, x: int) -> None:
    case.slice(x, (0, 1, 1, 1), (-1, 3, 2, 2))
    case.slice(x, (1, 0, 0, 0), (1, -1, -1, -1))


MOVES: Mapping[str, Callable[[Moves, str, int], object]] = {
    "BATCH_TO_SPACE_ND": _merged,
    "BROADCAST_TO": _repeated,
    "CONCATENATION": _joined,
    "DEPTH_TO_SPACE": lambda case, op, x: case.blocks(op, case.begin((2, 3, 2, 12)), 2),
    "EXPAND_DIMS": _reshaped,
    "FILL": _filled,
    "GATHER": _gathered,
    "MIRROR_PAD": _mirrored,
    "PACK": lambda case, op, x: (case.pack([x, x], 1), case.pack([x, case.fixed(PLAIN)], 4)),
    "PAD": _padded,
    "PADV2": _padded,
    "RESHAPE": _reshaped,
    "RESIZE_NEAREST_NEIGHBOR": lambda case, op, x: case.resize("NEAREST_NEIGHBOR", x, (9, 7)),
    "SHAPE": _shape,
    "SLICE": _cut,
    "SPACE_TO_BATCH_ND": _spaced,
    "SPACE_TO_DEPTH": lambda case, op, x: case.blocks(op, x, 2),
    "SPLIT": lambda case, op, x: (case.split(x, 2, 2), case.split(x, 2, 0)),
    "SPLIT_V": lambda case, op, x: case.split_v(x, [1, 5], 1),
    "SQUEEZE": _reshaped,
    "STRIDED_SLICE": lambda case, op, x: case.strided(
        x, (1, 5, 0, 2), (2, 0, 4, -4), (1, -2, 3, -1), (1, 3, 2, 3)
    ),
    "TRANSPOSE": lambda case, op, x: (
        case.transpose(x, (0, 3, 2, 1)),
        case.transpose(x, (2, 0, 1, 3)),
    ),
    "UNPACK": lambda case, op, x: (case.unpack(x, 3), case.unpack(x, 0)),
}


def put_move(model: Packed, op: str, kind: str) -> None:
    case = model.by(Moves, kind)
    MOVES[op](case, op, case.begin(PLAIN))


def put_bilinear(model: Packed, op: str, kind: str) -> None:
    case = model.by(Moves, kind)
    x = case.begin(PLAIN)
    case.resize("BILINEAR", x, (11, 3), centers=True)
    case.resize("BILINEAR", x, (7, 9), align=True)


def put_picked(model: Packed, op: str, kind: str) -> None:
    """GATHER at places that are computed."""
    case = model.by(Moves, kind)
    places = case.begin((5,), "int32")
    model.limits[places] = (0, 5)
    case.gather(case.begin(PLAIN), places, 1)


def put_tiles_with_padding(model: Packed, op: str, kind: str) -> None:
    case = model.by(Moves, kind)
    case.tiles(op, case.begin(PLAIN), (2, 3), [(1, 1), (2, 0)])


def put_reduced(model: Packed, op: str, kind: str) -> None:
    case = model.by(Moves, kind)
    x = case.begin(PLAIN)
    case.reduce(op, x, (1, 2))
    case.reduce(op, x, (0, 2), keep=True)
    case.reduce(op, x, (3,))
    if op in ("MEAN", "SUM"):
        case.reduce(op, x, (1, 2), scale=0.9, zero=0)


def put_placed(model: Packed, op: str, kind: str) -> None:
    case = model.by(Moves, kind.partition(" ")[0])
    x = case.begin(PLAIN)
    to = kind.partition(" to ")[2] or "int32"
    case.place(op, x, 1, to)
    case.place(op, x, 3, to)


def put_cast(model: Packed, op: str, kind: str) -> None:
    source, _, target = kind.partition(" to ")
    case = model.by(Moves, source)
    x = case.begin((40,))
    if target == "bool" and source != "uint8":
        model.limits[x] = (-2, 2)
    elif source == "float32":
        model.limits[x] = (0, 100) if target == "uint8" else (-100, 100)
    case.cast(x, target)


def put_quantized(model: Packed, op: str, kind: str) -> None:
    source, _, target = kind.partition(" to ")
    case = model.by(Moves, source)
    x = case.begin((40,))
    if source == "int32":
        case.tensors[x].update(scale=np.array([0.05], np.float32))
        model.limits[x] = (-900, 900)
    zero = {"int8": -7, "uint8": 140}.get(target, 0)
    for scale in (0.05, 0.025, 0.9):
        y = case.result((40,), target, scale=scale, zero=zero)
        case.op(op, [x], [y])


def put_dequantized(model: Packed, op: str, kind: str) -> None:
    case = model.by(Moves, kind)
    case.apply(op, [case.begin((40,))], [(40,)])
    case.tensors[-1].update(dtype="float32", scale=None)


RESULTS = {
    ("SOFTMAX", "int8"): (1 / 256, -128),
    ("SOFTMAX", "int8 to int16"): (1 / 65536, -32768),
    ("SOFTMAX", "int16"): (1 / 32768, 0),
    ("LOG_SOFTMAX", "int8"): (1 / 16, 127),
    ("L2_NORMALIZATION", "int8"): (1 / 128, 0),
}


def put_rows(model: Packed, op: str, kind: str) -> None:
    source, _, target = kind.partition(" to ")
    case = model.by(Moves, source)
    scale, zero = RESULTS.get((op, kind), (None, 0))
    for shape, beta in (((2, 9), 1.0), ((3, 2, 4), 0.7)):
        y = case.result(shape, target or source, scale=scale, zero=zero)
        options = {0: ("Float32", beta)} if op == "SOFTMAX" else None
        case.op(op, [case.begin(shape)], [y], options)


def _begin(case: Recurrent, shape, kind: str) -> int:
    scale, zero = {
        "int8": (0.05, -11),
        "int16": (3e-4, 0),
        "float32": (None, 0),
    }[kind]
    return case.start(shape, dtype=kind, scale=scale, zero=zero)


def put_svdf(model: Packed, op: str, kind: str) -> None:
    source, _, state = kind.partition(" with ")
    case = model.by(Recurrent)
    x = _begin(case, (1, 20), source)
    if state == "int16":
        case.svdf(x, 5, memory=8, state=state, scales=(0.01, 1e-4, 1e-3, 0.05))
    else:
        y = case.svdf(x, 12, rank=2, zeros=(-7, 3))
        case.svdf(y, 5, act=RELU)


def put_lstm(model: Packed, op: str, kind: str) -> None:
    case = model.by(Recurrent)
    hidden = (3e-5, 0) if kind == "int16" else (1 / 128, 3)
    case.lstm(_begin(case, (1, 3, 8), kind), 6, hidden=hidden)
    case.lstm(_begin(case, (2, 3, 4), kind), 5, hidden=hidden, time_major=True, clip=0.5)


def put_remembered(model: Packed, op: str, kind: str) -> None:
    """All four operators of variables: what came before, and what came first."""
    case = model.by(Streaming)
    scale, zero = QUANTIZED.get(kind, (None, 0))
    x = case.start((2, 3), scale=scale, zero=zero, dtype=kind)
    name = f"{kind} of {len(case.tensors)}"
    first = model.rng.integers(0, 2, (2, 3)).astype(kind)
    case.start_values({name: (first, scale, zero)})
    handle = case.handle(name)
    case.read(handle, (2, 3), scale=scale, zero=zero, dtype=kind)
    case.assign(handle, x)
