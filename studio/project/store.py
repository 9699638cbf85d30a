"""The `Project`: what everything else asks for recordings, samples, splits and runs."""

import json
import math
import secrets
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from studio.errors import ConfigError, ProjectError
from studio.project import files, manifest
from studio.project.database import Database
from studio.project.splitting import assign_groups
from studio.types import (
    READING_DTYPES,
    SPLITS,
    Axis,
    DecisionRule,
    Gap,
    Pipeline,
    Recording,
    Sample,
    Span,
)

FOLDERS = ("incoming", "recordings", "runs")
BLANK = Pipeline(
    window_ms=1000.0,
    stride_ms=500.0,
    sample_rate_hz=0.0,
    axes=(),
    dtype="float32",
    block="",
    block_version=0,
    block_params={},
    learning="",
    learning_params={},
    decision=DecisionRule(),
    board="",
)
"""A pipeline in which nothing is decided yet: rate 0 and no axes mean "as the first data"."""

_RECORDING = "id, name, sha256, axes, sample_rate_hz, dtype, readings, group_name, source"
_SAMPLE = (
    "SELECT sample.id, recording_id, start, stop, label, split, group_name "
    "FROM sample JOIN recording ON recording.id = recording_id"
)


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


class Project:
    """A project folder, opened. Use `Project.create` or `Project.open`; close it, or use `with`.

    Every method raises `ProjectError` if the folder cannot be read or written.
    """

    def __init__(self, path: Path, name: str, pipeline: Pipeline, database: Database) -> None:
        self.path = path
        self.name = name
        self._pipeline = pipeline
        self._database = database
        self._unsynced: list[Path] = []

    @classmethod
    def create(
        cls, path: Path | str, *, name: str = "", pipeline: Pipeline | None = None
    ) -> "Project":
        """Make a new project in a folder that is missing or empty.

        Raises
        ------
        ProjectError
            If there is something in the folder, or it cannot be written.
        """
        folder = Path(path).absolute()
        ours = {*FOLDERS, *(f"studio.db{end}" for end in ("", "-wal", "-shm"))}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            foreign = sorted(item.name for item in folder.iterdir() if item.name not in ours)
            if manifest.FILE in foreign:
                raise ProjectError(
                    f"{folder} holds a project already.", "Open it, or choose another folder."
                )
            if foreign:
                raise ProjectError(
                    f"{folder} is not empty (it holds {foreign[0]}).", "Choose a new folder."
                )
            for part in FOLDERS:
                (folder / part).mkdir(exist_ok=True)
            Database(folder, create=True).close()
            # Written last: a folder with this file is a whole project.
            manifest.write(
                folder, name=clean_text(name) or folder.name, pipeline=pipeline or BLANK
            )
        except OSError as error:
            raise ProjectError(
                f"A project cannot be made in {folder}: {error.strerror or error}.",
                "Choose a folder that you may write to.",
            ) from error
        return cls.open(folder)

    @classmethod
    def open(cls, path: Path | str) -> "Project":
        """Open a project.

        Raises
        ------
        ProjectError
            If the folder is no project, is damaged, or was written by a newer program.
        """
        folder = Path(path).absolute()
        name, pipeline = manifest.read(folder)
        database = Database(folder)
        try:
            for part in FOLDERS:
                (folder / part).mkdir(exist_ok=True)
        except OSError as error:
            database.close()
            raise ProjectError(
                f"{folder} cannot be written: {error.strerror or error}.",
                "Check the folder's permissions.",
            ) from error
        return cls(folder, name, pipeline, database)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the database; the object cannot be used afterwards."""
        self._database.close()

    @property
    def incoming(self) -> Path:
        """The folder in which logs of running recordings are written."""
        return self.path / "incoming"

    @property
    def pipeline(self) -> Pipeline:
        """What happens to readings; see `set_pipeline`."""
        return self._pipeline

    def set_pipeline(self, pipeline: Pipeline) -> None:
        """Write another pipeline to `project.toml`."""
        try:
            manifest.write(self.path, name=self.name, pipeline=pipeline)
        except OSError as error:
            raise ProjectError(
                f"{self.path / manifest.FILE} cannot be written: {error.strerror or error}.",
                "Check the folder's permissions and the free space of the disk.",
            ) from error
        self._pipeline = manifest.read(self.path)[1]

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Join many additions into one commit: all of them are kept, or none.

        Other processes cannot write to the project meanwhile, so keep a batch under a second or
        so: some hundred recordings.
        """
        try:
            with self._database.writing():
                yield
                files.sync_files(self._unsynced)
        finally:
            self._unsynced.clear()

    def add_recording(
        self,
        values: NDArray[Any],
        *,
        name: str,
        axes: Sequence[Axis],
        sample_rate_hz: float,
        group: str = "",
        source: str = "",
        gaps: Sequence[Gap] = (),
    ) -> Recording:
        """Store readings for good and return their recording.

        When this returns (outside `batch`) the recording is on the disk and listed. The same
        readings under the same name, rate and axes are stored once: the one there is returned.

        Parameters
        ----------
        values : ndarray, (n_readings, n_axes) or (n_readings,)
            Int16 (audio) or floating point (stored as float32), all finite.
        name : str
            For people; need not be unique.
        group : str
            What must not be in two splits; the name if empty.
        source : str
            Where it came from.
        gaps : sequence of Gap
            Where readings were lost.

        Raises
        ------
        ProjectError
            For readings that are empty, not finite, or do not fit the axes.
        """
        readings = _checked(values, len(axes), name)
        if not math.isfinite(sample_rate_hz) or sample_rate_hz <= 0:
            raise ProjectError(
                f"Recording {name} has a sample rate of {sample_rate_hz:g} Hz.",
                "Give the rate at which it was recorded.",
            )
        title = clean_text(name) or "recording"
        with self._database.writing():
            batched = self._in_batch()
            path, _ = files.write(
                self.path / "recordings", readings, sample_rate_hz=sample_rate_hz, sync=not batched
            )
            if batched:
                self._unsynced.append(path)
            identity = (path.stem, title, float(sample_rate_hz), _axes_text(axes))
            return self._listed(identity, readings, clean_text(group) or title, source, gaps)

    def _in_batch(self) -> bool:
        return self._database.depth > 1

    def _listed(
        self,
        identity: tuple[str, str, float, str],
        readings: NDArray[Any],
        group: str,
        source: str,
        gaps: Sequence[Gap],
    ) -> Recording:
        """Return the recording of this identity, listed now if it is new."""
        known = self._recordings(
            "WHERE sha256 = ? AND name = ? AND sample_rate_hz = ? AND axes = ?", identity
        )
        if known:
            return known[0]
        sha256, title, rate, axes = identity
        number = self._database.execute(
            "INSERT INTO recording (name, sha256, axes, sample_rate_hz, dtype, readings, "
            "group_name, source, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                title,
                sha256,
                axes,
                rate,
                str(readings.dtype),
                len(readings),
                group,
                clean_text(source, limit=1000),
                _now(),
            ),
        )
        self._database.execute_many(
            "INSERT INTO gap (recording_id, at, missing) VALUES (?, ?, ?)",
            [(number, int(gap.at), int(gap.missing)) for gap in gaps],
        )
        return self.recording(number)

    def _recordings(self, where: str = "", values: Sequence[Any] = ()) -> list[Recording]:
        rows = self._database.rows(
            f"SELECT {_RECORDING} FROM recording {where} ORDER BY id", values
        )
        gaps: dict[int, list[Gap]] = {}
        for number, at, missing in self._database.rows(
            "SELECT recording_id, at, missing FROM gap WHERE recording_id IN "
            f"(SELECT id FROM recording {where}) ORDER BY recording_id, at",
            values,
        ):
            gaps.setdefault(number, []).append(Gap(at, missing))
        try:
            return [
                Recording(
                    *row[:3],
                    tuple(Axis(*pair) for pair in json.loads(row[3])),
                    *row[4:],
                    tuple(gaps.get(row[0], ())),
                )
                for row in rows
            ]
        except (ValueError, TypeError) as error:
            raise ProjectError(
                f"The list of recordings in {self._database.path} is damaged: {error}.",
                "Restore it from a copy.",
            ) from error

    def recordings(self) -> list[Recording]:
        """Return all recordings, oldest first."""
        return self._recordings()

    def recording(self, recording_id: int) -> Recording:
        """Return one recording."""
        found = self._recordings("WHERE id = ?", (recording_id,))
        if not found:
            raise ProjectError(
                f"There is no recording {recording_id}.", "List them with `tinyml-studio info`."
            )
        return found[0]

    def read(self, recording_id: int) -> "np.memmap[tuple[int, int], np.dtype[np.generic]]":
        """Return a recording's readings, `(n_readings, n_axes)`, mapped and read-only."""
        return files.read(self.path / "recordings", self.recording(recording_id))

    def add_samples(
        self, recording_id: int, spans: Sequence[Span], *, split: str = ""
    ) -> list[Sample]:
        """Label stretches of a recording.

        Parameters
        ----------
        spans : sequence of Span
            Within the recording, each at least one reading long and with a label.
        split : str
            The split that came with the data ("preset"), or empty.

        Raises
        ------
        ProjectError
            For a span outside the recording or without a label, or an unknown split.
        """
        recording = self.recording(recording_id)
        if split and split not in SPLITS:
            raise ProjectError(
                f"There is no split {split!r}.", f"Choose one of: {', '.join(SPLITS)}."
            )
        for span in spans:
            if not 0 <= span.start < span.stop <= recording.readings:
                raise ProjectError(
                    f"Readings {span.start} to {span.stop} are not in recording "
                    f"{recording.name}, which has {recording.readings}.",
                    "Choose a span inside the recording.",
                )
            if not clean_text(span.label):
                raise ProjectError(
                    f"A sample of recording {recording.name} has no label.", "Give it a name."
                )
        added = []
        with self._database.writing():
            for span in spans:
                label = clean_text(span.label)
                number = self._database.execute(
                    "INSERT INTO sample (recording_id, start, stop, label, preset, split) "
                    "VALUES (?, ?, ?, ?, ?, ?)",
                    (recording_id, int(span.start), int(span.stop), label, split, split),
                )
                added.append(
                    Sample(
                        number,
                        recording_id,
                        int(span.start),
                        int(span.stop),
                        label,
                        split,
                        recording.group,
                    )
                )
        return added

    def remove_samples(self, sample_ids: Sequence[int]) -> None:
        """Forget labels; the recordings stay."""
        with self._database.writing():
            self._database.execute_many(
                "DELETE FROM sample WHERE id = ?", [(int(number),) for number in sample_ids]
            )

    def samples(self, *, split: str | None = None, label: str | None = None) -> list[Sample]:
        """Return samples, oldest first; only those of a split or label if given."""
        conditions, values = [], []
        for column, value in (("split", split), ("label", label)):
            if value is not None:
                conditions.append(f"{column} = ?")
                values.append(value)
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        rows = self._database.rows(f"{_SAMPLE}{where} ORDER BY sample.id", values)
        return [Sample(*row) for row in rows]

    def assign_splits(
        self,
        *,
        fractions: tuple[float, float, float] = (0.6, 0.2, 0.2),
        seed: int = 0,
        test_groups: Collection[str] = (),
        keep_preset: bool = True,
        only_new: bool = False,
    ) -> None:
        """Put every group into one split; see `assign_groups` for how.

        Parameters
        ----------
        keep_preset : bool
            Whether samples that came with a split keep it.
        only_new : bool
            Whether groups that have a split already keep it.
        """
        with self._database.writing():
            rows = self._database.rows(
                "SELECT group_name, label, preset, split FROM sample "
                "JOIN recording ON recording.id = recording_id ORDER BY sample.id"
            )
            fixed: dict[str, str] = {}
            if only_new:
                for group, _, _, split in rows:
                    if split and fixed.get(group) != "test":
                        fixed[group] = split
            result = assign_groups(
                ((row[0], row[1], row[2] if keep_preset else "") for row in rows),
                fractions=fractions,
                seed=seed,
                test_groups=test_groups,
                fixed=fixed,
            )
            self._database.execute_many(
                "UPDATE sample SET split = ? WHERE recording_id IN "
                "(SELECT id FROM recording WHERE group_name = ?)",
                [(split, group) for group, split in result.items()],
            )

    def new_run(self, kind: str) -> Run:
        """Make a folder for a run such as `train` and list it."""
        with self._database.writing():
            run = Run(secrets.token_hex(4), kind, Path(), _now(), "", {})
            folder = self.path / "runs" / run.id
            try:
                folder.mkdir()
            except OSError as error:
                raise ProjectError(
                    f"The folder {folder} cannot be made: {error.strerror or error}.",
                    "Check the project folder's permissions and the free space of the disk.",
                ) from error
            self._database.execute(
                "INSERT INTO run (id, kind, started, finished, metrics) "
                "VALUES (?, ?, ?, '', '{}')",
                (run.id, kind, run.started),
            )
            return self.run(run.id)

    def finish_run(self, run_id: str, metrics: dict[str, Any]) -> Run:
        """Note that a run is complete, with its figures (JSON-able)."""
        self.run(run_id)
        try:
            text = json.dumps(metrics, allow_nan=True)
        except (TypeError, ValueError) as error:
            raise ConfigError(f"Metrics of run {run_id} are not plain values: {error}.") from error
        with self._database.writing():
            self._database.execute(
                "UPDATE run SET finished = ?, metrics = ? WHERE id = ?", (_now(), text, run_id)
            )
        return self.run(run_id)

    def runs(self) -> list[Run]:
        """Return all runs, oldest first; those without `finished` were broken off or still run."""
        return [
            Run(row[0], row[1], self.path / "runs" / row[0], row[2], row[3], json.loads(row[4]))
            for row in self._database.rows(
                "SELECT id, kind, started, finished, metrics FROM run ORDER BY number"
            )
        ]

    def run(self, run_id: str) -> Run:
        """Return one run."""
        for run in self.runs():
            if run.id == run_id:
                return run
        raise ProjectError(f"There is no run {run_id!r}.", "List them with `tinyml-studio info`.")

    def latest_run(self, kind: str) -> Run | None:
        """Return the newest finished run of a kind, or None."""
        done = [run for run in self.runs() if run.kind == kind and run.finished]
        return done[-1] if done else None


def clean_text(text: str, *, limit: int = 200) -> str:
    """Return text without control characters and lone surrogates, at most `limit` long."""
    kept = "".join(sign if sign.isprintable() else " " for sign in text[: limit * 2])
    return " ".join(kept.split())[:limit]


def _axes_text(axes: Sequence[Axis]) -> str:
    return json.dumps([[axis.name, axis.units] for axis in axes], ensure_ascii=False)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _checked(values: NDArray[Any], n_axes: int, name: str) -> NDArray[Any]:
    """Return readings as `(n, n_axes)` int16 or float32."""
    readings = np.asarray(values)
    if readings.ndim == 1:
        readings = readings[:, np.newaxis]
    if readings.ndim != 2 or readings.shape[0] == 0 or readings.shape[1] != n_axes or n_axes == 0:
        raise ProjectError(
            f"Recording {name} has readings of shape {readings.shape} and {n_axes} axes.",
            "Give one column per axis and at least one reading.",
        )
    if readings.dtype.kind == "f" and str(readings.dtype) != "float32":
        with np.errstate(over="ignore"):
            readings = readings.astype(np.float32)
    if str(readings.dtype) not in READING_DTYPES:
        raise ProjectError(
            f"Recording {name} holds values of type {readings.dtype}.",
            "Give int16 (audio) or floating-point values.",
        )
    if readings.dtype.kind == "f" and not np.isfinite(readings).all():
        row = int(np.flatnonzero(~np.isfinite(readings).all(axis=1))[0])
        raise ProjectError(
            f"Recording {name} has a value that is not a finite number at reading {row}.",
            "Remove or correct it at its source.",
        )
    return readings
