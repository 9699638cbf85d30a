"""Make the keyword example: synthetic voices, rooms and noises, as FLAC files and a manifest.

    python resources/examples/make_keywords.py [--out FOLDER] [--seed N] [--only RECORDING]

Every voice and every noise session is its own group and lies in one split only.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from example_manifest import Entry, write_manifest
from numpy.typing import NDArray
from synth_phones import KEYWORDS, NEAR, UNKNOWN, WORDS
from synth_room import STEADY, background, echo, furnish, microphone, room_response
from synth_speech import speak
from synth_voice import RATE_HZ, Voice, make_voice

LABELS = (*KEYWORDS, "unknown", "noise")
STEP = RATE_HZ // 4
"""Spans begin on this grid, so that a board's windows (every 250 ms) meet them exactly."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Plan:
    """How a split is made up."""

    split: str
    voices: int
    keyword_times: int
    unknown_words: int
    noise_sessions: int
    quick_every: int


PLANS = (
    Plan("train", 36, 2, 3, 6, 3),
    Plan("validation", 7, 2, 3, 2, 2),
    Plan("test", 14, 4, 5, 6, 3),
)
NOISE_SPANS = 6


@dataclass(frozen=True, slots=True)
class Job:
    """One recording to make."""

    name: str
    kind: str
    """`voice`, or `place`: background alone."""
    plan: Plan
    quick: bool
    seed: tuple[int, ...]


def _session_words(plan: Plan, rng: np.random.Generator) -> list[str]:
    """Words of a session in random order; "" stands for a second of background alone."""
    near = plan.unknown_words // 3
    others = [word for word in UNKNOWN if word not in NEAR]
    words = list(KEYWORDS) * plan.keyword_times
    words += list(rng.choice(NEAR, near, replace=False))
    words += list(rng.choice(others, plan.unknown_words - near, replace=False))
    words.append("")
    return [str(word) for word in rng.permutation(words)]


def _babble(rng: np.random.Generator, count: int) -> Array:
    """Five to eight people talking at once, far away."""
    sound = np.zeros(count)
    for k in range(rng.integers(5, 9)):
        voice = make_voice(f"babble{k}", rng)
        at = int(rng.integers(0, RATE_HZ // 2))
        while at < count:
            word = speak(voice, str(rng.choice(tuple(WORDS))), rng)[: count - at]
            sound[at : at + len(word)] += rng.uniform(0.5, 1.2) * word
            at += len(word) + int(rng.exponential(0.12) * RATE_HZ)
    return furnish(echo(sound, room_response(rng)), rng)


def _noise(rng: np.random.Generator, count: int) -> Array:
    """One or two backgrounds together, now and then with people talking behind; unit RMS."""
    sound = np.zeros(count)
    for kind in rng.choice(tuple(STEADY), rng.integers(1, 3), replace=False):
        sound += rng.uniform(0.3, 1.0) * background(str(kind), rng, count)
    sound /= np.std(sound)
    if rng.uniform() < 0.3:
        sound += rng.uniform(0.2, 0.6) * _babble(rng, count)
    return sound / np.std(sound)


def _speech_track(
    voice: Voice, words: list[str], rng: np.random.Generator
) -> tuple[Array, list[tuple[float, float, str]]]:
    """Say the words one by one; return the dry sound and the labelled seconds."""
    pauses = rng.choice((4, 5), len(words), p=(0.75, 0.25))
    starts = STEP * (rng.integers(1, 4) + np.cumsum([0, *pauses]))
    sound = np.zeros(int(starts[-1]))
    spans = []
    for start, word in zip(starts[:-1].tolist(), words, strict=True):
        label = "noise" if not word else word if word in KEYWORDS else "unknown"
        spans.append((start / RATE_HZ, start / RATE_HZ + 1.0, label))
        if word:
            said = speak(voice, word, rng) * 10 ** (rng.normal(0, 2.0) / 20)
            room = RATE_HZ - len(said)
            at = start + int(room * rng.uniform(0.2, 0.8))
            sound[at : at + len(said)] += said
    return sound, spans


def _store(path: Path, sound: Array) -> None:
    peak = np.abs(sound).max()
    sound = sound if peak < 0.98 else sound * 0.98 / peak
    pcm = np.round(sound * 32767).astype(np.int16)
    soundfile.write(path, pcm, RATE_HZ, subtype="PCM_16", compression_level=1.0)


def _voice_session(folder: Path, job: Job) -> Entry:
    rng = np.random.default_rng(job.seed)
    voice = make_voice(job.name, rng)
    speech, spans = _speech_track(voice, _session_words(job.plan, rng), rng)
    speech = echo(speech, room_response(rng))
    active = np.sqrt(np.mean(speech[np.abs(speech) > 0.1] ** 2))
    snr_db = rng.uniform(5, 20)
    sound = speech / active + _noise(rng, len(speech)) * 10 ** (-snr_db / 20)
    sound = microphone(sound, rng)
    _store(folder / f"{job.name}.flac", sound * 10 ** (rng.uniform(-44, -37) / 20))
    return Entry(f"{job.name}.flac", job.name, job.plan.split, job.quick, tuple(spans))


def _noise_session(folder: Path, job: Job) -> Entry:
    rng = np.random.default_rng(job.seed)
    sound = microphone(_noise(rng, (NOISE_SPANS + 1) * RATE_HZ), rng)
    _store(folder / f"{job.name}.flac", sound * 10 ** (rng.uniform(-60, -45) / 20))
    spans = tuple((k + 0.5, k + 1.5, "noise") for k in range(NOISE_SPANS))
    return Entry(f"{job.name}.flac", job.name, job.plan.split, job.quick, spans)


def _jobs(seed: int) -> Iterator[Job]:
    for which, plan in enumerate(PLANS):
        for kind, count in (("voice", plan.voices), ("place", plan.noise_sessions)):
            for k in range(count):
                number = (seed, which, int(kind == "place"), k)
                name = f"{plan.split}_{kind}{k + 1:02d}"
                yield Job(name, kind, plan, k % plan.quick_every == 0, number)


def make_keywords(folder: Path, *, seed: int = 1, only: str = "") -> None:
    """Write the recordings and `manifest.json` into `folder`.

    Parameters
    ----------
    folder : Path
        Made if missing; recordings already there are removed.
    seed : int
        Another seed makes other voices, rooms and noises.
    only : str
        Name of the one recording to make; all if empty.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.flac"):
        old.unlink()
    make = {"voice": _voice_session, "place": _noise_session}
    entries = [make[job.kind](folder, job) for job in _jobs(seed) if only in ("", job.name)]
    head = {
        "name": "keywords",
        "title": "Keywords: forward, stop, left, right",
        "sample_rate_hz": RATE_HZ,
        "dtype": "int16",
        "axes": [{"name": "audio", "units": ""}],
        "window_ms": 1000,
        "stride_ms": 250,
        "block": "audio_mfcc",
        "block_params": {},
        "learning": "dscnn",
        "labels": list(LABELS),
    }
    write_manifest(folder, head, entries)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    here = Path(__file__).resolve().parent
    parser.add_argument("--out", type=Path, default=here / "keywords")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="name of the one recording to make")
    arguments = parser.parse_args()
    make_keywords(arguments.out, seed=arguments.seed, only=arguments.only)
