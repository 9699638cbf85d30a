"""Processes and what they leave on disk: starts, kills, persistence, two at once."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from board_wire import BOARD, Wire

from studio import emulator
from studio.emulator.control import read_state
from studio.errors import ConfigError, DeviceError


def _hello(board):
    wire = Wire(board)
    wire.send(b"h")
    answer = wire.take(6)
    wire.close()
    return answer


def _folder(tmp_path):
    return tmp_path / "boards"


def _kill(board):
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/F", "/PID", str(board.pid)], check=True)
    else:
        os.kill(board.pid, signal.SIGKILL)
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            emulator.serial_socket(board).close()
        except DeviceError:
            return
        time.sleep(0.02)
    raise AssertionError("the killed board still answers")


def test_flash_persists(start, tmp_path):
    control = start()
    emulator.stop("virtual", state=_folder(tmp_path))
    board = emulator.start("virtual", board=BOARD, state=_folder(tmp_path), attached=True)
    assert emulator.Control(board).info()["image"]["kind"] == "elf"
    assert board.token != control.board.token
    assert _hello(board) == b"hello\n"


def test_a_killed_board_starts_again_with_its_flash(start, tmp_path):
    control = start()
    _kill(control.board)
    assert (_folder(tmp_path) / "virtual.json").exists()
    assert emulator.boards(state=_folder(tmp_path)) == []
    assert not (_folder(tmp_path) / "virtual.json").exists()
    board = emulator.start("virtual", board=BOARD, state=_folder(tmp_path), attached=True)
    assert _hello(board) == b"hello\n"


def test_stale_state_does_not_stop_a_start(start, tmp_path):
    control = start()
    _kill(control.board)
    board = emulator.start("virtual", board=BOARD, state=_folder(tmp_path), attached=True)
    assert _hello(board) == b"hello\n"


def test_state_of_a_foreign_process_is_stale(tmp_path):
    """A living process of that number which is no virtual board; nobody answers on its port."""
    state = {"name": "old", "pid": os.getpid(), "board": "virtual-cortex-m4"}
    state |= {"serial_port": 9, "control_port": 9, "token": "x", "pty": ""}
    path = tmp_path / "old.json"
    path.write_text(json.dumps(state))
    assert emulator.boards(state=tmp_path) == []
    assert not path.exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"name": 1}', b"\xff\xfe"])
def test_a_damaged_state_file_is_no_board(tmp_path, content):
    (tmp_path / "odd.json").write_bytes(content)
    assert read_state(tmp_path / "odd.json") is None
    assert emulator.boards(state=tmp_path) == []
    with pytest.raises(DeviceError, match="No virtual board 'odd'"):
        emulator.find("odd", state=tmp_path)


def test_damaged_flash_leaves_an_empty_board(start, tmp_path):
    start()
    emulator.stop("virtual", state=_folder(tmp_path))
    flash = _folder(tmp_path) / "virtual.flash"
    data = bytearray(flash.read_bytes())
    data[5000] ^= 1
    flash.write_bytes(data)
    board = emulator.start("virtual", board=BOARD, state=_folder(tmp_path), attached=True)
    assert emulator.Control(board).info()["image"] is None
    assert "damaged" in (_folder(tmp_path) / "virtual.log").read_text()


def test_two_boards_at_once(start, tmp_path):
    first, second = start("left"), start("right")
    assert [board.name for board in emulator.boards(state=_folder(tmp_path))] == ["left", "right"]
    wires = [Wire(first.board), Wire(second.board)]
    for wire in wires:
        wire.send(b"p", 200_000)
    answers = [wire.take(200_000) for wire in wires]
    assert answers[0] == answers[1]
    for wire in wires:
        wire.close()
    emulator.stop("left", state=_folder(tmp_path))
    assert _hello(second.board) == b"hello\n"


def test_the_same_name_twice_is_refused(start, tmp_path):
    start()
    with pytest.raises(DeviceError, match="running already"):
        emulator.start("virtual", board=BOARD, state=_folder(tmp_path))


def test_the_program_itself_refuses_a_taken_name(start, tmp_path):
    """Two starts at the same moment: the state file is not there yet, the lock is."""
    start()
    (_folder(tmp_path) / "virtual.json").rename(tmp_path / "aside.json")
    with pytest.raises(DeviceError, match="running already"):
        emulator.start("virtual", board=BOARD, state=_folder(tmp_path))
    (tmp_path / "aside.json").rename(_folder(tmp_path) / "virtual.json")


def test_a_board_outlives_who_started_it(tmp_path):
    code = (
        "import sys; from pathlib import Path; from studio import emulator\n"
        "emulator.start('lasting', board=Path(sys.argv[1]), state=Path(sys.argv[2]))\n"
    )
    subprocess.run([sys.executable, "-c", code, str(BOARD), str(tmp_path)], check=True, timeout=90)
    try:
        time.sleep(0.2)
        assert [board.name for board in emulator.boards(state=tmp_path)] == ["lasting"]
    finally:
        assert emulator.stop("lasting", state=tmp_path)
    assert emulator.boards(state=tmp_path) == []
    assert not emulator.stop("lasting", state=tmp_path)


def test_an_attached_board_ends_with_who_started_it(tmp_path):
    code = (
        "import os, sys; from pathlib import Path; from studio import emulator\n"
        "emulator.start('bound', board=Path(sys.argv[1]), state=Path(sys.argv[2]),"
        " attached=True)\n"
        "os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(BOARD), str(tmp_path)], check=True, timeout=90)
    end = time.monotonic() + 10
    while (tmp_path / "bound.json").exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not (tmp_path / "bound.json").exists()


@pytest.mark.parametrize("name", ["", "../up", "a b", "ä", "x/y"])
def test_names_that_are_no_file_names_are_refused(tmp_path, name):
    with pytest.raises(ConfigError):
        emulator.start(name, board=BOARD, state=tmp_path)


def test_a_damaged_board_file_is_told(tmp_path):
    board = tmp_path / "board.toml"
    board.write_text(BOARD.read_text().replace("cortex-m4", "cortex-m3"))
    with pytest.raises(DeviceError, match="not emulated"):
        emulator.start("virtual", board=board, state=tmp_path)
    board.write_text("clock_hz = = 3")
    with pytest.raises(DeviceError, match="cannot be read"):
        emulator.start("virtual", board=board, state=tmp_path)


def test_requests_without_the_token_are_refused(control):
    import dataclasses

    stranger = dataclasses.replace(control.board, token="0" * 32)
    with pytest.raises(DeviceError, match="token"):
        emulator.Control(stranger).reset()
