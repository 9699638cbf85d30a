"""Boards of the firmware tests."""

from collections.abc import Iterator

import pytest
from host_board import HostBoard


@pytest.fixture
def collect_board() -> Iterator[HostBoard]:
    """The program `collect` with a two-axis sensor; no packet of it may be damaged or missing."""
    board = HostBoard("collect")
    board.sensor(100.0, "float32", [("x", "g"), ("y", "g")])
    yield board
    assert board.decoder.damaged == 0
    assert board.decoder.lost == 0


@pytest.fixture
def infer_board() -> Iterator[HostBoard]:
    """The program `infer` around the hand-made pipeline, with a sensor that fits it."""
    board = HostBoard("infer")
    board.sensor(100.0, "float32", [("x", "g"), ("y", "g")])
    yield board
    assert board.decoder.damaged == 0
    assert board.decoder.lost == 0
