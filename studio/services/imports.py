"""Bring files into a project: find them, read them, make them fit, store them."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from studio.errors import ConfigError, ProjectError, StudioError
from studio.events import Reporter
from studio.project import (
    GROUPINGS,
    Listed,
    Naming,
    Origin,
    Project,
    clean_text,
    final_label,
    origin,
    read_list,
)
from studio.registry import provided
from studio.types import SPLITS, Axis, Imported, ImportOptions, Pipeline, Recording, Span

__all__ = ["GROUPINGS", "ImportOptions", "Naming", "import_data"]

_BATCH_FILES = 200
_BATCH_BYTES = 32 << 20
_RATE_TOLERANCE = 0.001
_UNEVEN_TOLERANCE = 0.05
"""Uneven readings are brought to the project's rate if their mean rate is this close to it."""


@dataclass(frozen=True, slots=True)
class _Request:
    """What to import, and what the person said about it."""

    paths: tuple[Path, ...]
    naming: Naming
    options: ImportOptions
    resample_hz: float
    seed: int


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    root: Path
    importer: Any
    listed: Listed | None


@dataclass(frozen=True, slots=True)
class _Ready:
    """A stretch of readings that fits the project."""

    imported: Imported
    origin: Origin
    label: str
    group: str
    name: str


@dataclass(slots=True)
class _Tally:
    recordings: int = 0
    samples: int = 0
    skipped: int = 0
    left_out: int = 0
    clipped: int = 0
    seconds: float = 0.0
    notes: Counter[str] = field(default_factory=Counter)
    added: set[int] = field(default_factory=set)
    failed: list[dict[str, str]] = field(default_factory=list)


def import_data(
    path: Path,
    paths: Sequence[Path],
    *,
    naming: Naming | None = None,
    options: ImportOptions | None = None,
    resample_hz: float = 0.0,
    seed: int = 0,
    report: Reporter,
) -> dict[str, Any]:
    """Import files and folders into a project; a file that fails does not stop the others.

    Parameters
    ----------
    path : Path
        The project's folder.
    paths : sequence of Path
        Files, or folders to search.
    naming : Naming, optional
        What names and folders say: labels, groups, splits.
    options : ImportOptions, optional
        Rate and axes of data that does not say them.
    resample_hz : float
        Convert everything to this rate; 0 leaves rates alone.
    seed : int
        For the splits of what came in without one.

    Returns
    -------
    dict
        files, recordings, samples, skipped (there already), left_out (by label), labels
        {label: {split: n}} of what came in, seconds, clipped, notes, failed [{file, message}].

    Raises
    ------
    ConfigError
        For options that cannot work.
    ProjectError
        If nothing at all could be imported, or the project cannot be written.
    """
    request = _Request(
        tuple(paths), naming or Naming(), options or ImportOptions(), resample_hz, seed
    )
    _check(request)
    files = _find(request.paths)
    _check_keep(files, request.naming)
    tally = _Tally()
    with Project.open(path) as project:
        for notice in project.notices:
            report.log(notice)
        known = {recording.id for recording in project.recordings()}
        waiting: list[_Ready] = []
        size = 0
        for number, file in enumerate(files):
            report.check_cancelled()
            report.progress(number / len(files), f"Importing: {number} of {len(files)} files")
            ready = _prepare(project, file, request, tally)
            waiting += ready
            size += sum(one.imported.values.nbytes for one in ready)
            if len(waiting) >= _BATCH_FILES or size >= _BATCH_BYTES:
                _store(project, waiting, known, tally)
                waiting, size = [], 0
        _store(project, waiting, known, tally)
        if not tally.recordings and not tally.skipped:
            raise _nothing(tally)
        project.assign_splits(seed=request.seed, only_new=True)
        labels = _labels(project, tally.added)
    report.progress(1.0, f"Importing: {len(files)} of {len(files)} files")
    return _result(len(files), tally, labels)


def _check(request: _Request) -> None:
    for name, rate in (
        ("--rate", request.options.sample_rate_hz),
        ("--resample", request.resample_hz),
    ):
        if rate and not 0.001 <= rate <= 10_000_000:
            raise ConfigError(
                f"{name} is {rate:g} Hz.", "Choose a rate from 0.001 to 10,000,000 Hz."
            )
    if request.naming.split not in ("", "none", *SPLITS):
        raise ConfigError(
            f"There is no split {request.naming.split!r}.",
            f"Choose one of: {', '.join(SPLITS)}, none.",
        )


def _find(paths: Sequence[Path]) -> list[_File]:
    """Return the files to read, in a stable order, each once."""
    importers = {
        suffix: importer
        for importer in (row.load() for row in provided("importer"))
        for suffix in importer.suffixes
    }
    known = ", ".join(sorted(importers))
    lists: dict[Path, dict[Path, Listed]] = {}
    found: dict[Path, _File] = {}
    for given in paths:
        root = Path(os.path.abspath(given))
        if not root.exists():
            raise ProjectError(f"There is no file or folder {given}.", "Check the path.")
        if root.is_file() and root.suffix.lower() not in importers:
            raise ProjectError(
                f"{root.name} is of no kind that can be imported.", f"Known kinds: {known}."
            )
        for path in [root] if root.is_file() else _walk(root):
            importer = importers.get(path.suffix.lower())
            if importer is not None:
                found.setdefault(path, _File(path, root, importer, _listed(path, root, lists)))
    if not found:
        raise ProjectError(
            f"There is nothing to import in {', '.join(map(str, paths))}.",
            f"Known kinds: {known}.",
        )
    return list(found.values())


def _walk(root: Path) -> Iterator[Path]:
    """Yield the files below a folder, without hidden ones and without following links."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder) / name
            if not name.startswith(".") and path.is_file():
                yield path


def _listed(path: Path, root: Path, lists: dict[Path, dict[Path, Listed]]) -> Listed | None:
    """Return what the nearest label list up to `root` says about a file."""
    folder = path.parent
    while True:
        if folder not in lists:
            lists[folder] = read_list(folder)
        if path in lists[folder]:
            return lists[folder][path]
        if folder in (root, folder.parent) or path == root:
            return None
        folder = folder.parent


def _check_keep(files: Sequence[_File], naming: Naming) -> None:
    """Refuse `keep` if none of its labels exists: all would silently become the rest."""
    if not naming.keep:
        return
    labels: set[str] = set()
    for file in files:
        try:
            place = origin(file.path, file.root, naming, file.listed)
        except ConfigError:
            continue
        if file.listed is not None and file.listed.spans:
            return
        label = place.label or place.fallback
        labels.add(naming.relabel.get(label, label))
    if labels and not labels & set(naming.keep):
        shown = ", ".join(sorted(labels)[:12])
        raise ConfigError(
            f"None of the labels {', '.join(naming.keep)} was found.",
            f"The labels are: {shown}{' …' if len(labels) > 12 else ''}. Correct --keep, or say "
            "with --pattern how the files are named.",
        )


def _prepare(project: Project, file: _File, request: _Request, tally: _Tally) -> list[_Ready]:
    """Read one file and make its takes fit the project; a failure is noted."""
    naming = request.naming
    try:
        place = origin(file.path, file.root, naming, file.listed)
        ready = []
        for taken in file.importer.read(file.path, request.options):
            label = place.label or taken.label or place.fallback
            if file.listed is not None and file.listed.unlabelled and not naming.label:
                label = ""
            label = final_label(label, naming) if label else ""
            if label in naming.skip:
                tally.left_out += 1
                continue
            fitted = _fit(project, _with_spans(taken, file.listed, naming), request)
            name = f"{place.name}-{taken.take}" if taken.take else place.name
            ready.append(_Ready(fitted, place, label, place.group or name, name))
    except StudioError as error:
        tally.failed.append({"file": _shown(str(file.path)), "message": _shown(str(error))})
        return []
    return ready


def _shown(text: str) -> str:
    """Return text that can be printed: file names may hold bytes that are no UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _with_spans(taken: Imported, listed: Listed | None, naming: Naming) -> Imported:
    """Return a stretch with the labelled spans of its file or label list, relabelled."""
    n = len(taken.values)
    spans = [
        Span(span.start, min(span.stop, n), final_label(span.label, naming))
        for span in taken.spans or (listed.spans if listed is not None else ())
        if span.start < n
    ]
    return replace(taken, spans=tuple(span for span in spans if span.label not in naming.skip))


def _fit(project: Project, taken: Imported, request: _Request) -> Imported:
    """Make readings regular, convert the rate if asked, and check them against the pipeline.

    Where the pipeline leaves rate or axes open, the first readings decide them.
    """
    from studio.signals import regularise, resample

    if taken.sample_rate_hz <= 0:
        raise ProjectError("It does not say its sample rate.", "Give it with --rate.")
    notes = list(taken.notes)
    values: NDArray[Any] = taken.values
    rate = taken.sample_rate_hz
    if taken.times_s is not None:
        wanted = project.pipeline.sample_rate_hz
        near = wanted and abs(rate / wanted - 1) <= _UNEVEN_TOLERANCE
        rate = request.resample_hz or (wanted if near else rate)
        notes.append(f"uneven times were made regular at {rate:g} Hz")
        values = regularise(taken.times_s, values, rate)
    elif request.resample_hz and abs(rate / request.resample_hz - 1) > 1e-9:
        if len(values) * request.resample_hz / rate > 1 << 31:
            raise ProjectError(
                f"It would have more than 2 ** 31 readings at {request.resample_hz:g} Hz.",
                "Choose a lower rate, or cut it into parts.",
            )
        values = resample(values, from_hz=rate, to_hz=request.resample_hz)
        notes.append(f"the rate was converted from {rate:g} to {request.resample_hz:g} Hz")
        rate = request.resample_hz
    fitted = replace(
        taken,
        values=values,
        axes=tuple(Axis(clean_text(axis.name), clean_text(axis.units)) for axis in taken.axes),
        sample_rate_hz=rate,
        times_s=None,
        spans=_scaled(taken.spans, len(values) / len(taken.values)),
        notes=tuple(notes),
    )
    _agree(project, fitted)
    return fitted


def _scaled(spans: Sequence[Span], factor: float) -> tuple[Span, ...]:
    return tuple(
        Span(round(span.start * factor), round(span.stop * factor), span.label) for span in spans
    )


def _agree(project: Project, taken: Imported) -> None:
    """Check a stretch against the pipeline; fill in what the pipeline leaves open."""
    pipeline = project.pipeline
    dtype = str(taken.values.dtype)
    if pipeline.axes:
        _same_axes(pipeline, taken.axes, dtype)
    if pipeline.sample_rate_hz:
        wanted = pipeline.sample_rate_hz
        if abs(taken.sample_rate_hz / wanted - 1) > _RATE_TOLERANCE:
            raise ProjectError(
                f"Its rate is {taken.sample_rate_hz:g} Hz and the project wants {wanted:g} Hz.",
                f"Add --resample {wanted:g} to convert it, or make the project with "
                f"--rate {taken.sample_rate_hz:g}.",
            )
    if pipeline.axes and pipeline.sample_rate_hz:
        return
    project.set_pipeline(
        replace(
            pipeline,
            axes=pipeline.axes or taken.axes,
            dtype=pipeline.dtype if pipeline.axes else dtype,
            sample_rate_hz=pipeline.sample_rate_hz or taken.sample_rate_hz,
        )
    )


def _same_axes(pipeline: Pipeline, axes: Sequence[Axis], dtype: str) -> None:
    wanted = ", ".join(axis.name for axis in pipeline.axes)
    found = ", ".join(axis.name for axis in axes)
    sound = dtype == pipeline.dtype == "int16" and len(axes) == len(pipeline.axes)
    if sound or (dtype == pipeline.dtype and found == wanted):
        return
    if dtype != pipeline.dtype:
        kinds = {"int16": "sound", "float32": "sensor values"}
        raise ProjectError(
            f"It holds {kinds[dtype]} ({found}) and the project {kinds[pipeline.dtype]} "
            f"({wanted}).",
            "Make another project for it.",
        )
    raise ProjectError(
        f"Its axes are {found}; the project's are {wanted}.",
        f"Choose columns with --axes, such as --axes {wanted.replace(' ', '')}.",
    )


def _store(project: Project, waiting: Sequence[_Ready], known: set[int], tally: _Tally) -> None:
    """Add what waits in one commit."""
    with project.batch():
        for one in waiting:
            taken = one.imported
            recording = project.add_recording(
                taken.values,
                name=one.name,
                axes=taken.axes,
                sample_rate_hz=taken.sample_rate_hz,
                group=one.group,
                source=one.origin.name,
            )
            if recording.id in known:
                tally.skipped += 1
                continue
            known.add(recording.id)
            tally.added.add(recording.id)
            _count(tally, recording, taken)
            spans = list(taken.spans)
            if not spans and one.label:
                spans = [Span(0, recording.readings, one.label)]
            tally.samples += len(project.add_samples(recording.id, spans, split=one.origin.split))


def _count(tally: _Tally, recording: Recording, taken: Imported) -> None:
    tally.recordings += 1
    tally.clipped += taken.clipped
    tally.seconds += recording.seconds
    tally.notes.update(taken.notes)


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
        "failed": tally.failed,
    }
