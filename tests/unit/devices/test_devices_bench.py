"""The bench of acquisition runs and prints its gates; its figures are not judged here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench" / "acquisition.py"
pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="looks at processes and terminals as Linux has"
)


def run(*arguments: str) -> list[dict]:
    done = subprocess.run(
        [sys.executable, str(BENCH), "--json", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    gates = json.loads(done.stdout)["gates"]
    assert all({"name", "value", "limit", "unit", "better", "holds"} == set(row) for row in gates)
    return gates


@pytest.mark.slow
def test_a_stream_is_received_while_the_window_stalls():
    gates = run("--only", "stereo", "--seconds", "1.5")
    late, discarded, wrong, share = (row["value"] for row in gates)
    assert late > 0.9
    assert share > 0
    assert discarded > 0 or wrong == 0  # what reached the port is in the project


@pytest.mark.parametrize(
    ("only", "more"),
    [
        ("text", ()),
        ("import", ("--files", "40")),
        ("unpaced", ("--readings", "500000")),
        ("memory", ("--hours", "0.5")),
    ],
)
def test_ratios(only, more):
    *exact, row = run("--only", only, *more)
    assert row["value"] > 0
    assert all(one["holds"] for one in exact)
