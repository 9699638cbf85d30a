"""Varied copies of training windows, made from the readings before any feature is computed.

Audio: the word elsewhere in the window, said faster or slower (which moves pitch and formants, as
another speaker's voice does), through another microphone (a random smooth frequency response),
louder or softer, over recorded or synthetic noise. Sensors: shifted, slightly faster or slower,
scaled, with jitter; never rotated or mirrored, since how a board is mounted may be the label.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.params import param

Readings = NDArray[Any]

TONE_POINTS = 6
"""Points of a random microphone response, evenly over 0 .. half the sample rate."""

BACKGROUND_LABELS = frozenset({"noise", "silence", "background", "_background_noise_"})
"""Labels (lower case) whose training windows serve as noise to mix in."""


@dataclass(frozen=True, slots=True)
class AudioAugment:
    """How copies of sound windows differ from the original."""

    augment_copies: int = param(
        3, "Varied copies", low=0, high=50, help="Copies made of each training window."
    )
    shift_percent: float = param(
        20.0, "Time shift", units="%", low=0, high=50, help="Largest shift, of the window length."
    )
    speed_percent: float = param(
        25.0, "Speed change", units="%", low=0, high=50, help="Largest change of speed and pitch."
    )
    gain_db: float = param(12.0, "Loudness change", units="dB", low=0, high=40)
    tone_db: float = param(
        6.0,
        "Microphone variation",
        units="dB",
        low=0,
        high=20,
        help="How much the random frequency response changes from one sixth of the band to the "
        "next (standard deviation).",
    )
    noise_percent: float = param(
        80.0, "Share with noise", units="%", low=0, high=100, help="Copies that get noise."
    )
    snr_low_db: float = param(0.0, "Loudest noise", units="dB", low=-20, high=80)
    snr_high_db: float = param(40.0, "Softest noise", units="dB", low=-20, high=80)


@dataclass(frozen=True, slots=True)
class SensorAugment:
    """How copies of sensor windows differ from the original."""

    augment_copies: int = param(
        3, "Varied copies", low=0, high=50, help="Copies made of each training window."
    )
    shift_percent: float = param(
        20.0, "Time shift", units="%", low=0, high=50, help="Largest shift, of the window length."
    )
    speed_percent: float = param(
        5.0, "Speed change", units="%", low=0, high=50, help="Largest change of speed."
    )
    scale_percent: float = param(
        10.0, "Strength change", units="%", low=0, high=50, help="Largest change of movement."
    )
    jitter_percent: float = param(
        5.0,
        "Jitter",
        units="%",
        low=0,
        high=100,
        help="Added noise, of each axis' standard deviation within the window.",
    )


AugmentParams = AudioAugment | SensorAugment


def augment_class(dtype: str) -> type[AudioAugment] | type[SensorAugment]:
    """Return the class of settings for readings of a dtype: int16 is audio."""
    return AudioAugment if dtype == "int16" else SensorAugment


def augment(
    readings: Readings,
    start: int,
    *,
    length: int,
    settings: AugmentParams,
    rng: np.random.Generator,
    backgrounds: Sequence[Readings] = (),
) -> Readings:
    """Return one varied copy of the window that begins at `start`.

    Parameters
    ----------
    readings : ndarray, (n, n_axes)
        The whole recording, so that a shifted window shows what was really there. Beyond its ends
        audio is silent and sensors stay at their last value, unless the recording is shorter
        than the window: then both are 0 there, as in the original window.
    start : int
        First reading of the window; may be negative when a short recording is centred in it.
    length : int
        Readings in a window.
    rng : Generator
        Source of all randomness.
    backgrounds : sequence of ndarray, (length, n_axes)
        Windows of noise to mix in (audio only).

    Returns
    -------
    ndarray, (length, n_axes), of the readings' dtype
    """
    silent = isinstance(settings, AudioAugment) or len(readings) < length
    window = _stretched(readings, start, length, settings, rng, silent=silent)
    if isinstance(settings, AudioAugment):
        changed = _audio(window, settings, rng, backgrounds)
        return np.clip(np.round(changed), -32768, 32767).astype(np.int16)
    return _sensor(window, settings, rng).astype(np.float32)


def _stretched(
    readings: Readings,
    start: int,
    length: int,
    settings: AugmentParams,
    rng: np.random.Generator,
    *,
    silent: bool,
) -> NDArray[np.float64]:
    """Read the window shifted and at another speed, by linear interpolation."""
    largest = settings.speed_percent / 100
    speed = float(np.exp(rng.uniform(-largest, largest)))
    shift = rng.uniform(-1, 1) * settings.shift_percent / 100 * length
    centre = start + (length - 1) / 2 + shift
    positions = centre + (np.arange(length) - (length - 1) / 2) * speed
    low = max(0, int(np.floor(positions[0])))
    high = min(len(readings), int(np.ceil(positions[-1])) + 1)
    if high <= low:
        low, high = 0, len(readings)
    part = np.asarray(readings[low:high], np.float64)
    at = np.arange(low, high)
    edge: dict[str, float] = {"left": 0.0, "right": 0.0} if silent else {}
    return np.stack([np.interp(positions, at, axis, **edge) for axis in part.T], axis=1)


def _audio(
    window: NDArray[np.float64],
    settings: AudioAugment,
    rng: np.random.Generator,
    backgrounds: Sequence[Readings],
) -> NDArray[np.float64]:
    loudness = max(_loudness(window), 1.0)  # even silence gets noise of the smallest step
    if settings.tone_db > 0:
        window = _through_microphone(window, settings.tone_db, rng)
    if rng.uniform(0, 100) < settings.noise_percent:
        low, high = sorted((settings.snr_low_db, settings.snr_high_db))
        noise = _noise(window.shape, rng, backgrounds)
        strength = loudness * 10 ** (-rng.uniform(low, high) / 20)
        window = window + noise * (strength / max(_loudness(noise), 1e-30))
    return np.asarray(window * 10 ** (rng.uniform(-settings.gain_db, settings.gain_db) / 20))


def _loudness(window: NDArray[np.float64]) -> float:
    """Return the root mean square of the part that is not silent padding."""
    sounding = window[window != 0]
    return float(np.sqrt(np.mean(sounding**2))) if sounding.size else 0.0


def _through_microphone(
    window: NDArray[np.float64], tone_db: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    walk = np.cumsum(rng.normal(0, tone_db, TONE_POINTS))
    spectrum = np.fft.rfft(window, axis=0)
    place = np.linspace(0, TONE_POINTS - 1, len(spectrum))
    gain = 10 ** (np.interp(place, np.arange(TONE_POINTS), walk - walk.mean()) / 20)
    return np.fft.irfft(spectrum * gain[:, np.newaxis], len(window), axis=0)


def _noise(
    shape: tuple[int, ...], rng: np.random.Generator, backgrounds: Sequence[Readings]
) -> NDArray[np.float64]:
    """Return recorded noise half of the time, if there is any, else noise of a random colour."""
    if backgrounds and rng.random() < 0.5:
        chosen = backgrounds[int(rng.integers(len(backgrounds)))].astype(np.float64)
        return np.roll(chosen, int(rng.integers(len(chosen))), axis=0)
    spectrum = np.fft.rfft(rng.standard_normal(shape), axis=0)
    colour = rng.uniform(0, 1)  # the exponent of 1/f: from white towards brown
    bins = np.maximum(np.arange(len(spectrum)), len(spectrum) // 200 + 1)
    return np.fft.irfft(spectrum / bins[:, np.newaxis] ** colour, shape[0], axis=0)


def _sensor(
    window: NDArray[np.float64], settings: SensorAugment, rng: np.random.Generator
) -> NDArray[np.float64]:
    mean = window.mean(axis=0)
    strength = np.exp(rng.uniform(-1, 1) * settings.scale_percent / 100)
    jitter = rng.standard_normal(window.shape) * window.std(axis=0) * settings.jitter_percent / 100
    return np.asarray(mean + (window - mean) * strength + jitter)
