"""NumPy's arrays to readings. Pickled objects are never loaded."""

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.api import Axis, Imported, ImportOptions, ProjectError

_MAX_BYTES = 1 << 32
_MAX_AXES = 1024
_SAID = ("sample_rate_hz", "axes", "units")


class NumpyImporter:
    """Reads one recording per array."""

    suffixes = (".npy", ".npz")

    def recognises(self, path: Path) -> bool:
        """Whether it is an array: no other importer has the suffix."""
        return True

    def read(self, path: Path, options: ImportOptions) -> list[Imported]:
        """Return the file's arrays as recordings.

        Raises
        ------
        ProjectError
            If the file is damaged, or an array is no `(n_readings, n_axes)` of numbers.
        """
        arrays, said = _loaded(path)
        rate = options.sample_rate_hz or options.listed_rate_hz or _number(said)
        found = []
        for name, array in arrays.items():
            values = _readings(path, name, array, options)
            axes = _axes(path, values.shape[1], options.axes, said)
            take = name if len(arrays) > 1 else ""
            found.append(Imported(values, axes, rate, take=take))
        return found


def _bad(path: Path, what: str, hint: str = "") -> ProjectError:
    return ProjectError(
        f"{path.name} cannot be read as an array: {what}.",
        hint or "Save it again with numpy.save, one row per reading.",
    )


def _loaded(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]]:
    """Return the arrays of readings by name, and what else the file says."""
    try:
        _check_sizes(path)
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return {path.stem: loaded}, {}
        with loaded:
            arrays = {name: loaded[name] for name in loaded.files}
    except (
        *(OSError, ValueError, EOFError, KeyError, TypeError, MemoryError, RuntimeError),
        *(zipfile.BadZipFile, zlib.error, NotImplementedError, SyntaxError, OverflowError),
    ) as error:
        raise _bad(path, str(error).splitlines()[0].rstrip(".")[:200] or "it is empty") from error
    said = {name: arrays.pop(name) for name in _SAID if name in arrays}
    if not arrays:
        raise _bad(path, "it holds no array of readings")
    return arrays, said


def _check_sizes(path: Path) -> None:
    """Refuse what would not fit into memory before NumPy makes room for it."""
    if path.suffix.lower() == ".npz":
        with zipfile.ZipFile(path) as file:
            if sum(row.file_size for row in file.infolist()) > _MAX_BYTES:
                raise _bad(path, f"it is larger than {_MAX_BYTES >> 20} MiB", "Cut it into parts.")
        return
    with path.open("rb") as raw:
        version = np.lib.format.read_magic(raw)
        reader = {(1, 0): "read_array_header_1_0", (2, 0): "read_array_header_2_0"}.get(version)
        if reader is None:
            return
        shape, _, dtype = getattr(np.lib.format, reader)(raw)
        size = dtype.itemsize
        for side in shape:
            size *= side
        if size > path.stat().st_size - raw.tell():
            raise _bad(path, f"its end is missing: shape {shape} needs {size} bytes")


def _number(said: dict[str, NDArray[Any]]) -> float:
    """Return the rate that an `.npz` says, or 0."""
    rate = said.get("sample_rate_hz")
    if rate is None or rate.size != 1 or rate.dtype.kind not in "iuf":
        return 0.0
    value = float(rate.reshape(-1)[0])
    return value if np.isfinite(value) and value > 0 else 0.0


def _readings(
    path: Path, name: str, array: NDArray[Any], options: ImportOptions
) -> NDArray[np.generic]:
    if array.dtype.kind not in "iufb" or array.ndim not in (1, 2) or not array.size:
        raise _bad(
            path,
            f"{name} has shape {array.shape} and type {array.dtype}",
            "Save one array of numbers (n_readings, n_axes) per recording.",
        )
    values = array[:, np.newaxis] if array.ndim == 1 else array
    if values.dtype.newbyteorder("=") == np.int16 and options.dtype != "float32":
        return np.ascontiguousarray(values, np.int16)
    with np.errstate(over="ignore"):
        floats = np.ascontiguousarray(values, np.float32)
    if not np.isfinite(floats).all():
        row = int(np.flatnonzero(~np.isfinite(floats).all(axis=1))[0])
        raise _bad(path, f"reading {row} of {name} is not a finite number", "Correct the data.")
    return floats


def _axes(
    path: Path, width: int, names: tuple[str, ...], said: dict[str, NDArray[Any]]
) -> tuple[Axis, ...]:
    if width > _MAX_AXES:
        raise _bad(path, f"it has {width} columns; {_MAX_AXES} are possible")
    if names and len(names) != width:
        raise _bad(
            path,
            f"it has {width} columns and {len(names)} names were given",
            "Give one name per column with --axes.",
        )
    own = _texts(said, "axes", width)
    units = _texts(said, "units", width) or [""] * width
    listed = list(names) or own or [f"c{number}" for number in range(1, width + 1)]
    return tuple(Axis(name, unit) for name, unit in zip(listed, units, strict=True))


def _texts(said: dict[str, NDArray[Any]], key: str, width: int) -> list[str]:
    array = said.get(key)
    if array is None or array.dtype.kind != "U" or array.size != width:
        return []
    return [str(text) for text in array.reshape(-1)]


IMPORTER = NumpyImporter()
