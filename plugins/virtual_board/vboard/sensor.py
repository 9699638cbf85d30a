"""The sensor FIFO in virtual time.

Reading number `i` (from 0) exists from `begin + ceil((i + 1) * clock / rate)` on. Nothing runs in
the background: whoever asks gives the time, and what has arrived or was lost follows from it.
"""

from fractions import Fraction

from vboard.sources import Description, Source

FIFO_BYTES = 16384


class Sensor:
    """One connected sensor. Times are cycles.

    Parameters
    ----------
    description, source
        What it delivers.
    clock_hz : int
        Cycles in a second.
    """

    def __init__(self, description: Description, source: Source, *, clock_hz: int) -> None:
        self.description = description
        self._source = source
        self._period = Fraction(clock_hz) / Fraction(description.sample_rate_hz)
        self._capacity = FIFO_BYTES // description.reading_bytes
        self._begin: int | None = None
        self._taken = 0
        self.dropped = 0

    @property
    def held(self) -> bool:
        """Whether it still waits for the first take."""
        return self._begin is None

    @property
    def position(self) -> int:
        """Index of the next reading to be given."""
        return self._taken

    @property
    def ended(self) -> bool:
        """Whether every reading of a finite source was taken or lost."""
        return self._source.length is not None and self._taken >= self._source.length

    def begin(self, now: int) -> None:
        """Let time run: reading 0 arrives one period from `now`."""
        self._begin = now

    def rewind(self) -> None:
        """Hold at reading 0 again, as after a reset of the board."""
        self._begin = None
        self._taken = self.dropped = 0

    def _arrived(self, now: int) -> int:
        if self._begin is None:
            return 0
        arrived = int((now - self._begin) / self._period)
        return arrived if self._source.length is None else min(arrived, self._source.length)

    def level(self, now: int) -> int:
        """Return how many readings wait."""
        return min(self._arrived(now) - self._taken, self._capacity)

    def take(self, now: int, limit: int) -> bytes:
        """Return the oldest waiting readings, at most `limit`; count those lost before them."""
        if self._begin is None:
            self.begin(now)
        waiting = self._arrived(now) - self._taken
        lost = max(0, waiting - self._capacity)
        self._taken += lost
        self.dropped += lost
        count = min(limit, waiting - lost)
        if count <= 0:
            return b""
        data = self._source.read(self._taken, count)
        self._taken += count
        return data

    def when(self, level: int) -> int | None:
        """Return the time at which `level` readings wait, or None if that never happens.

        At the end of a finite source the last readings count as if they were enough.
        """
        number = self._taken + level
        length = self._source.length
        if length is not None:
            number = min(number, length)
        if self._begin is None or level > self._capacity or number <= self._taken:
            return None
        exact = number * self._period
        return self._begin + -(-exact.numerator // exact.denominator)
