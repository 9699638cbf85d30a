"""A virtual board that runs the test program, and a wire to its serial port."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from board_wire import BOARD, Wire

from studio import emulator
from studio.types import Axis

HERE = Path(__file__).parent


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
