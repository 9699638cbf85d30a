"""The generated pipeline C against the PC's runtime and against a C compiler's own reading."""

import ctypes
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.errors import ConfigError, ModelError
from studio.events import Quiet
from studio.firmware import PipelineCode, build, pipeline_files, write_project
from studio.firmware.ctext import c_array, c_float, c_int, c_string
from studio.jobs import run_tool
from studio.params import make
from studio.paths import RUNTIME
from studio.registry import find
from studio.runtime import extract_features, quantize
from studio.runtime.cc import build_library
from studio.types import (
    Axis,
    BlockConfig,
    Board,
    CompiledModel,
    DecisionRule,
    Pipeline,
    TensorInfo,
    threshold_q,
)

LABELS = ['say "no"', "Kreis ä", "no?\\why??/", "*/ 动 🎵"]
MODEL_C = """\
#include "tml_probe.h"
static int8_t input[TML_PROBE_INPUT_BYTES];
static int8_t output[TML_PROBE_OUTPUT_BYTES];
static int remembered;
void tml_probe_init(void) { remembered = 0; }
void *tml_probe_input(void) { return input; }
const void *tml_probe_output(void) { return output; }
int tml_probe_remembered(void) { return remembered; }
int tml_probe_invoke(void)
{
    remembered++;
    for (int i = 0; i < TML_PROBE_OUTPUT_BYTES; i++) {
        output[i] = input[TML_PROBE_INPUT_BYTES - 1 - i];
    }
    return 0;
}
"""
MODEL_H = """\
#include <stdint.h>
#define TML_PROBE_INPUT_BYTES {inputs}
#define TML_PROBE_OUTPUT_BYTES {outputs}
void *tml_probe_input(void);
const void *tml_probe_output(void);
void tml_probe_init(void);
int tml_probe_invoke(void);
"""


def probe_model(inputs: int, outputs: int) -> CompiledModel:
    """A model that is no model: its output is the end of its input, backwards."""
    return CompiledModel(
        name="probe",
        target="cortex-m4",
        files={
            "tml_probe.c": MODEL_C,
            "tml_probe.h": MODEL_H.format(inputs=inputs, outputs=outputs),
        },
        inputs=(TensorInfo("in", (1, inputs), "int8", 0.04705882, -3),),
        outputs=(TensorInfo("out", (1, outputs), "int8", 1 / 256, -128),),
        arena_bytes=0,
        weights_bytes=0,
        macs=0,
        layers=(),
    )


def mfcc_config() -> BlockConfig:
    """A small MFCC of 9 frames of 6 coefficients."""
    block = find("signal_block", "audio_mfcc").load()
    settings = {
        "num_cepstral": 6,
        "num_filters": 12,
        "fft_length": 64,
        "frame_length": 0.004,
        "frame_stride": 0.002,
        "win_size": 5,
    }
    config: BlockConfig = block.configure(
        make(block.Params, settings), n_readings=320, axes=(Axis("audio"),), sample_rate_hz=16000.0
    )
    assert config.output_shape == (9, 6)
    return config


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline(
        window_ms=320 / 16,
        stride_ms=5.0,
        sample_rate_hz=16000.0,
        axes=(Axis("audio"),),
        dtype="int16",
        block="audio_mfcc",
        block_version=4,
        block_params={},
        learning="dense",
        learning_params={},
        decision=DecisionRule(3, 0.7),
        board="virtual-cortex-m4",
    )


@pytest.fixture(scope="module")
def scaler() -> dict[str, Any]:
    rng = np.random.default_rng(6)
    return {
        "mean": rng.normal(size=6).astype(np.float32),
        "inv_std": rng.uniform(0.1, 3, 6).astype(np.float32),
    }


@pytest.fixture(scope="module")
def code(pipeline: Pipeline, scaler: dict[str, Any]) -> PipelineCode:
    model = probe_model(54, len(LABELS))
    return pipeline_files(
        pipeline, mfcc_config(), **scaler, labels=LABELS, model=model, run_id="00c0ffee"
    )


@pytest.fixture(scope="module")
def library(code: PipelineCode) -> ctypes.CDLL:
    """The generated files compiled for this computer."""
    sources = {*code.sources, *(f"dsp/{path.name}" for path in (RUNTIME / "dsp").glob("*.c"))}
    path = build_library(
        "pipeline-test",
        texts={**code.pipeline_files, **code.model_files},
        files=[RUNTIME / name for name in sorted({*sources, "math/tml_math.c"})],
        include=[RUNTIME],
    )
    return ctypes.CDLL(str(path))


class Window(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("dtype", ctypes.c_int),
        ("n_axes", ctypes.c_uint32),
        ("n_readings", ctypes.c_uint32),
        ("start", ctypes.c_uint32),
        ("capacity", ctypes.c_uint32),
    ]


def test_features_and_scores_equal_those_of_the_runtime(
    library: ctypes.CDLL, scaler: dict[str, Any]
) -> None:
    windows = np.random.default_rng(7).integers(-30000, 30000, (8, 320, 1)).astype(np.int16)
    config = mfcc_config()
    expected = extract_features(config, windows)
    inputs = quantize(expected, **scaler, scale=0.04705882, zero_point=-3)
    assert len(np.unique(inputs)) > 20
    for i, values in enumerate(windows):
        features = np.zeros(config.n_features, np.float32)
        scores = np.zeros(len(LABELS), np.int8)
        window = Window(values.ctypes.data, 0, 1, 320, 0, 320)
        assert (
            library.tml_pipeline_features(
                ctypes.byref(window), ctypes.c_void_p(features.ctypes.data)
            )
            == 0
        )
        assert features.tobytes() == expected[i].tobytes()
        code = library.tml_pipeline_classify(
            ctypes.c_void_p(features.ctypes.data), ctypes.c_void_p(scores.ctypes.data)
        )
        assert code == 0
        assert scores.tolist() == inputs[i, ::-1][: len(LABELS)].tolist()


def test_init_reaches_the_model(library: ctypes.CDLL) -> None:
    features, scores = np.zeros(54, np.float32), np.zeros(len(LABELS), np.int8)
    for _ in range(2):
        library.tml_pipeline_init()
        library.tml_pipeline_classify(
            ctypes.c_void_p(features.ctypes.data), ctypes.c_void_p(scores.ctypes.data)
        )
        assert library.tml_probe_remembered() == 1


def test_labels_survive_any_unicode(library: ctypes.CDLL) -> None:
    names = (ctypes.c_char_p * len(LABELS)).in_dll(library, "tml_pipeline_labels")
    assert [name.decode() for name in names] == LABELS


def test_header_states_the_pipeline(code: PipelineCode) -> None:
    lines = code.pipeline_files["tml_pipeline.h"].splitlines()
    defines = {words[1]: words[2] for line in lines if len(words := line.split(maxsplit=2)) == 3}
    assert lines[0].startswith("/* TinyML Studio")
    assert "generated, do not edit" in lines[0]
    assert defines["TML_PIPELINE_WINDOW_READINGS"] == "320u"
    assert defines["TML_PIPELINE_STRIDE_READINGS"] == "80u"
    assert defines["TML_PIPELINE_DTYPE"] == "TML_INT16"
    assert float.fromhex(defines["TML_PIPELINE_RATE_HZ"].rstrip("f")) == 16000.0
    assert defines["TML_PIPELINE_FEATURES"] == "54u"
    assert defines["TML_PIPELINE_THRESHOLD"] == "(51)"
    assert defines["TML_PIPELINE_ID"] == '"00c0ffee"'


def test_infer_builds_with_parts_where_they_belong(
    odd_folder: Any, virtual_board: Board, code: PipelineCode
) -> None:
    folder = odd_folder / "infer"
    write_project(folder, virtual_board, "infer", code)
    result = build(folder, virtual_board, run_tool, Quiet())
    assert not any("warning" in line for line in result.log)
    parts = result.sizes.parts
    assert sum(part["flash_bytes"] for part in parts.values()) == result.sizes.flash_bytes
    assert sum(part["ram_bytes"] for part in parts.values()) == result.sizes.ram_bytes
    assert parts["model"]["ram_bytes"] == 54 + len(LABELS) + 4  # and a count
    tables = sum(table.nbytes for table in mfcc_config().tables.values())
    assert parts["features"]["flash_bytes"] > tables
    assert parts["features"]["ram_bytes"] >= mfcc_config().scratch_bytes
    assert parts["application"]["ram_bytes"] > 2 * 320 + 4 * 54


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda a: {"config": replace(a["config"], n_readings=100)}, "100 readings of 1 axes"),
        (lambda a: {"mean": np.zeros(7, np.float32)}, r"shapes \(7,\) and \(6,\)"),
        (lambda a: {"mean": a["mean"] * np.float32(np.nan)}, "is nan"),
    ],
)
def test_what_does_not_fit_is_a_config_error(
    pipeline: Pipeline,
    scaler: dict[str, Any],
    change: Callable[[dict[str, Any]], dict[str, Any]],
    words: str,
) -> None:
    arguments = {"config": mfcc_config(), **scaler}
    arguments |= change(arguments)
    model = probe_model(54, len(LABELS))
    with pytest.raises(ConfigError, match=words):
        pipeline_files(pipeline, **arguments, labels=LABELS, model=model, run_id="1")


@pytest.mark.parametrize("model", [probe_model(53, len(LABELS)), probe_model(54, len(LABELS) + 1)])
def test_foreign_model_is_a_model_error(
    pipeline: Pipeline, scaler: dict[str, Any], model: CompiledModel
) -> None:
    with pytest.raises(ModelError, match=r"the pipeline has (54|4) of type int8"):
        pipeline_files(pipeline, mfcc_config(), **scaler, labels=LABELS, model=model, run_id="1")


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_hex_floats_are_exact(value: float) -> None:
    text = c_float(value)
    assert text.endswith("f")
    assert "p" in text
    read = np.float32(float.fromhex(text[:-1]))
    assert read.tobytes() == np.float32(value).tobytes()


@given(st.text(max_size=20))
def test_strings_are_the_bytes_of_the_text(text: str) -> None:
    try:
        data = text.encode()
    except UnicodeEncodeError:
        return
    literal = c_string(text)
    assert literal.isascii()
    assert "?" not in literal
    assert eval(f"b{literal}") == data


def test_integers_at_the_edges() -> None:
    assert c_int(-(2**31)) == "(-2147483647 - 1)"
    assert c_int(2**31) == "2147483648u"
    assert c_int(-128) == "-128"


def test_arrays_refuse_what_c_would_change() -> None:
    with pytest.raises(ConfigError, match="float64"):
        c_array("x", np.zeros(3))
    assert "int16_t x[4] = {\n    1, -2, 3, 4,\n}" in c_array(
        "x", np.array([[1, -2], [3, 4]], np.int16)
    )


@pytest.mark.parametrize(
    ("threshold", "score"), [(0.0, -128), (0.5, 0), (0.6, 26), (0.999, 127), (1.0, 127)]
)
def test_threshold_in_scores(threshold: float, score: int) -> None:
    assert threshold_q(DecisionRule(1, threshold)) == score
