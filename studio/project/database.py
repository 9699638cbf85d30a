"""`studio.db`: one SQLite connection, numbered migrations, and SQLite's errors in words."""

import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from studio.errors import ProjectError
from studio.project.schema import MIGRATIONS, statements

FILE = "studio.db"
LOCK_SECONDS = 20.0
"""How long to wait for another process that is writing."""

SCHEMA = len(MIGRATIONS)
"""Number of the newest migration, kept in the database as `user_version`."""


class ProjectBusyError(ProjectError):
    """Another process has been writing to the project for longer than one can wait."""


class Database:
    """One connection to a project's database; its methods may be called from any thread.

    Raises
    ------
    ProjectError
        From every method: locked by another process, damaged, newer, or not writable.
    """

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        self.path = folder / FILE
        self._lock = threading.RLock()
        self._depth = 0
        self.ending: Callable[[bool], None] = lambda committed: None
        """Called as the last thing before a commit (true), and after a roll-back (false)."""
        if not create and not self.path.is_file():
            raise ProjectError(
                f"{self.path} is missing: it lists the project's recordings and labels.",
                "Restore it from a copy. The recordings themselves were not touched.",
            )
        with self._words():
            self._connection = sqlite3.connect(
                self.path, timeout=LOCK_SECONDS, isolation_level=None, check_same_thread=False
            )
        try:
            with self._words():
                self._prepare(create=create)
        except BaseException:
            self._connection.close()
            raise

    def _prepare(self, *, create: bool) -> None:
        if not create and self._version() == 0:
            # Making the tables anew would turn every recording into a file that nobody lists.
            raise sqlite3.DatabaseError("it is empty")
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("PRAGMA foreign_keys = ON")
        if self._version() > SCHEMA:
            raise ProjectError(
                f"{self.path} was written by a newer TinyML Studio (database schema "
                f"{self._version()}; this program reads up to {SCHEMA}).",
                "Update TinyML Studio to open it. Nothing was changed.",
            )
        if self._version() < SCHEMA:
            with self.writing():
                for number in range(self._version(), SCHEMA):
                    for statement in statements(MIGRATIONS[number]):
                        self._connection.execute(statement)
                    self._connection.execute(f"PRAGMA user_version = {number + 1}")
        self._connection.execute("SELECT id FROM sample LIMIT 1")

    def _version(self) -> int:
        return int(self._connection.execute("PRAGMA user_version").fetchone()[0])

    @contextmanager
    def _words(self) -> Iterator[None]:
        try:
            yield
        except (UnicodeEncodeError, OverflowError) as error:
            raise ProjectError(
                f"The project cannot hold what was given: {error}.",
                "Correct the text or the number.",
            ) from error
        except sqlite3.Error as error:
            text = str(error)
            if "locked" in text or "busy" in text:
                raise ProjectBusyError(
                    f"The project {self.path.parent} is being written by another program.",
                    "Wait until it has finished (an import or a recording), then try again.",
                ) from error
            if "readonly" in text or "unable to open" in text or "disk" in text:
                raise ProjectError(
                    f"{self.path} cannot be written: {text}.",
                    "Check the folder's permissions and the free space of the disk.",
                ) from error
            raise ProjectError(
                f"{self.path} is damaged: {text}.",
                "Restore it from a copy. The recordings in recordings/ were not touched.",
            ) from error

    @contextmanager
    def writing(self, *, patience_s: float | None = None) -> Iterator[None]:
        """Hold the write lock: what happens inside is committed as a whole, or not at all.

        Nested calls join the outer one. Others that write are waited for, `LOCK_SECONDS` unless
        told otherwise.
        """
        with self._lock:
            if self._depth == 0:
                self._begin(LOCK_SECONDS if patience_s is None else patience_s)
            self._depth += 1
            try:
                yield
                if self._depth == 1:
                    self.ending(True)
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._roll_back()
                raise
            self._depth -= 1
            if self._depth == 0:
                try:
                    self.execute("COMMIT")
                except BaseException:
                    self._roll_back()
                    raise

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        self.ending(False)

    def _begin(self, patience_s: float) -> None:
        """Take the write lock, asking every few milliseconds.

        SQLite's own waiting asks so seldom that a process adding one recording after the other
        would never let another one in.
        """
        end = time.monotonic() + patience_s
        self.execute("PRAGMA busy_timeout = 0")
        try:
            while True:
                try:
                    self.execute("BEGIN IMMEDIATE")
                except ProjectBusyError:
                    if time.monotonic() > end:
                        raise
                else:
                    return
                time.sleep(random.uniform(0.0005, 0.004))
        finally:
            self.execute(f"PRAGMA busy_timeout = {round(LOCK_SECONDS * 1000)}")

    def execute(self, sql: str, values: Iterable[Any] = ()) -> int:
        """Run one statement and return the id of the row it inserted, if any."""
        with self._lock, self._words():
            return int(self._connection.execute(sql, tuple(values)).lastrowid or 0)

    def execute_many(self, sql: str, rows: Iterable[Iterable[Any]]) -> int:
        """Run one statement for many rows and return how many rows it changed."""
        with self._lock, self._words():
            return self._connection.executemany(sql, [tuple(row) for row in rows]).rowcount

    def rows(self, sql: str, values: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        with self._lock, self._words():
            return self._connection.execute(sql, tuple(values)).fetchall()

    def close(self) -> None:
        """Close the connection; calling it again does nothing."""
        with self._lock:
            self._connection.close()
