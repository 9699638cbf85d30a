"""`train`: fit, quantize and check a project's model."""

import argparse
from pathlib import Path
from typing import Any

from studio.errors import ConfigError
from studio.events import Reporter

HELP = "train a project's model and quantize it to int8"
DESCRIPTION = """Train a project's model and quantize it to int8.

The accuracies printed are of the validation split (key "split" in --json), which was also used to
decide when to stop; the test split is not touched until `tinyml-studio test`."""
EXAMPLE = "Example: tinyml-studio train my-project --epochs 40 --seed 1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options."""
    parser.add_argument("project", type=Path, metavar="P", help="the project's folder")
    parser.add_argument("--seed", type=int, help="start of all randomness: same seed, same model")
    parser.add_argument("--epochs", type=int, help="most passes over the training windows")
    parser.add_argument(
        "--param",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="another setting of the training, such as learning_rate=0.001; may be repeated",
    )


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """Do it."""
    from studio.services import train

    params: dict[str, Any] = {}
    for option in args.param:
        name, equals, value = option.partition("=")
        if not equals:
            raise ConfigError(f"Option {option!r} has no value.", "Write it as name=value.")
        params[name.strip().replace("-", "_")] = value.strip()
    for name in ("seed", "epochs"):
        if getattr(args, name) is not None:
            params[name] = getattr(args, name)
    return train.train(args.project, params=params, report=report)


def text(result: dict[str, Any]) -> str:
    """Say it in words."""
    last = f"best of {len(result['epochs'])} epochs: {result['best_epoch']}"
    lines = [
        f"Run {result['run']}: {result['parameters']:,} parameters, {last}, "
        f"{result['seconds']:.0f} s."
    ]
    return "\n".join([*lines, *figures(result), "Next: tinyml-studio test"])


def figures(result: dict[str, Any]) -> list[str]:
    """Return the lines that `train` and `test` have in common."""
    names = {"float": "before quantizing", "int8": "int8, compiled", "board": "on the board"}
    lines = [f"On the {result['split']} split ({result['int8']['windows']} windows):"]
    for key, name in names.items():
        part = result[key]
        if part is None:
            continue
        low, high = part["interval"]
        lines.append(
            f"  {name:<18} accuracy {100 * part['accuracy']:.1f} % (95 % interval "
            f"{100 * low:.1f} to {100 * high:.1f} %), macro-F1 {part['macro_f1']:.3f}"
        )
    lines.append(f"  always the commonest class: {100 * result['int8']['majority']:.1f} %")
    for label, value in zip(result["classes"], result["int8"]["recall"], strict=True):
        found = "no windows" if value is None else f"{100 * value:.1f} %"
        lines.append(f"  found of {label}: {found}")
    return lines
