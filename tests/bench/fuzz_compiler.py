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
    if not any(folder.glob("*.tflite")):
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


class Campaign:
    """What became of all mutants so far."""

    def __init__(self, seeds: list[Path], options: Any) -> None:
        self.seeds, self.options = seeds, options
        self.counts: Counter[str] = Counter()
        self.failures: list[dict[str, Any]] = []
        self.slowest, self.peak = 0.0, 0

    def batch(self, seed: int, place: Path, end: float) -> None:
        """Mutate and compile once more; build and run some of what compiled."""
        results = fuzz.mutants(seed, BATCH, place, self.seeds)
        self.counts.update(result["result"] for result in results)
        self.slowest = max([self.slowest, *(r.get("seconds", 0.0) for r in results)])
        self.peak = max([self.peak, *(r.get("peak_bytes", 0) for r in results)])
        self.failures += [r for r in results if r["result"] in ("crashed", "slow")]
        small = [r for r in results if r.get("macs", MAX_MACS) < MAX_MACS]
        for result in fuzz.spread(small, int(self.options.sanitized * len(small)) + 1, seed):
            if time.monotonic() > end:
                break
            mutant = place / f"mutant-{seed}-{result['number']}"
            words = fuzz.sanitized(mutant)
            self.counts["sanitized"] += 1
            if words:
                self.failures.append({**result, "seed": seed, "message": words})
                self._keep([mutant])
        self._keep([*place.glob("slow-*"), *place.glob("crash-*")])

    def _keep(self, paths: list[Path]) -> None:
        for path in paths if self.options.keep else ():
            self.options.keep.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                shutil.copytree(path, self.options.keep / path.name, dirs_exist_ok=True)
            else:
                shutil.copy(path, self.options.keep)

    def gates(self) -> list[dict[str, Any]]:
        """Return what must hold, also that there was something to look at."""
        return [
            common.gate("seeds", len(self.seeds), 200, "models", "higher"),
            common.gate("mutants that compiled", self.counts["compiled"], 50, "", "higher"),
            common.gate(
                "mutants run under sanitizers", self.counts["sanitized"], 20, "", "higher"
            ),
            common.gate("failures", len(self.failures), 0, "mutants", "lower"),
            common.gate("slowest compilation", self.slowest, fuzz.LIMIT_S, "s", "lower"),
            common.gate("memory of the compiler", self.peak, fuzz.LIMIT_BYTES, "bytes", "lower"),
        ]


def _options() -> Any:
    parser = common.options(__doc__ or "")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=Path, help="folder of seeds; filled if it has none")
    parser.add_argument("--keep", type=Path, help="folder for what fails")
    parser.add_argument("--sanitized", type=float, default=0.4, help="part of mutants that is run")
    return parser.parse_args()


def main() -> None:
    """Mutate, compile, build, run."""
    options = _options()
    if not shutil.which("gcc"):
        sys.exit("gcc with its sanitizers is needed")
    with tempfile.TemporaryDirectory() as folder:
        seeds_folder = options.seeds or Path(folder) / "seeds"
        seeds_folder.mkdir(exist_ok=True)
        campaign = Campaign(collect(seeds_folder), options)
        end = time.monotonic() + 60 * options.minutes
        seed = options.seed
        while time.monotonic() < end:
            place = Path(folder) / f"run-{seed}"
            place.mkdir()
            campaign.batch(seed, place, end)
            shutil.rmtree(place)
            seed += 1
            common.say(f"{dict(campaign.counts)}, {len(campaign.failures)} failures")
    result = {
        "gates": campaign.gates(),
        "counts": dict(campaign.counts),
        "seeds": len(campaign.seeds),
        "failures": campaign.failures,
    }
    common.finish(result, as_json=options.json)


if __name__ == "__main__":
    main()
