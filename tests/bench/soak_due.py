"""What a recording must hold at least, by the log of the device: what the faults leave of it.

A recorder that calls everything a gap would lose nothing. So the log says when the device was
there to be heard, and how many of its packets the line damaged; the rest must be recorded.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from board_peers import Break, Session

LOST_PER_FAULT = 2
"""Packets that one damaged, dropped or preceded by garbage may cost: itself and the one it runs
into."""
SHARE = 0.95
"""Of what is due that must be recorded: the clocks of two processes tell when the device was
there, and the rate of the peers is kept to a tick of theirs."""
TAIL_S = 0.5
"""How much may be on the way when a recording is stopped."""


@dataclass(frozen=True)
class Watched:
    """The time in which a device was recorded, by the watch of whoever looked on."""

    begun_s: float
    """When readings had come (monotonic clock)."""
    stopped_s: float
    """When the recording was stopped."""
    breaks: Sequence[Break]
    """When the device was unplugged or reset."""
    rate_hz: float
    resume_s: float
    """How long readings may take to come again after it was unplugged; after a reset, half of it:
    the port is there all the time."""
    slack_s: float = 0.0
    """How much longer the end may be on the way, and the length of a break be off."""
    asked: bool = False
    """Whether the device streams only when it is asked to: then all it sent must be recorded."""

    def stretches(self) -> list[tuple[float, float]]:
        """Return from when to when readings must have been recorded."""
        row = sorted(self.breaks, key=lambda one: one.gone_s)
        waits = [self.resume_s if one.unplugged else self.resume_s / 2 for one in row]
        back = [one.back_s + wait for one, wait in zip(row, waits, strict=True)]
        begins = [self.begun_s, *back]
        ends = [*(one.gone_s for one in row), self.stopped_s]
        cut = [
            (max(begin, self.begun_s), min(end, self.stopped_s))
            for begin, end in zip(begins, ends, strict=True)
        ]
        return [(begin, end) for begin, end in cut if end > begin]

    def begins(self) -> int:
        """Return how many readings a session may have lost before the first one is heard."""
        return 0 if self.asked else round(self.resume_s * self.rate_hz)

    def ends(self) -> int:
        """Return how many may have been on the way when it was cut off."""
        return round((TAIL_S + self.slack_s) * self.rate_hz)

    def unexcused(self, before: Session, before_end: int, session: Session, first: int) -> int:
        """Return how many readings from one on to another neither faults nor breaks can have cost.

        Parameters
        ----------
        before, session : Session
            Of what is recorded before those that are missing, and behind them.
        before_end : int
            The reading behind the last recorded one of `before`.
        first : int
            The first recorded one of `session`.
        """
        if before.number == session.number:
            return unexcused(session, before_end, first)
        ended = unexcused(before, before_end, before.readings - self.ends())
        return ended + unexcused(session, self.begins(), first)

    def due(self, sessions: Sequence[Session]) -> int:
        """Return how many readings must be recorded."""
        heard_s = sum(end - begin for begin, end in self.stretches())
        if self.asked:
            heard_s = max(heard_s, sum(map(self.met_s, sessions)))
        faults = sum(one.faults for one in sessions if self.meets(one))
        return max(0, round(SHARE * heard_s * self.rate_hz) - LOST_PER_FAULT * faults)

    def meets(self, session: Session) -> bool:
        """Say whether some of a session was sent while the recording ran."""
        return self.met_s(session) > 0

    def needs(self, session: Session) -> bool:
        """Say whether something of a session must be recorded, however bad the line was."""
        return self.met_s(session) > 2 * self.resume_s

    def met_s(self, session: Session) -> float:
        """Return for how long a session was streamed while the recording ran."""
        ended_s = session.begun_s + session.readings / self.rate_hz
        return max(0.0, min(ended_s, self.stopped_s) - max(session.begun_s, self.begun_s))

    def last_s(self) -> float | None:
        """Return until when, at least, the device must have been recorded; None: it was away."""
        stretches = self.stretches()
        return stretches[-1][1] - TAIL_S - self.slack_s if stretches else None


def unexcused(session: Session, first: int, end: int) -> int:
    """Return how many readings of a session from `first` up to `end` no fault can have cost."""
    lost = LOST_PER_FAULT * session.rows
    free = np.ones(max(0, end - first), np.bool_)
    for at in session.faulty[bisect_left(session.faulty, first - lost) :]:
        if at >= end:
            break
        free[max(0, at - first) : max(0, at + lost - first)] = False
    return int(free.sum())


def too_little(recorded: int, sessions: Sequence[Session], watched: Watched) -> list[str]:
    """Return a sentence if a recording holds less than the faults left."""
    due = watched.due(sessions)
    if due <= 0:
        return ["the faults left nothing to record: it says nothing about the recorder"]
    if recorded < due:
        return [f"{recorded} readings are recorded; the faults left {due} at least"]
    return []
