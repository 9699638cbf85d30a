"""What a recording is doing when it is killed: the verb's options, the moment, and what must be.

Each phase has the verb do something, waits for its moment, and afterwards compares what the
project holds with what the device had sent by then.
"""

import itertools
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from board_peers import measured
from peers.ours import OwnPeer  # type: ignore[import-not-found]
from soak_check import Piece, pieces

from studio.types import Recording, Sample

RATE_HZ, AXES = 1000.0, 8
NAME, LABEL = "killed", "walk"
WANTED = 800
"""Readings of a recording that comes to its end."""
GONE_AFTER_S, AWAY_S = 0.5, 0.6
CABLE_S = 0.1
"""Of what was sent, the last may be pulled away with the cable; more was there to be kept."""
CLIP, EVERY, CLIPS = 300, 500, 50
"""Readings of a clip of a series, and from one's begin to the next one's."""
AGAIN = 10
"""Times that the board may be started in one recording."""
TYPED_S = 0.3
KEYS = {"l": "left", "r": "right", "": "", "other": "other"}
REACHES_S = 60.0


class Board(OwnPeer):
    """A board that its holder unplugs."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.ends: dict[int, int] = {}
        """Readings of sessions that were ended."""
        self._unplug = threading.Event()

    @property
    def begun_s(self) -> float:
        """When reading 0 of its session was taken (monotonic clock)."""
        return self._t0

    def end_session(self) -> None:
        """Note how much it was."""
        if self.streaming:
            self.ends[self.session] = self.next_reading
        super().end_session()

    def idle(self) -> None:
        """Be away for a while if its holder wants so."""
        if self._unplug.is_set():
            self.end_session()
            self.uart.unplug()
            self._ended.wait(AWAY_S)
            self.uart.plug()
            self.boot()
            self._unplug.clear()

    def unplug(self) -> None:
        """Be away from now on, for `AWAY_S`; wait until it has begun."""
        self._unplug.set()
        wait(lambda: not self.streaming)

    @property
    def plugged(self) -> bool:
        """Whether it is there."""
        return not self._unplug.is_set()

    def sent(self, since: int) -> dict[int, int]:
        """Return how many readings of each session from one on it has sent so far."""
        now = {self.session: self.next_reading} if self.streaming else {}
        return {n: count for n, count in (self.ends | now).items() if n >= since}


def wait(reached: Callable[[], bool]) -> None:
    """Wait until something is so.

    Raises
    ------
    TimeoutError
        If that takes too long.
    """
    end = time.monotonic() + REACHES_S
    while not reached():
        if time.monotonic() > end:
            raise TimeoutError(f"not so within {REACHES_S:g} s")
        time.sleep(0.001)


@dataclass
class Scene:
    """A recording at the moment of its kill."""

    sent: dict[int, int] = field(default_factory=dict)
    """Readings sent by then, of each session."""
    begun_s: float = 0.0
    """When reading 0 was taken (monotonic clock)."""
    gone_s: float = 0.0
    """When it was unplugged."""
    killed_s: float = 0.0
    typed: list[tuple[str, float]] = field(default_factory=list)
    """Labels, and when they were typed (monotonic clock)."""


@dataclass(frozen=True)
class Held:
    """One recording as the project holds it."""

    recording: Recording
    values: np.ndarray
    samples: Sequence[Sample]


@dataclass
class Found:
    """What a comparison found."""

    lost_s: float = 0.0
    """What had been sent, or typed, and is not there: how much older than the kill it is."""
    mark_off_s: float = 0.0
    """How far a label begins or ends from where it was typed, at most."""
    wrong: list[str] = field(default_factory=list)


_Reach = Callable[[Board, float, Scene, Callable[[str], None]], None]


@dataclass(frozen=True)
class Phase:
    """What a recording is doing when it is killed."""

    options: tuple[str, ...]
    """Of the verb."""
    longest_s: float
    """The kill is at most so long after the phase was reached."""
    reach: _Reach
    """Waits for the moment: gets the board, how long after the phase was reached that is, where
    to note what was typed, and how to type."""
    compare: Callable[[Scene, Sequence[Held]], Found]
    most: int = 0
    """Readings that were asked for; 0: no end."""


def _streaming(board: Board, after_s: float, scene: Scene, type_in: Callable[[str], None]) -> None:
    time.sleep(after_s)


def _sealing(board: Board, after_s: float, scene: Scene, type_in: Callable[[str], None]) -> None:
    """Wait until the board is told to stop; what follows is the end of both processes."""
    wait(lambda: not board.streaming)
    time.sleep(after_s)


def _away(board: Board, after_s: float, scene: Scene, type_in: Callable[[str], None]) -> None:
    time.sleep(GONE_AFTER_S)
    board.unplug()
    scene.gone_s = time.monotonic()
    time.sleep(after_s)


def _typing(board: Board, after_s: float, scene: Scene, type_in: Callable[[str], None]) -> None:
    end = time.monotonic() + after_s
    for key in itertools.cycle(KEYS):
        if time.monotonic() + TYPED_S >= end:
            break
        time.sleep(TYPED_S)
        scene.typed.append((KEYS[key], time.monotonic()))
        type_in(key + "\n")
    time.sleep(max(0.0, end - time.monotonic()))


def _back(board: Board, after_s: float, scene: Scene, type_in: Callable[[str], None]) -> None:
    """Type labels behind a break."""
    before = board.session
    _away(board, 0.0, scene, type_in)
    wait(lambda: board.session > before and board.next_reading > 0)
    _typing(board, after_s, scene, type_in)


def _one(held: Sequence[Held], found: Found) -> Held | None:
    if len(held) > 1:
        found.wrong.append(f"{len(held)} recordings")
    return held[0] if held else None


def _labelled(held: Held, found: Found) -> None:
    spans = [(one.start, one.stop, one.label) for one in held.samples]
    if spans != [(0, len(held.values), LABEL)]:
        found.wrong.append(f"samples {spans[:3]} of {len(held.values)} readings")


def _same(values: np.ndarray, session: int, first: int, found: Found) -> None:
    if not np.array_equal(values, measured(session, first, len(values), AXES)):
        found.wrong.append("other readings than those sent")


def _unbroken(scene: Scene, held: Sequence[Held], most: int = 0) -> tuple[Found, Held | None]:
    """Compare one recording without a gap."""
    found = Found()
    one = _one(held, found)
    session, sent = max(scene.sent.items())
    kept = len(one.values) if one else 0
    if one is not None:
        _same(one.values, session, 0, found)
        if one.recording.gaps:
            found.wrong.append("gaps where nothing was lost")
    found.lost_s = ((min(sent, most) if most else sent) - kept) / RATE_HZ
    return found, one


def _compare_whole(scene: Scene, held: Sequence[Held], most: int = 0) -> Found:
    found, one = _unbroken(scene, held, most)
    if one is not None:
        _labelled(one, found)
        if most and len(one.values) > most:
            found.wrong.append(f"{len(one.values)} readings of {most}")
    return found


def _compare_sealed(scene: Scene, held: Sequence[Held]) -> Found:
    return _compare_whole(scene, held, WANTED)


def _session(piece: Piece, first: int) -> int:
    """Return which session from one on a piece begins; if none, the one after the last."""
    last = first + AGAIN
    rows = (n for n in range(first, last) if measured(n, 0, 1, 1)[0, 0] == piece.raw[0, 0])
    return next(rows, last)


def _broken(scene: Scene, held: Sequence[Held]) -> tuple[Found, Held | None, dict[int, int]]:
    """Compare one recording with gaps; return also what is kept of each session."""
    found = Found()
    one = _one(held, found)
    kept = dict.fromkeys(scene.sent, 0)
    if one is not None:
        first = min(scene.sent)
        for piece in pieces(one.values, one.recording.gaps, 1.0):
            session = _session(piece, first)
            if kept.get(session, 0) or (session != first) == (piece.position == 0):
                found.wrong.append(f"session {session} at position {piece.position}")
            _same(piece.raw, session, 0, found)
            kept[session] = len(piece.raw)
    missing = {n: (sent - kept[n]) / RATE_HZ for n, sent in scene.sent.items()}
    if missing[min(missing)] > CABLE_S:
        missing[min(missing)] += scene.killed_s - scene.gone_s
    found.lost_s = max(missing.values())
    return found, one, kept


def _compare_broken(scene: Scene, held: Sequence[Held]) -> Found:
    """Each session is there from its first reading on; between them lie gaps."""
    found, one, _ = _broken(scene, held)
    if one is not None:
        _labelled(one, found)
    return found


def _compare_marked(scene: Scene, held: Sequence[Held]) -> Found:
    found, one = _unbroken(scene, held)
    _compare_typed(scene, one, 0, found)
    return found


def _compare_back(scene: Scene, held: Sequence[Held]) -> Found:
    found, one, kept = _broken(scene, held)
    _compare_typed(scene, one, sum(kept.values()) - kept[max(kept)], found)
    return found


def _compare_typed(scene: Scene, one: Held | None, before: int, found: Found) -> None:
    """Each label holds from where it was typed up to where the next one was, or to the end.

    It was typed in the last session, and `before` readings are of those before.
    """
    spans = [(row.start, row.stop, row.label) for row in one.samples] if one else []
    kept = len(one.values) if one else 0
    typed = [before + (s - scene.begun_s) * RATE_HZ for _, s in scene.typed]
    edges = [*typed, float(kept)]
    missing: list[float] = []
    for (label, typed_s), (begin, end) in zip(scene.typed, itertools.pairwise(edges), strict=True):
        if not label:
            continue
        if not spans:
            missing.append(typed_s)
            continue
        start, stop, told = spans.pop(0)
        off = [abs(start - begin)]
        if stop < kept or end >= kept:
            off.append(abs(stop - min(end, kept)))
        else:  # nobody ended it
            missing.append(scene.begun_s + (end - before) / RATE_HZ)
        found.mark_off_s = max(found.mark_off_s, *(row / RATE_HZ for row in off))
        if told != label:
            found.wrong.append(f"{told!r} where {label!r} was typed")
    found.wrong += ["labels that nobody typed"] * bool(spans)
    found.lost_s = max([found.lost_s, *(scene.killed_s - s for s in missing)])


def _compare_clips(scene: Scene, held: Sequence[Held]) -> Found:
    """Every clip but the last is whole, and none is missing."""
    found = Found()
    session, sent = max(scene.sent.items())
    names = [one.recording.name for one in held]
    if names != [f"{NAME} {number + 1}" for number in range(len(held))]:
        found.wrong.append(f"clips {names}")
    due = 0
    for number, one in enumerate(held):
        _labelled(one, found)
        _same(one.values, session, number * EVERY, found)
        whole = len(one.values) == CLIP and not one.recording.gaps
        if not whole and number < len(held) - 1:
            found.wrong.append(f"{len(one.values)} readings in clip {number + 1}")
        due = (number + 1) * EVERY if whole else number * EVERY + len(one.values)
    found.lost_s = max(0.0, (sent - due) / RATE_HZ)
    return found


_LABELLED = ("--label", LABEL)
PHASES = {
    "streaming": Phase(_LABELLED, 4.0, _streaming, _compare_whole),
    "sealing": Phase(
        (*_LABELLED, "--seconds", str(WANTED / RATE_HZ)), 0.15, _sealing, _compare_sealed, WANTED
    ),
    "away": Phase(_LABELLED, 2.0, _away, _compare_broken),
    "marks": Phase(("--marks", "l=left,r=right"), 3.0, _typing, _compare_marked),
    "back": Phase(("--marks", "l=left,r=right"), 3.0, _back, _compare_back),
    "series": Phase(
        (
            *(*_LABELLED, "--series", str(CLIPS), "--seconds", str(CLIP / RATE_HZ)),
            *("--pause", str((EVERY - CLIP) / RATE_HZ)),
        ),
        3.0,
        _streaming,
        _compare_clips,
    ),
}
