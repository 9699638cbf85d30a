"""`record`: from a board into a project."""

import argparse
import os
import threading
from pathlib import Path
from typing import Any

from studio.cli.frame import whole
from studio.cli.health import sentence
from studio.devices.series import ClipRequest
from studio.errors import ConfigError
from studio.events import Reporter
from studio.params import from_options
from studio.services import acquire, clips, together
from studio.services.marks import Marks
from studio.signals import EventSettings

HELP = "record from a board, a microphone or a file into a project"
DESCRIPTION = """\
Record what a board's sensor delivers into a project. With a label the whole recording becomes a
sample to train on. The interrupt key (Ctrl-C) ends the recording and keeps it.

A port is what `ports` lists, or microphone://NAME?rate=16000&channels=1, or a file that is
played: file:///PATH.wav?speed=1&loop=0 (speed 0: as fast as it goes; also tables such as .csv and
.parquet; what does not tell its rate, such as .npy, needs &rate=).

A trigger is KIND:THRESHOLD[:AXIS[:DIRECTION]]: level (value), slope (change per second), rms
(strength about the mean over 50 ms), onset (dB above what was just before); the axis by name or
any; for level and slope up, down or either.
"""
EXAMPLE = """\
examples:
  tinyml-studio record my-project --port virtual://virtual --seconds 10 --label wave
  tinyml-studio record my-project --series 20 --seconds 1 --pause 1 --countdown 3 --label left
  tinyml-studio record my-project --trigger level:0.5:accX --pre 0.3 --post 0.7 --clips 10
  tinyml-studio record my-project --port microphone:// --seconds 60 --label clap --auto-split onset
  tinyml-studio record my-project --marks l=left,r=right
"""
_DEFAULT = "virtual://virtual"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options."""
    parser.add_argument("project", type=Path, help="the project's folder")
    parser.add_argument(
        "--port",
        action="append",
        help="where the board is, as `ports` lists it (default: virtual://virtual); given several "
        "times, all boards are recorded at once",
    )
    parser.add_argument(
        "--sensor",
        default="",
        help="name or part of it, if the board offers several",
    )
    parser.add_argument(
        "--protocol", default="auto", help="what the board speaks (default: it is found out)"
    )
    parser.add_argument(
        "--baud", type=int, default=0, help="speed of the port (default: it is found out)"
    )
    parser.add_argument(
        "--reconnect",
        type=float,
        default=acquire.RECONNECT_S,
        metavar="SECONDS",
        help="how long a board that was unplugged or reset is waited for (default: %(default)g)",
    )
    parser.add_argument("--seconds", type=float, help="length; without it until Ctrl-C")
    parser.add_argument("--label", default="", help="what it shows, for training")
    parser.add_argument("--name", default="", help="name of the recording; made up if not given")
    parser.add_argument(
        "--group",
        default="",
        help="person, place or session; a group is never split between training and test",
    )
    _add_modes(parser)


def _add_modes(parser: argparse.ArgumentParser) -> None:
    series = parser.add_argument_group("series")
    series.add_argument("--series", type=whole, metavar="N", help="N clips of --seconds each")
    series.add_argument("--pause", type=float, metavar="S", help="seconds between them")
    series.add_argument("--countdown", type=float, metavar="S", help="seconds before the first")
    trigger = parser.add_argument_group("trigger")
    trigger.add_argument("--trigger", default="", metavar="WHAT", help="keep a clip when it fires")
    trigger.add_argument("--pre", type=float, metavar="S", help="seconds before it (default: 0.5)")
    trigger.add_argument("--post", type=float, metavar="S", help="seconds after it (default: 0.5)")
    trigger.add_argument("--hold-off", type=float, metavar="S", help="deaf for that long after it")
    trigger.add_argument("--clips", type=whole, metavar="N", help="end after so many")
    trigger.add_argument("--trigger-window", type=float, metavar="MS", help="of rms and onset")
    labels = parser.add_argument_group("labels")
    labels.add_argument(
        "--marks",
        nargs="?",
        const="",
        metavar="KEYS",
        help="each line typed while it records is the label from then on, an empty one ends it; "
        "KEYS such as l=left,r=right are short for them",
    )
    labels.add_argument(
        "--auto-split",
        metavar="EVENTS",
        help="cut into what happens in it: energy, threshold, peaks or onset",
    )
    labels.add_argument(
        "--split-param",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="for --auto-split, such as threshold=15 or before_ms=100; may be given many times",
    )


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """Do it."""
    options = {
        "protocol": args.protocol,
        "baud": args.baud,
        "reconnect_s": args.reconnect,
        "sensor": args.sensor,
        "name": args.name,
        "label": args.label,
        "group": args.group,
        "auto_split": _events(args),
    }
    ports = args.port or [_DEFAULT]
    wanted = _clips(args)
    if wanted is not None:
        _refuse(len(ports) > 1, "several ports", "a series or a trigger")
        _refuse(args.marks is not None, "--marks", "a series or a trigger")
        return clips.record_clips(args.project, ports[0], wanted, report=report, **options)
    options["seconds"] = args.seconds
    if args.marks is not None:
        _refuse(len(ports) > 1, "several ports", "--marks")
        marks = Marks()
        _listen(marks, _keys(args.marks))
        return acquire.record(args.project, ports[0], marks=marks, report=report, **options)
    if len(ports) > 1:
        return together.record_together(args.project, ports, report=report, **options)
    return acquire.record(args.project, ports[0], report=report, **options)


def did_all(args: argparse.Namespace, result: dict[str, Any]) -> bool:
    """Whether everything that was asked for was recorded, or the person stopped it.

    Without a length, a played file is asked for to its end, and a board until it is stopped.
    """
    asked = args.seconds is not None or args.series is not None or args.clips is not None
    rows = result.get("recordings", [result]) if "complete" not in result else [result]
    return not result.get("failed") and all(
        row["complete"]
        or row["ended"] == _BY_HAND
        or (not asked and row["port"].startswith("file://"))
        for row in rows
    )


def _refuse(both: bool, one: str, other: str) -> None:
    if both:
        raise ConfigError(f"{one} and {other} do not go together.", "Choose one of them.")


def _events(args: argparse.Namespace) -> EventSettings | None:
    if args.auto_split is None:
        if args.split_param:
            raise ConfigError("--split-param is for --auto-split.", "Give --auto-split energy.")
        return None
    return from_options(EventSettings, [f"kind={args.auto_split}", *args.split_param])


_BY_HAND = "Stopped."
_SERIES = ("pause", "countdown")
_TRIGGER = ("pre", "post", "hold_off", "clips", "trigger_window")


def _clips(args: argparse.Namespace) -> ClipRequest | None:
    """Return which clips are wanted; None for one recording from the start on."""
    strange = [name for name in _TRIGGER if getattr(args, name) is not None]
    if args.trigger:
        _refuse(args.series is not None, "--series", "--trigger")
        _refuse(args.seconds is not None, "--seconds", "--trigger (use --pre and --post)")
        strange = [name for name in _SERIES if getattr(args, name) is not None]
    if strange:
        raise ConfigError(
            f"--{strange[0].replace('_', '-')} is for "
            f"{'a series' if args.trigger else 'a trigger'}.",
            f"Give {'--series' if args.trigger else '--trigger'} too, or leave it out.",
        )
    if args.trigger:
        given = {
            "count": args.clips,
            "pre_s": args.pre,
            "post_s": args.post,
            "hold_off_s": args.hold_off,
            "window_ms": args.trigger_window,
        }
        chosen = {name: value for name, value in given.items() if value is not None}
        return ClipRequest(trigger=args.trigger, **chosen)
    if args.series is None:
        if args.pause is not None:
            raise ConfigError("--pause is for a series.", "Give --series too, or leave it out.")
        if args.countdown is None:
            return None
    elif not args.series:
        raise ConfigError("A series of 0 clips holds nothing.", "Give --series 20.")
    return ClipRequest(
        count=args.series or 1,
        seconds=args.seconds,
        pause_s=args.pause or 0.0,
        countdown_s=args.countdown or 0.0,
    )


def _keys(text: str) -> dict[str, str]:
    """Return what each short line stands for."""
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    keys = {key.strip(): label.strip() for key, _, label in pairs}
    if not all(key and label for key, label in keys.items()):
        raise ConfigError(f"{text!r} says no keys.", "Write them as in l=left,r=right.")
    return keys


def _listen(marks: Marks, keys: dict[str, str]) -> None:
    """Take labels from standard input in a thread, until it ends."""

    def follow() -> None:
        # not by sys.stdin: a thread that waits in it cannot be left behind at the end
        rest = b""
        while data := os.read(0, 4096):
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                label = line.decode("utf-8", "replace").strip()
                marks.mark(keys.get(label, label))

    threading.Thread(target=follow, name="labels", daemon=True).start()


def text(result: dict[str, Any]) -> str:
    """Say it in words."""
    lines: list[str] = []
    rows = result.get("recordings", [result])
    for row in rows:
        lines.append(
            f"Saved {row['name']}: {row['seconds']:.2f} s, {row['readings']} readings of "
            f"{', '.join(row['axes'])} at {row['sample_rate_hz']:g} Hz."
        )
        if row.get("offset_s") is not None:
            lines.append(
                f"It began {1000 * row['offset_s']:.1f} ms after the first "
                f"(± {1000 * row['uncertainty_s']:.1f} ms)."
            )
        lines += [line for line in (row.get("warning"), row.get("ended")) if line]
        lines += [sentence(finding) for finding in row["health"]["findings"]]
    if result not in rows:
        lines += [line for line in (result.get("warning"), result.get("ended")) if line]
    if result.get("samples", 0) > len(rows):
        lines.append(f"{result['samples']} samples were made.")
    return "\n".join(dict.fromkeys(lines))
