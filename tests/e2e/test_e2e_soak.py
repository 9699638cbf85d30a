"""Half a minute of boards of all protocols on bad lines: small, of `tests/bench/soak.py`."""

import json
import subprocess
import sys

import pytest

from studio.paths import ROOT

BENCH = ROOT / "tests" / "bench" / "soak.py"
SLACK_S = "2.0"
"""More time to come back after a break: other tests keep the computer busy meanwhile."""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="plays boards on ptys")
def test_every_reading_is_recorded_or_lies_in_a_gap():
    done = subprocess.run(
        [sys.executable, BENCH, "--minutes", "0.5", "--slack", SLACK_S, "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.stdout, done.stderr
    result = json.loads(done.stdout)
    missed = [gate["name"] for gate in result["gates"] if not gate["holds"]]
    assert not missed, done.stderr
    # there was something to survive
    assert all(row["resumed"] for row in result["streams"])
