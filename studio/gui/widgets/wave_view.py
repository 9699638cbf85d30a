"""The time axis that all plots of a recording share: what is visible, where the cursor is."""

import math

from PySide6.QtCore import QObject, Signal

from studio.gui.texts import grouped

LEAST_READINGS = 16.0
"""The closest zoom."""
STEPS = (1, 2, 5, 10)
CLOCK_STEPS = (5.0, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200)


class WaveView(QObject):
    """The visible stretch of a recording in readings, and one cursor.

    Signals
    -------
    changed : ()
        Another stretch is visible.
    moved : ()
        The cursor is elsewhere.
    """

    changed = Signal()
    moved = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.total = 1
        self.rate = 1.0
        self.start = 0.0
        self.stop = 1.0
        self.cursor = 0.0
        self.marks: tuple[float, float] | None = None
        """Two more cursors, A and B, to measure with."""

    def show(self, total: int, rate: float) -> None:
        """Begin with the whole of another recording."""
        self.total, self.rate = max(1, total), rate
        self.cursor, self.marks = 0.0, None
        self.set(0.0, float(self.total))
        self.moved.emit()

    @property
    def span(self) -> float:
        """How many readings are visible."""
        return self.stop - self.start

    def set(self, start: float, stop: float) -> None:
        """Make a stretch visible, as far as it lies in the recording."""
        span = min(max(stop - start, LEAST_READINGS), float(max(self.total, LEAST_READINGS)))
        first = min(max(0.0, start), max(0.0, self.total - span))
        if (first, first + span) != (self.start, self.stop):
            self.start, self.stop = first, first + span
        self.changed.emit()

    def fit(self) -> None:
        """Show the whole recording."""
        self.set(0.0, float(self.total))

    def zoom(self, at: float, factor: float) -> None:
        """Show `factor` times as much, with the reading `at` where it is."""
        span = min(max(self.span * factor, LEAST_READINGS), float(self.total))
        share = (at - self.start) / self.span
        self.set(at - share * span, at + (1 - share) * span)

    def pan(self, readings: float) -> None:
        """Show what lies further right (left if negative)."""
        self.set(self.start + readings, self.stop + readings)

    def reveal(self, start: float, stop: float) -> None:
        """Move, and zoom out where needed, so that a stretch is visible."""
        if self.start <= start and stop <= self.stop:
            return
        span = max(self.span, (stop - start) * 1.2)
        middle = (start + stop) / 2
        self.set(middle - span / 2, middle + span / 2)

    def frame(self, start: float, stop: float, share: float) -> None:
        """Reveal a stretch; where it would be tiny, zoom until it takes this share of the view."""
        if stop - start < self.span * share / 3:
            middle, half = (start + stop) / 2, (stop - start) / share / 2
            self.set(middle - half, middle + half)
        else:
            self.reveal(start, stop)

    def toggle_marks(self) -> None:
        """Put the two cursors to measure with into view, or take them away."""
        there = self.marks is not None
        third = self.span / 3
        self.marks = None if there else (self.start + third, self.stop - third)
        self.moved.emit()

    def move_mark(self, which: int, reading: float) -> None:
        """Put one of them on a reading."""
        if self.marks is not None:
            placed = list(self.marks)
            placed[which] = min(max(0.0, reading), float(self.total))
            self.marks = (placed[0], placed[1])
            self.moved.emit()

    def move(self, reading: float) -> None:
        """Put the cursor on a reading."""
        placed = min(max(0.0, reading), float(self.total))
        if placed != self.cursor:
            self.cursor = placed
            self.moved.emit()


def ticks(low: float, high: float, most: int) -> tuple[list[float], float]:
    """Return at most about so many round values (1, 2, 5) between two, and their distance."""
    span = high - low
    if not span > 0:
        return [low], 1.0
    rough = span / max(1, most)
    power: float = 10.0 ** math.floor(math.log10(rough))
    step = next(power * k for k in STEPS if power * k >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [k * step for k in range(first, math.floor(high / step + 1e-9) + 1)], step


def clock_ticks(low: float, high: float, most: int) -> tuple[list[float], float]:
    """Return times as `ticks` does, but from ten seconds on in steps that a clock has."""
    rough = (high - low) / max(1, most)
    if rough <= CLOCK_STEPS[0]:
        return ticks(low, high, most)
    days = 86400.0 * math.ceil(rough / 86400)
    step = next((each for each in CLOCK_STEPS if each >= rough), days)
    first = math.ceil(low / step - 1e-9)
    return [k * step for k in range(first, math.floor(high / step + 1e-9) + 1)], step


def clock(seconds: float, step: float = 0.001) -> str:
    """Return a time with the digits that a step between ticks needs: 1.25 s or 2:03:01."""
    digits = min(6, max(0, -math.floor(math.log10(step) + 1e-9))) if step > 0 else 3
    if abs(seconds) < 60:
        return f"{seconds:.{digits}f}"
    sign = "-" if seconds < 0 else ""
    minutes, rest = divmod(round(abs(seconds), digits), 60)
    hours, minutes = divmod(int(minutes), 60)
    width = digits + 3 if digits else 2
    tail = f"{rest:0{width}.{digits}f}"
    return f"{sign}{hours}:{minutes:02d}:{tail}" if hours else f"{sign}{minutes}:{tail}"


def timed(seconds: float, step: float = 0.001) -> str:
    """Return a time with its unit: 1.25 s, 2:03.5 min or 1:02:03 h."""
    unit = "s" if abs(seconds) < 60 else "min" if abs(seconds) < 3600 else "h"
    return f"{clock(seconds, step)} {unit}"


def number(value: float, step: float) -> str:
    """Return a tick's value with the digits that its step needs."""
    digits = min(6, max(0, -math.floor(math.log10(step) + 1e-9))) if step > 0 else 0
    return grouped(value if abs(value) > step / 1e6 else 0.0, f".{digits}f")
