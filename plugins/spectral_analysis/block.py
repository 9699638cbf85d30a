"""Spectral Analysis: how strongly and how regularly each axis moves, and at what frequencies."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from studio.api import Axis, BlockConfig, ConfigError, param, quarter_sine

STATISTICS = 5
STAGES = {1: (), 3: (3,), 10: (10,), 30: (3, 10), 100: (10, 10), 1000: (10, 10, 10)}
LOW_RATIO = 10
SOURCES = (
    "dsp/spectral_analysis.c",
    "dsp/biquad.c",
    "dsp/rfft.c",
    "dsp/window.c",
    "math/tml_math.c",
)


@dataclass(frozen=True, slots=True)
class SpectralParams:
    """Parameters, names and defaults of Edge Impulse's Spectral Analysis, version 4."""

    scale_axes: float = param(1.0, "Scale axes", help="Factor on every reading.")
    input_decimation_ratio: int = param(
        1,
        "Input decimation ratio",
        help="Keep every n-th reading after a low-pass: finer look at slow movement.",
        choices=tuple(STAGES),
    )
    filter_type: str = param(
        "none",
        "Filter type",
        help="low keeps slow movement, high removes it (and gravity).",
        choices=("none", "low", "high"),
    )
    filter_cutoff: float = param(
        3.0, "Cut-off frequency", help="Where the filter begins to act.", units="Hz", low=0.001
    )
    filter_order: int = param(
        6,
        "Filter order",
        help="Steepness. 0 leaves the signal and only drops the bins outside.",
        choices=(0, 2, 4, 6, 8),
    )
    analysis_type: str = param(
        "FFT",
        "Analysis type",
        help="FFT; Wavelet is not available yet.",
        choices=("FFT", "Wavelet"),
    )
    fft_length: int = param(
        16,
        "FFT length",
        help="Readings per transform, a power of two. More resolve frequencies finer.",
        choices=(8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096),
    )
    do_log: bool = param(
        True, "Take log of spectrum", help="Makes weak frequencies count as well."
    )
    do_fft_overlap: bool = param(
        True, "Overlap FFT frames", help="Each frame begins at the middle of the one before."
    )
    extra_low_freq: bool = param(
        False,
        "Improve low frequency resolution",
        help="Repeat all features on every tenth reading.",
    )


def _float32(rows: list[float]) -> NDArray[np.float32]:
    return np.array(rows, np.float64).astype(np.float32)


def _butterworth(kind: str, order: int, cutoff_hz: float, rate_hz: float) -> NDArray[np.float32]:
    """Return Butterworth sections b0 b1 b2 a1 a2 by the bilinear transform, each of gain 1.

    Section i has the analog pole pair of quality 1 / (2 cos((2 i + 1) pi / (2 order))).
    """
    t = math.tan(math.pi * cutoff_hz / rate_hz)
    rows: list[float] = []
    for i in range(order // 2):
        damping = 2 * math.cos((2 * i + 1) * math.pi / (2 * order))
        norm = 1 + damping * t + t * t
        b0 = (t * t if kind == "low" else 1.0) / norm
        b1 = 2 * b0 if kind == "low" else -2 * b0
        rows += [b0, b1, b0, 2 * (t * t - 1) / norm, (1 - damping * t + t * t) / norm]
    return _float32(rows)


def _is_stable(section: NDArray[np.float32]) -> bool:
    """Whether both poles lie inside the unit circle, as the rounded coefficients put them."""
    a1, a2 = float(section[3]), float(section[4])
    return abs(a2) < 1 and abs(a1) < 1 + a2


def _chebyshev_decimator(ratio: int) -> NDArray[np.float32]:
    """Return four sections b0 b1 b2 a1 a2 of the low-pass of a decimation, and its gain at 0 Hz.

    Chebyshev type I, order 8, 0.05 dB ripple, cut at 0.8 / ratio of the Nyquist frequency.
    """
    order, ripple_db = 8, 0.05
    epsilon = math.sqrt(10 ** (ripple_db / 10) - 1)
    spread = math.asinh(1 / epsilon) / order
    warped = math.tan(math.pi * 0.8 / ratio / 2)
    # an even order begins at the bottom of its ripple
    gain = 1 / math.sqrt(1 + epsilon**2)
    rows: list[float] = []
    for i in range(order // 2):
        angle = (2 * i + 1) * math.pi / (2 * order)
        pole = warped * complex(
            -math.sinh(spread) * math.sin(angle), math.cosh(spread) * math.cos(angle)
        )
        size = abs(pole) ** 2
        norm = 1 - 2 * pole.real + size
        b0 = (gain if i == 0 else 1.0) * size / norm
        rows += [b0, 2 * b0, b0, 2 * (size - 1) / norm, (1 + 2 * pole.real + size) / norm]
    return _float32([*rows, gain])


def _filter_tables(params: SpectralParams, rate_hz: float) -> dict[str, NDArray[np.generic]]:
    if params.filter_type == "none":
        return {}
    limit = rate_hz / 2 * (0.9 if params.input_decimation_ratio > 1 else 1)
    if params.filter_cutoff > limit or params.filter_cutoff >= rate_hz / 2:
        after = " after decimation" if params.input_decimation_ratio > 1 else ""
        raise ConfigError(
            f"filter_cutoff is {params.filter_cutoff:g} Hz; at {rate_hz:g} Hz{after} it must stay "
            f"below {limit:g} Hz.",
            "Lower filter_cutoff or input_decimation_ratio.",
        )
    if params.filter_order == 0:
        return {}
    sections = _butterworth(params.filter_type, params.filter_order, params.filter_cutoff, rate_hz)
    if not all(_is_stable(section) for section in sections.reshape(-1, 5)):
        raise ConfigError(
            f"A filter of order {params.filter_order} at {params.filter_cutoff:g} Hz of "
            f"{rate_hz:g} Hz is unstable in single precision.",
            "Raise filter_cutoff, lower filter_order, or decimate first.",
        )
    return {"filter": sections}


def _bins(params: SpectralParams, rate_hz: float) -> tuple[int, int]:
    """Return the first and the last bin kept; 0 Hz never is."""
    first, last = 1, params.fft_length // 2
    position = params.filter_cutoff * params.fft_length / rate_hz
    if params.filter_type == "low":
        last = min(last, int(position + 0.5))
    elif params.filter_type == "high":
        first = max(1, int(position - 0.5) + 1)
    if first > last:
        raise ConfigError(
            f"With cut-off {params.filter_cutoff:g} Hz at {rate_hz:g} Hz no bin of the FFT of "
            f"{params.fft_length} is left.",
            "Raise fft_length or move filter_cutoff.",
        )
    return first, last


def _tables(params: SpectralParams, rate_hz: float) -> dict[str, NDArray[np.generic]]:
    """Return the tables of the block; `rate_hz` is the rate after decimation."""
    tables: dict[str, NDArray[np.generic]] = {
        "sine": quarter_sine(params.fft_length),
        **_filter_tables(params, rate_hz),
    }
    stages = STAGES[params.input_decimation_ratio]
    ratios = (*stages, *((LOW_RATIO,) if params.extra_low_freq else ()))
    if ratios:
        tables["decimate_ratios"] = np.array(ratios, np.uint16)
        tables["decimate"] = np.concatenate([_chebyshev_decimator(r) for r in ratios])
    return tables


def _check_lengths(params: SpectralParams, n_readings: int) -> None:
    count = n_readings
    for ratio in STAGES[params.input_decimation_ratio]:
        count = -(-count // ratio)
    if count < params.fft_length:
        after = " after decimation" if params.input_decimation_ratio > 1 else ""
        raise ConfigError(
            f"The window holds {count} readings{after}; the FFT needs {params.fft_length}.",
            "Raise the window length or lower fft_length.",
        )
    needed = params.fft_length // 2 * LOW_RATIO
    if params.extra_low_freq and count < needed:
        raise ConfigError(
            f"The window holds {count} readings; extra_low_freq needs {needed}.",
            "Raise the window length, lower fft_length, or turn extra_low_freq off.",
        )


def _check_offered(params: SpectralParams) -> None:
    if params.analysis_type != "FFT":
        raise ConfigError(
            f"analysis_type is {params.analysis_type}, which this version does not offer yet.",
            "Choose FFT.",
        )
    if params.extra_low_freq and params.filter_type != "none":
        raise ConfigError(
            "extra_low_freq together with a filter is not offered yet.",
            "Turn extra_low_freq off or set filter_type to none.",
        )


def _operations(params: SpectralParams, n_readings: int, sections: int) -> int:
    """Return about how many floating-point operations one axis takes."""
    count, total = n_readings, n_readings
    for ratio in STAGES[params.input_decimation_ratio]:
        total += 4 * 9 * count  # four sections each
        count = -(-count // ratio)
    total += 9 * sections * count
    length, bins = params.fft_length, params.fft_length // 2 + 1
    hop = length // 2 if params.do_fft_overlap else length

    def analysed(readings: int) -> float:
        frames = -(-readings // hop)
        transform = length + 2.5 * length * math.log2(length) + 4 * bins
        return 12 * readings + frames * transform + bins * (12 + 30 * params.do_log)

    total += round(analysed(count))
    if params.extra_low_freq:
        total += 4 * 9 * count + round(analysed(-(-count // LOW_RATIO)))
    return total


class SpectralAnalysis:
    """The signal block; see `dsp/spectral_analysis.h` for what is computed."""

    id: ClassVar[str] = "spectral_analysis"
    implementation_version: ClassVar[int] = 4
    Params: ClassVar[type[SpectralParams]] = SpectralParams

    def configure(
        self,
        params: SpectralParams,
        *,
        n_readings: int,
        axes: tuple[Axis, ...],
        sample_rate_hz: float,
    ) -> BlockConfig:
        """Make the block ready for windows of `n_readings` of these axes."""
        if not axes:
            raise ConfigError("The window has no axis.", "Choose at least one.")
        _check_offered(params)
        rate_hz = sample_rate_hz / params.input_decimation_ratio
        _check_lengths(params, n_readings)
        tables = _tables(params, rate_hz)
        first, last = _bins(params, rate_hz)
        per_axis = STATISTICS + last - first + 1
        n_features = len(axes) * per_axis * (2 if params.extra_low_freq else 1)
        return BlockConfig(
            block=self.id,
            function="tml_spectral_analysis",
            struct="tml_spectral_analysis_config",
            header="dsp/spectral_analysis.h",
            sources=SOURCES,
            scalars={
                "n_readings": n_readings,
                "n_axes": len(axes),
                "fft_length": params.fft_length,
                "hop": params.fft_length // 2 if params.do_fft_overlap else params.fft_length,
                "bin_first": first,
                "bin_last": last,
                "do_log": int(params.do_log),
                "filter_sections": tables["filter"].size // 5 if "filter" in tables else 0,
                "decimate_stages": len(STAGES[params.input_decimation_ratio]),
                "low_count": int(params.extra_low_freq),
                "scale_axes": float(np.float32(params.scale_axes)),
                "power_scale": 1 / params.fft_length,
            },
            tables=tables,
            n_readings=n_readings,
            n_axes=len(axes),
            output_shape=(n_features,),
            scratch_bytes=4 * (n_readings + 2 * params.fft_length + 2),
            operations=len(axes)
            * _operations(
                params, n_readings, tables["filter"].size // 5 if "filter" in tables else 0
            ),
        )


BLOCK = SpectralAnalysis()
