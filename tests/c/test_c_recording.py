"""Recording through the acquisition process from the real firmware into a real project."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from host_board import BoardServer, HostBoard

from studio import capture_log
from studio.devices.ring_buffer import RingReader
from studio.errors import Cancelled, ConfigError, DeviceError, StudioError
from studio.events import Quiet
from studio.project import Project
from studio.services import acquire, live
from studio.services.live_rule import Rule
from studio.types import Gap

AXES = [("x", "g"), ("y", "g")]


class Report(Quiet):
    """Keeps events; `stop_on` asks to stop after the first event of that kind."""

    def __init__(self, stop_on: str = "", act=None) -> None:
        self.events: list[tuple[str, dict]] = []
        self._stop_on, self._act = stop_on, act
        self._stop = threading.Event()

    def event(self, kind: str, **data: object) -> None:
        self.events.append((kind, data))
        if self._act is not None:
            self._act(kind, data)
        if kind == self._stop_on:
            self._stop.set()

    def stop(self) -> None:
        self._stop.set()

    def check_cancelled(self) -> None:
        if self._stop.is_set():
            raise Cancelled

    def of(self, kind: str) -> list[dict]:
        return [data for name, data in self.events if name == kind]


def host(program: str = "collect") -> HostBoard:
    board = HostBoard(program)
    board.sensor(100.0, "float32", AXES)
    return board


def readings(count: int) -> np.ndarray:
    rng = np.random.default_rng(1)
    return rng.integers(-128, 128, (count, 2)).astype(np.float32)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path = tmp_path / "my project ä"
    Project.create(path).close()
    return path


def recorded(project: Path, number: int) -> np.ndarray:
    with Project.open(project) as opened:
        assert list(opened.incoming.iterdir()) == []
        return np.array(opened.read(number))


def test_records_into_a_project_and_labels(project):
    values = readings(5000)
    rings: list[RingReader] = []

    def look(kind: str, data: dict) -> None:
        if kind == "info":
            rings.append(acquire.ring(data["ring"]))

    report = Report(act=look)
    with BoardServer(host(), values) as server:
        result = acquire.record(
            project, server.url, seconds=40, label="wave", group="anna", report=report
        )
    assert (result["readings"], result["seconds"], result["complete"]) == (4000, 40.0, True)
    assert (result["warning"], result["ended"], result["gaps"]) == ("", "", [])
    np.testing.assert_array_equal(recorded(project, result["recording"]), values[:4000])
    with Project.open(project) as opened:
        (sample,) = opened.samples()
        assert (sample.start, sample.stop, sample.label, sample.group) == (0, 4000, "wave", "anna")
        assert opened.recording(result["recording"]).source == server.url
    (info,) = report.of("info")
    assert acquire.stream_info(info).axes[1].name == "y"
    (ring,) = rings
    assert (ring.n_axes, ring.sample_rate_hz, ring.ended) == (2, 100.0, True)
    assert ring.written >= 4000
    for got, pick in zip(ring.envelope(0, 4000, 10), (np.min, np.max), strict=True):
        np.testing.assert_array_equal(got, pick(values[:4000].reshape(10, 400, 2), axis=1))
    ring.close()
    with pytest.raises(DeviceError, match="has ended"):
        acquire.ring(info["ring"])
    assert report.events[-1][0] == "saved"


def test_stopping_keeps_what_was_recorded(project):
    values = readings(300)

    def enough(kind: str, data: dict) -> None:
        if kind == "stats" and data["readings"]:
            report.stop()

    report = Report(act=enough)
    with BoardServer(host(), values) as server:
        result = acquire.record(project, server.url, report=report)
    assert not result["complete"]
    assert result["ended"] == "Stopped."
    count = result["readings"]
    assert 0 < count <= 300
    np.testing.assert_array_equal(recorded(project, result["recording"]), values[:count])


def test_a_stream_that_ends_early_is_kept_and_told(project):
    values = readings(250)
    with BoardServer(host(), values) as server:
        result = acquire.record(
            project, server.url, readings=300, stall_s=0.5, reconnect_s=0, report=Report()
        )
    assert (result["readings"], result["complete"]) == (250, False)
    assert "sent nothing more" in result["ended"]


def test_lost_packets_become_gaps(project):
    values = readings(3000)
    seen = 0

    def spoil(data: bytes) -> bytes:
        nonlocal seen
        frames = data.split(b"\0")
        for place, frame in enumerate(frames):
            seen += len(frame) > 200
            if len(frame) > 200 and seen % 40 == 0:
                frames[place] = frame[:100] + b"\xff" + frame[101:]
        return b"\0".join(frames)

    report = Report()
    with BoardServer(host(), values, spoil) as server:
        result = acquire.record(project, server.url, readings=2900, report=report)
    assert result["complete"]
    lost = result["lost_readings"]
    assert lost >= 29
    assert sum(gap["missing"] for gap in result["gaps"]) <= lost
    assert result["damaged_packets"] == result["lost_packets"] > 0
    assert "were lost and are marked as gaps" in result["warning"]
    got = recorded(project, result["recording"])
    with Project.open(project) as opened:
        gaps = opened.recording(result["recording"]).gaps
    kept, at, index = [], 0, 0
    for gap in (*gaps, Gap(len(got), 0)):
        kept += range(index, index + gap.at - at)
        index, at = index + gap.at - at + gap.missing, gap.at
    np.testing.assert_array_equal(got, values[kept])
    assert [(event["at"], event["missing"]) for event in report.of("gap")] == [
        (gap.at, gap.missing) for gap in gaps
    ]


def test_a_cable_pulled_while_recording_costs_nothing_recorded(project):
    values = readings(400)
    with BoardServer(host(), values) as server:

        def pull(kind: str, data: dict) -> None:
            if kind == "stats" and data["readings"] == 400:
                server.unplug()

        result = acquire.record(
            project, server.url, seconds=60, reconnect_s=1, report=Report(act=pull)
        )
    assert "ended" in result["warning"]
    assert "recorded up to then are saved" in result["warning"]
    np.testing.assert_array_equal(recorded(project, result["recording"]), values)


@pytest.mark.skipif(sys.platform == "win32", reason="kills by signal")
def test_a_killed_acquisition_process_costs_nothing_written(project):
    values = readings(400)

    def kill(kind: str, data: dict) -> None:
        if kind == "stats" and data["readings"] == 400:
            time.sleep(0.4)  # the last block is written after a quarter of a second
            os.kill(report.of("acquisition")[0]["pid"], signal.SIGKILL)

    report = Report(act=kill)
    with BoardServer(host(), values) as server:
        result = acquire.record(project, server.url, seconds=60, label="a", report=report)
    assert "acquisition process ended unexpectedly" in result["warning"]
    assert "resource_tracker" not in result["warning"]
    assert not list(Path("/dev/shm").glob(f"tml{report.of('acquisition')[0]['pid']:x}-*"))
    np.testing.assert_array_equal(recorded(project, result["recording"]), values)


def test_nothing_recorded_is_an_error_and_leaves_nothing(project):
    with BoardServer(host()) as server, pytest.raises(DeviceError, match="sent no readings"):
        acquire.record(project, server.url, seconds=1, stall_s=0.5, report=Report())
    with BoardServer(host()) as server, pytest.raises(DeviceError, match="stopped before its"):
        acquire.record(project, server.url, report=Report(stop_on="info"))
    with pytest.raises(DeviceError, match="could not be opened"):
        acquire.record(project, server.url, seconds=1, report=Report())
    with pytest.raises(DeviceError, match="'nobody' is not running"):
        acquire.record(project, "virtual://nobody", seconds=1, report=Report())
    with pytest.raises(ConfigError, match="0 seconds holds nothing"):
        acquire.record(project, "virtual://nobody", seconds=0, report=Report())
    with Project.open(project) as opened:
        assert opened.recordings() == []
        assert list(opened.incoming.iterdir()) == []


def test_a_stream_is_shown_without_recording():
    report = Report(stop_on="stats")
    with BoardServer(host(), readings(1000)) as server:
        acquire.monitor(server.url, report)
    assert report.of("stats")[-1]["readings"] > 0


def test_the_process_ends_with_its_parent(tmp_path):
    log = tmp_path / "a.capture"
    with BoardServer(host(), readings(500)) as server:
        child = subprocess.Popen(
            [sys.executable, "-m", "studio", "acquire"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        child.stdin.write(json.dumps({"port": server.url, "log": str(log)}) + "\n")
        child.stdin.flush()
        for line in child.stdout:
            event = json.loads(line)
            if event["event"] == "stats" and event["readings"] == 500:
                break
        child.stdin.close()
        child.stdout.close()
        child.wait(3)
    assert len(capture_log.scan(log).values) == 500


def test_a_bad_request_is_refused():
    for request in ("", "nonsense\n", '{"port": "x", "what": 1}\n', "[1]\n"):
        argv = [sys.executable, "-m", "studio", "acquire"]
        done = subprocess.run(argv, input=request, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert json.loads(done.stdout)["type"] == "ConfigError"
        assert "Traceback" not in done.stderr


def test_live_service(monkeypatch):
    # the host board is no kind of board that has a file; its clock is all that matters here
    monkeypatch.setattr(live, "_clock_hz", lambda board: 1_000_000)
    values = readings(450)
    report = Report()
    with BoardServer(host("infer"), values) as server:
        result = live.live(server.url, windows=21, report=report)
        assert (result["run"], result["windows"]) == ("0123abcd", 21)
        assert result["latency"]["total_ms"] == pytest.approx(1.5)
        assert result["keeps_up"]
        assert sum(result["counts"].values()) == 21
        assert result["decisions"][20]["start"] == 400
        assert result["decisions"][20]["time_s"] == pytest.approx(4.5)
        events = report.of("decision")
        assert len(events) == 21
        assert events[0]["labels"] == ["still", "wave", "Kreis ä"]
        assert events[0]["scores"] == [(int(q) + 128) / 256 for q in (*values[0], values[49, 0])]
        assert events[0]["threshold"] == (20 + 128) / 256
        with pytest.raises(StudioError, match="does not run the project's newest run"):
            live.live(server.url, run="ffffffff", report=report)


def test_live_shows_the_signal_that_was_decided_about(monkeypatch):
    monkeypatch.setattr(live, "_clock_hz", lambda board: 1_000_000)
    values = readings(450)
    seen: dict[str, np.ndarray] = {}

    def look(kind: str, data: dict) -> None:
        if kind == "info":
            seen["ring"] = acquire.ring(data["ring"])
        elif kind == "decision":
            seen["window"] = seen["ring"].envelope(data["start"], data["start"] + 50, 50)[0]
            np.testing.assert_array_equal(
                seen["window"], values[data["start"] : data["start"] + 50]
            )

    report = Report(act=look)
    with BoardServer(host("infer"), values) as server:
        result = live.live(server.url, windows=21, signal=True, keep=False, report=report)
    seen["ring"].close()
    assert result["windows"] == 21
    assert "window" in seen
    assert all(row["age_s"] is not None for row in report.of("decision"))


def test_a_rule_that_was_changed_decides_on_this_computer(monkeypatch):
    monkeypatch.setattr(live, "_clock_hz", lambda board: 1_000_000)
    rule = Rule()
    rule.set(smoothing=1, threshold=0.0)
    with BoardServer(host("infer"), readings(450)) as server:
        free = live.live(server.url, windows=21, rule=rule, report=Report())
    assert "" not in free["counts"]
    rule.set(smoothing=1, threshold=1.0)
    with BoardServer(host("infer"), readings(450)) as server:
        none = live.live(server.url, windows=21, rule=rule, report=Report())
    assert none["counts"] == {"": 21}


def test_live_ends_when_the_board_falls_silent(monkeypatch):
    monkeypatch.setattr(live, "_clock_hz", lambda board: 1_000_000)
    with BoardServer(host("infer"), readings(120)) as server:
        result = live.live(server.url, seconds=60, stall_s=0.2, report=Report())
        assert result["windows"] == 4
        assert "silent" in result["ended"]
        with pytest.raises(Cancelled):
            live.live(server.url, report=Report(stop_on="info"))
