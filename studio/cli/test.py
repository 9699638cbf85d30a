"""`test`: score a project's model on the test split, on this computer and on a board."""

import argparse
from pathlib import Path
from typing import Any

from studio.cli.train import figures
from studio.events import Reporter

HELP = "test the trained model on recordings it has never seen"
DESCRIPTION = """Test the latest training run on the project's test split.

With --port every test window is also sent to the board there, which must run the same training;
its features and scores are compared byte for byte with this computer's."""
EXAMPLE = "Example: tinyml-studio test my-project --port virtual://desk"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options."""
    parser.add_argument("project", type=Path, metavar="P", help="the project's folder")
    parser.add_argument(
        "--port", default="", help="a board's port, such as COM3, /dev/ttyACM0 or virtual://NAME"
    )


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """Do it."""
    from studio.services import test

    return test.test(args.project, port=args.port, report=report)


def text(result: dict[str, Any]) -> str:
    """Say it in words."""
    lines = [f"Run {result['run']}.", *figures(result)]
    lines.append(f"  int8 decides differently from float: {result['float_int8_disagreements']}")
    parity, latency = result["parity"], result["latency"]
    if parity:
        lines += [
            f"Board and computer agree byte for byte on {parity['features_identical']} (features) "
            f"and {parity['scores_identical']} (scores) of {parity['windows']} windows.",
            f"Time per window: {latency['latency_ms']:.1f} ms ({latency['source']}), of which "
            f"{latency['dsp_ms']:.1f} ms signal processing.",
        ]
    return "\n".join(lines)
