"""The runtime's own elementary functions against NumPy in double precision."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from studio.paths import ROOT
from studio.runtime import library

RNG = np.random.default_rng(7)


ASKED_AT_ONCE = """
import sys, threading
from studio.runtime import library
sys.setswitchinterval(1e-5)
gate, found = threading.Barrier(4), []
def ask():
    gate.wait()
    found.append(library()[0])
threads = [threading.Thread(target=ask) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
sys.exit(len(set(map(id, found))) != 1)
"""


def test_threads_that_ask_at_once_get_the_same_library() -> None:
    assert (
        subprocess.run([sys.executable, "-c", ASKED_AT_ONCE], cwd=ROOT, check=False).returncode
        == 0
    )


def _every_exponent(count: int) -> np.ndarray[Any, Any]:
    """Positive finite floats, subnormals too, every exponent equally often."""
    return RNG.integers(1, 0x7F800000, count, dtype=np.uint32).view(np.float32)


def _computed(name: str, x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    _, lib = library()
    function = getattr(lib, name)
    return np.array([function(float(value)) for value in x], np.float32)


def _ulps(got: np.ndarray[Any, Any], exact: np.ndarray[Any, Any]) -> float:
    """Greatest error in units of the last place of the exact result as a float."""
    unit = np.spacing(np.abs(exact.astype(np.float32))).astype(np.float64)
    return float((np.abs(got.astype(np.float64) - exact) / unit).max())


def test_sqrt_is_correctly_rounded() -> None:
    x = _every_exponent(60000)
    # a single-precision root is defined exactly, so every bit must agree
    assert (_computed("tml_sqrtf", x) == np.sqrt(x)).all()


@pytest.mark.parametrize(
    ("name", "exact", "x"),
    [
        ("tml_logf", np.log, _every_exponent(60000)),
        ("tml_logf", np.log, 1 + RNG.normal(0, 1e-3, 20000).astype(np.float32)),
        ("tml_expf", np.exp, RNG.uniform(-87, 88.7, 60000).astype(np.float32)),
        ("tml_expf", np.exp, RNG.uniform(-103, -87, 5000).astype(np.float32)),
        ("tml_sinf", np.sin, RNG.uniform(-100, 100, 40000).astype(np.float32)),
        ("tml_cosf", np.cos, RNG.uniform(-100, 100, 40000).astype(np.float32)),
        ("tml_sinf", np.sin, _every_exponent(40000)),
        ("tml_cosf", np.cos, -_every_exponent(40000)),
    ],
)
def test_within_two_units_of_the_last_place(
    name: str, exact: Callable[[Any], Any], x: np.ndarray[Any, Any]
) -> None:
    assert _ulps(_computed(name, x), exact(x.astype(np.float64))) <= 2


@pytest.mark.parametrize(
    ("name", "x", "expected"),
    [
        ("tml_logf", 1.0, 0.0),
        ("tml_logf", 0.0, -np.inf),
        ("tml_logf", np.inf, np.inf),
        ("tml_logf", -1.0, np.nan),
        ("tml_expf", 0.0, 1.0),
        ("tml_expf", 89.0, np.inf),
        ("tml_expf", -105.0, 0.0),
        ("tml_expf", np.inf, np.inf),
        ("tml_expf", -np.inf, 0.0),
        ("tml_expf", np.nan, np.nan),
        ("tml_sinf", 0.0, 0.0),
        ("tml_sinf", np.inf, np.nan),
        ("tml_cosf", 0.0, 1.0),
        ("tml_cosf", -np.inf, np.nan),
        ("tml_sqrtf", 0.0, 0.0),
        ("tml_sqrtf", np.inf, np.inf),
        ("tml_sqrtf", -1.0, np.nan),
    ],
)
def test_special_values(name: str, x: float, expected: float) -> None:
    np.testing.assert_array_equal(_computed(name, np.array([x])), np.float32(expected))


@pytest.mark.parametrize("length", [8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096])
def test_power_spectrum_of_every_length(length: int) -> None:
    ffi, lib = library()
    x = RNG.normal(0, 1, length).astype(np.float32)
    sine = np.sin(2 * np.pi * np.arange(length // 4 + 1) / length).astype(np.float32)
    data, power = x.copy(), np.empty(length // 2 + 1, np.float32)
    pointers = [ffi.cast("float *", array.ctypes.data) for array in (data, sine, power)]
    lib.tml_rfft_power(pointers[0], length, pointers[1], 0.5, pointers[2])
    exact = np.abs(np.fft.rfft(x.astype(np.float64)))
    error = np.abs(np.sqrt(power.astype(np.float64) * 2) - exact)
    # each amplitude to a few roundings of a typical one
    assert error.max() < 1e-6 * np.sqrt((exact**2).mean())
