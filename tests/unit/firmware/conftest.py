"""Fixtures of the firmware tests: the virtual board as its file describes it."""

import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from studio.paths import PLUGINS
from studio.types import Board


@pytest.fixture(scope="session")
def virtual_board() -> Board:
    """The board of the emulator."""
    file = PLUGINS / "virtual_board" / "boards" / "virtual-cortex-m4.toml"
    values = tomllib.loads(file.read_text(encoding="utf-8"))
    return Board(**{f.name: values[f.name] for f in fields(Board) if f.name in values})


@pytest.fixture(scope="session")
def odd_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with spaces and letters beyond ASCII in its path."""
    folder = tmp_path_factory.mktemp("odd") / "Prüf ordner № 1"
    folder.mkdir()
    return folder
