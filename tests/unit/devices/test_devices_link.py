import json
import os
import socket
import subprocess
import sys

import pytest
import serial

from studio.devices import ports
from studio.devices.link import open_link
from studio.errors import DeviceError
from studio.paths import boards_dir

posix = pytest.mark.skipif(sys.platform == "win32", reason="pseudo terminals are POSIX")


@pytest.fixture
def pty():
    import pty as module

    master, slave = module.openpty()
    yield master, os.ttyname(slave)
    os.close(master)
    os.close(slave)


@posix
def test_a_serial_port_carries_every_byte_at_once(pty):
    master, name = pty
    with open_link(name) as link:
        assert link.read() == b""
        data = bytes(range(256)) * 4
        os.write(master, data)
        got = b""
        while len(got) < len(data):
            got += link.read()
        assert got == data
        link.write(b"\0hello\r\n")
        assert os.read(master, 100) == b"\0hello\r\n"


@posix
def test_a_port_in_use_is_told(pty):
    with (
        open_link(pty[1]),
        pytest.raises(DeviceError, match="in use by another program") as caught,
    ):
        open_link(pty[1])
    assert "Close serial monitors" in caught.value.hint


@posix
@pytest.mark.skipif(sys.platform == "win32" or os.getuid() == 0, reason="root may do anything")
def test_a_forbidden_port_is_told(pty):
    os.chmod(pty[1], 0)
    with pytest.raises(DeviceError, match="may not use") as caught:
        open_link(pty[1])
    assert "dialout" in caught.value.hint


@posix
def test_a_missing_port_is_told():
    with pytest.raises(DeviceError, match=r"There is no port /dev/ttyNONE\.") as caught:
        open_link("/dev/ttyNONE")
    assert "tinyml-studio ports" in caught.value.hint


@pytest.mark.parametrize("url", ["virtual://", "virtual://x", "virtual://../x", "nothing://x"])
def test_ports_that_cannot_be(studio_home, url):
    with pytest.raises(DeviceError):
        open_link(url)


def test_virtual_boards_are_found_by_name(studio_home):
    with socket.create_server(("127.0.0.1", 0)) as board:
        number = board.getsockname()[1]
        state = {
            "name": "a b",
            "board": "virtual-x",
            "serial_port": number,
            "control_port": number,
        }
        (boards_dir() / "a b.json").write_text(json.dumps(state))
        (boards_dir() / "broken.json").write_text("{")
        gone = {**state, "name": "gone", "control_port": 1}
        (boards_dir() / "gone.json").write_text(json.dumps(gone))
        found = [port for port in ports.list_all() if port.kind == "virtual"]
        assert found == [ports.Port("virtual://a b", "Virtual board a b", "virtual", "virtual-x")]
        board.accept()[0].close()
        with open_link("virtual://a b") as link:
            client = board.accept()[0]
            client.sendall(b"x" * 5000)
            got = b""
            while len(got) < 5000:
                got += link.read()
            assert got == b"x" * 5000
            client.close()
            with pytest.raises(DeviceError, match="ended") as caught:
                link.read()
            assert "boards start --name a b" in caught.value.hint


def test_pyserial_knows_the_url(studio_home):
    code = (
        "import serial, studio.devices.link as l\n"
        "try: l.open_link('virtual://x')\n"
        "except l.DeviceError as e: print(e.message)\n"
        "assert 'studio.devices.url' in serial.protocol_handler_packages\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "The virtual board 'x' is not running."
    with pytest.raises(serial.SerialException, match="no virtual board 'x'"):
        serial.serial_for_url("virtual://x")
