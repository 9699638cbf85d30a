"""Tables to float32 readings: with or without header, time column, blank lines between takes.

What is understood: comma, semicolon (then a decimal comma too) or tab; CRLF; a byte-order mark;
UTF-8 or UTF-16; and whatever else the person says. A time column is recognised by its name; its
unit by the name as well: `timestamp`, `time_ms`, `t_ms` are milliseconds, `time_s`, `seconds` are
seconds, `time_us` microseconds, and a bare `time` or `t` is seconds if its steps are below 1, else
milliseconds; steps of 1, or above 1000, are asked about.
"""

import csv
import re
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.api import Imported, ImportOptions, ProjectError, Span

from .columns import Columns, chosen, spans
from .times import timing

_MAX_BYTES = 1 << 30
_MAX_COLUMNS = 1024
_HEAD_BYTES = 1 << 16
_HEAD_LINES = 6
_BLANK = " ,;\t"
_COMMA = re.compile(r"[-+]?\d*,\d*(?:[eE][-+]?\d+)?")
"""A number with a decimal comma."""

Row = tuple[int, list[str]]


class CsvImporter:
    """Reads one table per file; blank lines part takes."""

    suffixes = (".csv", ".tsv")

    def recognises(self, path: Path) -> bool:
        """Whether it is a table: no other importer has the suffix."""
        return True

    def read(self, path: Path, options: ImportOptions) -> list[Imported]:
        """Return the takes of the file.

        Raises
        ------
        ProjectError
            For text that is no table of numbers; the message names the line.
        """
        blocks, header = _blocks(path, options)
        width = len(header or blocks[0][0][1])
        if width > _MAX_COLUMNS:
            raise _bad(path, f"it has {width} columns; {_MAX_COLUMNS} are possible")
        columns = chosen(header, width, options, partial(_bad, path))
        takes = []
        for number, block in enumerate(blocks, 1):
            take = f"{number:02d}" if len(blocks) > 1 else ""
            _check_width(path, block, width)
            takes.append(_take(path, block, columns, header, options, take))
        return takes

    def head(self, path: Path, options: ImportOptions) -> list[list[str]]:
        """Return the fields of the first lines; the names of the columns first, if it has some.

        Raises
        ------
        ProjectError
            If the file cannot be read.
        """
        try:
            with path.open("rb") as file:
                data = file.read(_HEAD_BYTES)
        except OSError as error:
            raise _unreadable(path, error) from error
        coding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        lines = [
            line for line in data.decode(coding, "replace").splitlines() if line.strip(_BLANK)
        ]
        if not lines:
            return []
        delimiter = options.delimiter or _delimiter(lines[:2])
        comma = options.decimal == "," or (not options.decimal and delimiter == ";")
        return [_fields(line, delimiter, comma=comma) for line in lines[:_HEAD_LINES]]

    def named(self, fields: list[str], options: ImportOptions) -> bool:
        """Whether the fields of a first line are names of columns."""
        return _is_header(fields, options.header)


def _take(
    path: Path,
    block: list[Row],
    columns: Columns,
    header: list[str] | None,
    options: ImportOptions,
    take: str,
) -> Imported:
    """Return one stretch of rows."""
    values = _numbers(path, block, list(columns.axes))
    marked: tuple[Span, ...] = ()
    if columns.label is not None:
        at = columns.label
        marked = spans([fields[at] if at < len(fields) else "" for _, fields in block])
    known = options.sample_rate_hz or options.listed_rate_hz
    if known or columns.time is None:
        return Imported(values, columns.described, known, take=take, spans=marked)
    ticks = _numbers(path, block, [columns.time], np.float64)[:, 0]
    name = header[columns.time] if header else str(columns.time + 1)
    told = timing(
        ticks, columns.unit, name, lambda row: f"line {block[row][0]}", partial(_bad, path)
    )
    found = Imported(values, columns.described, told.rate, told.times_s, take=take, spans=marked)
    return replace(found, gaps=told.gaps, notes=told.notes)


def _bad(path: Path, what: str, hint: str = "") -> ProjectError:
    return ProjectError(
        f"{path.name} cannot be read as a table: {what}.",
        hint or "Correct the file: one row of numbers per reading, columns parted by commas.",
    )


def _unreadable(path: Path, error: OSError) -> ProjectError:
    return ProjectError(
        f"{path.name} cannot be read: {error.strerror}.", "Check the file's permissions."
    )


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise _bad(path, f"it is larger than {_MAX_BYTES >> 20} MiB", "Cut it into parts.")
        data = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error
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


def _blocks(path: Path, options: ImportOptions) -> tuple[list[list[Row]], list[str] | None]:
    """Return the file's rows, split at blank lines, with line numbers; and its header."""
    lines = _text(path).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    first = next((line for line in lines if line.strip(" ,;\t")), "")
    if not first:
        raise ProjectError(f"{path.name} is empty.", "Remove it, or record it again.")
    delimiter = options.delimiter or _delimiter(
        [line for line in lines if line.strip(" ,;\t")][:2]
    )
    comma = options.decimal == "," or (not options.decimal and delimiter == ";")
    blocks: list[list[Row]] = [[]]
    header: list[str] | None = None
    for number, line in enumerate(lines, 1):
        if not line.strip(" ,;\t" + delimiter):
            if blocks[-1]:
                blocks.append([])
            continue
        fields = _fields(line, delimiter, comma=comma)
        if line is first and _is_header(fields, options.header):
            header = fields
        elif fields != header:
            blocks[-1].append((number, fields))
    blocks = [block for block in blocks if block]
    if not blocks:
        raise ProjectError(f"{path.name} has a header and no rows.", "Record it again.")
    if len(blocks) > 1 and all(len(block) == 1 for block in blocks):
        blocks = [[row for block in blocks for row in block]]  # every line is followed by a blank
    return blocks, header


def _is_header(fields: list[str], said: str) -> bool:
    if said:
        return said == "yes"
    return not all(_is_number(field) for field in fields if field)


def _delimiter(lines: list[str]) -> str:
    """Return what parts the first two lines into as many fields; names and labels hold any sign.

    Where that says nothing the second line decides: it holds no names of columns.
    """
    for sign in _DELIMITERS:
        fields = {len(_fields(line, sign, comma=False)) for line in lines}
        if len(fields) == 1 and max(fields) > 1:
            return sign
    return next((sign for sign in _DELIMITERS if sign in lines[-1]), _DELIMITERS[-1])


_DELIMITERS = ("\t", ";", ",")


def _fields(line: str, delimiter: str, *, comma: bool) -> list[str]:
    parts = line.split(delimiter)
    if '"' in line and any(part.count('"') % 2 for part in parts):
        try:
            parts = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))
        except csv.Error as error:
            raise ProjectError(
                f"A line begins with {line[:40]!r} and is no row of a table: {error}.",
                "Look for a quote that does not end.",
            ) from error
    fields = [field.strip().strip('"').strip() for field in parts]
    while fields and not fields[-1]:
        fields.pop()  # a delimiter at the end of the line
    if comma:
        fields = [
            field.replace(",", ".") if "," in field and _COMMA.fullmatch(field) else field
            for field in fields
        ]
    return fields


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


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


IMPORTER = CsvImporter()
