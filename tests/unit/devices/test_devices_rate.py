import numpy as np
import pytest

from studio.devices.rate import MOST_POINTS, RateEstimator, nice


def estimated(rate_hz, seconds, *, arrive, start_s=1000.0):
    """Feed readings taken evenly; `arrive(k, t)` says when reading `k`, taken at `t`, comes."""
    estimator = RateEstimator()
    count = int(rate_hz * seconds)
    times = np.array([arrive(k, k / rate_hz) for k in range(count)])
    for k, at in enumerate(np.maximum.accumulate(times)):
        estimator.add(k + 1, start_s + at)
    return estimator


@pytest.mark.parametrize("rate_hz", [1.0, 49.7, 100.0, 104.0, 952.0, 16000.0])
def test_even_arrivals_give_the_exact_rate(rate_hz):
    rate = estimated(rate_hz, 10, arrive=lambda k, t: t).estimate()
    assert rate.rate_hz == pytest.approx(rate_hz, rel=1e-6)
    assert rate.uncertainty_hz <= 1e-3 * rate_hz
    assert "measured" in str(rate)


@pytest.mark.parametrize("seed", range(20))
def test_the_interval_holds_the_rate_though_the_computer_is_late(seed):
    rng = np.random.default_rng(seed)
    true = 98.7
    late = rng.exponential(0.002, 4000)
    for start in rng.integers(0, 1000, 6):  # busy for a while, several times
        late[start : start + 20] += 0.25 - np.arange(20) * 0.01
    rate = estimated(true, 10, arrive=lambda k, t: t + late[k]).estimate()
    assert abs(rate.rate_hz - true) <= rate.uncertainty_hz
    assert rate.uncertainty_hz < 0.3
    assert rate.nice_hz != 100.0  # it is not one hundred
    assert 0 < rate.jitter_s < 0.01


def test_counting_lines_in_a_second_would_be_wrong_here():
    # 50 Hz in bursts of ten, as a radio link carries it
    rate = estimated(50, 6, arrive=lambda k, t: (k // 10) * 0.2 + 0.2).estimate()
    assert rate.rate_hz == pytest.approx(50, abs=0.5)
    assert abs(rate.rate_hz - 50) <= rate.uncertainty_hz


def test_gaps_that_are_counted_do_not_change_the_rate():
    estimator = RateEstimator()
    for k in range(2000):
        if not 500 <= k < 900:
            estimator.add(k + 1, k / 200)
    assert estimator.estimate().rate_hz == pytest.approx(200, rel=1e-6)


def test_it_holds_few_points_however_long_it_runs():
    estimator = RateEstimator()
    for k in range(50_000):
        estimator.add(k + 1, k * 0.01)
    assert len(estimator._times) <= MOST_POINTS
    assert estimator.estimate().rate_hz == pytest.approx(100, rel=1e-6)


def test_too_little_says_nothing():
    estimator = RateEstimator()
    assert estimator.estimate() is None
    for k in range(4):
        estimator.add(k, float(k))
    assert estimator.estimate() is None
    estimator.add(3, 9.0)  # nothing new
    estimator.add(4, 3.0)  # before the last one
    assert estimator.estimate() is None


@pytest.mark.parametrize(
    ("measured", "uncertainty", "wanted"),
    [
        (99.4, 1.0, 100.0),
        (99.4, 0.3, 99.4),
        (16003.0, 20.0, 16000.0),
        (103.6, 0.6, 104.0),
        (62.4, 0.2, 62.5),
        (44090.0, 30.0, 44100.0),
        (73.2, 0.3, 73.0),
        (73.2, 0.1, 73.2),
        (0.98, 0.05, 1.0),
        (951.0, 5.0, 952.0),
    ],
)
def test_round_rates_only_within_the_uncertainty(measured, uncertainty, wanted):
    assert nice(measured, uncertainty) == pytest.approx(wanted)


@pytest.mark.parametrize(("rate", "together"), [(3.0, 1), (1000.0, 1), (1000.0, 16)])
def test_when_the_first_reading_was_taken(rate, together):
    estimator = RateEstimator()
    for count in range(together, 400 * together + 1, together):
        estimator.add(count, 5.0 + (count - 1) / rate)
    begun_s, uncertainty_s = estimator.begun()
    assert begun_s == pytest.approx(5.0, abs=1e-6)
    assert uncertainty_s < 0.01
