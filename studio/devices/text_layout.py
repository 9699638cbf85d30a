"""What the columns of text lines are, learned from the lines themselves.

Lines are numbers between commas, semicolons, tabs or spaces, or pairs `name:value` as the Arduino
plotter takes them. Between semicolons or tabs, a comma within a number is its decimal sign. A
line of names may come before them; the first column may count the readings or tell their time.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from studio.devices.lines import BadLine, parse
from studio.types import Axis

MOST_COLUMNS = 256
MIN_ALIKE = 3
"""Lines of one form that make a stream of it."""
MIN_RAMP = 8
EVEN = 1.4
"""Steps of a time column up to this many times the usual one tell that it ticks evenly."""
CLOCK = 0.1
"""By which part of it a step may differ from the time between two readings."""
MOSTLY = 0.75
"""How many of its steps are so where lines get lost."""
_NUMBER = rb"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_FIELD = re.compile(rb"\s*(?:([^:]*?[^:\s]):)?\s*(" + _NUMBER + rb")\s*")
_FAILED = re.compile(rb"(?i)(?<![a-z])[-+]?(?:nan|inf(?:inity)?|ovf|null|none|n/?a)(?![a-z])")
_FIELDS = re.compile(rb"[,;\t \r]+")
_BETWEEN = re.compile(rb"\s*[,;\t]\s*")
_COMMA = re.compile(rb"(?:[^:]*:)?\s*[-+]?\d+(?:,\d*)?(?:[eE][-+]?\d+)?\s*")
"""A field of numbers without points, perhaps with a decimal comma."""
INCOMPLETE = b";"
"""Ends what is joined of a reading of which lines are missing."""
_CELL = re.compile(r"\s*([^\W\d][^\[\](){},;\t]*?|#)\s*(?:[\[(]\s*([^\])]*?)\s*[\])])?\s*")
_LONGEST_NAME = 40
_SEQUENCE_NAMES = {"#", "seq", "sequence", "index", "idx", "i", "n", "count", "counter", "sample"}
_SEQUENCE_NAMES |= {"no", "nr", "number", "seqno", "sample_index", "packet"}
_TIME_NAMES = {"t", "time", "timestamp", "ts", "millis", "micros", "ms", "us", "seconds", "sec"}
_TIME_NAMES |= {"timestamp_ms", "timestamp_us", "timestamp_s", "zeit"}
_TIME_NAMES |= {"time_ms", "time_us", "time_s", "t_ms", "t_us", "t_s", "timestamp_ms", "tick"}


@dataclass(frozen=True, slots=True)
class Lead:
    """A first column that tells where readings are missing."""

    step: float
    """By how much it grows from one reading to the next."""
    slack: float
    """Growth up to which nothing is missing."""
    counts: bool
    """Whether it counts the readings, rather than telling the time."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The form of the lines."""

    columns: int
    """Numbers per line, the leading column included."""
    labels: tuple[bytes, ...] = ()
    """The names of `name:value` pairs; empty for plain numbers."""
    header: tuple[tuple[str, str], ...] = ()
    """Names and units from a line of names; empty without."""
    led: bool = False
    """Whether the first column counts or tells the time, and is no axis."""
    lead: Lead | None = None
    """How the first column grows, if that says what is missing."""
    comma: bool | None = None
    """Whether commas are decimal signs; None until there is one."""
    rounds: tuple[bytes, ...] = ()
    """What the lines of a reading begin with, if each has several; see `text_rounds`."""

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The axes."""
        named = self.header or tuple(
            _cell(label.decode("utf-8", "replace").lstrip(">")) for label in self.labels
        )
        first = int(self.led)
        if named:
            return tuple(Axis(name, units) for name, units in named[first:])
        return tuple(Axis(f"axis{i}") for i in range(1, self.columns - first + 1))

    @property
    def counted(self) -> bool:
        """Whether the first column counts the readings one by one."""
        return self.lead is not None and self.lead.counts and self.lead.step == 1

    def plain(self, text: bytes) -> bytes:
        """Return lines without the names before their values; lines of another form stay.

        Decimal commas become points.
        """
        if self.comma:
            text = text.replace(b",", b".")
        if not self.labels:
            return text
        pairs = [re.escape(label) + rb":[ \t]*([-+.0-9eE]+)" for label in self.labels]
        pattern = rb"(?m)^[ \t]*" + rb"[ \t]*[,;\t ][ \t]*".join(pairs) + rb"[ \t\r,;]*$"
        values = b",".join(rb"\%d" % (i + 1) for i in range(len(pairs)))
        if len(pairs) > 99:
            values = b",".join(rb"\g<%d>" % (i + 1) for i in range(len(pairs)))
        return re.sub(pattern, values, text)


def _labels(line: bytes) -> list[bytes | None] | None:
    """Return the name of each number of a line, None for those without; None if it is no such."""
    line = line.strip(b" \t\r,;")
    if not line:
        return None
    if _BETWEEN.search(line):
        fields = _BETWEEN.split(line)
    else:
        fields = re.sub(rb":\s+", b":", line).split()
    if len(fields) == 1 or not all(fields):
        fields = [field for field in fields if field]
    labels: list[bytes | None] = []
    for field in fields:
        # a mixture such as `1, 2 3` is told apart by its numbers
        for part in [field] if b":" in field else field.split():
            found = _FIELD.fullmatch(part)
            if found is None:
                return None
            labels.append(found[1])
    return labels


def shape(line: bytes) -> tuple[int, tuple[bytes, ...]] | None:
    """Return how many numbers a line has and their names; None if it is no line of numbers."""
    labels = _labels(line)
    if labels is None or not 1 <= len(labels) <= MOST_COLUMNS:
        return None
    named = [label for label in labels if label]
    if named and (len(named) < len(labels) or len(set(named)) < len(named)):
        return None
    return len(labels), tuple(named)


def too_wide(beginning: bytes) -> int:
    """Return how many numbers most whole lines have, if that is more than are read; else 0."""
    lines = [line for line in beginning.split(b"\n")[1:-1][-20:] if line.strip()]
    widths = sorted(len(_labels(line) or ()) for line in lines)
    middle = widths[len(widths) // 2] if widths else 0
    return middle if middle > MOST_COLUMNS else 0


def decimal_commas(lines: Sequence[bytes]) -> bool | None:
    """Whether commas in lines of numbers are decimal signs; None if there are none."""
    having = [line for line in lines if b"," in line]
    signs = sum(map(_has_decimal_commas, having))
    others = sum(shape(line) is not None for line in having if not _has_decimal_commas(line))
    return signs > MOSTLY * (signs + others) if signs + others else None


def _has_decimal_commas(line: bytes) -> bool:
    fields = re.split(rb"[;\t]", line.strip(b" \t\r;"))
    return len(fields) > 1 and all(_COMMA.fullmatch(field) for field in fields)


def pointed(lines: Sequence[bytes]) -> list[bytes]:
    """Return lines with a point for each comma that is a decimal sign."""
    if not decimal_commas(lines):
        return list(lines)
    return [line.replace(b",", b".") for line in lines]


def read(layout: Layout, text: bytes) -> tuple[Layout, NDArray[np.float64], list[BadLine]]:
    """Return the values of whole lines `(n, columns)` and the other lines; see `parse`.

    The layout is another one if these are the first lines with commas.
    """
    values, bad = parse(layout.plain(text), layout.columns)
    if layout.comma is None and b"," in text:
        layout = replace(layout, comma=decimal_commas([row.text for row in bad]))
        if layout.comma:
            values, bad = parse(layout.plain(text), layout.columns)
    return layout, values, bad


def names_of(line: bytes, columns: int) -> tuple[tuple[str, str], ...]:
    """Return the names and units in a line of names; empty if it is none for so many columns.

    Noise is none: names are text that can be printed, and none is longer than a person reads.
    """
    text = line.decode("utf-8", "replace").strip().strip(",;")
    # a name and its units, with brackets and blanks: what is longer is none, and slow to match
    if len(text) > 3 * _LONGEST_NAME * columns:
        return ()
    if not text.replace("\t", " ").isprintable() or "\ufffd" in text:
        return ()
    for cells in (re.split(r"[,;\t]", text), re.split(r"\s+(?![^\[(]*[\])])", text)):
        if max(map(len, cells)) > 3 * _LONGEST_NAME:
            continue
        found = [_CELL.fullmatch(" ".join(cell.split())) for cell in cells]
        named = tuple((cell[1], cell[2] or "") for cell in found if cell)
        short = all(len(name) + len(units) <= _LONGEST_NAME for name, units in named)
        if short and len(named) == len(cells) == columns and len(set(named)) == columns:
            return named
    return ()


def learn(lines: Sequence[bytes]) -> Layout | None:
    """Return the form most of these lines have; None if fewer than three have it."""
    shapes = [shape(line) for line in pointed(lines)]
    counted = Counter(found for found in shapes if found is not None)
    if not counted:
        return None
    best, count = counted.most_common(1)[0]
    if count < MIN_ALIKE:
        return None
    columns, labels = best
    header: tuple[tuple[str, str], ...] = ()
    if not labels:
        headers = [names_of(line, columns) for line in lines]
        header = next((names for names in reversed(headers) if names), ())
    return Layout(columns, labels, header, comma=decimal_commas(lines))


def with_lead(layout: Layout, values: NDArray[np.float64], rate_hz: float = 0.0) -> Layout:
    """Return the layout with what its first column is, judged by its name or its values `(n, c)`.

    A column without a name leads if it grows by even steps, at least eight, and holds whole
    numbers or grows as seconds do at the rate, if that is known.
    """
    first = values[:, 0]
    name = ""
    if layout.header:
        name = layout.header[0][0]
    elif layout.labels:
        name = layout.labels[0].decode("utf-8", "replace").lstrip(">")
    name = _cell(name)[0].lower() if name else ""
    counts, tells = name in _SEQUENCE_NAMES, name in _TIME_NAMES
    if layout.columns < 2 or (name and not counts and not tells):
        return layout
    steps = np.diff(first)
    steps = steps[steps > 0]
    usual = float(np.median(steps)) if len(steps) else 0.0
    even = len(steps) > 0 and bool((steps <= EVEN * usual).mean() > MOSTLY)
    if not name:
        whole = bool((first == np.rint(first)).mean() > 0.9)
        seconds = abs(usual * rate_hz - 1) < CLOCK
        ramp = len(first) >= MIN_RAMP and len(steps) >= 0.9 * (len(first) - 1)
        if not ((whole or seconds) and ramp and even):
            return layout
    counts = counts or (not tells and usual == 1.0)
    if not even or usual <= 0:
        return replace(layout, led=True)
    usual = usual if counts else float(steps[steps <= EVEN * usual].mean())
    return replace(layout, led=True, lead=Lead(usual, usual * (1.0 if counts else 1.8), counts))


def is_error(line: bytes) -> bool:
    """Whether a board tells of an error by this line, as the data forwarder has it."""
    return line.upper().lstrip(b"< \t").startswith(b"ERR")


def readings_in(row: BadLine, layout: Layout) -> int:
    """Return how many readings a bad line stood for: none if it is not mostly numbers.

    Where a sensor failed, boards print `nan`, `inf` or `ovf`: those stand for numbers. Whole
    lines with other names are none: they tell something else.
    """
    if layout.rounds:
        return int(row.text.endswith(INCOMPLETE))
    found = shape(row.text) if b":" in row.text else None
    if found is not None and not set(found[1]) & set(layout.labels):
        return 0
    text = _FAILED.sub(b"0", row.text)
    fields = [field for field in _FIELDS.split(text) if any(48 <= byte <= 57 for byte in field)]
    numbers = row.text.count(b":") if layout.labels else len(fields)
    foreign = len(text.translate(None, b"0123456789+-.eE \t,;\r"))
    if (2 * foreign > len(text) and not layout.labels) or 2 * numbers < layout.columns:
        return 0
    return max(1, round(numbers / layout.columns))


def _cell(text: str) -> tuple[str, str]:
    found = _CELL.fullmatch(text)
    return (found[1], found[2] or "") if found else (text.strip(), "")
