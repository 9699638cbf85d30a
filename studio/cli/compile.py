"""`compile`: a quantized model file to C."""

import argparse
import dataclasses
from pathlib import Path
from typing import Any

from studio.events import Reporter
from studio.services import compile as service

HELP = "turn an int8 .tflite model into plain C and say what it needs"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options."""
    parser.add_argument("model", type=Path, help="the .tflite file (int8 quantized)")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder for the C files"
    )
    parser.add_argument(
        "--target",
        choices=service.TARGETS,
        default="generic",
        help="processor the code is for (default: %(default)s)",
    )
    parser.add_argument(
        "--optimise",
        choices=service.OPTIMISE,
        default="speed",
        help="what matters more: time, or bytes of code (default: %(default)s)",
    )


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """Compile and write."""
    report.progress(0.0, f"Compile: {args.model.name}")
    compiled = service.compile_model_file(
        args.model, out=args.out, target=args.target, optimise=args.optimise
    )
    report.progress(1.0, "Compile: done")
    return {
        "name": compiled.name,
        "target": compiled.target,
        "arena_bytes": compiled.arena_bytes,
        "weights_bytes": compiled.weights_bytes,
        "macs": compiled.macs,
        "inputs": [dataclasses.asdict(tensor) for tensor in compiled.inputs],
        "outputs": [dataclasses.asdict(tensor) for tensor in compiled.outputs],
        "layers": [dataclasses.asdict(layer) for layer in compiled.layers],
        "files": [str(args.out / name) for name in sorted(compiled.files)],
    }


def text(result: dict[str, Any]) -> str:
    """Say it in words."""
    lines = [f"{'operator':<20}{'output':<16}{'MACs':>12}{'bytes':>10}"]
    for layer in result["layers"]:
        shape = "x".join(str(n) for n in layer["output_shape"])
        lines.append(
            f"{layer['op']:<20}{shape:<16}{layer['macs']:>12,}{layer['output_bytes']:>10,}"
        )
    lines.append(
        f"RAM for values {result['arena_bytes']:,} bytes,"
        f" constants {result['weights_bytes']:,} bytes,"
        f" {result['macs']:,} multiplications per inference."
    )
    lines.append(f"{len(result['files'])} files written, such as {result['files'][-1]}.")
    return "\n".join(lines)
