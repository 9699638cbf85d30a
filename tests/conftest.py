"""Fixtures of all tests: the folder of real recordings, if present, and a home of their own."""

import os
from pathlib import Path

import pytest

from studio.paths import cache_dir

ROOT = Path(__file__).resolve().parent.parent


def _shared() -> Path:
    given = os.environ.get("TINYML_STUDIO_SHARED_DATA")
    return Path(given) if given else ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real recordings and reference models, or a skip that says it is missing."""
    folder = _shared()
    if not (folder / "models").is_dir():
        pytest.skip(f"real recordings and reference models are not at {folder}")
    return folder


@pytest.fixture
def studio_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh folder for everything the program writes outside projects."""
    home = tmp_path / "home"
    monkeypatch.setenv("TINYML_STUDIO_CACHE", str(cache_dir()))  # compiled libraries are shared
    monkeypatch.setenv("TINYML_STUDIO_HOME", str(home))
    return home
