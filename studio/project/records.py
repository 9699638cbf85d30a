"""The list of recordings in the database, and what may be listed."""

import json
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.errors import ProjectError
from studio.project import files
from studio.project.database import Database
from studio.types import HIGHEST_HZ, LOWEST_HZ, READING_DTYPES, Axis, Gap, Recording

SHOWN = "WHERE hidden = 0"
_COLUMNS = "id, name, sha256, axes, sample_rate_hz, dtype, readings, group_name, source, flags"


@dataclass(frozen=True, slots=True)
class Listing:
    """What is written to the list about one recording, besides its number."""

    name: str
    sha256: str
    axes: tuple[Axis, ...]
    sample_rate_hz: float
    dtype: str
    readings: int
    group: str
    source: str
    log: str
    """Name of the capture log it was sealed from, or empty."""
    gaps: tuple[Gap, ...]


def now() -> str:
    """Return the time in UTC, ISO 8601 with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@lru_cache(maxsize=4096)
def clean_text(text: str, *, limit: int = 200) -> str:
    """Return text on one line, without control characters, at most `limit` signs long."""
    kept = text[: limit * 2]
    if not kept.isprintable():
        kept = "".join(sign if sign.isprintable() else " " for sign in kept)
    return " ".join(kept.split())[:limit]


def spelled(database: Database, text: str, column: str) -> str:
    """Return a label or a group, clean, as the project spells it already; else composed (NFC).

    Systems write the signs of a word like "été" in different ways, and it must not become two.

    Parameters
    ----------
    column : {"label", "group_name"}
        Which of the two it is.
    """
    word = clean_text(text)
    if word.isascii():
        return word
    composed = unicodedata.normalize("NFC", word)
    table = {"label": "label WHERE name", "group_name": "recording WHERE group_name"}[column]
    for form in (word, composed, unicodedata.normalize("NFD", word)):
        if database.rows(f"SELECT 1 FROM {table} = ? LIMIT 1", (form,)):
            return form
    return composed


def counted(count: int, one: str, many: str = "") -> str:
    """Return how many there are, in words."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def checked(values: NDArray[Any], n_axes: int, name: str) -> NDArray[Any]:
    """Return readings as `(n, n_axes)` int16 or float32.

    Raises
    ------
    ProjectError
        For readings that are empty, not finite, or do not fit the axes.
    """
    readings = np.asarray(values)
    if readings.ndim == 1:
        readings = readings[:, np.newaxis]
    if readings.ndim != 2 or readings.shape[0] == 0 or readings.shape[1] != n_axes or n_axes == 0:
        raise ProjectError(
            f"Recording {name} has readings of shape {readings.shape} and {n_axes} axes.",
            "Give one column per axis and at least one reading.",
        )
    if readings.dtype.kind == "f" and readings.dtype != np.float32:
        with np.errstate(over="ignore"):
            readings = readings.astype(np.float32)
    if files.dtype_name(readings.dtype) not in READING_DTYPES:
        raise ProjectError(
            f"Recording {name} holds values of type {readings.dtype}.",
            "Give int16 (audio) or floating-point values.",
        )
    if readings.dtype.kind == "f" and not np.isfinite(readings).all():
        row = int(np.flatnonzero(~np.isfinite(readings).all(axis=1))[0])
        raise ProjectError(
            f"Recording {name} has a value that is not a finite float32 at reading {row}.",
            "Remove or correct it at its source.",
        )
    return readings


@lru_cache
def axes_text(axes: tuple[Axis, ...]) -> str:
    """Return axes as the database has them."""
    return json.dumps([[axis.name, axis.units] for axis in axes], ensure_ascii=False)


@lru_cache
def _clean_axes(axes: tuple[Axis, ...]) -> tuple[Axis, ...]:
    return tuple(
        Axis(clean_text(axis.name) or f"axis{number}", clean_text(axis.units))
        for number, axis in enumerate(axes, 1)
    )


def listing(
    name: str,
    axes: Sequence[Axis],
    sample_rate_hz: float,
    group: str,
    source: str,
    gaps: Sequence[Gap],
    log: str = "",
) -> Listing:
    """Return what is known of a recording before its readings are written."""
    title = clean_text(name) or "recording"
    if not LOWEST_HZ <= sample_rate_hz <= HIGHEST_HZ:
        raise ProjectError(
            f"Recording {title} has a sample rate of {sample_rate_hz:g} Hz.",
            f"Give the rate at which it was recorded, from {LOWEST_HZ:g} to {HIGHEST_HZ:,.0f} Hz.",
        )
    return Listing(
        name=title,
        sha256="",
        axes=_clean_axes(tuple(axes)),
        sample_rate_hz=float(sample_rate_hz),
        dtype="",
        readings=0,
        group=clean_text(group) or title,
        source=clean_text(source, limit=1000),
        log=log,
        gaps=tuple(gaps),
    )


def _numbered(name: str) -> str:
    """Return the next name after `walk` or `walk (2)`."""
    found = re.fullmatch(r"(.*) \((\d{1,6})\)", name)
    return f"{found[1]} ({int(found[2]) + 1})" if found else f"{name} (2)"


def add(database: Database, listing: Listing) -> int:
    """List a recording, hidden, and return its number; the same one is listed once.

    The same readings out of another capture log are another recording, and get another name.

    `show` makes it part of the data.
    """
    axes = axes_text(listing.axes)
    known = database.rows(
        "SELECT id, log FROM recording WHERE sha256 = ? AND name = ? AND sample_rate_hz = ? "
        "AND axes = ?",
        (listing.sha256, listing.name, listing.sample_rate_hz, axes),
    )
    if known and listing.log not in (
        "",
        known[0][1],
    ):  # recorded again: a stuck sensor sends the same readings twice
        return add(database, replace(listing, name=_numbered(listing.name)))
    if known:
        return int(known[0][0])
    number = database.execute(
        "INSERT INTO recording (name, sha256, axes, sample_rate_hz, dtype, readings, group_name, "
        "source, log, created, hidden) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
        (
            listing.name,
            listing.sha256,
            axes,
            listing.sample_rate_hz,
            listing.dtype,
            listing.readings,
            spelled(database, listing.group, "group_name"),
            listing.source,
            listing.log,
            now(),
        ),
    )
    database.execute_many(
        "INSERT INTO gap (recording_id, at, missing) VALUES (?, ?, ?)",
        [(number, int(gap.at), int(gap.missing)) for gap in listing.gaps],
    )
    return number


def show(database: Database, number: int, group: str) -> None:
    """Make a hidden recording part of the data, in a group; one that is shown stays as it is."""
    database.execute(
        "UPDATE recording SET group_name = ?, hidden = 0 WHERE id = ? AND hidden",
        (spelled(database, group, "group_name"), number),
    )


def hide(database: Database, numbers: Collection[int]) -> None:
    """Take recordings out of the data with their samples and metadata; rows and files stay."""
    rows = [(number,) for number in numbers]
    database.execute_many("DELETE FROM sample WHERE recording_id = ?", rows)
    database.execute_many("DELETE FROM metadata WHERE recording_id = ?", rows)
    database.execute_many("UPDATE recording SET hidden = 1 WHERE id = ?", rows)


def purge(database: Database, kept: Collection[int]) -> list[tuple[str, str]]:
    """Remove hidden recordings but those kept; return (sha256, dtype) that no row names now."""
    gone = [
        row
        for row in database.rows("SELECT id, sha256, dtype FROM recording WHERE hidden")
        if row[0] not in kept
    ]
    database.execute_many("DELETE FROM recording WHERE id = ?", [(row[0],) for row in gone])
    database.execute("DELETE FROM tidied")
    listed = set(database.rows("SELECT sha256, dtype FROM recording"))
    return sorted({(row[1], row[2]) for row in gone} - listed)


def set_health(
    database: Database, number: int, health: Mapping[str, Any], flags: Sequence[str]
) -> None:
    """Note what was found about a recording: a report, and words to find it by."""
    words = " ".join(dict.fromkeys("-".join(clean_text(flag).split()) for flag in flags))
    try:
        text = json.dumps(health, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ProjectError(
            f"The health report of recording {number} cannot be kept: {error}.",
            "Give finite numbers, texts and lists of them.",
        ) from error
    database.execute(
        "UPDATE recording SET health = ?, flags = ? WHERE id = ?",
        (text, f" {words} " if words else "", number),
    )


def health(database: Database, number: int) -> dict[str, Any]:
    """Return a recording's health report; empty if there is none yet."""
    ((text,),) = database.rows("SELECT health FROM recording WHERE id = ?", (number,))
    try:
        return dict(json.loads(text)) if text else {}
    except (ValueError, TypeError) as error:
        raise _damaged(database, error) from error


def select(database: Database, where: str = "", values: Sequence[Any] = ()) -> list[Recording]:
    """Return the recordings that meet a condition, oldest first."""
    gaps: dict[int, list[Gap]] = {}
    for number, at, missing in database.rows(
        "SELECT recording_id, at, missing FROM gap WHERE recording_id IN "
        f"(SELECT id FROM recording {where}) ORDER BY recording_id, at",
        values,
    ):
        gaps.setdefault(number, []).append(Gap(at, missing))
    rows = database.rows(f"SELECT {_COLUMNS} FROM recording {where} ORDER BY id", values)
    try:
        return [
            Recording(
                id=row[0],
                name=row[1],
                sha256=row[2],
                axes=tuple(Axis(*pair) for pair in json.loads(row[3])),
                sample_rate_hz=row[4],
                dtype=row[5],
                readings=row[6],
                group=row[7],
                source=row[8],
                flags=tuple(row[9].split()),
                gaps=tuple(gaps.get(row[0], ())),
            )
            for row in rows
        ]
    except (ValueError, TypeError) as error:
        raise _damaged(database, error) from error


def _damaged(database: Database, error: Exception) -> ProjectError:
    return ProjectError(
        f"The list of recordings in {database.path} is damaged: {error}.",
        "Restore it from a copy.",
    )
