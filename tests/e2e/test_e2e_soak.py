"""A minute of boards that are unplugged, reset, garbled and flipped every few seconds."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SOAK = Path(__file__).resolve().parents[1] / "bench" / "soak.py"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="plays boards on ptys")
def test_every_reading_is_recorded_or_lies_in_a_gap() -> None:
    done = subprocess.run(
        [sys.executable, str(SOAK), "--seconds", "45", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    missed = [row for row in json.loads(done.stdout)["gates"] if not row["holds"]]
    assert missed == [], done.stderr
