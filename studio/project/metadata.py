"""What is known of a recording besides its readings: keys and values, for people and files.

Keys that the studio itself writes: `device`, `interval_ms`, `notes`, `started` (when the first
reading was taken, ISO 8601), `session` (one for recordings that several boards made at once),
`ended` ("cut off" if the program that recorded it was ended before it was done).
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from studio.errors import ProjectError
from studio.project.database import Database
from studio.project.history import History
from studio.project.records import clean_text

ENDED = "ended"
_LONGEST = 100_000


def beginning(started_at: float, session: str = "") -> dict[str, str]:
    """Return the metadata that tell when a recording began, and with which others.

    Parameters
    ----------
    started_at : float
        When the first reading was taken, in seconds since 1970; 0 if unknown.
    session : str
        What recordings made at the same time have in common, or empty.
    """
    about = {"session": session} if session else {}
    if started_at:
        began = datetime.fromtimestamp(started_at, UTC)
        about["started"] = began.isoformat(timespec="milliseconds")
    return about


class MetadataList:
    """Keys and values of a project's recordings."""

    def __init__(self, database: Database, history: History) -> None:
        self._database = database
        self._history = history

    def of(self, recording_id: int) -> dict[str, str]:
        """Return a recording's keys and values, in the order in which they were added."""
        rows = self._database.rows(
            "SELECT key, value FROM metadata WHERE recording_id = ? ORDER BY id", (recording_id,)
        )
        return dict(rows)

    def every(self) -> dict[int, dict[str, str]]:
        """Return the keys and values of all recordings that have some."""
        found: dict[int, dict[str, str]] = {}
        for number, key, value in self._database.rows(
            "SELECT recording_id, key, value FROM metadata JOIN recording "
            "ON recording.id = recording_id WHERE hidden = 0 ORDER BY metadata.id"
        ):
            found.setdefault(number, {})[key] = value
        return found

    def set(self, recording_id: int, values: Mapping[str, Any]) -> None:
        """Set keys of a recording; those whose value is None are removed, others stay.

        Raises
        ------
        ProjectError
            For an empty key or a value that is too long.
        """
        wanted = list(_checked(values.items()))
        there = self.of(recording_id)
        with self._history.change(f"Set {', '.join(key for key, _ in wanted) or 'no metadata'}"):
            for key, value in wanted:
                if value is None:
                    sql = "DELETE FROM metadata WHERE recording_id = ? AND key = ?"
                    self._database.execute(sql, (recording_id, key))
                elif key in there:
                    self._database.execute(
                        "UPDATE metadata SET value = ? WHERE recording_id = ? AND key = ?",
                        (value, recording_id, key),
                    )
                else:
                    self._database.execute(
                        "INSERT INTO metadata (recording_id, key, value) VALUES (?, ?, ?)",
                        (recording_id, key, value),
                    )


def _checked(items: Iterable[tuple[str, Any]]) -> Iterable[tuple[str, str | None]]:
    for key, value in items:
        text = None if value is None else str(value).replace("\0", "")
        if not clean_text(key) or len(text or "") > _LONGEST:
            raise ProjectError(
                f"Metadata {key!r} cannot be kept: {len(text or '')} signs.",
                f"Give it a name, and a value of at most {_LONGEST} signs.",
            )
        yield clean_text(key), text
