"""One history of all changes of a project's data, with a way back that survives a restart.

Triggers in the database note each changed row (before, after) under the entry that is open, in
the transaction that changes it; without an open entry the change is refused. One transaction
makes at most one entry. Undoing an entry puts its rows back in reverse order.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from studio.errors import ProjectError
from studio.project.database import Database
from studio.project.records import clean_text, now
from studio.project.schema import RECORDED

_SENTENCE = 500
_SELECT = (
    "SELECT id, at, sentence, undone, (SELECT count(*) FROM change WHERE entry = history.id) "
    "FROM history"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of the data that a person made."""

    id: int
    at: str
    """Time in UTC, ISO 8601."""
    sentence: str
    undone: bool
    changes: int
    """How many rows it changed."""


@dataclass(frozen=True, slots=True)
class _Noted:
    """One row as it was and as it is; None where there was or is no row."""

    place: str
    row: int
    before: str | None
    after: str | None


def _nothing() -> None:
    """Do nothing more."""


class History:
    """The history of one project."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._entry = 0
        self._depth = 0
        self._sentences: list[str] = []
        database.ending = self._ending

    @contextmanager
    def change(self, sentence: str, *, continues: int = 0) -> Iterator[int]:
        """Note what changes inside as one entry, kept whole or not at all, and yield its number.

        Inside another one, or inside one transaction with others, it joins them.

        Parameters
        ----------
        sentence : str
            What was done, such as "Relabelled 3 samples to wave".
        continues : int
            An entry of before: if it is still the newest, the changes are added to it.
        """
        with self._database.writing():
            if not self._entry:
                self._open(continues)
            if self._depth == 0:
                self._sentences.append(clean_text(sentence, limit=_SENTENCE))
            self._depth += 1
            try:
                yield self._entry
            finally:
                self._depth -= 1

    def _open(self, continues: int) -> None:
        newest = self._database.rows("SELECT id, undone FROM history ORDER BY id DESC LIMIT 1")
        self._sentences = []
        if continues and newest == [(continues, 0)]:
            self._entry = continues
        else:
            self._entry = self._database.execute(
                "INSERT INTO history (at, sentence, undone) VALUES (?, '', 0)", (now(),)
            )
        self._database.execute("UPDATE history_now SET entry = ?", (self._entry,))

    def _ending(self, committed: bool) -> None:
        """Close the open entry: the last thing before the commit."""
        entry, self._entry = self._entry, 0
        if not entry or not committed:
            return
        execute = self._database.execute
        execute("UPDATE history_now SET entry = NULL")
        if not self._database.rows("SELECT 1 FROM change WHERE entry = ? LIMIT 1", (entry,)):
            execute("DELETE FROM history WHERE id = ?", (entry,))
            return
        execute("DELETE FROM history WHERE undone AND id != ?", (entry,))
        sentence = _joined(self._sentences)
        if sentence:
            execute("UPDATE history SET sentence = ? WHERE id = ?", (sentence, entry))

    def entries(self, *, limit: int = 100) -> list[Entry]:
        """Return the newest entries, newest first; undone ones can be redone."""
        rows = self._database.rows(f"{_SELECT} ORDER BY id DESC LIMIT ?", (limit,))
        return [_entry(row) for row in rows]

    def undo(self, count: int = 1, *, then: Callable[[], None] = _nothing) -> list[Entry]:
        """Take the newest changes back and return their entries, in the order of undoing.

        Parameters
        ----------
        count : int
            How many, or as many as there are.
        then : callable
            Is called before the commit; if it raises, nothing is changed.

        Raises
        ------
        ProjectError
            If there is nothing to undo, or the history is damaged. Then nothing is changed.
        """
        return self._step("WHERE NOT undone ORDER BY id DESC LIMIT ?", count, then, undo=True)

    def redo(self, count: int = 1, *, then: Callable[[], None] = _nothing) -> list[Entry]:
        """Do again what was undone last and return the entries, as `undo`.

        Raises
        ------
        ProjectError
            If there is nothing to redo, or the history is damaged. Then nothing is changed.
        """
        return self._step("WHERE undone ORDER BY id LIMIT ?", count, then, undo=False)

    def _step(
        self, where: str, count: int, then: Callable[[], None], *, undo: bool
    ) -> list[Entry]:
        with self._database.writing():
            if self._entry:
                raise ProjectError("A change is being made.", "Undo when it has finished.")
            rows = self._database.rows(f"{_SELECT} {where}", (max(1, count),))
            if not rows:
                raise ProjectError(
                    f"There is nothing to {'undo' if undo else 'redo'}.",
                    "See the changes with `tinyml-studio history`.",
                )
            self._database.execute("UPDATE history_now SET entry = 0")
            for row in rows:
                self._apply(row[0], undo=undo)
                self._database.execute(
                    "UPDATE history SET undone = ? WHERE id = ?", (int(undo), row[0])
                )
            self._database.execute("UPDATE history_now SET entry = NULL")
            then()
        return [_entry((*row[:3], undo, row[4])) for row in rows]

    def _apply(self, entry: int, *, undo: bool) -> None:
        """Put all rows of an entry back to how they were before it, or after it."""
        order = "DESC" if undo else ""
        noted = self._database.rows(
            f"SELECT place, row, before, after FROM change WHERE entry = ? ORDER BY id {order}",
            (entry,),
        )
        try:
            steps = [_statement(_Noted(*row), undo=undo) for row in noted]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ProjectError(
                f"Entry {entry} of the history is damaged: {error}.",
                "Restore the project from a copy, or a snapshot of the data.",
            ) from error
        for sql, group in groupby(steps, key=lambda step: step[0]):
            self._database.execute_many(sql, [values for _, values in group])

    def rule(self) -> str:
        """Return the window rule as it was noted last, or an empty text."""
        return str(self._database.rows("SELECT value FROM rule")[0][0])

    def note_rule(self, sentence: str, before: str, after: str) -> None:
        """Note that there is another window rule, which the project's text file holds.

        Whoever takes the change back reads from `rule` what the file is to hold again. The file is
        written inside the transaction: of a program that dies before the commit it holds a rule
        as if it were changed by hand, of which no entry tells.
        """
        set_to = "UPDATE rule SET value = ?"
        with self._database.writing():
            if self.rule() != before:  # changed by hand: nothing of the history
                ((entry,),) = self._database.rows("SELECT entry FROM history_now")
                self._database.execute("UPDATE history_now SET entry = 0")
                self._database.execute(set_to, (before,))
                self._database.execute("UPDATE history_now SET entry = ?", (entry,))
            with self.change(sentence):
                self._database.execute(set_to, (after,))

    def forget(self) -> int:
        """Forget all entries, so that nothing can be undone; return how many there were."""
        with self._database.writing():
            count = int(self._database.rows("SELECT count(*) FROM history")[0][0])
            self._database.execute("DELETE FROM history")
        return count


def _entry(row: Sequence[Any]) -> Entry:
    return Entry(row[0], row[1], row[2], bool(row[3]), row[4])


def _joined(sentences: Sequence[str]) -> str:
    """Return one sentence for what one transaction did."""
    said = list(dict.fromkeys(filter(None, sentences)))
    if len(said) <= 2:
        return "; ".join(said)
    return f"{said[0]} and {len(said) - 1} more changes"


def _statement(noted: _Noted, *, undo: bool) -> tuple[str, tuple[Any, ...]]:
    """Return the statement that puts a row to its state before or after a change.

    Names are taken from `RECORDED` only: the file may come from someone else.
    """
    known = RECORDED[noted.place]
    have, want = (noted.after, noted.before) if undo else (noted.before, noted.after)
    if want is None:
        return f"DELETE FROM {noted.place} WHERE id = ?", (noted.row,)
    image: Mapping[str, Any] = json.loads(want)
    columns = [column for column in known if column in image]
    if not columns or len(columns) < len(image):
        raise ValueError(f"{noted.place} has no {', '.join(image)}")
    values = [image[column] for column in columns]
    if have is None:
        marks = ", ".join("?" * len(columns))
        return f"INSERT INTO {noted.place} ({', '.join(columns)}) VALUES ({marks})", tuple(values)
    setting = ", ".join(f"{column} = ?" for column in columns)
    return f"UPDATE {noted.place} SET {setting} WHERE id = ?", (*values, noted.row)
