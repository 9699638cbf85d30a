"""The list of runs: one folder and one row each."""

import json
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.errors import ConfigError, ProjectError
from studio.project.database import Database
from studio.project.records import now


@dataclass(frozen=True, slots=True)
class Run:
    """One training (or other long step) and the folder of what it made."""

    id: str
    """Eight hex digits, unlike those of any other project's runs."""
    kind: str
    path: Path
    started: str
    """Time in UTC, ISO 8601."""
    finished: str
    """Time in UTC, ISO 8601; empty while running or if it was broken off."""
    metrics: dict[str, Any]


class RunList:
    """The runs of one project."""

    def __init__(self, folder: Path, database: Database) -> None:
        self._folder = folder
        self._database = database

    def new(self, kind: str) -> Run:
        """Make a folder for a run and list it."""
        run_id = secrets.token_hex(4)
        with self._database.writing():
            try:
                (self._folder / run_id).mkdir()
            except OSError as error:
                raise ProjectError(
                    f"A run's folder cannot be made in {self._folder}: {error.strerror or error}.",
                    "Check the project folder's permissions and the free space of the disk.",
                ) from error
            self._database.execute(
                "INSERT INTO run (id, kind, started, finished, metrics) "
                "VALUES (?, ?, ?, '', '{}')",
                (run_id, kind, now()),
            )
        return self.one(run_id)

    def finish(self, run_id: str, metrics: dict[str, Any]) -> Run:
        """Note that a run is complete, with its figures (JSON-able)."""
        self.one(run_id)
        try:
            text = json.dumps(metrics)
        except (TypeError, ValueError) as error:
            raise ConfigError(f"Metrics of run {run_id} are not plain values: {error}.") from error
        with self._database.writing():
            self._database.execute(
                "UPDATE run SET finished = ?, metrics = ? WHERE id = ?", (now(), text, run_id)
            )
        return self.one(run_id)

    def list(self) -> list[Run]:
        """Return all runs, oldest first."""
        try:
            return [
                Run(row[0], row[1], self._folder / row[0], row[2], row[3], json.loads(row[4]))
                for row in self._database.rows(
                    "SELECT id, kind, started, finished, metrics FROM run ORDER BY number"
                )
            ]
        except ValueError as error:
            raise ProjectError(
                f"The list of runs in {self._database.path} is damaged: {error}.",
                "Restore it from a copy.",
            ) from error

    def one(self, run_id: str) -> Run:
        """Return one run."""
        for run in self.list():
            if run.id == run_id:
                return run
        raise ProjectError(f"There is no run {run_id!r}.", "List them with `tinyml-studio info`.")

    def remove(self, run_id: str) -> None:
        """Forget a run and remove its folder."""
        run = self.one(run_id)
        with self._database.writing():
            self._database.execute("DELETE FROM run WHERE id = ?", (run_id,))
            try:
                shutil.rmtree(run.path)
            except FileNotFoundError:
                pass  # gone already
            except OSError as error:
                raise ProjectError(
                    f"The folder of run {run_id} cannot be removed: {error.strerror or error}.",
                    "Close programs that use its files, then try again.",
                ) from error

    def latest(self, kind: str) -> Run | None:
        """Return the newest finished run of a kind, or None."""
        done = [run for run in self.list() if run.kind == kind and run.finished]
        return done[-1] if done else None
