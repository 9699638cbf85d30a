"""Files as a source: `file:///folder/name.wav?speed=1&loop=0`.

Sound (what soundfile reads), arrays (`.npy`), capture logs, and what importers read besides
(tables, Edge Impulse's JSON and CBOR) are played as a board would send them: paced by the clock,
or with `speed=0` as fast as they are taken. Gaps of a file are gaps again. The rest of the
address:

- `speed`: how many times as fast as they were recorded; 0: no pacing;
- `loop`: 1 plays them again and again;
- `rate`: readings per second; needed for arrays and tables without times, which do not know it;
- `axes`: names of an array's columns, `accX,accY,accZ`, or the columns of a table to take.
"""

import math
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote

import numpy as np
from numpy.typing import NDArray

from studio import capture_log
from studio.devices.source import Block, Ended, Item, LinkStats
from studio.errors import DeviceError, StudioError
from studio.registry import provided
from studio.types import READING_DTYPES, Axis, Gap, Imported, ImportOptions, StreamInfo

SCHEME = "file://"
BLOCK_S = 0.02
"""Readings that come together when they are paced."""
CHUNK = 4096
"""Readings that come together when they are not."""
MOST_AXES = 256
SOUND = Axis("audio", "wav")
_OPTIONS = ("speed", "loop", "rate", "axes")


class _Player(Protocol):
    """Reads one kind of file."""

    stream: StreamInfo

    def blocks(self, most: int) -> Iterator[Block]:
        """Yield its readings from the beginning, at most `most` at once."""


class FileSource:
    """Plays a file as if a board sent it; a `Source`.

    Parameters
    ----------
    url : str
        See the module's description.

    Raises
    ------
    DeviceError
        If the file cannot be read, or the address says something that cannot be.
    """

    protocol = "auto"

    def __init__(self, url: str) -> None:
        self._url = url
        path, options = parse(url, SCHEME, _OPTIONS)
        self._path = Path(_local(path))
        self._speed = number(url, options, "speed", 1.0, low=0.0, high=1e6)
        self._loop = number(url, options, "loop", 0.0, low=0.0, high=1.0) > 0
        rate = number(url, options, "rate", 0.0, low=0.0, high=1e7)
        names = [name.strip() for name in options.get("axes", "").split(",") if name.strip()]
        self._player = _player(self._path, rate, names)
        self._blocks: Iterator[Block] = iter(())
        self._waiting: Block | None = None
        self._offset = self._after = 0
        self._began = 0.0
        self._lost = 0
        self._running = False

    @property
    def url(self) -> str:
        """What was opened."""
        return self._url

    @property
    def stats(self) -> LinkStats:
        """The file's gaps that were passed so far."""
        return LinkStats(lost_readings=self._lost)

    def hello(self, *, timeout_s: float = 6.0) -> StreamInfo:
        """Return what the file holds."""
        return self._player.stream

    def start(self) -> StreamInfo:
        """Begin at the file's first reading."""
        self._offset = self._after = self._lost = 0
        self._blocks = self._begin()
        self._waiting = None
        self._began = time.monotonic()
        self._running = True
        return self._player.stream

    def _begin(self) -> Iterator[Block]:
        rate = self._player.stream.sample_rate_hz * self._speed
        return self._player.blocks(max(1, round(rate * BLOCK_S)) if self._speed else CHUNK)

    def read(self) -> list[Item]:
        """Return readings that are due, waiting for the next ones up to 50 ms."""
        items = self.waiting()
        if not items and self._waiting is not None:
            time.sleep(min(0.05, max(0.0, self._due(self._waiting) - time.monotonic())))
            items = self.waiting()
        elif not items:
            time.sleep(0.05)
        return items

    def waiting(self) -> list[Item]:
        """Return readings that are due."""
        items: list[Item] = []
        while self._running:
            if self._waiting is None and not self._advance():
                self._running = False
                items.append(Ended(f"{self._path.name} is at its end."))
                break
            assert self._waiting is not None
            if self._speed and self._due(self._waiting) > time.monotonic():
                break
            self._lost += self._waiting.first_reading - self._after
            self._after = self._waiting.first_reading + len(self._waiting.values)
            items.append(self._waiting)
            self._waiting = None
            if not self._speed:
                break
        return items

    def _advance(self) -> bool:
        """Take the next block of the file; false at its end."""
        block = next(self._blocks, None)
        if block is None and self._loop and self._after > self._offset:
            self._offset = self._after
            self._blocks = self._begin()
            block = next(self._blocks, None)
        if block is not None:
            self._waiting = Block(self._offset + block.first_reading, block.values)
        return block is not None

    def _due(self, block: Block) -> float:
        """Return when the last reading of a block has been taken."""
        last = block.first_reading + len(block.values)
        return self._began + last / (self._player.stream.sample_rate_hz * self._speed)

    def stop(self) -> None:
        """Stop playing."""
        self._running = False

    def close(self) -> None:
        """Stop playing; files are not kept open."""
        self._running = False


def parse(url: str, scheme: str, known: tuple[str, ...]) -> tuple[str, dict[str, str]]:
    """Return the path or name in a URL, and its options.

    Raises
    ------
    DeviceError
        For an option that is not known.
    """
    # not urlsplit: names may hold "#", behind which it sees no options
    name, _, query = url[len(scheme) :].partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    strange = next((one for one in options if one not in known), None)
    if strange is not None:
        raise DeviceError(f"{url} has the option {strange!r}.", f"There are: {', '.join(known)}.")
    return unquote(name), options


def number(
    url: str, options: dict[str, str], name: str, default: float, *, low: float, high: float
) -> float:
    """Return an option of a URL as a number from `low` to `high`.

    Raises
    ------
    DeviceError
        If it is anything else.
    """
    text = options.get(name, "")
    try:
        value = float(text) if text else default
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise DeviceError(
            f"{name} is {text!r} in {url}.", f"Give a number from {low:g} to {high:g}."
        )
    return value


def _local(path: str) -> str:
    """Return a path of this computer: `/C:/folder` is `C:/folder` on Windows."""
    windows = len(path) > 2 and path[0] == "/" and path[2] == ":"
    return path[1:] if windows else path


def _player(path: Path, rate_hz: float, names: list[str]) -> _Player:
    try:
        there = path.is_file()
    except OSError:  # such as a name longer than any
        there = False
    if not there:
        raise DeviceError(
            f"There is no file {str(path)[:300]}.",
            "Give its whole path: file:///home/me/sound.wav.",
        )
    try:
        if path.suffix == capture_log.SUFFIX:
            return _Log(path)
        if path.suffix == ".npy":
            return _Array(path, rate_hz, names)
        importer = _importer(path)
        return _Sound(path) if importer is None else _Table(path, importer, rate_hz, names)
    except OSError as error:
        raise _unreadable(path, str(error.strerror or error)) from error


def _unreadable(path: Path, why: str) -> DeviceError:
    return DeviceError(
        f"{path.name} cannot be played: {why}.",
        "Played are sound, .npy arrays, tables and capture logs; import other files instead.",
    )


def _importer(path: Path) -> Any:
    """Return the importer of a file; None for sound, which is not read as a whole to be played."""
    suffix = path.suffix.lower()
    for row in provided("importer"):
        importer = row.load()
        if suffix in importer.suffixes and importer.recognises(path):
            return None if ".wav" in importer.suffixes else importer
    return None


def _info(path: Path, rate_hz: float, dtype: str, axes: tuple[Axis, ...]) -> StreamInfo:
    return StreamInfo(f"file {path.name}", "", rate_hz, dtype, axes, 0)


class _Sound:
    """A sound file; each channel is an axis."""

    def __init__(self, path: Path) -> None:
        import soundfile

        self._path = path
        try:
            about = soundfile.info(str(path))
        except RuntimeError as error:  # soundfile's own errors are such
            raise _unreadable(path, "it is no sound file that is known here") from error
        axes: tuple[Axis, ...] = (SOUND,)
        if about.channels > 1:
            axes = tuple(Axis(f"ch{k}", "wav") for k in range(1, about.channels + 1))
        self.stream = _info(path, float(about.samplerate), "int16", axes)

    def blocks(self, most: int) -> Iterator[Block]:
        import soundfile

        at = 0
        try:
            for part in soundfile.blocks(str(self._path), most, dtype="int16", always_2d=True):
                yield Block(at, part)
                at += len(part)
        except RuntimeError as error:
            raise _unreadable(self._path, f"it is damaged after {at} readings") from error


class _Array:
    """An array of NumPy, `(n,)` or `(n, n_axes)`."""

    def __init__(self, path: Path, rate_hz: float, names: list[str]) -> None:
        self._path = path
        try:
            values = np.load(path, mmap_mode="r", allow_pickle=False)
        except ValueError as error:
            raise _unreadable(path, "it is no array of numbers") from error
        if values.ndim == 1:
            values = values[:, np.newaxis]
        if (
            values.ndim != 2
            or not 0 < values.shape[1] <= MOST_AXES
            or values.dtype.kind not in "if"
        ):
            raise _unreadable(path, f"it holds {values.dtype} of shape {values.shape}")
        if rate_hz <= 0:
            raise DeviceError(
                f"{path.name} does not say its rate.", "Give it in the address: ?rate=100."
            )
        count = values.shape[1]
        names = names or [f"axis{k}" for k in range(1, count + 1)]
        if len(names) != count:
            raise DeviceError(
                f"{path.name} has {count} columns; {len(names)} axes were named.",
                "Name each column: ?axes=accX,accY,accZ.",
            )
        dtype = str(values.dtype) if str(values.dtype) in READING_DTYPES else "float32"
        self._values = values
        self.stream = _info(path, rate_hz, dtype, tuple(Axis(name) for name in names))

    def blocks(self, most: int) -> Iterator[Block]:
        for at in range(0, len(self._values), most):
            part: NDArray[Any] = np.array(self._values[at : at + most], self.stream.dtype)
            yield Block(at, part)


class _Log:
    """A capture log, with its gaps."""

    def __init__(self, path: Path) -> None:
        self._capture = capture_log.scan(path)
        head = self._capture.header
        self.stream = _info(path, head.sample_rate_hz, head.dtype, head.axes)

    def blocks(self, most: int) -> Iterator[Block]:
        return _parted(self._capture.chunks(), self._capture.gaps, most)


class _Table:
    """What an importer reads: one stretch of readings, with its gaps."""

    def __init__(self, path: Path, importer: Any, rate_hz: float, names: list[str]) -> None:
        try:
            takes = importer.read(path, ImportOptions(sample_rate_hz=rate_hz, axes=tuple(names)))
        except StudioError as error:
            raise DeviceError(
                error.message,
                "Say its rate with ?rate=100 and its columns with ?axes=accX,accY, or import it: "
                "there everything else can be said too.",
            ) from error
        taken: Imported = takes[0]
        if len(takes) > 1:
            raise _unreadable(path, f"it holds {len(takes)} takes, parted by blank lines")
        if taken.times_s is not None:
            raise DeviceError(
                f"{path.name} cannot be played: its times are uneven.",
                "Import it, where it is made regular; or give a rate to play it at: ?rate=100.",
            )
        if taken.sample_rate_hz <= 0:
            raise DeviceError(
                f"{path.name} does not say its rate: none of its columns is called as one of "
                "times.",
                "Give it in the address: ?rate=100.",
            )
        self._taken = taken
        dtype = str(taken.values.dtype)
        self.stream = _info(path, taken.sample_rate_hz, dtype, taken.axes)

    def blocks(self, most: int) -> Iterator[Block]:
        return _parted([self._taken.values], self._taken.gaps, most)


def _parted(chunks: Iterable[NDArray[Any]], gaps: Sequence[Gap], most: int) -> Iterator[Block]:
    """Yield blocks that end at gaps, numbered over what is missing."""
    left = list(gaps)
    at = missing = 0
    for chunk in chunks:
        while len(chunk):
            if left and left[0].at == at:
                missing += left.pop(0).missing
            count = min(most, len(chunk), left[0].at - at if left else most)
            yield Block(at + missing, chunk[:count])
            chunk = chunk[count:]
            at += count
