"""Many operators that share constants: a small file must not ask for much work or memory."""

import tracemalloc

import numpy as np
import pytest
from cases import RELU, Cases
from tflite_writer import Writer

from studio.compiler import compile_model, verify
from studio.compiler.passes import fold_constants, remove_channels
from studio.compiler.tflite import read_graph
from studio.errors import ModelError

STEP = {"scale": 0.1}


def _products(count: int, size: int) -> bytes:
    """A chain of products with one matrix."""
    case = Cases()
    x = case.start((1, size))
    y = case.dense(x, size, bias=False)
    weights = case.ops[0][1][1]
    for _ in range(count - 1):
        again = case.tensor((1, size), scale=0.6, zero=5)
        y = case.op("FULLY_CONNECTED", [y, weights, -1], [again], {0: ("Int8", RELU)})
    return case.finish([x], [y])


def test_weights_count_for_every_operator_that_reads_them():
    with pytest.raises(ModelError, match=r"read 70000000 constant values .* limit is 67108864"):
        compile_model(_products(70, 1000))


def test_the_limit_is_reached_exactly(monkeypatch):
    monkeypatch.setattr(verify, "MAX_READ_VALUES", 9 * 32 * 32)
    assert len(compile_model(_products(9, 32)).layers) == 9
    with pytest.raises(ModelError, match="limit is 9216"):
        compile_model(_products(10, 32))


def _channels(kind: str, count: int) -> bytes:
    """Layers of 6 output channels each."""
    case = Cases()
    x = case.start((1, 2, 2, 3))
    make = {
        "conv": lambda: case.conv(x, 6, (1, 1)),
        "depthwise": lambda: case.depthwise(x, (1, 1), multiplier=2),
        "dense": lambda: case.dense(x, 6),
    }[kind]
    return case.finish([x], [make() for _ in range(count)])


@pytest.mark.parametrize("kind", ["conv", "depthwise", "dense"])
def test_channels_count_for_every_layer(kind, monkeypatch):
    monkeypatch.setattr(verify, "MAX_CHANNELS", 24)
    assert len(compile_model(_channels(kind, 4)).layers) == 4
    with pytest.raises(ModelError, match="30 output channels together; the limit is 24"):
        compile_model(_channels(kind, 5))


def test_scales_that_many_layers_share():
    """Each channel takes some work where it has a scale of its own."""
    writer = Writer()
    x = writer.tensor((1, 1), **STEP)
    scales, data = np.linspace(0.01, 0.02, 30_000), np.ones((30_000, 1))
    weights = writer.tensor((30_000, 1), scale=scales, data=data)
    outputs = [writer.tensor((1, 30_000), **STEP) for _ in range(20)]
    for y in outputs:
        writer.op("FULLY_CONNECTED", [x, weights, -1], [y], {0: ("Int8", 0)})
    with pytest.raises(ModelError, match=r"600000 output channels .* limit is 524288"):
        compile_model(writer.finish([x], outputs))


def _beside(writer: Writer) -> bytes:
    """Add a network that has nothing to do with the constants."""
    x = writer.tensor((1, 8), **STEP)
    y = writer.op("ABS", [x], [writer.tensor((1, 8), **STEP)])
    return writer.finish([x], [y])


def _slices(count: int) -> bytes:
    """Slices of a constant that is the result of another fold, so not one of the file."""
    writer = Writer()
    order = writer.tensor((2,), "int32", data=[1, 0])
    table = writer.tensor((20, 50), data=np.ones((20, 50)), **STEP)
    turned = writer.op("TRANSPOSE", [table, order], [writer.tensor((50, 20), **STEP)])
    begin, size = (writer.tensor((2,), "int32", data=n) for n in ([0, 3], [1, 2]))
    for _ in range(count):
        writer.op("SLICE", [turned, begin, size], [writer.tensor((1, 2), **STEP)])
    return _beside(writer)


def test_folding_counts_what_it_reads(monkeypatch):
    monkeypatch.setattr(verify, "MAX_READ_VALUES", 10_000)
    assert len(fold_constants.run(read_graph(_slices(8))).nodes) == 1
    with pytest.raises(ModelError, match="limit is 10000"):
        fold_constants.run(read_graph(_slices(9)))


def test_folding_counts_what_it_makes(monkeypatch):
    monkeypatch.setattr(fold_constants, "MAX_BYTES", 1000 + 2 * 5)
    assert len(fold_constants.run(read_graph(_slices(5))).nodes) == 1
    with pytest.raises(ModelError, match="limit is 1010"):
        fold_constants.run(read_graph(_slices(6)))


LARGE = 4 << 20


def _wrong(op: str) -> bytes:
    """A fold of large constants whose output has a shape that does not fit them."""
    writer = Writer()
    table = writer.tensor((1, LARGE), data=np.zeros((1, LARGE), np.int8), **STEP)
    zeros, ones = (writer.tensor((2,), "int32", data=[n, n]) for n in (0, 1))
    indices = writer.tensor((8,), "int32", data=np.zeros(8))
    order = writer.tensor((2,), "int32", data=[1, 0])
    inputs, kind, options = {
        "PACK": ([table] * 8, "int8", {0: ("Int32", 8), 1: ("Int32", 0)}),
        "CONCATENATION": ([table] * 8, "int8", {0: ("Int32", 0)}),
        "GATHER": ([table, indices], "int8", {0: ("Int32", 0)}),
        "DEQUANTIZE": ([table], "float32", {}),
        "CAST": ([table], "int32", {0: ("Int8", 9), 1: ("Int8", 2)}),
        "TRANSPOSE": ([table, order], "int8", {}),
        "STRIDED_SLICE": ([table, zeros, zeros, ones], "int8", {1: ("Int32", 3)}),
    }[op]
    scale = STEP if kind == "int8" else {}
    writer.op(op, inputs, [writer.tensor((1, 16), kind, **scale)], options)
    return _beside(writer)


@pytest.mark.parametrize(
    "op",
    ["PACK", "CONCATENATION", "GATHER", "DEQUANTIZE", "CAST", "TRANSPOSE", "STRIDED_SLICE"],
)
def test_results_that_do_not_fit_are_not_computed(op):
    graph = read_graph(_wrong(op))
    tracemalloc.start()
    folded = fold_constants.run(graph)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(folded.nodes) == 2
    assert peak < LARGE // 4


def test_long_chains_of_channels_that_never_change(monkeypatch):
    """Channels are followed once each way, not once per operator of the chain."""
    case = Cases(3)
    x = case.start((1, 1, 1, 8))
    branch = y = case.conv(x, 8, (1, 1), zero=-128, act=RELU)
    case.tensors[case.ops[0][1][2]]["data"][1::2] = -(10**7)
    for _ in range(100):
        y = case.pool(y, "MAX", (1, 1))
    y = case.conv(y, 8, (1, 1))
    case.tensors[case.ops[-1][1][1]]["data"][..., :4] = 0  # these only the branch needs
    graph = read_graph(case.finish([x], [y, case.conv(branch, 8, (1, 1))]))
    ties = []
    tie = remove_channels._tie
    monkeypatch.setattr(remove_channels, "_tie", lambda *args: ties.append(0) or tie(*args))
    smaller = remove_channels.run(graph)
    assert [node.outputs[0].shape[3] for node in smaller.nodes] == [4] * 101 + [8, 8]
    assert len(ties) <= 10 * len(graph.nodes)
