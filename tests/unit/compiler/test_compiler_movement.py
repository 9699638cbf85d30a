"""Operators that move values: every type, all axes, against TFLite Micro and LiteRT."""

from itertools import permutations

import numpy as np
import pytest
from cases_movement import Moves
from oracle import assert_layers_equal, inputs_for

from studio.compiler import compile_model
from studio.errors import ModelError
from studio.runtime.model import HostModel

EVERYWHERE = ("int8", "float32")
"""Types that TFLite Micro takes in all of these operators."""
TYPES = ("int8", "int16", "int64", "float32")
"""One of each size, and what the kernels do depends on nothing else."""


def assert_equals_litert(data: bytes, *, count: int = 2) -> HostModel:
    """Compare every tensor with LiteRT's reference kernels, for what TFLite Micro lacks."""
    litert = pytest.importorskip("ai_edge_litert.interpreter", reason="LiteRT is not for Windows")
    reference = litert.Interpreter(
        model_content=data,
        experimental_op_resolver_type=litert.OpResolverType.BUILTIN_REF,
        experimental_preserve_all_tensors=True,
    )
    reference.allocate_tensors()
    compiled = compile_model(data, name="case")
    model = HostModel(compiled)
    batches = [inputs_for(info, count, n) for n, info in enumerate(compiled.inputs)]
    for xs in zip(*batches, strict=True):
        for x, info in zip(xs, compiled.inputs, strict=True):
            reference.set_tensor(info.index, x.reshape(info.shape))
        reference.invoke()
        for index, mine in model.trace(*xs).items():
            theirs = reference.get_tensor(index)
            np.testing.assert_array_equal(mine, theirs, err_msg=f"tensor {index}")
    return model


def assert_equal(case: Moves, *, count: int = 2) -> HostModel:
    """Compare with TFLite Micro where it knows the type, else with LiteRT."""
    check = assert_layers_equal if case.dtype in EVERYWHERE else assert_equals_litert
    return check(case.everything(), count=count)


@pytest.mark.parametrize("dtype", TYPES)
def test_transposes(dtype):
    case = Moves(dtype)
    x = case.begin((2, 3, 4, 5))
    for order in permutations(range(4)):
        case.transpose(x, order)
    flat = case.begin((7, 9))
    case.transpose(flat, (1, 0))
    case.transpose(case.begin((2, 3, 1, 8)), (1, 2, 0, 3))
    assert_equal(case)


def test_transposes_of_many_dimensions():
    case = Moves()
    case.transpose(case.begin((2, 3, 2, 3, 2)), (4, 2, 0, 3, 1))
    assert_layers_equal(case.everything(), count=2)
    case = Moves("int16")
    case.transpose(case.begin((2, 3, 2, 3, 2, 2)), (5, 2, 0, 3, 1, 4))
    assert_equals_litert(case.everything())


@pytest.mark.parametrize("dtype", TYPES)
def test_joins(dtype):
    case = Moves(dtype)
    x, y = case.begin((2, 3, 4, 5)), case.begin((2, 3, 4, 5))
    for axis in (-4, 1, 2, 3):
        wide = list(case.shape(x))
        wide[axis] += 2
        case.concat([x, case.begin(wide), y, x, case.fixed(wide)], axis)
        case.concat([y], axis)
    case.concat([case.begin((4,)), case.begin((3,))], 0)
    if dtype in EVERYWHERE:  # neither interpreter packs all types
        for axis in (0, 1, -2, -1):
            case.pack([x, case.fixed((2, 3, 4, 5)), y, x], axis)
    assert_equal(case)


@pytest.mark.parametrize("dtype", TYPES)
def test_splits(dtype):
    case = Moves(dtype)
    x = case.begin((4, 2, 6, 2))
    for axis in (0, 1, 2, -1):
        case.split(x, 2, axis)
        if dtype != "int64":  # no interpreter unpacks it
            case.unpack(x, axis)
    for axis in (0, -2):
        size = case.shape(x)[axis]
        case.split_v(x, [1, size - 3, 2], axis)
        case.split_v(x, [1, size - 3, 2], axis, given=[1, -1, 2])
    assert_equal(case)


@pytest.mark.parametrize("dtype", TYPES)
def test_slices(dtype):
    case = Moves(dtype)
    x = case.begin((3, 4, 5, 6))
    case.slice(x, (0, 0, 0, 0), (-1, -1, -1, -1))
    case.slice(x, (1, 1, 2, 3), (1, 2, -1, 1), "int64")
    case.slice(x, (2, 0, 0, 0), (1, 4, 5, 6))
    case.slice(x, (1, 3, 0, 5), (2, 1, 5, 1))
    case.slice(case.begin((9,)), (2,), (5,))
    assert_equal(case)


STRIDED = [
    # begin, end, strides, output shape, masks
    ((0, 0, 0, 0), (3, 4, 5, 6), (1, 1, 1, 1), (3, 4, 5, 6), {}),
    ((1, 1, 0, 2), (3, 4, 5, 6), (1, 2, 3, 2), (2, 2, 2, 2), {}),
    ((-1, -1, -1, -1), (-9, -3, -6, -7), (-1, -1, -2, -3), (3, 2, 3, 2), {}),
    ((9, 9, 9, 9), (9, 9, 9, 9), (1, -1, 2, -2), (3, 4, 3, 3), {"begin": 15, "end": 15}),
    ((1, 0, -2, 0), (2, 4, 9, 6), (1, 1, 1, 1), (4, 6), {"shrink": 5}),
    ((2, 3, 4, 5), (0, 0, 0, 0), (1, 1, 1, 1), (), {"shrink": 15}),
    ((-5, 1, 1, -100), (100, 100, 3, 100), (1, 1, 1, 5), (3, 3, 2, 2), {}),
    ((0, 2, 0, 0), (0, 0, 0, 0), (1, -2, 1, 1), (3, 2, 5, 6), {"begin": 13, "end": 15}),
]


@pytest.mark.parametrize("dtype", TYPES)
def test_strided_slices(dtype):
    case = Moves(dtype)
    x = case.begin((3, 4, 5, 6))
    for begin, end, strides, shape, masks in STRIDED:
        case.strided(x, begin, end, strides, shape, masks)
    case.strided(case.begin((11,)), (8,), (1,), (-3,), (3,))
    assert_equal(case)


def test_strided_slices_with_masks_that_only_lite_knows():
    case = Moves("float32")
    x = case.begin((3, 4, 5, 6))
    case.strided(x, (1, 0, 2), (2, 0, 4), (1, 1, 1), (1, 4, 5, 2), {"ellipsis": 2})
    case.strided(
        x, (0, 0, 1), (0, 0, 5), (1, 1, 2), (3, 4, 5, 1, 2), {"ellipsis": 1, "new_axis": 2}
    )
    case.strided(x, (1, 1), (2, 3), (1, 1), (1, 2, 5, 6))
    case.strided(x, (0, 1, 1), (0, 2, 9), (1, 1, 1), (1, 3, 5, 6), {"new_axis": 1, "shrink": 2})
    assert_equals_litert(case.everything())


@pytest.mark.parametrize("dtype", TYPES)
def test_shapes_without_code(dtype):
    case = Moves(dtype)
    x = case.begin((1, 4, 1, 6))
    case.apply("RESHAPE", [x, case.numbers((2, 12))], [(2, 12)])
    case.apply("SQUEEZE", [x], [(4, 6)], {0: ("ints", [])})
    case.apply("SQUEEZE", [x], [(4, 1, 6)], {0: ("ints", [0])})
    case.apply("EXPAND_DIMS", [x, case.numbers(1)], [(1, 1, 4, 1, 6)])
    model = assert_equal(case)
    assert all("tml_copy" not in text for text in model.compiled.files.values())


@pytest.mark.parametrize("dtype", EVERYWHERE)
def test_gathers(dtype):
    case = Moves(dtype)
    x = case.begin((3, 4, 5, 6))
    indices = case.numbers([[2, 0, 1], [0, 0, 2]])
    for axis in range(4):
        case.gather(x, indices, axis)
    case.gather(x, case.numbers(1), 2)
    batch = case.numbers([[3, 1], [0, 0], [2, 2]])
    for axis in (1, 2, 3):
        case.gather(x, batch, axis, 1)
    assert_layers_equal(case.everything(), count=2)


def test_gathers_with_long_indices():
    case = Moves("float32")
    case.gather(case.begin((3, 4)), case.numbers([2, 0, 1, 1], "int64"), 1)
    assert_equals_litert(case.everything())
    case.tensors[1]["data"][0] = 2**32
    with pytest.raises(ModelError, match="indices"):
        compile_model(case.everything())


@pytest.mark.parametrize("dtype", TYPES)
def test_gathers_with_computed_indices(dtype):
    case = Moves(dtype)
    x, table = case.begin((5, 3)), case.fixed((7, 4))
    indices = case.begin((6,), "int32")
    y = case.gather(x, indices, 0)
    z = case.gather(table, indices, 0)
    model = HostModel(compile_model(case.everything()))
    values = np.arange(15).astype(dtype).reshape(1, 15)
    picked = np.array([[4, 0, -1, -(2**31), 5, 2**31 - 1]], np.int32)
    found = model.trace(values, picked)
    # what lies outside is taken for the nearest place inside
    np.testing.assert_array_equal(found[y], values.reshape(5, 3)[[4, 0, 0, 0, 4, 4]])
    np.testing.assert_array_equal(found[z], case.tensors[table]["data"][[4, 0, 0, 0, 5, 6]])


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "float32"])
def test_pads(dtype):
    case = Moves(dtype)
    x = case.begin((2, 3, 4, 5))
    for pads in (
        [(0, 0), (1, 2), (3, 0), (0, 0)],
        [(1, 0), (0, 2), (3, 1), (2, 2)],
        [(0, 0), (0, 0), (0, 0), (0, 3)],
        [(2, 1), (0, 0), (0, 0), (0, 0)],
        [(0, 0), (1, 1), (0, 0), (1, 0)],
        [(0, 0)] * 4,
    ):
        case.padded("PAD", x, pads)
        case.padded("PADV2", x, pads, -17)
    case.padded("PAD", case.begin((11,)), [(7, 9)])
    five = case.begin((2, 2, 3, 2, 2))
    case.padded("PAD", five, [(0, 0), (1, 2), (1, 0), (0, 0), (0, 1)])
    for pads in (
        [(1, 2), (1, 0), (0, 2), (2, 1), (1, 3)],
        [(0, 1), (0, 1), (1, 0), (1, 0), (0, 1)],
        [(3, 0), (0, 0), (0, 1), (2, 0), (0, 0)],
    ):
        case.padded("PAD", five, pads)
        case.padded("PADV2", five, pads, 11)
    assert_layers_equal(case.everything(), count=2)


@pytest.mark.parametrize("dtype", TYPES)
def test_mirror_pads(dtype):
    case = Moves(dtype)
    x, flat = case.begin((3, 4, 5, 4)), case.begin((9,))
    five, six = case.begin((3, 3, 2, 2, 3)), case.begin((2, 3, 2, 2, 3, 2))
    for mode in (0, 1):
        for pads in (
            [(0, 0), (3, 2), (1, 4), (0, 0)],
            [(2, 0), (0, 3), (0, 0), (3, 1)],
            [(1, 1), (1, 1), (1, 1), (1, 1)],
            [(0, 0)] * 4,
        ):
            case.padded("MIRROR_PAD", x, pads, mode=mode)
        case.padded("MIRROR_PAD", flat, [(8, 3 + 5 * mode)], mode=mode)
        case.padded("MIRROR_PAD", five, [(2, 1), (1, 2), (0, 1), (1, 0), (2, 2)], mode=mode)
        case.padded("MIRROR_PAD", five, [(2, 1), (0, 0), (1, 0), (0, 0), (0, 2)], mode=mode)
        pads = [(1, 0), (0, 1), (1, 1), (0, 1), (1, 0), (1, 1)]
        case.padded("MIRROR_PAD", six, pads, mode=mode)
    assert_equal(case)


@pytest.mark.parametrize("dtype", EVERYWHERE)
def test_tiles(dtype):
    case = Moves(dtype)
    x = case.begin((2, 6, 8, 3))
    y = case.tiles("SPACE_TO_BATCH_ND", x, (2, 4), [(0, 0), (0, 0)])
    case.tiles("BATCH_TO_SPACE_ND", y, (2, 4), [(0, 0), (0, 0)])
    y = case.tiles("SPACE_TO_BATCH_ND", x, (3, 2), [(0, 0), (0, 0)])
    case.tiles("BATCH_TO_SPACE_ND", y, (2, 3), [(0, 3), (2, 1)])
    flat = case.tiles("SPACE_TO_BATCH_ND", case.begin((2, 9, 5)), (3,), [(0, 0)])
    case.tiles("BATCH_TO_SPACE_ND", flat, (2,), [(1, 0)])
    assert_layers_equal(case.everything(), count=2)


@pytest.mark.parametrize("dtype", TYPES)
def test_tiles_with_padding(dtype):
    """TFLite Micro pads int8 with whatever its memory holds, so LiteRT decides."""
    case = Moves(dtype)
    x = case.begin((2, 6, 8, 3))
    case.tiles("SPACE_TO_BATCH_ND", x, (3, 2), [(1, 2), (0, 4)])
    case.tiles("SPACE_TO_BATCH_ND", x, (1, 1), [(3, 0), (0, 1)])
    case.tiles("SPACE_TO_BATCH_ND", case.begin((2, 7, 5)), (3,), [(1, 1)])
    y = case.tiles("SPACE_TO_BATCH_ND", x, (2, 4), [(5, 1), (3, 1)])
    case.tiles("BATCH_TO_SPACE_ND", y, (2, 4), [(5, 1), (3, 1)])
    assert_equals_litert(case.everything())


@pytest.mark.parametrize("dtype", EVERYWHERE)
def test_blocks(dtype):
    case = Moves(dtype)
    x = case.begin((2, 6, 12, 18))
    for block in (1, 2, 3, 6):
        case.blocks("SPACE_TO_DEPTH", x, block)
    for block in (1, 3):
        case.blocks("DEPTH_TO_SPACE", x, block)
    assert_layers_equal(case.everything(), count=2)


SIZES = [(1, 1), (3, 11), (10, 14), (5, 7), (23, 2), (40, 33)]


@pytest.mark.parametrize("dtype", ["int8", "int16", "float32"])
def test_nearest_neighbours(dtype):
    case = Moves(dtype)
    for x in (case.begin((2, 5, 7, 3)), case.begin((1, 1, 9, 4))):
        for size in SIZES:
            for align, centers in ((False, False), (True, False), (False, True)):
                case.resize("NEAREST_NEIGHBOR", x, size, align=align, centers=centers)
        case.resize("NEAREST_NEIGHBOR", x, (9, 9), align=True, centers=True)
    assert_layers_equal(case.everything(), count=1)


@pytest.mark.parametrize("dtype", EVERYWHERE)
def test_bilinear(dtype):
    case = Moves(dtype)
    for x in (case.begin((2, 5, 7, 3)), case.begin((1, 1, 9, 4))):
        for size in SIZES:
            for align, centers in ((False, False), (True, False), (False, True)):
                case.resize("BILINEAR", x, size, align=align, centers=centers)
    assert_layers_equal(case.everything(), count=4)


def test_joins_and_splits_in_place_take_no_code():
    case = Moves()
    x = case.begin((1, 8, 4))
    parts = case.split(x, 2, 1)
    low, high = (case.transpose(part, (0, 2, 1)) for part in parts)
    y = case.concat([low, high], 1)
    case.transpose(y, (2, 1, 0))
    model = assert_layers_equal(case.everything(), count=4)
    text = "".join(model.compiled.files.values())
    assert "tml_join" not in text
    assert "tml_split" not in text
    assert model.compiled.arena_bytes == 2 * 32


@pytest.mark.parametrize("dtype", EVERYWHERE)
def test_slices_lie_over_their_input(dtype):
    case = Moves(dtype)
    y = case.transpose(case.begin((1, 20, 6, 5)), (0, 2, 1, 3))
    y = case.slice(y, (0, 1, 1, 1), (1, 5, 18, 4))
    y = case.strided(y, (0, 0, 1, 0), (1, 5, 18, 4), (1, 2, 2, 1), (1, 3, 9, 4))
    y = case.reduce("REDUCE_MAX", y, (1,))
    case.strided(y, (0, 0, 0), (1, 9, 4), (1, 1, 3), (1, 9, 2))
    model = assert_layers_equal(case.everything(), count=4)
    assert model.compiled.arena_bytes == 2 * 600 * np.dtype(dtype).itemsize


def test_shapes_computed_from_shapes_leave_no_code():
    case = Moves("float32")
    x = case.begin((2, 3, 4))
    shape = case.result((3,), "int32")
    case.op("SHAPE", [x], [shape], {0: ("Int8", 2)})
    first = case.strided(shape, (0,), (1,), (1,), (), {"shrink": 1})
    last = case.gather(shape, case.numbers([2, 2]), 0)
    six = case.slice(case.concat([last, shape], 0), (3,), (1,))  # of 4, 4, 2, 3, 4
    backwards = case.strided(case.concat([shape, last], 0), (-1,), (0,), (-3,), (2,))
    parts = [case.pack([first, first], 0), six, backwards]
    wanted = case.concat(parts, 0)  # 2, 2, 3, 4, 3
    folded = case.slice(wanted, (2,), (2,))
    y = case.result((2, 3, 4))
    case.op("RESHAPE", [case.transpose(x, (0, 1, 2)), wanted], [y])
    case.op("RESHAPE", [y, folded], [case.result((6, 4))])
    compiled = compile_model(case.everything())
    assert [layer.op for layer in compiled.layers] == ["TRANSPOSE", "RESHAPE", "RESHAPE"]


@pytest.mark.parametrize("dtype", EVERYWHERE)
def test_repetitions(dtype):
    case = Moves(dtype)
    x = case.begin((2, 1, 3, 1))
    for shape in ((2, 4, 3, 5), (2, 1, 3, 1), (2, 2, 3, 1), (2, 1, 3, 6)):
        case.apply("BROADCAST_TO", [x, case.numbers(shape)], [shape])
    case.apply("BROADCAST_TO", [case.begin((3,)), case.numbers((4, 3))], [(4, 3)])
    value = case.begin(())
    case.apply("FILL", [case.numbers((3, 5)), value], [(3, 5)], like=value)
    sizes = case.result((4,), "int32")
    case.op("SHAPE", [x], [sizes], {0: ("Int8", 2)})
    assert_layers_equal(case.everything(), count=2)


def test_constants_are_read_where_they_are():
    case = Moves("float32")
    case.begin((1,))  # the model needs an input
    table = case.fixed((2, 3, 4))
    results = [
        case.transpose(table, (2, 0, 1)),
        case.concat([table, table], 1),
        case.split(table, 3, 1)[1],
        case.padded("PAD", table, [(0, 0), (1, 0), (0, 0)]),
        case.reduce("MEAN", table, (1,)),
        case.place("ARG_MAX", table, 2),
        case.apply("RESHAPE", [table, case.numbers((24,))], [(24,)])[0],
    ]
    model = HostModel(compile_model(case.everything()))
    found = model.trace(np.zeros((1, 1), np.float32))
    values = case.tensors[table]["data"]
    expected = [
        values.transpose(2, 0, 1),
        np.concatenate([values, values], 1),
        values[:, 1:2],
        np.pad(values, [(0, 0), (1, 0), (0, 0)]),
        (values[:, 0] + values[:, 1] + values[:, 2]) / 3,
        values.argmax(2),
        values.reshape(-1),
    ]
    for y, wanted in zip(results, expected, strict=True):
        np.testing.assert_array_equal(found[y], wanted)


def test_bools_move_as_well():
    case = Moves("bool")
    x = case.begin((2, 3))
    y = case.strided(x, (0, 2), (2, -4), (1, -1), (2, 3))
    model = HostModel(compile_model(case.everything()))
    values = np.array([[1, 0, 0, 1, 1, 0]], bool)
    assert model.trace(values)[y].tolist() == [[False, False, True], [False, True, True]]
