"""A source that outlives its port: the board may be unplugged, reset or silent for a while.

While the board is away this looks for it again twice a second. When readings come again they are
numbered on, behind a gap as long as the board was away: the time since the last reading by this
computer's clock, times the measured rate. That is right to within the lateness of two arrivals,
a few readings; no reading is ever numbered below one that came before.
"""

import dataclasses
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from studio.devices.rate import Rate, RateEstimator
from studio.devices.source import Block, Item, LinkStats, Restarted, Source, Text
from studio.errors import DeviceError
from studio.types import StreamInfo

RETRY_S = 0.5
HELLO_S = 5.5
"""Long enough for slow text lines, whose rate is measured anew, and for boards that cannot be
asked but say every five seconds what they stream."""
PAUSE_S = 0.05
RATES_APART = 1.25
"""Rates measured over a few lines are rough; this much apart they are not the same."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The board is away; it is looked for."""

    why: str


@dataclass(frozen=True, slots=True)
class Resumed:
    """Readings come again, `missing` of them after the last one before."""

    missing: int
    away_s: float
    rate_hz: float


@dataclass(frozen=True, slots=True)
class Silent:
    """The port is there, but nothing came for too long."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Changed:
    """What streams now has other axes, another type or rate: it cannot be the same recording."""

    stream: StreamInfo


SteadyItem = Item | Waiting | Resumed | Silent | Changed


class Steady:
    """Keeps one numbering of readings over any number of connections to a board.

    Parameters
    ----------
    reopen : callable
        Opens the source; gets the one before, or None for the first.
    stall_s : float
        Silence after which the board counts as away.
    patience_s : float
        How long it may be away; 0 has the first failure end the stream.
    """

    def __init__(
        self, reopen: Callable[[Source | None], Source], *, stall_s: float, patience_s: float
    ) -> None:
        self._reopen = reopen
        self._stall_s = stall_s
        self._patience_s = patience_s
        self._previous: Source | None = None
        self._source: Source | None = reopen(None)
        self._stream: StreamInfo | None = None
        self._lost = LinkStats()
        self._arrivals = [RateEstimator()]
        """Of the first stretch without a break, the longest one, and the present one."""
        self._offset = 0
        self._error: DeviceError | None = None
        self._away = False
        self._remeasured = False
        self._retry = 0.0
        self._heard = time.monotonic()
        self.next_reading = 0
        """Index of the next reading."""
        self.started_s = 0.0
        """When the stream was started (monotonic clock)."""

    @property
    def stats(self) -> LinkStats:
        """What was lost so far, over all connections."""
        return self._lost if self._source is None else _sum(self._lost, self._source.stats)

    @property
    def rate(self) -> Rate | None:
        """The rate of the longest stretch without a break; None while that says nothing yet."""
        rates = [rate for row in self._arrivals if (rate := row.estimate()) is not None]
        return max(rates, key=lambda rate: rate.span_s, default=None)

    @property
    def begun(self) -> tuple[float, float] | None:
        """When reading 0 was taken by the monotonic clock, and how sure that is, in s."""
        return self._arrivals[0].begun()

    @property
    def away(self) -> bool:
        """Whether the board is being waited for."""
        return self._away

    def hello(self) -> StreamInfo:
        """Find out what it streams; raises `DeviceError` as the source does."""
        assert self._source is not None
        return self._source.hello()

    def start(self) -> StreamInfo:
        """Start the stream at reading 0; raises `DeviceError` as the source does."""
        assert self._source is not None
        self._stream = self._source.start()
        self._forget_earlier(self._source)
        self.started_s = self._heard = time.monotonic()
        self._stall_s = max(self._stall_s, 10 / max(self._stream.sample_rate_hz, 0.01))
        return self._stream

    def read(self) -> list[SteadyItem]:
        """Return what has come, waiting at most about 50 ms for it unless the board is away.

        Raises
        ------
        DeviceError
            If the port was gone for longer than the patience.
        """
        if self._source is None:
            return self._look_for_it()
        try:
            items = self._numbered(self._source.read())
        except DeviceError as error:
            return self._lose(error)
        silent_s = time.monotonic() - self._heard
        if silent_s > self._stall_s:
            items += self._wake(silent_s)
        return items

    def stop(self) -> list[SteadyItem]:
        """Stop the stream; return what was on the way."""
        if self._source is None:
            return []
        try:
            self._source.stop()
            return self._numbered(self._source.waiting())
        except DeviceError:
            return []  # it has gone: nothing left to stop

    def close(self) -> None:
        """Give the port back."""
        if self._source is not None:
            self._source.close()

    def _numbered(self, items: list[Item]) -> list[SteadyItem]:
        """Return items with their readings in the numbering of the whole stream."""
        numbered: list[SteadyItem] = []
        for item in items:
            if isinstance(item, Block):
                now = time.monotonic()
                numbered += self._place(item, now)
                self._heard = now
            elif isinstance(item, Restarted):
                numbered.append(item)
                if self._patience_s > 0:
                    numbered += self._begin_again("The board restarted.")
                break
            elif isinstance(item, StreamInfo) and self._differs(item):
                numbered.append(Changed(item))
            else:
                numbered.append(item)
        return numbered

    def _place(self, block: Block, now: float) -> list[SteadyItem]:
        count = len(block.values)
        placed: list[SteadyItem] = []
        if self._away:
            self._away, self._error = False, None
            measured, away_s = self.rate, now - self._heard
            rate_hz = measured.rate_hz if measured else self._told_hz
            last = self.next_reading + round(away_s * rate_hz)
            # at least one is missing: the seam must be seen however short the break was
            self._offset = max(last - count, self.next_reading + 1) - block.first_reading
            missing = self._offset + block.first_reading - self.next_reading
            self._lost = _sum(self._lost, LinkStats(lost_readings=missing))
            placed.append(Resumed(missing, away_s, rate_hz))
            self._new_stretch()
        first = self._offset + block.first_reading
        placed += self._finite(Block(first, block.values))
        self.next_reading = first + count
        self._arrivals[-1].add(self.next_reading, now)
        return placed

    def _new_stretch(self) -> None:
        """Measure the rate anew: how long the break was is less sure than what is measured."""
        first, *others = self._arrivals
        rates = [(row.estimate(), row) for row in others]
        spans = [(rate.span_s, number) for number, (rate, _) in enumerate(rates) if rate]
        kept = [rates[max(spans)[1]][1]] if spans else []
        self._arrivals = [first, *kept, RateEstimator()]

    def _finite(self, block: Block) -> list[Block]:
        """Leave out readings with a value that is no number: they are lost, and lie in gaps."""
        values = block.values
        if values.dtype.kind != "f" or np.isfinite(values).all():
            return [block]
        bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
        self._lost = _sum(self._lost, LinkStats(lost_readings=len(bad), damaged_packets=len(bad)))
        edges = [-1, *bad.tolist(), len(values)]
        return [
            Block(block.first_reading + start + 1, values[start + 1 : stop])
            for start, stop in itertools.pairwise(edges)
            if stop > start + 1
        ]

    @property
    def _told_hz(self) -> float:
        return self._stream.sample_rate_hz if self._stream else 0.0

    def _differs(self, other: StreamInfo) -> bool:
        """Whether it cannot be the same board.

        Names that no checksum guards, of lines of text, do not tell: they may be damaged, or not
        be said again. Their rates are measured.
        """
        mine = self._stream
        if mine is None:
            return False
        if mine.measured and other.measured:
            slower, faster = sorted((mine.sample_rate_hz, other.sample_rate_hz))
            return len(mine.axes) != len(other.axes) or faster > RATES_APART * slower
        rates = mine.sample_rate_hz == other.sample_rate_hz or mine.measured or other.measured
        return (mine.axes, mine.dtype) != (other.axes, other.dtype) or not rates

    def _wake(self, silent_s: float) -> list[SteadyItem]:
        """Ask a silent board to go on; say so when it has been silent for too long."""
        longest_s = max(self._patience_s, self._stall_s)
        if self.next_reading == 0 or silent_s > longest_s:
            return [Silent(longest_s if self.next_reading else self._stall_s)]
        if time.monotonic() < self._retry:
            return []
        self._retry = time.monotonic() + max(RETRY_S, self._stall_s)
        return self._begin_again(f"It has sent nothing for {silent_s:.0f} s.")

    def _begin_again(self, why: str) -> list[SteadyItem]:
        """Start the stream anew on the connection there is."""
        assert self._source is not None
        told: list[SteadyItem] = [] if self._away else [Waiting(why)]
        self._away = True
        try:
            stream = self._source.hello(timeout_s=HELLO_S)
            self._source.start()
        except DeviceError as error:
            return told + self._lose(error)
        if self._differs(stream):
            if self._is_rough(stream):
                self._remeasured = True
                return told + self._lose(DeviceError("Its rate is measured again."))
            return [*told, Changed(stream)]
        self._remeasured = False
        return told + self._renamed(stream)

    def _is_rough(self, other: StreamInfo) -> bool:
        """Whether only a rate differs, measured once on a computer that may have been busy."""
        mine = self._stream
        assert mine is not None
        measured = mine.measured and other.measured and self._previous is not None
        return measured and len(mine.axes) == len(other.axes) and not self._remeasured

    def _renamed(self, other: StreamInfo) -> list[SteadyItem]:
        """Say so if the axes have other names now; they keep those they had."""
        if self._stream is None or self._stream.axes == other.axes:
            return []
        now, before = (", ".join(a.name for a in s.axes) for s in (other, self._stream))
        return [Text(f"The axes are called {now} now; they are recorded as {before}.")]

    def _lose(self, error: DeviceError) -> list[SteadyItem]:
        """Note that the port has gone; raise if there is no patience."""
        assert self._source is not None
        self._error = self._error or error
        self._lost = _sum(self._lost, self._source.stats)
        self._source.close()
        self._previous, self._source = self._source, None
        if self._patience_s <= 0 or self.next_reading == 0:
            raise error
        self._retry = time.monotonic() + RETRY_S
        told: list[SteadyItem] = [] if self._away else [Waiting(error.message)]
        self._away = True
        return told

    def _look_for_it(self) -> list[SteadyItem]:
        """Try to open the port again now and then."""
        now = time.monotonic()
        if now - self._heard > self._patience_s and self._error is not None:
            raise self._error
        if now < self._retry:
            time.sleep(PAUSE_S)
            return []
        self._retry = now + RETRY_S
        try:
            self._source = self._reopen(self._previous)
        except DeviceError:
            return []
        told = self._begin_again("")
        if self._source is not None:
            self._forget_earlier(self._source)
        return told

    def _forget_earlier(self, source: Source) -> None:
        """Leave out what a board dropped before it was started or came back."""
        dropped = source.stats.board_dropped
        self._lost = _sum(self._lost, LinkStats(board_dropped=-dropped))


def _sum(one: LinkStats, other: LinkStats) -> LinkStats:
    added = {name: getattr(other, name) + value for name, value in dataclasses.asdict(one).items()}
    return LinkStats(**added)
