"""Samples that are the same, or nearly: by the SHA-256 of their readings, and by their signals."""

import hashlib
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.events import Reporter
from studio.project import Project
from studio.signals import near_duplicates
from studio.types import Recording, Sample

_PIECE_S = 30.0
"""Longer samples are compared piece by piece."""


SOUND_UNITS = "wav"


@dataclass(frozen=True, slots=True)
class Alike:
    """Two samples that are the same or nearly so."""

    first: Sample
    second: Sample
    similarity: float
    """Correlation of their signals, 0..1; 1 if they are identical."""
    identical: bool


def overlapping(first: Sample, second: Sample) -> bool:
    """Return whether two samples show readings of one recording twice."""
    same = first.recording_id == second.recording_id
    return same and first.start < second.stop and second.start < first.stop


def _compared(recording: Recording) -> int:
    """Return how many of a recording's axes are compared: of sound the first channel."""
    sound = all(axis.units == SOUND_UNITS for axis in recording.axes)
    return 1 if sound else len(recording.axes)


class Finder:
    """Finds samples of a project that are alike.

    Parameters
    ----------
    differ : sequence of str
        In which of a `Sample`'s fields two of them must differ to be of interest.
    """

    def __init__(
        self, project: Project, samples: Sequence[Sample], *, differ: Sequence[str] = ()
    ) -> None:
        self._project = project
        self._samples = samples
        self._differ = tuple(differ)
        self._recordings: dict[int, Recording] = {one.id: one for one in project.recordings()}
        self._last: tuple[int, NDArray[np.generic]] = (-1, np.empty((0, 0), np.int16))
        self._content: list[bytes] = []

    def identical(self, report: Reporter) -> list[Alike]:
        """Return samples with the same readings: of each kind the pairs that are wanted.

        A sample that is there many times is paired with the first few of the others only, so that
        a thousand copies are a thousand pairs.
        """
        self._content = []
        of: dict[bytes, list[Sample]] = {}
        for number, sample in enumerate(self._samples):
            if number % 64 == 0:
                report.check_cancelled()
                report.progress(number / len(self._samples), "Samples: comparing their content")
            digest = hashlib.sha256(self._span(sample).tobytes())
            digest.update(str(self._recordings[sample.recording_id].sample_rate_hz).encode())
            self._content.append(digest.digest())
            of.setdefault(self._content[-1], []).append(sample)
        found = []
        for same in of.values():
            for place, sample in enumerate(same):
                other = next((one for one in same[:place] if self._counts(one, sample)), None)
                if other is not None:
                    found.append(Alike(other, sample, 1.0, identical=True))
        return found

    def near(self, report: Reporter) -> list[Alike]:
        """Return samples that are nearly the same, the most similar first; after `identical`."""
        pieces = [
            (number, start, stop)
            for number, sample in enumerate(self._samples)
            for start, stop in self._pieces(sample)
        ]

        def read(piece: int) -> tuple[NDArray[np.generic], float]:
            number, start, stop = pieces[piece]
            recording = self._recordings[self._samples[number].recording_id]
            values = self._values(recording.id)[start:stop, : _compared(recording)]
            return values, recording.sample_rate_hz

        def progress(fraction: float) -> None:
            report.check_cancelled()
            report.progress(fraction, "Samples: looking for copies that were changed")

        wanted = self._of_interest(np.array([number for number, _, _ in pieces], np.int64))
        kinds = []
        for number, _, _ in pieces:
            recording = self._recordings[self._samples[number].recording_id]
            kinds.append((recording.sample_rate_hz, _compared(recording)))
        found: dict[tuple[int, int], Alike] = {}
        for pair in near_duplicates(kinds, read, wanted=wanted, progress=progress):
            key = pieces[pair.first][0], pieces[pair.second][0]
            one, other = self._samples[key[0]], self._samples[key[1]]
            found.setdefault(key, Alike(one, other, pair.similarity, identical=False))
        return list(found.values())

    def _counts(self, first: Sample, second: Sample) -> bool:
        differ = all(getattr(first, name) != getattr(second, name) for name in self._differ)
        return differ and not overlapping(first, second)

    def _of_interest(
        self, owners: NDArray[np.int64]
    ) -> Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.bool_]]:
        """Return what tells of pairs of pieces whether they count and are not identical."""

        def codes(values: Sequence[Hashable]) -> NDArray[np.int64]:
            known: dict[Hashable, int] = {}
            return np.array([known.setdefault(one, len(known)) for one in values], np.int64)

        apart = [codes(self._content)]
        apart += [codes([getattr(one, name) for one in self._samples]) for name in self._differ]
        recording = codes([one.recording_id for one in self._samples])
        start = np.array([one.start for one in self._samples], np.int64)
        stop = np.array([one.stop for one in self._samples], np.int64)

        def wanted(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.bool_]:
            one, other = owners[first], owners[second]
            overlap = (start[one] < stop[other]) & (start[other] < stop[one])
            good = (one != other) & ~((recording[one] == recording[other]) & overlap)
            for of in apart:
                good &= of[one] != of[other]
            return np.asarray(good, np.bool_)

        return wanted

    def _pieces(self, sample: Sample) -> list[tuple[int, int]]:
        recording = self._recordings[sample.recording_id]
        step = max(1, round(_PIECE_S * recording.sample_rate_hz))
        starts = range(sample.start, sample.stop, step)
        return [(start, min(start + step, sample.stop)) for start in starts]

    def _values(self, recording_id: int) -> NDArray[np.generic]:
        if self._last[0] != recording_id:
            self._last = (recording_id, self._project.read(recording_id))
        return self._last[1]

    def _span(self, sample: Sample) -> NDArray[np.generic]:
        return self._values(sample.recording_id)[sample.start : sample.stop]
