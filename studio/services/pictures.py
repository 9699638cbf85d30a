"""Pictures of a recording for a person who labels it: as many columns as the screen has.

Hours of readings are looked through once, in bins; what is asked for afterwards takes the time of
its columns. Bins of long recordings are kept on the disk, by the content of the recording.
"""

import operator
import os
import threading
import uuid
import zipfile
from collections import OrderedDict
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.events import Reporter
from studio.paths import cache_dir, make_folder
from studio.project import Project
from studio.services.amounts import Amounts
from studio.services.onsets import onsets
from studio.services.spectrogram import Spectrogram, Spectrograph
from studio.types import Axis, Recording

BIN = 256
"""Readings in a bin."""
DIRECT = 1 << 21
"""Up to so many readings are looked at themselves instead of their bins."""
AMOUNTS_MOST = 1 << 24
"""Up to so many values are looked through for their mean: a fraction of a second."""
KEPT_IN_MEMORY = 4
KEPT_BYTES = 1 << 29
"""How much the bins on the disk may take; those not used for longest go first."""
TRACES = 3
"""The most axes that share a plot."""
_CHUNK = 1 << 20
_lock = threading.Lock()
_recent: "OrderedDict[str, Bins]" = OrderedDict()


@dataclass(frozen=True, slots=True)
class Bins:
    """Smallest, largest and mean square of every `BIN` readings, `(k, n_axes)` float32 each."""

    low: NDArray[np.float32]
    high: NDArray[np.float32]
    power: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Envelope:
    """The signal between two readings in columns, or the readings themselves if they are few."""

    edges: NDArray[np.int64]
    """First reading of each column and the end of the last; of readings themselves: each one."""
    low: NDArray[np.float32]
    high: NDArray[np.float32]
    rms: NDArray[np.float32]
    """Root of the mean square of each column; all three are `(columns, n_axes)`."""
    exact: bool
    """Whether the columns are single readings."""


class Look:
    """An opened recording that pictures are taken of; its methods may run in any thread."""

    def __init__(self, recording: Recording, values: NDArray[Any]) -> None:
        self.recording = recording
        self.values = values
        self.scale = 1 / 32768 if recording.dtype == "int16" else 1.0
        """What readings are multiplied with: of sound, full scale is 1."""
        self._spectrograph = Spectrograph(
            values, recording.sample_rate_hz, spectral_axes(recording.axes), self.scale
        )

    @property
    def ready(self) -> bool:
        """Whether a picture of all of it takes no time: `prepare` has been done or is short."""
        return self.recording.readings <= DIRECT or self.recording.sha256 in _recent

    def prepare(self, report: Reporter) -> None:
        """Look through the whole recording once, unless that was done before."""
        if not self.ready:
            self._bins(report)

    def _bins(self, report: Reporter | None = None) -> Bins:
        sha256 = self.recording.sha256
        with _lock:
            if sha256 in _recent:
                _recent.move_to_end(sha256)
                return _recent[sha256]
        kept = len(self.values) > DIRECT
        found = _stored(sha256) if kept else None
        if found is None:
            found = _binned(self.values, self.scale, report)
            if kept:
                _store(sha256, found)
        with _lock:
            _recent[sha256] = found
            while len(_recent) > KEPT_IN_MEMORY:
                _recent.popitem(last=False)
        return found

    def reach(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the smallest and the largest value of each axis in the whole recording."""
        bins = self._bins()
        return bins.low.min(axis=0), bins.high.max(axis=0)

    def envelope(self, start: int, stop: int, columns: int) -> Envelope:
        """Return the readings `[start, stop)` in so many columns."""
        count = len(self.values)
        start, stop = max(0, start), min(stop, count)
        if stop - start <= 2 * columns:
            part = np.asarray(self.values[start:stop], np.float32) * self.scale
            return Envelope(np.arange(start, stop), part, part, np.abs(part), True)
        edges = np.linspace(start, stop, columns + 1).astype(np.int64)
        if stop - start <= DIRECT:
            part = np.asarray(self.values[start:stop], np.float32) * self.scale
            heads = edges[:-1] - start
            low = np.minimum.reduceat(part, heads, axis=0)
            high = np.maximum.reduceat(part, heads, axis=0)
            power = np.add.reduceat(part * part, heads, axis=0) / np.diff(edges)[:, None]
            return Envelope(edges, low, high, np.sqrt(power), False)
        bins = self._bins()
        heads = edges[:-1] // BIN
        low = np.minimum.reduceat(bins.low, heads, axis=0)
        high = np.maximum.reduceat(bins.high, heads, axis=0)
        counts = np.diff(np.append(heads, -(-stop // BIN)))
        last = slice(0, int(heads[-1] + counts[-1]))
        power = np.add.reduceat(bins.power[last], heads, axis=0) / counts[:, None]
        return Envelope(edges, low, high, np.sqrt(power, dtype=np.float32), False)

    def amounts(self, start: int, stop: int) -> Amounts | None:
        """Return smallest, largest, mean and RMS of `[start, stop)`, in the recording's numbers.

        None if there are more than can be looked through while a person waits, or none.
        """
        start, stop = max(0, start), min(stop, len(self.values))
        if not 0 < (stop - start) * self.values.shape[1] <= AMOUNTS_MOST:
            return None
        pieces = range(start, stop, _CHUNK)
        parts = (self.values[at : min(at + _CHUNK, stop)] for at in pieces)
        return reduce(operator.add, map(Amounts.of, parts))

    def spectrogram(self, start: int, stop: int, columns: int) -> Spectrogram:
        """Return the energy over time and frequency of the readings `[start, stop)`."""
        return self._spectrograph.picture(max(0, start), min(stop, len(self.values)), columns)

    def onsets(self, start: int, stop: int) -> NDArray[np.int64]:
        """Return where something begins or ends in `[start, stop)`, for edges to snap to."""
        return onsets(self.values, self.recording.sample_rate_hz, start, stop)


def look(path: Path, recording_id: int) -> Look:
    """Open a recording for pictures.

    Raises
    ------
    ProjectError
        If it is not there or its file cannot be read.
    """
    with Project.open(path) as project:
        return Look(project.recording(recording_id), project.read(recording_id))


def grouped(axes: tuple[Axis, ...]) -> list[list[int]]:
    """Return which axes share a plot: neighbours with one unit, three at most."""
    groups: list[list[int]] = []
    for index, axis in enumerate(axes):
        last = groups[-1] if groups else []
        if not last or len(last) == TRACES or axes[last[0]].units != axis.units:
            groups.append([])
        groups[-1].append(index)
    return groups


def spectral_axes(axes: tuple[Axis, ...]) -> list[int]:
    """Return the axes whose energy a spectrogram adds up: those of the first plot."""
    return grouped(axes)[0]


def _binned(values: NDArray[Any], scale: float, report: Reporter | None) -> Bins:
    """Look through all readings."""
    count, n_axes = values.shape
    bins = -(-count // BIN)
    found = Bins(*(np.empty((bins, n_axes), np.float32) for _ in range(3)))
    for first in range(0, count, _CHUNK):
        if report is not None:
            report.check_cancelled()
            report.progress(first / count, f"Looking through {first} of {count} readings")
        part = np.asarray(values[first : first + _CHUNK], np.float32) * scale
        heads = np.arange(0, len(part), BIN)
        at = slice(first // BIN, first // BIN + len(heads))
        np.minimum.reduceat(part, heads, axis=0, out=found.low[at])
        np.maximum.reduceat(part, heads, axis=0, out=found.high[at])
        sizes = np.diff(np.append(heads, len(part)))[:, None]
        found.power[at] = np.add.reduceat(part * part, heads, axis=0) / sizes
    return found


def _folder() -> Path:
    return make_folder(cache_dir() / "pictures")


def _stored(sha256: str) -> Bins | None:
    """Return bins that were kept on the disk; None if there are none that can be read."""
    file = _folder() / f"{sha256}.npz"
    try:
        with np.load(file) as kept:
            found = Bins(kept["low"], kept["high"], kept["power"])
        os.utime(file)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return found


def _store(sha256: str, bins: Bins) -> None:
    """Keep bins on the disk; without room they are made again next time."""
    folder = _folder()
    temporary = folder / f".{uuid.uuid4().hex}"
    try:
        with temporary.open("xb") as file:
            np.savez(file, low=bins.low, high=bins.high, power=bins.power)
        os.replace(temporary, folder / f"{sha256}.npz")
        kept = sorted(folder.glob("*.npz"), key=lambda one: one.stat().st_mtime, reverse=True)
        total = 0
        for one in kept:
            total += one.stat().st_size
            if total > KEPT_BYTES:
                one.unlink(missing_ok=True)
    except OSError:
        temporary.unlink(missing_ok=True)
