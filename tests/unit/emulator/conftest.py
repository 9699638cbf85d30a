"""A virtual board that runs the test program, and a wire to its serial port."""

import socket
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studio import emulator
from studio.services.boards import board_file
from studio.types import Axis

HERE = Path(__file__).parent
BOARD = board_file("virtual-cortex-m4")


class Wire:
    """Bytes to and from a board's serial port, with a deadline."""

    def __init__(self, board: emulator.VirtualBoard) -> None:
        self.socket: socket.socket = emulator.serial_socket(board, timeout_s=20)

    def send(self, command: bytes, *numbers: int) -> None:
        self.socket.sendall(command + struct.pack(f"<{len(numbers)}I", *numbers))

    def take(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise EOFError(f"the port closed after {len(data)} of {count} bytes")
            data += part
        return bytes(data)

    def numbers(self, count: int) -> tuple[int, ...]:
        return struct.unpack(f"<{count}I", self.take(4 * count))

    def close(self) -> None:
        self.socket.close()


@pytest.fixture(scope="session")
def probe() -> Path:
    """The linked test program."""
    return emulator.link_image("probe", texts={}, files=[HERE / "programs" / "probe.c"])


@pytest.fixture
def start(tmp_path: Path, probe: Path) -> Iterator[Callable[..., emulator.Control]]:
    """Start a board by name with the test program in flash; all end with the test."""
    state = tmp_path / "boards"
    names = []

    def start_board(name: str = "virtual", **options: bool) -> emulator.Control:
        names.append(name)
        board = emulator.start(name, board=BOARD, state=state, attached=True, **options)
        control = emulator.Control(board)
        control.flash(probe)
        return control

    yield start_board
    for name in names:
        emulator.stop(name, state=state)


@pytest.fixture(scope="module")
def module_board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[emulator.VirtualBoard]:
    """A board that the tests of a module share."""
    state = tmp_path_factory.mktemp("boards")
    yield emulator.start("virtual", board=BOARD, state=state, attached=True)
    emulator.stop("virtual", state=state)


@pytest.fixture
def control(module_board: emulator.VirtualBoard, probe: Path) -> emulator.Control:
    """Control of a board that runs the test program from its start, with the default sensor."""
    control = emulator.Control(module_board)
    control.sensor_generator("sine", axes=[Axis("audio")])
    control.flash(probe)
    return control


@pytest.fixture
def wire(control: emulator.Control) -> Iterator[Wire]:
    """A wire to that board."""
    wire = Wire(control.board)
    yield wire
    wire.close()
