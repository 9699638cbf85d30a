"""A Nordic board that comes again: what streamed before is taken for granted until it is said."""

import sys
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
from peers.nordic import frame, sample, session_info
from streams import runs, same

from studio import capture_log
from studio.devices import ports
from studio.devices.protocols.nordic import Nordic
from studio.devices.recorder import Recorder, RecordRequest
from studio.devices.source import Block, Restarted
from studio.types import StreamInfo

NAMES = ["x", "y", "z"]


def info(sid=7, names=NAMES, hz=100, *, crc=True, **more):
    return frame(session_info(sid, hz, list(names), **more), crc=crc)


def ramp(n, n_axes=3):
    return np.arange(n * n_axes, dtype=np.float32).reshape(n, n_axes) / 8


def readings(values, start=0, *, crc=True):
    rows = enumerate(values.tolist(), start)
    return b"".join(frame(sample(number, number * 10, row), crc=crc) for number, row in rows)


def again(before=None):
    """Return a codec for the port's second opening."""
    if before is None:
        before = Nordic()
        before.feed(info(dropped=5), 0.0)
    codec = Nordic()
    codec.resume(before)
    codec.begin()
    return codec


def test_readings_are_decoded_before_the_board_says_what_they_are():
    codec = again()
    assert codec.stream.sample_rate_hz == 100
    found = codec.feed(readings(ramp(50), 900), 0.0)
    assert same(runs(found)[0], ramp(50))
    later = codec.feed(info(sid=99, dropped=8) + readings(ramp(70)[50:], 950), 0.0)
    assert not any(isinstance(item, Restarted) for item in later)
    assert same(runs(found + later)[0], ramp(70))
    # what the board dropped while nobody listened is none of ours
    assert codec.stats.board_dropped == codec.stats.lost_readings == 0
    codec.feed(info(sid=99, dropped=10), 0.0)
    assert codec.stats.board_dropped == 2


@pytest.mark.parametrize(
    "other",
    [
        {"names": ["a", "b", "c"]},
        {"hz": 50},
        {"names": ["x", "y", "z", "w"]},
    ],
)
def test_a_description_that_differs_is_told(other):
    codec = again()
    items = codec.feed(info(8, **other), 0.0)
    (told,) = [item for item in items if isinstance(item, StreamInfo)]
    assert told == codec.stream != again().stream


@pytest.mark.parametrize("n_axes", [1, 2, 4, 20])
def test_readings_of_another_form_are_not_taken(n_axes):
    codec = again()
    assert codec.feed(readings(ramp(60, n_axes)), 0.0) == []
    assert codec.stats.damaged_packets == 60
    assert codec.stream is None  # it is learnt anew
    items = codec.feed(info(8, [f"c{i}" for i in range(n_axes)]) + readings(ramp(9, n_axes)), 0.0)
    assert len(runs(items)[0]) == 9


def test_a_board_without_checksums_is_learnt_anew():
    codec = again()
    codec.feed(readings(ramp(60), crc=False), 0.0)
    assert codec.stream is None
    items = codec.feed(info(8, crc=False) + readings(ramp(9), 60, crc=False), 0.0)
    assert same(runs(items)[0], ramp(9))


def test_some_damaged_frames_at_first_do_not_make_another_board():
    codec = again()
    codec.feed(b"\0" + b"noise\0" * 15, 0.0)
    assert same(runs(codec.feed(readings(ramp(9)), 0.0))[0], ramp(9))
    codec.feed(b"noise\0" * 50, 0.0)
    assert codec.stream is not None


def test_a_codec_that_knew_nothing_hands_nothing_on():
    assert again(Nordic()).stream is None


# On a port


posix = pytest.mark.skipif(sys.platform == "win32", reason="pseudo terminals are POSIX")


class Events:
    def __init__(self, act=lambda kind: None):
        self.rows = []
        self._act = act

    def __call__(self, kind, **data):
        self.rows.append((kind, data))
        self._act(kind)

    def count(self, kind):
        return sum(name == kind for name, _ in self.rows)


def record(url, log, events=None, **request):
    events = events or Events()
    fields = {"port": url, "protocol": "nordic", "log": str(log), "reconnect_s": 20, **request}
    recorder = Recorder(RecordRequest(**fields), events, stopped=lambda: False)
    return recorder.run(), capture_log.scan(log), events


@posix
def test_a_board_plugged_in_again_goes_on_within_a_second(tmp_path):
    from peers.nordic import NordicPeer
    from peers.uart import Faults

    def hush(kind):
        if kind == "stats":
            peer._resend_s = 1000.0  # from now on it says what it streams at its start only

    given = {"faults": Faults(seed=1, unplug_s=3.0), "link": str(tmp_path / "port")}
    with NordicPeer(rate_hz=500, resend_s=0.2, **given) as peer:
        ended, capture, events = record(
            peer.url, tmp_path / "a.capture", Events(hush), seconds=7, reconnect_s=5
        )
    assert ended == ""
    assert events.count("resumed") >= 1
    assert len(capture.gaps) == events.count("resumed")
    # half a second unplugged, half a second until the port is tried again, and what a busy
    # computer adds; its description is never heard again
    assert min(gap.missing for gap in capture.gaps) < 2.5 * 500


@posix
@pytest.mark.parametrize("n_axes", [4, 10])
def test_another_board_on_the_port_ends_the_recording(tmp_path, n_axes):
    from peers.nordic import NordicPeer
    from peers.uart import signal_values

    link = str(tmp_path / "port")
    rates = {4: 500, 10: 250}  # with as many channels, its rate says that it is another one

    def swap():
        time.sleep(2.0)
        first.stop()
        second.start()

    first = NordicPeer(rate_hz=500, link=link, resend_s=0.5)
    first.start()
    swapping = threading.Timer(0.0, swap)
    second = None
    try:
        second = NordicPeer(rate_hz=rates[n_axes], n_axes=n_axes, resend_s=0.5)
        second.uart.unplug()
        second.uart.link = link

        def plugged(start=second.start):
            second.uart.plug()
            start()

        second.start = plugged
        swapping.start()
        ended, capture, _ = record(link, tmp_path / "a.capture")
    finally:
        swapping.join()
        second.stop()
    assert ended == "Another sensor was connected."
    base = int(np.flatnonzero((signal_values(0, 0, 3000, 10) / 8 == capture.values[0]).all(1))[0])
    own = capture.values[: capture.gaps[0].at] if capture.gaps else capture.values
    sent = signal_values(0, base, len(own), 10) / 8
    assert np.array_equal(own, sent.astype(np.float32))
    after = len(capture.values) - len(own)
    assert after == 0 if n_axes == 4 else after < 1.0 * 250


def test_a_device_of_another_serial_number_is_another(monkeypatch):
    port = SimpleNamespace(device="/dev/ttyACM7", vid=0x1915, pid=0x520F, serial_number="A1")
    monkeypatch.setattr(ports.list_ports, "comports", lambda: [port])
    one = ports.device_at("/dev/ttyACM7")
    assert one == "1915:520f A1"
    port.serial_number = "B2"
    assert ports.device_at("/dev/ttyACM7") != one
    assert ports.device_at("/dev/ttyACM8") == ports.device_at("virtual://x") == ""


def test_blocks_have_no_readings_of_before():
    codec = again()
    (block,) = [i for i in codec.feed(readings(ramp(9), 400), 0.0) if isinstance(i, Block)]
    assert block.first_reading == 0
