"""Sealed recordings on disk: WAV for int16, `.npy` for float32, named by their SHA-256.

Both formats keep the readings in one piece behind a header, so they can be memory-mapped.
"""

import contextlib
import ctypes
import errno
import hashlib
import io
import os
import secrets
import struct
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.errors import ProjectError
from studio.project.database import ProjectUnwritableError
from studio.types import Recording

TEMPORARY = ".writing-"
"""Start of the name of a file that is not whole yet."""

RF64_FROM = 0xFFFF_FFFF - 36
"""Bytes of readings from which a WAV needs 64-bit sizes."""

_CHUNK_BYTES = 1 << 24
_SYNC_THREADS = 8
_MANY_FILES = 32
_SUFFIX = {"int16": ".wav", "float32": ".npy"}


def wav_header(n_readings: int, n_axes: int, sample_rate_hz: float) -> bytes:
    """Return the header of a PCM16 WAV: 44 bytes, or 80 as RF64 when 32 bits do not suffice.

    RF64 as in EBU Tech 3306: the sizes in the usual places are all ones, a `ds64` chunk before
    `fmt ` holds the true ones. The rate is rounded to whole hertz; the database has it exactly.
    """
    rate = min(max(round(sample_rate_hz), 1), 0xFFFF_FFFF)
    size = n_readings * n_axes * 2
    block = n_axes * 2
    per_second = min(rate * block, 0xFFFF_FFFF)
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, n_axes, rate, per_second, block, 16)
    if size < RF64_FROM:
        return struct.pack("<4sI4s", b"RIFF", 36 + size, b"WAVE") + fmt + _chunk(b"data", size)
    ds64 = struct.pack("<4sIQQQI", b"ds64", 28, 72 + size, size, n_readings, 0)
    head = struct.pack("<4sI4s", b"RF64", 0xFFFF_FFFF, b"WAVE")
    return head + ds64 + fmt + _chunk(b"data", 0xFFFF_FFFF)


def _chunk(name: bytes, size: int) -> bytes:
    return struct.pack("<4sI", name, size)


def _npy_header(n_readings: int, n_axes: int) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        buffer, {"descr": "<f4", "fortran_order": False, "shape": (n_readings, n_axes)}
    )
    return buffer.getvalue()


def header(dtype: str, n_readings: int, n_axes: int, sample_rate_hz: float) -> bytes:
    """Return the bytes before the readings of a recording's file."""
    if dtype == "int16":
        return wav_header(n_readings, n_axes, sample_rate_hz)
    return _npy_header(n_readings, n_axes)


@lru_cache
def dtype_name(dtype: np.dtype[Any]) -> str:
    """Return a type's name; NumPy takes long to put it together."""
    return str(dtype)


def file_name(sha256: str, dtype: str) -> str:
    """Return the name of a recording's file."""
    return sha256 + _SUFFIX[dtype]


def content_sha256(values: NDArray[Any], sample_rate_hz: float) -> str:
    """Return the SHA-256 of the file that readings `(n_readings, n_axes)` would become."""
    head = header(dtype_name(values.dtype), values.shape[0], values.shape[1], sample_rate_hz)
    digest = hashlib.sha256(head)
    for part in parts(values):
        digest.update((part.byteswap() if sys.byteorder == "big" else part).data)
    return digest.hexdigest()


def parts(values: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Yield readings `(n_readings, n_axes)` in contiguous parts of some MiB."""
    rows = max(1, _CHUNK_BYTES // (values.shape[1] * values.itemsize))
    for start in range(0, len(values), rows):
        yield np.ascontiguousarray(values[start : start + rows])


def write(
    folder: Path,
    readings: Iterable[NDArray[Any]],
    *,
    shape: tuple[int, int],
    dtype: str,
    sample_rate_hz: float,
    sync: bool,
) -> Path:
    """Write readings as a file named by its SHA-256, whole or not at all.

    Parameters
    ----------
    folder : Path
        The project's `recordings/`.
    readings : iterable of ndarray
        Contiguous parts `(n, n_axes)`, one after the other.
    shape : tuple of int
        Readings of all parts together, and axes.
    dtype : str
        `int16` or `float32`, that of the parts.
    sync : bool
        Whether to wait until the disk has it; otherwise the caller does so with `sync_files`.

    Returns
    -------
    Path
        The file; the same content may have been there already.
    """
    head = header(dtype, *shape, sample_rate_hz)
    digest = hashlib.sha256(head)
    temporary = os.path.join(folder, TEMPORARY + secrets.token_hex(16))
    try:
        with open(temporary, "xb") as file:
            file.write(head)
            for part in readings:
                data = (part.byteswap() if sys.byteorder == "big" else part).data
                digest.update(data)
                file.write(data)
            size = file.tell()
            if sync:
                file.flush()
                os.fsync(file.fileno())
        path = folder / file_name(digest.hexdigest(), dtype)
        if _size(path) == size:
            os.unlink(temporary)  # Windows would not let a file in use be replaced
        else:
            os.replace(temporary, path)
    except OSError as error:
        _forget(temporary)
        raise _refused(folder, error) from error
    except BaseException:
        _forget(temporary)
        raise
    if sync:
        sync_folder(folder)
    return path


def _refused(folder: Path, error: OSError) -> ProjectError:
    """Say why recordings cannot be written; a file that is too large says nothing of others."""
    kind = ProjectError if error.errno == errno.EFBIG else ProjectUnwritableError
    return kind(
        f"A recording could not be written to {folder}: {error.strerror or error}.",
        "Check the folder's permissions and the free space of the disk.",
    )


def _forget(temporary: str) -> None:
    """Remove a file that may not be there."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary)


def _size(path: Path) -> int:
    """Return a file's size, or -1 if there is none."""
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return -1


def sync_files(paths: list[Path]) -> None:
    """Wait until the disk has these files.

    Done for many files at once, from several threads, this is far cheaper than one by one while
    writing, because the system writes them together; Linux has one call for all that it holds.
    """
    folders = {path.parent for path in paths}
    if len(paths) < _MANY_FILES or not all(_sync_system(folder) for folder in folders):
        shares = [paths[first::_SYNC_THREADS] for first in range(_SYNC_THREADS)]
        try:
            with ThreadPoolExecutor(_SYNC_THREADS) as threads:
                list(threads.map(_sync_each, shares))
            for folder in folders:
                sync_folder(folder)
        except OSError as error:  # some file systems say only now that they are full
            raise _refused(paths[0].parent, error) from error


def _sync_system(folder: Path) -> bool:
    """Wait until the disk has everything of the file system of a folder; False if that failed."""
    if sys.platform != "linux":
        return False
    handle = os.open(folder, os.O_RDONLY)
    try:
        return int(ctypes.CDLL(None).syncfs(handle)) == 0
    except AttributeError:
        return False  # another C library
    finally:
        os.close(handle)


def _sync_each(paths: list[Path]) -> None:
    for path in paths:
        handle = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sync_folder(folder: Path) -> None:
    """Wait until the disk knows the names in a folder (Windows does so by itself)."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read(folder: Path, recording: Recording) -> "np.memmap[tuple[int, int], np.dtype[np.generic]]":
    """Map a recording's readings, `(n_readings, n_axes)`, without loading them.

    Raises
    ------
    ProjectError
        If the file is missing, cut or has another header than was written.
    """
    path = folder / file_name(recording.sha256, recording.dtype)
    shape = (recording.readings, len(recording.axes))
    head = header(recording.dtype, *shape, recording.sample_rate_hz)
    kind = np.dtype("<i2" if recording.dtype == "int16" else "<f4")
    expected = len(head) + shape[0] * shape[1] * kind.itemsize
    try:
        with path.open("rb") as file:
            found = file.read(len(head))
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise ProjectError(
            f"Recording {recording.name} cannot be read: {error.strerror or error} ({path}).",
            "Restore the file from a copy, or remove the recording.",
        ) from error
    if found != head or size != expected:
        raise ProjectError(
            f"Recording {recording.name} is damaged: {path} has {size} bytes, {expected} "
            "were written, or its header was changed.",
            "Restore the file from a copy, or remove the recording.",
        )
    return np.memmap(path, dtype=kind, mode="r", offset=len(head), shape=shape)
