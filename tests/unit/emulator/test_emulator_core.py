"""The core: programs run, are counted, and are told about when they go wrong."""

import ast
import struct
import subprocess
import sys
import time

import numpy as np
import pytest

from studio import emulator
from studio.registry import find

SETTLE_S = 10.0


def _fault(control):
    end = time.monotonic() + SETTLE_S
    while time.monotonic() < end:
        fault = control.fault()
        if fault is not None:
            return fault
        time.sleep(0.02)
    raise AssertionError("no fault was reported")


def test_hello_world(control, wire):
    wire.send(b"h")
    assert wire.take(6) == b"hello\n"
    assert control.fault() is None


def test_the_register_map_of_describe(control, wire):
    wire.send(b"d")
    rate, dtype, axes = struct.unpack("<fII", wire.take(12))
    name, units = struct.unpack("<12s8s", wire.take(20))
    assert (rate, dtype, axes) == (16000.0, 0, 1)
    assert (name.rstrip(b"\0"), units.rstrip(b"\0")) == (b"audio", b"")


def test_counts_of_a_known_loop(control, wire):
    """1000 turns of add, subs, bne; a taken bne costs 2 cycles more, 999 times."""
    wire.send(b"c")
    wire.take(4)
    marks = control.counters()["marks"]
    assert [row["mark"] for row in marks] == [1, 2, 3]
    first, second, third = marks
    loop = second["instructions"] - first["instructions"]
    bare = third["instructions"] - second["instructions"]
    assert loop - bare == 3000
    cycles = (second["cycles"] - first["cycles"]) - (third["cycles"] - second["cycles"])
    assert cycles == 3000 + 2 * 999


def test_counts_are_the_same_on_every_run(start):
    marks = []
    for name in ("first", "second"):
        control = start(name)
        with emulator.serial_socket(control.board) as port:
            port.sendall(b"c")
            port.recv(4)
        marks.append(control.counters()["marks"])
    deltas = [
        [(row["instructions"] - run[0]["instructions"], row["cycles"] - run[0]["cycles"])
         for row in run]
        for run in marks
    ]  # fmt: skip
    assert len(deltas[0]) == 3
    assert deltas[0] == deltas[1]


def test_stack_is_measured(control, wire):
    wire.send(b"h")
    wire.take(6)
    before = control.counters()["stack_bytes"]
    wire.send(b"k", 4000)
    wire.take(4)
    assert 16 <= before < 1000
    assert before + 3500 <= control.counters()["stack_bytes"] <= before + 4200


@pytest.mark.parametrize(
    ("kind", "function", "reason"),
    [
        (0, "read_nowhere", "read of 0x60000000"),
        (1, "undefined_instruction", "undefined instruction"),
        (2, "endless_recursion", "write to 0x1fff"),
        (3, "main", "write to read-only 0x00000010"),
        (4, "tml_hal_serial_write", "0x30000000"),
    ],
)
def test_a_fault_names_the_function(control, wire, kind, function, reason):
    wire.send(b"x", kind)
    fault = _fault(control)
    assert fault["function"] == function
    assert reason in fault["reason"]
    assert int(fault["pc"], 16) < 1 << 20
    assert not control.info()["running"]


def test_a_fault_names_the_caller(control, wire):
    wire.send(b"x", 0)
    assert _fault(control)["caller"] == "main"


def test_reset_revives_after_a_fault(control, wire):
    wire.send(b"x", 0)
    _fault(control)
    control.reset()
    wire.send(b"h")
    assert wire.take(6) == b"hello\n"
    assert control.fault() is None


def test_reset_ends_an_endless_loop(control, wire):
    wire.send(b"x", 9)
    time.sleep(0.2)
    control.reset()
    wire.send(b"h")
    assert wire.take(6) == b"hello\n"


def test_an_idle_board_does_not_spin(control, wire):
    wire.send(b"h")
    wire.take(6)
    time.sleep(0.3)
    before = control.counters()["instructions"]
    time.sleep(1.0)
    assert control.counters()["instructions"] - before < 1000


def test_time_goes_on_while_idle(control, wire):
    """At most one second of board time passes in a sleep that nothing ends."""
    wire.send(b"t")
    begin, end = wire.numbers(2)
    assert 0.9 * 64e6 < end - begin < 1.1 * 64e6


def test_python_counts_like_the_compiled_hook(control, wire, probe):
    """The fallback without a compiler, on the same program: run in a process of its own."""
    wire.send(b"c")
    wire.take(4)
    marks = control.counters()["marks"]
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from vboard.board import Board, Spec\n"
        "import socket, time\n"
        "board = Board(Spec('x', 'cortex-m4', 64_000_000, 1 << 20, 1 << 18), hook=None,"
        " real_time=False, lossy=False)\n"
        "board.flash(Path(sys.argv[2]).read_bytes())\n"
        "port = socket.create_connection(('127.0.0.1', board.serial.port))\n"
        "port.sendall(b'c'); port.recv(4)\n"
        "print([(m['instructions'], m['cycles']) for m in board.counters()['marks']])\n"
        "board.halt()\n"
    )
    program = find("program", "virtual_board").folder
    run = subprocess.run(
        [sys.executable, "-c", code, str(program), str(probe)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    counts = ast.literal_eval(run.stdout)
    expected = [(row["instructions"], row["cycles"]) for row in marks]
    assert np.array_equal(np.diff(counts, axis=0), np.diff(expected, axis=0))
