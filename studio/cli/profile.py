"""`profile`: what one inference costs on the emulated core."""

import argparse
from pathlib import Path
from typing import Any

from studio.emulator.toolchain import TOOLCHAINS
from studio.events import Reporter
from studio.services import bench, boards
from studio.services.compile import OPTIMISE

HELP = "run a .tflite model once on a virtual board; count instructions, cycles and memory"
EXAMPLE = "Example: tinyml-studio profile model.tflite --board virtual-cortex-m4"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options."""
    parser.add_argument("model", type=Path, metavar="M.tflite", help="the .tflite model file")
    parser.add_argument("--board", default=boards.VIRTUAL, help="virtual board, by its id")
    parser.add_argument(
        "--toolchain",
        choices=tuple(TOOLCHAINS),
        default="zig",
        help="C compiler; gcc is arm-none-eabi-gcc (default: %(default)s)",
    )
    parser.add_argument(
        "--optimise",
        choices=OPTIMISE,
        default="speed",
        help="what matters more: time, or bytes of code: size saves up to a fifth of them with gcc"
        " and half with clang, for up to 5%% more instructions (default: %(default)s)",
    )
    parser.add_argument(
        "--ram",
        type=int,
        metavar="BYTES",
        help="what the values may take; where it is more, layers run together row by row",
    )


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """Do it."""
    return bench.profile(
        args.model,
        board=args.board,
        toolchain=args.toolchain,
        optimise=args.optimise,
        ram_bytes=args.ram,
        report=report,
    )


def text(result: dict[str, Any]) -> str:
    """Say it in words."""
    clock_hz = boards.board(result["board"]).clock_hz
    lines = [
        f"{row['op']:<20} {row['cycles']:>12,} cycles {row['instructions']:>12,} instructions"
        f"  {row['name'].rpartition(';')[2][:40]}"
        for row in result["layers"]
    ]
    milliseconds = 1000 * result["cycles"] / clock_hz
    lines += [
        f"one inference: {result['cycles']:,} cycles, {result['instructions']:,} instructions, "
        f"{milliseconds:.1f} ms at {clock_hz / 1e6:g} MHz",
        f"model and kernels: RAM {result['model_ram_bytes']:,} bytes, stack "
        f"{result['invoke_stack_bytes']:,}, flash {result['model_flash_bytes']:,}",
        f"whole image: RAM {result['ram_bytes']:,} bytes (stack {result['stack_bytes']:,}), "
        f"flash {result['flash_bytes']:,} bytes",
    ]
    return "\n".join(lines)
