"""What a window looks like on its way through a signal block, step by step.

Every step is had from the C that boards run: whole blocks with other settings, or their parts.
What a block shows of itself beyond its features is known here for the shipped blocks; any other
shows its window and its features.
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.runtime import extract_features
from studio.runtime.parts import filtered, power_spectra
from studio.types import Axis, BlockConfig, FloatArray

SMALLEST = 1e-10
STATISTICS = ("RMS", "skewness", "kurtosis", "spectral skewness", "spectral kurtosis")
DECIMATE_SECTIONS = 20
"""Coefficients of a decimator's four sections; its gain at 0 Hz follows."""
Values = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Peak:
    """Where a line is highest."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Stage:
    """One picture of a window on its way.

    Parameters
    ----------
    kind : str
        `lines` (over the bottom axis, one per name), `image` (columns over the bottom axis, rows
        from low to high) or `bars` (one per name).
    values : ndarray
        Of lines `(n, k)`, of an image `(columns, rows)`, of bars `(k,)`.
    bottom, left : str
        What the axes show, with the unit; of an image's values `scale`.
    start, step : float
        Of the bottom axis.
    low, high : float
        Ends of an image's left axis.
    over_time : bool
        Whether the bottom axis is the window's time.
    """

    title: str
    kind: str
    values: Values
    left: str
    bottom: str
    start: float = 0.0
    step: float = 1.0
    low: float = 0.0
    high: float = 1.0
    scale: str = ""
    names: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    """Of each line; empty: `left` says it."""
    peaks: tuple[Peak, ...] = ()
    over_time: bool = True


def _units(axes: tuple[Axis, ...]) -> tuple[str, ...]:
    """Return the unit of each axis, as it stands at a plot."""
    return tuple(
        axis.units
        if axis.units not in ("", "wav")
        else "16-bit readings"
        if axis.name == "audio"
        else "readings"
        for axis in axes
    )


def raw(window: Values, axes: tuple[Axis, ...], rate_hz: float) -> Stage:
    """Return the picture of the window as it was recorded."""
    names = tuple(axis.name for axis in axes)
    return Stage(
        "Window",
        "lines",
        window,
        "",
        "time (s)",
        step=1 / rate_hz,
        names=names,
        units=_units(axes),
    )


def stages(
    config: BlockConfig, window: Values, axes: tuple[Axis, ...], rate_hz: float
) -> tuple[Stage, ...]:
    """Return the pictures of a window inside a block, from the readings to the features.

    Parameters
    ----------
    config : BlockConfig
        The block made ready.
    window : ndarray
        Shape `(n_readings, n_axes)`, int16 or float32.
    """
    features = extract_features(config, window[np.newaxis])[0]
    inside = _INSIDE.get(config.block, _nothing)(config, window, axes, rate_hz, features)
    return (raw(window, axes, rate_hz), *inside)


def feature_names(config: BlockConfig, axes: tuple[Axis, ...], rate_hz: float) -> tuple[str, ...]:
    """Return what each value of a window's features is."""
    if config.block == "spectral_analysis":
        return _spectral_names(config, axes, rate_hz)
    if len(config.output_shape) == 2:
        rows, columns = config.output_shape
        return tuple(
            f"frame {i + 1}, coefficient {k}" for i in range(rows) for k in range(columns)
        )
    return tuple(f"feature {i + 1}" for i in range(config.n_features))


def _nothing(
    config: BlockConfig,
    window: Values,
    axes: tuple[Axis, ...],
    rate_hz: float,
    features: FloatArray,
) -> tuple[Stage, ...]:
    names = feature_names(config, axes, rate_hz)
    return (_bars(features, names),)


def _bars(features: FloatArray, names: tuple[str, ...]) -> Stage:
    return Stage("Features", "bars", features, "value", "", names=names, over_time=False)


# -- Audio (MFCC) --------------------------------------------------------------------------------


def _mfcc(
    config: BlockConfig,
    window: Values,
    axes: tuple[Axis, ...],
    rate_hz: float,
    features: FloatArray,
) -> tuple[Stage, ...]:
    known = config.scalars
    readings = window[:, 0].astype(np.float32)
    emphasised = readings - np.float32(known["pre_cof"]) * np.roll(readings, 1)
    power = _spectra(config, emphasised)
    seconds = int(known["frame_stride"]) / rate_hz

    def picture(title: str, values: Values, left: str, high: float, scale: str) -> Stage:
        return Stage(
            title, "image", values, left, "time (s)", step=seconds, high=high, scale=scale
        )

    decibels = 10 * np.log10(np.maximum(power, SMALLEST))
    filters, kept = float(known["num_filters"]), float(known["num_cepstral"])
    table = features.reshape(config.output_shape)
    return (
        Stage(
            "After pre-emphasis",
            "lines",
            emphasised[:, np.newaxis],
            "",
            "time (s)",
            step=1 / rate_hz,
            names=(axes[0].name,),
            units=_units(axes),
        ),
        picture("Spectrum of each frame", decibels, "Hz", rate_hz / 2, "dB"),
        picture("Mel energies", mel_energies(config, window), "filter", filters, "log energy"),
        picture("MFCC features", table, "coefficient", kept, "value"),
    )


def _spectra(config: BlockConfig, emphasised: FloatArray) -> FloatArray:
    """Return the power spectrum of each frame, `(frames, bins)`."""
    known = config.scalars
    step, used, length = (
        int(known[name]) for name in ("frame_stride", "frame_used", "fft_length")
    )
    starts = np.arange(int(known["frames"])) * step
    frames = np.zeros((len(starts), length), np.float32)
    frames[:, :used] = emphasised[starts[:, np.newaxis] + np.arange(used)]
    return power_spectra(frames, sine=config.tables["sine"], scale=float(known["power_scale"]))


def mel_energies(config: BlockConfig, window: Values) -> FloatArray:
    """Return the logarithms of the mel filters' sums, `(frames, filters)`, by the block itself.

    The block folds the sums before its cosine transform: those of two filters at the same
    distance from the ends are added for even coefficients and subtracted for odd ones. With rows
    that pick one pair each instead of cosines, it tells exactly these.
    """
    filters = int(config.scalars["num_filters"])
    half, width = filters // 2, (filters + 1) // 2
    count = 2 * width + 1
    table = np.zeros((count - 1, width), np.float32)
    for pair in range(width):
        table[2 * pair, pair] = table[2 * pair + 1, pair] = 1.0
    probe = dataclasses.replace(
        config,
        scalars={**config.scalars, "num_cepstral": count, "win_size": 0},
        tables={**config.tables, "dct": table.ravel()},
        output_shape=(config.output_shape[0], count),
    )
    found = extract_features(probe, window[np.newaxis])[0].reshape(probe.output_shape)
    difference, total = found[:, 1::2], found[:, 2::2]
    mel = np.empty((len(found), filters), np.float32)
    mel[:, :half] = (total[:, :half] + difference[:, :half]) / 2
    mel[:, filters - half :] = ((total[:, :half] - difference[:, :half]) / 2)[:, ::-1]
    if filters % 2:
        mel[:, half] = total[:, half]
    return mel


# -- Spectral Analysis ---------------------------------------------------------------------------


def _spectral(
    config: BlockConfig,
    window: Values,
    axes: tuple[Axis, ...],
    rate_hz: float,
    features: FloatArray,
) -> tuple[Stage, ...]:
    ratio = int(np.prod(_ratios(config), initial=1))
    rate = rate_hz / ratio
    signal = np.stack([_processed(config, window[:, i]) for i in range(len(axes))], axis=1)
    power = np.stack([_peak_spectrum(config, signal[:, i]) for i in range(len(axes))], axis=1)
    names = tuple(axis.name for axis in axes)
    first, last = int(config.scalars["bin_first"]), int(config.scalars["bin_last"])
    shown = 10 * np.log10(np.maximum(power[first : last + 1], SMALLEST))
    width = rate / int(config.scalars["fft_length"])
    peaks = tuple(
        Peak((first + at) * width, float(shown[at, i]))
        for i, at in enumerate(shown.argmax(axis=0).tolist())
    )
    title = "After the filter" if "filter" in config.tables else "Without its mean"
    return (
        Stage(
            title,
            "lines",
            signal,
            "",
            "time (s)",
            step=1 / rate,
            names=names,
            units=_units(axes),
        ),
        Stage(
            "Spectrum",
            "lines",
            shown,
            "dB",
            "frequency (Hz)",
            start=first * width,
            step=width,
            names=names,
            peaks=peaks,
            over_time=False,
        ),
        _bars(features, _spectral_names(config, axes, rate_hz)),
    )


def _ratios(config: BlockConfig) -> list[int]:
    count = int(config.scalars["decimate_stages"])
    return [int(ratio) for ratio in config.tables.get("decimate_ratios", np.empty(0))[:count]]


def _processed(config: BlockConfig, readings: Values) -> FloatArray:
    """Return one axis scaled, decimated, filtered, less its mean."""
    values = readings.astype(np.float32) * np.float32(config.scalars["scale_axes"])
    for place, ratio in enumerate(_ratios(config)):
        row = config.tables["decimate"].reshape(-1, DECIMATE_SECTIONS + 1)[place]
        origin = values[0]
        slow = filtered(values - origin, row[:DECIMATE_SECTIONS])
        values = slow[::ratio] + origin * row[DECIMATE_SECTIONS]
    if "filter" in config.tables:
        values = filtered(values, config.tables["filter"])
    less: FloatArray = values - values.mean(dtype=np.float64).astype(np.float32)
    return less


def _peak_spectrum(config: BlockConfig, values: FloatArray) -> FloatArray:
    length, hop = int(config.scalars["fft_length"]), int(config.scalars["hop"])
    starts = range(0, len(values), hop)
    frames = np.zeros((len(starts), length), np.float32)
    for row, start in zip(frames, starts, strict=True):
        part = values[start : start + length]
        row[: len(part)] = part
    power = power_spectra(
        frames, sine=config.tables["sine"], scale=float(config.scalars["power_scale"])
    )
    greatest: FloatArray = power.max(axis=0)
    return greatest


def _spectral_names(
    config: BlockConfig, axes: tuple[Axis, ...], rate_hz: float
) -> tuple[str, ...]:
    rate = rate_hz / int(np.prod(_ratios(config), initial=1))
    first, last = int(config.scalars["bin_first"]), int(config.scalars["bin_last"])
    length = int(config.scalars["fft_length"])
    names: list[str] = []
    for slow in range(1 + int(config.scalars["low_count"])):
        width = rate / length / (10 if slow else 1)
        for axis in axes:
            begin = f"{axis.name} slow" if slow else axis.name
            names += [f"{begin} {name}" for name in STATISTICS]
            names += [f"{begin} {k * width:.3g} Hz" for k in range(first, last + 1)]
    return tuple(names)


_Inside = Callable[[BlockConfig, Values, tuple[Axis, ...], float, FloatArray], tuple[Stage, ...]]
_INSIDE: Mapping[str, _Inside] = {"audio_mfcc": _mfcc, "spectral_analysis": _spectral}
