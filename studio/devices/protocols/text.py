"""Text lines: numbers between commas, tabs, semicolons or spaces, or `name:value` pairs.

The format of the data forwarder and of the Arduino plotter, with what both lack: lines of names,
a counting or time column that tells what is missing, the rate by regression, and bad lines that
are counted instead of ending the recording.

A line has no checksum: a digit that changed on the way cannot be noticed. A line that cannot be
read counts as one lost reading if it looks like numbers. Lines that vanish whole are noticed only
with a column that counts the readings or tells their time.
"""

import itertools
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from studio.devices.lines import BadLine
from studio.devices.source import Block, Item, LinkStats, Restarted, Text
from studio.devices.text_beginning import Beginning
from studio.devices.text_layout import (
    Layout,
    is_error,
    names_of,
    pointed,
    read,
    readings_in,
    shape,
)
from studio.devices.text_lead import LeadTracker
from studio.devices.text_rounds import Rounds
from studio.types import StreamInfo

MOST_LINE = 1 << 14
"""Bytes of the longest line; more is noise without a line end."""
PIECE = 1 << 18
"""Bytes that are decoded together at most."""
TOLD_S = 1.0
RELEARN = 20
"""Lines of one other form in a row that make it the new one."""
DECIMAL = "Commas within numbers are read as decimal signs."
_SHOWN = 80


class TextCodec:
    """See the module."""

    id = "text"
    title = "text lines"
    wake = b""
    start = b""
    stop = b""

    def __init__(self) -> None:
        self._rest = b""
        self._skipping = False
        self._beginning: Beginning | None = Beginning(cut=True)
        self._layout: Layout | None = None
        self._rounds: Rounds | None = None
        self._lead: LeadTracker | None = None
        self._stream: StreamInfo | None = None
        self.line_bytes = 0.0
        """Mean length of a line with its end; 0 until the stream is known."""
        self._held: NDArray[np.float64] | None = None
        self._odd: list[tuple[int, tuple[bytes, ...]] | None] = []
        self._next = 0
        self._owed = 0
        self._bad = 0
        self._lost = 0
        self._told_s = 0.0
        self._untold = 0

    @staticmethod
    def recognise(beginning: bytes) -> float:
        """Say how sure it is that this is text with numbers; see `Codec`."""
        parts = beginning.split(b"\n")
        lines = [line for line in parts[1:-1][-20:] if line.strip()]
        shapes = [shape(line) for line in pointed(lines)]
        named = sum(bool(row and row[1]) for row in shapes)
        alike = max((shapes.count(row) for row in set(shapes) - {None}), default=0)
        alike = max(alike, named)
        if alike >= 3 and 2 * alike > len(shapes):
            return 0.9
        if alike and 2 * alike >= len(shapes):
            return 0.7
        if len(parts) == 2 and shape(parts[0]) is not None:
            return 0.5  # one line so far, of which the beginning may be missing
        return 0.5 if alike >= 2 and shapes[-1] is not None else 0.0

    @property
    def stats(self) -> LinkStats:
        """What was lost so far; lines that could not be read are damaged packets."""
        return LinkStats(self._bad, self._lost, self._lost, 0)

    @property
    def stream(self) -> StreamInfo | None:
        """What comes, once its form and its rate are known."""
        return self._stream

    @property
    def about(self) -> str:
        """What a person should know about how the lines are read; empty if nothing."""
        words = []
        if self._layout is not None and self._layout.led:
            lead = self._layout.lead
            does = "counts the readings" if lead and lead.counts else "tells their time"
            words.append(f"The first column {does}, so it is no axis.")
            if not (self._layout.header or self._layout.labels):
                words.append("A line of names, such as angle,x,y, makes it one.")
        if self._layout is not None and self._layout.comma:
            words.append(DECIMAL)
        return " ".join(words)

    def begin(self) -> None:
        """Count readings from 0 again."""
        self._next = self._owed = 0
        self._held = None
        if self._lead is not None:
            self._lead.forget()

    def feed(self, data: bytes, at_s: float) -> list[Item]:
        """Return the items completed by these bytes."""
        items: list[Item] = []
        for at in range(0, len(data), PIECE):
            text = self._whole(data[at : at + PIECE])
            if text:
                items += self._take(text, at_s)
        return items

    def _whole(self, data: bytes) -> bytes:
        """Return whole lines; keep the rest, which is one line at most."""
        if self._skipping:
            end = data.find(b"\n")
            if end < 0:
                return b""
            data = data[end + 1 :]
            self._skipping = False
        data = self._rest + data
        end = data.rfind(b"\n") + 1
        self._rest = data[end:]
        if len(self._rest) > MOST_LINE:
            self._rest, self._skipping = b"", True
            self._bad += 1
        return data[:end]

    def _take(self, text: bytes, at_s: float) -> list[Item]:
        if self._beginning is not None:
            bad = self._beginning.add(text, at_s)
            return self._say(bad, at_s) + self._known(self._beginning)
        if self._layout is None:
            return []
        if self._rounds is not None:
            text = self._rounds.join(text)
        layout, values, bad = read(self._layout, text)
        said = [Text(DECIMAL)] if layout.comma and not self._layout.comma else []
        self._layout = layout
        if layout.header:  # some boards say the names again and again
            columns, names = layout.columns, layout.header
            bad = [row for row in bad if names_of(row.text, columns) != names]
        items = self._say(bad, at_s)
        self._watch(values, bad)
        return said + items + self._blocks(layout, values, bad, at_s)

    def _known(self, beginning: Beginning) -> list[Item]:
        """Take over what the first lines told, once that is enough."""
        layout, rate = beginning.layout, beginning.sample_rate_hz
        if layout is None or not rate:
            return []
        changed = self._stream is not None
        self._beginning, self._layout, self._odd = None, layout, []
        self._rounds = beginning.rounds
        self._lead = LeadTracker(layout.lead, rate) if layout.lead else None
        self._held = None
        self.line_bytes = beginning.line_bytes
        self._stream = StreamInfo(
            board="",
            firmware=self.title,
            sample_rate_hz=rate,
            dtype="float32",
            axes=layout.axes,
            dropped=0,
            measured=True,
        )
        return [self._stream] if changed else []

    def _watch(self, values: NDArray[np.float64], bad: list[BadLine]) -> None:
        """Begin anew if lines of another form come now."""
        if len(values) or not bad:
            self._odd = [] if len(values) else self._odd
            return
        self._odd = (self._odd + [shape(row.text) for row in bad])[-RELEARN:]
        if len(self._odd) == RELEARN and self._odd[0] and len(set(self._odd)) == 1:
            self._beginning = Beginning(cut=False)

    def _blocks(
        self, layout: Layout, values: NDArray[np.float64], bad: list[BadLine], at_s: float
    ) -> list[Item]:
        """Give readings their places; what is missing is a gap between two blocks."""
        restarts: set[int] = set()
        if self._lead is not None:
            if self._held is not None:
                values, self._held = np.concatenate((self._held, values)), None
            steps, restarts = self._lead.steps(values[:, 0], at_s)
            place = self._lead.contrary(steps)
            if place is not None:
                return self._give_up(layout, values, steps, place)
            if len(steps) < len(values):
                values, self._held = values[:-1], values[-1:]
        else:
            steps = np.ones(len(values) + 1, np.int64)
            for row in bad:
                steps[row.before] += readings_in(row, layout)
            steps[0] += self._owed
            self._owed = int(steps[-1]) - 1
            steps = steps[:-1]
            if self._next == 0:
                steps[:1] = 1  # what precedes the first reading is not missing
        return self._placed(values[:, int(layout.led) :], steps, restarts)

    def _give_up(
        self, layout: Layout, values: NDArray[np.float64], steps: NDArray[np.int64], place: int
    ) -> list[Item]:
        """Count lines from now on: the first column does not tell what is missing after all."""
        self._lead, self._layout = None, replace(layout, lead=None)
        told = np.ones(len(values), np.int64)
        begun = max(place, 0)
        told[:begun] = steps[:begun]
        if begun < len(told):
            told[begun] += begun - place
        words = "The first column neither counts the readings nor tells their time; "
        words += "a line of names makes it an axis."
        return [Text(words), *self._placed(values[:, int(layout.led) :], told, set())]

    def _placed(
        self, values: NDArray[np.float64], steps: NDArray[np.int64], restarts: set[int]
    ) -> list[Item]:
        """Return blocks of readings `(n, n_axes)`, each by its steps later than the one before."""
        if not len(steps):
            return []
        kept = steps > 0
        self._bad += int((~kept).sum())
        self._lost += int((steps[kept] - 1).sum())
        places = self._next - 1 + np.cumsum(steps)
        self._next = int(places[-1]) + 1
        data = values.astype(np.float32)
        odd = np.flatnonzero(steps != 1)
        edges = sorted({0, len(steps), *restarts, *odd.tolist(), *(odd + 1).tolist()})
        items: list[Item] = []
        for start, stop in itertools.pairwise(edges):
            if start in restarts:
                items.append(Restarted())
            if kept[start]:
                items.append(Block(int(places[start]), data[start:stop]))
        return items

    def _say(self, bad: list[BadLine], at_s: float) -> list[Item]:
        """Count bad lines; tell errors of the board at once, of other lines one per second."""
        self._bad += len(bad)
        errors = [row for row in bad if is_error(row.text)]
        items: list[Item] = [Text(_shown(row.text)) for row in errors[-1:]]
        self._untold += len(bad) - len(errors)
        if bad and self._untold and (at_s - self._told_s >= TOLD_S or not self._told_s):
            self._told_s = at_s
            count = f"{self._untold} lines are" if self._untold > 1 else "a line is"
            last = _shown(bad[-1].text)
            items.append(
                Text(f"After reading {self._next}: {count} no readings, such as {last!r}")
            )
            self._untold = 0
        return items


def _shown(line: bytes) -> str:
    return line[:_SHOWN].decode("utf-8", "backslashreplace").strip()


CODEC = TextCodec
