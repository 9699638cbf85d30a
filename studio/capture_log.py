"""The crash-safe log of a running recording: append and scan.

Written by the acquisition process while data comes, sealed into a recording by the project. A log
is a header and then blocks, each with its own checksum, only ever appended. Whatever happens (a
kill, a full disk, a flipped bit), every whole block opens again; one that is damaged is a gap.

Layout, little-endian: the magic bytes, header size u32, header CRC-32 u32, header as JSON; then
per block: payload bytes u32, first_reading u64, CRC-32 u32 (over the twelve bytes before it and
the payload), payload (whole readings, interleaved).
"""

import contextlib
import itertools
import json
import os
import struct
import threading
import time
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from studio import filelock
from studio.errors import ProjectError
from studio.types import READING_DTYPES, Axis, Gap, Span

SUFFIX, MARKS = ".capture", ".marks"
MAGIC = b"TMLLOG1\n"
BLOCK_BYTES = 65536
BLOCK_S = 0.15
"""With the 50 ms that a reader may wait for bytes, a kill costs less than 250 ms."""
SYNC_S = 0.25
_SIZES = struct.Struct("<II")
_BLOCK = struct.Struct("<IQ")
_CRC = struct.Struct("<I")
_MAX_HEADER = 1 << 20
_PIECE = 1 << 20
_TRIES = 4
_LATEST = 1e11
"""Seconds since 1970: a later beginning is a slip."""
_FAR = 1 << 40
"""How many readings may be missing before a block: beyond that it is none."""


@dataclass(frozen=True, slots=True)
class CaptureHeader:
    """What is known when a recording begins."""

    axes: tuple[Axis, ...]
    sample_rate_hz: float
    dtype: str
    """One of `READING_DTYPES`."""
    name: str = ""
    label: str = ""
    group: str = ""
    source: str = ""
    """The port it comes from."""
    session: str = ""
    """What recordings made at the same time have in common."""
    started_s: float = 0.0
    """When the stream was started, by the computer's monotonic clock; 0 if unknown."""
    started_at: float = 0.0
    """When the first reading was taken, in seconds since 1970; 0 if unknown."""

    @property
    def reading_bytes(self) -> int:
        """Bytes of one reading of all axes."""
        return len(self.axes) * np.dtype(self.dtype).itemsize


@dataclass(frozen=True, slots=True)
class Capture:
    """What a log holds; its readings stay on the disk until they are asked for."""

    path: Path
    header: CaptureHeader
    readings: int
    """How many there are, without those lost."""
    gaps: tuple[Gap, ...]
    pieces: tuple[tuple[int, int], ...]
    """Where whole blocks follow each other: bytes `[start, stop)` of the file."""
    left_out: int
    """Bytes that are no whole blocks."""

    damaged: bool
    """Whether there are whole blocks behind some that are not."""

    def chunks(self) -> Iterator[NDArray[Any]]:
        """Yield all readings in order as `(n, n_axes)` in the header's dtype, about 1 MiB each.

        Raises
        ------
        ProjectError
            If the file cannot be read.
        """
        most = max(1, _PIECE // self.header.reading_bytes) * self.header.reading_bytes
        try:
            with self.path.open("rb") as file:
                for start, stop in self.pieces:
                    file.seek(start)
                    yield from self._piece(file, stop, most)
        except OSError as error:
            raise _damaged(self.path, f"cannot be read: {error.strerror}") from error

    def _piece(self, file: BinaryIO, stop: int, most: int) -> Iterator[NDArray[Any]]:
        """Yield the readings of blocks from here up to byte `stop`."""
        little = np.dtype(self.header.dtype).newbyteorder("<")
        while file.tell() < stop:
            size, _ = _BLOCK.unpack(file.read(_BLOCK.size + _CRC.size)[: _BLOCK.size])
            for at in range(0, size, most):
                flat = np.frombuffer(file.read(min(most, size - at)), little)
                rows = flat.reshape(-1, len(self.header.axes))
                yield rows.astype(self.header.dtype, copy=False)

    @property
    def values(self) -> NDArray[Any]:
        """All readings at once, `(n, n_axes)`."""
        none = np.empty((0, len(self.header.axes)), self.header.dtype)
        return np.concatenate([none, *self.chunks()])


class CaptureWriter:
    """Appends readings to a new log; safe against being killed at any moment.

    A block is written when 64 KiB are together or 150 ms have passed since its first reading; a
    thread of its own has the disk keep what was written at most every 250 ms.

    Parameters
    ----------
    path : Path
        File to create.
    header : CaptureHeader
        What is recorded.

    Raises
    ------
    ProjectError
        If the file exists already or cannot be written.
    """

    def __init__(self, path: Path, header: CaptureHeader) -> None:
        self.path = path
        self.readings = 0
        """Readings given so far."""
        self.saved = 0
        """Readings written in whole blocks so far."""
        self._header = header
        self._dtype = np.dtype(header.dtype).newbyteorder("<")
        self._parts: list[bytes] = []
        self._pending = 0
        self._first = 0
        self._next = 0
        self._since = 0.0
        self._failed = ""
        text = json.dumps(asdict(header)).encode()
        try:
            self._file = path.open("xb", buffering=0)
        except OSError as error:
            raise ProjectError(
                f"The recording's log {path} could not be created: {error.strerror}.",
                "Check that the project's folder can be written and the disk is not full.",
            ) from error
        filelock.hold(self._file)  # whoever opens the project sees that this log is in use
        self._write(MAGIC + _SIZES.pack(len(text), zlib.crc32(text)) + text)
        self._dirty = threading.Event()
        self._closing = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="capture log", daemon=True)
        self._keeper.start()

    def append(self, first_reading: int, values: NDArray[Any]) -> None:
        """Add readings `(n, n_axes)`; a `first_reading` beyond the last one marks a gap.

        Raises
        ------
        ProjectError
            If the disk refuses the data (what came before stays readable), or if the readings
            overlap those already written.
        """
        if first_reading < self._next:
            raise ProjectError(
                f"Reading {first_reading} came after reading {self._next - 1}.",
                "The board restarted; record again.",
            )
        if self._pending and first_reading != self._next:
            self.flush()
        if not self._pending:
            self._first, self._since = first_reading, time.monotonic()
        data = np.ascontiguousarray(values, dtype=self._dtype).tobytes()
        self._parts.append(data)
        self._pending += len(data)
        self._next = first_reading + len(values)
        self.readings += len(values)
        if self._pending >= BLOCK_BYTES or time.monotonic() - self._since >= BLOCK_S:
            self.flush()

    def flush(self) -> None:
        """Write what waits as one block, if anything does."""
        if not self._pending:
            return
        payload = b"".join(self._parts)
        head = _BLOCK.pack(len(payload), self._first)
        crc = zlib.crc32(payload, zlib.crc32(head))
        self._parts, self._pending = [], 0
        self._write(b"".join((head, _CRC.pack(crc), payload)))
        self.saved += len(payload) // self._header.reading_bytes
        self._dirty.set()

    def tick(self) -> None:
        """Write a block that has waited long enough; call now and then while nothing comes."""
        if self._pending and time.monotonic() - self._since >= BLOCK_S:
            self.flush()

    def close(self) -> None:
        """Write the rest, have the disk keep it, close."""
        try:
            if not self._failed:
                self.flush()
        finally:
            self._closing.set()
            self._dirty.set()
            self._keeper.join()
            self._file.close()
        if self._failed:
            raise self._error()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _write(self, data: bytes) -> None:
        if self._failed:
            raise self._error()
        view = memoryview(data)
        try:
            while view:
                view = view[self._file.write(view) :]
        except OSError as error:
            self._failed = error.strerror or str(error)
            raise self._error() from error

    def _error(self) -> ProjectError:
        return ProjectError(
            f"The disk refused the recording: {self._failed}. "
            f"{self.saved} readings up to there are safe.",
            "Free some space or choose another place for the project; the part that was written "
            "can be used.",
        )

    def _keep(self) -> None:
        while True:
            self._dirty.wait()
            last = self._closing.is_set()
            self._dirty.clear()
            try:
                os.fsync(self._file.fileno())
            except OSError as error:
                self._failed = self._failed or error.strerror or str(error)
            if last:
                return
            self._closing.wait(SYNC_S)


def _damaged(path: Path, what: str) -> ProjectError:
    return ProjectError(
        f"The capture log {path.name} {what}.",
        "Nothing had been recorded in it yet, or its beginning is damaged.",
    )


def _header(path: Path, file: BinaryIO) -> CaptureHeader:
    """Read a header from the beginning of an open log."""
    start = file.read(len(MAGIC) + _SIZES.size)
    if len(start) < len(MAGIC) + _SIZES.size or start[: len(MAGIC)] != MAGIC:
        raise _damaged(path, "does not begin like one")
    size, crc = _SIZES.unpack_from(start, len(MAGIC))
    text = file.read(min(size, _MAX_HEADER))
    if len(text) < size or zlib.crc32(text) != crc:
        raise _damaged(path, "has a damaged header")
    try:
        found = json.loads(text)
        found["axes"] = tuple(Axis(**axis) for axis in found["axes"])
        header = CaptureHeader(**found)
        usable = header.axes and header.dtype in READING_DTYPES and header.sample_rate_hz > 0
        usable = usable and 0 <= header.started_at < _LATEST
    except (ValueError, TypeError, KeyError) as error:
        raise _damaged(path, "has a header of another version") from error
    if not usable:
        raise _damaged(path, "has a header of another version")
    return header


def scan(path: Path) -> Capture:
    """Check a log and find its whole blocks, in little memory however long it is.

    Raises
    ------
    ProjectError
        If the file cannot be read or its header is damaged.
    """
    try:
        with path.open("rb") as file:
            header = _header(path, file)
            end = os.fstat(file.fileno()).st_size
            begun = start = position = file.tell()
            gaps: list[Gap] = []
            pieces: list[tuple[int, int]] = []
            readings = expected = 0
            while position < end:
                file.seek(position)
                block = _block(file, end - position, header.reading_bytes)
                if block is None or block[1] < expected:
                    if position > start:
                        pieces.append((start, position))
                    start = position = _next_block(file, position + 1, end, header, expected)
                    continue
                size, first = block
                if first > expected:
                    gaps.append(Gap(readings, first - expected))
                count = size // header.reading_bytes
                readings += count
                expected = first + count
                position += _BLOCK.size + _CRC.size + size
            if position > start:
                pieces.append((start, position))
    except OSError as error:
        raise _damaged(path, f"cannot be read: {error.strerror}") from error
    whole = sum(stop - start for start, stop in pieces)
    damaged = bool(pieces) and pieces[-1][1] - begun > whole
    left_out = end - begun - whole
    return Capture(path, header, readings, tuple(gaps), tuple(pieces), left_out, damaged)


def _next_block(
    file: BinaryIO, position: int, end: int, header: "CaptureHeader", expected: int
) -> int:
    """Return where the next whole block begins whose readings come later, or the end."""
    front = _BLOCK.size + _CRC.size
    patience = _TRIES * (end + _PIECE)
    while position + front <= end:
        file.seek(position)
        data = np.frombuffer(file.read(_PIECE + front), np.uint8)
        count = len(data) - front + 1
        # the sizes and first readings of blocks that would begin at each of these bytes
        sizes, firsts = _numbers(data, 0, 4, count), _numbers(data, 4, 8, count)
        likely = (sizes > 0) & (sizes % header.reading_bytes == 0)
        likely &= sizes <= end - position - front
        likely &= (firsts >= expected) & (firsts < expected + _FAR)
        for place in np.flatnonzero(likely).tolist():
            patience -= int(sizes[place])
            if patience < 0:  # made to be slow: no recorder writes such
                return end
            file.seek(position + place)
            if _block(file, end - position - place, header.reading_bytes) is not None:
                return int(position + place)
        position += count
    return end


def _numbers(data: NDArray[np.uint8], start: int, width: int, count: int) -> NDArray[np.uint64]:
    """Return the numbers of `width` bytes that begin at each of `count` places after `start`."""
    found = np.zeros(count, np.uint64)
    for byte in range(width):
        part = data[start + byte : start + byte + count].astype(np.uint64)
        found |= part << np.uint64(8 * byte)
    return found


def _block(file: BinaryIO, left: int, reading_bytes: int) -> tuple[int, int] | None:
    """Check the next block; return its payload's size and first reading, or None if not whole."""
    front = file.read(_BLOCK.size + _CRC.size)
    if len(front) < _BLOCK.size + _CRC.size:
        return None
    size, first = _BLOCK.unpack_from(front)
    if not 0 < size <= left - len(front) or size % reading_bytes:
        return None
    crc = zlib.crc32(front[: _BLOCK.size])
    for start in range(0, size, _PIECE):
        crc = zlib.crc32(file.read(min(_PIECE, size - start)), crc)
    return (size, first) if (crc,) == _CRC.unpack_from(front, _BLOCK.size) else None


def note_mark(log: Path, label: str, at: int) -> None:
    """Keep beside a log that a label holds from its reading `at` on; an empty one ends the last.

    It does not wait for the disk, which may take longer than readings can wait to be written.

    Raises
    ------
    ProjectError
        If it cannot be written.
    """
    path = log.with_suffix(MARKS)
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps([at, label]) + "\n")
    except OSError as error:
        raise ProjectError(
            f"The label {label!r} cannot be kept beside {log.name}: {error.strerror or error}.",
            "Make room on the disk.",
        ) from error
    threading.Thread(target=_settle, args=(path,), name="marks").start()


@contextlib.contextmanager
def first_mark(log: Path, label: str) -> Iterator[None]:
    """Keep that a label holds from the first reading on, before there is a log; none if empty.

    The marks are held meanwhile: such that nobody holds, without a log, are left from a program
    that died.

    Raises
    ------
    ProjectError
        If it cannot be written.
    """
    if not label:
        yield
        return
    note_mark(log, label, 0)
    with log.with_suffix(MARKS).open("r+b") as file:
        filelock.hold(file)
        yield


def _settle(path: Path) -> None:
    """Wait until the disk has a file, unless it was used up and removed meanwhile."""
    with contextlib.suppress(OSError), path.open("r+b") as file:
        os.fsync(file.fileno())


def marked_spans(log: Path, readings: int) -> list[Span]:
    """Return the labelled stretches of a log with so many readings, by the marks beside it.

    A line that was half written when its writer died is passed over.
    """
    try:
        lines = log.with_suffix(MARKS).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    edges = [*filter(None, map(_mark, lines)), (readings, "")]
    spans = []
    for (start, label), (stop, _) in itertools.pairwise(edges):
        begin, end = min(start, readings), min(stop, readings)
        if label and end > begin:
            spans.append(Span(begin, end, label))
    return spans


def _mark(line: str) -> tuple[int, str] | None:
    try:
        at, label = json.loads(line)
        return max(0, int(at)), str(label)
    except (ValueError, TypeError):
        return None


def remove(log: Path) -> None:
    """Remove a log and what is kept beside it."""
    log.unlink(missing_ok=True)
    log.with_suffix(MARKS).unlink(missing_ok=True)
