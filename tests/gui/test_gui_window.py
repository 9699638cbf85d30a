"""The window under a real X server, driven by real mouse and key events."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from displays import xvfb  # type: ignore[import-not-found]

from studio.gui.steps import STEPS
from studio.paths import ROOT

pytestmark = pytest.mark.gui


@pytest.fixture
def display() -> Iterator[str]:
    with xvfb() as found:
        yield found


@pytest.mark.slow
def test_a_person_records_and_relabels(display: str, studio_home: Path, tmp_path: Path) -> None:
    pictures = Path(os.environ.get("TINYML_STUDIO_PICTURES", tmp_path))
    pictures.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "DISPLAY": display, "PYTHONPATH": str(ROOT)}
    environment["QT_QPA_PLATFORM"] = "xcb"
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "gui" / "drive_window.py"), str(pictures)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=280,
    )
    stop = [sys.executable, "-m", "studio", "boards", "stop"]
    subprocess.run(stop, cwd=ROOT, env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr[-3000:]
    seen = json.loads(done.stdout)
    assert (seen["label"], seen["group"]) == ("goodbye", "anna")
    assert seen["titles"] == 2 * [step.name for step in STEPS]
    assert seen["heavy"] == []
    assert seen["lag_s"] < 0.25
    assert "Traceback" not in done.stderr
    assert len(list(pictures.glob("*.png"))) == 2 * len(STEPS)
