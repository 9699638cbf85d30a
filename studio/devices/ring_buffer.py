"""The newest readings of a link in shared memory, for whoever draws them.

The acquisition process writes (`RingWriter`), any number of others look (`RingReader`); nobody
ever waits for anybody. Before it touches the memory the writer states up to which reading it will
have written (`claimed`), afterwards that it has (`written`); each level of the `Pyramid` is a
ring, so from `claimed` a reader knows what may be overwritten at this moment. It takes what it
needs, looks again, and tries anew, further from the writer, if that has caught up with it.

The name of the memory stands in the `info` event. It is given back by its writer, by the service
that started the writer if that was killed, and if both were by Python's resource tracker.
"""

import contextlib
import os
import secrets
import shutil
import sys
import threading
from collections.abc import Iterable, Iterator
from multiprocessing import resource_tracker
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.devices.pyramid import FACTOR, LEVELS, Index, Pyramid, Shape, Values, plan
from studio.errors import DeviceError

BUDGET_BYTES = 32 << 20
SMALLEST_BYTES = 1 << 20
_MAGIC = 0x544D4C52494E4731
_HEADER = 256
_TRIES = 8
_FIELDS = 16
_KIND, _AXES, _CLAIMED, _WRITTEN, _ENDED, _RATE, _ARRIVED, _CAPACITIES = range(8)
_ATTACHING = threading.Lock()


class _Memory(SharedMemory):
    """Shared memory that views may outlive: the system takes it back with the last of them.

    A program that ends in the middle of something closes in any order.
    """

    def close(self) -> None:
        """Let go of it."""
        with contextlib.suppress(BufferError):
            super().close()


class RingWriter:
    """Makes the shared memory and writes to it.

    Parameters
    ----------
    n_axes : int
        Values per reading, at least 1.
    sample_rate_hz : float
        Kept for the readers.
    budget_bytes : int
        Memory to take; less if the system has little of the shared kind.

    Raises
    ------
    DeviceError
        If the system gives no shared memory.
    """

    def __init__(
        self, n_axes: int, sample_rate_hz: float, *, budget_bytes: int = BUDGET_BYTES
    ) -> None:
        shape = plan(n_axes, min(budget_bytes, _spare_bytes()))
        name = f"tml{os.getpid():x}-{secrets.token_hex(4)}"
        try:
            self._memory = _Memory(name, create=True, size=_HEADER + shape.size_bytes)
        except OSError as error:
            raise DeviceError(
                f"The system gave no shared memory for the plot: {error.strerror or error}.",
                "The recording goes on without it; free some memory to see the signal.",
            ) from error
        self.name = name
        """What a reader needs to find it."""
        self.next = 0
        """Index of the next reading."""
        self._chunk = shape.capacities[0] // 8
        whole = memoryview(self._memory.buf or b"")
        self._pyramid = Pyramid(shape, whole[_HEADER:])
        self._pyramid.clear()
        self._head = np.frombuffer(whole, np.int64, _FIELDS)
        self._reals = self._head.view(np.float64)
        self._head[_CAPACITIES : _CAPACITIES + LEVELS] = shape.capacities
        self._head[_AXES] = n_axes
        self._reals[_RATE] = sample_rate_hz
        self._head[_KIND] = _MAGIC

    def append(self, first_reading: int, values: NDArray[Any], *, at_s: float = 0.0) -> None:
        """Write readings `(n, n_axes)` that came at `at_s`; those left out before them are lost.

        Readings that go back are not taken.
        """
        if first_reading > self.next:
            self._head[_CLAIMED] = first_reading
            self._pyramid.skip(self.next, first_reading - self.next)
            self._head[_WRITTEN] = self.next = first_reading
        if first_reading < self.next:
            return
        for start in range(0, len(values), self._chunk):
            part = values[start : start + self._chunk]
            self._head[_CLAIMED] = self.next + len(part)
            self._pyramid.append(self.next, part)
            self.next += len(part)
            self._reals[_ARRIVED] = at_s
            self._head[_WRITTEN] = self.next

    def close(self) -> None:
        """Give the memory back; readers keep what is there as long as they hold it."""
        self._head[_ENDED] = 1
        del self._head, self._reals, self._pyramid
        self._memory.close()
        with contextlib.suppress(FileNotFoundError):
            self._memory.unlink()


class RingReader:
    """Looks at what a `RingWriter` wrote, in this or another process.

    Parameters
    ----------
    name : str
        As the writer says it.

    Raises
    ------
    DeviceError
        If there is no such memory (any more).
    """

    def __init__(self, name: str) -> None:
        try:
            self._memory = _attach(name)
        except (OSError, ValueError) as error:
            raise DeviceError(
                "The signal cannot be shown: its recording has ended.", "Link the board again."
            ) from error
        whole = memoryview(self._memory.buf or b"")
        self._head = np.frombuffer(whole, np.int64, _FIELDS)
        if self._head[_KIND] != _MAGIC:
            self.close()
            raise DeviceError(f"{name} holds no readings.", "Link the board again.")
        capacities = tuple(self._head[_CAPACITIES : _CAPACITIES + LEVELS].tolist())
        self.n_axes = int(self._head[_AXES])
        self.sample_rate_hz = float(self._head.view(np.float64)[_RATE])
        self._pyramid = Pyramid(Shape(self.n_axes, capacities), whole[_HEADER:])

    @property
    def written(self) -> int:
        """How many readings have been written, lost ones included."""
        return int(self._head[_WRITTEN])

    @property
    def arrived_s(self) -> float:
        """When the newest of them came (monotonic clock of this computer)."""
        return float(self._head.view(np.float64)[_ARRIVED])

    @property
    def ended(self) -> bool:
        """Whether the writer has closed it: nothing more will come."""
        return bool(self._head[_ENDED])

    def envelope(self, first: int, last: int, columns: int) -> tuple[Values, Values]:
        """Return the smallest and largest values of `columns` equal parts of `[first, last)`.

        Part i has the readings from `first + i * (last - first) // columns` on, at least one.
        Exact while the readings themselves are still held. Further back a part may show a spike
        that lies up to one bin outside it; no spike is ever lost.

        Parameters
        ----------
        first, last : int
            `first` < `last`; may reach before what is held and beyond what is written.
        columns : int
            At least 1.

        Returns
        -------
        tuple of ndarray, (columns, n_axes) float32
            Not-a-number where nothing is known: lost, not yet or no longer held.
        """
        edges = first + np.arange(columns + 1, dtype=np.int64) * (last - first) // columns
        starts, stops = edges[:-1], np.maximum(edges[1:], edges[:-1] + 1)
        low = high = np.empty((0, self.n_axes), np.float32)
        for attempt in range(1, _TRIES + 1):
            end, reach = self.written, self._reach(attempt)
            finest = np.argmax(starts[:, np.newaxis] >= reach, axis=1)
            known = np.maximum(starts, reach[-1])
            finest[starts < reach[-1]] = LEVELS - 1
            low, high = self._pyramid.envelope(known, np.maximum(stops, known), end, finest)
            if all(oldest <= reach[level] for level, oldest in self._oldest(set(finest))):
                break
        return low, high

    @property
    def held(self) -> int:
        """From which reading on the readings themselves are held; of older ones, bins."""
        return int(self._reach(1)[0])

    def readings(self, first: int, last: int) -> Values:
        """Return the readings `[first, last)` as they came, `(last - first, n_axes)` float32.

        Not-a-number where there is none: lost, not yet, or before `held`.
        """
        found = np.full((last - first, self.n_axes), np.nan, np.float32)
        start, stop = max(first, self.held), min(last, self.written)
        if start < stop:
            found[start - first : stop - first] = self._pyramid.readings(start, stop)
        for _, oldest in self._oldest([0]):  # the writer may have come to them meanwhile
            found[: max(0, oldest - first)] = np.nan
        return found

    def _oldest(self, levels: Iterable[int]) -> Iterator[tuple[int, int]]:
        """Yield levels and the oldest readings they have, whatever is being written."""
        claimed = int(self._head[_CLAIMED])
        for level in levels:
            yield level, self._pyramid.oldest(level, claimed)

    def _reach(self, attempt: int) -> Index:
        """Return from which reading on each level can be relied upon.

        The part of it that is next to be overwritten counts as gone; more with each attempt.
        """
        reach = np.zeros(LEVELS, np.int64)
        for level, oldest in self._oldest(range(LEVELS)):
            spare = attempt * self._pyramid.shape.capacities[level] // (2 * _TRIES)
            reach[level] = oldest + spare * FACTOR**level if oldest else 0
        return reach

    def close(self) -> None:
        """Let go of the memory."""
        vars(self).pop("_pyramid", None)  # what looks into the memory must go first
        del self._head
        self._memory.close()


def discard(name: str) -> None:
    """Give back the memory of a writer that was killed; nothing happens if it is gone."""
    if sys.platform == "win32":
        return  # goes with its last user there
    with contextlib.suppress(OSError, ValueError):
        memory = _attach(name)
        memory.close()
        with _ATTACHING, _untracked("unregister"):
            memory.unlink()


def _attach(name: str) -> _Memory:
    if sys.version_info >= (3, 13):
        return _Memory(name, track=False)
    # until Python 3.13 whoever looks is tracked like an owner: the memory would be given back
    # (and a process started to see to that) when the first reader ends
    with _ATTACHING, _untracked("register"):
        return _Memory(name)


@contextlib.contextmanager
def _untracked(what: str) -> Any:
    original = getattr(resource_tracker, what)
    setattr(resource_tracker, what, lambda *_: None)
    try:
        yield
    finally:
        setattr(resource_tracker, what, original)


def _spare_bytes() -> int:
    """Return how much shared memory may be taken; writing to more than there is would be fatal."""
    folder = Path("/dev/shm")
    if not folder.is_dir():
        return BUDGET_BYTES
    spare = shutil.disk_usage(folder).free // 4
    if spare < SMALLEST_BYTES:
        raise DeviceError(
            f"Only {4 * spare} bytes of shared memory are free; the plot needs "
            f"{4 * SMALLEST_BYTES}.",
            "The recording goes on without it; free some memory to see the signal.",
        )
    return spare
