"""Many recordings at once, with their samples and metadata: one commit, few statements.

Files are written one after the other (threads cost more than they save on short ones) and brought
to the disk together, while this process holds the write lock; what is listed in the database goes
there in one statement per table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.errors import ProjectError
from studio.project import files, records
from studio.project.database import Database
from studio.project.details import Marked
from studio.project.history import History
from studio.project.metadata import MetadataList
from studio.project.records import Listing, spelled
from studio.project.samples import SampleList
from studio.types import SPLITS, Axis, Gap

_RECORDING = (
    "INSERT INTO recording (id, name, sha256, axes, sample_rate_hz, dtype, readings, group_name, "
    "source, log, created, hidden) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, 1)"
)
_SHOW = "UPDATE recording SET group_name = ?, hidden = 0 WHERE id = ? AND hidden"
_GAP = "INSERT INTO gap (recording_id, at, missing) VALUES (?, ?, ?)"
_SAMPLE = (
    "INSERT INTO sample (recording_id, start, stop, label, preset, split, track, enabled) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)

Key = tuple[str, str, float, str]
"""What is one recording: content, name, rate and axes as text."""


@dataclass(frozen=True, slots=True)
class New:
    """A recording to add."""

    values: NDArray[Any]
    """`(n_readings, n_axes)`, int16 or float32, all finite."""
    name: str
    axes: tuple[Axis, ...]
    sample_rate_hz: float
    group: str = ""
    source: str = ""
    gaps: tuple[Gap, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    samples: tuple[Marked, ...] = ()
    final: bool = False
    """Whether the samples' splits are decided, rather than what came with the data."""


@dataclass(frozen=True, slots=True)
class Added:
    """What became of it."""

    recording_id: int
    sha256: str
    new: bool
    """Whether it was not there already."""


class Bulk:
    """Adds many recordings to one project."""

    def __init__(
        self,
        folder: Path,
        database: Database,
        history: History,
        labels: SampleList,
        metadata: MetadataList,
    ) -> None:
        self._folder = folder
        self._database = database
        self._history = history
        self._labels = labels
        self._metadata = metadata

    def add(
        self, items: Sequence[New], sentence: str, *, continues: int = 0
    ) -> tuple[list[Added], int]:
        """Add recordings, all or none; return what became of each, and the history's entry.

        Parameters
        ----------
        items : sequence of New
            Some hundred: other processes cannot write meanwhile.
        sentence : str
            For the history.
        continues : int
            The entry that was returned before, if this belongs to it.

        Raises
        ------
        ProjectError
            For what `Project.add_recording` and `Project.add_samples` refuse.
        """
        listings = [_listing(item) for item in items]
        paths: list[Path] = []
        try:
            with self._history.change(sentence, continues=continues) as entry:
                for item in items:
                    paths.append(self._write(item))
                added = self._list(items, listings, paths)
                fresh = [(one, item) for one, item in zip(added, items, strict=True) if one.new]
                self._add_samples(fresh)
                for one, item in fresh:
                    if item.metadata:
                        self._metadata.set(one.recording_id, item.metadata)
                files.sync_files(paths)
        except BaseException:
            self._withdraw(paths)
            raise
        return added, entry

    def _withdraw(self, paths: Sequence[Path]) -> None:
        """Remove files that nothing names, since they were not listed after all."""
        with self._database.writing():
            listed = {key[0] for key in self._known({path.stem for path in paths})}
            for path in paths:
                if path.stem not in listed:
                    path.unlink(missing_ok=True)

    def _write(self, item: New) -> Path:
        values = records.checked(item.values, len(item.axes), item.name)
        return files.write(
            self._folder,
            files.parts(values),
            shape=(values.shape[0], values.shape[1]),
            dtype=files.dtype_name(values.dtype),
            sample_rate_hz=float(item.sample_rate_hz),
            sync=False,
        )

    def _list(
        self, items: Sequence[New], listings: Sequence[Listing], paths: Sequence[Path]
    ) -> list[Added]:
        """List recordings that are not yet; the same ones are listed once."""
        keys = [_key(one, path) for one, path in zip(listings, paths, strict=True)]
        known = self._known({key[0] for key in keys})
        ((last,),) = self._database.rows("SELECT coalesce(max(id), 0) FROM recording")
        groups = self._spelled({one.group for one in listings}, "group_name")
        created, rows, gaps, shown, added = records.now(), [], [], [], []
        for key, one, item in zip(keys, listings, items, strict=True):
            number, hidden = known.get(key, (0, 1))
            if not number:
                last += 1
                number = last
                kind = "int16" if item.values.dtype == np.int16 else "float32"
                rows.append(
                    (
                        *(number, one.name, key[0], key[3], one.sample_rate_hz, kind),
                        *(len(item.values), groups[one.group], one.source, created),
                    )
                )
                gaps += [(number, int(gap.at), int(gap.missing)) for gap in one.gaps]
            if hidden:
                shown.append((groups[one.group], number))
            known[key] = (number, 0)
            added.append(Added(number, key[0], bool(hidden)))
        self._database.execute_many(_RECORDING, rows)
        self._database.execute_many(_GAP, gaps)
        self._database.execute_many(_SHOW, shown)
        return added

    def _known(self, contents: set[str]) -> dict[Key, tuple[int, int]]:
        """Return number and whether it is hidden of each recording with one of these contents."""
        found: dict[Key, tuple[int, int]] = {}
        waiting = sorted(contents)
        for start in range(0, len(waiting), 500):  # SQLite takes some hundred values at once
            part = waiting[start : start + 500]
            for sha256, name, rate, axes, number, hidden in self._database.rows(
                "SELECT sha256, name, sample_rate_hz, axes, id, hidden FROM recording "
                f"WHERE sha256 IN ({', '.join('?' * len(part))})",
                part,
            ):
                found[sha256, name, rate, axes] = (number, hidden)
        return found

    def _spelled(self, words: set[str], column: str) -> dict[str, str]:
        return {word: spelled(self._database, word, column) for word in words}

    def _add_samples(self, fresh: Sequence[tuple[Added, New]]) -> None:
        rows = []
        given = {sample.span.label for _, item in fresh for sample in item.samples}
        labels = self._spelled(given, "label")
        for one, item in fresh:
            for sample in item.samples:
                span, split = sample.span, sample.split
                label = labels[span.label]
                _check(sample, item, label)
                rows.append(
                    (
                        *(one.recording_id, int(span.start), int(span.stop), label, split),
                        *(split if item.final else "", sample.track, int(sample.enabled)),
                    )
                )
        there = set(self._labels.tracks())
        for track in dict.fromkeys(row[6] for row in rows):
            if track not in there:
                self._labels.add_track(track)
        self._database.execute_many(_SAMPLE, rows)


def _listing(item: New) -> Listing:
    return records.listing(
        item.name, item.axes, item.sample_rate_hz, item.group, item.source, item.gaps
    )


def _key(one: Listing, path: Path) -> Key:
    return path.stem, one.name, one.sample_rate_hz, records.axes_text(one.axes)


def _check(sample: Marked, item: New, label: str) -> None:
    span = sample.span
    if not 0 <= span.start < span.stop <= len(item.values) or not label:
        raise ProjectError(
            f"Readings {span.start} to {span.stop} of recording {item.name}, which has "
            f"{len(item.values)}, cannot have the label {span.label!r}.",
            "Choose a span inside the recording, and give it a name.",
        )
    if sample.split and sample.split not in SPLITS:
        raise ProjectError(
            f"There is no split {sample.split!r}.", f"Choose one of: {', '.join(SPLITS)}."
        )
