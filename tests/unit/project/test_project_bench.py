"""A short run of the bench of lists; `tests/bench/data.py` makes 100 000 samples."""

import json
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parents[2] / "bench" / "data.py"


def test_the_bench_of_lists_runs() -> None:
    done = subprocess.run(
        [sys.executable, str(BENCH), "--json", "--samples", "1500"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    answer = json.loads(done.stdout)
    assert answer["samples"] > 1000
    limits = [gate for gate in answer["gates"] if gate["unit"] == "ms"]
    assert len(limits) == 3 * 3 + 5 * 2  # lists by three clocks, changes by two
    # by the wall clock other programs and the disk count too
    assert all(gate["holds"] for gate in limits if "wall clock" not in gate["name"])
    assert {row["kind"] for row in answer["questions"]} == {"page", "count", "hours"}
