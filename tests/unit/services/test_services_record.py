"""Recording in every mode: from played files, and from a board on a pty, into a project."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from studio import filelock
from studio.cli import frame
from studio.devices.series import ClipRequest
from studio.errors import ConfigError, DeviceError
from studio.events import Quiet
from studio.project import Project
from studio.services import acquire, clips, dataset, health, imports, projects
from studio.services.marks import Marks
from studio.signals import EventSettings
from studio.types import Axis

sys.path.append(str(Path(__file__).resolve().parent.parent / "devices"))

RATE = 16000
QUICK = ("--reconnect", "0", "--json")
STARTS = (1.0, 2.5, 4.0)


class Events(Quiet):
    def __init__(self, act=None) -> None:
        self.rows: list[tuple[str, dict]] = []
        self._act = act

    def event(self, kind: str, **data: object) -> None:
        self.rows.append((kind, data))
        if self._act is not None:
            self._act(kind, data)

    def of(self, kind: str) -> list[dict]:
        return [data for name, data in self.rows if name == kind]


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> tuple[Path, np.ndarray]:
    """Three tones of 0.2 s in faint noise."""
    rng = np.random.default_rng(0)
    values = rng.standard_normal(6 * RATE) * 100
    tone = 8000 * np.sin(2 * np.pi * 500 * np.arange(RATE // 5) / RATE)
    for start in STARTS:
        values[int(start * RATE) : int(start * RATE) + len(tone)] += tone
    path = tmp_path_factory.mktemp("sound") / "tones.wav"
    whole = values.astype(np.int16)
    soundfile.write(path, whole, RATE)
    return path, whole


@pytest.fixture
def project(tmp_path: Path) -> Path:
    Project.create(tmp_path / "p").close()
    return tmp_path / "p"


def test_a_recording_has_its_health_at_once(project, sound):
    path, values = sound
    result = acquire.record(project, f"file://{path}?speed=0", label="tones", report=Quiet())
    assert (result["readings"], result["samples"]) == (len(values), 1)
    with Project.open(project) as opened:
        assert opened.health(result["recording"])["readings"] == len(values)
        np.testing.assert_array_equal(opened.read(result["recording"])[:, 0], values)
    json.dumps(result)


def test_auto_split_makes_a_sample_of_each_event(project, sound):
    path, _ = sound
    how = EventSettings(kind="energy", threshold=15.0)
    result = acquire.record(
        project, f"file://{path}?speed=0", label="tone", auto_split=how, report=Quiet()
    )
    assert result["samples"] == 3
    with Project.open(project) as opened:
        samples = opened.samples()
    assert [sample.label for sample in samples] == ["tone"] * 3
    for sample, start in zip(samples, STARTS, strict=True):
        assert sample.start / RATE == pytest.approx(start, abs=0.03)
        assert sample.stop / RATE == pytest.approx(start + 0.2, abs=0.03)
    with pytest.raises(ConfigError, match="label"):
        acquire.record(project, f"file://{path}?speed=0", auto_split=how, report=Quiet())


def test_triggered_clips_become_samples_as_they_come(project, sound):
    path, values = sound
    events = Events()
    request = ClipRequest(trigger="onset:15", pre_s=0.2, post_s=0.5, count=3)
    result = clips.record_clips(
        project, f"file://{path}?speed=0", request, label="tone", group="me", report=events
    )
    assert (result["complete"], result["samples"]) == (True, 3)
    with Project.open(project) as opened:
        for row, start in zip(result["recordings"], STARTS, strict=True):
            begin = int((start - 0.2) * RATE)
            np.testing.assert_array_equal(
                opened.read(row["recording"])[:, 0], values[begin : begin + int(0.7 * RATE)]
            )
        assert {sample.group for sample in opened.samples()} == {"me"}
        assert not list(opened.incoming.iterdir())
    order = [kind for kind, _ in events.rows if kind in ("clip", "saved")]
    assert order == ["clip", "saved", "clip"] * 3


def test_a_clip_that_another_program_sealed_is_not_lost(project, sound):
    """Whoever opens the project meanwhile puts logs in order that nobody writes any more."""
    request = ClipRequest(trigger="onset:15", pre_s=0.2, post_s=0.5, count=3)

    def open_it(kind: str, data: dict) -> None:
        if kind == "countdown" or (kind == "clip" and data["state"] == "begun"):
            time.sleep(0.3)  # the clip's log is whole by now, and waits to be heard of
            Project.open(project).close()

    result = clips.record_clips(
        project, f"file://{sound[0]}?speed=0", request, label="tone", report=Events(open_it)
    )
    assert [row["readings"] for row in result["recordings"]] == [11200] * 3
    with Project.open(project) as opened:
        assert len(opened.recordings()) == len(opened.samples()) == 3


def test_a_trigger_that_never_fires_says_so(project, sound):
    with pytest.raises(DeviceError, match="'level:32000'"):
        clips.record_clips(
            project,
            f"file://{sound[0]}?speed=0",
            ClipRequest(trigger="level:32000"),
            report=Quiet(),
        )
    with Project.open(project) as opened:
        assert not opened.recordings()


def test_labels_given_meanwhile_become_samples(project, sound):
    marks, marked = Marks(), []

    def mark(kind: str, data: dict) -> None:
        due = {"stats": ["left", "", "right"]}.get(kind, [])
        if len(marked) < len(due) and data.get("seconds", 0) > 0.7 * (1 + len(marked)):
            marked.append(due[len(marked)])
            marks.mark(marked[-1])
            times.append(time.monotonic())

    times: list[float] = []
    events = Events(mark)
    result = acquire.record(
        project,
        f"file://{sound[0]}?loop=1",
        seconds=4,
        label="start",
        marks=marks,
        report=events,
    )
    assert marked == ["left", "", "right"]
    places = [row["at"] for row in events.of("mark")]
    begun = result["started_s"]
    for place, when in zip(places, times, strict=True):
        assert place / RATE == pytest.approx(when - begun, abs=0.1)
    with Project.open(project) as opened:
        spans = [(one.start, one.stop, one.label) for one in opened.samples()]
    assert spans == [
        (0, places[0], "start"),
        (places[0], places[1], "left"),
        (places[2], 4 * RATE, "right"),
    ]


def run(capsys, *argv: str) -> tuple[int, dict]:
    code = frame.run(list(argv))
    return code, json.loads(capsys.readouterr().out)


def test_a_series_by_the_command_line(project, sound, capsys):
    port = f"file://{sound[0]}?speed=0"
    code, result = run(
        capsys,
        *("record", str(project), "--port", port, "--series", "3", "--seconds", "0.5"),
        *("--pause", "0.25", "--countdown", "1", "--label", "left", "--json"),
    )
    assert (code, result["complete"], result["samples"]) == (0, True, 3)
    assert [row["readings"] for row in result["recordings"]] == [8000] * 3
    with Project.open(project) as opened:
        starts = [int((1 + 0.75 * number) * RATE) for number in range(3)]
        for row, start in zip(opened.recordings(), starts, strict=True):
            np.testing.assert_array_equal(
                opened.read(row.id)[:, 0], sound[1][start : start + 8000]
            )


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--series", "3"], "length of its clips"),
        (["--series", "0", "--seconds", "1"], "0 clips"),
        (["--pause", "1"], "--pause is for a series"),
        (["--pre", "1"], "--pre is for a trigger"),
        (["--trigger", "level:1", "--pause", "1"], "--pause is for a series"),
        (["--trigger", "level:1", "--series", "2"], "do not go together"),
        (["--trigger", "level:1", "--seconds", "2"], "do not go together"),
        (["--trigger", "tilt:1"], "'tilt:1'"),
        (["--trigger", "level:1:w"], "no axis 'w'"),
        (["--marks", "--series", "2", "--seconds", "1"], "do not go together"),
        (["--marks", "l"], "'l' says no keys"),
        (["--auto-split", "energy"], "needs? a label"),
        (["--auto-split", "noise", "--label", "x"], "noise"),
        (["--split-param", "threshold=1"], "--auto-split"),
        (["--seconds", "-1", "--countdown", "1"], "-1"),
        (["--reconnect", "nan"], "waited for nan seconds"),
        (["--reconnect", "-5"], "waited for -5 seconds"),
        (["--baud", "-9"], "-9 baud"),
        (["--protocol", "morse"], "'morse'"),
    ],
)
def test_mistakes_are_said_in_a_sentence(project, sound, capsys, argv, words):
    port = f"file://{sound[0]}?speed=0"
    code = frame.run(["record", str(project), "--port", port, *argv, "--json"])
    out = capsys.readouterr().out
    assert code == 2
    assert re.search(words, json.loads(out)["error"]), out


def test_health_by_the_command_line(project, capsys):
    rng = np.random.default_rng(1)
    with Project.open(project) as opened:
        good = rng.integers(-900, 900, (RATE, 1)).astype(np.int16)
        bad = (good // 4 + 5000).astype(np.int16)
        for name, values in (("good", good), ("bad", bad)):
            opened.add_recording(
                values, name=name, axes=[Axis("audio")], sample_rate_hz=float(RATE)
            )
    code, result = run(capsys, "health", str(project), "--json")
    assert (code, result["checked"], result["sound"]) == (0, 2, 1)
    assert result["kinds"] == {"offset": 1}
    _, result = run(capsys, "health", str(project), "--recordings", "2", "--json")
    assert result["checked"] == 0
    (finding,) = result["recordings"][0]["health"]["findings"]
    assert finding["value"] == pytest.approx(5000 / 32768, abs=0.01)
    _, info = run(capsys, "info", str(project), "--json")
    assert info["flags"] == {"offset": 1}
    assert frame.run(["health", str(project)]) == 0
    text = capsys.readouterr().out
    assert "off zero" in text
    assert "1 of 2 recordings" in text
    assert frame.run(["health", str(project), "--recordings", "x", "--json"]) == 2


def test_imports_are_looked_at_up_to_a_bound(project, tmp_path, monkeypatch):
    rng = np.random.default_rng(2)
    for number in range(4):
        noise = rng.integers(-900, 900, RATE // 4)
        noise[:] += 6000 if number == 1 else 0
        soundfile.write(tmp_path / f"a.{number}.wav", noise.astype(np.int16), RATE)
    monkeypatch.setattr(health, "MOST_VALUES", 3 * RATE // 4)
    result = imports.import_data(project, sorted(tmp_path.glob("*.wav")), report=Quiet())
    assert "health: 1 recording with offset" in result["notes"]
    assert any("1 recording not looked at yet" in note for note in result["notes"])
    found = health.check(project, report=Quiet())
    assert (found["checked"], found["kinds"]) == (1, {"offset": 1})


@pytest.mark.skipif(sys.platform == "win32", reason="plays a board on a pty")
def test_the_rate_of_a_board_is_in_its_health(project):
    from peers.ours import OwnPeer  # type: ignore[import-not-found]

    with OwnPeer(rate_hz=1000.0, n_axes=3) as peer:
        result = acquire.record(project, peer.url, seconds=3, report=Quiet())
    assert result["health"]["measured_hz"] == pytest.approx(1000.0, rel=0.02)
    assert "rate" not in [row["kind"] for row in result["health"]["findings"]]
    fast = {"rate_hz": 1e6, "rate_uncertainty_hz": 1.0, "jitter_ms": 0.0}
    assert health.arrivals(peer.url, fast) is not None
    assert health.arrivals("virtual://fast", fast) is None  # it may go as fast as it can


@pytest.mark.skipif(sys.platform == "win32", reason="plays a board on a pty")
def test_what_was_only_recorded_can_be_trained_on(tmp_path):
    """The first recording says what the pipeline is for; rates measured again are meant to be it.

    Taking a recording back is one step, and says what it was.
    """
    from peers.text import TextPeer  # type: ignore[import-not-found]

    path = tmp_path / "p"
    projects.new(path, template="motion", report=Quiet())
    for label, rate in (("a", 103.0), ("a", 103.3), ("b", 101.0)):
        with TextPeer(form="plain", rate_hz=rate, n_axes=3) as peer:
            acquire.record(path, peer.url, seconds=1.5, label=label, report=Quiet())
    with Project.open(path) as project:
        rates = {one.sample_rate_hz for one in project.recordings()}
        assert rates == {project.pipeline.sample_rate_hz}
        assert [axis.name for axis in project.pipeline.axes] == ["axis1", "axis2", "axis3"]
        found = dataset.find_places(project, project.pipeline, split="", labels=["a", "b"])
        assert isinstance(found, list)
        newest, *_ = project.history.entries(limit=1)
        assert newest.sentence.startswith("Recorded b ")
        project.history.undo()
        assert len(project.recordings()) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="plays a board on a pty")
def test_a_board_that_vanishes_leaves_a_part_whether_a_length_was_asked_for_or_not(
    project, sound, capsys
):
    from peers.ours import OwnPeer  # type: ignore[import-not-found]

    peer = OwnPeer(rate_hz=1000.0, n_axes=3).__enter__()

    def vanish() -> None:
        while peer.next_reading < 1000:
            time.sleep(0.02)
        peer.stop()

    threading.Thread(target=vanish).start()
    code, result = run(capsys, "record", str(project), "--port", peer.url, *QUICK)
    assert (code, result["complete"]) == (1, False)
    code, result = run(
        capsys, "record", str(project), "--port", f"file://{sound[0]}?speed=0", *QUICK
    )
    assert (code, result["complete"]) == (0, False)


@pytest.mark.skipif(sys.platform == "win32", reason="kills a process group")
def test_a_series_that_is_killed_keeps_its_clips(project, sound):
    """Both processes die in the second clip; the project opens with both."""
    child = subprocess.Popen(
        [
            *(sys.executable, "-m", "studio", "record", str(project), "--events", "--json"),
            *("--port", f"file://{sound[0]}?loop=1", "--series", "5", "--seconds", "1"),
            *("--label", "x", "--name", "run"),
        ],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    acquiring = 0
    assert child.stderr is not None
    for line in child.stderr:
        event = json.loads(line) if line.startswith("{") else {}
        acquiring = event.get("pid", acquiring)
        if event.get("event") == "clip" and event["number"] == 2:
            break
    time.sleep(0.7)
    threading.Thread(target=child.stderr.read, daemon=True).start()
    os.kill(acquiring, signal.SIGKILL)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    until = time.monotonic() + 30
    while any(map(filelock.is_held, (project / "incoming").iterdir())):
        assert time.monotonic() < until  # the system takes a killed process's files back
        time.sleep(0.05)
    with Project.open(project) as opened:
        rows = opened.recordings()
        assert [row.name for row in rows] == ["run 1", "run 2"]
        assert rows[0].readings == RATE
        assert rows[1].readings >= (0.7 - 0.3) * RATE
        assert [sample.label for sample in opened.samples()] == ["x", "x"]
