"""A recording of lines of text compared with what their device printed.

Lines carry no checksum: a flipped bit may turn a digit into another one, and nobody can tell. So a
row may differ from all that were sent, but no more of them than lines that were damaged; all
others were sent, in this order.
"""

import itertools
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from board_peers import Session, measured
from soak_check import Piece
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
    misplaced: int = 0
    """Rows whose distance to the one before is not what the device counted."""
    damaged: int = 0
    """Lines in which bits were flipped, or that came behind garbage."""
    wrong: list[str] = field(default_factory=list)

    def described(self) -> dict[str, Any]:
        """Return it for printing."""
        return {**asdict(self), "wrong_count": len(self.wrong)}


def check_lines(
    found_pieces: Sequence[Piece], sessions: Sequence[Session], watched: Watched, *, counted: bool
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
    """
    verdict = LineVerdict(
        sent=sum(one.readings for one in sessions),
        recorded=sum(len(piece.raw) for piece in found_pieces),
        due=watched.due(sessions),
        damaged=sum(one.flipped for one in sessions),
    )
    verdict.wrong += too_little(verdict.recorded, sessions, watched)
    places = _places(found_pieces, sessions, round(AHEAD_S * watched.rate_hz))
    verdict.strange = sum(place is None for _, place in places)
    # a break may cut a line in two, the rest of which is read as one
    allowed = verdict.damaged + len(watched.breaks)
    if verdict.strange > allowed:
        verdict.wrong.append(
            f"{verdict.strange} rows were never printed; {allowed} lines were damaged"
        )
    if counted:
        verdict.misplaced = _misplaced(places)
        if verdict.misplaced > allowed:
            verdict.wrong.append(
                f"{verdict.misplaced} rows are not as far from the one before as was counted"
            )
    seen = {place[0] for _, place in places if place is not None}
    verdict.wrong += [
        f"nothing of session {one.number} is recorded"
        for one in sessions
        if watched.needs(one) and one.number not in seen
    ]
    return verdict


Place = tuple[int, int]
"""Session and reading."""


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


def _misplaced(places: Sequence[tuple[int, Place | None]]) -> int:
    """Count rows whose distance from the one before within a session is not as counted."""
    known = [(position, place) for position, place in places if place is not None]
    return sum(
        place[0] == earlier[0] and position - before != place[1] - earlier[1]
        for (before, earlier), (position, place) in itertools.pairwise(known)
    )
