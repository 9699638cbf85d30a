"""What lies between a mouth and a recording: room echo, background noise and the microphone."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, lfilter, sosfilt
from synth_voice import RATE_HZ, smooth_noise

Array = NDArray[np.float64]


def coloured_noise(rng: np.random.Generator, count: int, *, slope: float) -> Array:
    """Gaussian noise with a power spectrum of 1 / f**slope above 40 Hz, unit RMS."""
    hz = np.maximum(np.fft.rfftfreq(count, 1 / RATE_HZ), 40.0)
    spectrum = np.fft.rfft(rng.normal(size=count)) * hz ** (-slope / 2)
    sound = np.fft.irfft(spectrum, count)
    return sound / np.std(sound)


def room_response(rng: np.random.Generator) -> Array:
    """Impulse response of a small room, peak 1 at its first sample.

    A shoebox's early reflections by image sources up to the second order, then a tail of noise
    that decays within 0.12-0.55 s, faster at high frequencies.
    """
    size = rng.uniform((2.2, 2.5, 2.2), (7.0, 6.0, 3.4))
    mouth, microphone = (rng.uniform(0.15, 0.85, (2, 3)) * size).astype(float)
    decay_s = rng.uniform(0.12, 0.55)
    wall = rng.uniform(0.35, 0.75)
    response = np.zeros(int(RATE_HZ * min(decay_s, 0.5)) + 800)
    near = rng.uniform(0.2, 1.0)
    span = np.arange(-1, 2)
    for cell in np.stack(np.meshgrid(span, span, span), -1).reshape(-1, 3):
        for flip in (0, 1):
            image = 2 * cell * size + np.where(flip, -mouth, mouth)
            distance = float(np.linalg.norm(image - microphone))
            bounces = int(np.abs(2 * cell).sum() + flip)
            at = int(distance / 343 * RATE_HZ)
            if bounces and at < len(response):
                response[at] += near * wall**bounces / max(distance, 0.4)
    t = np.arange(len(response)) / RATE_HZ
    tail = rng.normal(size=len(t)) * 10 ** (-3 * t / decay_s)
    dull = lfilter([0.45], [1, -0.55], tail)
    start = int(0.008 * RATE_HZ)
    response[start:] += near * rng.uniform(0.006, 0.03) * dull[:-start]
    response[0] = 1.0
    return response


def _hum(rng: np.random.Generator, count: int) -> Array:
    mains = rng.choice((50.0, 60.0)) * 2
    t = np.arange(count) / RATE_HZ
    sound = 0.25 * coloured_noise(rng, count, slope=1.6)
    for k in range(1, rng.integers(4, 11)):
        level = rng.uniform(0.2, 1.0) / k
        sound += level * np.sin(2 * np.pi * mains * k * t + rng.uniform(0, 6.3))
    return sound


def _fan(rng: np.random.Generator, count: int) -> Array:
    blades = rng.uniform(60, 240) * (1 + 0.01 * smooth_noise(rng, count, points=count // 16000))
    turn = 2 * np.pi * np.cumsum(blades) / RATE_HZ
    rush = coloured_noise(rng, count, slope=rng.uniform(1.2, 2.0))
    rush *= 1 + rng.uniform(0.05, 0.25) * np.sin(turn / 4)
    tone = np.sin(turn) + 0.5 * np.sin(2 * turn + 1) + 0.2 * np.sin(3 * turn)
    return rush + rng.uniform(0.1, 0.6) * tone


def _clicks(rng: np.random.Generator, count: int) -> Array:
    sound = 0.12 * coloured_noise(rng, count, slope=1.5)
    t = np.arange(int(0.05 * RATE_HZ)) / RATE_HZ
    at = 0
    pace = rng.uniform(0.08, 0.5)
    while at < count:
        ring = np.zeros(len(t))
        for _ in range(3):
            hz, decay = rng.uniform(300, 4500), rng.uniform(120, 700)
            ring += rng.normal() * np.sin(2 * np.pi * hz * t) * np.exp(-decay * t)
        stop = min(at + len(t), count)
        sound[at:stop] += rng.uniform(0.4, 2.0) * ring[: stop - at]
        at += int(rng.exponential(pace) * RATE_HZ) + 400
    return sound


def _rumble(rng: np.random.Generator, count: int) -> Array:
    passing = np.exp(0.8 * smooth_noise(rng, count, points=max(2, count // 24000)))
    return coloured_noise(rng, count, slope=2.2) * passing


def _pink(rng: np.random.Generator, count: int) -> Array:
    return coloured_noise(rng, count, slope=rng.uniform(0.9, 1.5))


def _music(rng: np.random.Generator, count: int) -> Array:
    """Play a slow tune of decaying tones, as from a far radio."""
    sound = 0.1 * coloured_noise(rng, count, slope=1.4)
    root = rng.uniform(110, 330)
    at = 0
    while at < count:
        length = int(rng.choice((0.25, 0.5, 0.75)) * RATE_HZ)
        t = np.arange(min(2 * length, count - at)) / RATE_HZ
        hz = root * 2 ** (rng.choice((0, 2, 4, 5, 7, 9, 12)) / 12)
        for k in range(1, 6):
            partial = np.sin(2 * np.pi * hz * k * t) * np.exp(-(1.5 + k) * t)
            sound[at : at + len(t)] += rng.uniform(0.3, 1.0) / k * partial
        at += length
    return sound


STEADY: dict[str, Callable[[np.random.Generator, int], Array]] = {
    "pink": _pink,
    "hum": _hum,
    "fan": _fan,
    "clicks": _clicks,
    "rumble": _rumble,
    "music": _music,
}


def background(kind: str, rng: np.random.Generator, count: int) -> Array:
    """Noise of a `STEADY` kind, from afar; unit RMS."""
    return furnish(STEADY[kind](rng, count), rng)


def furnish(sound: Array, rng: np.random.Generator) -> Array:
    """Dull a distant sound as air, doors and furniture do; unit RMS."""
    soft = butter(3, rng.uniform(900, 3200), fs=RATE_HZ, output="sos")
    sound = sosfilt(soft, sound) + 0.006 * sound
    return sound / np.std(sound)


def microphone(sound: Array, rng: np.random.Generator) -> Array:
    """Colour a session as a small microphone in its housing does."""
    low = butter(1, rng.uniform(60, 160), "high", fs=RATE_HZ, output="sos")
    high = butter(2, rng.uniform(5500, 7600), fs=RATE_HZ, output="sos")
    sound = sosfilt(high, sosfilt(low, sound))
    hz, width = rng.uniform(1500, 6000), rng.uniform(0.5, 1.2)
    band = butter(1, (hz / 2**width, min(hz * 2**width, 7900)), "band", fs=RATE_HZ, output="sos")
    return sound + rng.uniform(-0.35, 0.6) * sosfilt(band, sound)


def echo(sound: Array, response: Array) -> Array:
    """Speech in a room; as long as `sound`."""
    return fftconvolve(sound, response)[: len(sound)]
