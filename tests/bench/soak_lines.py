"""A recording of lines of text compared with what their device printed.

Lines carry no checksum: a flipped bit may turn a digit into another one, and nobody can tell. So a
row may differ from all that were sent, if it is what a damaged line at its place says; all others
were sent, in this order. Lines may be missing only where one was damaged or the device was away.
Where no fault lies between two rows they are as far apart as their lines, and where the device was
away as far as the clock says.
"""

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np
from board_peers import Session, measured
from soak_check import SEAM_S, Piece
from soak_damage import Damage, Place
from soak_due import Watched, too_little

AHEAD_S = 45.0
"""How far after the last row that was found the next one is looked for; rows repeat later."""


@dataclass
class LineVerdict:
    """What became of the rows of one stream."""

    sent: int = 0
    recorded: int = 0
    due: int = 0
    strange: int = 0
    """Rows that no line said."""
    invented: int = 0
    """Of them, those that no damaged line said either."""
    unexcused: int = 0
    """Lines that are missing though neither a fault nor a break can have cost them."""
    misplaced: int = 0
    """Rows whose distance to the one before is not what the device counted."""
    astray: int = 0
    """Of them, those with no fault between them and the one before."""
    compared: int = 0
    """Bare rows that had to be as they were sent."""
    damaged: int = 0
    """Lines in which bits were flipped, or that came behind garbage."""
    seams: int = 0
    seams_off: int = 0
    """Breaks whose length is off by more than `SEAM_S`."""
    seam_error_s: float = 0.0
    """The greatest error of a break's length."""
    drift_s: float = 0.0
    """What these errors add up to over the recording."""
    wrong: list[str] = field(default_factory=list)

    @classmethod
    def begun(
        cls, found_pieces: Sequence[Piece], sessions: Sequence[Session], watched: Watched
    ) -> Self:
        """Return what the amounts alone say."""
        recorded = sum(len(piece.raw) for piece in found_pieces)
        return cls(
            sent=sum(one.readings for one in sessions),
            recorded=recorded,
            due=watched.due(sessions),
            damaged=sum(one.flipped for one in sessions),
            wrong=too_little(recorded, sessions, watched),
        )

    def note_seam(self, error_s: float, slack_s: float) -> None:
        """Note how far a break's length is off."""
        self.seams += 1
        self.drift_s += error_s
        self.seam_error_s = max(self.seam_error_s, abs(error_s))
        self.seams_off += abs(error_s) > SEAM_S + slack_s

    def described(self) -> dict[str, Any]:
        """Return it for printing."""
        return {**asdict(self), "wrong_count": len(self.wrong)}


def check_lines(
    found_pieces: Sequence[Piece],
    sessions: Sequence[Session],
    watched: Watched,
    *,
    counted: bool,
    scale: float,
) -> LineVerdict:
    """Compare a recording with what was printed.

    Parameters
    ----------
    found_pieces : sequence of Piece
        The recording.
    sessions : sequence of Session
        What the device printed.
    watched : Watched
        When.
    counted : bool
        Whether its lines were counted, so that what is missing is known.
    scale : float
        What was printed, times this, is what the device measured.
    """
    verdict = LineVerdict.begun(found_pieces, sessions, watched)
    places = _places(found_pieces, sessions, round(AHEAD_S * watched.rate_hz))
    verdict.strange = sum(place is None for _, place in places)
    # a break may cut a line in two, the rest of which is read as one
    allowed = verdict.damaged + len(watched.breaks)
    rows = np.concatenate([piece.raw for piece in found_pieces]) if found_pieces else np.empty(0)
    verdict.invented = _invented(rows, places, Damage(sessions, counted=counted, scale=scale))
    if verdict.invented:
        verdict.wrong.append(
            f"{verdict.invented} rows were never printed, nor are they what a damaged line says"
        )
    of = {one.number: one for one in sessions}
    verdict.unexcused = sum(
        watched.unexcused(of[before[1][0]], before[1][1] + 1, of[row[1][0]], row[1][1])
        for before, row in _pairs(places)
    )
    if verdict.unexcused:
        verdict.wrong.append(f"{verdict.unexcused} lines are missing, and no fault was near")
    if counted:
        _counts(places, sessions, allowed, verdict)
    _positions(places, sessions, watched, verdict)
    seen = {place[0] for _, place in places if place is not None}
    verdict.wrong += [
        f"nothing of session {one.number} is recorded"
        for one in sessions
        if watched.needs(one) and one.number not in seen
    ]
    return verdict


def _places(
    found_pieces: Sequence[Piece], sessions: Sequence[Session], ahead: int
) -> list[tuple[int, Place | None]]:
    """Return the position of each recorded row, and which line printed it, in order."""
    n_axes = found_pieces[0].raw.shape[1] if found_pieces else 1
    said: list[Place] = []
    where: dict[bytes, list[int]] = {}
    for one in sessions:
        for index, row in enumerate(measured(one.number, 0, one.readings, n_axes)):
            where.setdefault(row.tobytes(), []).append(len(said))
            said.append((one.number, index))
    found: list[tuple[int, Place | None]] = []
    after = 0
    for piece in found_pieces:
        for position, row in enumerate(np.ascontiguousarray(piece.raw), piece.position):
            lines = where.get(row.tobytes(), ())
            line = next((at for at in lines if after <= at < after + ahead), None)
            found.append((position, None if line is None else said[line]))
            after = after if line is None else line + 1
    return found


def _invented(rows: np.ndarray, places: Sequence[tuple[int, Place | None]], damage: Damage) -> int:
    """Return how many rows neither a line nor a damaged line between their neighbours said."""
    known = [k for k, (_, place) in enumerate(places) if place is not None]
    invented = 0
    for k in [k for k, (_, place) in enumerate(places) if place is None]:
        at = bisect_left(known, k)
        before = places[known[at - 1]][1] if at else None
        after = places[known[at]][1] if at < len(known) else None
        invented += not damage.said(rows[k], before, after)
    return invented


_Known = tuple[int, Place]


def _pairs(
    places: Sequence[tuple[int, Place | None]],
) -> Iterator[tuple[_Known, _Known]]:
    """Yield each two rows that follow each other, of those that a line printed."""
    return itertools.pairwise((at, place) for at, place in places if place is not None)


def _misplaced(places: Sequence[tuple[int, Place | None]]) -> list[tuple[_Known, _Known]]:
    """Return rows of a session whose distance is not as counted, each with the one before."""
    return [
        (before, row)
        for before, row in _pairs(places)
        if before[1][0] == row[1][0] and row[0] - before[0] != row[1][1] - before[1][1]
    ]


def _counts(
    places: Sequence[tuple[int, Place | None]],
    sessions: Sequence[Session],
    allowed: int,
    verdict: LineVerdict,
) -> None:
    """Compare distances with what was counted, also over lines that were lost.

    Only a line that was damaged, and believed, may have told a wrong count.
    """
    of = {one.number: set(one.faulty) for one in sessions}
    strange = [position for position, place in places if place is None]
    misplaced = _misplaced(places)
    verdict.misplaced = len(misplaced)
    believed = [
        (before, row)
        for before, row in misplaced
        if {before[1][1], row[1][1]} & of[row[1][0]]
        or bisect_left(strange, row[0]) > bisect_left(strange, before[0])
    ]
    if len(misplaced) > len(believed) or len(misplaced) > allowed:
        verdict.wrong.append(
            f"{len(misplaced)} rows are not as far from the one before as was counted, "
            f"{len(misplaced) - len(believed)} of them though no damaged line was believed"
        )


def _positions(
    places: Sequence[tuple[int, Place | None]],
    sessions: Sequence[Session],
    watched: Watched,
    verdict: LineVerdict,
) -> None:
    """Compare distances between rows: without a fault as printed, over a break as the clock."""
    of = {one.number: one for one in sessions}
    for before, row in _misplaced(places):
        # a line end that was damaged takes the line behind it along
        faulty = of[row[1][0]].faulty
        first, last = before[1][1], row[1][1]
        verdict.astray += bisect_right(faulty, last) == bisect_left(faulty, first)
    if verdict.astray:
        verdict.wrong.append(
            f"{verdict.astray} rows are not as far from the one before as they were printed, "
            "without a fault between them"
        )
    for before, row in _pairs(places):
        if before[1][0] != row[1][0]:
            sent_s = [of[n].begun_s + k / watched.rate_hz for n, k in (before[1], row[1])]
            error_s = (row[0] - before[0]) / watched.rate_hz - (sent_s[1] - sent_s[0])
            verdict.note_seam(error_s, watched.slack_s)
