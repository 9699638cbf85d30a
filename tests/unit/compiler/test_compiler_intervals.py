"""What intervals must not take for proven: values at edges, and sums that leave 32 bits."""

import numpy as np
import pytest
from cases import SAME, VALID, Cases
from oracle import assert_layers_equal

from studio.compiler.intervals import intervals
from studio.compiler.tflite import read_graph

TARGETS = ("generic", "cortex-m4", "cortex-m0plus")


def _bias(case: Cases) -> np.ndarray:
    """Return the bias of the operator that was added last, to be changed in place."""
    return case.tensors[case.ops[-1][1][2]]["data"]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("multiplier", [1, 2])
def test_a_constant_beside_the_padding_of_a_depthwise_layer(multiplier, target):
    """Channels 1 and 3 are always -128, but the padding around them is 5."""
    case = Cases(90)
    y = case.conv(case.start((1, 6, 5, 3)), 4, (1, 1), zero=5)
    _bias(case)[1::2] = -(10**8)
    z = case.depthwise(y, (3, 3), multiplier=multiplier, padding=SAME, out_scale=20.0, zero=3)
    inner = case.depthwise(y, (3, 3), multiplier=multiplier, padding=VALID, out_scale=20.0)
    data = case.finish([0], [case.conv(n, 3, (1, 1), padding=VALID) for n in (z, inner)])
    known = intervals(read_graph(data))
    assert known[y].fixed.tolist() == [False, True] * 2
    assert not known[z].fixed.any()
    assert known[inner].fixed.reshape(4, -1).any(axis=1).tolist() == [False, True] * 2
    assert_layers_equal(data, target=target)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("kind", ["conv", "depthwise", "dense"])
def test_sums_that_may_leave_32_bits(kind, target):
    """A sum that wraps is at the other limit; a bias a little smaller is always at one."""
    case = Cases(91)
    x = case.start((1, 1, 1, 6))
    y = {
        "conv": lambda: case.conv(x, 6, (1, 1)),
        "depthwise": lambda: case.depthwise(x, (1, 1)),
        "dense": lambda: case.dense(case.reshape(x, (1, 6)), 6),
    }[kind]()
    edge = 2**31 - 2000
    _bias(case)[:] = [edge, -edge, 10**9, -(10**9), 5, -5]
    weights = case.tensors[case.ops[-1][1][1]]["data"]
    weights[:] = np.where(weights < 0, -90, 90)
    z = case.conv(y, 3, (1, 1)) if kind != "dense" else case.dense(y, 3)
    data = case.finish([0], [z])
    known = intervals(read_graph(data))[y]
    assert known.fixed.tolist() == [False, False, True, True, False, False]
    np.testing.assert_array_equal(known.low[:2], -128)
    np.testing.assert_array_equal(known.high[:2], 127)
    assert_layers_equal(data, count=8, target=target)
