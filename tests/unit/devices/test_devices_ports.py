import json
import os
import subprocess
import sys
import time

import pytest
from serial.tools.list_ports_common import ListPortInfo

from studio.devices import port_trouble, ports
from studio.devices.capacity import capacity
from studio.devices.link import open_link
from studio.devices.usb_ids import look_up
from studio.errors import ConfigError, DeviceError
from studio.services import boards
from studio.services import ports as service
from studio.types import Axis, StreamInfo

posix = pytest.mark.skipif(sys.platform == "win32", reason="pseudo terminals are POSIX")
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who holds a port")


def serial_port(device, vid=None, pid=None, serial=None, description="n/a"):
    info = ListPortInfo(device)
    info.vid, info.pid, info.serial_number, info.description = vid, pid, serial, description
    info.hwid = "USB VID:PID" if vid else "PNP0501"
    return info


@pytest.fixture
def computer(monkeypatch, studio_home):
    """The computer's serial ports, to be changed by the test."""
    present = []
    monkeypatch.setattr(ports.list_ports, "comports", lambda: list(present))
    return present


BOARD = boards.load_board(boards.board_file("virtual-cortex-m4"))


def with_usb(*usb):
    import dataclasses

    return dataclasses.replace(BOARD, id="my-board", title="My board", usb=usb)


def test_boards_are_recognised_by_their_usb_ids(computer):
    computer += [
        serial_port("/dev/ttyACM1", 0x1234, 0xABCD, "S1", "Gadget"),
        serial_port("/dev/ttyACM0", 0x2341, 0x805A, "7A9B"),
        serial_port("/dev/ttyUSB0", 0x10C4, 0xEA60, "0001", "CP2102 USB to UART"),
        serial_port("/dev/ttyS0", description="ttyS0"),
    ]
    found = {port.url: port for port in ports.list_all([with_usb("1234:abcd")])}
    assert found["/dev/ttyACM0"].title == "Arduino Nano 33 BLE (Sense)"
    assert (found["/dev/ttyACM0"].usb, found["/dev/ttyACM0"].serial_number) == (
        "2341:805a",
        "7A9B",
    )
    assert (found["/dev/ttyACM1"].board, found["/dev/ttyACM1"].title) == ("my-board", "My board")
    assert "CP210x" in found["/dev/ttyUSB0"].title
    assert (found["/dev/ttyS0"].title, found["/dev/ttyS0"].usb) == ("ttyS0", "")


def test_ports_come_and_go(computer):
    watcher = ports.PortWatcher()
    one, two = (
        serial_port("/dev/ttyACM0", 0x2E8A, 0x000A, "A"),
        serial_port("/dev/ttyACM0", 0x2341, 1),
    )
    assert watcher.poll() == []
    computer.append(one)
    assert [(row.came, row.port.title) for row in watcher.poll()] == [(True, "Raspberry Pi Pico")]
    assert watcher.poll() == []
    computer[:] = [two]  # another board at the same port
    assert [row.came for row in watcher.poll()] == [False, True]
    computer.clear()
    assert [(row.came, row.port.usb) for row in watcher.poll()] == [(False, "2341:0001")]


def test_watching_tells_until_it_is_stopped(computer):
    computer.append(serial_port("/dev/ttyACM0", 0x2E8A, 0x000A))
    told = []
    looks = iter([False] * 40)
    for change in ports.watch_ports(stopped=lambda: next(looks, True), every_s=0.05):
        told.append((change.came, change.port.url))
        computer.clear()
    assert told == [(True, "/dev/ttyACM0"), (False, "/dev/ttyACM0")]


def test_the_verb_tells_of_changes_and_ends(computer):
    computer.append(serial_port("/dev/ttyACM0", 0x2E8A, 0x000A))
    events, lines = [], []

    class Report:
        def progress(self, fraction, text):
            pass

        def log(self, line):
            lines.append(line)

        def event(self, kind, **data):
            events.append((kind, data))
            computer.clear()

        def check_cancelled(self):
            if len(events) == 2:
                raise KeyboardInterrupt

    result = service.watch(Report(), seconds=20)
    assert result == {"ports": [], "changes": 2}
    assert [(kind, data["came"], data["row"]["port"]) for kind, data in events] == [
        ("port", True, "/dev/ttyACM0"),
        ("port", False, "/dev/ttyACM0"),
    ]
    assert lines == ["+ /dev/ttyACM0: Raspberry Pi Pico", "- /dev/ttyACM0: Raspberry Pi Pico"]


def test_no_port_gives_a_hint_to_the_cable(studio_home):
    code = "from studio.cli import ports; print(ports.text({'ports': []}))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "many only charge" in ran.stdout


@pytest.mark.parametrize("bad", ['"2341:805a"', '["2341805a"]', "[9025]"])
def test_usb_ids_of_a_board_file_are_checked(tmp_path, bad):
    text = boards.board_file("virtual-cortex-m4").read_text()
    path = tmp_path / "board.toml"
    path.write_text('usb = ["2341:805A", "2341:005a"]\n' + text)
    assert boards.load_board(path).usb == ("2341:805a", "2341:005a")
    path.write_text(f"usb = {bad}\n" + text)
    with pytest.raises(ConfigError, match=r"board\.toml: usb is"):
        boards.load_board(path)


def test_every_program_of_a_board_is_known():
    assert look_up(0x2341, 0x005A) == look_up(0x2341, 0x805A)
    assert look_up(0x2341, 0x0069).title == "Arduino Uno R4 Minima"
    assert look_up(0x2341, 0x9999) is None
    assert look_up(0x10C4, 0xEA60).bridge


@linux
def test_a_busy_port_names_the_program_that_holds_it():
    import pty

    master, slave = pty.openpty()
    try:
        name = os.ttyname(slave)
        code = (
            f"import serial, time; port = serial.Serial({name!r}, exclusive=True)\n"
            "print('open', flush=True); time.sleep(60)"
        )
        other = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        try:
            assert other.stdout.readline() == "open\n"
            with pytest.raises(DeviceError, match="in use by another program") as caught:
                open_link(name)
            assert f"(process {other.pid})" in caught.value.message
            assert f"(process {os.getpid()})" in " ".join(port_trouble.holders(name))
        finally:
            other.kill()
            other.wait()
            other.stdout.close()
    finally:
        os.close(master)
        os.close(slave)


@posix
def test_a_port_that_goes_says_so():
    import pty

    master, slave = pty.openpty()
    with open_link(os.ttyname(slave)) as link:
        os.write(master, b"last")
        os.close(slave)
        time.sleep(0.05)
        os.close(master)
        assert link.read() == b"last"
        with pytest.raises(DeviceError, match="ended") as caught:
            link.read()
    assert "plug the board in again" in caught.value.hint


@pytest.mark.parametrize(
    ("stream", "baud", "protocol", "line_bytes", "needed"),
    [
        # 1 kHz of six int16 in full packets of 19 readings: 12 bytes each, 11 per packet
        (("int16", 6, 1000.0), 115200, "tinyml", 0.0, 12_000 + 11 * 1000 / 19),
        # slow streams go in packets of one reading
        (("float32", 3, 10.0), 115200, "tinyml", 0.0, 10 * (12 + 11)),
        (("float32", 3, 500.0), 115200, "text", 23.5, 11_750),
        (("int16", 6, 600.0), 460800, "ssi", 0.0, 100 * (72 + 10)),
    ],
)
def test_what_a_stream_needs_of_a_line(stream, baud, protocol, line_bytes, needed):
    dtype, axes, rate = stream
    info = StreamInfo("", "", rate, dtype, (Axis("a"),) * axes, 0)
    found = capacity(info, baud, protocol, line_bytes=line_bytes)
    assert found.needed_bytes_s == pytest.approx(needed)
    assert found.carried_bytes_s == baud / 10
    assert bool(found.warning) == (needed > 0.9 * baud / 10)
    if found.warning:
        assert f"{100 * needed / (baud / 10):.0f} %" in found.warning


def test_ports_are_listed_and_watched_headless(studio_home):
    ran = subprocess.run(
        [sys.executable, "-m", "studio", "ports", "--watch", "--seconds", "0.3", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    result = json.loads(ran.stdout)
    assert result["changes"] == len(result["ports"])
    ran = subprocess.run(
        [sys.executable, "-m", "studio", "ports", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(ran.stdout)["ports"] == result["ports"]
