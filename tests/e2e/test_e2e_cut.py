"""Recordings killed, cut and on full disks: the small version of `tests/bench/cut.py`."""

import json
import subprocess
import sys

import pytest

from studio.paths import ROOT

BENCH = ROOT / "tests" / "bench" / "cut.py"
BUSY_S = 1.5
sys.path.append(str(BENCH.parent))


@pytest.mark.skipif(sys.platform == "win32", reason="the bench needs ptys")
@pytest.mark.parametrize(
    ("full", "value", "tried", "left_out"),
    [(None, 0, "of 1", ["full"]), ([], 0, "of 2", []), (["lost"], 1, "of 2", [])],
)
def test_a_disk_that_could_not_be_mounted_is_not_counted_as_held(full, value, tried, left_out):
    from cut import disk_gate, not_run

    disks = {"limited": [], "full": full}
    row = disk_gate(disks)
    assert (row["value"], row["unit"], row["holds"]) == (value, tried, not value)
    assert not_run(disks) == left_out


@pytest.mark.parametrize("as_json", [True, False])
def test_a_bench_whose_gate_is_missed_ends_with_1(as_json, capsys):
    from common import finish, gate

    held, missed = gate("one", 1.0, 2.0, "s", "lower"), gate("other", 1.0, 2.0, "s", "higher")
    finish({"gates": [held]}, as_json=as_json)
    with pytest.raises(SystemExit) as ended:
        finish({"gates": [held, missed]}, as_json=as_json)
    assert ended.value.code == 1
    assert "other" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="plays boards on ptys")
def test_what_is_lost_is_bounded():
    done = subprocess.run(
        [sys.executable, BENCH, "--kills", "5", "--cuts", "20", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.stdout, done.stderr
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
    assert set(result["phases"]) == {
        *("streaming", "sealing", "away", "marks", "back", "series"),
    }
    named = [name for name, wrong in result["disk"].items() if wrong is None]
    assert result["not_run"] == named
    assert done.stderr.count("NOT RUN") == len(named)
    # something was there that could have been lost
    assert sum(row["kept"] for row in result["kills"]) > 1000
