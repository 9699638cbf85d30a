"""Compile a model file to C, and run it on arrays: on this computer or on the virtual board."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from studio.compiler import OPTIMISE, TARGETS, compile_model, explain_model, supported_ops
from studio.errors import ConfigError, ModelError, StudioError
from studio.events import Quiet, Reporter
from studio.paths import write_atomic
from studio.types import CompiledModel, PassGain

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "ENGINES",
    "OPTIMISE",
    "TARGETS",
    "compile_model_file",
    "explain_model_file",
    "read_array",
    "run_model",
    "supported_ops",
    "write_array",
]

ENGINES = (
    "c",
    "virtual-cortex-m4",
    "virtual-cortex-m0plus",
    "virtual-cortex-m7",
    "virtual-cortex-m33",
)
"""Where a model can run: its C on this computer, or its firmware on a virtual board."""

_NPY_MARK = b"\x93NUMPY"


def compile_model_file(
    path: Path,
    *,
    out: Path | None = None,
    target: str = "generic",
    optimise: str = "speed",
    ram_bytes: int | None = None,
) -> CompiledModel:
    """Compile a .tflite file and, with `out`, write the C files into that folder.

    Raises
    ------
    ModelError
        If the file cannot be read or compiled.
    ConfigError
        If `target` or `optimise` is unknown or `out` cannot be written.
    """
    data = _read_model(path)
    compiled = compile_model(
        data,
        name=_c_name(path.stem),
        target=target,
        optimise=optimise,
        ram_bytes=ram_bytes,
    )
    if out is not None:
        try:
            out.mkdir(parents=True, exist_ok=True)
            for name, text in compiled.files.items():
                write_atomic(out / name, text.encode("utf-8"))
        except OSError as error:
            raise _unwritable(out, error) from error
    return compiled


def explain_model_file(
    path: Path,
    *,
    target: str = "generic",
    optimise: str = "speed",
    ram_bytes: int | None = None,
) -> tuple[PassGain, ...]:
    """Return what each pass of the compiler gained; raises as `compile_model_file` does."""
    data = _read_model(path)
    return explain_model(data, target=target, optimise=optimise, ram_bytes=ram_bytes)


def _read_model(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"The model {path} cannot be read: {error.strerror}.", "Check the file's name."
        ) from error


def _c_name(stem: str) -> str:
    """Return the name that a model's C functions get from its file's name."""
    plain = re.sub(r"[^a-z0-9]+", "_", stem.lower()).strip("_")[:40].rstrip("_")
    return plain if plain[:1].isalpha() else f"model_{plain}".rstrip("_")


def run_model(
    path: Path, x: NDArray[np.generic], *, engine: str = "c", report: Reporter | None = None
) -> NDArray[np.generic]:
    """Run a .tflite file on a batch of inputs.

    Parameters
    ----------
    path : Path
        The model.
    x : ndarray, shape (n, *input_shape) or (n, elements)
        Inputs in the model's own type.
    engine : str
        One of `ENGINES`.

    Returns
    -------
    ndarray, shape (n, *output_shape), without the output's leading 1
        Outputs in the model's own type.

    Raises
    ------
    StudioError
        If the model, the inputs or the engine cannot be used.
    """
    if engine not in ENGINES:
        raise ConfigError(
            f"There is no engine {engine!r}.", f"Choose one of {', '.join(ENGINES)}."
        )
    compiled = compile_model_file(path, target=_target(engine))
    if engine == "c":
        from studio.runtime.model import HostModel

        y = HostModel(compiled).invoke(x)
    else:
        y = _virtual_board()(compiled, x, report or Quiet(), board=engine)
    shape = compiled.output.shape
    return y.reshape(y.shape[0], *(shape[1:] if shape[:1] == (1,) else shape))


def _target(engine: str) -> str:
    if engine == "c":
        return "generic"
    from studio.services import boards

    return boards.board(engine).core


def _virtual_board() -> "Callable[..., NDArray[np.generic]]":
    try:
        from studio.services.bench import run_on_virtual_board
    except ImportError as error:
        raise StudioError(
            "This installation has no virtual board.", "Use the engine c, or install it again."
        ) from error
    return run_on_virtual_board


def read_array(path: Path) -> NDArray[np.generic]:
    """Read a .npy file of numbers.

    Raises
    ------
    ConfigError
        If it is missing, not a .npy file, damaged, or holds anything but numbers.
    """
    try:
        with path.open("rb") as file:
            mark = file.read(len(_NPY_MARK))
        if mark != _NPY_MARK:
            raise ConfigError(f"{path} is not a .npy file.", "Write it with numpy.save.")
        # mapped, so that a header which promises more than the file holds costs no memory
        array: NDArray[np.generic] = np.load(path, mmap_mode="r", allow_pickle=False)
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read: {error.strerror or error}.", "Check the file's name."
        ) from error
    except (ValueError, EOFError, SyntaxError, TypeError, OverflowError, KeyError) as error:
        raise ConfigError(
            f"{path} is empty, damaged or holds other things than numbers.",
            "Write it with numpy.save, without pickled objects.",
        ) from error
    if array.dtype.kind not in "iuf":
        raise ConfigError(f"{path} holds {array.dtype}, not numbers.", "Save an array of numbers.")
    return array


def write_array(path: Path, array: NDArray[np.generic]) -> None:
    """Write a .npy file.

    Raises
    ------
    ConfigError
        If it cannot be written.
    """
    try:
        with path.open("wb") as file:
            np.save(file, array, allow_pickle=False)
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> ConfigError:
    return ConfigError(
        f"{path} cannot be written: {error.strerror}.", "Choose another place for the output."
    )
