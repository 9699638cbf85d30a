"""The signal blocks in float64 NumPy and SciPy, written from their description, not from the C."""

import math
from typing import Any

import numpy as np
import scipy.fft
import scipy.signal
import scipy.stats

Array = np.ndarray[Any, Any]


class Refused(Exception):
    """The description refuses these parameters."""


def _samples(seconds: float, rate: float) -> int:
    exact = seconds * rate
    return math.floor(exact) if exact - math.floor(exact) < 1e-3 else math.ceil(exact)


def mel_bank(*, num_filters: int, fft_length: int, low: float, high: float, rate: float) -> Array:
    """Triangles (num_filters, fft_length / 2 + 1) on the mel scale, bin by bin."""
    high = high or rate / 2
    if high > rate / 2 or low >= high:
        raise Refused
    mels = np.linspace(*(1127 * np.log(1 + np.array([low, high]) / 700)), num_filters + 2)
    points = np.floor((fft_length + 1) * 700 * (np.exp(mels / 1127) - 1) / rate).astype(int)
    bank = np.zeros((num_filters, fft_length // 2 + 1))
    for i in range(num_filters):
        left, peak, right = points[i : i + 3]
        for k in range(left + 1, peak + 1):
            bank[i, k] = (k - left) / (peak - left)
        for k in range(peak, right):
            bank[i, k] = (right - k) / (right - peak)
    if (bank.sum(axis=1) == 0).any():
        raise Refused
    return bank


def _sliding(values: Array, size: int) -> Array:
    padded = np.pad(values, ((size // 2, size // 2), (0, 0)), "symmetric")
    return np.lib.stride_tricks.sliding_window_view(padded, size, axis=0)


def mfcc(
    window: Array,
    rate: float,
    *,
    num_cepstral: int = 13,
    frame_length: float = 0.02,
    frame_stride: float = 0.02,
    num_filters: int = 32,
    fft_length: int = 256,
    win_size: int = 101,
    low_frequency: float = 0,
    high_frequency: float = 0,
    pre_cof: float = 0.98,
    rounding: Array | float = 0.0,
) -> Array:
    """Features (frames, num_cepstral) of a mono window; `rounding` disturbs each reading."""
    x = window.astype(float)
    y = (x - pre_cof * np.roll(x, 1)) * (1 + rounding)
    length, stride = _samples(frame_length, rate), _samples(frame_stride, rate)
    if min(length, stride) < 1 or length > len(x):
        raise Refused
    count = math.floor((len(x) - (length - stride)) / stride)
    if not 1 <= count <= 500 or num_cepstral > num_filters or (win_size and win_size % 2 == 0):
        raise Refused
    frames = np.stack([y[i * stride : i * stride + length] for i in range(count)])
    power = np.abs(np.fft.rfft(frames, fft_length)) ** 2 / fft_length
    bank = mel_bank(
        num_filters=num_filters,
        fft_length=fft_length,
        low=low_frequency,
        high=high_frequency,
        rate=rate,
    )
    mel, energy = power @ bank.T, power.sum(axis=1)
    mel[mel == 0] = 1e-10
    energy[energy == 0] = 1e-10
    result = scipy.fft.dct(np.log(mel), type=2, norm="ortho", axis=1)[:, :num_cepstral]
    result[:, 0] = np.log(energy)
    if win_size:
        result = result - _sliding(result, win_size).mean(axis=-1)
        result = result / (_sliding(result, win_size).std(axis=-1) + 1e-10)
    return np.asarray(result)


RATIOS = {1: (), 3: (3,), 10: (10,), 30: (3, 10), 100: (10, 10), 1000: (10, 10, 10)}


def _rounded(sections: Array) -> Array:
    """Coefficients as the board holds them."""
    return sections.astype(np.float32).astype(np.float64)


def decimated(x: Array, ratio: int) -> Array:
    sections = _rounded(scipy.signal.cheby1(8, 0.05, 0.8 / ratio, output="sos"))
    state = scipy.signal.sosfilt_zi(sections) * x[0]
    return np.asarray(scipy.signal.sosfilt(sections, x, zi=state)[0][::ratio])


def _shape(values: Array) -> list[float]:
    if np.ptp(values) == 0:
        return [0.0, 0.0]
    return [float(scipy.stats.skew(values)), float(scipy.stats.kurtosis(values))]


def _analyse(x: Array, kept: range, fft_length: int, do_log: bool, do_fft_overlap: bool) -> Array:
    x = x - x.mean()
    hop = fft_length // 2 if do_fft_overlap else fft_length
    frames = [x[i : i + fft_length] for i in range(0, len(x), hop)]
    power = np.max([np.abs(np.fft.rfft(f, fft_length)) ** 2 / fft_length for f in frames], axis=0)
    bins = power[kept.start : kept.stop].copy()
    if do_log:
        bins[bins == 0] = 1e-10
        bins = np.log10(bins)
    return np.array([np.sqrt((x**2).mean()), *_shape(x), *_shape(power), *bins])


def spectral(
    window: Array,
    rate: float,
    *,
    scale_axes: float = 1,
    input_decimation_ratio: int = 1,
    filter_type: str = "none",
    filter_cutoff: float = 3,
    filter_order: int = 6,
    fft_length: int = 16,
    do_log: bool = True,
    do_fft_overlap: bool = True,
    extra_low_freq: bool = False,
    rounding: float = 0.0,
    seed: int = 0,
) -> Array:
    """Flat features of a window (n_readings, n_axes); `rounding` disturbs what is analysed.

    The disturbance is relative to the greatest reading: so much a chain of filters may lose.
    """
    noise = np.random.default_rng(seed)
    rate /= input_decimation_ratio
    position = filter_cutoff * fft_length / rate
    low = {"high": max(1, int(position - 0.5) + 1)}.get(filter_type, 1)
    high = {"low": min(fft_length // 2, int(position + 0.5))}.get(filter_type, fft_length // 2)
    if high < low or (filter_type != "none" and filter_cutoff >= rate / 2):
        raise Refused
    kept = range(low, high + 1)
    parts: list[Array] = []
    extra: list[Array] = []
    for axis in window.astype(float).T:
        x = axis * scale_axes
        for ratio in RATIOS[input_decimation_ratio]:
            x = decimated(x, ratio)
        if filter_type != "none" and filter_order:
            sections = scipy.signal.butter(
                filter_order, filter_cutoff, filter_type, fs=rate, output="sos"
            )
            x = scipy.signal.sosfilt(_rounded(sections), x)
        if rounding:
            x = x + noise.normal(0, rounding * np.abs(axis * scale_axes).max(), len(x))
        if len(x) < fft_length or (extra_low_freq and len(x) < 5 * fft_length):
            raise Refused
        parts.append(_analyse(x, kept, fft_length, do_log, do_fft_overlap))
        if extra_low_freq:
            slow = decimated(x - x.mean(), 10)
            extra.append(_analyse(slow, kept, fft_length, do_log, do_fft_overlap))
    return np.concatenate(parts + extra)
