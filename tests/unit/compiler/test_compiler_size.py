"""Code made for size: never more bytes than code made for speed, and the same results."""

import numpy as np
import pytest
from cases import VALID, Cases
from oracle import assert_layers_equal, inputs_for
from test_compiler_movement_on_board import _many, _moves

from studio.compiler import OPTIMISE, compile_model
from studio.emulator.usage import usage_without
from studio.events import Quiet
from studio.runtime.model import HostModel

bench = pytest.importorskip("studio.services.bench")
pytest.importorskip("unicorn", reason="the virtual board needs unicorn")
CORES = ("cortex-m4", "cortex-m0plus")


def _convolutions() -> bytes:
    case = Cases(5)
    x = case.conv(case.start((1, 17, 15, 3)), 8, (3, 3), stride=(2, 2))
    for channels in (8, 12, 16):
        x = case.conv(case.depthwise(x, (3, 3)), channels, (1, 1))
    x = case.pool(x, "AVERAGE", case.tensors[x]["shape"][1:3])
    x = case.dense(case.reshape(x, (1, 16)), 4)
    return case.model(case.softmax(x))


def _products() -> bytes:
    case = Cases(6)
    x = case.start((1, 13))
    for size in (32, 8, 32, 5):
        x = case.dense(x, size)
    return case.model(x)


def _loops_in_c() -> bytes:
    case = Cases(7)
    x = case.depthwise(case.start((1, 11, 9, 4)), (2, 5), multiplier=2, padding=VALID)
    for _ in range(3):
        x = case.add(x, case.pool(x, "MAX", (3, 3), padding=0))
        x = case.pool(case.pad(x, [(0, 0), (1, 0), (0, 1), (0, 0)]), "AVERAGE", (2, 2))
    return case.model(x)


MODELS = {
    "convolutions": _convolutions,
    "products": _products,
    "loops in C": _loops_in_c,
    "int16": lambda: _many("int16", _moves).everything(),
    "float32": lambda: _many("float32", _moves).everything(),
}
GAIN = {"convolutions": 0.1, "loops in C": 0.2}
"""Least part of the flash that is saved."""


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("name", MODELS)
def test_size_is_at_most_that_of_speed(name, core):
    data = MODELS[name]()
    found = {}
    for optimise in OPTIMISE:
        compiled = compile_model(data, target=core, optimise=optimise)
        image = bench.link_bench(compiled, core=core, by_layer=False)
        found[optimise] = usage_without(image)
    assert found["size"].ram_bytes <= found["speed"].ram_bytes
    assert found["size"].flash_bytes <= found["speed"].flash_bytes * (1 - GAIN.get(name, 0))


@pytest.mark.parametrize("core", CORES)
def test_same_bytes_on_the_board(core):
    compiled = compile_model(_convolutions(), target=core, optimise="size")
    model = HostModel(compile_model(_convolutions()))
    x = inputs_for(model.compiled.input, 1, 3)
    expected = model.invoke(x)
    np.testing.assert_array_equal(HostModel(compiled).invoke(x), expected)
    y = bench.run_on_virtual_board(compiled, x, Quiet(), board=f"virtual-{core}")
    np.testing.assert_array_equal(np.reshape(y, expected.shape), expected)


@pytest.mark.parametrize("core", CORES)
def test_layers_equal_the_oracle(core):
    assert_layers_equal(_convolutions(), count=3, seed=1, target=core)


@pytest.mark.parametrize(
    ("core", "header"),
    [
        ("cortex-m4", "nn_fully_connected_s8_dsp.h"),
        ("cortex-m0plus", "nn_fully_connected_s8_v6m.h"),
    ],
)
def test_few_products_use_the_kernel_of_convolutions(core, header):
    for data, needed in ((_convolutions(), False), (_products(), True)):
        files = compile_model(data, target=core, optimise="size").files
        assert (header in files) == needed


@pytest.mark.parametrize("core", CORES)
def test_single_inputs_in_the_kernel_of_convolutions(core):
    """All values of a layer of every size, beside convolutions that do most of the work."""
    for in_size, out_size in ((1, 1), (3, 9), (7, 2), (16, 17), (33, 8)):
        case = Cases(in_size)
        x = case.conv(case.start((1, 12, 12, 4)), 16, (3, 3))
        x = case.conv(x, in_size, (1, 1))
        x = case.pool(x, "AVERAGE", case.tensors[x]["shape"][1:3])
        y = case.dense(case.reshape(x, (1, in_size)), out_size)
        compiled = compile_model(case.model(y), target=core, optimise="size")
        model = HostModel(compiled)
        x = inputs_for(compiled.input, 20, 2)
        expected = HostModel(compile_model(case.model(y))).invoke(x)
        np.testing.assert_array_equal(model.invoke(x), expected)
        assert not any("fully_connected" in name for name in compiled.files)
