"""Killed while it records: the small version of `tests/bench/kill.py`."""

import json
import subprocess
import sys

import pytest

from studio.paths import ROOT
from studio.services import examples

BENCH = ROOT / "tests" / "bench" / "kill.py"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="orphans are looked for in /proc")
def test_a_killed_demo_keeps_what_was_saved_and_goes_on():
    if not examples.names():
        pytest.skip("there are no bundled examples")
    done = subprocess.run(
        [
            sys.executable,
            BENCH,
            *("--brief", "--rounds", "3", "--victims", "window,acquisition,emulator"),
            "--json",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    result = json.loads(done.stdout)
    missed = [gate["name"] for gate in result["gates"] if not gate["holds"]]
    assert not missed, done.stderr
    assert {row["victim"] for row in result["rounds"]} == {"window", "acquisition", "emulator"}
    # the kill itself happened, and something had been saved that could have been lost
    assert all(row["code"] == (-9 if row["victim"] == "window" else 2) for row in result["rounds"])
    assert sum(row["saved"] for row in result["rounds"]) > 0
