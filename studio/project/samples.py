"""The list of samples: labelled spans, and the split each belongs to."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from studio.errors import ProjectError
from studio.project.database import Database
from studio.project.history import History
from studio.project.records import SHOWN, clean_text, counted, select, spelled
from studio.project.splitting import assign_groups
from studio.types import SPLITS, Recording, Sample, Span

MAIN = "main"
"""The track that samples are on unless told otherwise."""

_SELECT = (
    "SELECT sample.id, sample.recording_id, sample.start, stop, sample.label, sample_index.split, "
    "group_name, sample.track, sample.enabled "
    "FROM sample JOIN sample_index ON sample_index.id = sample.id"
)
_INSERT = (
    "INSERT INTO sample (recording_id, start, stop, label, preset, split, track, enabled) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


def sample_of(row: Sequence[Any]) -> Sample:
    """Return a sample from a row of the list."""
    number, recording_id, start, stop, label, split, group, track, enabled = row
    return Sample(
        number, recording_id, start, stop, label, split, group, track, enabled=bool(enabled)
    )


class SampleList:
    """The samples of one project."""

    def __init__(self, database: Database, history: History) -> None:
        self._database = database
        self._history = history

    def add(
        self, recording: Recording, spans: Sequence[Span], split: str, *, track: str = MAIN
    ) -> list[Sample]:
        """Label stretches of a recording; `split` is the one that came with the data."""
        _check(recording, spans, split)
        added = []
        with self._history.change(f"Added {counted(len(spans), 'sample')} to {recording.name}"):
            self.need_track(track)
            for span in spans:
                start, stop = int(span.start), int(span.stop)
                label = spelled(self._database, span.label, "label")
                number = self._database.execute(
                    _INSERT, (recording.id, start, stop, label, split, "", track, 1)
                )
                group = recording.group
                added.append(Sample(number, recording.id, start, stop, label, split, group, track))
        return added

    def label_whole(self, recording: Recording, label: str) -> None:
        """Label a whole recording, unless it is labelled so already."""
        there = self._database.rows(
            "SELECT id FROM sample WHERE recording_id = ? AND start = 0 AND stop = ? "
            "AND label = ?",
            (recording.id, recording.readings, spelled(self._database, label, "label")),
        )
        if not there:
            self.add(recording, [Span(0, recording.readings, label)], "")

    def replace(self, sample_id: int, spans: Sequence[Span]) -> list[Sample]:
        """Put several samples in the place of one; they keep its split, track and state."""
        (sample,) = self.of([sample_id])
        recording = self._recording(sample)
        _check(recording, spans, "")
        (row,) = self._database.rows("SELECT preset, split FROM sample WHERE id = ?", (sample.id,))
        sentence = f"Split a sample of {recording.name} into {len(spans)}"
        with self._history.change(sentence):
            self._database.execute("DELETE FROM sample WHERE id = ?", (sample.id,))
            numbers = [
                self._database.execute(
                    _INSERT,
                    (
                        recording.id,
                        int(span.start),
                        int(span.stop),
                        spelled(self._database, span.label, "label"),
                        *row,
                        sample.track,
                        int(sample.enabled),
                    ),
                )
                for span in spans
            ]
        return self.of(numbers)

    def relabel(self, sample_ids: Collection[int], label: str, *, renames: str = "") -> None:
        """Give samples another label, which takes over the key of the one it `renames` if new."""
        text = self._named(label)
        with self._history.change(f"Relabelled {counted(len(sample_ids), 'sample')} to {text}"):
            if renames:
                self._database.execute(
                    "UPDATE OR IGNORE label SET name = ? WHERE name = ?", (text, renames)
                )
            self._set("label", text, sample_ids)

    def crop(self, sample_id: int, start: int, stop: int) -> None:
        """Give a sample other ends, `[start, stop)` in readings of its recording."""
        recording = self._recording(self.of([sample_id])[0])
        _check(recording, [Span(start, stop, "-")], "")
        seconds = (
            f"{start / recording.sample_rate_hz:.2f} to {stop / recording.sample_rate_hz:.2f} s"
        )
        with self._history.change(f"Cropped a sample of {recording.name} to {seconds}"):
            self._set("start", int(start), [sample_id])
            self._set("stop", int(stop), [sample_id])

    def enable(self, sample_ids: Collection[int], *, enabled: bool) -> None:
        """Let samples be used or not."""
        word = "Enabled" if enabled else "Disabled"
        with self._history.change(f"{word} {counted(len(sample_ids), 'sample')}"):
            self._set("enabled", int(enabled), sample_ids)

    def merge_labels(self, labels: Collection[str], into: str, *, track: str = MAIN) -> int:
        """Make one label of several on a track, and return how many samples changed."""
        text = self._named(into)
        old = sorted(set(labels) - {text})
        with self._history.change(f"Merged {', '.join(old)} into {text}"):
            changed = [
                self._database.execute_many(
                    "UPDATE sample SET label = ? WHERE id IN (SELECT id FROM sample_index "
                    "WHERE label = ? AND track = ?)",
                    [(text, label, track)],
                )
                for label in old
            ]
            if old and not all(changed):
                absent = old[changed.index(0)]
                raise ProjectError(
                    f"No sample of track {track} has the label {absent!r}.",
                    "List the labels with `tinyml-studio label counts`.",
                )
        return sum(changed)

    def move(self, sample_ids: Collection[int], split: str, *, whole_groups: bool = True) -> int:
        """Put samples into a split with all samples of their groups; return how many moved.

        A group in two splits makes a test worthless: only move single samples (not
        `whole_groups`) where that is known.
        """
        _check_split(split)
        ids: Collection[int] = [sample.id for sample in self.of(sample_ids)]
        what = counted(len(ids), "sample")
        if whole_groups:
            groups = sorted({sample.group for sample in self.of(ids)})
            what = f"group{'' if len(groups) == 1 else 's'} {', '.join(groups)}"
            ids = [
                row[0]
                for group in groups
                for row in self._database.rows(
                    "SELECT id FROM sample_index WHERE group_name = ?", (group,)
                )
            ]
        with self._history.change(f"Moved {what} to {split or 'no split'}"):
            # The empty split means "as it came", so what came with one cannot be without.
            return self._database.execute_many(
                "UPDATE sample SET split = ?, preset = CASE WHEN ? = '' THEN '' ELSE preset END "
                "WHERE id = ?",
                [(split, split, number) for number in ids],
            )

    def put_on_track(self, sample_ids: Collection[int], track: str) -> None:
        """Put samples on another track."""
        with self._history.change(f"Put {counted(len(sample_ids), 'sample')} on track {track}"):
            self.need_track(track)
            self._set("track", track, sample_ids)

    def remove(self, sample_ids: Iterable[int]) -> None:
        """Forget samples."""
        ids = [(int(number),) for number in sample_ids]
        with self._history.change(f"Removed {counted(len(ids), 'sample')}"):
            self._database.execute_many("DELETE FROM sample WHERE id = ?", ids)

    def select(
        self,
        *,
        split: str | None = None,
        label: str | None = None,
        track: str | None = None,
        enabled: bool | None = None,
    ) -> list[Sample]:
        """Return samples, oldest first."""
        wanted = {"split": split, "label": label, "track": track, "enabled": enabled}
        given = {column: value for column, value in wanted.items() if value is not None}
        where = " AND ".join(["1", *(f"sample_index.{column} = ?" for column in given)])
        rows = self._database.rows(
            f"{_SELECT} WHERE {where} ORDER BY sample.id", list(given.values())
        )
        return [sample_of(row) for row in rows]

    def of(self, sample_ids: Collection[int]) -> list[Sample]:
        """Return the samples with these numbers, in their order.

        Raises
        ------
        ProjectError
            If there is none with one of them.
        """
        ids = [int(number) for number in sample_ids]
        found = self.known(ids)
        absent = next((number for number in ids if number not in found), None)
        if absent is not None:
            raise ProjectError(
                f"There is no sample {absent}.", "List them with `tinyml-studio label list`."
            )
        return [found[number] for number in ids]

    def known(self, sample_ids: Sequence[int]) -> dict[int, Sample]:
        """Return those of the samples with these numbers that are there, by number."""
        found: dict[int, Sample] = {}
        for first in range(0, len(sample_ids), 500):
            part = sample_ids[first : first + 500]
            marks = ", ".join("?" * len(part))
            for row in self._database.rows(f"{_SELECT} WHERE sample.id IN ({marks})", part):
                found[row[0]] = sample_of(row)
        return found

    def _recording(self, sample: Sample) -> Recording:
        (found,) = select(self._database, f"{SHOWN} AND id = ?", (sample.recording_id,))
        return found

    def _set(self, column: str, value: str | int, sample_ids: Collection[int]) -> None:
        self._database.execute_many(
            f"UPDATE sample SET {column} = ? WHERE id = ?",
            [(value, sample.id) for sample in self.of(sample_ids)],
        )

    def assign(
        self,
        *,
        fractions: tuple[float, float, float],
        seed: int,
        test_groups: Collection[str],
        keep_preset: bool,
        only_new: bool,
    ) -> None:
        """Put every group into one split; see `Project.assign_splits`."""
        with self._history.change("Assigned the splits by group"):
            rows = self.rows()
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
            self.put_groups(result, only_new=only_new)

    def rows(self) -> list[tuple[str, str, str, str]]:
        """Return (group, label, the split that came with it, split) of all samples."""
        return self._database.rows(
            "SELECT group_name, label, preset, split FROM sample "
            "JOIN recording ON recording.id = recording_id ORDER BY sample.id"
        )

    def put_groups(self, splits: Mapping[str, str], *, only_new: bool = False) -> None:
        """Put all samples of groups, or those in no split, into the split that each is given."""
        of: dict[str, list[str]] = {}
        for group, split in splits.items():
            _check_split(split)
            of.setdefault(split, []).append(group)
        with self._history.change(f"Put {len(splits)} groups into splits"):
            self._database.execute_many(
                "UPDATE sample SET split = ? WHERE split != ? AND (split = '' OR NOT ?) "
                "AND id IN (SELECT id FROM sample_index WHERE group_name IN "
                "(SELECT value FROM json_each(?)))",
                [(split, split, only_new, json.dumps(groups)) for split, groups in of.items()],
            )

    def tracks(self) -> list[str]:
        """Return the names of the tracks, oldest first."""
        return [row[0] for row in self._database.rows("SELECT name FROM track ORDER BY id")]

    def need_track(self, name: str) -> None:
        """Refuse a track that there is not."""
        if name not in self.tracks():
            raise ProjectError(
                f"There is no track {name!r}.", f"Tracks: {', '.join(self.tracks())}."
            )

    def add_track(self, name: str) -> str:
        """Make an empty track and return its name."""
        text = self._new_track(name)
        with self._history.change(f"Added the track {text}"):
            self._database.execute("INSERT INTO track (name) VALUES (?)", (text,))
        return text

    def rename_track(self, name: str, new: str) -> str:
        """Give a track another name and return it."""
        self._not_main(name)
        text = self._new_track(new)
        with self._history.change(f"Renamed the track {name} to {text}"):
            self._database.execute("UPDATE track SET name = ? WHERE name = ?", (text, name))
            self._database.execute("UPDATE sample SET track = ? WHERE track = ?", (text, name))
        return text

    def _named(self, label: str) -> str:
        text = spelled(self._database, label, "label")
        if not text:
            raise ProjectError("The new label is empty.", "Give the sample a name.")
        return text

    def remove_track(self, name: str) -> None:
        """Remove a track with all samples on it."""
        self._not_main(name)
        with self._history.change(f"Removed the track {name} and its samples"):
            self._database.execute("DELETE FROM sample WHERE track = ?", (name,))
            self._database.execute("DELETE FROM track WHERE name = ?", (name,))

    def _not_main(self, name: str) -> None:
        self.need_track(name)
        if name == MAIN:
            raise ProjectError(
                f"The track {MAIN} stays as it is: every project has one.",
                "Put its samples on another track, or remove them.",
            )

    def _new_track(self, name: str) -> str:
        text = clean_text(name)
        if not text or text in self.tracks():
            raise ProjectError(
                f"There is a track {text!r} already." if text else "The track has no name.",
                "Give it a name of its own.",
            )
        return text


def _check_split(split: str) -> None:
    if split and split not in SPLITS:
        raise ProjectError(f"There is no split {split!r}.", f"Choose one of: {', '.join(SPLITS)}.")


def _check(recording: Recording, spans: Sequence[Span], split: str) -> None:
    _check_split(split)
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
