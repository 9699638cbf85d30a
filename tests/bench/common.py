"""What the benches share: running verbs of the program, gates, printing one JSON object."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # a bench is started as a file, not as a module
SHARED = Path(os.environ.get("TINYML_STUDIO_SHARED_DATA", ROOT.parent / "shared" / "data"))


def verb(*arguments: object) -> dict[str, Any]:
    """Run a verb with --json and return its answer; a failure ends the bench with its words."""
    done = subprocess.run(
        [sys.executable, "-m", "studio", *map(str, arguments), "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        words = " ".join(map(str, arguments[:2]))
        sys.exit(f"{words} ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def say(text: str) -> None:
    """Print progress on standard error."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def gate(name: str, value: float, limit: float, unit: str, better: str) -> dict[str, Any]:
    """Return one gate: `better` is `lower` or `higher` than the limit."""
    holds = value <= limit if better == "lower" else value >= limit
    return {
        "name": name,
        "value": value,
        "limit": limit,
        "unit": unit,
        "better": better,
        "holds": bool(holds),
    }


def finish(result: dict[str, Any], *, as_json: bool) -> None:
    """Print the result: one JSON object, or a line per gate; exit with 1 if one is missed.

    Without any, nothing was measured.
    """
    if not result["gates"]:
        sys.exit(f"Nothing was measured: no data at {SHARED}?")
    if as_json:
        sys.stdout.write(json.dumps(result) + "\n")
    for row in () if as_json else result["gates"]:
        mark = "ok  " if row["holds"] else "MISS"
        sign = "<=" if row["better"] == "lower" else ">="
        sys.stdout.write(
            f"{mark} {row['name']}: {row['value']:.4g} {sign} {row['limit']:g} {row['unit']}\n"
        )
    if not all(row["holds"] for row in result["gates"]):
        sys.stdout.flush()
        sys.exit(1)


def options(description: str) -> argparse.ArgumentParser:
    """Return a parser with what every bench understands."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser
