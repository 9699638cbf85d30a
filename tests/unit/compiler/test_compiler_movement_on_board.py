"""The operators that move and reduce values on virtual boards: the bytes of the PC's build."""

import numpy as np
import pytest
from cases_movement import Moves
from oracle import inputs_for

from studio.compiler import compile_model
from studio.events import Quiet
from studio.runtime.model import HostModel

bench = pytest.importorskip("studio.services.bench")
pytest.importorskip("unicorn", reason="the virtual board needs unicorn")


def _many(dtype: str) -> bytes:
    """Return a model with nearly all of the operators, their results as outputs."""
    case = Moves(dtype, 20)
    x = case.begin((2, 6, 4, 3))
    case.transpose(x, (0, 3, 2, 1))
    case.transpose(x, (2, 0, 1, 3))
    case.concat([x, case.fixed((2, 6, 4, 5)), x], 3)
    case.pack([x, x], 1)
    case.split(x, 2, 2)
    case.split_v(x, [1, 5], 1)
    case.unpack(x, 3)
    case.slice(x, (0, 1, 1, 1), (-1, 3, 2, 2))
    case.strided(x, (1, 5, 0, 2), (2, 0, 4, -4), (1, -2, 3, -1), (1, 3, 2, 3))
    case.gather(x, case.numbers([3, 0, 2]), 2)
    case.padded("PAD", x, [(0, 0), (1, 2), (3, 0), (0, 1)])
    case.padded("PADV2", x, [(1, 0), (0, 0), (0, 1), (0, 0)], 5)
    case.padded("MIRROR_PAD", x, [(1, 0), (5, 4), (0, 3), (0, 0)])
    y = case.tiles("SPACE_TO_BATCH_ND", x, (2, 3), [(1, 1), (2, 0)])
    case.tiles("BATCH_TO_SPACE_ND", y, (2, 2), [(1, 0), (0, 1)])
    y = case.blocks("SPACE_TO_DEPTH", x, 2)
    case.blocks("DEPTH_TO_SPACE", y, 2)
    case.resize("NEAREST_NEIGHBOR", x, (9, 7))
    case.resize("BILINEAR", x, (11, 3), centers=True)
    for name in ("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN"):
        case.reduce(name, x, (1, 2))
        case.reduce(name, x, (0, 2))
    for name in ("ARG_MAX", "ARG_MIN"):
        case.place(name, x, 1)
        case.place(name, x, 3, "int64")
    return case.everything()


@pytest.mark.parametrize(
    ("core", "dtype"),
    [("cortex-m4", "int8"), ("cortex-m4", "float32"), ("cortex-m0plus", "int8")],
)
def test_on_the_board_as_on_the_pc(core, dtype):
    compiled = compile_model(_many(dtype), target=core)
    x = inputs_for(compiled.input, 1, 21)
    expected = HostModel(compiled).run([x])
    found = bench.run_all(compiled, [x], Quiet(), board=f"virtual-{core}")
    for n, (mine, theirs) in enumerate(zip(found, expected, strict=True)):
        np.testing.assert_array_equal(mine, theirs, err_msg=f"output {n}")
