"""`features`: what a signal block makes of one file."""

import argparse
from pathlib import Path
from typing import Any

from studio.events import Reporter
from studio.services import features as service

HELP = "compute one window's features from a file, exactly as a board would"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options."""
    parser.add_argument(
        "--block", required=True, help="signal block: audio_mfcc (sound) or spectral_analysis"
    )
    parser.add_argument(
        "--param",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="set a parameter of the block, such as num_cepstral=13; may be given many times",
    )
    parser.add_argument(
        "--input",
        type=Path,
        required=True,
        metavar="FILE",
        help="WAV, FLAC, .npy (readings, axes) or CSV; the whole file is one window",
    )
    parser.add_argument(
        "--rate", type=float, default=0.0, metavar="HZ", help="readings per second, if not in FILE"
    )
    parser.add_argument(
        "--axes", default="", metavar="A,B,C", help="names of the columns, if not in FILE"
    )
    parser.add_argument(
        "--output", type=Path, required=True, metavar="F.npy", help="where to write the features"
    )


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """Compute and write them."""
    names = tuple(name.strip() for name in args.axes.split(",") if name.strip())
    request = service.Request(
        block=args.block,
        options=tuple(args.param),
        input=args.input,
        rate_hz=args.rate,
        axes=names,
    )
    return service.features_of_file(request, args.output, report=report)


def text(result: dict[str, Any]) -> str:
    """Say it in words."""
    shape = " x ".join(str(n) for n in result["output_shape"])
    return (
        f"{result['block']} version {result['version']}: {result['features']} features ({shape})"
        f" written to {result['output']}."
    )
