"""The serial port: nothing is lost on the way to a slow reader, one client at a time."""

import sys
import time

import numpy as np
import pytest
from board_wire import Wire


def _pattern(count):
    n = np.arange(count, dtype=np.uint32)
    return (n * 7 + (n >> 8)).astype(np.uint8).tobytes()


def test_a_slow_reader_loses_nothing(control, wire):
    """The core waits while the socket is full: 3 MB are more than all buffers together."""
    total = 3_000_000
    wire.send(b"p", total)
    time.sleep(1.0)
    stalled = control.counters()
    time.sleep(0.3)
    assert control.counters()["instructions"] == stalled["instructions"]
    assert stalled["serial"]["sent"] < total
    assert wire.take(total) == _pattern(total)


def test_a_lossy_board_does_not_wait(start):
    control = start(lossy=True)
    wire = Wire(control.board)
    wire.send(b"p", 30_000_000)
    end = time.monotonic() + 20
    while control.counters()["serial"]["discarded"] < 10_000_000 and time.monotonic() < end:
        time.sleep(0.05)
    wire.close()
    assert control.counters()["serial"]["discarded"] >= 10_000_000


def test_without_a_client_the_program_goes_on(control, wire):
    wire.send(b"p", 10_000_000)
    wire.take(1000)
    wire.close()
    end = time.monotonic() + 20
    port = control.counters()["serial"]
    while port["sent"] + port["discarded"] < 10_000_000 and time.monotonic() < end:
        time.sleep(0.05)
        port = control.counters()["serial"]
    assert port["discarded"] > 5_000_000
    again = Wire(control.board)
    again.send(b"h")
    assert again.take(6) == b"hello\n"
    again.close()


def test_a_new_client_replaces_one_that_left(control, wire):
    for _ in range(5):
        wire.close()
        wire = Wire(control.board)
        wire.send(b"h")
        assert wire.take(6) == b"hello\n"
    wire.close()


def test_a_second_client_is_turned_away(control, wire):
    wire.send(b"h")
    wire.take(6)
    second = Wire(control.board)
    assert second.socket.recv(10) == b""
    second.close()
    wire.send(b"h")
    assert wire.take(6) == b"hello\n"


def test_a_command_sent_just_before_closing_is_obeyed(control, wire):
    wire.send(b"c")
    wire.close()
    end = time.monotonic() + 10
    while len(control.counters()["marks"]) < 3 and time.monotonic() < end:
        time.sleep(0.02)
    assert len(control.counters()["marks"]) == 3


def test_more_input_than_the_board_takes_waits_for_it(control, wire):
    """The board computes for a while; 200 kB of commands queue up and all are obeyed in order."""
    wire.send(b"h" * 3000)
    assert wire.take(18000) == b"hello\n" * 3000


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_the_terminal_is_the_same_port(control):
    serial = pytest.importorskip("serial")
    for _ in range(2):
        with serial.Serial(control.board.pty, timeout=10) as port:
            port.write(b"h")
            assert port.read(6) == b"hello\n"
        time.sleep(0.3)
    wire = Wire(control.board)
    wire.send(b"h")
    assert wire.take(6) == b"hello\n"
    wire.close()
