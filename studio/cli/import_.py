"""`import`: bring files into a project."""

import argparse
from pathlib import Path
from typing import Any

from studio.cli import info
from studio.errors import ConfigError
from studio.events import Reporter
from studio.services.imports import (
    GROUPINGS,
    ImportOptions,
    Naming,
    import_data,
)
from studio.types import SPLITS

HELP = "import recordings: sound, tables, arrays, Edge Impulse; files, folders or zip files"
DESCRIPTION = """Import recordings into a project.

WAV, FLAC, OGG, MP3; CSV and Parquet; .npy and .npz; Edge Impulse's JSON and CBOR; zip files of
such. A project archive (NAME.tinyml.zip) becomes a new project, or is added to one that is there.

The label of a file is, in this order: --label; {label} of --pattern; a list of labels beside it
(info.labels, structured_labels.labels, SensiML's .dai, an Audacity track of its name); what the
file itself says; the folder it is in; its name before the first dot. Folders named training,
testing or validation set the split. A group is what must not be in two splits: {group} of
--pattern, --group, or else every file (and every take that a blank line parts in a CSV) for
itself.

Sound becomes 16-bit; of stereo files the first channel is taken unless --channels says all. The
rate of the data is changed only with --resample. A file that cannot be read is listed and does
not stop the others; what the project holds already is skipped, and the same readings under
another name are told."""
EXAMPLE = """examples:
  tinyml-studio import my_words recordings/ --pattern "{label}_{group}_{n}" --resample 16000 \\
      --keep yes,no
  tinyml-studio import my_wand wand/ --axes accel_x,accel_y,accel_z
  tinyml-studio import fan fan/ --rate 200 --axes x,y,z
  tinyml-studio import walks log.csv --time-column t --time-unit us --label-column activity \\
      --axes ax,ay,az --delimiter ";" --decimal ,
  tinyml-studio import copy words.tinyml.zip"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("project", type=Path, help="folder of the project")
    parser.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="files or folders")
    _add_names(parser.add_argument_group("names"))
    _add_data(parser.add_argument_group("data"))
    _add_tables(parser.add_argument_group("tables"))
    parser.add_argument("--seed", type=int, default=0, help="seed of the splits (default: 0)")


def _add_names(names: argparse._ArgumentGroup) -> None:
    names.add_argument("--label", default="", help="label of everything")
    names.add_argument(
        "--pattern",
        default="",
        help="how files are named, such as {label}_{group}_{n}; with slashes, the folders too: "
        "{group}/{label}/{n}",
    )
    names.add_argument("--group", default="", help="group of everything")
    names.add_argument(
        "--group-by", choices=GROUPINGS, default="take", help="what is a group (default: take)"
    )
    names.add_argument(
        "--split",
        choices=[*SPLITS, "none"],
        default="",
        help="split of everything; none = pay no attention to folder names",
    )
    names.add_argument(
        "--keep", default="", metavar="A,B", help="labels to keep; all others become --rest"
    )
    names.add_argument(
        "--rest", default="unknown", help="label of what --keep does not name (default: unknown)"
    )
    names.add_argument(
        "--relabel",
        action="append",
        default=[],
        metavar="OLD=NEW",
        help="correct a label, such as Idel=Idle; can be repeated",
    )
    names.add_argument("--skip", default="", metavar="A,B", help="labels to leave out")


def _add_data(data: argparse._ArgumentGroup) -> None:
    data.add_argument(
        "--rate", type=float, default=0.0, metavar="HZ", help="rate of data that does not say it"
    )
    data.add_argument(
        "--axes",
        default="",
        metavar="A,B",
        help="columns to take, by name or number from 1; names for a table without header",
    )
    data.add_argument(
        "--resample", type=float, default=0.0, metavar="HZ", help="convert everything to this rate"
    )
    data.add_argument(
        "--channels",
        choices=["first", "all"],
        default="first",
        help="of sound with several channels: the first, or all as axes (default: first)",
    )
    data.add_argument(
        "--hmac-key",
        default="",
        metavar="KEY",
        help="verify signatures with this key; files that fail are not imported",
    )
    data.add_argument(
        "--skip-duplicates",
        action="store_true",
        help="leave out what has the same readings as a recording of another name",
    )


def _add_tables(tables: argparse._ArgumentGroup) -> None:
    tables.add_argument(
        "--time-column",
        default="",
        metavar="NAME",
        help="column of times, by name or number from 1; none = there is none",
    )
    tables.add_argument(
        "--time-unit", choices=["s", "ms", "us", "ns"], default="", help="unit of the times"
    )
    tables.add_argument(
        "--label-column",
        default="",
        metavar="NAME",
        help="column of labels, by name or number: equal ones in a row become one sample",
    )
    tables.add_argument(
        "--delimiter", default="", metavar="SIGN", help="what parts the columns; tab = a tab"
    )
    tables.add_argument("--decimal", choices=[".", ","], default="", help="decimal sign")
    tables.add_argument(
        "--header", choices=["yes", "no"], default="", help="whether the first line has names"
    )


def _delimiter(text: str) -> str:
    sign = {"tab": "\t", "\\t": "\t"}.get(text, text)
    if len(sign) > 1 or sign in ('"', "\n", "\r"):
        raise ConfigError(f"--delimiter is {text!r}.", "Give one sign, such as ; or tab.")
    return sign


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _relabel(options: list[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for option in options:
        old, equals, new = option.partition("=")
        if not equals or not old.strip() or not new.strip():
            raise ConfigError(
                f"--relabel {option!r} cannot be read.", "Write it as old=new, such as Idel=Idle."
            )
        pairs[old.strip()] = new.strip()
    return pairs


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """Import the files."""
    naming = Naming(
        label=args.label,
        pattern=args.pattern,
        group=args.group,
        group_by=args.group_by,
        split=args.split,
        keep=_names(args.keep),
        rest=args.rest,
        relabel=_relabel(args.relabel),
        skip=_names(args.skip),
    )
    options = ImportOptions(
        sample_rate_hz=args.rate,
        axes=_names(args.axes),
        channels=args.channels,
        time_column=args.time_column,
        time_unit=args.time_unit,
        label_column=args.label_column,
        delimiter=_delimiter(args.delimiter),
        decimal=args.decimal,
        header=args.header,
        hmac_key=args.hmac_key,
    )
    return import_data(
        args.project,
        args.paths,
        naming=naming,
        options=options,
        resample_hz=args.resample,
        skip_duplicates=args.skip_duplicates,
        seed=args.seed,
        report=report,
    )


def did_all(args: argparse.Namespace, result: dict[str, Any]) -> bool:
    """Whether every file could be read; the others are in the project all the same."""
    return not result.get("failed")


def text(result: dict[str, Any]) -> str:
    """Tell what came in and what did not."""
    lines = [
        f"Imported {result['recordings']} recordings ({result['seconds']:.1f} s, "
        f"{result['samples']} samples) from {result['files']} files.",
        info.table(result["labels"]),
    ]
    if result["skipped"]:
        lines.append(f"  {result['skipped']} were in the project already and were skipped.")
    if result["left_out"]:
        lines.append(f"  {result['left_out']} were left out by their label.")
    for row in result["duplicates"][:5]:
        lines.append(f"  {row['file']} has the same readings as {row['same_as']}.")
    if len(result["duplicates"]) > 5:
        lines.append(f"  {len(result['duplicates']) - 5} more have the readings of others.")
    if result["signatures"]:
        counts = ", ".join(f"{count} {word}" for word, count in result["signatures"].items())
        lines.append(f"  Signatures: {counts}.")
    lines += [f"  {note}" for note in result["notes"]]
    failed = result["failed"]
    lines += [f"  ! {row['file']}: {row['message']}" for row in failed[:10]]
    if len(failed) > 10:
        lines.append(f"  ! and {len(failed) - 10} more files failed; --json lists them all.")
    return "\n".join(lines)
