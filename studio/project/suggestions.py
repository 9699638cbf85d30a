"""What a trained model thinks of recordings that nobody labelled, until a person decides."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from studio.errors import ProjectError
from studio.project.database import Database
from studio.project.history import History
from studio.project.records import select
from studio.project.samples import MAIN, SampleList
from studio.types import Recording, Span

STATES = ("open", "accepted", "rejected")
_SELECT = (
    "SELECT suggestion.id, run, recording_id, start, stop, label, confidence, state, "
    "suggestion.track, sample_id, name FROM suggestion "
    "JOIN recording ON recording.id = recording_id AND hidden = 0"
)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A span that a model would give a label."""

    id: int
    run: str
    recording_id: int
    start: int
    stop: int
    label: str
    confidence: float
    """Mean score of the label over the windows of the span, 0..1."""
    state: str
    """One of `STATES`."""
    track: str
    sample_id: int | None
    """The sample that was made of it."""
    recording: str
    """Name of the recording."""


class SuggestionList:
    """The suggestions of one project."""

    def __init__(self, database: Database, history: History, samples: SampleList) -> None:
        self._database = database
        self._history = history
        self._samples = samples

    def put(
        self,
        run: str,
        recording: Recording,
        spans: Sequence[tuple[Span, float]],
        *,
        track: str = MAIN,
    ) -> int:
        """Keep what a run suggests for a recording, in the place of what was open there.

        Not a change of the data, so not in the history.

        Parameters
        ----------
        spans : sequence of (Span, float)
            Spans within the recording with confidences 0..1.
        """
        self._samples.need_track(track)
        with self._database.writing():
            self._database.execute(
                "DELETE FROM suggestion WHERE recording_id = ? AND track = ? AND state = 'open'",
                (recording.id, track),
            )
            return self._database.execute_many(
                "INSERT INTO suggestion (run, recording_id, start, stop, label, confidence, "
                "track, state) VALUES (?, ?, ?, ?, ?, ?, ?, 'open')",
                [
                    (run, recording.id, span.start, span.stop, span.label, confidence, track)
                    for span, confidence in spans
                ],
            )

    def find(
        self,
        *,
        state: str = "open",
        label: str = "",
        most_certain_first: bool = False,
        offset: int = 0,
        limit: int = -1,
    ) -> list[Suggestion]:
        """Return suggestions by confidence, the least certain first unless told otherwise."""
        if state not in STATES:
            raise ProjectError(
                f"There are no {state!r} suggestions.", f"Choose one of: {', '.join(STATES)}."
            )
        values: list[Any] = [state]
        where = "WHERE state = ?"
        if label:
            where += " AND label = ?"
            values.append(label)
        way = "DESC" if most_certain_first else ""
        rows = self._database.rows(
            f"{_SELECT} {where} ORDER BY confidence {way}, suggestion.id LIMIT ? OFFSET ?",
            [*values, limit, offset],
        )
        return [Suggestion(*row) for row in rows]

    def accept(self, suggestion_ids: Collection[int], *, label: str = "") -> list[int]:
        """Make samples of open suggestions, with another label if given; return their numbers."""
        chosen = self._open(suggestion_ids)
        how = f" as {label}" if label else ""
        recordings = {one.recording_id for one in chosen}
        made = []
        with self._history.change(f"Accepted {len(chosen)} suggestions{how}"):
            known = {
                number: select(self._database, "WHERE id = ?", (number,))[0]
                for number in recordings
            }
            for one in chosen:
                recording = known[one.recording_id]
                span = Span(one.start, one.stop, label or one.label)
                (sample,) = self._samples.add(recording, [span], "", track=one.track)
                self._database.execute(
                    "UPDATE suggestion SET state = 'accepted', label = ?, sample_id = ? "
                    "WHERE id = ?",
                    (sample.label, sample.id, one.id),
                )
                made.append(sample.id)
        return made

    def reject(self, suggestion_ids: Collection[int]) -> int:
        """Set open suggestions aside; return how many."""
        chosen = self._open(suggestion_ids)
        with self._history.change(f"Rejected {len(chosen)} suggestions"):
            self._database.execute_many(
                "UPDATE suggestion SET state = 'rejected' WHERE id = ?",
                [(one.id,) for one in chosen],
            )
        return len(chosen)

    def _open(self, suggestion_ids: Collection[int]) -> list[Suggestion]:
        ids = [int(number) for number in suggestion_ids]
        known: dict[int, Suggestion] = {}
        for first in range(0, len(ids), 500):
            part = ids[first : first + 500]
            marks = ", ".join("?" * len(part))
            for row in self._database.rows(f"{_SELECT} WHERE suggestion.id IN ({marks})", part):
                known[row[0]] = Suggestion(*row)
        for number in ids:
            if number not in known or known[number].state != "open":
                found = known[number].state if number in known else "not there"
                raise ProjectError(
                    f"Suggestion {number} is {found}.",
                    "List the open ones with `tinyml-studio label review`.",
                )
        return [known[number] for number in ids]
