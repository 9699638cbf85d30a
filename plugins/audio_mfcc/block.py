"""Audio (MFCC): what a voice sounds like, frame by frame, independent of loudness and pitch."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from studio.api import Axis, BlockConfig, ConfigError, param, quarter_sine

MAX_FRAMES = 500


@dataclass(frozen=True, slots=True)
class MfccParams:
    """Parameters, names and defaults of Edge Impulse's MFCC block, version 4."""

    num_cepstral: int = param(
        13,
        "Number of coefficients",
        help="Values kept per frame. More describe finer detail and need more memory.",
        low=1,
        high=128,
    )
    frame_length: float = param(
        0.02,
        "Frame length",
        help="Stretch of sound looked at at once. What exceeds the FFT length is ignored.",
        units="s",
        low=0.0001,
        high=2,
    )
    frame_stride: float = param(
        0.02, "Frame stride", help="Time between two frames.", units="s", low=0.0001, high=2
    )
    num_filters: int = param(
        32,
        "Filter number",
        help="Bands on the mel scale, which is spaced as we hear pitch.",
        low=1,
        high=128,
    )
    fft_length: int = param(
        256,
        "FFT length",
        help="Samples per transform, a power of two.",
        choices=(8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096),
    )
    win_size: int = param(
        101,
        "Normalization window size",
        help="Frames over which mean and variance are evened out: odd, or 0 for off.",
        low=0,
        high=1001,
    )
    low_frequency: float = param(
        0.0, "Low frequency", help="Lowest frequency heard.", units="Hz", low=0
    )
    high_frequency: float = param(
        0.0, "High frequency", help="Highest frequency heard; 0 = all.", units="Hz", low=0
    )
    pre_cof: float = param(
        0.98, "Pre-emphasis", help="Lifts high frequencies; 0 = off.", low=0, high=1
    )


def _check(params: MfccParams, axes: tuple[Axis, ...]) -> None:
    if len(axes) != 1:
        raise ConfigError(
            f"The window has {len(axes)} axes; Audio (MFCC) takes one.",
            "Choose one axis (the microphone), or another signal block.",
        )
    if params.win_size and params.win_size % 2 == 0:
        raise ConfigError(
            f"win_size is {params.win_size}, an even number.",
            f"Give win_size an odd value such as {params.win_size + 1}, or 0 for off.",
        )
    if params.num_cepstral > params.num_filters:
        raise ConfigError(
            f"num_cepstral is {params.num_cepstral}, more than the {params.num_filters} filters.",
            "Lower num_cepstral or raise num_filters.",
        )


def _samples(seconds: float, sample_rate_hz: float) -> int:
    """Round up, unless the product is a whole number but for the last digits."""
    exact = seconds * sample_rate_hz
    floor = math.floor(exact)
    return floor if exact - floor < 0.001 else floor + 1


def _frames(params: MfccParams, n_readings: int, sample_rate_hz: float) -> tuple[int, int, int]:
    """Return samples per frame, samples per stride, number of frames."""
    length = _samples(params.frame_length, sample_rate_hz)
    stride = _samples(params.frame_stride, sample_rate_hz)
    if length < 1 or stride < 1:
        raise ConfigError(
            f"At {sample_rate_hz:g} Hz frame length and stride are {length} and {stride} samples.",
            "Raise frame_length and frame_stride.",
        )
    frames = (n_readings - (length - stride)) // stride
    if n_readings < length or frames < 1:
        raise ConfigError(
            f"The window holds {n_readings} readings; one frame needs {length}.",
            "Raise the window length or lower frame_length.",
        )
    if frames > MAX_FRAMES:
        raise ConfigError(
            f"The window gives {frames} frames; at most {MAX_FRAMES} are possible.",
            "Raise frame_stride or shorten the window.",
        )
    return length, stride, frames


def _edges(params: MfccParams, sample_rate_hz: float) -> NDArray[np.uint16]:
    """Return the FFT bins at which the mel filters begin, peak and end."""
    nyquist = sample_rate_hz / 2
    high = params.high_frequency or nyquist
    if high > nyquist:
        raise ConfigError(
            f"high_frequency is {high:g} Hz; a rate of {sample_rate_hz:g} Hz carries up to "
            f"{nyquist:g} Hz.",
            f"Lower high_frequency to {nyquist:g} or set it to 0.",
        )
    if params.low_frequency >= high:
        raise ConfigError(
            f"low_frequency is {params.low_frequency:g} Hz, not below the upper end of {high:g}.",
            "Lower low_frequency.",
        )
    mel = 1127 * np.log(1 + np.array([params.low_frequency, high]) / 700)
    hz = 700 * (np.exp(np.linspace(mel[0], mel[1], params.num_filters + 2) / 1127) - 1)
    bins = np.floor((params.fft_length + 1) * hz / sample_rate_hz).astype(np.int64)
    empty = np.flatnonzero(bins[2:] == bins[:-2])
    if empty.size:
        raise ConfigError(
            f"Filter {empty[0] + 1} of {params.num_filters} falls between two bins of the FFT "
            f"of {params.fft_length} and would hear nothing.",
            "Lower num_filters or raise fft_length.",
        )
    return bins.astype(np.uint16)


def _cosines(num_cepstral: int, num_filters: int) -> NDArray[np.float32]:
    """Return the left half of the orthonormal DCT-II's rows 1 .. num_cepstral - 1."""
    k = np.arange(1, num_cepstral)[:, np.newaxis]
    n = np.arange((num_filters + 1) // 2)
    rows: NDArray[np.float64] = np.sqrt(2 / num_filters) * np.cos(
        np.pi * k * (2 * n + 1) / (2 * num_filters)
    )
    return rows.astype(np.float32)


def _tables(params: MfccParams, sample_rate_hz: float) -> dict[str, NDArray[np.generic]]:
    edges = _edges(params, sample_rate_hz)
    widths = np.diff(edges.astype(np.float64))
    slopes = np.divide(1, widths, out=np.zeros_like(widths), where=widths > 0)
    tables: dict[str, NDArray[np.generic]] = {
        "sine": quarter_sine(params.fft_length),
        "edges": edges,
        "slopes": slopes.astype(np.float32),
    }
    if params.num_cepstral > 1:
        tables["dct"] = _cosines(params.num_cepstral, params.num_filters).ravel()
    return tables


def _operations(params: MfccParams, used: int, frames: int) -> int:
    """Return about how many floating-point operations one window takes."""
    length, bins = params.fft_length, params.fft_length // 2 + 1
    per_frame = (
        3 * used  # pre-emphasis
        + 2.5 * length * math.log2(length)
        + 3 * bins  # power and energy
        + 4 * bins  # two filters at each bin
        + 20 * params.num_filters  # logarithms
        + 2 * params.num_cepstral * (params.num_filters + 1) // 2
    )
    normalising = 30 * params.num_cepstral if params.win_size else 0
    return round(frames * (per_frame + normalising))


class AudioMfcc:
    """The signal block; see `dsp/audio_mfcc.h` for what is computed."""

    id: ClassVar[str] = "audio_mfcc"
    implementation_version: ClassVar[int] = 4
    Params: ClassVar[type[MfccParams]] = MfccParams

    def configure(
        self, params: MfccParams, *, n_readings: int, axes: tuple[Axis, ...], sample_rate_hz: float
    ) -> BlockConfig:
        """Make the block ready for windows of `n_readings` of one axis."""
        _check(params, axes)
        length, stride, frames = _frames(params, n_readings, sample_rate_hz)
        return BlockConfig(
            block=self.id,
            function="tml_audio_mfcc",
            struct="tml_audio_mfcc_config",
            header="dsp/audio_mfcc.h",
            sources=("dsp/audio_mfcc.c", "dsp/rfft.c", "math/tml_math.c"),
            scalars={
                "n_readings": n_readings,
                "frames": frames,
                "frame_stride": stride,
                "frame_used": min(length, params.fft_length),
                "fft_length": params.fft_length,
                "num_filters": params.num_filters,
                "num_cepstral": params.num_cepstral,
                "win_size": params.win_size,
                "pre_cof": float(np.float32(params.pre_cof)),
                "pre_cof_rest": float(np.float32(1 - params.pre_cof)),
                "power_scale": 1 / params.fft_length,
                "win_scale": float(np.float32(1 / params.win_size)) if params.win_size else 0.0,
            },
            tables=_tables(params, sample_rate_hz),
            n_readings=n_readings,
            n_axes=1,
            output_shape=(frames, params.num_cepstral),
            scratch_bytes=4 * max(params.fft_length + params.fft_length // 2 + 1, frames),
            operations=_operations(params, min(length, params.fft_length), frames),
        )


BLOCK = AudioMfcc()
