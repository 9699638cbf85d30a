"""Varied copies: what changes is what was asked for, by the amount asked for."""

from dataclasses import replace

import numpy as np
import pytest

from studio.learning.augment import AudioAugment, SensorAugment, augment

RATE = 8000
STILL = AudioAugment(shift_percent=0, speed_percent=0, gain_db=0, tone_db=0, noise_percent=0)
CALM = SensorAugment(shift_percent=0, speed_percent=0, scale_percent=0, jitter_percent=0)


def tone(hz: float, n: int = RATE) -> np.ndarray:
    return (8000 * np.sin(2 * np.pi * hz * np.arange(n) / RATE)).astype(np.int16)[:, np.newaxis]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def level_db(values: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(values.astype(np.float64) ** 2)))


def test_nothing_asked_nothing_changed() -> None:
    sound = tone(440, 3 * RATE)
    copy = augment(sound, 5000, length=RATE, settings=STILL, rng=rng())
    assert copy.dtype == np.int16
    assert np.array_equal(copy, sound[5000 : 5000 + RATE])
    motion = rng().normal(size=(300, 6)).astype(np.float32)
    copy = augment(motion, 50, length=100, settings=CALM, rng=rng())
    assert copy.dtype == np.float32
    assert copy == pytest.approx(motion[50:150], abs=1e-6)


def test_a_short_recording_stays_padded_with_silence() -> None:
    sound = tone(440, 1000)
    copy = augment(sound, -500, length=2000, settings=STILL, rng=rng())
    assert not copy[:500].any()
    assert np.array_equal(copy[500:1500], sound)
    assert not copy[1500:].any()


def test_the_same_seed_gives_the_same_copy() -> None:
    sound = tone(440, 2 * RATE)
    copies = [
        augment(sound, 100, length=RATE, settings=AudioAugment(), rng=rng(seed))
        for seed in (1, 1, 2)
    ]
    assert np.array_equal(copies[0], copies[1])
    assert not np.array_equal(copies[0], copies[2])


def test_a_shift_shows_what_was_really_there() -> None:
    ramp = np.arange(0, 16000, dtype=np.int16)[:, np.newaxis]
    starts = set()
    for seed in range(20):
        settings = replace(STILL, shift_percent=20)
        copy = augment(ramp, 8000, length=1000, settings=settings, rng=rng(seed))
        assert np.abs(np.diff(copy[:, 0]) - 1).max() <= 1  # still the ramp
        assert 7799 <= copy[0, 0] <= 8201
        starts.add(int(copy[0, 0]))
    assert len(starts) > 10


def test_speed_moves_the_pitch_within_its_limit() -> None:
    sound = tone(1000, 4 * RATE)
    settings = replace(STILL, speed_percent=20)
    pitches = [
        np.abs(
            np.fft.rfft(augment(sound, RATE, length=RATE, settings=settings, rng=rng(s))[:, 0])
        ).argmax()
        for s in range(20)
    ]
    assert min(pitches) >= 1000 * np.exp(-0.2) - 2
    assert max(pitches) <= 1000 * np.exp(0.2) + 2
    assert max(pitches) - min(pitches) > 150


def test_loudness_changes_within_its_limit() -> None:
    sound = tone(440)
    settings = replace(STILL, gain_db=6)
    changes = [
        level_db(augment(sound, 0, length=RATE, settings=settings, rng=rng(s))) - level_db(sound)
        for s in range(20)
    ]
    assert -6.1 < min(changes) < -2
    assert 2 < max(changes) < 6.1


def test_noise_has_the_ratio_asked_for() -> None:
    sound = tone(440)
    settings = replace(STILL, noise_percent=100, snr_low_db=10, snr_high_db=10)
    copy = augment(sound, 0, length=RATE, settings=settings, rng=rng())
    noise = copy.astype(np.float64) - sound
    assert level_db(sound) - level_db(noise) == pytest.approx(10, abs=0.1)


def test_recorded_noise_is_mixed_in() -> None:
    hum = tone(50)
    settings = replace(STILL, noise_percent=100, snr_low_db=0, snr_high_db=0)
    with_hum = 0
    for seed in range(30):
        copy = augment(
            tone(1000), 0, length=RATE, settings=settings, rng=rng(seed), backgrounds=[hum]
        )
        spectrum = np.abs(np.fft.rfft(copy[:, 0]))
        with_hum += spectrum[50] > 0.5 * spectrum[1000]
    assert 5 <= with_hum <= 25  # about half; the rest is synthetic noise


def test_the_microphone_changes_the_balance_of_the_bands() -> None:
    sound = np.round(rng(9).normal(0, 2000, (RATE, 1))).astype(np.int16)
    settings = replace(STILL, tone_db=6)
    before = np.abs(np.fft.rfft(sound[:, 0]))
    tilts = []
    for seed in range(10):
        copy = augment(sound, 0, length=RATE, settings=settings, rng=rng(seed))
        change = 20 * np.log10(np.abs(np.fft.rfft(copy[:, 0])) / before)
        tilts.append(change[3500:].mean() - change[:500].mean())
    assert np.std(tilts) > 5


def test_sensors_keep_their_resting_point() -> None:
    gravity = np.array([0.0, 0.0, 9.81])
    motion = (gravity + rng().normal(0, 1, (400, 3))).astype(np.float32)
    settings = replace(CALM, scale_percent=30)
    copies = [
        augment(motion, 100, length=200, settings=settings, rng=rng(seed)) for seed in range(10)
    ]
    strengths = [copy.std(axis=0).mean() for copy in copies]
    for copy in copies:
        assert copy.mean(axis=0) == pytest.approx(motion[100:300].mean(axis=0), abs=1e-4)
    assert max(strengths) / min(strengths) > 1.1


def test_beyond_the_end_a_sensor_holds_its_value() -> None:
    motion = np.arange(100, dtype=np.float32)[:, np.newaxis]
    settings = replace(CALM, shift_percent=50)
    for seed in range(10):
        copy = augment(motion, 0, length=100, settings=settings, rng=rng(seed))
        assert copy.min() >= 0
        assert copy.max() <= 99
        assert (np.diff(copy[:, 0]) >= 0).all()
