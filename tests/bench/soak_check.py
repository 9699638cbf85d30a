"""A recording compared with the log of the device that sent it, reading by reading."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from board_peers import Session, measured, places
from soak_due import TAIL_S, Watched, too_little

from studio.types import Gap

SEAM_S = 0.5
"""How far a break's length, which only the clocks of two busy processes tell, should be off."""
NEAR_S = 5.0
"""The values of sessions repeat; what was sent at quite another time is not meant."""


@dataclass(frozen=True)
class Piece:
    """Readings between two gaps; `position` counts missing readings too."""

    position: int
    raw: np.ndarray
    """As the device measured them, whole numbers `(n, n_axes)`."""

    @property
    def end(self) -> int:
        """Position of the reading after the last."""
        return self.position + len(self.raw)


@dataclass
class Verdict:
    """What became of the readings of one stream."""

    sent: int = 0
    recorded: int = 0
    due: int = 0
    """Must be recorded at least, by the device's log."""
    in_gaps: int = 0
    """Sent, not recorded, and within a recorded gap."""
    unexcused: int = 0
    """Of them, those that neither a fault nor a break can have cost."""
    sessions: int = 0
    seams: int = 0
    seams_off: int = 0
    """Breaks whose length is off by more than `SEAM_S`."""
    seam_error_s: float = 0.0
    """The greatest error of a break's length."""
    drift_s: float = 0.0
    """What these errors add up to over the recording."""
    wrong: list[str] = field(default_factory=list)
    """Readings with a wrong value or at a wrong place, and such as are missing without a gap."""

    def described(self) -> dict[str, Any]:
        """Return it for printing; of many faults the first ones."""
        return {**asdict(self), "wrong": self.wrong[:20], "wrong_count": len(self.wrong)}


@dataclass(frozen=True)
class _Found:
    """Where a piece comes from."""

    piece: Piece
    session: Session
    first: int

    @property
    def end(self) -> int:
        return self.first + len(self.piece.raw)

    def sent_s(self, index: int, rate_hz: float) -> float:
        return self.session.begun_s + index / rate_hz


def pieces(values: np.ndarray, gaps: Sequence[Gap], scale: float) -> list[Piece]:
    """Cut a recording at its gaps; values times `scale` are what the device measured."""
    raw = np.rint(values.astype(np.float64) * scale).astype(np.int64)
    edges = [0, *(gap.at for gap in gaps), len(values)]
    missing = list(itertools.accumulate((gap.missing for gap in gaps), initial=0))
    rows = zip(itertools.pairwise(edges), missing, strict=True)
    return [Piece(a + before, raw[a:b]) for (a, b), before in rows if b > a]


def exact(values: np.ndarray, scale: float) -> bool:
    """Say whether all values are whole numbers divided by `scale`, as float32 holds them."""
    if values.dtype == np.int16:
        return scale == 1
    whole = np.rint(values.astype(np.float64) * scale)
    nearest = (whole / scale).astype(np.float32)
    return bool((np.abs(values - nearest) <= np.spacing(np.abs(nearest))).all())


def _fits(piece: Piece, session: Session) -> int | None:
    """Return the index in a session at which a piece begins, if its first reading fits there."""
    first = int(places(piece.raw[:1, 0], session.number)[0])
    if first + 1 > session.readings:
        return None
    same = measured(session.number, first, 1, piece.raw.shape[1])
    return first if np.array_equal(same, piece.raw[:1]) else None


def _find(
    piece: Piece,
    sessions: Sequence[Session],
    before: _Found | None,
    *,
    rate_hz: float,
    started_s: float,
) -> _Found | None:
    """Return where a piece comes from: of what its values allow, what is nearest in time."""
    found = [
        _Found(piece, session, first)
        for session in sessions
        if before is None or session.number >= before.session.number
        if (first := _fits(piece, session)) is not None
    ]
    if before is None:
        due = started_s + piece.position / rate_hz
    else:
        passed = piece.position - before.piece.end
        due = before.sent_s(before.end, rate_hz) + passed / rate_hz
    near = [row for row in found if abs(row.sent_s(row.first, rate_hz) - due) < NEAR_S]
    return min(near, key=lambda row: abs(row.sent_s(row.first, rate_hz) - due), default=None)


def _inside(row: _Found) -> str:
    """Say what is wrong within a piece; empty if nothing."""
    wanted = measured(row.session.number, row.first, len(row.piece.raw), row.piece.raw.shape[1])
    bad = np.flatnonzero((wanted != row.piece.raw).any(axis=1))
    if len(bad):
        at = row.first + int(bad[0])
        return (
            f"reading {at} of session {row.session.number} (position {row.piece.position}+{bad[0]}"
            f") is {row.piece.raw[bad[0]].tolist()}, sent was {wanted[bad[0]].tolist()}; "
            f"{len(bad)} of the piece's {len(row.piece.raw)} are wrong"
        )
    if row.end > row.session.readings:
        return f"session {row.session.number} has {row.session.readings} readings, not {row.end}"
    return ""


def _between(before: _Found, row: _Found, watched: Watched, verdict: Verdict) -> str:
    """Say what is wrong between two pieces: the gap must be as long as what is missing."""
    rate_hz = watched.rate_hz
    gap = row.piece.position - before.piece.end
    lost = watched.unexcused(before.session, before.end, row.session, row.first)
    verdict.unexcused += lost
    if before.session == row.session:
        missing = row.first - before.end
        if gap == missing:
            return _no_fault(before, lost)
        return f"a gap of {gap} readings where {missing} of session {row.session.number} are lost"
    true_s = row.sent_s(row.first, rate_hz) - before.sent_s(before.end, rate_hz)
    error_s = gap / rate_hz - true_s
    verdict.seams += 1
    verdict.drift_s += error_s
    verdict.seam_error_s = max(verdict.seam_error_s, abs(error_s))
    verdict.seams_off += abs(error_s) > SEAM_S + watched.slack_s
    return _no_fault(before, lost)


def _no_fault(before: _Found, lost: int) -> str:
    """Say that readings are missing although the line was good; empty if none are."""
    where = f"behind reading {before.end - 1} of session {before.session.number}"
    return f"{lost} readings {where} are in a gap, and no fault was near" if lost else ""


def _from_zero(row: _Found) -> bool:
    """Say whether nothing is missing before the first piece but what its place says.

    If the device began anew before the first reading came, the gap is longer.
    """
    later = row.session.number > 0 and row.piece.position > row.first
    return row.first == row.piece.position or later


def check(
    found_pieces: Sequence[Piece],
    sessions: Sequence[Session],
    watched: Watched,
    *,
    from_zero: bool,
    started_s: float,
) -> Verdict:
    """Compare a recording with what was sent.

    Parameters
    ----------
    found_pieces : sequence of Piece
        The recording.
    sessions : sequence of Session
        What the device sent.
    watched : Watched
        When, and at which rate.
    from_zero : bool
        Whether the device streams from its reading 0 on when it is asked to.
    started_s : float
        When reading 0 was taken, by the recording (monotonic clock).
    """
    rate_hz = watched.rate_hz
    verdict = Verdict(recorded=sum(len(piece.raw) for piece in found_pieces))
    verdict.due = watched.due(sessions)
    rows: list[_Found] = []
    for piece in found_pieces:
        before = rows[-1] if rows else None
        row = _find(piece, sessions, before, rate_hz=rate_hz, started_s=started_s)
        if row is None:
            verdict.wrong.append(
                f"what begins at position {piece.position} with {piece.raw[0].tolist()} was not "
                "sent at that time"
            )
            continue
        verdict.wrong += filter(None, [_inside(row)])
        if before is not None:
            verdict.wrong += filter(None, [_between(before, row, watched, verdict)])
        elif from_zero and not _from_zero(row):
            verdict.wrong.append(f"reading {row.first} is recorded as {piece.position}")
        rows.append(row)
    if not rows:
        verdict.wrong.append("nothing was recorded")
        return verdict
    _count(verdict, sessions, rows[0], rows[-1])
    verdict.wrong += _missing(rows, sessions, watched)
    verdict.wrong += too_little(verdict.recorded, sessions, watched)
    return verdict


def _missing(
    rows: Sequence[_Found], sessions: Sequence[Session], watched: Watched
) -> Iterator[str]:
    """Yield what should have been recorded and is not: sessions, and the end."""
    seen = {row.session.number for row in rows}
    for one in sessions:
        if watched.needs(one) and one.number not in seen:
            yield f"nothing of session {one.number} is recorded"
    last_s, due_s = rows[-1].sent_s(rows[-1].end, watched.rate_hz), watched.last_s()
    if due_s is not None and last_s < due_s:
        yield f"the last {due_s - last_s + TAIL_S:.3f} s are missing"


def _count(verdict: Verdict, sessions: Sequence[Session], start: _Found, last: _Found) -> None:
    """Count what was sent between the first and the last recorded reading."""
    among = [row for row in sessions if start.session.number <= row.number <= last.session.number]
    first = start.first - start.piece.position if start.piece.position <= start.first else 0
    verdict.sessions = len(among)
    verdict.sent = sum(row.readings for row in among[:-1]) + last.end - first
    verdict.in_gaps = verdict.sent - verdict.recorded
