"""Mutated models against the compiler, for minutes; what compiles runs under sanitizers.

Seeds are the public models and the models of the operator tests (with --keep they are collected
again, which runs those tests). A mutant must compile or end in a ModelError, within 5 s and 1 GB;
the C of those that compile must run clean under AddressSanitizer and UBSan.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import common

TESTS = common.ROOT / "tests" / "unit" / "compiler"
sys.path.insert(0, str(TESTS))
import fuzz  # noqa: E402  # beside the compiler's tests

BATCH = 150
MAX_MACS = 40_000_000
"""Mutants that compute more would only make the sanitized runs slow."""


def collect(folder: Path) -> list[Path]:
    """Write the models of the operator tests into the folder, and add the public ones."""
    common.say("collecting seeds: the models of the operator tests")
    environment = {**os.environ, "TINYML_STUDIO_KEEP_MODELS": str(folder)}
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", str(TESTS), "-k", "not fuzz and not board"],
        cwd=common.ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    public = sorted((common.SHARED / "models").rglob("*.tflite"))
    return sorted(folder.glob("*.tflite")) + [path for path in public if path.is_file()]


def main() -> None:
    """Mutate, compile, build, run."""
    parser = common.options(__doc__ or "")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="folder for what fails")
    parser.add_argument("--sanitized", type=float, default=0.4, help="part of mutants that is run")
    options = parser.parse_args()
    if not shutil.which("gcc"):
        sys.exit("gcc with its sanitizers is needed")
    counts: Counter[str] = Counter()
    failures: list[dict[str, Any]] = []
    slowest, peak = 0.0, 0
    with tempfile.TemporaryDirectory() as folder:
        seeds_folder = Path(folder) / "seeds"
        seeds_folder.mkdir()
        seeds = collect(seeds_folder)
        end = time.monotonic() + 60 * options.minutes
        seed = options.seed
        while time.monotonic() < end:
            place = Path(folder) / f"run-{seed}"
            place.mkdir()
            results = fuzz.mutants(seed, BATCH, place, seeds)
            counts.update(result["result"] for result in results)
            slowest = max([slowest, *(r.get("seconds", 0.0) for r in results)])
            peak = max([peak, *(r.get("peak_bytes", 0) for r in results)])
            failures += [r for r in results if r["result"] in ("crashed", "slow")]
            small = [r for r in results if r.get("macs", MAX_MACS) < MAX_MACS]
            chosen = fuzz.spread(small, int(options.sanitized * len(small)) + 1, seed)
            for result in chosen:
                if time.monotonic() > end:
                    break
                mutant = place / f"mutant-{seed}-{result['number']}"
                words = fuzz.sanitized(mutant)
                counts["sanitized"] += 1
                if words:
                    failures.append({**result, "seed": seed, "message": words})
                    if options.keep:
                        options.keep.mkdir(parents=True, exist_ok=True)
                        shutil.copytree(mutant, options.keep / mutant.name, dirs_exist_ok=True)
            if options.keep:
                for path in [*place.glob("slow-*"), *place.glob("crash-*")]:
                    options.keep.mkdir(parents=True, exist_ok=True)
                    shutil.copy(path, options.keep)
            shutil.rmtree(place)
            seed += 1
            common.say(f"{dict(counts)}, {len(failures)} failures")
    gates = [
        common.gate("seeds", len(seeds), 200, "models", "higher"),
        common.gate("mutants that compiled", counts["compiled"], 50, "mutants", "higher"),
        common.gate("mutants run under sanitizers", counts["sanitized"], 20, "mutants", "higher"),
        common.gate("failures", len(failures), 0, "mutants", "lower"),
        common.gate("slowest compilation", slowest, fuzz.LIMIT_S, "s", "lower"),
        common.gate("memory of the compiler", peak, fuzz.LIMIT_BYTES, "bytes", "lower"),
    ]
    result = {"gates": gates, "counts": dict(counts), "seeds": len(seeds), "failures": failures}
    common.finish(result, as_json=options.json)


if __name__ == "__main__":
    main()
