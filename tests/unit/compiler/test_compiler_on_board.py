"""The public reference models on the virtual boards: the bytes that the PC's build answers.

Other tests hold the PC build against the interpreter, input by input and layer by layer; here the
core's own path through the kernels must give the same on whole networks of real size.
"""

import numpy as np
import pytest

from studio.compiler import compile_model
from studio.events import Quiet
from studio.runtime import HostModel
from studio.services import bench

pytest.importorskip("unicorn", reason="the virtual board needs unicorn")

MODELS = (
    "mlperf_tiny/kws_ref_model",
    "mlperf_tiny/vww_96_int8",
    "mlperf_tiny/pretrainedResnet_quant",
    "mlperf_tiny/ad01_int8",
    "tflm/person_detect",
)


CORES = ("cortex-m4", "cortex-m0plus", "cortex-m7")


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("name", MODELS)
def test_a_reference_model_on_the_board_equals_the_pc(shared_data, name, core):
    data = (shared_data / "models" / f"{name}.tflite").read_bytes()
    compiled = compile_model(data, target=core)
    size = compiled.input.elements
    x = np.empty((3, size), np.int8)
    x[0] = np.random.default_rng(41).integers(-128, 128, size)
    x[1], x[2] = -128, 127
    expected = HostModel(compile_model(data)).invoke(x)
    assert len(np.unique(expected, axis=0)) > 1  # the inputs do make a difference
    found = bench.run_on_virtual_board(compiled, x, Quiet(), board=f"virtual-{core}")
    np.testing.assert_array_equal(found, expected)
