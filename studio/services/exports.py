"""Take a project's data out: one file per recording, with lists of labels that others read.

Everything is written to a folder beside the target and moved there when it is whole, and nothing
that is there already is touched. What a format cannot hold is said in a note and written into
`info.labels`, so that importing the folder gives the same data.
"""

import json
import os
import re
import shutil
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from studio.errors import ConfigError, ProjectError
from studio.events import Reporter
from studio.project import Details, Marked, Project, label_formats, label_list, sync_files
from studio.registry import find, provided
from studio.services import archive
from studio.services.unpack import RESERVED
from studio.types import Exported, Recording, Sample, Span

LABELS = ("info", "structured", "sensiml", "audacity", "folders")
"""Ways to write labels: Edge Impulse's `info.labels` alone; with `structured_labels.labels`,
SensiML's `.dai` or Audacity's tracks beside it; or one folder per label."""
_AUTO = "auto"
_ARCHIVE = "archive"
_NDJSON_FROM = 10_000
"""Files from which `info.labels` has one JSON object per line, as Edge Impulse does it."""
_FOLDERS = {"train": "training", "test": "testing", "validation": "validation", "": ""}
_LONGEST_NAME = 80
_UNSAFE = re.compile(r"[^\w\-+=@()\[\] ]+")


@dataclass(frozen=True, slots=True)
class _Piece:
    """What becomes one file."""

    recording: Recording
    start: int
    stop: int
    samples: tuple[Marked, ...]
    """Within the piece."""
    metadata: dict[str, str]

    @property
    def cut(self) -> bool:
        """Whether it is only a part of its recording."""
        return self.stop - self.start < self.recording.readings

    @property
    def spans(self) -> list[Span]:
        """What other programs are told of its samples."""
        return [one.span for one in self.samples if one.plain]

    @property
    def label(self) -> str:
        """Its label if it has one for all readings, else empty."""
        spans = self.spans
        whole = len(spans) == 1 and spans[0].stop - spans[0].start == self.stop - self.start
        return spans[0].label if whole else ""

    @property
    def split(self) -> str:
        """The split of most of its samples."""
        splits = [one.split for one in self.samples]
        return max(sorted(set(splits)), key=splits.count) if splits else ""


@dataclass(slots=True)
class _Out:
    """What was written."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    ranges: dict[str, dict[str, tuple[Sequence[Span], int]]] = field(default_factory=dict)
    dai: list[dict[str, Any]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    notes: Counter[str] = field(default_factory=Counter)
    bytes: int = 0
    samples: int = 0


def formats() -> list[str]:
    """Return the names of all formats."""
    return [_AUTO, *(row.id for row in provided("exporter")), _ARCHIVE]


def export_data(
    path: Path,
    target: Path,
    *,
    form: str = _AUTO,
    labels: str = "info",
    hmac_key: str = "",
    report: Reporter,
) -> dict[str, Any]:
    """Write a project's recordings and labels to a folder, or the whole project to an archive.

    Parameters
    ----------
    path : Path
        The project's folder.
    target : Path
        A folder that is missing or empty; for the format `archive` a file that is missing.
    form : str
        One of `formats()`; `auto` is an archive if the target is called so, WAV for sound, CSV
        for everything else.
    labels : str
        One of `LABELS`.
    hmac_key : str
        Key to sign with, for formats that have signatures.

    Returns
    -------
    dict
        target, format, labels, files, recordings, samples, bytes, notes.

    Raises
    ------
    ConfigError
        For a format that there is not, or that cannot hold the data.
    ProjectError
        If there is nothing to export, or the target is there already or cannot be written.
    """
    if labels not in LABELS:
        raise ConfigError(
            f"There are no labels {labels!r}.", f"Choose one of: {', '.join(LABELS)}."
        )
    with Project.open(path) as project:
        for notice in project.notices:
            report.log(notice)
        if form == _AUTO and target.name.endswith(archive.SUFFIX):
            form = _ARCHIVE
        if form == _ARCHIVE:
            return archive.write(project, target, report)
        if form == _AUTO:
            sound = all(one.dtype == "int16" for one in project.recordings())
            form = "wav" if sound else "csv"
        return _Export(project, find("exporter", form).load(), form, labels, hmac_key).run(
            target, report
        )


class _Export:
    """One export of an open project."""

    def __init__(
        self, project: Project, exporter: Any, form: str, labels: str, hmac_key: str
    ) -> None:
        self._project = project
        self._exporter = exporter
        self._form = form
        self._labels = labels
        self._key = hmac_key
        self._out = _Out()

    def run(self, target: Path, report: Reporter) -> dict[str, Any]:
        """Write everything and return what was written."""
        pieces = self._pieces()
        if not pieces:
            raise ProjectError(
                "There is nothing to export: the project has no recordings.",
                "Import or record some first.",
            )
        with _Target(target) as folder:
            for number, piece in enumerate(pieces):
                report.check_cancelled()
                report.progress(
                    number / len(pieces), f"Exporting: {number} of {len(pieces)} recordings"
                )
                self._write(folder, piece)
            self._write_lists(folder)
        report.progress(1.0, f"Exporting: {len(pieces)} of {len(pieces)} recordings")
        out = self._out
        return {
            "target": str(target),
            "format": self._form,
            "labels": self._labels,
            "files": len(pieces),
            "recordings": len({piece.recording.id for piece in pieces}),
            "samples": out.samples,
            "bytes": out.bytes,
            "notes": [f"{note} ({count} files)" for note, count in out.notes.most_common()],
        }

    def _pieces(self) -> list[_Piece]:
        samples: dict[int, list[Sample]] = {}
        for sample in self._project.samples():
            samples.setdefault(sample.recording_id, []).append(sample)
        metadata = self._project.metadata.every()
        pieces: list[_Piece] = []
        for recording in self._project.recordings():
            marked = tuple(_marked(sample) for sample in samples.get(recording.id, ()))
            whole = _Piece(
                recording, 0, recording.readings, marked, metadata.get(recording.id, {})
            )
            if self._labels == "folders" and marked and not whole.label:
                pieces += _cut(whole)
            else:
                pieces.append(whole)
        return pieces

    def _write(self, folder: Path, piece: _Piece) -> None:
        out = self._out
        inside = self._place(piece)
        path = folder / inside
        path.parent.mkdir(parents=True, exist_ok=True)
        recording = piece.recording
        covered: tuple[Span, ...] = ()
        if piece.spans and not piece.label:
            covered = label_formats.covering(piece.spans, piece.stop - piece.start)
        exported = Exported(
            name=recording.name,
            values=self._project.read(recording.id)[piece.start : piece.stop],
            axes=recording.axes,
            sample_rate_hz=recording.sample_rate_hz,
            spans=covered,
            metadata=piece.metadata,
            time_column=self._labels != "sensiml",
            hmac_key=self._key,
        )
        try:
            with path.open("xb") as file:
                out.notes.update(self._exporter.write(file, exported))
                out.bytes += file.tell()
        except OSError as error:
            raise _unwritable(folder, error) from error
        out.samples += len(piece.samples)
        self._note_labels(folder, inside, piece)

    def _place(self, piece: _Piece) -> str:
        """Return where a piece's file goes: below the target, with slashes, unlike all others."""
        name = _safe(piece.recording.name) + (f"-{piece.start}" if piece.cut else "")
        label = _safe(piece.label) if piece.label else ""
        folder = "" if self._labels == "sensiml" else _FOLDERS[piece.split]
        if self._labels == "folders":
            folder = f"{folder}/{label or label_formats.UNLABELLED}"
        elif label:
            name = f"{label}.{name}"
        for number in range(1, len(self._out.names) + 2):
            end = f"-{number}" if number > 1 else ""
            place = f"{folder}/{name}{end}{self._exporter.suffix}".lstrip("/")
            if place.casefold() not in self._out.names:
                break
        self._out.names.add(place.casefold())
        return place

    def _note_labels(self, folder: Path, inside: str, piece: _Piece) -> None:
        """Remember what the lists say of a file; write a track beside it."""
        out, recording = self._out, piece.recording
        readings = piece.stop - piece.start
        details = Details(
            name=recording.name + (f"-{piece.start}" if piece.cut else ""),
            group=recording.group,
            source=recording.source,
            sample_rate_hz=recording.sample_rate_hz,
            dtype=recording.dtype,
            axes=recording.axes,
            gaps=() if piece.cut else recording.gaps,
        )
        out.entries.append(
            label_list.info_entry(
                inside,
                samples=piece.samples,
                readings=readings,
                details=details,
                metadata=piece.metadata,
            )
        )
        place, _, name = inside.rpartition("/")
        if self._labels == "structured":
            out.ranges.setdefault(place, {})[name] = (piece.spans, readings)
        elif self._labels == "sensiml":
            out.dai.append(
                label_list.dai_entry(
                    inside, samples=piece.samples, details=details, metadata=piece.metadata
                )
            )
        elif self._labels == "audacity" and piece.spans:
            text = label_formats.track(piece.spans, recording.sample_rate_hz)
            _write_text((folder / inside).with_suffix(".txt"), [text])
        if piece.cut:
            out.notes["recordings were cut: what lies between their samples is not here"] += 1
        if any(not one.plain for one in piece.samples):
            out.notes["other tracks and samples not in use are in info.labels only"] += 1
        if recording.gaps:
            out.notes["gaps are marked in info.labels only"] += 1

    def _write_lists(self, folder: Path) -> None:
        out = self._out
        ndjson = len(out.entries) > _NDJSON_FROM
        _write_text(folder / label_list.FILE, label_list.info_lines(out.entries, ndjson=ndjson))
        for place, files in out.ranges.items():
            document = label_formats.structured(files)
            _write_text(folder / place / label_list.STRUCTURED_FILE, [_json(document)])
        if out.dai:
            name = f"{_safe(self._project.name)}{label_list.DAI_SUFFIX}"
            _write_text(folder / name, [_json(out.dai)])


def _marked(sample: Sample) -> Marked:
    span = Span(sample.start, sample.stop, sample.label)
    return Marked(span, sample.split, sample.track, sample.enabled)


def _cut(whole: _Piece) -> Iterator[_Piece]:
    """Yield a piece for each sample that other programs see."""
    for one in whole.samples:
        if one.plain:
            span = Span(0, one.span.stop - one.span.start, one.span.label)
            yield _Piece(
                whole.recording,
                one.span.start,
                one.span.stop,
                (replace(one, span=span),),
                whole.metadata,
            )


def _json(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _write_text(path: Path, pieces: Sequence[str] | Iterator[str]) -> None:
    try:
        with path.open("x", encoding="utf-8", errors="replace", newline="\n") as file:
            file.writelines(pieces)
    except OSError as error:
        raise _unwritable(path.parent, error) from error


def _safe(name: str) -> str:
    """Return a name that every system can have, without the dot that ends a label."""
    plain = _UNSAFE.sub("_", unicodedata.normalize("NFC", name)).strip(" _")[:_LONGEST_NAME]
    while len(plain.encode()) > 2 * _LONGEST_NAME:
        plain = plain[:-1]
    plain = plain.rstrip(" ")
    return f"{plain}_" if RESERVED.fullmatch(plain) else plain or "recording"


def _unwritable(folder: Path, error: OSError) -> ProjectError:
    return ProjectError(
        f"{folder} cannot be written: {error.strerror or error}.",
        "Check the folder's permissions and the free space of the disk.",
    )


class _Target:
    """A folder that appears when everything in it is whole, or not at all."""

    def __init__(self, target: Path) -> None:
        self._target = Path(os.path.abspath(target))
        self._working: Path | None = None

    def __enter__(self) -> Path:
        target = self._target
        try:
            if target.exists() and (not target.is_dir() or any(target.iterdir())):
                raise ProjectError(
                    f"{target} is there already and not empty.", "Choose a new folder."
                )
            target.parent.mkdir(parents=True, exist_ok=True)
            self._working = Path(
                tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}.exporting-")
            )
        except OSError as error:
            raise _unwritable(target, error) from error
        return self._working

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if self._working is None:
            return
        try:
            if kind is None:
                sync_files([path for path in self._working.rglob("*") if path.is_file()])
                if self._target.exists():
                    self._target.rmdir()  # an empty one; Windows does not replace folders
                self._working.chmod(0o755)
                self._working.rename(self._target)
        except OSError as error:
            raise _unwritable(self._target, error) from error
        finally:
            shutil.rmtree(self._working, ignore_errors=True)
