"""From a word and a voice to sound: control tracks with coarticulation, then source and filter.

The filter changes from frame to frame: each 6 ms stretch of the source (Hann, half overlapping)
passes through the vocal tract of its moment, computed as a product of resonances on an FFT grid.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import lfilter
from synth_phones import PHONES, WORDS, Phone
from synth_voice import RATE_HZ, Voice, glottal_source, smooth_noise

HOP = 48
FFT = 1024
FRAME_MS = HOP * 1000 / RATE_HZ
_HZ = np.fft.rfftfreq(FFT, 1 / RATE_HZ)
_Z = np.exp(-2j * np.pi * _HZ / RATE_HZ)

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of constant articulation (or a glide), part of a phone."""

    phone: str
    frames: int
    start_hz: Array
    stop_hz: Array
    dominance: float
    voicing: float
    breath: float
    noise: float
    nasal: float


def _segment(
    voice: Voice, name: str, phone: Phone, milliseconds: float, **levels: float
) -> Segment:
    first, second = voice.vowel_bend[name]
    factor = voice.tract * np.array(voice.formant_bend) * np.array((first, second, 1.0))
    start = np.array(phone.formants) * factor
    stop = np.array(phone.glide) * factor if phone.glide else start
    amounts = {"voicing": 0.0, "breath": 0.0, "noise": 0.0, "nasal": 0.0} | levels
    frames = max(2, round(milliseconds / FRAME_MS))
    return Segment(name, frames, start, stop, phone.dominance, **amounts)


def _stop_segments(
    voice: Voice,
    name: str,
    milliseconds: float,
    *,
    after_s: bool,
    final: bool,
    rng: np.random.Generator,
) -> list[Segment]:
    phone = PHONES[name]
    bar = 0.10 if phone.voiced else 0.0
    segments = [_segment(voice, name, phone, milliseconds, voicing=bar)]
    if final and rng.uniform() > voice.release:
        return segments
    burst = phone.noise_level * voice.noise_level * rng.uniform(0.7, 1.4)
    segments.append(_segment(voice, name, phone, rng.uniform(7, 14), noise=burst))
    if not phone.voiced:
        delay = rng.uniform(8, 18) if after_s else rng.uniform(30, 65)
        airy = replace(phone, dominance=0.12)
        level = 0.10 if final else 0.22
        segments.append(_segment(voice, name, airy, delay, breath=level, noise=0.06 * burst))
    return segments


def _segments(voice: Voice, word: str, slowness: float, rng: np.random.Generator) -> list[Segment]:
    spoken = WORDS[word]
    names = spoken[-1 if rng.uniform() < voice.variant else 0].split()
    result: list[Segment] = []
    for i, name in enumerate(names):
        phone = PHONES[name]
        final = i == len(names) - 1
        span = phone.duration_ms * slowness * np.exp(rng.normal(0, 0.12))
        span *= 1.25 if final and phone.kind != "stop" else 1.0
        if phone.kind == "stop":
            after_s = i > 0 and names[i - 1] == "S"
            result += _stop_segments(voice, name, span, after_s=after_s, final=final, rng=rng)
            continue
        hiss = phone.noise_level * voice.noise_level * rng.uniform(0.75, 1.3)
        if phone.kind == "affricate":
            bar = 0.1 if phone.voiced else 0.0
            result.append(_segment(voice, name, phone, 0.35 * span, voicing=bar))
            result.append(_segment(voice, name, phone, 0.65 * span, noise=hiss, breath=0.05))
            continue
        voicing = {"vowel": 1.0, "liquid": 0.75, "nasal": 0.55, "breath": 0.0}.get(phone.kind)
        if voicing is None:
            voicing = 0.35 if phone.voiced else 0.0
        levels = {"voicing": voicing, "noise": hiss, "nasal": float(phone.kind == "nasal")}
        levels["breath"] = 0.22 if phone.kind == "breath" else 0.0
        result.append(_segment(voice, name, phone, span, **levels))
    return result


def _formant_tracks(segments: list[Segment], coarticulation_ms: float) -> Array:
    """Return F1-F3, shape (frames, 3): targets blended by dominance over time."""
    targets = np.concatenate([np.linspace(s.start_hz, s.stop_hz, s.frames) for s in segments])
    weight = np.concatenate([np.full(s.frames, s.dominance) for s in segments])[:, None]
    sigma = coarticulation_ms / FRAME_MS
    blended = gaussian_filter1d(targets * weight, sigma, axis=0, mode="nearest")
    return blended / gaussian_filter1d(weight, sigma, axis=0, mode="nearest")


def _level_track(segments: list[Segment], name: str, sigma_ms: float) -> Array:
    steps = np.concatenate([np.full(s.frames, getattr(s, name)) for s in segments])
    return gaussian_filter1d(steps, sigma_ms / FRAME_MS, mode="constant")


def _resonance(hz: Array, bandwidth_hz: Array | float) -> NDArray[np.complex128]:
    """Second-order resonator with unit gain at 0 Hz; shape (frames, bins)."""
    radius = np.exp(-np.pi * np.asarray(bandwidth_hz) / RATE_HZ)
    b = (2 * radius * np.cos(2 * np.pi * hz / RATE_HZ))[:, None]
    c = np.broadcast_to(-(radius**2), hz.shape)[:, None]
    return (1 - b - c) / (1 - b * _Z - c * _Z**2)


def _tract_filter(voice: Voice, formants: Array, nasal: Array) -> NDArray[np.complex128]:
    frames = len(formants)
    wide = voice.bandwidth * (1 + 0.8 * nasal)
    gain = np.ones((frames, len(_HZ)), dtype=np.complex128)
    for k, base in enumerate((60.0, 90.0, 140.0)):
        gain *= _resonance(formants[:, k], base * wide)
    for k, hz in enumerate(voice.upper_hz):
        if hz * voice.tract < 7500:
            gain *= _resonance(np.full(frames, hz * voice.tract), (220.0 + 80 * k) * wide)
    coupled = nasal > 0.02
    if coupled.any():
        zero = 450 + 500 * voice.tract * np.minimum(formants[coupled, 1] / 1600, 1.3)
        pair = _resonance(np.full(len(zero), 270.0 * voice.tract), 100.0)
        pair = pair / _resonance(zero, 120.0)
        share = nasal[coupled, None]
        gain[coupled] *= (1 - share) + share * pair
    return gain


def _noise_filter(voice: Voice, segments: list[Segment]) -> Array:
    rows = []
    for s in segments:
        shape = np.full(len(_HZ), 1e-3)
        for centre, width, level in PHONES[s.phone].noise:
            scaled = min(centre * voice.sibilant, 7600.0)
            shape += 10 ** (level / 20) * np.exp(-(((_HZ - scaled) / width) ** 2))
        rows += [shape * s.noise] * s.frames
    return gaussian_filter1d(np.array(rows), 4.0 / FRAME_MS, axis=0, mode="constant")


def _filter(source: Array, gain: NDArray[np.number], *, lead: int) -> Array:
    """Pass each frame of `source` through its row of `gain`; `lead` samples may ring ahead."""
    frames = len(gain)
    padded = np.concatenate([np.zeros(HOP), source[: frames * HOP], np.zeros(2 * HOP)])
    index = np.arange(frames)[:, None] * HOP + np.arange(2 * HOP)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(2 * HOP) + 0.5) / (2 * HOP))
    blocks = np.zeros((frames, FFT))
    blocks[:, lead : lead + 2 * HOP] = padded[index] * window
    shaped = np.fft.irfft(np.fft.rfft(blocks) * gain, FFT)
    out = np.zeros(lead + frames * HOP + FFT)
    for i, block in enumerate(shaped):
        out[i * HOP : i * HOP + FFT] += block
    return out[lead + HOP :]


def _pitch_contour(voice: Voice, count: int, rng: np.random.Generator) -> tuple[Array, bool]:
    """Return Hz per sample and whether the word ends in creak."""
    shape = rng.choice(4, p=(0.5, 0.15, 0.2, 0.15))
    t = np.linspace(0, 1, count)
    curve = (
        0.5 - t,
        t**2 - 0.4,
        np.sin(np.pi * t**0.8) - 0.5,
        0.25 - 0.5 * t,
    )[shape]
    semitones = voice.pitch_range * curve * rng.uniform(0.6, 1.4) + rng.normal(0, 1.2)
    semitones = semitones + 0.25 * smooth_noise(rng, count, points=8)
    creaky = bool(shape == 0 and rng.uniform() < voice.creak)
    if creaky:
        semitones = semitones - 9 * np.clip((t - 0.72) / 0.28, 0, 1) ** 1.5
    return np.clip(voice.pitch_hz * 2 ** (semitones / 12), 55, 520), creaky


def _excitation(voice: Voice, segments: list[Segment], rng: np.random.Generator) -> Array:
    """Return voiced pulses and breath noise, shaped by their level tracks."""
    voicing = _level_track(segments, "voicing", 7.0)
    breath = _level_track(segments, "breath", 5.0)
    count = len(voicing) * HOP
    pitch, creaky = _pitch_contour(voice, count, rng)
    pulses, opening = glottal_source(voice, pitch, rng)
    effort = np.exp(rng.normal(0, 0.25))
    pole = np.exp(-2 * np.pi * min(voice.tilt_hz * effort, 6000) / RATE_HZ)
    pulses = lfilter([1 - pole], [1, -pole], pulses)
    pulses /= np.std(pulses) + 1e-9
    times = np.arange(count) / HOP
    envelope = np.interp(times, np.arange(len(voicing)), voicing)
    t = np.linspace(0, 1, count)
    envelope *= np.minimum(1, 0.75 + t * 4) * (1 - (0.7 if creaky else 0.45) * t**2)
    airflow = rng.normal(size=count)
    airflow = np.append(airflow[0], np.diff(airflow) * 0.6 + airflow[1:] * 0.4)
    leak = voice.breath * envelope * (0.4 + opening)
    gust = np.interp(times, np.arange(len(breath)), breath)
    return pulses * envelope + airflow * (leak + gust)


def speak(voice: Voice, word: str, rng: np.random.Generator, *, longest_s: float = 0.84) -> Array:
    """Say a word.

    Parameters
    ----------
    voice : Voice
        Speaker.
    word : str
        A key of `WORDS`.
    rng : Generator
        What makes this utterance differ from the speaker's others.
    longest_s : float
        Slow utterances are spoken faster until they fit.

    Returns
    -------
    ndarray, shape (n,)
        Dry speech at 16 kHz; its loudest 50 ms have unit RMS.
    """
    slowness = voice.slowness * np.exp(rng.normal(0, 0.1))
    segments = _segments(voice, word, slowness, rng)
    seconds = sum(s.frames for s in segments) * FRAME_MS / 1000
    if seconds > longest_s:
        shrink = longest_s / seconds
        segments = [replace(s, frames=max(2, int(s.frames * shrink))) for s in segments]
    formants = _formant_tracks(segments, voice.coarticulation_ms * np.exp(rng.normal(0, 0.15)))
    wander = smooth_noise(rng, len(formants), points=5)[:, None]
    formants = formants * (1 + 0.012 * wander)
    nasal = _level_track(segments, "nasal", 14.0)
    tract = _tract_filter(voice, formants, nasal)
    sound = _filter(_excitation(voice, segments, rng), tract, lead=0)
    hiss = rng.normal(size=len(formants) * HOP)
    sound /= 2.2 * np.std(sound) + 1e-9
    noisy = _filter(hiss, _noise_filter(voice, segments), lead=HOP * 8)
    length = min(len(sound), len(noisy), (len(formants) + 8) * HOP)
    sound = sound[:length] + 2.0 * noisy[:length]
    power = np.convolve(sound**2, np.ones(800) / 800, mode="valid")
    return sound / np.sqrt(power.max())
