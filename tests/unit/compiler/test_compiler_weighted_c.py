"""The C of layers with weights in all types: no warnings anywhere, the same on a virtual board."""

import shutil
import subprocess
import sys

import numpy as np
import pytest
from cases_weighted import KINDS, all_layers
from oracle import inputs_for

from studio.compiler import compile_model
from studio.errors import ModelError
from studio.services.compile import run_model

STRICT = [
    *("-std=c99", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Wdouble-promotion", "-Wshadow"),
    *("-Wpedantic", "-Werror", "-ffp-contract=off"),
]
COMPILERS = {
    "gcc": ["gcc"],
    "zig": [sys.executable, "-m", "ziglang", "cc"],
    "cortex-m4": ["arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard"],
    "cortex-m0plus": ["arm-none-eabi-gcc", "-mcpu=cortex-m0plus", "-mthumb"],
    "avr": ["avr-gcc", "-mmcu=atmega2560"],
}


@pytest.mark.parametrize("name", COMPILERS)
def test_no_warnings(name, tmp_path):
    if not shutil.which(COMPILERS[name][0]):
        pytest.skip(f"{COMPILERS[name][0]} is not installed")
    for kind in KINDS:
        compiled = compile_model(all_layers(kind), name=kind)
        for file, text in compiled.files.items():
            (tmp_path / file).write_text(text, encoding="utf-8")
    run = subprocess.run(
        [*COMPILERS[name], *STRICT, "-c", *(f"tml_{kind}.c" for kind in KINDS)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[:2000]


@pytest.mark.parametrize("kind", ["int16", "float32", "hybrid"])
def test_files_run_on_arrays_of_the_models_own_type(kind, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(all_layers(kind))
    x = inputs_for(compile_model(path.read_bytes()).input, 2, seed=6)
    y = run_model(path, x.reshape(-1, 8, 8, 3))
    assert (y.dtype, y.shape) == (x.dtype, (len(x), 4, 7))
    with pytest.raises(ModelError, match=f"the model takes {x.dtype}"):
        run_model(path, x.astype(np.int8))
    pytest.importorskip("unicorn", reason="the virtual board needs unicorn")
    np.testing.assert_array_equal(run_model(path, x, engine="virtual-cortex-m4"), y)
