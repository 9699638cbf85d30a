"""Models measured on the virtual board: exact outputs, counts per layer, faults in words."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from studio.errors import DeviceError, ModelError
from studio.events import Quiet
from studio.services import bench
from studio.types import CompiledModel, LayerSummary, TensorInfo

HEADER = """
#include <stdint.h>
#define TML_TINY_INPUT_BYTES 8
#define TML_TINY_OUTPUT_BYTES 4
#define TML_TINY_ARENA_BYTES 12
void *tml_tiny_input(void);
const void *tml_tiny_output(void);
void tml_tiny_init(void);
int tml_tiny_invoke(void);
"""
SOURCE = """
#include "tml_tiny.h"
#ifdef TML_LAYER_HEADER
#include TML_LAYER_HEADER
#endif
#ifndef TML_LAYER
#define TML_LAYER(index)
#endif
static int8_t arena[12];
void *tml_tiny_input(void) { return arena; }
const void *tml_tiny_output(void) { return arena + 8; }
void tml_tiny_init(void) {}
int tml_tiny_invoke(void)
{
    TML_LAYER(0);
    for (volatile int turn = 0; turn < 100; ++turn) {
    }
    TML_LAYER(1);
    for (int i = 0; i < 4; ++i) {
        arena[8 + i] = (int8_t)(arena[i] - arena[i + 4]);
    }
    BODY
    TML_LAYER(2);
    return 0;
}
"""


def tiny_model(body: str = "") -> CompiledModel:
    """A hand-written model of two layers: waste time; subtract the second half from the first."""
    layer = LayerSummary("SUB", "tiny", (4,), 0, 4)
    return CompiledModel(
        name="tiny",
        target="cortex-m4",
        files={"tml_tiny.h": HEADER, "tml_tiny.c": SOURCE.replace("BODY", body)},
        inputs=(TensorInfo("x", (1, 2, 4), "int8", 1.0, 0),),
        outputs=(TensorInfo("y", (1, 4), "int8", 1.0, 0),),
        arena_bytes=12,
        weights_bytes=0,
        macs=0,
        layers=(layer, layer),
    )


def test_outputs_are_the_models(tmp_path):
    x = np.random.default_rng(5).integers(-60, 60, (30, 2, 4)).astype(np.int8)
    y = bench.run_on_virtual_board(tiny_model(), x, Quiet())
    assert y.dtype == np.int8
    assert np.array_equal(y, x[:, 0] - x[:, 1])


def test_profile_counts_each_layer():
    first = bench.profile_compiled(tiny_model(), report=Quiet())
    again = bench.profile_compiled(tiny_model(), report=Quiet())
    assert first == again
    assert len(first["layers"]) == 2
    # 100 turns of at least load, compare, add, store, branch
    assert 500 <= first["layers"][0]["instructions"] <= 1000
    assert first["layers"][0]["cycles"] > first["layers"][0]["instructions"]
    assert 4 <= first["layers"][1]["instructions"] <= 60
    assert first["instructions"] == sum(row["instructions"] for row in first["layers"])
    assert 12 < first["ram_bytes"] < 1000
    assert 8 <= first["invoke_stack_bytes"] < first["stack_bytes"]
    assert 200 < first["flash_bytes"] < 4000
    assert first["model_ram_bytes"] == 12
    assert 40 < first["model_flash_bytes"] < first["flash_bytes"] - 200


def test_a_whole_inference_is_counted_without_marks_inside():
    parts = bench.profile_compiled(tiny_model(), report=Quiet())
    whole = bench.profile_compiled(tiny_model(), by_layer=False, report=Quiet())
    assert whole["layers"] == []
    assert 0.9 < whole["instructions"] / parts["instructions"] < 1.05
    assert whole["flash_bytes"] < parts["flash_bytes"]


def test_several_inputs_and_outputs():
    one = tiny_model()
    header = HEADER.replace("void tml_tiny_init", "void *tml_tiny_input_1(void);\n"
        "const void *tml_tiny_output_1(void);\nvoid tml_tiny_init")  # fmt: skip
    source = SOURCE.replace("BODY", "") + (
        "void *tml_tiny_input_1(void) { return arena + 4; }\n"
        "const void *tml_tiny_output_1(void) { return arena + 1; }\n"
    )
    half = TensorInfo("a", (1, 4), "int8", 1.0, 0)
    two = replace(
        one,
        files={"tml_tiny.h": header, "tml_tiny.c": source},
        inputs=(half, half),
        outputs=(*one.outputs, TensorInfo("z", (1, 3), "int8", 1.0, 0)),
    )
    a, b = np.random.default_rng(6).integers(-60, 60, (2, 5, 4)).astype(np.int8)
    y, z = bench.run_all(two, [a, b], Quiet())
    assert np.array_equal(y, a - b)
    assert np.array_equal(z, a[:, 1:])
    with pytest.raises(ModelError, match="takes 2"):
        bench.run_all(two, [a], Quiet())
    with pytest.raises(ModelError, match="5, 4"):
        bench.run_all(two, [a, b[:4]], Quiet())


@pytest.mark.parametrize(
    "x", [np.zeros((3, 7), np.int8), np.zeros((3, 8), np.float32), np.int8(3)]
)
def test_inputs_that_do_not_fit_are_told(x):
    with pytest.raises(ModelError, match="8 int8 values"):
        bench.run_on_virtual_board(tiny_model(), np.asarray(x), Quiet())


def test_a_fault_in_the_model_names_its_function():
    crash = tiny_model("*(volatile int *)0x60000000 = 1;")
    with pytest.raises(DeviceError, match=r"stopped in tml_tiny_invoke .*write to 0x60000000"):
        bench.run_on_virtual_board(crash, np.zeros((1, 8), np.int8), Quiet())


def test_a_reference_model_equals_its_interpreter(shared_data):
    runtime = pytest.importorskip("tflite_micro", reason="the interpreter is for Linux only")
    from studio.compiler import compile_model

    data = (shared_data / "models" / "tflm" / "micro_speech_quantized.tflite").read_bytes()
    compiled = compile_model(data)
    x = np.random.default_rng(7).integers(-128, 128, (5, compiled.input.elements)).astype(np.int8)
    interpreter = runtime.runtime.Interpreter.from_bytes(data)
    expected = []
    for row in x:
        interpreter.set_input(row.reshape(compiled.input.shape), 0)
        interpreter.invoke()
        expected.append(interpreter.get_output(0).ravel())
    assert np.array_equal(bench.run_on_virtual_board(compiled, x, Quiet()), np.array(expected))


def test_the_verbs(shared_data, studio_home):
    def call(*arguments):
        run = subprocess.run(
            [sys.executable, "-m", "studio", *map(str, arguments), "--json"],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return run.returncode, json.loads(run.stdout)

    assert call("boards", "list") == (0, {"boards": []})
    code, result = call("boards", "start", "--name", "mine")
    assert code == 0
    assert result["boards"][0]["port"] == "virtual://mine"
    assert call("boards", "start", "--name", "mine")[0] == 2
    assert call("boards", "stop", "--name", "mine") == (0, {"stopped": True, "name": "mine"})
    model = shared_data / "models" / "tflm" / "hello_world_int8.tflite"
    code, result = call("profile", model, "--board", "virtual-cortex-m4")
    assert code == 0
    assert result["instructions"] > 100
    assert [row["op"] for row in result["layers"]] == ["FULLY_CONNECTED"] * 3
    assert call("profile", "missing.tflite")[0] == 2
