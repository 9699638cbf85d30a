"""The promise of the runtime: a Cortex-M4F computes the very bytes that the PC computes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cortex_m4_machine import build, extract_on_board

from studio.registry import find
from studio.runtime import extract_features
from studio.types import Axis

MOTION = tuple(Axis(name) for name in "xyz")


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Both blocks as bare images; their sources are what the blocks themselves name."""
    made = {}
    for id, n, axes, rate in (
        ("audio_mfcc", 16000, (Axis("audio"),), 16000.0),
        ("spectral_analysis", 125, MOTION, 62.5),
    ):
        block = find("signal_block", id).load()
        config = block.configure(block.Params(), n_readings=n, axes=axes, sample_rate_hz=rate)
        folder = tmp_path_factory.mktemp(id)
        made[id] = build(folder, function=config.function, sources=config.sources)
    return made


def _assert_identical(
    image: Path,
    id: str,
    windows: np.ndarray[Any, Any],
    *,
    axes: tuple[Axis, ...],
    rate: float,
    params: dict[str, Any],
) -> None:
    block = find("signal_block", id).load()
    config = block.configure(
        block.Params(**params), n_readings=windows.shape[1], axes=axes, sample_rate_hz=rate
    )
    on_pc = extract_features(config, windows)
    for i, window in enumerate(windows):
        on_board = extract_on_board(image, config, window, start=i * 37)
        assert on_board.tobytes() == on_pc[i].tobytes()


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"fft_length": 512, "num_filters": 40, "frame_length": 0.025, "frame_stride": 0.01},
        {"fft_length": 1024, "num_filters": 33, "num_cepstral": 33, "win_size": 5},
        {"win_size": 0, "num_cepstral": 1},
    ],
)
def test_mfcc(images: dict[str, Path], params: dict[str, Any]) -> None:
    rng = np.random.default_rng(3)
    loudness = np.array([3, 300, 30000])[:, np.newaxis, np.newaxis]
    windows = (rng.normal(0, 1, (3, 16000, 1)) * loudness).clip(-32768, 32767).astype(np.int16)
    windows[0, 3000:9000] = 0
    _assert_identical(
        images["audio_mfcc"],
        "audio_mfcc",
        windows,
        axes=(Axis("audio"),),
        rate=16000,
        params=params,
    )


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"fft_length": 64, "filter_type": "low", "filter_cutoff": 10.0, "filter_order": 4},
        {"fft_length": 32, "filter_type": "high", "filter_cutoff": 7.0, "do_log": False},
        {"input_decimation_ratio": 3, "extra_low_freq": True},
        {"fft_length": 8, "do_fft_overlap": False},
        {"fft_length": 256},
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.int16])
def test_spectral(images: dict[str, Path], params: dict[str, Any], dtype: type) -> None:
    rng = np.random.default_rng(4)
    windows = (np.cumsum(rng.normal(0, 40, (4, 300, 3)), axis=1)).astype(dtype)
    windows[3] = [0, 5, -7]
    _assert_identical(
        images["spectral_analysis"],
        "spectral_analysis",
        windows,
        axes=MOTION,
        rate=100,
        params=params,
    )


def test_readings_that_are_no_numbers(images: dict[str, Path]) -> None:
    windows = np.random.default_rng(5).normal(0, 1, (3, 125, 3)).astype(np.float32)
    windows[0, 60, 1] = np.nan
    windows[1, 3, 0] = np.inf
    windows[2] *= 1e30
    _assert_identical(
        images["spectral_analysis"],
        "spectral_analysis",
        windows,
        axes=MOTION,
        rate=62.5,
        params={},
    )
