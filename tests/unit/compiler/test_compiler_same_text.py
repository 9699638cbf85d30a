"""The same model gives the same C: from any folder, whatever order sets have in a process."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cases import Cases

ROOT = Path(__file__).resolve().parents[3]
PUBLIC = ("mlperf_tiny/kws_ref_model", "mlperf_tiny/vww_96_int8")
COMPILE = """
import json, sys
from studio.compiler import compile_model
data = open(sys.argv[1], "rb").read()
print(json.dumps({
    f"{target} {aim} {ram}": compile_model(data, target=target, optimise=aim, ram_bytes=ram).files
    for target in ("generic", "cortex-m0plus", "cortex-m4")
    for aim in ("speed", "size")
    for ram in (None, 0)
}))
"""


def _texts(copy: Path, model: Path, seed: str) -> dict[str, dict[str, str]]:
    """Return the C of a model as a copy of the program in some folder prints it."""
    done = subprocess.run(
        [sys.executable, "-c", COMPILE, str(model)],
        cwd=copy,
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """The program in another folder."""
    folder = tmp_path_factory.mktemp("another place")
    ignored = shutil.ignore_patterns("__pycache__")
    for part in ("studio", "resources"):
        shutil.copytree(ROOT / part, folder / part, ignore=ignored)
    return folder


def _assert_same(copy: Path, model: Path) -> None:
    mine = _texts(ROOT, model, "1")
    assert _texts(copy, model, "77") == mine
    assert all(len(files) > 2 for files in mine.values())


def test_a_network_gives_the_same_text(copy, tmp_path):
    case = Cases()
    x = case.start((1, 12, 12, 4))
    left, right = (case.conv(x, 8, (3, 3)) for _ in range(2))
    model = tmp_path / "network.tflite"
    model.write_bytes(case.finish([0], [case.conv(left, 4, (1, 1)), case.conv(right, 4, (1, 1))]))
    _assert_same(copy, model)


@pytest.mark.parametrize("name", PUBLIC)
def test_public_models_give_the_same_text(shared_data, copy, name):
    _assert_same(copy, shared_data / "models" / f"{name}.tflite")
