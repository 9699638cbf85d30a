"""The MFCC block against an oracle in double precision, and its rules."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.fft
import soundfile
from feature_oracle import Refused, mel_bank, mfcc
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from studio.errors import ConfigError
from studio.params import make
from studio.registry import find
from studio.runtime import extract_features
from studio.types import Axis, BlockConfig

BLOCK = find("signal_block", "audio_mfcc").load()
MICROPHONE = (Axis("audio"),)


def _configure(n: int, rate: float, **params: Any) -> BlockConfig:
    config = BLOCK.configure(
        make(BLOCK.Params, params), n_readings=n, axes=MICROPHONE, sample_rate_hz=rate
    )
    assert isinstance(config, BlockConfig)
    return config


def _features(window: np.ndarray[Any, Any], rate: float, **params: Any) -> np.ndarray[Any, Any]:
    config = _configure(len(window), rate, **params)
    features = extract_features(config, window.reshape(1, -1, 1))
    return features.reshape(config.output_shape)


def _voice(seed: int, n: int, rate: float) -> np.ndarray[Any, Any]:
    """A gliding hum with overtones that swells and fades, in noise, as int16."""
    rng = np.random.default_rng(seed)
    t = np.arange(n) / rate
    phase = np.cumsum(120 + 40 * np.sin(2 * np.pi * 3 * t)) / rate
    hum = sum(np.sin(2 * np.pi * k * phase) / k for k in range(1, 12))
    swell = np.abs(np.sin(2 * np.pi * 2.1 * t + rng.uniform(0, 6)))
    return (4000 * swell * hum + rng.normal(0, 200, n)).clip(-32768, 32767).astype(np.int16)


def _assert_close(
    window: np.ndarray[Any, Any], rate: float, got: np.ndarray[Any, Any], **params: Any
) -> None:
    expected = mfcc(window, rate, **params)
    assert got.shape == expected.shape
    # Where a mel filter hears almost nothing (the one of bin 0 alone, after pre-emphasis), its
    # logarithm turns the rounding of the readings themselves into more than 1e-4: allow what
    # the oracle moves by when its readings are rounded to single precision a few times.
    rng = np.random.default_rng(1)
    moved = [
        np.abs(
            mfcc(window, rate, rounding=rng.normal(0, 2**-23, len(window)), **params) - expected
        )
        for _ in range(4)
    ]
    tolerance = 1e-4 * np.maximum(1, np.abs(expected)) + 4 * np.max(moved, axis=0)
    assert (np.abs(got - expected) <= tolerance).all()
    assert np.quantile(np.abs(got - expected), 0.9) < 1e-4


@pytest.mark.parametrize(("rate", "n"), [(16000, 16000), (8000, 8000)])
def test_one_second_by_default_is_650_features(rate: int, n: int) -> None:
    config = _configure(n, rate)
    assert config.output_shape == (50, 13)
    assert config.n_features == 650
    window = _voice(0, n, rate)
    _assert_close(window, rate, _features(window, rate))


@pytest.mark.parametrize(
    "params",
    [
        {"num_filters": 40, "fft_length": 512, "frame_length": 0.025, "frame_stride": 0.01},
        {"num_cepstral": 40, "num_filters": 40, "fft_length": 512},
        {"num_cepstral": 33, "num_filters": 33, "fft_length": 2048, "win_size": 7},
        {"win_size": 0, "pre_cof": 0},
        {"num_cepstral": 1},
        {"num_filters": 20, "low_frequency": 300, "high_frequency": 4000, "fft_length": 1024},
    ],
)
def test_other_parameters(params: dict[str, Any]) -> None:
    window = _voice(1, 16000, 16000)
    _assert_close(window, 16000, _features(window, 16000, **params), **params)


@settings(deadline=None, max_examples=60, derandomize=True)
@given(
    params=st.fixed_dictionaries(
        {
            "num_cepstral": st.integers(1, 40),
            "num_filters": st.integers(1, 48),
            "fft_length": st.sampled_from([64, 128, 256, 512, 1024, 4096]),
            "frame_length": st.floats(0.004, 0.06),
            "frame_stride": st.floats(0.004, 0.06),
            "win_size": st.integers(0, 60),
            "low_frequency": st.floats(0, 900),
            "high_frequency": st.one_of(st.just(0.0), st.floats(800, 5000)),
            "pre_cof": st.floats(0, 1),
        }
    ),
    rate=st.sampled_from([8000, 11025, 16000]),
    n=st.integers(200, 6000),
    seed=st.integers(0, 99),
)
def test_any_parameters_agree_or_are_refused(
    params: dict[str, Any], rate: int, n: int, seed: int
) -> None:
    window = _voice(seed, n, rate)
    try:
        expected = mfcc(window, rate, **params)
    except Refused:
        with pytest.raises(ConfigError):
            _configure(n, rate, **params)
        return
    got = _features(window, rate, **params)
    assert got.shape == expected.shape
    # over very few frames a deviation may be all rounding: nothing to compare
    assume(params["win_size"] == 0 or min(params["win_size"], len(expected)) >= 5)
    _assert_close(window, rate, got, **params)


def _click() -> np.ndarray[Any, Any]:
    window = np.zeros(16000, np.int16)
    window[4321] = 32767
    return window


@pytest.mark.parametrize(
    "window",
    [
        np.zeros(16000, np.int16),
        np.full(16000, 1234, np.int16),
        np.full(16000, -32768, np.int16),
        np.tile(np.array([-32768, 32767], np.int16), 8000),
        _click(),
        np.full(16000, np.nan, np.float32),
        np.full(16000, 3e38, np.float32),
        np.tile(np.array([np.inf, 1e-45], np.float32), 8000),
    ],
    ids=["silence", "constant", "lowest", "full scale", "click", "nan", "huge", "infinite"],
)
def test_never_a_nan(window: np.ndarray[Any, Any]) -> None:
    assert np.isfinite(_features(window, 16000)).all()
    assert np.isfinite(_features(window, 16000, win_size=0)).all()


def test_what_never_changes_is_zero() -> None:
    for value in (0, 1, 1234, -32768):
        assert (_features(np.full(16000, value, np.int16), 16000) == 0).all()
    # 320 readings per frame are a whole number of periods: every frame is the same
    tone = (8000 * np.sin(2 * np.pi * np.arange(16000) / 32)).round().astype(np.int16)
    assert (_features(np.tile(tone[:320], 50), 16000) == 0).all()


def test_silence_without_normalisation_is_the_logarithm_of_the_floor() -> None:
    features = _features(np.zeros(16000, np.int16), 16000, win_size=0)
    np.testing.assert_allclose(features[:, 0], np.log(1e-10), rtol=1e-6)
    np.testing.assert_allclose(features[:, 1:], 0, atol=1e-4)


def _cancels(window: np.ndarray[Any, Any]) -> bool:
    """Whether pre-emphasis by 0.98 makes the sum of some frame of 256 exactly zero."""
    x = window.astype(int)
    frames = x.reshape(50, -1)[:, :256]
    before = x[np.arange(50) * (len(x) // 50) - 1]
    return bool((frames.sum(axis=1) + 49 * (frames[:, -1] - before) == 0).any())


def test_recorded_words(shared_data: Path) -> None:
    files = sorted((shared_data / "keywords").rglob("*.wav"))
    windows = [soundfile.read(file, dtype="int16", always_2d=True)[0][:, 0] for file in files]
    windows = [w[:16000] for w in windows if len(w) >= 16000 and not _cancels(w[:16000])][:80]
    assert len(windows) >= 20
    for window in windows:
        expected = mfcc(window, 16000)
        error = np.abs(_features(window, 16000) - expected) / np.maximum(1, np.abs(expected))
        assert error.max() < 1e-4


def test_a_sum_that_pre_emphasis_cancels_has_no_power() -> None:
    # the second frame sums up to 4900 + 49 * (0 - 100) = 0 after pre-emphasis
    window = np.zeros(16000, np.int16)
    window[319], window[330] = 100, 4900
    assert _cancels(window)
    cepstrum = _features(window, 16000, win_size=0, num_cepstral=32)[1].astype(np.float64)
    cepstrum[0] = 0
    logarithms = scipy.fft.idct(cepstrum, norm="ortho")
    emphasised = window[320:576] - 0.98 * window[319:575]
    power = np.abs(np.fft.rfft(emphasised)) ** 2 / 256
    mel = mel_bank(num_filters=32, fft_length=256, low=0, high=0, rate=16000) @ power
    mel[0] = 1e-10  # hears bin 0 alone, of which double precision leaves some 1e-26
    expected = np.log(mel) - np.log(mel).mean()
    np.testing.assert_allclose(logarithms, expected, atol=1e-4)


def test_frames_longer_than_the_fft_are_cut() -> None:
    window = _voice(3, 16000, 16000)
    changed = window.reshape(50, 320).copy()
    changed[:, 256:319] = 0
    # of samples 256 .. 319 only the last is heard, by the pre-emphasis of the next frame
    np.testing.assert_array_equal(_features(changed.reshape(-1), 16000), _features(window, 16000))


@pytest.mark.parametrize(
    ("n", "rate", "params", "words"),
    [
        (16000, 16000, {"win_size": 100}, "100"),
        (16000, 16000, {"num_cepstral": 33}, "33"),
        (16000, 16000, {"num_filters": 60}, "Filter"),
        (16000, 16000, {"high_frequency": 9000}, "8000"),
        (16000, 16000, {"low_frequency": 8000}, "8000"),
        (100, 16000, {}, "100 readings"),
        (16000, 16000, {"frame_stride": 0.001}, "frames"),
        (16000, 16000, {"fft_length": 300}, "300"),
        (16000, 100, {"frame_stride": 0.0001, "frame_length": 0.0001}, "frame"),
    ],
)
def test_refusals_name_the_value_found(
    n: int, rate: float, params: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        _configure(n, rate, **params)
    assert words in caught.value.message
    assert caught.value.hint


def test_more_than_one_axis_is_refused() -> None:
    with pytest.raises(ConfigError, match="2 axes"):
        BLOCK.configure(
            BLOCK.Params(),
            n_readings=16000,
            axes=(Axis("left"), Axis("right")),
            sample_rate_hz=16000,
        )


def test_windows_of_another_shape_or_type_are_refused() -> None:
    config = _configure(16000, 16000)
    with pytest.raises(ConfigError, match="15999"):
        extract_features(config, np.zeros((1, 15999, 1), np.int16))
    with pytest.raises(ConfigError, match="float64"):
        extract_features(config, np.zeros((1, 16000, 1)))


def test_many_windows_are_each_their_own() -> None:
    windows = np.stack([_voice(seed, 16000, 16000) for seed in range(12)])[:, :, np.newaxis]
    together = extract_features(_configure(16000, 16000), windows)
    for i in (0, 5, 11):
        alone = extract_features(_configure(16000, 16000), windows[i : i + 1])
        assert together[i].tobytes() == alone[0].tobytes()
