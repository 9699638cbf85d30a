"""`compile` and `run-model` as a person uses them: files in, files out, mistakes explained."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from cases import Cases

from studio.errors import ConfigError, ModelError, StudioError
from studio.services.compile import compile_model_file, read_array, run_model, write_array

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def model(tmp_path) -> Path:
    case = Cases()
    y = case.softmax(case.dense(case.start((1, 2, 4)), 3))
    path = tmp_path / "My 2nd model-v1.tflite"
    path.write_bytes(case.model(y))
    return path


def _verb(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "studio", *(str(a) for a in arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_compile_writes_what_it_says(model, tmp_path):
    run = _verb("compile", model, "--out", tmp_path / "c", "--target", "cortex-m4", "--json")
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout)
    assert {"arena_bytes", "weights_bytes", "macs", "layers", "files"} <= set(result)
    assert result["macs"] == 24
    assert result["layers"][0]["op"] == "FULLY_CONNECTED"
    assert result["layers"][0]["output_shape"] == [2, 3]
    assert result["layers"][0]["output_bytes"] == 6
    assert all(Path(name).is_file() for name in result["files"])
    assert (tmp_path / "c" / "tml_my_2nd_model_v1.c").is_file()


def test_run_model_from_file_to_file(model, tmp_path):
    x = np.random.default_rng(0).integers(-128, 128, (5, 8)).astype(np.int8)
    np.save(tmp_path / "x.npy", x)
    run = _verb(
        "run-model", model, "--input", tmp_path / "x.npy", "--output", tmp_path / "y.npy", "--json"
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["inputs"] == 5
    y = np.load(tmp_path / "y.npy")
    np.testing.assert_array_equal(y, run_model(model, x.reshape(5, 2, 4)))
    assert y.dtype == np.int8
    assert y.shape == (5, 2, 3) or y.shape == (5, 6) or y.shape[0] == 5


def test_mistakes_end_with_2_and_one_sentence(model, tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((1, 9), np.int8))
    missing = _verb("compile", tmp_path / "no.tflite", "--out", tmp_path / "c", "--json")
    wrong = _verb(
        "run-model", model, "--input", tmp_path / "x.npy", "--output", tmp_path / "y.npy"
    )
    for run in (missing, wrong):
        assert run.returncode == 2
        assert "Traceback" not in run.stderr
    assert not (tmp_path / "y.npy").exists()


@pytest.mark.parametrize(
    "make",
    [
        lambda p: None,
        lambda p: p.mkdir(),
        lambda p: p.write_bytes(b""),
        lambda p: p.write_bytes(b"\x93NUMPY"),
        lambda p: p.write_bytes(b"not an array"),
        lambda p: np.save(p, np.array([{}, "a"], object), allow_pickle=True),
        lambda p: np.save(p, np.array(["text"])),
        lambda p: np.save(p, np.zeros(3, np.complex64)),
        lambda p: p.write_bytes(_promising_header()),
        lambda p: p.write_bytes(_saved(np.zeros((100, 8), np.int8))[:-5]),
    ],
)
def test_bad_arrays(tmp_path, make):
    path = tmp_path / "x.npy"
    make(path)
    with pytest.raises(ConfigError):
        read_array(path)


def _saved(array: np.ndarray) -> bytes:
    from io import BytesIO

    file = BytesIO()
    np.save(file, array)
    return file.getvalue()


def _promising_header() -> bytes:
    return (
        _saved(np.zeros((100, 8), np.int8))
        .replace(b"(100, 8)", b"(9**9,8)")
        .replace(b"(9**9,8)", b"(9999999999999,8)")
    )


def test_unwritable_outputs(model, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(ConfigError, match="cannot be written"):
        compile_model_file(model, out=blocked / "sub")
    with pytest.raises(ConfigError, match="cannot be written"):
        write_array(tmp_path / "no" / "y.npy", np.zeros(3))


def test_unknown_engine_and_target(model):
    with pytest.raises(StudioError, match="abacus"):
        run_model(model, np.zeros((1, 8), np.int8), engine="abacus")
    with pytest.raises(ConfigError, match="abacus"):
        compile_model_file(model, target="abacus")


def test_files_that_are_no_models(tmp_path):
    path = tmp_path / "x.tflite"
    path.write_bytes(b"PK\x03\x04" * 30)
    with pytest.raises(ModelError, match="TFL3"):
        compile_model_file(path)
    with pytest.raises(ModelError, match="cannot be read"):
        compile_model_file(tmp_path)
