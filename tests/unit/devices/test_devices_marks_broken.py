"""Where labels begin on boards that pause, change their rate or send rare packets."""

import itertools
import math
import queue
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from studio.devices.marks import Mark, MarkStage
from studio.devices.rate import RateEstimator
from studio.devices.source import Block

BEGUN_S = 1000.0
Profile = Sequence[tuple[float, float]]
"""Seconds and rate in Hz, one after the other."""


def taken(profile: Profile, seconds: float) -> float:
    """Return how many readings were taken after so many seconds."""
    count = 0.0
    for length, hz in profile:
        count += min(seconds, length) * hz
        seconds -= min(seconds, length)
    return count


@dataclass(frozen=True)
class Told:
    """Where a label was placed, and when that was said."""

    at: int
    said_s: float


def play(
    profile: Profile, typed: Sequence[float], arrivals: Sequence[float], tick_s: float = 0.05
) -> list[Told]:
    """Let all that was taken by each arrival come then, and labels be typed at some seconds."""
    estimator = RateEstimator()
    marks: queue.SimpleQueue[Mark] = queue.SimpleQueue()
    told: list[Told] = []
    now_s = 0.0
    stage = MarkStage(
        lambda kind, **data: told.append(Told(data["at"], now_s)),
        marks,
        begun=estimator.begun,
        rate=estimator.estimate,
    )
    end_s = sum(length for length, _ in profile)
    idle = (tick_s * number for number in range(1, math.ceil(end_s / tick_s)))
    come, waiting = set(arrivals), list(typed)
    count = 0
    for now_s in sorted({*come, *idle}):
        while waiting and waiting[0] <= now_s:
            marks.put(Mark("x", BEGUN_S + waiting.pop(0)))
        new = math.floor(taken(profile, now_s) + 1e-6) - count if now_s in come else 0
        if new:
            stage.take(Block(count, np.zeros((new, 1), np.int16)))
            count += new
            estimator.add(count, BEGUN_S + now_s)
        stage.tick(BEGUN_S + now_s)
    now_s = math.inf
    stage.close()
    return told


def every(period_s: float, until_s: float, late_s: float = 0.0) -> list[float]:
    """Return evenly spaced times, each a little late in its own way."""
    rng = np.random.default_rng(7)
    count = int(until_s / period_s)
    return [period_s * (n + 1) + late_s * float(rng.random()) for n in range(count)]


def off_s(profile: Profile, typed: Sequence[float], told: Sequence[Told]) -> list[float]:
    """Return how far each label is from where it was typed; in a pause that is nowhere."""
    placed: list[float] = []
    for at_s, row in zip(typed, told, strict=True):
        ends = itertools.accumulate(length for length, _ in profile)
        hz = next(hz for end_s, (_, hz) in zip(ends, profile, strict=True) if at_s < end_s)
        placed.append(abs(row.at - taken(profile, at_s)) / (hz or profile[0][1]))
    return placed


TYPED = (3.012, 10.037, 13.501, 15.013, 16.521, 19.033, 24.044, 28.507, 39.999, 57.018)
STEADY = [(60.0, 100.0)]
PAUSED = [(12.0, 100.0), (3.0, 0.0), (45.0, 100.0)]


def test_a_steady_board_is_exact_and_told_when_the_reading_has_come():
    told = play(STEADY, TYPED, every(0.05, 60.0, 0.004))
    assert max(off_s(STEADY, TYPED, told)) <= 0.02
    assert max(row.said_s - at_s for at_s, row in zip(TYPED, told, strict=True)) <= 0.11


@pytest.mark.parametrize(
    "profile",
    [
        PAUSED,
        [(12.0, 100.0), (0.7, 0.0), (47.3, 100.0)],
        [(12.0, 80.0), (48.0, 100.0)],
        [(12.0, 100.0), (48.0, 80.0)],
        [(12.0, 100.0), (48.0, 60.0)],
        [(50.0, 95.0), (10.0, 100.0)],
    ],
)
@pytest.mark.parametrize("period_s", [0.02, 0.05])
def test_after_a_pause_or_another_rate_labels_are_where_they_were_typed(profile, period_s):
    told = play(profile, TYPED, every(period_s, 60.0, period_s / 10))
    assert max(off_s(profile, TYPED, told)) <= 0.15
    assert max(row.said_s - at_s for at_s, row in zip(TYPED, told, strict=True)) <= 1.1


def test_a_clock_that_drifts_over_an_hour():
    drifting = [(60.0, 100.0 - minute / 600) for minute in range(60)]
    typed = [60.03, 600.07, 1800.12, 3000.01, 3590.14]
    told = play(drifting, typed, every(0.4, 3600.0, 0.01), 4.0)
    assert max(off_s(drifting, typed, told)) <= 0.15


def test_a_board_that_sends_once_a_second_is_placed_within_its_packets():
    told = play(STEADY, TYPED, every(1.0, 60.0, 0.02))
    assert max(off_s(STEADY, TYPED, told)) <= 0.1


def test_a_board_that_sends_once_a_second_and_pauses():
    told = play(PAUSED, TYPED, every(1.0, 60.0, 0.02))
    assert max(off_s(PAUSED, TYPED, told)) <= 0.15


@pytest.mark.parametrize("pieces", [1, 3])
def test_a_busy_computer_that_reads_late_is_no_pause(pieces):
    arrivals = [at_s for at_s in every(0.05, 60.0, 0.004) if not 19.0 < at_s < 19.6]
    late = [19.6 + 0.01 * number for number in range(pieces)]
    told = play(STEADY, TYPED, sorted([*arrivals, *late]))
    assert max(off_s(STEADY, TYPED, told)) <= 0.03


def test_a_later_label_never_begins_before_an_earlier_one():
    typed = [12.0 + 0.237 * number for number in range(30)]
    told = play(PAUSED, typed, every(0.05, 60.0, 0.01))
    assert all(a.at <= b.at for a, b in itertools.pairwise(told))
    assert len(told) == len(typed)


def test_after_a_pause_the_end_places_what_is_left():
    profile = [(12.0, 100.0), (3.0, 0.0), (5.0, 100.0)]
    typed = [19.913, 19.98]
    told = play(profile, typed, every(0.05, 20.0, 0.004))
    assert max(off_s(profile, typed, told)) <= 0.1
