"""Pictures for the editor: envelopes at any zoom, spectrograms, onsets, playing."""

import json
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from studio.cli import frame
from studio.errors import Cancelled, ConfigError, DeviceError, ProjectError
from studio.events import Quiet
from studio.project import Project
from studio.services import editing, pictures
from studio.services.amounts import Amounts
from studio.services.listen import Listening
from studio.services.thumbnails import strongest
from studio.types import Axis, Span

RATE = 16_000.0


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TINYML_STUDIO_CACHE", str(tmp_path / "cache"))
    pictures._recent.clear()
    return tmp_path


def sound(seconds: float, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(0, 300, (round(seconds * RATE), 1)).astype(np.int16)


def look(folder: Path, values: np.ndarray) -> pictures.Look:
    axes = [Axis(f"a{k}", "g") for k in range(values.shape[1])]
    with Project.create(folder / "p") as project:
        project.add_recording(values, name="r", axes=axes, sample_rate_hz=RATE)
    return pictures.look(folder / "p", 1)


def test_an_envelope_is_the_smallest_and_largest_of_each_column(home: Path) -> None:
    values = sound(2)
    taken = look(home, values)
    found = taken.envelope(1000, 31_000, 300)
    assert not found.exact
    for column in (0, 17, 299):
        part = values[found.edges[column] : found.edges[column + 1], 0] / 32768
        assert found.low[column, 0] == pytest.approx(part.min())
        assert found.high[column, 0] == pytest.approx(part.max())
        assert found.rms[column, 0] == pytest.approx(np.sqrt((part**2).mean()), rel=1e-4)
    few = taken.envelope(500, 600, 300)
    assert few.exact
    assert np.array_equal(few.low[:, 0], values[500:600, 0].astype(np.float32) / 32768)


def test_amounts_are_those_of_all_readings(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_CHUNK", 1000)
    monkeypatch.setattr(pictures, "AMOUNTS_MOST", 40_000)
    values = np.random.default_rng(3).normal(5, 2, (40_000, 2)).astype(np.float32)
    values[20_345] = 99, -99
    taken = look(home, values)
    found, part = taken.amounts(12_345, 23_456), values[12_345:23_456].astype(float)
    assert found is not None
    assert found.count.tolist() == [11_111, 11_111]
    np.testing.assert_array_equal(found.least, part.min(axis=0))
    np.testing.assert_array_equal(found.most, part.max(axis=0))
    np.testing.assert_allclose(found.mean, part.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.rms, np.sqrt((part**2).mean(axis=0)), rtol=1e-12)
    assert taken.amounts(0, 20_001) is None
    assert taken.amounts(50_000, 60_000) is None


def test_lost_readings_are_none() -> None:
    values = np.array([[np.nan, 1], [np.nan, np.nan], [np.nan, -3]])
    found = Amounts.of(values) + Amounts.of(values[:0])
    assert found.count.tolist() == [0, 2]
    said = found.least, found.most, found.mean, found.rms
    assert [each[1] for each in said] == [-3, 1, -1, np.sqrt(5)]
    assert all(np.isnan(each[0]) for each in said)


def test_hours_are_looked_through_once_and_kept(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "DIRECT", 20_000)
    monkeypatch.setattr(pictures, "_CHUNK", 4096)
    values = sound(4)
    values[33_333] = 32_000
    taken = look(home, values)
    assert not taken.ready
    taken.prepare(Quiet())
    assert taken.ready
    found = taken.envelope(0, len(values), 100)
    assert found.high.max() == pytest.approx(32_000 / 32768)
    assert found.edges[int(found.high[:, 0].argmax())] <= 33_333
    assert taken.reach()[1][0] == pytest.approx(32_000 / 32768)
    pictures._recent.clear()
    again = pictures.look(home / "p", 1)
    monkeypatch.setattr(pictures, "_binned", None)  # what is on the disk is enough
    again.prepare(Quiet())
    assert np.array_equal(again.envelope(0, len(values), 100).low, found.low)


def test_bins_that_are_damaged_are_made_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "DIRECT", 20_000)
    taken = look(home, sound(2))
    taken.prepare(Quiet())
    (kept,) = (home / "cache" / "pictures").glob("*.npz")
    kept.write_bytes(kept.read_bytes()[:100])
    pictures._recent.clear()
    taken.prepare(Quiet())
    assert taken.ready


def test_looking_through_can_be_stopped(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "DIRECT", 20_000)

    class Stopped(Quiet):
        def check_cancelled(self) -> None:
            raise Cancelled

    taken = look(home, sound(2))
    with pytest.raises(Cancelled):
        taken.prepare(Stopped())
    assert not taken.ready


def test_a_spectrogram_shows_where_the_energy_is(home: Path) -> None:
    n = int(2 * RATE)
    tone = np.zeros((n, 1))
    half = np.arange(n // 2) / RATE
    tone[n // 2 :, 0] = 32767 * np.sin(2 * np.pi * 2000 * half)
    taken = look(home, tone.astype(np.int16))
    found = taken.spectrogram(0, n, 400)
    rows, columns = found.shades.shape
    assert columns <= 400
    assert found.top_hz == RATE / 2
    loudest = int(found.shades[:, -40].argmax())
    assert found.top_hz * (1 - (loudest + 0.5) / rows) == pytest.approx(2000, abs=40)
    level = found.top_db + (found.shades[loudest, -40] / 255 - 1) * 80
    assert level == pytest.approx(0, abs=1.5)  # a sine of full scale is 0 dB
    assert found.shades[:, 20].max() == 0
    assert found.overlap == pytest.approx(0.75, abs=0.01)


def test_a_long_spectrogram_says_that_it_skips(home: Path) -> None:
    found = look(home, sound(120)).spectrogram(0, int(120 * RATE), 800)
    assert found.overlap < 0.4
    assert found.shades.shape[1] <= 800


@pytest.mark.parametrize("rate", [100.0, 16_000.0])
def test_onsets_are_exact_to_a_few_readings(home: Path, rate: float) -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(0, 0.01, (int(4 * rate), 2)).astype(np.float32)
    edges = [int(rate), int(1.6 * rate), int(2.4 * rate), int(3.1 * rate)]
    for start, stop in (edges[:2], edges[2:]):
        values[start:stop] += np.where(rng.random((stop - start, 1)) < 0.5, -1, 1)
    with Project.create(home / "p") as project:
        project.add_recording(values, name="r", axes=[Axis("x"), Axis("y")], sample_rate_hz=rate)
    found = pictures.look(home / "p", 1).onsets(0, len(values))
    for edge in edges:
        assert np.abs(found - edge).min() <= 2, (edge, found)
    assert len(found) <= 8


@pytest.mark.parametrize("n", [1, 2, 7, 40])
def test_the_shortest_recordings_have_pictures_too(home: Path, n: int) -> None:
    taken = look(home, sound(1)[:n])
    assert len(taken.envelope(0, n, 100).low) == n
    assert taken.spectrogram(0, n, 100).shades.size
    assert not len(taken.onsets(0, n))
    assert len(taken.reach()[0]) == 1


# -- edits ---------------------------------------------------------------------------------------


@pytest.fixture
def labelled(home: Path) -> Path:
    taken = sound(1)
    look(home, taken)
    path = home / "p"
    with Project.open(path) as project:
        project.labels.add_track("who")
        project.add_samples(1, [Span(0, 100, "a"), Span(150, 300, "b")])
        project.add_samples(1, [Span(0, 300, "anna")], track="who")
    return path


def test_a_small_picture_shows_the_axis_that_moves_most() -> None:
    rest, ramp = np.full(100, 7.0), np.linspace(10, 30, 100)
    ramp[40] = np.nan
    made = strongest(np.stack([rest, ramp], axis=1), 10)
    assert made.shape == (10, 2)
    assert (made[0, 0], made[-1, 1]) == (-1, 1)
    assert (np.diff(made[:, 0]) > 0).all()
    assert strongest(np.zeros((3, 1), np.int16), 10).tolist() == [[0, 0]] * 3
    assert not len(strongest(np.zeros((0, 2)), 10))


def test_samples_are_split_and_joined_as_one_change_each(labelled: Path) -> None:
    made = editing.split_at(labelled, 2, 200)["ids"]
    with Project.open(labelled) as project:
        assert [(s.start, s.stop, s.label) for s in project.labels.of(made)] == [
            (150, 200, "b"),
            (200, 300, "b"),
        ]
    assert editing.join(labelled, [1, made[0]])["stop"] == 200
    with Project.open(labelled) as project:
        project.history.undo(2)
        assert [(s.start, s.stop) for s in project.samples(track="main")] == [(0, 100), (150, 300)]


def test_a_script_can_join_samples(labelled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.run(["label", "join", str(labelled), "--ids", "1,2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["id"], found["start"], found["stop"]) == (1, 0, 300)
    assert frame.run(["label", "join", str(labelled), "--ids", "1"]) != 0


def test_what_cannot_be_split_or_joined(labelled: Path) -> None:
    with pytest.raises(ConfigError, match="not inside"):
        editing.split_at(labelled, 1, 100)
    with pytest.raises(ProjectError, match="cannot be merged"):
        editing.join(labelled, [1])
    with pytest.raises(ProjectError, match="2 places"):
        editing.join(labelled, [1, 3])


def test_the_next_recording_and_the_next_without_a_label(labelled: Path) -> None:
    with Project.open(labelled) as project:
        for seed in (1, 2):
            project.add_recording(
                sound(0.1, seed), name=f"r{seed}", axes=[Axis("a0")], sample_rate_hz=RATE
            )
    assert editing.following(labelled, 0) == (1, "r")
    assert editing.following(labelled, 1, by=-1) == (3, "r2")
    assert editing.following(labelled, 3) == (1, "r")
    assert editing.following(labelled, 1, unlabelled=True) == (2, "r1")
    with Project.open(labelled) as project:
        project.add_samples(3, [Span(0, 9, "a")])
    assert editing.following(labelled, 2, unlabelled=True) is None


# -- playing -------------------------------------------------------------------------------------


class Loudspeaker(types.ModuleType):
    """PortAudio's side of sounddevice, from its documentation: the test takes the sound."""

    class PortAudioError(Exception):
        pass

    def __init__(self, rate: float = 0.0) -> None:
        super().__init__("sounddevice")
        self.rate, self.closed = rate, 0

    def query_devices(self, kind: str) -> dict:
        if not self.rate:
            raise self.PortAudioError("Error querying device -1")
        return {"default_samplerate": self.rate}

    def OutputStream(self, *, samplerate, channels, dtype, callback):
        assert (channels, dtype) == (1, "float32")
        self.callback = callback
        return types.SimpleNamespace(latency=0.0, start=lambda: None, close=self.close)

    def close(self) -> None:
        self.closed += 1

    def take(self, frames: int) -> np.ndarray:
        out = np.zeros((frames, 1), np.float32)
        self.callback(out, frames, None, None)
        return out[:, 0]


def play(values: np.ndarray, **given: object) -> Listening:
    wanted = {"start": 0, "stop": len(values), "at": 0.0, "speed": 1.0, "loop": False}
    return Listening(values, RATE, **{**wanted, **given})


def test_sound_is_played_at_the_loudspeakers_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    speaker = Loudspeaker(48_000.0)
    monkeypatch.setitem(sys.modules, "sounddevice", speaker)
    values = (np.arange(1000)[:, None] * 32).astype(np.int16)
    playing = play(values)
    heard = speaker.take(300)
    assert heard == pytest.approx(np.arange(300) / 3 * 32 / 32768, abs=1e-6)
    assert playing.at == pytest.approx(100)
    playing.set_speed(0.5)
    assert speaker.take(6) == pytest.approx((100 + np.arange(6) / 6) * 32 / 32768, abs=1e-6)
    assert not playing.ended
    playing.set_speed(4.0)
    speaker.take(3000)
    assert playing.ended
    assert not speaker.take(10).any()
    playing.close()
    assert speaker.closed == 1


def test_a_loop_begins_again(monkeypatch: pytest.MonkeyPatch) -> None:
    speaker = Loudspeaker(RATE)
    monkeypatch.setitem(sys.modules, "sounddevice", speaker)
    values = (np.arange(1000)[:, None] * 32).astype(np.int16)
    playing = play(values, start=100, stop=110, at=105.0, loop=True)
    heard = np.round(speaker.take(12) * 1024).astype(int).tolist()
    assert heard == [105, 106, 107, 108, 109, 100, 101, 102, 103, 104, 105, 106]
    assert 100 <= playing.at < 110
    assert not playing.ended


def test_without_a_loudspeaker_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", Loudspeaker())
    with pytest.raises(DeviceError, match="no loudspeaker"):
        play(sound(1))
