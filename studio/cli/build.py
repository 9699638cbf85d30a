"""`build`: firmware of a trained project, with the bytes it takes."""

import argparse
from pathlib import Path
from typing import Any

from studio.events import Reporter
from studio.services import deploy, deploy_way
from studio.services.compile import OPTIMISE

HELP = "build the firmware of a project with PlatformIO and show the memory it takes"
DESCRIPTION = """\
Turns a trained project into a program for the board: the pipeline becomes C code, PlatformIO
compiles and links it. Nothing is downloaded. The source is left in the project's build folder,
where it can be read; the folder may be deleted at any time.

Flash is the board's permanent memory (program, weights, constants), RAM its working memory
(variables, the stack, and the window of readings)."""
EXAMPLE = "Example: tinyml-studio build my-project && tinyml-studio flash my-project"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options."""
    parser.add_argument("project", type=Path, help="folder of the project")
    parser.add_argument(
        "--app",
        choices=deploy.APPS,
        default="infer",
        help="infer: the trained pipeline, deciding (usual); collect: streams readings to the PC",
    )
    parser.add_argument("--board", help="id of the board; the project's own unless given")
    parser.add_argument(
        "--optimise",
        choices=OPTIMISE,
        default="speed",
        help="size: fewer bytes of code, up to 5%% more time (default: %(default)s)",
    )
    parser.add_argument(
        "--ram",
        type=int,
        metavar="BYTES",
        help="what the model's values may take before its layers run row by row, which is slower"
        " (half of the board's RAM unless given)",
    )
    parser.add_argument(
        "--source",
        type=Path,
        metavar="DIR",
        help="write the source to this folder instead of building it here",
    )
    parser.add_argument(
        "--source-kind",
        choices=deploy_way.EXPORTS,
        default="platformio",
        help="platformio: the whole firmware; c: the model alone (default: %(default)s)",
    )


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """Build, or write the source."""
    if args.source is not None:
        report.progress(0.0, f"build: writing the source to {args.source}")
        return deploy_way.export_source(
            args.project, args.source, what=args.source_kind, optimise=args.optimise
        )
    return deploy.build(
        args.project,
        app=args.app,
        board=args.board,
        optimise=args.optimise,
        ram_bytes=args.ram,
        report=report,
    )


def text(result: dict[str, Any]) -> str:
    """Say it in words."""
    if "files" in result:
        return f"{result['files']} files are in {result['folder']}."
    what = f"training run {result['run']}" if result["run"] else result["app"]
    return (
        f"Built {what} for {result['board']} in {result['seconds']:.1f} s. Bytes:\n"
        f"{deploy.sizes_text(result)}\n"
        f"The image is {result['image']}"
    )
