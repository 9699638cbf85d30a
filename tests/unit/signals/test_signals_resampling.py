"""Changing rates: against sines known in closed form."""

import numpy as np
import pytest

from studio.errors import ConfigError
from studio.signals import regularise, resample


def _sine(hz: float, rate: float, n: int, amplitude: float = 1.0) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * hz * np.arange(n) / rate))[:, np.newaxis]


@pytest.mark.parametrize(
    ("from_hz", "to_hz"), [(8000, 16000), (44100, 16000), (16000, 11025), (59, 62.5)]
)
def test_a_sine_stays_the_same_sine(from_hz: float, to_hz: float) -> None:
    n = 20000
    hz = 0.2 * min(from_hz, to_hz)
    got = resample(_sine(hz, from_hz, n).astype(np.float32), from_hz=from_hz, to_hz=to_hz)
    assert got.dtype == np.float32
    assert len(got) == round(n * to_hz / from_hz)
    expected = _sine(hz, to_hz, len(got))
    middle = slice(1000, -1000)
    assert np.abs(got[middle] - expected[middle]).max() < 1e-4


def test_what_the_lower_rate_cannot_carry_is_removed() -> None:
    got = resample(_sine(6000, 16000, 16000).astype(np.float32), from_hz=16000, to_hz=8000)
    assert np.abs(got[500:-500]).max() < 1e-5


def test_sound_is_rounded_and_held_to_its_range() -> None:
    square = np.where(_sine(100, 8000, 8000) >= 0, 32767, -32768).astype(np.int16)
    got = resample(square, from_hz=8000, to_hz=16000)
    assert got.dtype == np.int16
    assert got.shape == (16000, 1)
    # the ringing beside the edges goes beyond full scale and must not wrap around
    assert got.max() == 32767
    assert got.min() == -32768
    assert (np.sign(got[10:70]) == 1).all()


def test_axes_are_resampled_each_on_its_own() -> None:
    both = np.concatenate([_sine(5, 100, 1000), _sine(9, 100, 1000)], axis=1).astype(np.float32)
    got = resample(both, from_hz=100, to_hz=50)
    one = resample(both[:, 1:], from_hz=100, to_hz=50)
    np.testing.assert_allclose(got[:, 1], one[:, 0], atol=1e-7)


def test_the_same_rate_gives_a_copy() -> None:
    values = _sine(5, 100, 50).astype(np.float32)
    got = resample(values, from_hz=100, to_hz=100)
    assert (got == values).all()
    assert got is not values


@pytest.mark.parametrize("rate", [0, -5, float("nan"), float("inf")])
def test_impossible_rates_are_refused(rate: float) -> None:
    with pytest.raises(ConfigError, match="rate"):
        resample(np.zeros((5, 1), np.float32), from_hz=rate, to_hz=100)
    with pytest.raises(ConfigError, match="rate"):
        regularise(np.arange(3), np.zeros((3, 1)), rate)


def test_other_types_and_emptiness_are_refused() -> None:
    with pytest.raises(ConfigError, match="float64"):
        resample(np.zeros((5, 1)), from_hz=1, to_hz=2)
    with pytest.raises(ConfigError, match="leave none"):
        resample(np.zeros((2, 1), np.int16), from_hz=100, to_hz=1)
    assert resample(np.zeros((0, 2), np.int16), from_hz=1, to_hz=2).shape == (0, 2)


def test_uneven_times_become_an_even_rate() -> None:
    rng = np.random.default_rng(0)
    times = np.sort(rng.uniform(0, 10, 2000))
    values = np.stack([2 * times + 1, np.sin(times)], axis=1)
    got = regularise(times + 100, values, 50)
    assert got.dtype == np.float32
    even = times[0] + np.arange(len(got)) / 50
    assert len(got) == int((times[-1] - times[0]) * 50) + 1
    np.testing.assert_allclose(got[:, 0], 2 * even + 1, atol=1e-4)
    np.testing.assert_allclose(got[:, 1], np.sin(even), atol=2e-3)


def test_even_times_are_left_alone() -> None:
    values = np.random.default_rng(1).normal(0, 1, (100, 3)).astype(np.float32)
    np.testing.assert_allclose(
        regularise(np.round(np.arange(100) / 60, 6), values, 60), values, atol=2e-3
    )


def test_of_equal_times_the_last_counts() -> None:
    got = regularise(np.array([0, 1, 1, 2]), np.array([[0], [5], [7], [8.0]]), 1)
    assert got[:, 0].tolist() == [0, 7, 8]


@pytest.mark.parametrize("times", [[0, 2, 1], [0, np.nan, 2], [0, 1, np.inf], [0, 1], [[0, 1, 2]]])
def test_impossible_times_are_refused(times: list[float]) -> None:
    with pytest.raises(ConfigError):
        regularise(np.array(times), np.zeros((3, 1)), 10)


def test_readings_taken_at_one_instant_only_are_refused() -> None:
    with pytest.raises(ConfigError):
        regularise(np.array([0.0]), np.zeros((1, 1)), 10)
