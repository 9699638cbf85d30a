"""Random networks: whole models, in which values lie over each other, for every kind of core.

What single operators' tests cannot see: outputs over inputs, joins in place, stripes, fused
paddings and additions, odd sizes behind each other.
"""

import numpy as np
import pytest
from cases import NONE, RELU, RELU6, SAME, VALID, Cases
from oracle import assert_layers_equal, inputs_for, interpreter

from studio.compiler import compile_model
from studio.events import Quiet
from studio.runtime.model import HostModel

TARGETS = ("generic", "cortex-m4", "cortex-m0plus")


class Networks(Cases):
    """Cases some of whose channels never change, whatever the input is."""

    dead = 0.0

    def _bias(self, channels, in_scale, scales):
        data = self.rng.integers(-3000, 3000, channels)
        data[self.rng.random(channels) < self.dead] = self.rng.choice([-(10**7), 10**7])
        return self.tensor((channels,), "int32", scale=in_scale * scales, data=data)


def _network(seed: int) -> bytes:
    """Return a chain of random layers with some residual additions."""
    case = Networks(seed)
    case.dead = (0.0, 0.3, 0.7)[seed % 3]
    chance = np.random.default_rng(seed)
    shape = (
        1,
        int(chance.integers(5, 24)),
        int(chance.integers(3, 17)),
        int(chance.integers(1, 9)),
    )
    x = case.start(shape, zero=int(chance.integers(-128, 128)))
    for _ in range(int(chance.integers(3, 9))):
        x = _layer(case, x, chance)
    if chance.random() < 0.5:
        x = case.mean(x, (1, 2), scale=case._like(x)[1])
    size = int(np.prod(case.tensors[x]["shape"]))
    scale = 4 * case._like(x)[1]
    out = int(chance.integers(2, 9))
    x = case.dense(case.reshape(x, (1, size)), out, out_scale=scale)
    return case.model(case.softmax(case.quantize(x, scale=0.1, zero=3)))


def _layer(case: Cases, x: int, chance) -> int:
    (_, height, width, channels), scale, _ = case._like(x)
    kind = chance.choice(["conv", "1x1", "depthwise", "residual", "pool", "pad", "bottleneck"])
    act = int(chance.choice([NONE, RELU, RELU6]))
    out_scale = float(scale * 2 ** chance.uniform(0, 4))
    more = {"act": act, "out_scale": out_scale, "zero": int(chance.integers(-128, 100))}
    stride = (int(chance.integers(1, 3)), int(chance.integers(1, 3)))
    kernel = (int(chance.integers(1, 5)), int(chance.integers(1, 5)))
    padding = VALID if height > 6 and width > 6 and chance.random() < 0.3 else SAME
    if kind == "conv":
        out = int(chance.integers(1, 12))
        return case.conv(x, out, kernel, stride=stride, padding=padding, **more)
    if kind == "1x1":
        return case.conv(x, int(chance.integers(1, 40)), (1, 1), **more)
    if kind == "depthwise":
        size = (3, 3) if chance.random() < 0.6 else kernel
        return case.depthwise(x, size, stride=stride, padding=padding, **more)
    if kind == "residual":
        y = case.conv(x, channels, kernel, **more)
        return case.add(y, x, scale=out_scale, act=act)
    if kind == "pool":
        if min(height, width) < 2:
            return x
        return case.pool(x, str(chance.choice(["MAX", "AVERAGE"])), (2, 2), stride=stride)
    if kind == "pad":
        x = case.pad(x, [(0, 0), (1, 2), (0, 1), (0, 0)])
        return case.conv(x, channels, (2, 2), padding=VALID, **more)
    y = case.conv(x, channels * 4, (1, 1), act=RELU6, out_scale=out_scale)
    y = case.depthwise(y, (3, 3), stride=stride, act=RELU6, out_scale=out_scale * 2)
    return case.conv(y, channels, (1, 1), out_scale=out_scale * 4)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("seed", range(100, 105))
def test_a_random_network(seed, target):
    assert_layers_equal(_network(seed), count=3, target=target)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("seed", range(105, 108))
def test_a_random_network_in_little_memory(seed, target):
    data = _network(seed)
    compiled = compile_model(data, target=target, ram_bytes=0)
    model, reference = HostModel(compiled), interpreter(data)
    for x in inputs_for(compiled.input, 3, seed):
        reference.set_input(x.reshape(compiled.input.shape), 0)
        reference.invoke()
        found = model.invoke(x.reshape(1, -1))[0]
        np.testing.assert_array_equal(found, reference.get_output(0).reshape(-1))


@pytest.mark.parametrize("board", ["cortex-m4", "cortex-m7", "cortex-m0plus"])
def test_random_networks_on_boards(board):
    bench = pytest.importorskip("studio.services.bench")
    pytest.importorskip("unicorn", reason="the virtual board needs unicorn")
    for seed, ram_bytes in ((110, None), (111, 0)):
        data = _network(seed)
        compiled = compile_model(data, target=board, ram_bytes=ram_bytes)
        x = inputs_for(compiled.input, 3, seed)
        expected = HostModel(compile_model(data)).invoke(x)
        found = bench.run_on_virtual_board(compiled, x, Quiet(), board=f"virtual-{board}")
        np.testing.assert_array_equal(found, expected)
