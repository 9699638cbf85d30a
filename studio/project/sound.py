"""Whether the rows of a database that somebody else wrote are such as this program writes.

SQLite keeps any value in any column, and whoever makes a file by hand may put anything there:
text for numbers, spans beyond their recording, rows that belong to nothing. Everything else here
trusts the database, so a strange one is looked at whole, once, before it is opened.
"""

import json
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from studio.errors import ProjectError
from studio.project.database import FILE, Database
from studio.project.samples import MAIN
from studio.project.schema import MIGRATIONS, RECORDED
from studio.project.snapshots import PARTS, state
from studio.project.suggestions import STATES
from studio.types import HIGHEST_HZ, LOWEST_HZ, READING_DTYPES, SPLITS

_MOST_AXES = 1024
_MOST = 1 << 53
_GROWTH, _SLACK_BYTES = 200, 8 << 20
"""How many times its stored size a snapshot may become, and what may come out before."""
_SHOWN = 60
_SCHEMA = "SELECT type, name, sql FROM sqlite_master"


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _name(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _count(value: Any) -> bool:
    return type(value) is int and 0 <= value < _MOST


def _some(value: Any) -> bool:
    return _count(value) and value > 0


def _whole_or_none(value: Any) -> bool:
    return value is None or _count(value)


def _flag(value: Any) -> bool:
    return type(value) is int and value in (0, 1)


def _split(value: Any) -> bool:
    return isinstance(value, str) and value in ("", *SPLITS)


def _share(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value <= 1


def _rate(value: Any) -> bool:
    return type(value) in (int, float) and LOWEST_HZ <= value <= HIGHEST_HZ


def _among(*known: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and value in known


def _json(text: Any) -> Any:
    """Return what a text says in JSON; None for anything else."""
    try:
        return json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None


def _table(value: Any) -> bool:
    return value == "" or isinstance(_json(value), dict)


def _axes(value: Any) -> bool:
    rows = _json(value)
    if not isinstance(rows, list) or not 0 < len(rows) <= _MOST_AXES:
        return False
    return all(
        isinstance(row, list) and len(row) == 2 and all(isinstance(part, str) for part in row)
        for row in rows
    )


_COLUMNS: Mapping[str, Mapping[str, Callable[[Any], bool]]] = {
    "recording": {
        "id": _count,
        "name": _name,
        "sha256": _name,
        "axes": _axes,
        "sample_rate_hz": _rate,
        "dtype": _among(*READING_DTYPES),
        "readings": _some,
        "group_name": _name,
        "source": _text,
        "log": _text,
        "created": _text,
        "hidden": _flag,
        "health": _table,
        "flags": _text,
    },
    "gap": {"recording_id": _count, "at": _count, "missing": _count},
    "sample": {
        "id": _count,
        "recording_id": _count,
        "start": _count,
        "stop": _count,
        "label": _name,
        "preset": _split,
        "split": _split,
        "track": _name,
        "enabled": _flag,
    },
    "track": {"id": _count, "name": _name},
    "metadata": {"id": _count, "recording_id": _count, "key": _name, "value": _text},
    "suggestion": {
        "id": _count,
        "run": _text,
        "recording_id": _count,
        "start": _count,
        "stop": _count,
        "label": _name,
        "confidence": _share,
        "track": _name,
        "state": _among(*STATES),
        "sample_id": _whole_or_none,
    },
    "snapshot": {
        "id": _count,
        "name": _name,
        "at": _text,
        "sha256": _text,
        "recordings": _count,
        "samples": _count,
        "content": lambda value: isinstance(value, bytes),
    },
    "run": {
        "number": _count,
        "id": _name,
        "kind": _text,
        "started": _text,
        "finished": _text,
        "metrics": lambda value: isinstance(_json(value), dict),
    },
    "history": {"id": _count, "at": _text, "sentence": _text, "undone": _flag},
    "change": {
        "id": _count,
        "entry": _count,
        "place": _among(*RECORDED),
        "row": _count,
        "before": lambda value: value is None or isinstance(value, str),
        "after": lambda value: value is None or isinstance(value, str),
    },
    "label": {"id": _count, "name": _name},
    "rule": {"id": _some, "value": lambda value: value == "" or isinstance(_json(value), dict)},
    "tidied": {"mtime_ns": lambda value: type(value) is int},
}
_BELONGING = ("gap", "sample", "metadata", "suggestion")
"""Tables whose rows belong to a recording."""
_SPANS = ("sample", "suggestion")


def check_rows(folder: Path) -> None:
    """Look at every row of a project's database.

    Raises
    ------
    ProjectError
        Saying what is wrong; also if the database cannot be opened at all.
    """
    with closing(Database(folder)) as database:  # brings tables of an older program up to date
        if database.unwritable is not None:
            raise database.unwritable
    try:
        with closing(sqlite3.connect(folder / FILE)) as connection:
            found = next(_faults(connection), "")
    except (sqlite3.Error, UnicodeDecodeError, OverflowError) as error:
        found = str(error)
    if found:
        raise ProjectError(
            f"{FILE} cannot be trusted: {found}.", "Get the project again from whoever made it."
        )


def _faults(connection: sqlite3.Connection) -> Iterator[str]:
    if _made() - set(connection.execute(_SCHEMA)):
        yield "its tables are not those of this program"
    yield from _dangling(connection)
    readings: dict[int, int] = {}
    tracks: set[str] = set()
    for table in _COLUMNS:
        for row in _rows(connection, table):
            yield from _wrong(table, row)
            if table == "recording":
                readings[row["id"]] = row["readings"]
            if table == "track":
                tracks.add(row["name"])
            if table in _BELONGING:
                yield from _beyond(table, row, readings)
            if table == "change":
                yield from _unlike(row, readings)
            if table == "snapshot":
                yield from _torn(row["content"], readings)
    if MAIN not in tracks:
        yield f"the track {MAIN} is missing"
    for (name,) in connection.execute("SELECT DISTINCT track FROM sample"):
        if name not in tracks:
            yield f"samples are on the track {name[:_SHOWN]!r}, which there is not"
    if connection.execute("SELECT entry FROM history_now").fetchall() != [(None,)]:
        yield "its history is not as it is between two changes"


def _made() -> set[tuple[str, str, str | None]]:
    """Return the tables, indices and triggers of a new project's database."""
    with closing(sqlite3.connect(":memory:")) as connection:
        for migration in MIGRATIONS:
            connection.executescript(migration)
        return set(connection.execute(_SCHEMA))


def _rows(connection: sqlite3.Connection, table: str) -> Iterator[dict[str, Any]]:
    columns = tuple(_COLUMNS[table])
    for row in connection.execute(f"SELECT {', '.join(columns)} FROM {table}"):
        yield dict(zip(columns, row, strict=True))


def _wrong(table: str, row: Mapping[str, Any]) -> Iterator[str]:
    """Yield the columns of a row, or of its image, that are not as they should be."""
    for column, good in _COLUMNS[table].items():
        if column in row and not good(row[column]):
            yield f"{column} of a {table} is {str(row[column])[:_SHOWN]!r}"


def _beyond(table: str, row: Mapping[str, Any], readings: Mapping[int, int]) -> Iterator[str]:
    """Yield what lies outside its recording."""
    end = readings.get(row["recording_id"])
    if end is None:
        yield f"a {table} belongs to no recording"
    elif table == "gap" and row["at"] > end:
        yield f"a gap is before reading {row['at']} of {end}"
    elif table in _SPANS and not row["start"] < row["stop"] <= end:
        yield f"a {table} is from {row['start']} to {row['stop']} of {end} readings"


def _dangling(connection: sqlite3.Connection) -> Iterator[str]:
    for table, *_ in connection.execute("PRAGMA foreign_key_check"):
        yield f"a {table} belongs to nothing"
    seen = "SELECT id, recording_id, start, label, split, track, enabled, name, group_name "
    own = (
        "SELECT sample.id, recording_id, start, label, CASE WHEN split = '' THEN preset ELSE "
        "split END, track, enabled, name, group_name FROM sample "
        "JOIN recording ON recording.id = recording_id"
    )
    index = f"{seen} FROM sample_index"
    for one, other in ((own, index), (index, own)):
        if connection.execute(f"SELECT 1 FROM ({one} EXCEPT {other}) LIMIT 1").fetchone():
            yield "its index lists other samples than there are"
    lengths = (
        "SELECT 1 FROM sample_index JOIN sample USING (id) JOIN recording "
        "ON recording.id = sample.recording_id WHERE typeof(seconds) != 'real' "
        "OR abs(seconds * sample_rate_hz - (sample.stop - sample.start)) > 0.5 LIMIT 1"
    )
    if connection.execute(lengths).fetchone():
        yield "its index lists samples of other lengths than they have"


def _unlike(change: Mapping[str, Any], readings: Mapping[int, int]) -> Iterator[str]:
    """Yield what an entry of the history would put back that could not have been there."""
    place = change["place"]
    for text in (change["before"], change["after"]):
        if text is None:
            continue
        image = _json(text)
        if not isinstance(image, dict) or not image or not image.keys() <= set(RECORDED[place]):
            yield f"a change of a {place} is {text[:_SHOWN]!r}"
        else:
            yield from _wrong(place, image)
            if place == "sample" and "recording_id" in image:
                yield from _beyond(place, {"start": 0, "stop": 1, **image}, readings)


def _torn(content: bytes, readings: Mapping[int, int]) -> Iterator[str]:
    """Yield what a snapshot would restore that could not have been there."""
    try:
        stream = zlib.decompressobj()
        text = stream.decompress(content, _SLACK_BYTES + _GROWTH * len(content))
        if stream.unconsumed_tail or not stream.eof:
            yield "a snapshot is cut, or far too large"
            return
        tables = state(json.loads(text))
    except (ValueError, KeyError, TypeError, IndexError, RecursionError, zlib.error):
        yield "a snapshot cannot be read"
        return
    for table, rows in tables.items():
        for values in rows.values():
            row = dict(zip(PARTS[table], values, strict=True))
            yield from _wrong(table, row)
            if table == "sample":
                yield from _beyond(table, row, readings)
