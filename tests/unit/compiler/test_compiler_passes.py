"""Each pass: what it merges, what it must leave alone, and that the bytes stay the same."""

from dataclasses import replace

import numpy as np
import pytest
from cases import NONE, RELU, SAME, VALID, Cases
from oracle import assert_layers_equal

from studio.compiler import compile_model, explain_model
from studio.compiler.graph import Graph
from studio.compiler.passes import (
    PASSES,
    fold_constants,
    fuse_activations,
    fuse_paddings,
    improve,
    remove_unused,
)
from studio.compiler.tflite import read_graph
from studio.compiler.verify import verify_graph
from studio.errors import ModelError

PADS = [(0, 0), (2, 1), (0, 3), (0, 0)]


def _ops(graph: Graph) -> list[str]:
    return [node.op for node in graph.nodes]


def test_padding_goes_into_a_convolution():
    case = Cases(70)
    x = case.pad(case.start((1, 6, 5, 3)), PADS)
    data = case.model(case.conv(x, 4, (3, 2), stride=(2, 1), padding=VALID))
    graph = fuse_paddings.run(read_graph(data))
    assert _ops(graph) == ["CONV_2D"]
    assert graph.nodes[0].fused.pad == (2, 1, 0, 3)
    assert_layers_equal(data)
    case = Cases(71)
    x = case.pad(case.start((1, 6, 5, 3)), PADS)
    assert_layers_equal(case.model(case.depthwise(x, (3, 3), padding=VALID)))


@pytest.mark.parametrize("why", ["same", "batch", "channels", "shared", "output"])
def test_padding_stays(why):
    case = Cases(72)
    amounts = {"batch": [(1, 0), *PADS[1:]], "channels": [*PADS[:3], (0, 1)]}.get(why, PADS)
    padded = case.pad(case.start((1, 6, 5, 3)), amounts)
    y = case.conv(padded, 2, (2, 2), padding=SAME if why == "same" else VALID)
    outputs = [y]
    if why == "shared":
        outputs.append(case.conv(padded, 2, (2, 2), padding=VALID))
    if why == "output":
        outputs.append(padded)
    data = case.finish([0], outputs)
    assert "PAD" in _ops(fuse_paddings.run(read_graph(data)))
    assert_layers_equal(data)


def _relu(case: Cases, x: int, name: str = "RELU", **quant) -> int:
    shape, scale, zero = case._like(x)
    quant = {"scale": scale, "zero": zero, **quant}
    return case.op(name, [x], [case.tensor(shape, **quant)])


@pytest.mark.parametrize("kind", ["conv", "depthwise", "dense", "add", "residual"])
def test_an_activation_becomes_a_limit(kind):
    case = Cases(73)
    x = case.start((1, 4, 5, 6))
    y = {
        "conv": lambda: case.conv(x, 3, (2, 2)),
        "depthwise": lambda: case.depthwise(x, (2, 2)),
        "dense": lambda: case.dense(case.reshape(x, (1, 120)), 7),
        "add": lambda: case.add(x, case.constant((6,))),
        "residual": lambda: case.add(case.conv(x, 6, (3, 3)), x),
    }[kind]()
    data = case.model(_relu(case, y))
    graph = fuse_activations.run(read_graph(data))
    assert "RELU" not in _ops(graph)
    assert_layers_equal(data)


@pytest.mark.parametrize("why", ["scale", "read twice"])
def test_an_activation_stays(why):
    case = Cases(74)
    y = case.conv(case.start((1, 4, 5, 6)), 3, (2, 2))
    z = _relu(case, y, **({"scale": 0.61} if why == "scale" else {}))
    data = case.finish([0], [z, y] if why == "read twice" else [z])
    assert "RELU" in _ops(fuse_activations.run(read_graph(data)))
    assert_layers_equal(data)


def test_both_activations_hold():
    case = Cases(75)
    y = case.conv(case.start((1, 4, 5, 6)), 3, (2, 2), act=RELU, out_scale=0.1, zero=-100)
    data = case.model(_relu(case, y, "RELU6"))
    assert _ops(fuse_activations.run(read_graph(data))) == ["CONV_2D"]
    assert_layers_equal(data)


def test_what_nobody_reads_goes():
    case = Cases(76)
    x = case.start((1, 4, 4, 2))
    y = case.conv(x, 2, (1, 1))
    case.conv(case.conv(x, 3, (3, 3)), 3, (1, 1))
    graph = read_graph(case.finish([0], [y]))
    assert _ops(graph) == ["CONV_2D"] * 3
    assert _ops(remove_unused.run(graph)) == ["CONV_2D"]


def test_constants_are_computed_once():
    case = Cases(77)
    x = case.start((1, 12))
    shape, scale, zero = (3, 4), 0.03, 4
    table = case.tensor(shape, scale=scale, zero=zero, data=np.arange(12).reshape(shape))
    order = case.tensor((2,), "int32", data=[1, 0])
    turned = case.op("TRANSPOSE", [table, order], [case.tensor((4, 3), scale=scale, zero=zero)])
    flat = case.reshape(turned, (1, 12))
    data = case.model(case.add(x, flat))
    graph = fold_constants.run(read_graph(data))
    assert _ops(graph) == ["ADD"]
    constant = graph.nodes[0].inputs[1]
    np.testing.assert_array_equal(
        constant.data.reshape(-1), np.arange(12).reshape(3, 4).T.reshape(-1)
    )
    assert_layers_equal(data)


def test_verify_names_the_illegal_node():
    case = Cases(78)
    x = case.start((1, 4, 4, 2))
    graph = read_graph(case.model(case.conv(case.conv(x, 2, (1, 1)), 3, (1, 1))))
    with pytest.raises(ModelError, match=r"operator 1 \(CONV_2D\)"):
        verify_graph(replace(graph, nodes=graph.nodes[1:]))
    with pytest.raises(ModelError, match=r"operator 0 \(CONV_2D\)"):
        verify_graph(replace(graph, nodes=(*graph.nodes, graph.nodes[0])))


def test_every_pass_is_explained():
    case = Cases(79)
    x = case.pad(case.start((1, 6, 5, 3)), PADS)
    data = case.model(_relu(case, case.conv(x, 4, (3, 2), padding=VALID, act=NONE)))
    gains = explain_model(data)
    assert [gain.name for gain in gains][: len(PASSES)] == [name for name, _ in PASSES]
    assert gains[0].operators_before == 3
    assert len(compile_model(data).layers) == 1
    steps = [len(graph.nodes) for _, graph in improve(read_graph(data))]
    assert steps == [gain.operators_after for gain in gains][: len(PASSES)]
    assert min(gain.arena_after_bytes for gain in gains) == compile_model(data).arena_bytes


class _Dead(Cases):
    """Cases whose convolutions have given channels that are always at the lower limit."""

    def _bias(self, channels, in_scale, scales):
        data = self.rng.integers(-300, 300, channels)
        data[1::2] = -(10**7)
        return self.tensor((channels,), "int32", scale=in_scale * scales, data=data)


def _widths(data: bytes) -> list[int]:
    return [layer.output_shape[-1] for layer in compile_model(data).layers]


def test_channels_that_never_change_go():
    case = _Dead(80)
    x = case.start((1, 6, 5, 3))
    y = case.conv(x, 8, (3, 3), act=RELU, zero=-128)  # 4 of 8 are always 0
    y = case.depthwise(y, (3, 3), act=RELU, zero=-100)
    y = case.conv(y, 6, (1, 1), act=RELU, zero=7)
    y = case.pool(y, "MAX", (2, 2), stride=(2, 2))
    y = case.conv(y, 4, (1, 1), act=RELU)
    data = case.model(case.dense(case.reshape(y, (1, 2 * 3 * 4)), 3))
    assert _widths(data)[:4] == [4, 4, 3, 3]
    model = assert_layers_equal(data)
    whole = model.trace(np.zeros((1, 90), np.int8))
    assert whole[y].shape[-1] == 4  # as in the file


def test_a_constant_beside_padding_stays():
    """The padding around a channel that is always 5 is not 5."""
    case = _Dead(81)
    x = case.start((1, 6, 5, 3))
    y = case.conv(x, 4, (1, 1), zero=5)  # without an activation the limit is -128
    data = case.model(case.conv(y, 3, (3, 3)))
    assert _widths(data)[0] == 4
    assert_layers_equal(data)
    case = _Dead(82)
    y = case.conv(case.start((1, 6, 5, 3)), 4, (1, 1), zero=5)
    data = case.model(case.conv(y, 3, (3, 3), padding=VALID))
    assert _widths(data)[0] == 2
    assert_layers_equal(data)


def test_channels_that_others_read_stay():
    case = _Dead(83)
    y = case.conv(case.start((1, 4, 4, 3)), 4, (1, 1), act=RELU)
    z = case.conv(y, 4, (1, 1), act=RELU)
    data = case.finish([0], [case.add(y, z)])
    assert _widths(data)[0] == 4
    assert_layers_equal(data)


def test_a_layer_of_constants_keeps_a_channel():
    case = _Dead(84)
    y = case.conv(case.start((1, 4, 4, 3)), 1, (1, 1))
    y = case.conv(y, 1, (1, 1), zero=3, out_scale=1e6)  # every sum is rounded to the same
    data = case.model(case.conv(y, 3, (1, 1)))
    assert _widths(data)[:2] == [1, 1]
    assert_layers_equal(data)


@pytest.mark.parametrize("axis", [None, 0, 3])
def test_weights_that_are_dequantized_are_floats(axis):
    """As in models whose weights are stored as int8, but meant as floats."""
    case = Cases(85)
    x = case.start((1, 5, 5, 3), dtype="float32", scale=None)
    shape = (4, 2, 2, 3)
    scales = 0.02 if axis is None else np.linspace(0.01, 0.03, shape[axis])
    stored = case.tensor(
        shape, scale=scales, data=case.rng.integers(-127, 128, shape), axis=axis or 0
    )
    weights = case.op("DEQUANTIZE", [stored], [case.tensor(shape, "float32")])
    bias = case.tensor((4,), "float32", data=case.rng.normal(0, 1, 4))
    options = {0: ("Int8", VALID), 1: ("Int32", 1), 2: ("Int32", 1), 3: ("Int8", RELU)}
    y = case.op("CONV_2D", [x, weights, bias], [case.tensor((1, 4, 4, 4), "float32")], options)
    data = case.finish([0], [y])
    graph = fold_constants.run(read_graph(data))
    assert _ops(graph) == ["CONV_2D"]
    found = graph.nodes[0].inputs[1].data
    spread = np.full(1, scales) if axis is None else scales
    lined = spread.reshape([-1 if n == (axis or 0) else 1 for n in range(4)])
    wanted = case.tensors[stored]["data"].astype(np.float32) * lined.astype(np.float32)
    np.testing.assert_array_equal(found, wanted)
    assert len(compile_model(data).layers) == 1


def test_a_channel_that_only_keeps_its_tensor_alive_is_right():
    """One channel must stay although nobody needs it: so must what it is made of."""
    case = _Dead(86)
    y = case.conv(case.start((1, 4, 4, 3)), 4, (1, 1))
    y = case.conv(y, 3, (1, 1), out_scale=1.2, per_channel=False, act=RELU)
    bias = case.tensors[case.ops[-1][1][2]]["data"]
    bias[:] = [5, -(10**8), -(10**8)]
    z = case.conv(y, 2, (1, 1), out_scale=1.0)
    case.tensors[case.ops[-1][1][1]]["data"][..., 0] = 0
    assert_layers_equal(case.model(z))


@pytest.mark.parametrize("target", ["generic", "cortex-m4", "cortex-m0plus"])
def test_padding_that_enlarges_a_picture(target):
    """The output has more rows than the input that it could lie over."""
    case = Cases(87)
    x = case.conv(case.start((1, 6, 8, 6)), 6, (1, 1))
    padded = case.pad(x, [(0, 0), (8, 10), (11, 7), (0, 0)])
    y = case.depthwise(padded, (2, 2), dilation=(1, 3), padding=VALID, out_scale=5.0)
    assert_layers_equal(case.finish([0], [y]), target=target)
    case = Cases(88)
    x = case.conv(case.start((3, 4, 5, 2)), 2, (1, 1))
    padded = case.pad(x, [(0, 0), (2, 2), (1, 3), (0, 0)])
    y = case.depthwise(padded, (1, 2), padding=VALID, out_scale=5.0)
    assert_layers_equal(case.finish([0], [y]), target=target)
