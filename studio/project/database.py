"""`studio.db`: one SQLite connection, numbered migrations, and SQLite's errors in words."""

import random
import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
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


class ProjectUnwritableError(ProjectError):
    """The project's disk is full or may not be written; looking at the data still works."""


class Database:
    """One connection to a project's database; its methods may be called from any thread.

    Where nothing can be written (a full disk, a medium for reading only) it can be read all the
    same: see `unwritable`.

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
        self.unwritable: ProjectUnwritableError | None = None
        """Why it can only be read, or None."""
        self._copy = ExitStack()
        try:
            self._connect(str(self.path))
            with self._closing_if_refused():
                self._prepare(create=create)
        except ProjectUnwritableError as error:
            if create:
                raise
            self._look(error)

    def _connect(self, address: str, *, uri: bool = False) -> None:
        with self._words():
            self._connection = sqlite3.connect(
                address,
                uri=uri,
                timeout=LOCK_SECONDS,
                isolation_level=None,
                check_same_thread=False,
            )

    @contextmanager
    def _closing_if_refused(self) -> Iterator[None]:
        try:
            with self._words():
                yield
        except BaseException:
            self.close()
            raise

    def _look(self, error: ProjectUnwritableError) -> None:
        """Open it for reading only: in its place, where nothing is to be done to it before.

        What a program that died left in the journal, and tables of an older program, are put in
        order in a copy that is thrown away.
        """
        journal = Path(f"{self.path}-wal")
        self._connect(f"{self.path.absolute().as_uri()}?immutable=1", uri=True)
        with self._closing_if_refused():
            waiting = journal.is_file() and journal.stat().st_size > 0
            if not waiting and self._version() == SCHEMA:
                self._check()
                self.unwritable = error
                return
        self.close()
        try:
            folder = Path(self._copy.enter_context(tempfile.TemporaryDirectory()))
            for file in (self.path, journal):
                if file.is_file():
                    shutil.copy(file, folder)
        except OSError:
            self._copy.close()
            raise error from None
        self._connect(str(folder / FILE))
        with self._closing_if_refused():
            self._prepare(create=False)
        self.unwritable = error

    def _prepare(self, *, create: bool) -> None:
        """Bring the tables to their present form."""
        if not create:
            self._check()
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("PRAGMA foreign_keys = ON")
        if self._version() < SCHEMA:
            with self.writing():
                for number in range(self._version(), SCHEMA):
                    for statement in statements(MIGRATIONS[number]):
                        self._connection.execute(statement)
                    self._connection.execute(f"PRAGMA user_version = {number + 1}")
        self._connection.execute("SELECT id FROM sample LIMIT 1")

    def _check(self) -> None:
        """Refuse a database that is no project's, or that this program does not know."""
        version = self._version()
        if version == 0:
            # Making the tables anew would turn every recording into a file that nobody lists.
            raise sqlite3.DatabaseError("it is empty")
        if version > SCHEMA:
            raise ProjectError(
                f"{self.path} was written by a newer TinyML Studio (database schema "
                f"{version}; this program reads up to {SCHEMA}).",
                "Update TinyML Studio to open it. Nothing was changed.",
            )

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
            unwritable = any(word in text for word in ("readonly", "unable to open", "disk"))
            if unwritable and "malformed" not in text:
                raise ProjectUnwritableError(
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
        if self.unwritable is not None:
            raise ProjectUnwritableError(self.unwritable.message, self.unwritable.hint)
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

    def copy(self, target: Path) -> None:
        """Write all of it, as it is at one moment, to a file that must not exist yet."""
        try:
            with self._lock:
                self._connection.execute("VACUUM INTO ?", (str(target),))
        except sqlite3.Error as error:
            raise ProjectError(
                f"{self.path} cannot be copied to {target.parent}: {error}.",
                "Check the folder's permissions and the free space of the disk.",
            ) from error

    def close(self) -> None:
        """Close the connection; calling it again does nothing."""
        with self._lock:
            self._connection.close()
            self._copy.close()
