"""`compile`: a quantized model file to C."""

import argparse
import dataclasses
from pathlib import Path
from typing import Any

from studio.errors import ConfigError
from studio.events import Reporter
from studio.services import compile as service

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
HELP = "turn a .tflite model into plain C and say what it needs"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options."""
    parser.add_argument("model", type=Path, help="the .tflite file")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for the C files")
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
        help="what matters more: time, or bytes of code: size saves up to a fifth of them with gcc"
        " and half with clang, for up to 5%% more instructions (default: %(default)s)",
    )
    parser.add_argument(
        "--ram",
        type=int,
        metavar="BYTES",
        help="what the values may take; where it is more, layers run together row by row,"
        " which is slower (0: as little as possible)",
    )
    parser.add_argument(
        "--explain",
        action="store_true",
        help="show what each pass gained and where each value lies in memory",
    )


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """Compile and write."""
    if args.out is None and not args.explain:
        raise ConfigError(
            "There is no folder for the C files.", "Name one with --out, or ask for --explain."
        )
    if args.ram is not None and args.ram < 0:
        raise ConfigError(f"--ram is {args.ram}.", "Give 0 or more bytes.")
    report.progress(0.0, f"Compile: {args.model.name}")
    options = {"target": args.target, "optimise": args.optimise, "ram_bytes": args.ram}
    compiled = service.compile_model_file(args.model, out=args.out, **options)
    gains = service.explain_model_file(args.model, **options) if args.explain else ()
    report.progress(1.0, "Compile: done")
    files = [] if args.out is None else [str(args.out / name) for name in sorted(compiled.files)]
    result = {
        "name": compiled.name,
        "target": compiled.target,
        "arena_bytes": compiled.arena_bytes,
        "bound_bytes": compiled.bound_bytes,
        "weights_bytes": compiled.weights_bytes,
        "macs": compiled.macs,
        "inputs": [dataclasses.asdict(tensor) for tensor in compiled.inputs],
        "outputs": [dataclasses.asdict(tensor) for tensor in compiled.outputs],
        "layers": [dataclasses.asdict(layer) for layer in compiled.layers],
        "files": files,
    }
    if args.explain:
        result["passes"] = [dataclasses.asdict(gain) for gain in gains]
        result["places"] = [dataclasses.asdict(place) for place in compiled.places]
    return result


def text(result: dict[str, Any]) -> str:
    """Say it in words."""
    lines = [f"{'':>4}{'operator':<20}{'output':<16}{'MACs':>12}{'bytes':>10}"]
    for number, layer in enumerate(result["layers"]):
        shape = "x".join(str(n) for n in layer["output_shape"])
        lines.append(
            f"{number:>3} {_short(layer['op']):<20}{shape:<16}"
            f"{layer['macs']:>12,}{layer['output_bytes']:>10,}"
        )
    lines.append(
        f"RAM for values {result['arena_bytes']:,} bytes"
        f" (layer by layer no plan needs less than {result['bound_bytes']:,}),"
        f" constants {result['weights_bytes']:,} bytes,"
        f" {result['macs']:,} multiplications per inference."
    )
    if "passes" in result:
        lines += ["", *_gains(result["passes"]), "", *memory_picture(result)]
    if result["files"]:
        lines.append(f"{len(result['files'])} files written, such as {result['files'][-1]}.")
    return "\n".join(lines)


def _short(operators: str) -> str:
    """Return the name of layers that run together so that it fits its column."""
    first, *others = operators.split("+")
    return f"{first}+{len(others)}" if others else first


def _gains(passes: list[dict[str, Any]]) -> list[str]:
    lines = [f"{'step':<45}{'operators':>10}{'MACs':>13}{'constants':>12}{'RAM':>11}"]
    first, last = passes[0], passes[-1]
    rows = [("as it is in the file", first, "before"), *((p["name"], p, "after") for p in passes)]
    for name, gain, when in rows:
        lines.append(
            f"{name:<45}{gain[f'operators_{when}']:>10,}{gain[f'macs_{when}']:>13,}"
            f"{gain[f'constants_{when}_bytes']:>12,}{gain[f'arena_{when}_bytes']:>11,}"
        )
    if first["macs_before"] < 0 or last["macs_after"] < 0:
        lines.append("-1: could not be compiled before the next steps")
    return lines


def memory_picture(result: dict[str, Any], *, rows: int = 24) -> list[str]:
    """Return the arena over time: a column per layer, addresses from top to bottom.

    Every value has a letter, which others have again once it is gone; `.` is free. Where an output
    lies over an input the output's letter shows. The last column is what stays: the outputs.
    """
    places = sorted(result["places"], key=lambda place: place["first_layer"])
    columns = len(result["layers"]) + 1
    step = max(1, -(-result["arena_bytes"] // rows))
    picture = [["."] * columns for _ in range(-(-result["arena_bytes"] // step))]
    names = []
    for number, place in enumerate(places):
        letter = _LETTERS[number % len(_LETTERS)]
        stop = place["offset_bytes"] + place["n_bytes"]
        names.append(
            f"{letter} {place['offset_bytes']:>8,} .. {stop:>8,}  layers"
            f" {place['first_layer']:>3} to {place['last_layer']:>3}  {place['name'][:45]}"
        )
        for row in range(place["offset_bytes"] // step, -(-stop // step)):
            for column in range(place["first_layer"], place["last_layer"] + 1):
                picture[row][column] = letter
    title = f"memory: a column per layer, a row per {step:,} bytes of the arena"
    drawn = [f"{row * step:>9,} {''.join(cells)}" for row, cells in enumerate(picture)]
    return [title, *drawn, *names]
