"""Tables to float32 readings: with or without header, time column, blank lines between takes.

What is understood: comma, semicolon (then a decimal comma too) or tab; CRLF; a byte-order mark;
UTF-8 or UTF-16. A time column is recognised by its name; its unit by the name as well:
`timestamp`, `time_ms`, `t_ms` are milliseconds, `time_s`, `seconds` are seconds, `time_us`
microseconds, and a bare `time` or `t` is seconds if its steps are below 1, else milliseconds.
"""

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.api import Axis, Imported, ImportOptions, ProjectError

_MAX_BYTES = 1 << 30
_MAX_COLUMNS = 1024
_TIME_UNITS = {
    "timestamp": 1e-3,
    "timestamp_ms": 1e-3,
    "time_ms": 1e-3,
    "t_ms": 1e-3,
    "ms": 1e-3,
    "millis": 1e-3,
    "timestamp_us": 1e-6,
    "time_us": 1e-6,
    "t_us": 1e-6,
    "micros": 1e-6,
    "timestamp_s": 1.0,
    "time_s": 1.0,
    "t_s": 1.0,
    "seconds": 1.0,
    "time": 0.0,
    "t": 0.0,
}
"""Seconds per unit; 0 = to be judged from the steps."""
_UNITS = re.compile(r"^(.*?)\s*[\[(]([^\[\]()]*)[\])]$")
_EVEN = 0.02
"""Steps that differ by less than this part of the mean step count as even."""

Row = tuple[int, list[str]]


class CsvImporter:
    """Reads one table per file; blank lines part takes."""

    suffixes = (".csv", ".tsv")

    def read(self, path: Path, options: ImportOptions) -> list[Imported]:
        """Return the takes of the file.

        Raises
        ------
        ProjectError
            For text that is no table of numbers; the message names the line.
        """
        blocks, header = _blocks(path)
        width = len(header or blocks[0][0][1])
        if width > _MAX_COLUMNS:
            raise _bad(path, f"it has {width} columns; {_MAX_COLUMNS} are possible")
        time = _time_column(header)
        columns, axes = _columns(path, header, width, time, options.axes)
        takes = []
        for number, block in enumerate(blocks, 1):
            take = f"{number:02d}" if len(blocks) > 1 else ""
            _check_width(path, block, width)
            values = _numbers(path, block, columns)
            if options.sample_rate_hz or time is None:
                takes.append(Imported(values, axes, options.sample_rate_hz, take=take))
                continue
            ticks = _numbers(path, block, [time], np.float64)[:, 0]
            name = (header or [])[time]
            rate, times, note = _timing(path, block, ticks, name)
            takes.append(Imported(values, axes, rate, times, take=take, notes=note))
        return takes


def _bad(path: Path, what: str, hint: str = "") -> ProjectError:
    return ProjectError(
        f"{path.name} cannot be read as a table: {what}.",
        hint or "Correct the file: one row of numbers per reading, columns parted by commas.",
    )


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise _bad(path, f"it is larger than {_MAX_BYTES >> 20} MiB", "Cut it into parts.")
        data = path.read_bytes()
    except OSError as error:
        raise ProjectError(
            f"{path.name} cannot be read: {error.strerror}.", "Check the file's permissions."
        ) from error
    coding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(coding)
    except UnicodeDecodeError as error:
        raise _bad(
            path,
            f"byte {error.start} is not {coding[:6].upper().rstrip('-')} text",
            "If it is a table, save it as UTF-8.",
        ) from error
    if "\0" in text:
        raise _bad(path, "it holds binary data")
    return text


def _blocks(path: Path) -> tuple[list[list[Row]], list[str] | None]:
    """Return the file's rows, split at blank lines, with line numbers; and its header."""
    lines = _text(path).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    first = next((line for line in lines if line.strip(" ,;\t")), "")
    if not first:
        raise ProjectError(f"{path.name} is empty.", "Remove it, or record it again.")
    delimiter = _delimiter(first)
    blocks: list[list[Row]] = [[]]
    header: list[str] | None = None
    for number, line in enumerate(lines, 1):
        if not line.strip(" ,;\t"):
            if blocks[-1]:
                blocks.append([])
            continue
        fields = _fields(line, delimiter)
        if line is first and not all(_is_number(field) for field in fields if field):
            header = fields
        elif fields != header:
            blocks[-1].append((number, fields))
    blocks = [block for block in blocks if block]
    if not blocks:
        raise ProjectError(f"{path.name} has a header and no rows.", "Record it again.")
    if len(blocks) > 1 and all(len(block) == 1 for block in blocks):
        blocks = [[row for block in blocks for row in block]]  # every line is followed by a blank
    return blocks, header


def _delimiter(line: str) -> str:
    if "\t" in line:
        return "\t"
    return ";" if ";" in line else ","


def _fields(line: str, delimiter: str) -> list[str]:
    fields = [field.strip().strip('"').strip() for field in line.split(delimiter)]
    while fields and not fields[-1]:
        fields.pop()  # a delimiter at the end of the line
    if delimiter == ";":
        fields = [field.replace(",", ".") for field in fields]
    return fields


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _time_column(header: list[str] | None) -> int | None:
    for column, name in enumerate(header or []):
        if _plain(name) in _TIME_UNITS:
            return column
    return None


def _plain(name: str) -> str:
    """Return a column's name as it is looked up: `Time (ms)` as `time_ms`."""
    return re.sub(r"[^a-z]+", "_", name.lower().replace("µ", "u")).strip("_")


def _columns(
    path: Path,
    header: list[str] | None,
    width: int,
    time: int | None,
    wanted: tuple[str, ...],
) -> tuple[list[int], tuple[Axis, ...]]:
    """Return which columns to take and what they are called."""
    names = header or [f"c{number}" for number in range(1, width + 1)]
    if not wanted:
        # A column without a name is the row index that some programs add.
        columns = [c for c, name in enumerate(names) if c != time and name]
        if not columns:
            raise _bad(path, "it has no column besides the time")
        return columns, tuple(_axis(names[column]) for column in columns)
    numbers = [int(name) for name in wanted if name.isascii() and name.isdecimal()]
    if len(numbers) == len(wanted):
        if not all(1 <= number <= width for number in numbers):
            raise _bad(path, f"it has {width} columns", "Give --axes numbers from 1.")
        columns = [number - 1 for number in numbers]
        return columns, tuple(_axis(names[column]) for column in columns)
    if header is None:
        if len(wanted) != width:
            raise _bad(
                path,
                f"it has no header and {width} columns, and {len(wanted)} names were given",
                "Give one name per column with --axes, or column numbers such as 1,2,3.",
            )
        return list(range(width)), tuple(_axis(name) for name in wanted)
    known = [_axis(name).name for name in header]
    for name in wanted:
        if name not in known:
            raise _bad(path, f"it has no column {name!r}", f"Its columns: {', '.join(known)}.")
    columns = [known.index(name) for name in wanted]
    return columns, tuple(_axis(header[column]) for column in columns)


def _axis(name: str) -> Axis:
    """Return a column's axis; `accX (g)` and `accX [g]` name their units."""
    found = _UNITS.match(name)
    return Axis(found[1], found[2]) if found and found[1] else Axis(name)


def _numbers(
    path: Path, block: list[Row], columns: list[int], dtype: type[np.floating] = np.float32
) -> NDArray[np.floating]:
    try:
        rows = [[float(fields[column]) for column in columns] for _, fields in block]
    except (ValueError, IndexError):
        raise _first_bad(path, block, columns) from None
    with np.errstate(over="ignore"):
        values = np.array(rows, dtype=dtype)
    if not np.isfinite(values).all():
        row, column = np.argwhere(~np.isfinite(values))[0]
        number, fields = block[int(row)]
        raise _bad(path, f"line {number} holds {fields[columns[int(column)]]!r}")
    return values


def _check_width(path: Path, block: list[Row], width: int) -> None:
    for number, fields in block:
        if len(fields) > width:
            raise _bad(path, f"line {number} has {len(fields)} columns, not {width}")


def _first_bad(path: Path, block: list[Row], columns: list[int]) -> ProjectError:
    """Return the error for the first field that is missing or no number."""
    for number, fields in block:
        for column in columns:
            if column >= len(fields):
                return _bad(path, f"line {number} has {len(fields)} columns, not {column + 1}")
            if not _is_number(fields[column]):
                return _bad(
                    path,
                    f"line {number}, column {column + 1} holds {fields[column][:40]!r}",
                    "Correct that line, or choose other columns with --axes.",
                )
    return _bad(path, "it holds no numbers")


def _timing(
    path: Path, block: list[Row], ticks: NDArray[np.floating], name: str
) -> tuple[float, NDArray[np.float64] | None, tuple[str, ...]]:
    """Return the rate, the times if they are uneven, and notes."""
    if len(ticks) < 2:
        raise _bad(path, "one row gives no sample rate", "Give it with --rate.")
    steps = np.diff(ticks)
    if (steps < 0).any() or ticks[-1] == ticks[0]:
        row = int(np.argmax(steps <= 0)) + 1
        raise _bad(
            path,
            f"time does not rise at line {block[row][0]} ({ticks[row - 1]:g}, then "
            f"{ticks[row]:g})",
            "Correct the time column, or give --axes without it and --rate.",
        )
    unit = _TIME_UNITS[_plain(name)]
    notes: tuple[str, ...] = ()
    if not unit:
        unit = 1.0 if float(np.median(steps)) < 1 else 1e-3
        notes = (f"column {name} was read as {'seconds' if unit == 1 else 'milliseconds'}",)
    seconds = (ticks - ticks[0]).astype(np.float64) * unit
    rate = (len(seconds) - 1) / float(seconds[-1])
    even = bool(np.abs(steps * unit * rate - 1).max() <= _EVEN)
    near = round(rate)
    if near and abs(rate / near - 1) <= (0.001 if even else 0.02):
        rate = float(near)
    if even:
        return rate, None, notes
    return rate, seconds, notes


IMPORTER = CsvImporter()
