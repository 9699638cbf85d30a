"""A short run of the mutation fuzzer; `tests/bench/fuzz_compiler.py` runs for minutes."""

import shutil
import sys

import pytest
from cases import RELU6, Cases

pytest.importorskip("ai_edge_litert", reason="mutations need the schema's classes")
if sys.platform == "win32":
    pytest.skip("resource limits need a POSIX system", allow_module_level=True)

import fuzz


def _seeds(folder):
    case = Cases(60)
    x = case.start((1, 9, 8, 3))
    y = case.depthwise(case.conv(x, 6, (3, 3), act=RELU6), (3, 3), stride=(2, 2))
    y = case.add(case.conv(y, 6, (1, 1)), y)
    y = case.pool(y, "AVERAGE", (2, 2))
    y = case.dense(case.reshape(y, (1, 72)), 5)
    (folder / "network.tflite").write_bytes(case.model(case.softmax(y)))
    case = Cases(61)
    x = case.start((1, 4, 4, 2))
    y = case.mean(case.pad(x, [(0, 0), (1, 0), (0, 2), (0, 0)]), (1, 2))
    (folder / "small.tflite").write_bytes(case.model(case.dequantize(y)))
    return sorted(folder.glob("*.tflite"))


def test_mutants_end_in_c_or_a_model_error(tmp_path):
    seeds = _seeds(tmp_path)
    results = fuzz.mutants(7, 250, tmp_path, seeds)
    bad = [result for result in results if result["result"] in ("crashed", "slow")]
    assert not bad
    compiled = [result for result in results if result["result"] == "compiled"]
    assert len(results) == 250
    assert 20 < len(compiled) < 230  # the mutations are neither all harmless nor all fatal
    assert max(result["peak_bytes"] for result in results) < fuzz.LIMIT_BYTES
    if not shutil.which("gcc"):
        pytest.skip("gcc with its sanitizers is not installed")
    for result in fuzz.spread(compiled, 5, 7):
        assert fuzz.sanitized(tmp_path / f"mutant-7-{result['number']}") == ""


def test_the_sanitizers_see_a_fault(tmp_path):
    """What runs the mutants would notice a kernel that writes outside."""
    if not shutil.which("gcc"):
        pytest.skip("gcc with its sanitizers is not installed")
    (tmp_path / "run.c").write_text(
        "int values[4];\nint main(int n, char **a) { values[n + 3] = 1; (void)a; return 0; }\n"
    )
    assert "out of bounds" in fuzz.sanitized(tmp_path)
