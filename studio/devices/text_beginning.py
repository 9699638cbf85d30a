"""The first lines of a stream of text: what their form is, and at which rate they come."""

from collections import deque
from dataclasses import replace

import numpy as np

from studio.devices.lines import BadLine
from studio.devices.rate import Rate, RateEstimator, nice
from studio.devices.text_layout import (
    INCOMPLETE,
    Layout,
    is_error,
    learn,
    names_of,
    pointed,
    read,
    readings_in,
    shape,
    with_lead,
)
from studio.devices.text_rounds import Rounds, with_rounds

MOST_LINES = 64
MOST_FIRSTS = 4096
MOST_JUMP = 1000
SETTLED = ((1.0, 8, 0.005), (2.4, 3, 1.0))
"""The rate is told after so many seconds and lines if it is known this well (as a fraction)."""
ROUGH = 0.05
"""How far a rate from so few lines that no line can be laid through them may be off."""


class Beginning:
    """Collects lines until form and rate are known.

    Parameters
    ----------
    cut : bool
        Whether the beginning of the first line may be missing.

    Attributes
    ----------
    layout : Layout or None
        The form of the lines, once that is known.
    rounds : Rounds or None
        Joins the lines of a reading, if it has several.
    sample_rate_hz : float
        0 until it is known.
    line_bytes : float
        Mean length of a line with its end; 0 until it is known.
    """

    def __init__(self, *, cut: bool) -> None:
        self.layout: Layout | None = None
        self.rounds: Rounds | None = None
        self.sample_rate_hz = 0.0
        self.line_bytes = 0.0
        self._cut = cut
        self._lines: list[tuple[bytes, float]] = []
        self._rows = np.empty((0, 1))
        self._rate = RateEstimator()
        self._firsts: deque[tuple[float, float]] = deque(maxlen=MOST_FIRSTS)
        self._readings = 0
        self._before = 0
        self._since = 0.0

    def add(self, text: bytes, at_s: float) -> list[BadLine]:
        """Take whole lines; return those without readings that are worth telling.

        What comes before the first readings (names, a greeting) is not, but for errors.
        """
        bad: list[BadLine] = []
        if self.layout is None:
            lines = text.split(b"\n")[:-1]
            if self._cut and lines:
                self._cut = False
                lines = lines[int(shape(lines[0]) is not None) :]
            bad = [BadLine(0, line, 0, len(line)) for line in lines if is_error(line)]
            text = self._learn(lines, at_s)
        elif self.rounds is not None:
            text = self.rounds.join(text)
        if self.layout is not None:
            bad += self._settle(self.layout, text, at_s)
        return bad

    def _learn(self, lines: list[bytes], at_s: float) -> bytes:
        """Collect lines; return those of the form that most have, once there are enough."""
        self._lines = (self._lines + [(line, at_s) for line in lines])[-MOST_LINES:]
        layout = learn([line for line, _ in self._lines])
        layout = layout and with_rounds(layout, self._lines)
        kept = self._kept(layout) if layout else []
        if layout is None or not kept:
            return b""
        self.layout, self._lines = layout, []
        self._rows = np.empty((0, layout.columns))
        self._since = kept[0][1]
        self._before = sum(came_s == self._since for _, came_s in kept)
        for count, (_, came_s) in enumerate(kept, 1):
            if count == len(kept) or kept[count][1] > came_s:
                self._rate.add(count, came_s)
        return b"".join(line + b"\n" for line, _ in kept)

    def _kept(self, layout: Layout) -> list[tuple[bytes, float]]:
        """Return the lines so far that are whole readings, and when each came."""
        found = self._lines
        if layout.rounds:
            self.rounds = rounds = Rounds(layout.rounds)
            found = [
                (reading, came_s)
                for line, came_s in found
                for reading in rounds.join(line + b"\n").split(b"\n")
                if not reading.endswith(INCOMPLETE)
            ]
        form = (layout.columns, layout.labels)
        shapes = [shape(line) for line in pointed([line for line, _ in found])]
        return [row for row, its_form in zip(found, shapes, strict=True) if its_form == form]

    def _settle(self, layout: Layout, text: bytes, at_s: float) -> list[BadLine]:
        layout, values, bad = read(layout, text)
        layout, bad = _named(layout, bad)
        self.layout = layout
        self._readings += len(values) + sum(readings_in(row, layout) for row in bad)
        if not len(values):
            return bad
        self._rows = np.concatenate((self._rows, values))[-MOST_LINES:]
        self._rate.add(self._readings, at_s)
        self._firsts.append((float(values[-1, 0]), at_s))
        self.line_bytes = len(text) / len(values)
        self._measure(layout, at_s - self._since)
        return bad

    def _measure(self, layout: Layout, span_s: float) -> None:
        """Tell the rate and what the first column is, once that is known well enough."""
        if not any(span_s >= s and self._readings >= n for s, n, _ in SETTLED):
            return
        measured = self._rate.estimate()
        if measured is not None:
            off = measured.uncertainty_hz / measured.rate_hz
            if not any(span_s >= s and off <= well for s, _, well in SETTLED):
                return
            counted = self._counted() if with_lead(layout, self._rows).counted else None
            self.sample_rate_hz = (counted or measured).nice_hz
        elif self._readings > self._before:
            rough = (self._readings - self._before) / span_s
            self.sample_rate_hz = nice(rough, ROUGH * rough)
        self.layout = with_lead(layout, self._rows, self.sample_rate_hz)

    def _counted(self) -> Rate | None:
        """Return the rate by what the board itself counts, in which lost lines are contained."""
        rate = RateEstimator()
        begun = last = self._firsts[0][0]
        for value, at_s in self._firsts:
            if 0 <= value - last <= MOST_JUMP:  # others are damaged, or began anew
                last = value
                rate.add(round(value - begun) + 1, at_s)
        return rate.estimate()


def _named(layout: Layout, bad: list[BadLine]) -> tuple[Layout, list[BadLine]]:
    """Return the layout with the names of a line of names, if one came, and the other lines.

    A board that resets when its port is opened says its names after some lines of before.
    """
    others = []
    for row in bad:
        names = () if layout.labels else names_of(row.text, layout.columns)
        if names:
            layout = replace(layout, header=names)
        else:
            others.append(row)
    return layout, others
