"""Triggers against a slow reference that sees the whole stream, over any blocks and gaps."""

import math

import numpy as np
import pytest

from studio.devices.trigger import BEFORE, Condition, Timing, Trigger
from studio.errors import ConfigError
from studio.types import Axis

AXES = (Axis("x"), Axis("y"), Axis("z"))
RATE = 1000.0

CONDITIONS = (
    "level:1.1",
    "level:1.1:y",
    "level:-1.2:any:down",
    "level:1.3:z:either",
    "slope:1700",
    "slope:-1900:x:down",
    "slope:2300:any:either",
    "rms:0.62",
    "rms:0.55:y",
    "onset:2.4",
    "onset:2.0:z",
)


def judged(readings: dict[int, np.ndarray], condition: Condition, window: int, axis: int) -> dict:
    """Return, by reading, whether one axis meets the condition; by the definition, one by one."""
    result = {}

    def stretch(first: int, count: int) -> list[float] | None:
        numbers = range(first, first + count)
        there = readings.keys() >= set(numbers)
        return [float(readings[n][axis]) for n in numbers] if there else None

    def level(first: int) -> float | None:
        values = stretch(first, window)
        if values is None:
            return None
        mean = sum(values) / window
        power = sum((value - mean) ** 2 for value in values) / window
        return 10 * math.log10(max(power, 1e-12))

    for n in readings:
        if condition.kind in ("level", "slope"):
            if condition.kind == "slope" and n - 1 not in readings:
                continue
            value = float(readings[n][axis])
            if condition.kind == "slope":
                value = (value - float(readings[n - 1][axis])) * RATE
            if condition.direction == "down":
                result[n] = value <= condition.threshold
            else:
                value = abs(value) if condition.direction == "either" else value
                result[n] = value >= condition.threshold
        elif condition.kind == "rms":
            values = stretch(n - window + 1, window)
            if values is not None:
                mean = sum(values) / window
                power = sum((value - mean) ** 2 for value in values) / window
                result[n] = math.sqrt(power) >= condition.threshold
        elif n % window == 0:
            levels = [level(n - back * window) for back in range(BEFORE + 1)]
            if None not in levels:
                result[n] = levels[0] - sum(levels[1:]) / BEFORE >= condition.threshold
    return result


def reference(
    readings: dict[int, np.ndarray], condition: Condition, timing: Timing, window: int
) -> list[tuple[int, int]]:
    names = [axis.name for axis in AXES]
    chosen = [names.index(condition.axis)] if condition.axis else range(len(AXES))
    points = set()
    for axis in chosen:
        before = True
        for n, met in sorted(judged(readings, condition, window, axis).items()):
            if met and not before:
                points.add(n)
            before = met
    clips: list[tuple[int, int]] = []
    for point in sorted(points):
        stop = clips[-1][1] if clips else 0
        if clips and point < stop + timing.hold_off:
            continue
        if timing.count and len(clips) == timing.count:
            break
        clips.append((max(0, stop, point - timing.pre), point + timing.post))
    return clips


def blocks(rng: np.random.Generator, total: int, *, gaps: bool) -> list[tuple[int, int]]:
    """Return stretches `[start, stop)` of a stream as they come, with readings missing between."""
    found, at = [], 0
    while at < total:
        count = int(rng.choice([1, 2, 7, 30, 400]))
        found.append((at, min(at + count, total)))
        at += count
        if gaps and rng.random() < 0.1:
            at += int(rng.choice([1, 3, 50]))
    return found


def stream(rng: np.random.Generator, total: int) -> np.ndarray:
    slow = np.repeat(rng.random((total // 50 + 1, 3)) * 0.9, 50, axis=0)[:total]
    return (rng.standard_normal((total, 3)) * slow).astype(np.float32) + np.float32(0.2)


@pytest.mark.parametrize("text", CONDITIONS)
@pytest.mark.parametrize("gaps", [False, True])
def test_clips_are_those_of_the_definition(text, gaps):
    condition = Condition.parse(text)
    window = {"rms": 50, "onset": 10}.get(condition.kind, 4)
    found = 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        values = stream(rng, 3000)
        timing = Timing(
            pre=int(rng.choice([0, 5, 200])),
            post=int(rng.choice([1, 40, 300])),
            hold_off=int(rng.choice([0, 100])),
            count=int(rng.choice([0, 2])),
        )
        parts = blocks(rng, len(values), gaps=gaps)
        trigger = Trigger(condition, timing, AXES, RATE)
        clips = [clip for start, stop in parts for clip in trigger.feed(start, values[start:stop])]
        present = {n: values[n] for start, stop in parts for n in range(start, stop)}
        expected = reference(present, condition, timing, window)
        assert clips == expected
        found += len(clips)
    assert found >= 6


@pytest.mark.parametrize("text", CONDITIONS)
def test_a_clip_is_known_before_its_readings_would_be_forgotten(text):
    rng = np.random.default_rng(9)
    values = stream(rng, 3000)
    trigger = Trigger(Condition.parse(text), Timing(100, 50), AXES, RATE)
    for start in range(0, 3000, 13):
        for clip in trigger.feed(start, values[start : start + 13]):
            assert clip[0] >= start - trigger.lookback


def test_digital_silence_and_its_last_bit_are_no_onset():
    quiet = np.zeros((2000, 1), np.int16)
    quiet[1000:, 0] = np.arange(1000) % 2
    trigger = Trigger(
        Condition.parse("onset:6"), Timing(10, 10), (Axis("audio"),), RATE, dtype="int16"
    )
    assert trigger.feed(0, quiet) == []
    loud = np.concatenate([quiet, (quiet[1000:] * 200).astype(np.int16)])
    trigger = Trigger(
        Condition.parse("onset:6"), Timing(10, 10), (Axis("audio"),), RATE, dtype="int16"
    )
    assert trigger.feed(0, loud) == [(1990, 2010)]


def test_what_is_beyond_from_the_beginning_does_not_fire():
    ones = np.ones((100, 3), np.float32)
    trigger = Trigger(Condition.parse("level:0.5"), Timing(0, 5), AXES, RATE)
    assert trigger.feed(0, ones) == []
    assert trigger.feed(100, ones * 0) == []
    assert trigger.feed(200, ones) == [(200, 205)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("loud:3", "'loud:3'"),
        ("level", "cannot be understood"),
        ("level:nan", "cannot be understood"),
        ("level:1:x:up:9", "cannot be understood"),
        ("level:1:x:left", "'left'"),
        ("rms:1:x:down", "no direction"),
        ("rms:0", "always"),
    ],
)
def test_conditions_that_make_no_sense_are_refused(text, words):
    with pytest.raises(ConfigError, match=words):
        Condition.parse(text)


def test_an_axis_that_is_not_there_is_named():
    with pytest.raises(ConfigError, match=r"'w'.*x, y, z"):
        Trigger(Condition.parse("level:1:w"), Timing(0, 1), AXES, RATE)
