"""Feeding mutated models to the compiler, and running what it makes of them under sanitizers.

`python fuzz.py SEED COUNT FOLDER < list of seed files` is the child process: it prints one JSON
line per mutant and leaves the generated C of those that compile in FOLDER.
"""

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[3]
LIMIT_S = 5
LIMIT_BYTES = 1 << 30
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g1", "-O1")

RUN = """\
#include "tml_mutant.h"
#include <stdint.h>
#include <stdio.h>
#include <string.h>
static uint32_t state = 1;
static void fill(void *to, unsigned long bytes, int round, int real)
{
    unsigned char *at = to;
    unsigned long i;
    for (i = 0; i < bytes; i++) {
        state = state * 1664525u + 1013904223u;
        at[i] = round == 0 ? 0x80 : round == 1 ? 0x7f : (unsigned char)(state >> 24);
        if (real && round > 1 && i % 4 == 3) {
            at[i] = (unsigned char)((at[i] & 0x80) | 0x40); /* not too large */
        }
    }
}
int main(void)
{
    int round;
    tml_mutant_init();
    for (round = 0; round < 5; round++) {
FILL
        (void)tml_mutant_invoke();
    }
    return 0;
}
"""


class _TooSlow(BaseException):
    """The compiler took longer than it may."""


def _alarm(*_: object) -> None:
    raise _TooSlow


def _keep(place: Path, data: bytes, compiled) -> None:
    """Write a mutant, its C and a program that runs it."""
    place.mkdir()
    (place / "mutant.tflite").write_bytes(data)
    for name, text in compiled.files.items():
        (place / name).write_text(text, encoding="utf-8")
    (place / "run.c").write_text(_main(compiled), encoding="utf-8")


def child(seed: int, count: int, folder: Path, seeds: list[Path]) -> None:
    """Mutate and compile, printing what became of each mutant."""
    from mutate import Mutator

    from studio.compiler import OPTIMISE, TARGETS, compile_model
    from studio.errors import ModelError

    mutator = Mutator(seed)
    signal.signal(signal.SIGALRM, _alarm)
    files = [path.read_bytes() for path in seeds]
    for number in range(count):
        data = mutator.mutate(files[int(mutator.rng.integers(len(files)))])
        target = TARGETS[int(mutator.rng.integers(len(TARGETS)))]
        optimise = OPTIMISE[int(mutator.rng.integers(len(OPTIMISE)))]
        ram = (None, None, 0)[int(mutator.rng.integers(3))]
        result = {"number": number, "target": target, "result": "refused"}
        (folder / "last.tflite").write_bytes(data)
        start = time.monotonic()
        signal.alarm(LIMIT_S)
        try:
            compiled = compile_model(
                data, name="mutant", target=target, optimise=optimise, ram_bytes=ram
            )
            result["result"] = "compiled"
        except ModelError as error:
            result["message"] = str(error)
        except _TooSlow:
            result["result"] = "slow"
        finally:
            signal.alarm(0)
        if result["result"] == "slow":
            (folder / f"slow-{seed}-{number}.tflite").write_bytes(data)
        result["seconds"] = round(time.monotonic() - start, 3)
        result["peak_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        if result["result"] == "compiled":
            _keep(folder / f"mutant-{seed}-{number}", data, compiled)
            result["macs"] = compiled.macs
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()


def _main(compiled) -> str:
    fills = [
        f"        fill(tml_mutant_input{f'_{n}' if n else ''}(), {info.bytes}, round,"
        f" {int(info.dtype == 'float32')});"
        for n, info in enumerate(compiled.inputs)
    ]
    return RUN.replace("FILL", "\n".join(fills))


def mutants(seed: int, count: int, folder: Path, seeds: list[Path]) -> list[dict]:
    """Run the child; its results, with one of kind `crashed` where it died."""
    run = subprocess.run(
        [sys.executable, __file__, str(seed), str(count), str(folder)],
        input=json.dumps([str(path) for path in seeds]),
        capture_output=True,
        text=True,
        check=False,
        timeout=60 + LIMIT_S * count,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(Path(__file__).parent)]),
            "OPENBLAS_NUM_THREADS": "1",
        },
    )
    results = [json.loads(line) for line in run.stdout.splitlines()]
    if run.returncode != 0:
        with contextlib.suppress(OSError):
            (folder / "last.tflite").rename(folder / f"crash-{seed}-{len(results)}.tflite")
        results.append(
            {"number": len(results), "result": "crashed", "message": run.stderr[-1500:]}
        )
    return results


def sanitized(place: Path) -> str:
    """Build and run a mutant's C; return what the sanitizers say, empty if nothing."""
    sources = [str(path) for path in sorted(place.glob("*.c"))]
    built = subprocess.run(
        ["gcc", "-std=c99", "-w", *SANITIZERS, *sources, "-o", str(place / "run")],
        capture_output=True,
        text=True,
        check=False,
    )
    if built.returncode != 0:
        return f"gcc: {built.stderr[:800]}"
    try:
        run = subprocess.run(
            [str(place / "run")],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"},
        )
    except subprocess.TimeoutExpired:
        return "it ran longer than 60 s"
    return "" if run.returncode == 0 else run.stderr[:1500] or f"exit code {run.returncode}"


def spread(items: list, count: int, seed: int) -> list:
    """Return at most `count` of the items, chosen at random."""
    order = np.random.default_rng(seed).permutation(len(items))
    return [items[int(n)] for n in order[:count]]


if __name__ == "__main__":
    child(
        int(sys.argv[1]),
        int(sys.argv[2]),
        Path(sys.argv[3]),
        [Path(name) for name in json.load(sys.stdin)],
    )
