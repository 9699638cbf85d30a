"""A synthetic speaker: what makes one voice differ from another, and the glottal source."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly
from synth_phones import PHONES

RATE_HZ = 16000
OVERSAMPLING = 4


@dataclass(frozen=True, slots=True)
class Voice:
    """Constants of one speaker."""

    name: str
    pitch_hz: float
    pitch_range: float
    """Semitones that the pitch moves within a word."""
    tract: float
    """Formant scale: above 1 for a shorter vocal tract."""
    formant_bend: tuple[float, float, float]
    vowel_bend: dict[str, tuple[float, float]]
    """Phone -> factors of F1 and F2: an accent of one's own."""
    upper_hz: tuple[float, ...]
    """Formants above F3."""
    bandwidth: float
    slowness: float
    open_quotient: float
    tilt_hz: float
    """Corner of the source's low-pass: low for a soft voice."""
    breath: float
    jitter: float
    shimmer: float
    creak: float
    """Chance that a falling word ends in creak."""
    sibilant: float
    """Factor of the frication bands' frequencies."""
    noise_level: float
    release: float
    """Chance that a final stop is released."""
    variant: float
    """Where the speaker stands between the first and the second pronunciation of a word."""
    coarticulation_ms: float


def make_voice(name: str, rng: np.random.Generator) -> Voice:
    """Draw a speaker: men, women and children in about equal numbers."""
    kind = rng.choice(3, p=(0.4, 0.4, 0.2))
    pitch_low, pitch_high = ((80, 155), (150, 250), (220, 320))[kind]
    tract_low, tract_high = ((0.84, 1.03), (1.03, 1.18), (1.15, 1.26))[kind]
    tract = rng.uniform(tract_low, tract_high)
    upper = np.array([3400, 4300, 5300, 6300, 7300]) * rng.uniform(0.96, 1.04, 5)
    bend = {phone: tuple(rng.normal(1.0, (0.035, 0.028))) for phone in PHONES}
    return Voice(
        name=name,
        pitch_hz=float(np.exp(rng.uniform(np.log(pitch_low), np.log(pitch_high)))),
        pitch_range=rng.uniform(1.5, 6.0),
        tract=tract,
        formant_bend=tuple(rng.normal(1.0, (0.03, 0.025, 0.02))),
        vowel_bend=bend,
        upper_hz=tuple(upper),
        bandwidth=rng.uniform(0.8, 1.5),
        slowness=float(np.exp(rng.normal(0.08, 0.16))),
        open_quotient=rng.uniform(0.45, 0.78),
        tilt_hz=float(np.exp(rng.uniform(np.log(900), np.log(4500)))),
        breath=float(np.exp(rng.uniform(np.log(0.01), np.log(0.09)))),
        jitter=rng.uniform(0.003, 0.018),
        shimmer=rng.uniform(0.02, 0.12),
        creak=float(rng.beta(0.7, 2.5)),
        sibilant=float(tract**0.5 * rng.normal(1.0, 0.06)),
        noise_level=float(np.exp(rng.normal(0.0, 0.35))),
        release=float(rng.beta(1.6, 0.9)),
        variant=float(rng.choice((0.05, 0.95), p=(0.65, 0.35))),
        coarticulation_ms=rng.uniform(15.0, 26.0),
    )


def smooth_noise(rng: np.random.Generator, count: int, *, points: int) -> NDArray[np.float64]:
    """Return a slow random curve of unit variance, `count` values through `points` knots."""
    knots = rng.normal(size=max(points, 2) + 2)
    return np.interp(np.linspace(0, len(knots) - 1, count), np.arange(len(knots)), knots)


def glottal_source(
    voice: Voice, pitch_hz: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Synthesise the derivative of the glottal flow for a pitch contour.

    Parameters
    ----------
    voice : Voice
        Speaker.
    pitch_hz : ndarray, shape (n,)
        Fundamental frequency at every output sample (16 kHz).
    rng : Generator
        Source of jitter and shimmer.

    Returns
    -------
    source, opening : ndarray, shape (n,)
        Flow derivative of about unit RMS, and the glottal opening 0-1 that gates the breath
        noise. The pulse is KLGLOTT88's polynomial, made at four times the rate so that the
        closing edge does not alias.
    """
    rate = RATE_HZ * OVERSAMPLING
    pitch = np.repeat(pitch_hz, OVERSAMPLING)
    count = len(pitch)
    drift = 1 + voice.jitter * smooth_noise(rng, count, points=int(count / rate * 90))
    phase = np.cumsum(pitch * drift) / rate + rng.uniform()
    period = phase.astype(np.int64)
    within = phase - period
    strength = 1 + voice.shimmer * rng.normal(size=period[-1] + 1)
    quotient = np.clip(voice.open_quotient + 0.04 * smooth_noise(rng, count, points=6), 0.3, 0.9)
    u = np.minimum(within / quotient, 1.0)
    opening = u * u * (1 - u) * 6.75
    slope = np.where(u < 1, 2 * u - 3 * u * u, 0.0) * strength[period]
    source = resample_poly(slope, 1, OVERSAMPLING)
    return source / (np.std(source) + 1e-9), opening[::OVERSAMPLING]
