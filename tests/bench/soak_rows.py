"""A recording of bare rows of bytes compared with what their device sent, as far as that goes.

Rows without a mark between them (SSI 1) say nothing of what is missing or was put among them. But
up to the first fault of a session they are what was sent, from its first reading on; and where
the device was away there is a gap as long as the clock says. No more may be recorded than was
sent, but for garbage, and what was whole must have been there to compare.
"""

import itertools
from collections.abc import Sequence

import numpy as np
from board_peers import Session, measured
from soak_check import Piece
from soak_due import SHARE, TAIL_S, Watched
from soak_lines import LineVerdict


def check_rows(
    found_pieces: Sequence[Piece], sessions: Sequence[Session], watched: Watched
) -> LineVerdict:
    """Compare a recording with what was sent.

    Parameters
    ----------
    found_pieces : sequence of Piece
        The recording; each piece is a session, for nothing else makes a gap.
    sessions : sequence of Session
        What the device sent.
    watched : Watched
        When.
    """
    verdict = LineVerdict.begun(found_pieces, sessions, watched)
    left, found, unknown = list(sessions), list[tuple[Piece, Session]](), list[str]()
    for piece in found_pieces:
        at = next((k for k, one in enumerate(left) if _begins(piece, one)), None)
        if at is None:
            unknown.append(f"position {piece.position}")
            continue
        found.append((piece, left[at]))
        verdict.wrong += _beginning(piece, left[at], verdict)
        left = left[at + 1 :]
    verdict.wrong += _invented(found, verdict, sessions)
    # a session whose first packet was damaged begins like none, and makes one piece
    if len(unknown) > sum(not _clean(one) for one in sessions):
        verdict.wrong.append(f"what begins at {', '.join(unknown)} is the beginning of no session")
    seen = {one.number for _, one in found}
    verdict.wrong += [
        f"nothing of session {one.number} is recorded"
        for one in sessions
        if watched.needs(one) and _clean(one) and one.number not in seen
    ]
    whole = _whole(sessions, watched)
    if verdict.compared < whole:
        verdict.wrong.append(f"{verdict.compared} readings could be compared; {whole} were whole")
    for (before, earlier), (piece, one) in itertools.pairwise(found):
        passed_s = (piece.position - before.position) / watched.rate_hz
        verdict.note_seam(passed_s - (one.begun_s - earlier.begun_s), watched.slack_s)
    return verdict


def _most(session: Session) -> int:
    """Return how many readings a session can have become: garbage makes less than a packet."""
    return session.readings + session.flipped


def _invented(
    found: Sequence[tuple[Piece, Session]], verdict: LineVerdict, sessions: Sequence[Session]
) -> list[str]:
    """Say where more is recorded than was sent."""
    wrong = [
        f"{len(piece.raw)} readings of session {one.number}, which sent {one.readings}"
        for piece, one in found
        if len(piece.raw) > _most(one)
    ]
    most = sum(map(_most, sessions))
    if verdict.recorded > most:
        wrong.append(f"{verdict.recorded} readings are recorded; {most} can have been sent")
    return wrong


def _whole(sessions: Sequence[Session], watched: Watched) -> int:
    """Return how many readings must have come before the first faults of their sessions."""
    return sum(
        min(_clean(one), round(SHARE * (watched.met_s(one) - TAIL_S) * watched.rate_hz))
        for one in sessions
        if watched.needs(one)
    )


def _clean(session: Session) -> int:
    """Return how many readings of a session were sent before its first fault."""
    return session.faulty[0] if session.faulty else session.readings


def _begins(piece: Piece, session: Session) -> bool:
    """Say whether a piece begins as a session does."""
    first = measured(session.number, 0, 1, piece.raw.shape[1])
    return _clean(session) > 0 and np.array_equal(first, piece.raw[:1])


def _beginning(piece: Piece, session: Session, verdict: LineVerdict) -> list[str]:
    """Compare a piece with its session up to the first fault."""
    count = min(_clean(session), len(piece.raw))
    wanted = measured(session.number, 0, count, piece.raw.shape[1])
    bad = np.flatnonzero((wanted != piece.raw[:count]).any(axis=1))
    verdict.compared += count
    verdict.strange += len(bad)
    if len(bad):
        return [f"reading {bad[0]} of session {session.number} is not as sent, without a fault"]
    return []
