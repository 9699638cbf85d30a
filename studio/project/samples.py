"""The list of samples: labelled spans, and the split each belongs to."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from studio.errors import ProjectError
from studio.project.database import Database
from studio.project.records import clean_text
from studio.project.splitting import assign_groups
from studio.types import SPLITS, Recording, Sample, Span

_SPLIT = "CASE WHEN split = '' THEN preset ELSE split END"
"""What came with the data holds until splits are assigned."""
_SELECT = (
    f"SELECT sample.id, recording_id, start, stop, label, {_SPLIT}, group_name "
    "FROM sample JOIN recording ON recording.id = recording_id"
)


class SampleList:
    """The samples of one project."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, recording: Recording, spans: Sequence[Span], split: str) -> list[Sample]:
        """Label stretches of a recording; `split` is the one that came with the data."""
        _check(recording, spans, split)
        added = []
        with self._database.writing():
            for span in spans:
                start, stop, label = int(span.start), int(span.stop), clean_text(span.label)
                number = self._database.execute(
                    "INSERT INTO sample (recording_id, start, stop, label, preset, split) "
                    "VALUES (?, ?, ?, ?, ?, '')",
                    (recording.id, start, stop, label, split),
                )
                group = recording.group
                added.append(Sample(number, recording.id, start, stop, label, split, group))
        return added

    def label_whole(self, recording: Recording, label: str) -> None:
        """Label a whole recording, unless it is labelled so already."""
        there = self._database.rows(
            "SELECT id FROM sample WHERE recording_id = ? AND start = 0 AND stop = ? "
            "AND label = ?",
            (recording.id, recording.readings, clean_text(label)),
        )
        if not there:
            self.add(recording, [Span(0, recording.readings, label)], "")

    def relabel(self, sample_id: int, label: str) -> None:
        """Give a sample another label; it keeps its place, split and id."""
        text = clean_text(label)
        if not text:
            raise ProjectError("The new label is empty.", "Give the sample a name.")
        with self._database.writing():
            self._database.execute(
                "UPDATE sample SET label = ? WHERE id = ?", (text, int(sample_id))
            )

    def remove(self, sample_ids: Iterable[int]) -> None:
        """Forget samples."""
        with self._database.writing():
            self._database.execute_many(
                "DELETE FROM sample WHERE id = ?", [(int(number),) for number in sample_ids]
            )

    def select(self, *, split: str | None, label: str | None) -> list[Sample]:
        """Return samples, oldest first."""
        conditions: list[str] = []
        values: list[Any] = []
        for column, value in ((_SPLIT, split), ("label", label)):
            if value is not None:
                conditions.append(f"{column} = ?")
                values.append(value)
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        rows = self._database.rows(f"{_SELECT}{where} ORDER BY sample.id", values)
        return [Sample(*row) for row in rows]

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


def _check(recording: Recording, spans: Sequence[Span], split: str) -> None:
    if split and split not in SPLITS:
        raise ProjectError(f"There is no split {split!r}.", f"Choose one of: {', '.join(SPLITS)}.")
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
