"""The generated C: strict warnings under every compiler at hand, no libraries, stable text."""

import ctypes
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from cases import Cases

from studio.compiler import OPTIMISE, TARGETS, compile_model, supported_ops
from studio.errors import ConfigError
from studio.runtime.model import HostModel

STRICT = [
    *("-std=c99", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Wdouble-promotion", "-Wshadow"),
    *("-Wpedantic", "-Werror", "-ffp-contract=off"),
]


def _all_operators(seed: int = 0) -> bytes:
    case = Cases(seed)
    case.start((1, 9, 9, 2), dtype="float32", scale=None)
    x = case.quantize(0, scale=0.3, zero=3)
    x = case.quantize(x, scale=0.31, zero=3)
    x = case.depthwise(case.conv(x, 6, (3, 3)), (3, 3), stride=(2, 2))
    x = case.add(case.pool(x, "AVERAGE", (2, 2)), case.pool(x, "MAX", (2, 2)))
    x = case.add(x, case.constant((6,)))
    x = case.mean(case.pad(x, [(0, 0), (1, 0), (0, 1), (0, 0)]), (1, 2))
    x = case.softmax(case.dense(case.reshape(x, (1, 6)), 4))
    return case.model(case.dequantize(x))


def _write(folder, compiled):
    for name, text in compiled.files.items():
        (folder / name).write_text(text, encoding="utf-8")


def _build(command, folder, *flags):
    sources = sorted(path.name for path in folder.glob("*.c"))
    run = subprocess.run(
        [*command, *STRICT, *flags, "-c", *sources],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[:2000]


COMPILERS = {
    "gcc": ["gcc"],
    "clang": ["clang"],
    "zig": [sys.executable, "-m", "ziglang", "cc"],
    "cortex-m4": ["arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard"],
    "cortex-m0plus": ["arm-none-eabi-gcc", "-mcpu=cortex-m0plus", "-mthumb"],
}


@pytest.mark.parametrize("optimise", OPTIMISE)
@pytest.mark.parametrize("name", COMPILERS)
def test_no_warnings(name, optimise, tmp_path):
    command = COMPILERS[name]
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed")
    compiled = compile_model(_all_operators(), name="every", optimise=optimise)
    assert {layer.op for layer in compiled.layers} <= set(supported_ops())
    _write(tmp_path, compiled)
    _build(command, tmp_path)


def test_nothing_but_the_c_language_is_needed(tmp_path):
    if not shutil.which("arm-none-eabi-gcc"):
        pytest.skip("arm-none-eabi-gcc is not installed")
    _write(tmp_path, compile_model(_all_operators(), name="every"))
    _build([*COMPILERS["cortex-m4"], "-mfpu=fpv4-sp-d16", "-ffreestanding"], tmp_path)
    symbols = subprocess.run(
        ["arm-none-eabi-nm", "tml_every.o"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    undefined = set(re.findall(r" U (\S+)", symbols))
    assert undefined <= {"memcpy", "memset"}  # what a compiler may always ask for
    sources = (path.read_text() for path in tmp_path.iterdir() if path.suffix in (".c", ".h"))
    includes = set(re.findall(r"#include <(\S+)>", "".join(sources)))
    assert includes == {"stdint.h"}


def test_two_models_in_one_program(tmp_path):
    """Both are linked together, and in one translation unit."""
    if not shutil.which("gcc"):
        pytest.skip("gcc is not installed")
    for name, seed in (("first", 1), ("second", 2)):
        _write(tmp_path, compile_model(_all_operators(seed), name=name))
    unit = '#include "tml_first.c"\n#include "tml_second.c"\n'
    (tmp_path / "both.c").write_text(unit)
    _build(["gcc"], tmp_path)
    run = subprocess.run(
        ["gcc", "-shared", "-fPIC", *STRICT, "tml_first.c", "tml_second.c", "-o", "both.so"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    library = ctypes.CDLL(str(tmp_path / "both.so"))
    x = np.random.default_rng(0).normal(0, 5, 162).astype(np.float32)
    for name, seed in (("first", 1), ("second", 2)):
        for end in ("input", "output"):
            getattr(library, f"tml_{name}_{end}").restype = ctypes.c_void_p
        ctypes.memmove(getattr(library, f"tml_{name}_input")(), x.ctypes.data, x.nbytes)
        assert getattr(library, f"tml_{name}_invoke")() == 0
        y = (ctypes.c_float * 4).from_address(getattr(library, f"tml_{name}_output")())
        expected = HostModel(compile_model(_all_operators(seed))).invoke(x.reshape(1, -1))
        assert list(y) == expected[0].tolist()


def test_form():
    data = _all_operators()
    compiled = compile_model(data, name="kws_2", target="cortex-m4")
    assert compiled.target == "cortex-m4"
    for name, text in compiled.files.items():
        first = text.partition("\n")[0]
        assert first.startswith("/* TinyML Studio ")
        assert first.endswith("do not edit */")
        assert max(len(line) for line in text.splitlines()) <= 125, name
    header, source = compiled.files["tml_kws_2.h"], compiled.files["tml_kws_2.c"]
    for word in ("INPUT_BYTES 648", "OUTPUT_BYTES 16", 'TARGET "cortex-m4"', "LAYERS 14"):
        assert f"#define TML_KWS_2_{word}" in header
    assert f"ARENA_BYTES {compiled.arena_bytes}" in header
    assert [f"TML_LAYER({n});" in source for n in range(16)] == [True] * 15 + [False]
    assert not re.search(r"malloc|printf|math\.h|double", source)
    assert compile_model(data, name="kws_2", target="cortex-m4") == compiled


def test_only_the_kernels_used_are_copied():
    case = Cases()
    files = compile_model(case.model(case.dense(case.start((1, 4)), 2))).files
    assert set(files) == {
        "tml_model.c",
        "tml_model.h",
        "nn_math.h",
        "nn_fully_connected_s8.h",
    }


@pytest.mark.parametrize("name", ["2kws", "Kws", "", "a-b", "a b", "a" * 80, "ä"])
def test_names_that_c_refuses(name):
    with pytest.raises(ConfigError):
        compile_model(_all_operators(), name=name)


def test_unknown_target():
    with pytest.raises(ConfigError, match="pdp-11") as caught:
        compile_model(_all_operators(), target="pdp-11")
    assert all(target in caught.value.hint for target in TARGETS)
