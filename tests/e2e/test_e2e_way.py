"""The whole way through the real window, by mouse and by keyboard alone, from Home to Live."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "gui"))

from displays import xvfb  # type: ignore[import-not-found]

from studio.paths import ROOT

pytestmark = [pytest.mark.gui, pytest.mark.slow, pytest.mark.learning]
SECONDS = 290


@pytest.mark.parametrize(("how", "name"), [("mouse", "keywords"), ("keys", "motion")])
def test_from_home_to_live(how: str, name: str, studio_home: Path, tmp_path: Path) -> None:
    with xvfb() as display:
        environment = {**os.environ, "DISPLAY": display, "PYTHONPATH": str(ROOT)}
        environment["QT_QPA_PLATFORM"] = "xcb"
        try:
            done = subprocess.run(
                [sys.executable, str(ROOT / "tests" / "gui" / "drive_way.py"), how, name],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
        finally:
            stop = [sys.executable, "-m", "studio", "boards", "stop"]
            subprocess.run(stop, cwd=ROOT, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Traceback" not in done.stderr
    seen = json.loads(done.stdout)
    assert seen["decisions"] >= 5
    assert seen["heavy"] == []  # it trained and tested, in processes of their own
    assert seen["tested"] > 100
    assert 10_000 < seen["ram_bytes"] < 256 * 1024
    wanted = ("Data", "Pipeline", "Train", "Test", "Deploy")
    assert {step: seen["steps"][step] for step in wanted} == dict.fromkeys(wanted, "done")
