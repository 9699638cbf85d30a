"""Copies are found again however they were changed, and other recordings are not taken for it."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from studio.signals import codes, near_duplicates, resample
from studio.signals.similarity import common_rates

Signal = tuple[NDArray[np.generic], float]


def sounds(count: int, *, rate: float = 16000.0, seconds: float = 1.0) -> list[Signal]:
    """Bursts of noise in changing bands: different in every sound."""
    rng = np.random.default_rng(5)
    length = int(rate * seconds)
    made: list[Signal] = []
    for _ in range(count):
        sound = 20 * rng.standard_normal(length)
        for start in rng.uniform(0, 0.85, 5) * length:
            low = rng.uniform(150, 2500)
            band = butter(2, [low, low * 1.5], "bandpass", fs=rate, output="sos")
            part = sosfilt(band, rng.standard_normal(int(0.12 * rate)))
            part *= np.hanning(len(part)) * 9000 / np.abs(part).max()
            where = slice(int(start), int(start) + len(part))
            sound[where] += part[: len(sound[where])]
        made.append((sound[:, None].clip(-32768, 32767).astype(np.int16), rate))
    return made


def movements(count: int, *, rate: float = 100.0, seconds: float = 3.0) -> list[Signal]:
    """Three axes of band-limited noise around gravity."""
    rng = np.random.default_rng(6)
    low = butter(2, 12, fs=rate, output="sos")
    size = (int(rate * seconds) + 100, 3)
    return [
        (
            (
                4 * sosfilt(low, rng.standard_normal(size), axis=0)[100:]
                + np.array([0.1, -0.3, 9.81])
            ).astype(np.float32),
            rate,
        )
        for _ in range(count)
    ]


def changed(signal: Signal, how: str) -> Signal:
    values, rate = signal
    exact = values.astype(np.float64)
    moving = exact - exact.mean(axis=0)
    length, shift = len(exact), round(0.037 * rate)
    if how == "rate":
        other = 11025.0 if rate > 1000 else 80.0
        return resample(values, from_hz=rate, to_hz=other), other
    if how == "gain":
        exact = exact * 0.5
    if how == "noise":  # 20 dB below
        level = np.sqrt((moving**2).mean(axis=0) / 100)
        exact = exact + level * np.random.default_rng(1).standard_normal(exact.shape)
    if how == "shift":
        exact = np.concatenate([np.repeat(exact[:1], shift, axis=0), exact])[:length]
    if how == "trim":
        exact = exact[int(0.15 * length) : int(0.85 * length)]
    if how == "turned":
        exact = -exact
    return exact.clip(-32768, 32767).astype(values.dtype), rate


def pairs_of(signals: list[Signal]) -> dict[tuple[int, int], float]:
    kinds = [(rate, values.shape[1]) for values, rate in signals]
    found = near_duplicates(kinds, signals.__getitem__)
    return {(pair.first, pair.second): pair.similarity for pair in found}


@pytest.mark.parametrize("how", ["gain", "noise", "shift", "trim", "rate", "turned"])
def test_changed_sounds_are_found_and_others_are_not(how: str) -> None:
    signals = sounds(40)
    copies = [changed(signals[number], how) for number in range(0, 40, 4)]
    found = pairs_of(signals + copies)
    planted = {(4 * number, 40 + number) for number in range(10)}
    assert set(found) == planted
    assert min(found.values()) > 0.95


@pytest.mark.parametrize("how", ["gain", "noise", "shift", "trim", "rate"])
def test_changed_movements_are_found_and_others_are_not(how: str) -> None:
    signals = movements(40)
    copies = [changed(signals[number], how) for number in range(0, 40, 4)]
    assert set(pairs_of(signals + copies)) == {(4 * number, 40 + number) for number in range(10)}


def test_the_shift_is_told() -> None:
    signals = sounds(6)
    late = changed(signals[2], "shift")
    kinds = [(rate, 1) for _, rate in [*signals, late]]
    (pair,) = near_duplicates(kinds, [*signals, late].__getitem__)
    assert (pair.first, pair.second) == (2, 6)
    assert pair.shift_s == pytest.approx(-0.037, abs=0.0002)


def test_signals_that_say_nothing_are_like_nothing() -> None:
    rng = np.random.default_rng(2)
    rest = np.array([0.83, 9.05, 3.55]) + rng.integers(-1, 2, (6, 300, 3)) * 0.005
    signals: list[Signal] = [(values.astype(np.float32), 100.0) for values in rest]
    signals += [(np.zeros((300, 3), np.float32), 100.0)] * 2  # nothing at all
    signals += [(np.ones((2, 3), np.float32), 100.0)]  # far too short
    step = np.zeros((300, 3), np.float32)
    step[150:] = 5
    signals += [(step, 100.0), (np.roll(step, 3, axis=0), 100.0)]
    assert pairs_of(signals) == {}


def test_tones_of_one_pitch_are_not_copies() -> None:
    time = np.arange(16000) / 16000
    rng = np.random.default_rng(3)
    tones: list[Signal] = []
    for phase in rng.uniform(0, 6, 6):
        hum = 8000 * np.sin(2 * np.pi * 150 * time + phase) + rng.normal(0, 80, 16000)
        tones.append((hum[:, None].astype(np.int16), 16000.0))
    assert pairs_of(tones) == {}


def test_only_what_is_asked_for_is_compared() -> None:
    signals = sounds(5) + sounds(5)
    kinds = [(rate, 1) for _, rate in signals]

    def wanted(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        return first == 1

    found = near_duplicates(kinds, signals.__getitem__, wanted=wanted)
    assert [(pair.first, pair.second) for pair in found] == [(1, 6)]
    assert near_duplicates([], signals.__getitem__) == []
    assert near_duplicates(kinds[:1], signals.__getitem__) == []


def test_the_search_can_be_ended() -> None:
    signals = sounds(20)

    def stop(fraction: float) -> None:
        if fraction > 0.1:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        near_duplicates([(16000.0, 1)] * 20, signals.__getitem__, progress=stop)


def test_rates_at_which_signals_are_compared() -> None:
    assert common_rates([44100, 16000, 8000]) == [8000, 8000, 8000]
    assert common_rates([4000, 16000]) == [4000, 4000]
    assert common_rates([16000, 100, 59, 10]) == [8000, 59, 59, 10]


def test_spoken_digits_of_one_speaker_are_all_different(shared_data: Path) -> None:
    import soundfile

    signals: list[Signal] = []
    for path in sorted((shared_data / "keywords" / "fsdd").glob("*_george_*.wav")):
        values, rate = soundfile.read(path, dtype="int16", always_2d=True)
        signals.append((values, float(rate)))
    copies = [changed(signals[number], "noise") for number in range(0, 300, 10)]
    found = set(pairs_of(signals + copies))
    planted = {(10 * number, 300 + number) for number in range(30)}
    assert not found - planted
    assert len(found) >= 28


def test_looking_up_in_parts_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    signals = sounds(12)
    copies = [(np.roll(values, 400, axis=0) * 0.5).astype(np.int16) for values, _ in signals[:6]]
    signals += [(values + rng.integers(-9, 9, values.shape), 16000.0) for values in copies]
    whole = pairs_of(signals)
    monkeypatch.setattr(codes, "_ROWS", 17)
    assert {(number, number + 12) for number in range(6)} <= set(pairs_of(signals))
    assert set(pairs_of(signals)) == set(whole)
