"""Health reports: planted faults of known size are found, clean signals raise no alarm."""

import json
import tracemalloc

import numpy as np
import pytest
import soundfile

from studio.errors import ConfigError
from studio.signals import measures
from studio.signals.health import Arrivals, Health, examine
from studio.types import Axis, Gap

SOUND = (Axis("audio", "wav"),)
XYZ = (Axis("x", "g"), Axis("y", "g"), Axis("z", "g"))


def noise(seconds: float, *, rate: float = 16000, rms: float = 800, seed: int = 0) -> np.ndarray:
    """Sound with more power at low frequencies, as rooms have it."""
    rng = np.random.default_rng(seed)
    white = rng.standard_normal(int(seconds * rate) + 4)
    smooth = white[:-4] + white[1:-3] + white[2:-2] + white[3:-1]
    return smooth / smooth.std() * rms


def sound(values: np.ndarray) -> np.ndarray:
    return np.clip(np.round(values), -32768, 32767).astype(np.int16)[:, None]


def movement(seconds: float, rate: float = 100.0, seed: int = 0) -> np.ndarray:
    """Three axes of a hand that moves and rests, in steps of a 16-bit sensor of 4 g."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * rate)) / rate
    active = (np.sin(2 * np.pi * 0.1 * t) > 0)[:, None]
    swing = np.stack([np.sin(2 * np.pi * f * t) for f in (1.3, 2.1, 0.7)], axis=1)
    raw = active * swing + 0.01 * rng.standard_normal((len(t), 3)) + [0, 0, 1]
    return (np.round(raw * 8192) / 8192).astype(np.float32)


def of(health: Health, kind: str) -> list:
    return [row for row in health.findings if row.kind == kind]


def kinds(health: Health) -> set[str]:
    return {row.kind for row in health.findings}


@pytest.mark.parametrize("seed", range(5))
def test_clean_recordings_raise_no_alarm(seed):
    assert examine(sound(noise(8, seed=seed)), SOUND, 16000.0).findings == ()
    assert examine(movement(60, seed=seed), XYZ, 100.0).findings == ()
    rng = np.random.default_rng(seed)
    tone = 9000 * np.sin(2 * np.pi * rng.uniform(200, 900) * np.arange(64000) / 16000)
    assert examine(sound(tone), SOUND, 16000.0).findings == ()
    slow = np.repeat(np.round(np.cumsum(rng.standard_normal(400)), 1), 25)[:, None]
    assert examine(slow.astype(np.float32), (Axis("temperature"),), 50.0).findings == ()


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_clipping_below_full_scale_is_counted(level):
    t = np.arange(32000) / 16000
    values = np.minimum(sound(12000 * np.sin(2 * np.pi * 440.3 * t)), int(12000 * level))
    (found,) = of(examine(values, SOUND, 16000.0), "clipping")
    assert found.axis == "audio"
    # a sine is above a level this part of the time
    assert found.value == pytest.approx(np.arccos(level) / np.pi, rel=0.05)


def test_clipping_at_full_scale_and_of_an_accelerometer():
    values = sound(noise(4, rms=30000))
    share = np.isin(values, (-32768, 32767)).mean()
    (found,) = of(examine(values, SOUND, 16000.0), "clipping")
    assert found.value == pytest.approx(share)
    assert "-32768 and 32767" in found.sentence
    shaken = np.clip(movement(60) * 3, -2, 2)
    health = examine(shaken, XYZ, 100.0)
    assert {row.axis for row in of(health, "clipping")} == {"x", "y", "z"}
    (x,) = [row for row in of(health, "clipping") if row.axis == "x"]
    assert x.value == pytest.approx(np.isin(shaken[:, 0], (-2, 2)).mean())


def test_single_peaks_at_full_scale_are_no_clipping():
    values = sound(noise(4))
    values[1000], values[20000] = 32767, -32768
    assert "clipping" not in kinds(examine(values, SOUND, 16000.0))


def test_offset():
    (found,) = examine(sound(noise(2) - 3000), SOUND, 16000.0).findings
    assert found.kind == "offset"
    assert found.value == pytest.approx(-3000 / 32768, rel=0.02)


def test_a_missing_axis_and_one_that_sticks():
    values = movement(60)
    values[:, 1] = 0
    values[2000:2700, 2] = values[2000, 2]
    health = examine(values, XYZ, 100.0)
    assert [(row.kind, row.axis) for row in health.findings] == [("missing", "y"), ("stuck", "z")]
    assert health.findings[1].value == pytest.approx(7.0)
    assert "from 20.00 s" in health.findings[1].sentence
    assert health.flags == ("missing", "stuck")


@pytest.mark.parametrize("mains", [50, 60])
@pytest.mark.parametrize("rate", [1000, 16000])
def test_hum_is_measured(mains, rate):
    t = np.arange(20 * rate) / rate
    hum = sum(a * np.sin(2 * np.pi * mains * k * t + k) for k, a in ((1, 500), (2, 250), (3, 200)))
    values = sound(noise(20, rate=rate, rms=400) + hum)
    (found,) = of(examine(values, (Axis("x"),), float(rate)), "hum")
    power = (500**2 + 250**2 + 200**2) / 2
    assert found.value == pytest.approx(power / (power + 400**2), rel=0.15)
    assert f"{mains} Hz mains" in found.sentence
    assert f"{mains}, {2 * mains} and {3 * mains} Hz" in found.sentence


def test_a_tone_near_the_mains_is_no_hum_and_a_slow_stream_cannot_have_any():
    t = np.arange(160_000) / 16000
    for tone in (51.0, 95.0, 440.0):
        values = sound(noise(10) + 600 * np.sin(2 * np.pi * tone * t))
        assert "hum" not in kinds(examine(values, SOUND, 16000.0))
    t = np.arange(6000) / 100
    slow = (movement(60) + np.sin(2 * np.pi * 40 * t)[:, None]).astype(np.float32)
    assert "hum" not in kinds(examine(slow, XYZ, 100.0))


@pytest.mark.parametrize("tau", [0.2, 0.6])
@pytest.mark.parametrize("size", [-9000, 4000])
def test_a_microphone_that_starts_up_is_cut(tau, size):
    t = np.arange(10 * 16000) / 16000
    health = examine(sound(noise(10) + size * np.exp(-t / tau)), SOUND, 16000.0)
    (found,) = of(health, "settling")
    assert health.trim == round(found.value * 16000)
    left = abs(size) * np.exp(-found.value / tau)
    assert 10 < left < 0.1 * abs(size) + 300


def test_dropouts_are_told_from_padding_and_from_silence():
    values = sound(noise(4, rms=3000))
    values[:4000] = values[-4000:] = 0
    assert examine(values, SOUND, 16000.0).findings == ()
    for at in (20000, 30000, 41000):
        values[at : at + 160] = 0
    (found,) = examine(values, SOUND, 16000.0).findings
    assert (found.kind, found.value) == ("dropouts", 3.0)
    assert "10 ms" in found.sentence


def test_silence():
    rng = np.random.default_rng(1)
    faint = rng.integers(-2, 3, (16000, 1)).astype(np.int16)
    assert [row.severity for row in of(examine(faint, SOUND, 16000.0), "silence")] == ["warning"]
    health = examine(np.zeros((16000, 1), np.int16), SOUND, 16000.0)
    assert [(row.kind, row.severity) for row in health.findings] == [("silence", "problem")]


def test_values_that_are_no_numbers():
    values = movement(10)
    values[5, 0] = np.nan
    values[6, 0] = np.inf
    values[:, 1] = np.nan
    health = examine(values, XYZ, 100.0)
    assert [(row.axis, row.value) for row in of(health, "invalid")] == [("x", 2.0), ("y", 1000.0)]
    json.dumps(health.to_dict(), allow_nan=False)


def test_rate_jitter_and_gaps():
    gaps = (Gap(10, 40), Gap(500, 60))
    seen = Arrivals(measured_hz=103.0, uncertainty_hz=0.1, jitter_ms=120.0)
    health = examine(movement(99), XYZ, 100.0, gaps=gaps, arrivals=seen)
    assert [row.kind for row in health.findings] == ["rate", "jitter", "gaps"]
    assert health.findings[0].value == pytest.approx(0.03)
    assert health.findings[2].value == pytest.approx(0.01)
    assert (health.missing, health.gaps, health.flags) == (100, 2, ("rate", "gaps"))
    sure = Arrivals(measured_hz=101.0, uncertainty_hz=0.9, jitter_ms=2.0)
    assert examine(movement(10), XYZ, 100.0, arrivals=sure).findings == ()


def test_nothing_to_examine_is_refused():
    with pytest.raises(ConfigError, match=r"\(0, 3\)"):
        examine(np.empty((0, 3), np.float32), XYZ, 100.0)
    with pytest.raises(ConfigError, match="2 axes"):
        examine(np.ones((5, 3), np.float32), XYZ[:2], 100.0)


def test_the_pieces_make_no_difference(monkeypatch):
    rng = np.random.default_rng(5)
    values = np.repeat(rng.integers(-3, 4, 3000), rng.integers(1, 9, 3000))[:, None]
    values = np.clip(values * 60, -150, 150).astype(np.int16)
    values[4000:4100] = 0
    whole = measures.measure(values, least_zeros=5, abrupt=60)[0]
    monkeypatch.setattr(measures, "PIECE", 1024)
    pieces = measures.measure(values, least_zeros=5, abrupt=60)[0]
    assert (pieces.low, pieces.high) == (whole.low, whole.high)
    assert pieces.rms == pytest.approx(whole.rms)
    assert pieces.limits == whole.limits
    column = values[:, 0].tolist()
    runs, begun = [], 0
    for place in range(1, len(column) + 1):
        if place == len(column) or column[place] != column[begun]:
            runs.append((place - begun, begun, column[begun]))
            begun = place
    longest = max(runs, key=lambda run: run[0])
    zeros = [
        length
        for place, (length, _, value) in enumerate(runs)
        if value == 0 and length >= 5 and 0 < place < len(runs) - 1
    ]
    for one in (whole.runs, pieces.runs):
        assert (one.count, one.longest, one.longest_at) == (len(runs), longest[0], longest[1])
        assert (one.zeros, one.longest_zeros) == (len(zeros), max(zeros))


def test_memory_does_not_grow_with_the_length(tmp_path):
    peaks = []
    for minutes in (4, 16):
        path = tmp_path / f"{minutes}.npy"
        np.save(path, sound(noise(minutes * 60)))
        mapped = np.load(path, mmap_mode="r")
        tracemalloc.start()
        examine(mapped, SOUND, 16000.0)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0] + 1e6


@pytest.mark.parametrize(
    ("folder", "pattern"), [("keywords/fsdd", "*.wav"), ("sounds/esc10_wav16k", "*.wav")]
)
def test_real_sound_raises_no_alarm(shared_data, folder, pattern):
    files = sorted((shared_data / folder).rglob(pattern))[::7]
    assert len(files) > 5
    for path in files:
        values, rate = soundfile.read(path, dtype="int16", always_2d=True)
        assert examine(values[:, :1], SOUND, float(rate)).flags == (), path.name


def test_real_vibration_raises_no_alarm(shared_data):
    files = sorted((shared_data / "vibration" / "ceiling_fan").rglob("*.csv"))[::20]
    assert len(files) > 5
    for path in files:
        values = np.loadtxt(path, delimiter=",", skiprows=1, dtype=np.float32)[:, -3:]
        assert examine(values, XYZ, 200.0).flags == (), path.name
