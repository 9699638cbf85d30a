"""Named copies of the data set's list: which recordings and samples there were, as they were.

A snapshot is one row with compressed JSON. The readings are not copied: recordings never change,
and those that a snapshot names are not removed from the disk.
"""

import hashlib
import json
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studio.errors import ProjectError
from studio.project import snapshot_words
from studio.project.database import Database
from studio.project.history import History
from studio.project.records import clean_text, now
from studio.project.schema import RECORDED

PARTS = {
    "recording": ("id", "name", "group_name"),
    **{table: tuple(RECORDED[table]) for table in ("sample", "track", "metadata")},
}
"""What a snapshot holds, by table; the first column is the number of the row."""

_WHERE = {"recording": "WHERE hidden = 0"}
_LARGEST = 1 << 30
Rows = dict[int, list[Any]]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One named state of the data set."""

    name: str
    at: str
    """Time in UTC, ISO 8601."""
    sha256: str
    """Of the content: two snapshots of the same data have the same."""
    recordings: int
    samples: int


@dataclass(frozen=True, slots=True)
class Difference:
    """What became of one kind of rows from one state to another: their numbers."""

    added: tuple[int, ...]
    removed: tuple[int, ...]
    changed: tuple[int, ...]


class SnapshotList:
    """The snapshots of one project."""

    def __init__(self, database: Database, history: History) -> None:
        self._database = database
        self._history = history

    def every(self) -> list[Snapshot]:
        """Return all snapshots, oldest first."""
        rows = self._database.rows(
            "SELECT name, at, sha256, recordings, samples FROM snapshot ORDER BY id"
        )
        return [Snapshot(*row) for row in rows]

    def save(self, name: str) -> Snapshot:
        """Keep the present state under a name.

        Raises
        ------
        ProjectError
            If the name is empty or taken.
        """
        title = clean_text(name)
        if not title:
            raise ProjectError("The snapshot has no name.", "Give it one.")
        with self._database.writing():
            if any(one.name == title for one in self.every()):
                raise ProjectError(
                    f"There is a snapshot {title!r} already.", "Choose another name."
                )
            state = self._present()
            text = json.dumps(
                {table: list(rows.values()) for table, rows in state.items()},
                ensure_ascii=False,
                separators=(",", ":"),
            ).encode("utf-8", "surrogatepass")
            digest = hashlib.sha256(text).hexdigest()
            made = Snapshot(title, now(), digest, len(state["recording"]), len(state["sample"]))
            self._database.execute(
                "INSERT INTO snapshot (name, at, sha256, recordings, samples, content) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (title, made.at, digest, made.recordings, made.samples, zlib.compress(text, 6)),
            )
        return made

    def remove(self, name: str) -> None:
        """Forget a snapshot; the data stay."""
        with self._database.writing():
            self._content(name)
            self._database.execute("DELETE FROM snapshot WHERE name = ?", (name,))

    def compare(self, old: str, new: str = "") -> dict[str, Difference]:
        """Return what changed from a snapshot to another one, or to the present (empty name).

        Returns
        -------
        dict
            `Difference` for `recording`, `sample`, `track` and `metadata`.
        """
        before = self._content(old)
        after = self._content(new) if new else self._present()
        return {table: _difference(table, before[table], after[table]) for table in PARTS}

    def told(self, old: str, new: str = "") -> list[str]:
        """Return what changed, as `compare` does, in sentences; none if nothing did."""
        before = self._content(old)
        after = self._content(new) if new else self._present()
        found = {table: _difference(table, before[table], after[table]) for table in PARTS}
        return snapshot_words.sentences(found, before["sample"], after["sample"])

    def restore(self, name: str) -> dict[str, Difference]:
        """Make the data what they were in a snapshot (undoable), and return what that changed.

        Raises
        ------
        ProjectError
            If there is no such snapshot, or a recording in it is gone.
        """
        wanted = self._content(name)
        with self._history.change(f"Restored the snapshot {name}"):
            present = self._present()
            listed = {row[0] for row in self._database.rows("SELECT id FROM recording")}
            gone = wanted["recording"].keys() - listed
            if gone:
                raise ProjectError(
                    f"{len(gone)} recordings of the snapshot {name} are no longer there.",
                    "Restore the project from a copy.",
                )
            found = {table: _difference(table, present[table], wanted[table]) for table in PARTS}
            for table, rows in wanted.items():
                self._make(table, present[table], rows)
        return found

    def _make(self, table: str, present: Rows, wanted: Rows) -> None:
        """Make the rows of a table what they were."""
        columns = PARTS[table]
        different = [row for number, row in wanted.items() if present.get(number) != row]
        if table == "recording":
            self._database.execute_many(
                "UPDATE recording SET name = ?, group_name = ?, hidden = 0 WHERE id = ?",
                [(*row[1:], row[0]) for row in different],
            )
            hiding = [(number,) for number in present.keys() - wanted.keys()]
            self._database.execute_many("UPDATE recording SET hidden = 1 WHERE id = ?", hiding)
            return
        removed = [(number,) for number in present.keys() - wanted.keys()]
        self._database.execute_many(f"DELETE FROM {table} WHERE id = ?", removed)
        setting = ", ".join(f"{column} = ?" for column in columns[1:])
        self._database.execute_many(
            f"UPDATE {table} SET {setting} WHERE id = ?",
            [(*row[1:], row[0]) for row in different if row[0] in present],
        )
        marks = ", ".join("?" * len(columns))
        self._database.execute_many(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})",
            [row for row in different if row[0] not in present],
        )

    def recordings(self) -> Collection[int]:
        """Return the recordings that any snapshot names."""
        return {number for one in self.every() for number in self._content(one.name)["recording"]}

    def _present(self) -> dict[str, Rows]:
        state: dict[str, Rows] = {}
        for table, columns in PARTS.items():
            where = _WHERE.get(table, "")
            rows = self._database.rows(
                f"SELECT {', '.join(columns)} FROM {table} {where} ORDER BY id"
            )
            state[table] = {row[0]: list(row) for row in rows}
        return state

    def _content(self, name: str) -> dict[str, Rows]:
        found = self._database.rows("SELECT content FROM snapshot WHERE name = ?", (name,))
        if not found:
            names = ", ".join(one.name for one in self.every()) or "none yet"
            raise ProjectError(f"There is no snapshot {name!r}.", f"Snapshots: {names}.")
        try:
            return state(json.loads(_unpacked(found[0][0])))
        except (ValueError, KeyError, TypeError, IndexError, zlib.error) as error:
            raise ProjectError(
                f"The snapshot {name} is damaged: {error}.", "Remove it, or restore a copy."
            ) from error


def _unpacked(content: bytes) -> bytes:
    stream = zlib.decompressobj()
    text = stream.decompress(content, _LARGEST)
    if stream.unconsumed_tail or not stream.eof:
        raise ValueError("it is cut, or far too large")
    return text


def state(content: Mapping[str, Sequence[Sequence[Any]]]) -> dict[str, Rows]:
    """Return the rows of a snapshot's content by table and number; raises on strange forms."""
    found: dict[str, Rows] = {}
    for table, columns in PARTS.items():
        found[table] = {int(row[0]): list(row) for row in content[table]}
        if any(len(row) != len(columns) for row in found[table].values()):
            raise ValueError(f"a row of {table} is incomplete")
    return found


def _difference(table: str, before: Rows, after: Rows) -> Difference:
    """Compare by number; a number that went to another recording is another sample."""
    same = before.keys() & after.keys()
    if table in ("sample", "metadata"):
        same = {number for number in same if before[number][1] == after[number][1]}
    return Difference(
        added=tuple(sorted(after.keys() - same)),
        removed=tuple(sorted(before.keys() - same)),
        changed=tuple(sorted(number for number in same if before[number] != after[number])),
    )
