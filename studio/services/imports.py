"""Bring files into a project: find them, read them, make them fit, store them.

Files are read by a few threads ahead of their turn (as far as memory allows) and stored in their
order, some hundred to a commit, while the next hundreds are made to fit. What was committed stays
when the person stops an import.
"""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio.errors import Cancelled, ConfigError, ProjectError, StudioError
from studio.events import Reporter
from studio.project import (
    GROUPINGS,
    Naming,
    New,
    Project,
    ProjectBusyError,
    ProjectUnwritableError,
    content_sha256,
    origin,
)
from studio.services import archive, health, import_project
from studio.services.import_find import Finder, Found, check_keep
from studio.services.import_fit import Ready, ready
from studio.services.import_read import Outcome, read_ahead
from studio.services.unpack import unpacked
from studio.types import HIGHEST_HZ, LOWEST_HZ, SPLITS, ImportOptions

__all__ = ["GROUPINGS", "ImportOptions", "Naming", "import_data"]

_BATCH_FILES = 400
_BATCH_BYTES = 32 << 20
_MANY = 50
"""Files of which a few are looked at before anything is stored."""
_LOOKED = 5
_MOST_STEPS = 1000
"""Of which a person is told: more than anybody sees would only keep the window busy."""


@dataclass(frozen=True, slots=True)
class _Request:
    """What to import, and what the person said about it."""

    naming: Naming
    options: ImportOptions
    resample_hz: float
    seed: int
    skip_duplicates: bool


@dataclass(slots=True)
class _Tally:
    recordings: int = 0
    samples: int = 0
    skipped: int = 0
    left_out: int = 0
    clipped: int = 0
    seconds: float = 0.0
    notes: Counter[str] = field(default_factory=Counter)
    signatures: Counter[str] = field(default_factory=Counter)
    added: set[int] = field(default_factory=set)
    files: set[Path] = field(default_factory=set)
    """Of which something is in the project."""
    duplicates: list[dict[str, str]] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)


def import_data(
    path: Path,
    paths: Sequence[Path],
    *,
    naming: Naming | None = None,
    options: ImportOptions | None = None,
    resample_hz: float = 0.0,
    skip_duplicates: bool = False,
    seed: int = 0,
    report: Reporter,
) -> dict[str, Any]:
    """Import files and folders into a project; a file that fails does not stop the others.

    Parameters
    ----------
    path : Path
        The project's folder.
    paths : sequence of Path
        Files, folders to search, or zip files of such; project archives too: where there is no
        project yet, the first one becomes it, with everything in it.
    naming : Naming, optional
        What names and folders say: labels, groups, splits.
    options : ImportOptions, optional
        Rate and axes of data that does not say them, and how to read it.
    resample_hz : float
        Convert everything to this rate; 0 leaves rates alone.
    skip_duplicates : bool
        Leave out what has the same readings as a recording of another name.
    seed : int
        For the splits of what came in without one.

    Returns
    -------
    dict
        files, recordings, samples, skipped (there already), left_out (by label), labels
        {label: {split: n}} of what came in, seconds, clipped, notes, signatures {status: n},
        duplicates [{file, same_as}], failed [{file, message}].

    Raises
    ------
    ConfigError
        For options that cannot work.
    ProjectError
        If nothing at all could be imported, or the project cannot be written: then what was
        committed until then stays, and importing again goes on from there.
    Cancelled
        If the person stopped it; what was committed until then stays, with splits.
    """
    request = _Request(
        naming or Naming(), options or ImportOptions(), resample_hz, seed, skip_duplicates
    )
    _check(request)
    finder = Finder()
    files, archives = finder.find(paths)
    if archives and not files and _opened(path, archives[0], report):
        del archives[0]
        if not archives:
            return _whole(path)
    with ExitStack() as stack:
        project = stack.enter_context(Project.open(path))
        for notice in project.notices:
            report.log(notice)
        failed = []
        for zipped in archives:
            try:
                files += _inside(stack, zipped, project, finder, report)
            except ProjectError as error:
                if not files and zipped == archives[-1]:
                    raise
                failed.append(_failure(zipped, error))
        if not files:
            raise ProjectError(
                f"There is nothing to import in {', '.join(map(str, paths))}.",
                f"Known kinds: {finder.known}.",
            )
        check_keep(files, request.naming)
        return _Import(project, request, files, failed, report).run()


def _inside(
    stack: ExitStack, zipped: Path, project: Project, finder: Finder, report: Reporter
) -> list[Found]:
    """Unpack an archive for as long as the stack lasts, and return the files in it."""
    folder = stack.enter_context(unpacked(zipped, project.incoming, report=report))
    if not archive.is_archive(zipped):
        return finder.find([folder])[0]
    archive.check(zipped, folder)
    return import_project.recordings(stack.enter_context(Project.open(folder)))


def _opened(path: Path, zipped: Path, report: Reporter) -> bool:
    """Make the project of a project archive, if there is none to import into yet."""
    if not archive.is_archive(zipped) or (path / "project.toml").exists():
        return False
    archive.open_archive(zipped, path, report)
    report.log(f"Made the project {path} of {zipped.name}.")
    return True


def _whole(path: Path) -> dict[str, Any]:
    """Return what came in with a project that was opened from an archive."""
    tally = _Tally()
    with Project.open(path) as project:
        for recording in project.recordings():
            tally.recordings += 1
            tally.seconds += recording.seconds
            tally.added.add(recording.id)
        tally.samples = len(project.samples())
        return _result(1, tally, _labels(project, tally.added))


def _check(request: _Request) -> None:
    for name, rate in (
        ("--rate", request.options.sample_rate_hz),
        ("--resample", request.resample_hz),
    ):
        if rate and not LOWEST_HZ <= rate <= HIGHEST_HZ:
            raise ConfigError(
                f"{name} is {rate:g} Hz.",
                f"Choose a rate from {LOWEST_HZ:g} to {HIGHEST_HZ:,.0f} Hz.",
            )
    if request.naming.split not in ("", "none", *SPLITS):
        raise ConfigError(
            f"There is no split {request.naming.split!r}.",
            f"Choose one of: {', '.join(SPLITS)}, none.",
        )


class _Import:
    """One import into an open project."""

    def __init__(
        self,
        project: Project,
        request: _Request,
        files: Sequence[Found],
        failed: list[dict[str, str]],
        report: Reporter,
    ) -> None:
        self._project = project
        self._request = request
        self._files = files
        self._report = report
        self._tally = _Tally(failed=failed)
        self._names: dict[str, str] = {}
        """Content -> name of the first recording that has it."""
        self._entry = 0
        self._adding: Future[None] | None = None
        self._unsplit = False
        """Whether samples came in whose groups need a split."""
        for recording in project.recordings():
            self._names.setdefault(recording.sha256, recording.name)

    def run(self) -> dict[str, Any]:
        """Import the files and return what came of it."""
        tally = self._tally
        self._look()
        try:
            self._all()
        except (Cancelled, KeyboardInterrupt):
            self._assign()
            self._report.log(f"Stopped. {tally.recordings} recordings had come in and stay.")
            raise
        except (ProjectBusyError, ProjectUnwritableError) as error:
            with suppress(ProjectError):  # else when the others come in
                self._assign()
            raise _halted(error, tally, self._files) from error
        if not tally.recordings and not tally.skipped and not tally.duplicates:
            raise _nothing(tally)
        self._assign()
        n = len(self._files)
        self._report.progress(1.0, f"Importing: {n} of {n} files")
        result = _result(n, tally, _labels(self._project, tally.added))
        result["notes"] += health.stamp_imported(self._project, tally.added)
        return result

    def _assign(self) -> None:
        """Give splits to what came without; samples of another project keep theirs."""
        if self._unsplit:
            with self._project.history.change("", continues=self._entry):
                self._project.assign_splits(seed=self._request.seed, only_new=True)

    def _all(self) -> None:
        with ThreadPoolExecutor(1) as adder:
            try:
                self._read_all(adder)
            finally:
                self._wait()

    def _wait(self) -> None:
        """Wait until what is being stored is committed; raises what that raised."""
        adding, self._adding = self._adding, None
        if adding is not None:
            adding.result()

    def _read_all(self, adder: ThreadPoolExecutor) -> None:
        waiting: list[Ready] = []
        size = 0
        n = len(self._files)
        step = max(1, n // _MOST_STEPS)
        reading = read_ahead(self._files, self._request.options)
        for number, (file, outcome) in enumerate(reading):
            self._report.check_cancelled()
            if number % step == 0:
                self._report.progress(number / n, f"Importing: {number} of {n} files")
            for one in self._prepared(file, outcome):
                waiting.append(one)
                size += one.imported.values.nbytes
            if len(waiting) >= _BATCH_FILES or size >= _BATCH_BYTES:
                self._store(waiting, adder)
                waiting, size = [], 0
        self._store(waiting, adder)

    def _look(self) -> None:
        """Refuse many files at once if those looked at, spread over all, do not fit the project.

        Damaged ones say nothing of the others.
        """
        n, pipeline = len(self._files), self._project.pipeline
        if n < _MANY or not (pipeline.axes and pipeline.sample_rate_hz):
            return
        some = [self._files[at * (n - 1) // (_LOOKED - 1)] for at in range(_LOOKED)]
        refused: list[tuple[Path, StudioError]] = []
        for file, outcome in read_ahead(some, self._request.options):
            if isinstance(outcome, StudioError):
                return
            try:
                self._fitted(file, outcome)
            except StudioError as error:
                refused.append((file.path, error))
            else:
                return
        path, why = refused[0]
        raise ProjectError(
            f"None of {_LOOKED} files, spread over the {n}, can be imported, so the others were "
            f"not tried. {_shown(path.name)}: {why.message}",
            why.hint,
        )

    def _prepared(self, file: Found, outcome: Outcome) -> list[Ready]:
        """Make the stretches of a file fit the project; a failure is noted."""
        try:
            found = self._fitted(file, outcome)
        except Cancelled:
            raise
        except StudioError as error:
            self._tally.failed.append(_failure(file.path, error))
            return []
        self._tally.left_out += found.count(None)
        return [one for one in found if one is not None]

    def _fitted(self, file: Found, outcome: Outcome) -> list[Ready | None]:
        """Return the stretches of a file as they fit the project; None for what is left out."""
        if isinstance(outcome, StudioError):
            raise outcome
        request = self._request
        place = origin(file.path, file.root, request.naming, file.listed)
        return [
            ready(
                self._project,
                file,
                place,
                taken,
                naming=request.naming,
                options=request.options,
                resample_hz=request.resample_hz,
            )
            for taken in outcome
        ]

    def _store(self, waiting: Sequence[Ready], adder: ThreadPoolExecutor) -> None:
        """Let what waits be added in one commit, after the one before.

        All commits of an import are one entry of the history.
        """
        self._wait()
        kept = [one for one in waiting if not self._left_out(one)]
        if kept:
            self._adding = adder.submit(self._add, kept)

    def _add(self, some: Sequence[Ready]) -> None:
        """Add all; where one is refused, the others come in all the same."""
        count = self._tally.recordings + len(some)
        try:
            added, self._entry = self._project.bulk.add(
                [_new(one) for one in some],
                f"Imported {count} recordings",
                continues=self._entry,
            )
        except (ProjectBusyError, ProjectUnwritableError):
            raise  # as it would for each of them
        except ProjectError as error:
            if len(some) == 1:
                self._tally.failed.append(_failure(some[0].file.path, error))
                return
            half = len(some) // 2
            self._add(some[:half])
            self._add(some[half:])
            return
        self._tally.files.update(one.file.path for one in some)
        for one, done in zip(some, added, strict=True):
            if done.new:
                self._count(one, done.recording_id, done.sha256)
            else:
                self._tally.skipped += 1

    def _left_out(self, one: Ready) -> bool:
        """Whether the readings are there already and the person does not want them twice."""
        if not self._request.skip_duplicates:
            return False
        content = content_sha256(one.imported.values, one.imported.sample_rate_hz)
        if self._duplicate(content, one):
            return True
        self._names.setdefault(content, one.name)  # the next one may wait beside it
        return False

    def _count(self, one: Ready, recording_id: int, content: str) -> None:
        tally, taken = self._tally, one.imported
        self._duplicate(content, one)
        self._names.setdefault(content, one.name)
        tally.recordings += 1
        tally.samples += len(one.samples)
        tally.clipped += taken.clipped
        tally.seconds += len(taken.values) / taken.sample_rate_hz
        for note in taken.notes:
            tally.notes[note] += 1
        tally.added.add(recording_id)
        if taken.signature:
            tally.signatures[taken.signature] += 1
        self._unsplit = self._unsplit or not one.exact or not all(s.split for s in one.samples)

    def _duplicate(self, content: str, one: Ready) -> bool:
        """Note that the readings are there already under another name, if so."""
        same = self._names.get(content)
        if same is None or same == one.name:
            return False
        self._tally.duplicates.append({"file": _shown(str(one.file.path)), "same_as": same})
        return True


def _new(one: Ready) -> New:
    return New(
        values=one.imported.values,
        name=one.name,
        axes=one.imported.axes,
        sample_rate_hz=one.imported.sample_rate_hz,
        group=one.group,
        source=one.source,
        gaps=one.gaps,
        metadata=one.metadata,
        samples=one.samples,
        final=one.exact,
    )


def _failure(path: Path, error: StudioError) -> dict[str, str]:
    return {"file": _shown(str(path)), "message": _shown(str(error))}


def _shown(text: str) -> str:
    """Return text that can be printed: file names may hold bytes that are no UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _labels(project: Project, recordings: set[int]) -> dict[str, dict[str, int]]:
    """Return how many samples of each label and split these recordings have."""
    counts = Counter(
        (sample.label, sample.split)
        for sample in project.samples()
        if sample.recording_id in recordings
    )
    labels: dict[str, dict[str, int]] = {}
    for (label, split), count in sorted(counts.items()):
        labels.setdefault(label, dict.fromkeys(SPLITS, 0))[split or "none"] = count
    return labels


def _halted(error: ProjectError, tally: _Tally, files: Sequence[Found]) -> ProjectError:
    """Return an error with how far an import came, and that it can go on from there."""
    total = len({file.path for file in files})
    return type(error)(
        f"{error.message} {len(tally.files)} of {total} files are in and stay.",
        f"{error.hint} Then import again: what is in is skipped.",
    )


def _nothing(tally: _Tally) -> ProjectError:
    if tally.failed:
        first = tally.failed[0]
        return ProjectError(
            f"None of the {len(tally.failed)} files could be imported. "
            f"{Path(first['file']).name}: {first['message']}"
        )
    return ProjectError(
        f"All {tally.left_out} files were left out by their label.", "Correct --skip."
    )


def _result(n_files: int, tally: _Tally, labels: dict[str, dict[str, int]]) -> dict[str, Any]:
    notes = [
        f"{note} ({count} recording{'s' if count > 1 else ''})"
        for note, count in tally.notes.most_common()
    ]
    if tally.clipped:
        notes.append(f"{tally.clipped} values beyond full scale were clipped")
    if len(labels) > 10 and len(labels) > 0.5 * tally.recordings:
        notes.append(
            f"{tally.recordings} recordings have {len(labels)} labels: if the labels are only a "
            "part of the file names, use --pattern, such as {label}_{group}_{n}"
        )
    return {
        "files": n_files,
        "recordings": tally.recordings,
        "samples": tally.samples,
        "skipped": tally.skipped,
        "left_out": tally.left_out,
        "labels": labels,
        "seconds": round(tally.seconds, 3),
        "clipped": tally.clipped,
        "notes": notes,
        "signatures": dict(sorted(tally.signatures.items())),
        "duplicates": tally.duplicates,
        "failed": tally.failed,
    }
