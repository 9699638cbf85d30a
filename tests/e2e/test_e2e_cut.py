"""Recordings killed, cut and on full disks: the small version of `tests/bench/cut.py`."""

import json
import subprocess
import sys

import pytest

from studio.paths import ROOT

BENCH = ROOT / "tests" / "bench" / "cut.py"
BUSY_S = 1.5


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="plays boards on ptys")
def test_what_is_lost_is_bounded():
    done = subprocess.run(
        [sys.executable, BENCH, "--kills", "4", "--cuts", "20", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    # how much was on the way when it was killed is the computer's doing too, and this one may be
    # busy
    limits = {
        gate["name"]: BUSY_S if "when killed" in gate["name"] else gate["limit"]
        for gate in result["gates"]
    }
    missed = [gate for gate in result["gates"] if gate["value"] > limits[gate["name"]]]
    assert not missed, (missed, result["logs"]["wrong"], result["disk"], done.stderr)
    assert {row["victim"] for row in result["kills"]} == {"acquisition", "parent", "both"}
    assert set(result["phases"]) == {"streaming", "sealing", "away", "marks", "series"}
    # something was there that could have been lost
    assert sum(row["kept"] for row in result["kills"]) > 1000
