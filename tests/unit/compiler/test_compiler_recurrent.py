"""SVDF and UNIDIRECTIONAL_SEQUENCE_LSTM over several inferences, equal to TFLite Micro."""

import numpy as np
import pytest
from cases import RELU, RELU6, RELU_N1_TO_1
from cases_recurrent import Recurrent
from oracle import assert_layers_equal, inputs_for, interpreter

from studio.compiler import compile_model
from studio.errors import ModelError

SIZES = [(1, 16, 8, 1, 5), (3, 7, 4, 2, 9), (1, 1, 1, 1, 1), (2, 40, 3, 4, 2)]
"""Batches, inputs, units, rank, memory."""
SCALES = [
    (0.01, 0.02, 0.07, 0.05),
    (0.03, 0.002, 0.5, 1.7),
    (0.01, 0.02, 1e-4, 3e-5),  # the state saturates
    (2.0, 1e-5, 9.0, 1e-3),
]


@pytest.mark.parametrize("state", ["int8", "int16"])
@pytest.mark.parametrize("size", SIZES)
def test_svdf(size, state):
    batches, inputs, units, rank, memory = size
    case = Recurrent(60)
    x = case.start((batches, inputs), zero=9)
    y = x
    for scales in SCALES:
        for zeros in ((0, 4), (-128, 127), (17, -5)):
            wide = (*scales[:1], scales[1] / 256, scales[2] / 256, scales[3])
            used = scales if state == "int8" else wide
            y = case.svdf(
                x, units, rank=rank, memory=memory, state=state, scales=used, zeros=zeros
            )
    assert_layers_equal(case.model(y), count=20)


def test_svdf_of_reals():
    case = Recurrent(61)
    x = case.start((2, 9), dtype="float32", scale=None)
    y = x
    for act in (0, RELU, RELU6, RELU_N1_TO_1):
        y = case.svdf(x, 6, rank=3, memory=4, act=act)
    assert_layers_equal(case.model(y), count=20, tolerance=1e-5)


def test_svdf_in_a_chain_and_after_a_reset():
    case = Recurrent(62)
    y = case.svdf(case.start((1, 20)), 12, rank=2, state="int8", zeros=(-7, 3))
    y = case.svdf(y, 5, memory=8, state="int16", scales=(0.01, 1e-4, 1e-3, 0.05))
    data = case.model(y)
    model = assert_layers_equal(data, count=20)
    model.reset()
    reference = interpreter(data)
    for x in inputs_for(model.compiled.input, 6, 7):
        reference.set_input(x.reshape(1, 20), 0)
        reference.invoke()
        np.testing.assert_array_equal(model.invoke(x[None])[0], reference.get_output(0)[0])


LSTMS = [
    {},
    {"cell_scale": 2.0**-12, "hidden": (0.011, -17)},
    {"cell_scale": 2.0**-15, "hidden": (0.0071, 60), "clip": 0.7},
    {"cell_scale": 2.0**-9, "hidden": (0.002, -128), "clip": 40.0},
    {"cell_scale": 3.1e-4, "scales": (0.05, 0.1)},
    {"scales": (1e-5, 1e-6), "clip": 1e-6},
    {"scales": (2.0, 3.0), "bias": 2000000},
]


@pytest.mark.parametrize("time_major", [False, True])
@pytest.mark.parametrize("size", [(1, 6, 9, 7), (3, 2, 5, 4), (1, 1, 1, 1)])
@pytest.mark.parametrize("dtype", ["int8", "int16"])
def test_lstm(size, dtype, time_major):
    batches, steps, inputs, cells = size
    case = Recurrent(63)
    shape = (steps, batches, inputs) if time_major else (batches, steps, inputs)
    small = dtype == "int16"
    x = case.start(shape, dtype=dtype, scale=3e-4 if small else 0.05, zero=0 if small else -11)
    y = x
    for settings in LSTMS:
        used = dict(settings)
        if small:
            scale, _ = used.get("hidden", (1 / 128, 0))
            used["hidden"] = (scale / 200, 0)
        y = case.lstm(x, cells, time_major=time_major, **used)
    assert_layers_equal(case.model(y), count=12)


def test_lstm_with_long_rows():
    """More values than 32-bit sums of 16-bit inputs hold."""
    case = Recurrent(69)
    x = case.start((1, 2, 700), dtype="int16", scale=3e-5, zero=0)
    y = case.lstm(x, 3, hidden=(3e-5, 0))
    parts = case.ops[0][1]
    for number in range(4):
        case.tensors[parts[1 + number]]["data"][0] = 127
        case.tensors[parts[1 + number]]["data"][1] = -127
    assert_layers_equal(case.model(y), count=12)


@pytest.mark.parametrize("time_major", [False, True])
def test_lstm_of_reals(time_major):
    case = Recurrent(64)
    x = case.start((2, 3, 6), dtype="float32", scale=None)
    y = x
    for clip in (0.0, 0.5):
        y = case.lstm(x, 5, time_major=time_major, clip=clip)
    assert_layers_equal(case.model(y), count=12, tolerance=1e-5)


def _refused(change, dtype="int8") -> str:
    case = Recurrent()
    y = case.lstm(case.start((1, 2, 3), dtype=dtype, zero=0), 4)
    change(case)
    with pytest.raises(ModelError) as error:
        compile_model(case.model(y))
    return str(error.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c.ops[0][1].pop(), "23 inputs"),
        (lambda c: c.ops[0][1].__setitem__(9, 1), "peepholes"),
        (lambda c: c.ops[0][1].__setitem__(1, -1), "missing"),
        (lambda c: c.ops[0][1].__setitem__(5, 1), "shape"),
        (lambda c: c.ops[0][3].update({0: ("Int8", 1)}), "activation"),
        (lambda c: c.ops[0][3].update({1: ("Float32", -1.0)}), "clips"),
        (lambda c: c.ops[0][3].update({1: ("Float32", np.nan)}), "clips"),
        (lambda c: c.tensors[13].update(variable=False), "before it is made"),
        (lambda c: c.tensors[14].update(shape=(1, 5)), "state"),
        (lambda c: c.tensors[14].update(scale=np.array([1e9], np.float32)), "scale"),
        (lambda c: c.tensors[1].update(zero=np.array([3])), "zero point"),
        (lambda c: c.tensors[15].update(shape=(1, 2, 5)), "shape"),
        (lambda c: c.tensors[0].update(shape=(2, 3)), "three dimensions"),
    ],
)
def test_other_lstms_are_refused(change, said):
    assert said in _refused(change)


def test_a_bias_that_no_sum_holds_is_refused():
    def change(case):
        case.tensors[3]["data"] = np.full(4, -(2**63))

    assert "bias" in _refused(change, "int16")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c.ops[0][3].update({0: ("Int32", 0)}), "rank"),
        (lambda c: c.ops[0][3].update({0: ("Int32", 3)}), "rank"),
        (lambda c: c.tensors[1].update(shape=(6, 4)), "do not fit"),
        (lambda c: c.tensors[4].update(shape=(1, 31)), "state"),
        (lambda c: c.tensors[3].update(scale=np.array([0.5], np.float32)), "bias"),
        (lambda c: c.tensors[2].update(zero=np.array([3])), "zero point"),
        (lambda c: c.tensors[5].update(shape=(1, 3)), "shape"),
    ],
)
def test_other_svdfs_are_refused(change, said):
    case = Recurrent()
    y = case.svdf(case.start((1, 3)), 4, rank=2, memory=4)
    change(case)
    with pytest.raises(ModelError, match=said):
        compile_model(case.model(y))


def test_lstm_scales_are_multiplied_in_the_precision_of_tflite_micro():
    """Biases for which a product of scales in the other precision gives other sums."""
    in_scale, scale = np.float32(3.3e-6), np.float32(3.7e-6)
    gate = 2.0**-12
    halves = (np.arange(20, 80) + 0.5) * gate / (float(in_scale) * float(scale))
    sums = (np.round(halves)[:, None] + np.arange(-100, 101)).astype(np.int64).reshape(-1)
    double = _rescaled(sums, float(in_scale) * float(scale) / gate)
    single = _rescaled(sums, float(in_scale * scale) / gate)
    found = sums[double != single][::5][:16]
    assert found.size == 16
    assert found.max() < 2**31
    case = Recurrent(65)
    x = case.start((1, 1, 1), scale=in_scale, zero=0)
    y = case.lstm(x, 16, cell_scale=2.0**-15, hidden=(2.0**-12, 0))
    for number in range(4):
        for position in (1 + number, 5 + number):
            part = case.tensors[case.ops[0][1][position]]
            part["data"][:] = 0
            part["scale"] = np.array([scale])
        bias = case.tensors[case.ops[0][1][12 + number]]
        bias["data"] = np.where(number == 2, found, 2**31 - 1).astype(np.int32)
    assert_layers_equal(case.model(y), count=1)


def _rescaled(sums, real):
    fraction, shift = np.frexp(real)
    multiplier = int(np.floor(fraction * 2**31 + 0.5))
    high = (sums * multiplier + (1 << 30)) >> 31
    return (high + (1 << (-shift - 1))) >> -shift
