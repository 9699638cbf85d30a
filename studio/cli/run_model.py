"""`run-model`: a model on arrays, as C on this computer or on the virtual board."""

import argparse
from pathlib import Path
from typing import Any

from studio.events import Reporter
from studio.services import compile as service

HELP = "run a .tflite model on inputs from a .npy file"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options."""
    parser.add_argument("model", type=Path, help="the .tflite file (int8 quantized)")
    parser.add_argument(
        "--input",
        type=Path,
        required=True,
        metavar="X.npy",
        help="inputs in the model's own type, shape (n, *input shape) or (n, elements)",
    )
    parser.add_argument(
        "--output", type=Path, required=True, metavar="Y.npy", help="where to write the n outputs"
    )
    parser.add_argument(
        "--engine",
        choices=service.ENGINES,
        default="c",
        help="c: the generated C on this computer; others: the same C as firmware on a virtual"
        " board with that core (default: %(default)s)",
    )


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """Run all inputs."""
    x = service.read_array(args.input)
    report.progress(0.0, f"Run: {args.model.name}")
    y = service.run_model(args.model, x, engine=args.engine, report=report)
    service.write_array(args.output, y)
    report.progress(1.0, "Run: done")
    return {
        "inputs": y.shape[0],
        "engine": args.engine,
        "output": str(args.output),
        "shape": list(y.shape),
        "dtype": str(y.dtype),
    }


def text(result: dict[str, Any]) -> str:
    """Say it in words."""
    shape = "x".join(str(n) for n in result["shape"])
    return (
        f"{result['inputs']} inputs run; {shape} {result['dtype']} written to {result['output']}."
    )
