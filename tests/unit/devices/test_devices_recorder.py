"""Recording from a board that is unplugged, reset, silent or unreliable, over a pty."""

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
from peers.ours import OwnPeer  # type: ignore[import-not-found]
from peers.uart import Faults, signal_values  # type: ignore[import-not-found]

from studio import capture_log
from studio.capture_log import Capture
from studio.devices.acquire import _Events
from studio.devices.recorder import Recorder, RecordRequest
from studio.errors import DeviceError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="plays boards on a pty")

RATE = 1000.0
AXES = 3


class Events:
    """Keeps events; `act` may do something on each."""

    def __init__(self, act=None) -> None:
        self.rows: list[tuple[str, dict]] = []
        self._act = act

    def __call__(self, kind: str, **data: object) -> None:
        json.dumps(data)
        self.rows.append((kind, data))
        if self._act is not None:
            self._act(kind, data)

    def of(self, kind: str) -> list[dict]:
        return [data for name, data in self.rows if name == kind]


def record(peer: OwnPeer, log: Path, events: Events, **request: object) -> tuple[str, Capture]:
    fields = {"port": peer.url, "protocol": "tinyml", "log": str(log), **request}
    recorder = Recorder(RecordRequest(**fields), events, stopped=lambda: False)
    ended = recorder.run()
    return ended, capture_log.scan(log)


def stretches(capture: Capture) -> list[tuple[int, np.ndarray]]:
    """Return the recording's pieces between gaps: index of each in the stream, and values."""
    edges = [0, *(gap.at for gap in capture.gaps), capture.readings]
    missing = [0, *(gap.missing for gap in capture.gaps)]
    values = capture.values
    pieces = []
    for number in range(len(edges) - 1):
        first = edges[number] + sum(missing[: number + 1])
        pieces.append((first, values[edges[number] : edges[number + 1]]))
    return [piece for piece in pieces if len(piece[1])]


def begins_with(values: np.ndarray, session: int) -> bool:
    """Whether these are readings 0, 1, 2 ... of a session of the board."""
    return np.array_equal(values, signal_values(session, 0, len(values), AXES))


def log_of(peer_log: Path, event: str) -> list[dict]:
    rows = [json.loads(line) for line in peer_log.read_text().splitlines()]
    return [row for row in rows if row["event"] == event]


@pytest.mark.parametrize("what", ["unplug_s", "reset_s"])
def test_a_board_that_goes_and_comes_again_goes_on_behind_a_gap(tmp_path, what):
    events, wire = Events(), tmp_path / "wire"
    faults = Faults(**{what: 1.2})
    peer = OwnPeer(
        rate_hz=RATE, n_axes=AXES, faults=faults, link=str(tmp_path / "port"), log=str(wire)
    )
    with peer:
        ended, capture = record(peer, tmp_path / "a.capture", events, seconds=3, reconnect_s=10)
    assert ended == ""
    pieces = stretches(capture)
    assert len(pieces) >= 2
    assert all(begins_with(values, number) for number, (_, values) in enumerate(pieces))
    assert events.of("waiting")
    assert len(events.of("resumed")) == len(pieces) - 1
    begun = [row["t"] for row in log_of(wire, "begin")]
    for number in range(1, len(pieces)):
        # by the board's own clock: when this piece began after the first one did
        true = (begun[number] - begun[0]) * RATE
        assert abs(pieces[number][0] - true) < 0.15 * RATE
    resumed = events.of("resumed")[0]
    assert "on this computer's clock" in resumed["how"]
    assert [gap.missing for gap in capture.gaps] == [row["missing"] for row in events.of("gap")]
    assert sum(gap.missing for gap in capture.gaps) <= events.of("stats")[-1]["lost_readings"]


def test_a_silent_board_is_asked_to_go_on(tmp_path):
    def hang(kind: str, data: dict) -> None:
        if kind == "stats" and data["readings"] > 300 and not peer.muted_until:
            peer.mute(1.5)

    events = Events(hang)
    with OwnPeer(rate_hz=RATE, n_axes=AXES) as peer:
        ended, capture = record(
            peer, tmp_path / "a.capture", events, seconds=3, reconnect_s=10, stall_s=0.3
        )
    assert ended == ""
    assert "has sent nothing" in events.of("waiting")[0]["text"]
    (first, *later) = stretches(capture)
    assert begins_with(first[1], 0)
    assert later
    assert 0.9 * RATE < capture.gaps[0].missing < 3 * RATE


def test_patience_ends(tmp_path):
    def pull(kind: str, data: dict) -> None:
        if kind == "stats" and data["readings"] > 100 and not pulled.is_set():
            pulled.set()
            peer.stop()

    pulled = threading.Event()
    events = Events(pull)
    peer = OwnPeer(rate_hz=RATE, n_axes=AXES, link=str(tmp_path / "port"))
    peer.start()
    began = time.monotonic()
    with pytest.raises(DeviceError, match="ended"):
        record(peer, tmp_path / "a.capture", events, seconds=60, reconnect_s=1)
    assert time.monotonic() - began < 10
    assert len(events.of("waiting")) == 1
    assert capture_log.scan(tmp_path / "a.capture").readings >= 100


def test_every_reading_sent_is_recorded_or_lies_in_a_gap_and_losses_are_told(tmp_path):
    events = Events()
    faults = Faults(flip=0.03, garbage=0.02, drop=0.01, bits=3)
    with OwnPeer(rate_hz=8000.0, n_axes=AXES, faults=faults) as peer:
        ended, capture = record(peer, tmp_path / "a.capture", events, seconds=2)
        rows = peer.rows
    assert ended == ""
    for first, values in stretches(capture):
        np.testing.assert_array_equal(values, signal_values(0, first, len(values), AXES))
    assert len(capture.gaps) > 5
    assert all(gap.missing % rows == 0 for gap in capture.gaps)
    stats = events.of("stats")[-1]
    told = {
        what: sum(row["count"] for row in events.of("loss") if row["what"] == what)
        for what in ("damaged", "sequence")
    }
    assert told == {"damaged": stats["damaged_packets"], "sequence": stats["lost_packets"]}
    assert told["sequence"] >= sum(gap.missing for gap in capture.gaps) // rows
    times = [row["time_s"] for row in events.of("loss")]
    assert times == sorted(times)
    assert 0 < times[-1] <= 2.2


def test_the_rate_is_measured_and_the_start_is_known(tmp_path):
    events = Events()
    with OwnPeer(rate_hz=RATE, n_axes=AXES) as peer:
        peer.rate_hz = RATE * 1.02  # faster than it tells
        told = peer.rate_hz
        _, capture = record(peer, tmp_path / "a.capture", events, seconds=2)
        began = peer._t0
    stats = events.of("stats")[-1]
    assert stats["told_rate_hz"] == pytest.approx(told)
    assert stats["rate_hz"] == pytest.approx(told, rel=0.01)
    assert stats["rate_uncertainty_hz"] < 0.02 * told
    assert 0 < stats["jitter_ms"] < 50
    assert stats["started_s"] == pytest.approx(began, abs=0.1)
    assert capture.header.started_s == pytest.approx(began, abs=0.1)


class Broken(OwnPeer):
    """Its second axis is no number in every hundredth reading."""

    def encode(self, first: int) -> bytes:
        packet = super().encode(first)
        self._sequence -= 1
        from peers.ours import DATA, frame, struct

        values = signal_values(0, first, self.rows, self.n_axes).astype("<f4")
        index = np.arange(first, first + self.rows)
        values[index % 100 == 50, 1] = np.nan
        packet = frame(DATA, self._sequence, struct.pack("<I", first) + values.tobytes())
        self._sequence += 1
        return packet


def test_readings_that_are_no_numbers_lie_in_gaps(tmp_path):
    events = Events()
    with Broken(rate_hz=RATE, n_axes=AXES, floats=True) as peer:
        _, capture = record(peer, tmp_path / "a.capture", events, readings=1000)
    assert [gap.missing for gap in capture.gaps] == [1] * 10
    assert capture.readings == 990
    assert np.isfinite(capture.values).all()


def test_a_parent_that_does_not_read_holds_nothing_up():
    reading, writing = os.pipe()
    stream = os.fdopen(writing, "w")
    events = _Events(stream)
    began = time.monotonic()
    for _ in range(20_000):
        events("stats", text="x" * 200)
    events("gap", at=1)
    assert time.monotonic() - began < 2
    with os.fdopen(reading) as other:
        closing = threading.Thread(target=events.close)
        closing.start()
        lines = []
        for line in other:
            lines.append(json.loads(line))
            if lines[-1]["event"] == "gap":
                break
        closing.join()
    assert len(lines) < 2000
    stream.close()


def test_a_killed_process_loses_at_most_a_quarter_of_a_second(tmp_path):
    lost = []
    for number in range(3):
        log = tmp_path / f"{number}.capture"
        with OwnPeer(rate_hz=RATE, n_axes=AXES) as peer:
            child = subprocess.Popen(
                [sys.executable, "-m", "studio", "acquire"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            request = {"port": peer.url, "protocol": "tinyml", "log": str(log)}
            assert child.stdin is not None
            child.stdin.write(json.dumps(request) + "\n")
            child.stdin.flush()
            while not peer.streaming:
                time.sleep(0.01)
            time.sleep(0.7 + 0.07 * number)
            killed = time.monotonic()
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
            child.stdin.close()
            due = int((killed - peer._t0) * RATE)
        capture = capture_log.scan(log)
        lost.append(due - capture.readings)
        np.testing.assert_array_equal(capture.values, signal_values(0, 0, capture.readings, AXES))
    assert sorted(lost)[1] <= 0.25 * RATE  # once the computer may have had no time for it
