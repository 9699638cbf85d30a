"""The `Project`: what everything else asks for recordings, samples, splits and runs."""

import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from studio import capture_log, filelock
from studio.errors import ProjectError
from studio.project import files, manifest, records
from studio.project.bulk import Bulk
from studio.project.database import Database
from studio.project.groups import GroupList
from studio.project.history import History
from studio.project.metadata import ENDED, MetadataList, beginning
from studio.project.query import SampleIndex
from studio.project.records import Listing, clean_text
from studio.project.repair import LOST, repair
from studio.project.runs import Run, RunList
from studio.project.samples import MAIN, SampleList
from studio.project.snapshots import SnapshotList
from studio.project.suggestions import SuggestionList
from studio.types import Axis, Gap, Pipeline, Recording, Sample, Span

FOLDERS = ("incoming", "recordings", "runs")


class Project:
    """A project folder, opened. Use `Project.create` or `Project.open`; close it, or use `with`.

    Every method raises `ProjectError` if the folder cannot be read or written.
    """

    def __init__(self, path: Path, name: str, pipeline: Pipeline, database: Database) -> None:
        self.path = path
        self.name = name
        self._pipeline = pipeline
        self.notices: tuple[str, ...] = ()
        """What was found and put in order when it was opened, in words."""
        self._database = database
        self.history = History(database)
        """What was changed, and the way back."""
        self.labels = SampleList(database, self.history)
        """Changing samples and tracks."""
        self.index = SampleIndex(database, self.labels)
        """Questions about very many samples."""
        self.groups = GroupList(database, self.history)
        self.metadata = MetadataList(database, self.history)
        self.snapshots = SnapshotList(database, self.history)
        self.suggestions = SuggestionList(database, self.history, self.labels)
        self.bulk = Bulk(path / "recordings", database, self.history, self.labels, self.metadata)
        """Adding many recordings at once."""
        self._runs = RunList(path / "runs", database)
        self._batch: list[Path] | None = None

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
            foreign = sorted(
                item.name
                for item in folder.iterdir()
                # the second: what a process that was ended while it did this left
                if item.name not in ours and not item.name.startswith(f".{manifest.FILE}.")
            )
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
                folder, name=clean_text(name) or folder.name, pipeline=pipeline or manifest.BLANK
            )
        except OSError as error:
            raise ProjectError(
                f"A project cannot be made in {folder}: {error.strerror or error}.",
                "Choose a folder that you may write to.",
            ) from error
        return cls.open(folder)

    @classmethod
    def open(cls, path: Path | str) -> "Project":
        """Open a project and put in order what a process that died left behind (`notices`).

        Raises
        ------
        ProjectError
            If the folder is no project, is damaged, or was written by a newer program.
        """
        folder = Path(path).absolute()
        name, pipeline = manifest.read(folder)
        database = Database(folder)
        project = cls(folder, name, pipeline, database)
        try:
            if database.unwritable is None:
                for part in FOLDERS:
                    (folder / part).mkdir(exist_ok=True)
            track = pipeline.labelling.track
            project.notices = tuple(repair(folder, database, project.seal, track=track))
        except OSError as error:
            project.close()
            raise ProjectError(
                f"{folder} cannot be read or written: {error.strerror or error}.",
                "Check the folder's permissions and the free space of the disk.",
            ) from error
        except BaseException:
            project.close()
            raise
        return project

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

    def copy_database(self, target: Path) -> None:
        """Write the database, as it is at one moment, to a file that must not exist yet."""
        self._database.copy(target)

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
        manifest.write(self.path, name=self.name, pipeline=pipeline)
        self._pipeline = manifest.read(self.path)[1]

    def take_format(self, axes: tuple[Axis, ...], dtype: str, sample_rate_hz: float) -> None:
        """Fill in what the pipeline leaves open with how the first data is."""
        if not (self._pipeline.axes and self._pipeline.sample_rate_hz):
            with self._database.writing():  # another process may have been faster
                known = manifest.read(self.path)[1]
                self.set_pipeline(manifest.filled(known, axes, dtype, sample_rate_hz))

    @contextmanager
    def batch(self, sentence: str = "", *, continues: int = 0) -> Iterator[int]:
        """Join many additions into one commit: all of them are kept, or none.

        Other processes cannot write to the project meanwhile, so keep a batch under a second or
        so: some hundred recordings. The sentence is for the history; batches that belong together
        become one entry of it when each is given the number that the one before yielded.
        """
        with self.history.change(sentence, continues=continues) as entry:
            if self._batch is not None:
                raise ProjectError("Batches cannot be nested.", "Close the first one.")
            self._batch = []
            try:
                yield entry
                files.sync_files(self._batch)
            finally:
                self._batch = None

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
        metadata: Mapping[str, Any] | None = None,
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
        metadata : mapping, optional
            Keys and values that belong to it (see `studio.project.metadata`), unless the
            recording is there already and has some.

        Raises
        ------
        ProjectError
            For readings that are empty, not finite, or do not fit the axes.
        """
        listing = records.listing(name, axes, sample_rate_hz, group, source, gaps)
        readings = records.checked(values, len(listing.axes), listing.name)
        listing = replace(listing, dtype=str(readings.dtype), readings=len(readings))
        with self.history.change(f"Added {listing.name}"):
            number = self._add(files.parts(readings), listing)
            if metadata and not self.metadata.of(number):
                self.metadata.set(number, metadata)
        return self.recording(number)

    def _add(self, parts: Iterable[NDArray[Any]], listing: Listing) -> int:
        """Write and list readings; return the recording's number."""
        with self.history.change(f"Recorded {listing.name}"):
            path = files.write(
                self.path / "recordings",
                parts,
                shape=(listing.readings, len(listing.axes)),
                dtype=listing.dtype,
                sample_rate_hz=listing.sample_rate_hz,
                sync=self._batch is None,
            )
            if self._batch is not None:
                self._batch.append(path)
            number = records.add(self._database, replace(listing, sha256=path.stem))
            records.show(self._database, number, listing.group)
            return number

    def sealed(self, log_path: Path) -> bool:
        """Whether a recording was made of a capture log already.

        Whoever opens the project between its writer's end and `seal` puts it in order.
        """
        return bool(records.select(self._database, "WHERE log = ?", (log_path.name,)))

    def seal(
        self,
        log_path: Path,
        *,
        name: str = "",
        group: str = "",
        source: str = "",
        label: str = "",
        about: Mapping[str, Any] | None = None,
    ) -> Recording:
        """Make a recording of a finished capture log, and remove the log.

        Parameters
        ----------
        log_path : Path
            The log, closed by its writer. Sealing it again returns the same recording.
        name, group, source, label : str
            As in `add_recording`; empty ones are taken from the log. A label makes a sample of
            the whole recording; without one, the marks beside the log make samples.
        about : mapping, optional
            Its metadata.

        Raises
        ------
        ProjectError
            If the log is still being written, damaged at its beginning, or holds no readings.
        """
        if filelock.is_held(log_path):
            raise ProjectError(
                f"{log_path.name} is still being recorded.", "Stop the recording first."
            )
        with self._database.writing():
            known = records.select(self._database, "WHERE log = ?", (log_path.name,))
            if known and not log_path.exists():
                with self.history.change(""):
                    self.metadata.set(known[-1].id, {ENDED: None, **(about or {})})
                return known[-1]
            capture = capture_log.scan(log_path)
            head = capture.header
            if not capture.readings:
                raise ProjectError(f"{log_path.name} holds no readings.", "Check the board.")
            title = name or head.name or log_path.stem
            listing = records.listing(
                title,
                head.axes,
                head.sample_rate_hz,
                group or head.group,
                source or head.source,
                capture.gaps,
                log_path.name,
            )
            listing = replace(listing, dtype=head.dtype, readings=capture.readings)
            parts = (records.checked(part, len(head.axes), title) for part in capture.chunks())
            number = self._add(parts, listing)
            if not self.metadata.of(number):
                told = beginning(head.started_at, head.session) | dict(about or {})
                with self.history.change(""):  # "Recorded ..." says it all
                    self.metadata.set(number, told)
            self.take_format(head.axes, head.dtype, head.sample_rate_hz)
            if not known:  # else whoever listed it died before the log was gone
                self._label_log(self.recording(number), log_path, label or head.label)
        if capture.damaged:
            (self.path / LOST).mkdir(exist_ok=True)
            shutil.copy2(log_path, self.path / LOST / log_path.name)
        capture_log.remove(log_path)
        return self.recording(number)

    def _label_log(self, made: Recording, log: Path, label: str) -> None:
        marked = [s for s in capture_log.marked_spans(log, made.readings) if clean_text(s.label)]
        if whole := clean_text(label):
            self.labels.label_whole(made, whole)
        elif marked:
            self.labels.add(made, marked, "")

    def unexamined(self) -> list[Recording]:
        """Return recordings made of logs whose health nobody looked at yet, oldest first."""
        return records.select(self._database, f"{records.SHOWN} AND log != '' AND health = ''")

    def recordings(self) -> list[Recording]:
        """Return all recordings, oldest first."""
        return records.select(self._database, records.SHOWN)

    def recording(self, recording_id: int) -> Recording:
        """Return one recording."""
        found = records.select(self._database, f"{records.SHOWN} AND id = ?", (recording_id,))
        if not found:
            raise ProjectError(
                f"There is no recording {recording_id}.", "List them with `tinyml-studio info`."
            )
        return found[0]

    def read(self, recording_id: int) -> "np.memmap[tuple[int, int], np.dtype[np.generic]]":
        """Return a recording's readings, `(n_readings, n_axes)`, mapped and read-only."""
        return files.read(self.path / "recordings", self.recording(recording_id))

    def delete_recordings(self, recording_ids: Collection[int]) -> None:
        """Take recordings out of the data, with their samples (undoable).

        Their files stay until `clean`.
        """
        found = [self.recording(number) for number in dict.fromkeys(recording_ids)]
        what = found[0].name if len(found) == 1 else f"{len(found)} recordings"
        with self.history.change(f"Deleted {what}"):
            records.hide(self._database, [recording.id for recording in found])

    def clean(self) -> int:
        """Remove deleted recordings from the disk for good, and forget the history.

        Those that a snapshot names stay.

        Returns
        -------
        int
            How many bytes of recordings were removed.
        """
        with self._database.writing():
            gone = records.purge(self._database, self.snapshots.recordings())
            self.history.forget()
        freed = 0
        for sha256, dtype in gone:
            path = self.path / "recordings" / files.file_name(sha256, dtype)
            if path.is_file():
                freed += path.stat().st_size
                path.unlink()
        return freed

    def health(self, recording_id: int) -> dict[str, Any]:
        """Return what was found about a recording's quality; empty if nobody looked yet."""
        return records.health(self._database, self.recording(recording_id).id)

    def set_health(
        self, recording_id: int, health: Mapping[str, Any], flags: Sequence[str] = ()
    ) -> None:
        """Note what was found about a recording's quality (JSON-able), and words to find it by.

        It can be found again from the readings, so it is no part of the history.
        """
        number = self.recording(recording_id).id
        with self._database.writing():
            records.set_health(self._database, number, health, flags)

    def add_samples(
        self,
        recording_id: int,
        spans: Sequence[Span],
        *,
        split: str = "",
        track: str = MAIN,
    ) -> list[Sample]:
        """Label stretches of a recording.

        Parameters
        ----------
        spans : sequence of Span
            Within the recording, each at least one reading long and with a label.
        split : str
            The split that came with the data ("preset"), or empty.
        track : str
            One of the project's tracks.

        Raises
        ------
        ProjectError
            For a span outside the recording or without a label, or an unknown split or track.
        """
        return self.labels.add(self.recording(recording_id), spans, split, track=track)

    def relabel_sample(self, sample_id: int, label: str) -> None:
        """Give a sample another label; its recording is untouched."""
        self.labels.relabel([sample_id], label)

    def remove_samples(self, sample_ids: Sequence[int]) -> None:
        """Forget labels; the recordings stay."""
        self.labels.remove(sample_ids)

    def samples(
        self,
        *,
        split: str | None = None,
        label: str | None = None,
        track: str | None = None,
        enabled: bool | None = None,
    ) -> list[Sample]:
        """Return samples, oldest first; only those of a split, label or track if given."""
        return self.labels.select(split=split, label=label, track=track, enabled=enabled)

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
            Whether groups that were assigned before keep their split.
        """
        self.labels.assign(
            fractions=fractions,
            seed=seed,
            test_groups=test_groups,
            keep_preset=keep_preset,
            only_new=only_new,
        )

    def new_run(self, kind: str) -> Run:
        """Make a folder for a run such as `train` and list it."""
        return self._runs.new(kind)

    def finish_run(self, run_id: str, metrics: dict[str, Any]) -> Run:
        """Note that a run is complete, with its figures (JSON-able)."""
        return self._runs.finish(run_id, metrics)

    def remove_run(self, run_id: str) -> None:
        """Forget a run and remove its folder, for good."""
        self._runs.remove(run_id)

    def runs(self) -> list[Run]:
        """Return all runs, oldest first; those without `finished` were broken off or still run."""
        return self._runs.list()

    def run(self, run_id: str) -> Run:
        """Return one run."""
        return self._runs.one(run_id)

    def latest_run(self, kind: str) -> Run | None:
        """Return the newest finished run of a kind, or None."""
        return self._runs.latest(kind)
