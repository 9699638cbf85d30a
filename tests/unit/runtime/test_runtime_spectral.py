"""The spectral block against an oracle in double precision, and its rules."""

from typing import Any

import numpy as np
import pytest
from feature_oracle import Refused, spectral
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.errors import ConfigError
from studio.params import make
from studio.registry import find
from studio.runtime import extract_features
from studio.types import Axis, BlockConfig

ROUNDING = 2**-21
BLOCK = find("signal_block", "spectral_analysis").load()


def _configure(n: int, axes: int, rate: float, **params: Any) -> BlockConfig:
    config = BLOCK.configure(
        make(BLOCK.Params, params),
        n_readings=n,
        axes=tuple(Axis(name) for name in "xyzuvw"[:axes]),
        sample_rate_hz=rate,
    )
    assert isinstance(config, BlockConfig)
    return config


def _features(window: np.ndarray[Any, Any], rate: float, **params: Any) -> np.ndarray[Any, Any]:
    config = _configure(*window.shape, rate, **params)
    return extract_features(config, window[np.newaxis])[0]


def _motion(seed: int, n: int, axes: int = 3) -> np.ndarray[Any, Any]:
    """A wandering sensor with gravity, vibration and noise, float32."""
    rng = np.random.default_rng(seed)
    drift = np.cumsum(rng.normal(0, 0.1, (n, axes)), axis=0)
    shake = np.sin(np.arange(n)[:, np.newaxis] * rng.uniform(0.1, 2.5, axes))
    values = drift + shake + rng.normal(0, 0.2, (n, axes)) + np.linspace(0, 9.8, axes)
    return values.astype(np.float32)


def _assert_close(window: np.ndarray[Any, Any], rate: float, **params: Any) -> None:
    expected = spectral(window, rate, **params)
    got = _features(window, rate, **params)
    assert got.shape == expected.shape
    # Bins far below the signal (behind a steep filter, or beside strong ones) hold little more
    # than the rounding of single precision: allow what the oracle moves by when it is disturbed
    # as much.
    moved = [
        np.abs(spectral(window, rate, rounding=ROUNDING, seed=seed, **params) - expected)
        for seed in range(4)
    ]
    tolerance = 1e-4 * np.maximum(1, np.abs(expected)) + 4 * np.max(moved, axis=0)
    worst = np.abs(got - expected) / tolerance
    assert worst.max() <= 1


@pytest.mark.parametrize(
    ("n", "rate", "count", "params"),
    [
        (125, 62.5, 39, {}),
        (200, 100, 111, {"fft_length": 64}),
        (
            200,
            100,
            33,
            {"fft_length": 64, "filter_type": "low", "filter_cutoff": 9, "filter_order": 0},
        ),
        (200, 100, 78, {"extra_low_freq": True}),
        (125, 62.5, 39, {"do_log": False, "do_fft_overlap": False}),
        (125, 62.5, 36, {"filter_type": "high", "filter_cutoff": 8, "filter_order": 8}),
        (125, 62.5, 27, {"filter_type": "low", "filter_cutoff": 15.0, "filter_order": 2}),
        (600, 300, 21, {"filter_type": "low", "input_decimation_ratio": 10, "fft_length": 16}),
        (1500, 1000, 39, {"input_decimation_ratio": 30}),
        (3000, 1000, 39, {"input_decimation_ratio": 100, "scale_axes": 0.1}),
    ],
)
def test_sizes_and_values(n: int, rate: float, count: int, params: dict[str, Any]) -> None:
    window = _motion(n, n)
    assert _configure(n, 3, rate, **params).n_features == count
    _assert_close(window, rate, **params)


@settings(deadline=None, max_examples=80, derandomize=True)
@given(
    params=st.fixed_dictionaries(
        {
            "scale_axes": st.floats(0.01, 50),
            "input_decimation_ratio": st.sampled_from([1, 1, 1, 3, 10]),
            "filter_type": st.sampled_from(["none", "low", "high"]),
            "filter_cutoff": st.floats(2, 40),
            "filter_order": st.sampled_from([0, 2, 4, 6, 8]),
            "fft_length": st.sampled_from([8, 16, 32, 64, 128, 512]),
            "do_log": st.booleans(),
            "do_fft_overlap": st.booleans(),
        }
    ),
    n=st.integers(20, 1200),
    axes=st.integers(1, 4),
    rate=st.sampled_from([50.0, 62.5, 100.0]),
    seed=st.integers(0, 99),
)
def test_any_parameters_agree_or_are_refused(
    params: dict[str, Any], n: int, axes: int, rate: float, seed: int
) -> None:
    window = _motion(seed, n, axes)
    limit = 0.9 if params["input_decimation_ratio"] > 1 else 1
    too_high = params["filter_cutoff"] > limit * rate / 2 / params["input_decimation_ratio"]
    try:
        spectral(window, rate, **params)
        refused = params["filter_type"] != "none" and too_high
    except Refused:
        refused = True
    if refused:
        with pytest.raises(ConfigError):
            _configure(n, axes, rate, **params)
        return
    _assert_close(window, rate, **params)


def test_statistics_of_a_known_signal() -> None:
    # a square wave of +-2: root mean square 2, skewness 0, excess kurtosis -2
    square = np.tile(np.repeat([2, -2], 4), 16).astype(np.float32)[:, np.newaxis]
    features = _features(square, 100, do_log=False, do_fft_overlap=False)
    np.testing.assert_allclose(features[:3], [2, 0, -2], atol=1e-6)
    # its first harmonic lies in bin 2 of 16: |4 * 2 / sin(pi/8)|^2 / 16
    assert features[5 + 1] == pytest.approx((8 / np.sin(np.pi / 8)) ** 2 / 16, rel=1e-6)
    assert features[5 + 0] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("value", [0.0, 3.3, -1e30, 1e-44])
@pytest.mark.parametrize("ratio", [1, 10])
def test_what_never_changes_has_zero_statistics_and_empty_bins(value: float, ratio: int) -> None:
    window = np.full((500, 3), value, np.float32)
    features = _features(window, 100, input_decimation_ratio=ratio).reshape(3, 13)
    assert (features[:, :5] == 0).all()
    np.testing.assert_allclose(features[:, 5:], -10, rtol=1e-6)


def _impulse() -> np.ndarray[Any, Any]:
    window = np.zeros((500, 3), np.float32)
    window[77] = 1
    return window


@pytest.mark.parametrize(
    "window",
    [
        _impulse(),
        np.tile(np.array([[-32768], [32767]], np.int16), (250, 3)),
        np.full((500, 3), np.nan, np.float32),
        np.tile(np.array([[np.inf], [-np.inf]], np.float32), (250, 3)),
        np.tile(np.array([[3e38], [-3e38]], np.float32), (250, 3)),
        np.tile(np.array([[1e-45], [0]], np.float32), (250, 3)),
    ],
    ids=["impulse", "full scale", "nan", "infinite", "huge", "tiny"],
)
@pytest.mark.parametrize(
    "params",
    [
        {},
        {"do_log": False},
        {"filter_type": "low", "filter_cutoff": 20.0},
        {"filter_type": "high", "filter_cutoff": 20.0},
        {"input_decimation_ratio": 3, "extra_low_freq": True},
    ],
)
def test_never_a_nan(window: np.ndarray[Any, Any], params: dict[str, Any]) -> None:
    assert np.isfinite(_features(window, 100, **params)).all()


@pytest.mark.parametrize(
    ("n", "params", "words"),
    [
        (125, {"fft_length": 128}, "125 readings"),
        (125, {"input_decimation_ratio": 10}, "13 readings"),
        (125, {"filter_type": "low", "filter_cutoff": 32}, "32 Hz"),
        (250, {"input_decimation_ratio": 3, "filter_type": "low", "filter_cutoff": 10}, "9.375"),
        (125, {"filter_type": "low", "filter_cutoff": 1}, "no bin"),
        (125, {"filter_type": "high", "filter_cutoff": 0.0011, "filter_order": 8}, "unstable"),
        (125, {"analysis_type": "Wavelet"}, "Wavelet"),
        (70, {"extra_low_freq": True}, "80"),
        (125, {"extra_low_freq": True, "filter_type": "low"}, "extra_low_freq"),
        (125, {"filter_order": 5}, "5"),
        (125, {"input_decimation_ratio": 2}, "2"),
    ],
)
def test_refusals_name_the_value_found(n: int, params: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        _configure(n, 3, 62.5, **params)
    assert words in caught.value.message
    assert caught.value.hint


def test_no_axis_is_refused() -> None:
    with pytest.raises(ConfigError, match="axis"):
        _configure(125, 0, 62.5)
