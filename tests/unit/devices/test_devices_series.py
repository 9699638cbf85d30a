"""Series and triggered clips, each in a log of its own, from files and from a board on a pty."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from peers.ours import OwnPeer  # type: ignore[import-not-found]
from peers.uart import signal_values  # type: ignore[import-not-found]

from studio import capture_log
from studio.capture_log import CaptureHeader
from studio.devices.recorder import Recorder, RecordRequest
from studio.devices.series import ClipKeeper, ClipRequest
from studio.devices.source import Block
from studio.errors import ConfigError, DeviceError
from studio.types import Axis, Gap

RATE = 1000.0


class Events:
    def __init__(self) -> None:
        self.rows: list[tuple[str, dict]] = []

    def __call__(self, kind: str, **data: object) -> None:
        json.dumps(data)
        self.rows.append((kind, data))

    def of(self, kind: str) -> list[dict]:
        return [data for name, data in self.rows if name == kind]


def keep(
    values: np.ndarray, folder: Path, parts: list[tuple[int, int]], **request: object
) -> tuple[Events, list[capture_log.Capture], ClipKeeper]:
    """Give stretches of a stream to a keeper, and return what it wrote."""
    events = Events()
    axes = tuple(Axis(f"a{k}") for k in range(values.shape[1]))
    header = CaptureHeader(axes, RATE, str(values.dtype), name="run", label="left")
    keeper = ClipKeeper(
        header, events, path=folder / "run.capture", request=ClipRequest.read(request)
    )
    for start, stop in parts:
        keeper.tick(0.0)
        keeper.take(Block(start, values[start:stop]))
    keeper.close()
    logs = [row["log"] for row in events.of("clip") if row["state"] != "begun" and row["log"]]
    return events, [capture_log.scan(Path(log)) for log in logs], keeper


def in_parts(total: int, size: int) -> list[tuple[int, int]]:
    return [(at, min(at + size, total)) for at in range(0, total, size)]


@pytest.mark.parametrize("size", [1, 7, 50, 999, 5000])
def test_a_series_keeps_exactly_its_clips(tmp_path, size):
    values = np.arange(5000, dtype=np.int16)[:, None]
    events, logs, keeper = keep(
        values, tmp_path, in_parts(5000, size), count=4, seconds=0.5, pause_s=0.2, countdown_s=1
    )
    assert keeper.complete
    starts = [1000, 1700, 2400, 3100]
    for start, log in zip(starts, logs, strict=True):
        np.testing.assert_array_equal(log.values, values[start : start + 500])
        assert (log.gaps, log.left_out) == ((), 0)
    assert [log.header.name for log in logs] == ["run 1", "run 2", "run 3", "run 4"]
    assert {log.header.label for log in logs} == {"left"}
    done = [row for row in events.of("clip") if row["state"] == "complete"]
    assert [(row["start"], row["stop"]) for row in done] == [(s, s + 500) for s in starts]
    assert keeper.saved == keeper.readings == 2000
    if size <= 50:
        assert [row["seconds"] for row in events.of("countdown")][:1] == [1]


def test_a_countdown_counts_whole_seconds(tmp_path):
    values = np.zeros((5000, 1), np.int16)
    events, _, _ = keep(values, tmp_path, in_parts(5000, 20), count=1, seconds=0.5, countdown_s=3)
    assert [row["seconds"] for row in events.of("countdown")] == [3, 2, 1]


def test_gaps_lie_in_the_clips_that_they_are_in(tmp_path):
    values = np.arange(3000, dtype=np.float32)[:, None]
    parts = [(0, 1100), (1150, 1480), (1520, 2600)]
    events, logs, _ = keep(values, tmp_path, parts, count=2, seconds=0.5, countdown_s=1)
    assert logs[0].gaps == (Gap(100, 50),)
    np.testing.assert_array_equal(
        logs[0].values[:, 0], np.r_[1000:1100, 1150:1480].astype(np.float32)
    )
    # 1480 to 1500 belong to the first clip, whose last readings were lost; the rest to the second
    assert logs[1].gaps == (Gap(0, 20),)
    np.testing.assert_array_equal(logs[1].values[:, 0], np.arange(1520, 2000, dtype=np.float32))
    assert [row["missing"] for row in events.of("gap")] == [50, 20]


def test_a_clip_that_is_lost_as_a_whole_leaves_no_log(tmp_path):
    values = np.arange(3000, dtype=np.int16)[:, None]
    events, logs, keeper = keep(
        values, tmp_path, [(0, 900), (1600, 3000)], count=2, seconds=0.5, countdown_s=1
    )
    done = [row for row in events.of("clip") if row["state"] == "complete"]
    assert [row["readings"] for row in done] == [0, 400]
    assert [log.readings for log in logs] == [400]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run-002.capture"]
    assert keeper.complete


@pytest.mark.parametrize("size", [1, 64, 700])
def test_triggered_clips_have_what_was_before(tmp_path, size):
    values = np.zeros((4000, 2), np.float32)
    values[:, 1] = np.arange(4000) / 1e6
    values[[800, 1900, 1950, 3000], 0] = 2.0
    events, logs, keeper = keep(
        values,
        tmp_path,
        in_parts(4000, size),
        trigger="level:1:a0",
        pre_s=0.3,
        post_s=0.2,
        count=3,
    )
    assert keeper.complete
    starts = [500, 1600, 2700]
    for start, log in zip(starts, logs, strict=True):
        np.testing.assert_array_equal(log.values, values[start : start + 500])
    done = [row for row in events.of("clip") if row["state"] == "complete"]
    assert [row["start"] for row in done] == starts


def test_a_clip_that_is_cut_off_is_kept(tmp_path):
    values = np.arange(1200, dtype=np.int16)[:, None]
    events, logs, keeper = keep(values, tmp_path, in_parts(1200, 100), count=2, seconds=1)
    assert [row["state"] for row in events.of("clip")] == ["begun", "complete", "begun", "cut"]
    assert [log.readings for log in logs] == [1000, 200]
    assert not keeper.complete


def test_memory_is_bounded_by_what_is_kept_before(tmp_path):
    values = np.zeros((200_000, 1), np.int16)
    _, _, keeper = keep(values, tmp_path, in_parts(200_000, 100), trigger="level:1", pre_s=0.5)
    assert sum(len(block.values) for block in keeper._held) <= 600


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"count": 3}, "length of its clips"),
        ({"count": -1, "seconds": 1}, "-1 clips"),
        ({"count": 3, "seconds": 1, "pause_s": -1}, "pause of -1"),
        ({"trigger": "level:1", "pre_s": 0, "post_s": 0}, "0 s"),
        ({"trigger": "level:1", "pre_s": float("nan")}, "nan"),
        ({"trigger": "nothing:1"}, "nothing:1"),
    ],
)
def test_what_cannot_be_is_refused(request_, words):
    with pytest.raises(ConfigError, match=words):
        ClipRequest.read(request_)


def test_an_axis_that_a_board_does_not_have_ends_the_recording(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((100, 3), np.float32))
    url = f"file://{tmp_path / 'a.npy'}?rate=100&axes=x,y,z&speed=0"
    request = RecordRequest(url, clips={"trigger": "level:1:w"})
    with pytest.raises(ConfigError, match=r"'w'.*x, y, z"):
        Recorder(request, Events(), stopped=lambda: False).run()


on_pty = pytest.mark.skipif(sys.platform == "win32", reason="plays boards on a pty")


@on_pty
def test_a_series_from_a_board(tmp_path):
    events = Events()
    with OwnPeer(rate_hz=RATE, n_axes=3) as peer:
        request = RecordRequest(
            peer.url,
            protocol="tinyml",
            log=str(tmp_path / "s.capture"),
            clips={"count": 3, "seconds": 0.4, "pause_s": 0.2, "countdown_s": 0.3},
        )
        recorder = Recorder(request, events, stopped=lambda: False)
        assert recorder.run() == ""
    for number, start in enumerate([300, 900, 1500], 1):
        capture = capture_log.scan(tmp_path / f"s-{number:03}.capture")
        np.testing.assert_array_equal(capture.values, signal_values(0, start, 400, 3))
    assert [row["fraction"] for row in events.of("progress")][-1] == 1.0
    assert events.of("countdown")


@on_pty
def test_killed_within_a_clip_at_most_a_quarter_of_a_second_is_lost(tmp_path):
    with OwnPeer(rate_hz=RATE, n_axes=3) as peer:
        child = subprocess.Popen(
            [sys.executable, "-m", "studio", "acquire"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        clips = {"trigger": "level:-20000:a1", "pre_s": 0.3, "post_s": 60}
        request = {"port": peer.url, "protocol": "tinyml", "log": str(tmp_path / "t.capture")}
        assert child.stdin is not None
        child.stdin.write(json.dumps({**request, "clips": clips}) + "\n")
        child.stdin.flush()
        values = signal_values(0, 0, 100_000, 3)[:, 1]
        fires = int(np.flatnonzero((values[1:] >= -20000) & (values[:-1] < -20000))[0]) + 1
        while not peer.streaming:
            time.sleep(0.01)
        time.sleep(fires / RATE + 0.8)
        killed = time.monotonic()
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdin.close()
        due = int((killed - peer._t0) * RATE)
    capture = capture_log.scan(tmp_path / "t-001.capture")
    start = fires - 300
    assert due - (start + capture.readings) <= 0.25 * RATE
    np.testing.assert_array_equal(capture.values, signal_values(0, start, capture.readings, 3))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DeviceError, match=r"gone\.wav"):
        Recorder(
            RecordRequest(f"file://{tmp_path}/gone.wav"), Events(), stopped=lambda: False
        ).run()
