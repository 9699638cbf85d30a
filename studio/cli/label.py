"""`label`: find samples, change them, cut recordings into them, review suggestions."""

import argparse
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from studio.cli.frame import whole
from studio.errors import ConfigError
from studio.events import Reporter
from studio.params import from_options, make
from studio.project import MAIN, ORDERS, SampleQuery
from studio.services import editing, label, library, parts, suggest
from studio.signals import EventSettings
from studio.types import SPLITS, WINDOW_RULES, Span

HELP = "find samples and change them: labels, cuts, splits, tracks, suggestions of a model"
DESCRIPTION = """\
Find samples among very many, and change them. Every change can be taken back with `undo`.

looking:    list, counts
changing:   set (--label), enable, disable, remove, move (--split), track (--track), group
            (--name: of their recordings); all for the samples of --ids or of a filter
            crop (--ids --start --stop), add (--recordings --start --stop --label),
            merge (--labels --label), join (--ids: one sample of neighbours),
            split (--ids or --recordings; --window-ms or --find)
recordings: delete, meta (--set KEY=VALUE)
tracks:     add-track, rename-track, remove-track (--track, --name)
training:   rule (which label a window gets that holds several)
model:      suggest (labels for recordings without one), review (--accept, --reject)

Positions are readings, [start, stop): the stop is the first reading that no longer belongs.
"""
EXAMPLE = """\
examples:
  tinyml-studio label list my_words --labels yes,no --text anna --sort seconds
  tinyml-studio label set my_words --labels ja --label yes
  tinyml-studio label split my_words --recordings 3 --label clap --find onset --preview
  tinyml-studio label suggest my_words
  tinyml-studio label review my_words --accept --above 0.95
"""

_LONGEST = 18
"""Digits of a number; the database holds no longer ones."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options."""
    parser.add_argument("action", choices=ACTIONS, metavar="ACTION", help="what to do")
    parser.add_argument("project", type=Path, help="folder of the project")
    found = parser.add_argument_group("which samples")
    found.add_argument("--ids", type=_numbers, default=(), metavar="1,2", help="their numbers")
    found.add_argument("--labels", type=_words, default=(), metavar="A,B", help="with a label")
    found.add_argument(
        "--splits", type=_splits, default=(), metavar="A,B", help="in a split; none: in no split"
    )
    found.add_argument("--groups", type=_words, default=(), metavar="A,B", help="of a group")
    found.add_argument("--tracks", type=_words, default=(), metavar="A,B", help="on a track")
    found.add_argument(
        "--recordings", type=_numbers, default=(), metavar="1,2", help="of recordings"
    )
    found.add_argument("--text", default="", help="anywhere in the recording's name")
    found.add_argument("--words", default="", help="each in the name, the group or the label")
    found.add_argument("--flag", default="", help="whose recording's health has this word")
    found.add_argument("--only", choices=("enabled", "disabled"), help="used or not used")
    found.add_argument("--sort", choices=ORDERS, default="recording", help="order of the list")
    found.add_argument("--descending", action="store_true", help="the other way round")
    found.add_argument("--offset", type=whole, default=0, help="rows to skip")
    found.add_argument("--limit", type=whole, default=50, help="rows to show")
    made = parser.add_argument_group("what they become")
    made.add_argument("--label", default="", help="the new label")
    made.add_argument("--split", choices=(*SPLITS, "none"), help="the new split")
    made.add_argument("--alone", action="store_true", help="move: without the rest of the group")
    made.add_argument("--track", default=None, help=f"the track (default: {MAIN})")
    made.add_argument("--name", default="", help="tracks, group: the new name")
    made.add_argument("--start", type=int, help="first reading")
    made.add_argument("--stop", type=int, help="first reading after it")
    made.add_argument(
        "--set", action="append", default=[], metavar="K=V", help="meta: a key; without V remove"
    )
    _add_cutting(parser.add_argument_group("split: into windows or events"))
    _add_models(parser)


def _add_models(parser: argparse.ArgumentParser) -> None:
    """Add what is said about training, and about suggestions of a trained model."""
    training = parser.add_argument_group("rule")
    training.add_argument("--rule", choices=WINDOW_RULES, help="how a window gets its label")
    training.add_argument("--share", type=float, help="rule share: least part of the window, 0..1")
    training.add_argument("--background", help="a label that counts as none beside others")
    review = parser.add_argument_group("suggest and review")
    review.add_argument("--run", default="", help="the training; the latest if not given")
    review.add_argument("--accept", action="store_true", help="make samples of them")
    review.add_argument("--reject", action="store_true", help="set them aside")
    review.add_argument("--above", type=float, help="all with at least this confidence, 0..1")


def _add_cutting(group: Any) -> None:
    group.add_argument("--window-ms", type=float, help="length of the parts")
    group.add_argument("--stride-ms", type=float, default=0.0, help="from one to the next")
    group.add_argument("--keep-rest", action="store_true", help="take the shorter last part too")
    group.add_argument(
        "--find", default="", metavar="EVENTS", help="energy, threshold, peaks or onset"
    )
    group.add_argument(
        "--param",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="of events, such as threshold=15 or before_ms=100; may be given many times",
    )
    group.add_argument("--preview", action="store_true", help="show the parts, write nothing")


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _splits(text: str) -> tuple[str, ...]:
    return tuple("" if word == "none" else word for word in _words(text))


def _numbers(text: str) -> tuple[int, ...]:
    words = _words(text)
    if not words or not all(word.isdecimal() and len(word) <= _LONGEST for word in words):
        raise ConfigError(f"{text!r} is no list of numbers.", "Write them as in 1,2,3.")
    return tuple(int(word) for word in words)


def _query(args: argparse.Namespace) -> SampleQuery:
    return SampleQuery(
        labels=args.labels,
        splits=args.splits,
        groups=args.groups,
        tracks=args.tracks,
        recordings=args.recordings,
        text=args.text,
        words=args.words,
        flag=args.flag,
        enabled=None if args.only is None else args.only == "enabled",
        sort=args.sort,
        descending=args.descending,
    )


def _chosen(args: argparse.Namespace) -> SampleQuery:
    """Return what is asked for: of the samples that are named, or of all."""
    return replace(_query(args), ids=args.ids or None)


def _selection(args: argparse.Namespace) -> label.Selection:
    """Return what was named; no filter at all is no selection."""
    query = _query(args)
    plain = SampleQuery(sort=args.sort, descending=args.descending)
    return label.Selection(args.ids, None if query == plain else query)


def _list(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    total, rows = label.page(args.project, _chosen(args), offset=args.offset, limit=args.limit)
    shown = [
        asdict(row.sample) | {"recording": row.recording, "seconds": row.seconds} for row in rows
    ]
    return {"total": total, "samples": shown}


def _one(args: argparse.Namespace, values: tuple[int, ...], option: str) -> int:
    if len(values) != 1 or args.start is None or args.stop is None:
        raise ConfigError(
            f"{args.action} takes one number and its ends.",
            f"Give {option}, --start and --stop in readings.",
        )
    return values[0]


def _add(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    recording = _one(args, args.recordings, "--recordings")
    span = Span(args.start, args.stop, args.label)
    return label.add(args.project, recording, [span], track=args.track or MAIN)


def _crop(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    return label.crop(args.project, _one(args, args.ids, "--ids"), args.start, args.stop)


def _move(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    if args.split is None:
        raise ConfigError("It is not said where to.", "Give --split, such as --split test.")
    split = "" if args.split == "none" else args.split
    return label.move(args.project, _selection(args), split, whole_groups=not args.alone)


def _split(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    how: parts.Windows | EventSettings
    if args.find:
        how = from_options(EventSettings, [f"kind={args.find}", *args.param])
    elif args.window_ms is not None:
        names = {"length_ms": args.window_ms, "stride_ms": args.stride_ms}
        how = make(parts.Windows, {**names, "keep_rest": args.keep_rest})
    else:
        raise ConfigError("It is not said how to cut.", "Give --window-ms 1000, or --find energy.")
    found = parts.preview(
        args.project,
        how,
        sample_ids=args.ids,
        recording_ids=args.recordings,
        label=args.label,
        report=report,
    )
    shown = {
        "parts": [
            {
                **asdict(one.source),
                "name": one.name,
                "sample_rate_hz": one.sample_rate_hz,
                "spans": [[span.start, span.stop] for span in one.spans],
            }
            for one in found
        ]
    }
    if args.preview:
        return shown
    return shown | parts.write(args.project, found, track=args.track or MAIN)


def _meta(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    pairs = [text.partition("=") for text in args.set]
    values = {key: value if equals else None for key, equals, value in pairs}
    return label.metadata(args.project, args.recordings, values)


def _track(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    return label.put_on_track(args.project, _selection(args), _need_track(args))


def _tracks(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    if args.action == "add-track":
        return label.change_track(args.project, "", new=args.name)
    new = args.name if args.action == "rename-track" else None
    return label.change_track(args.project, _need_track(args), new=new)


def _need_track(args: argparse.Namespace) -> str:
    if args.track is None:
        raise ConfigError("No track was named.", "Give it with --track.")
    return str(args.track)


def _rule(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    names = ("track", "rule", "share", "background")
    return label.set_rule(args.project, {name: getattr(args, name) for name in names})


def _review(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    if args.accept and args.reject:
        raise ConfigError("Suggestions are accepted or rejected.", "Give one of the two.")
    if args.accept or args.reject:
        verdict = "accept" if args.accept else "reject"
        return suggest.review(
            args.project, verdict, ids=args.ids, above=args.above, label=args.label
        )
    word = args.labels[0] if args.labels else ""
    found = suggest.listed(
        args.project, label=word, most_certain_first=args.descending, limit=args.limit
    )
    return {"suggestions": [asdict(one) for one in found]}


_DO: dict[str, Callable[[argparse.Namespace, Reporter], dict[str, Any]]] = {
    "list": _list,
    "counts": lambda args, report: label.counts(args.project, _chosen(args)),
    "set": lambda args, report: label.relabel_all(args.project, _selection(args), args.label),
    "group": lambda args, report: library.put_in_group(args.project, _selection(args), args.name),
    "enable": lambda args, report: label.enable(args.project, _selection(args), enabled=True),
    "disable": lambda args, report: label.enable(args.project, _selection(args), enabled=False),
    "remove": lambda args, report: label.remove(args.project, _selection(args)),
    "move": _move,
    "track": _track,
    "crop": _crop,
    "add": _add,
    "merge": lambda args, report: label.merge(
        args.project, args.labels, args.label, track=args.track or MAIN
    ),
    "join": lambda args, report: editing.join(args.project, args.ids),
    "split": _split,
    "delete": lambda args, report: label.delete_recordings(args.project, args.recordings),
    "meta": _meta,
    "add-track": _tracks,
    "rename-track": _tracks,
    "remove-track": _tracks,
    "rule": _rule,
    "suggest": lambda args, report: suggest.suggest(
        args.project, run_id=args.run, recording_ids=args.recordings, report=report
    ),
    "review": _review,
}
ACTIONS = tuple(_DO)


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """Do it."""
    return {"action": args.action} | _DO[args.action](args, report)


def text(result: dict[str, Any]) -> str:
    """Say it in words."""
    words = {
        "list": _list_text,
        "counts": _counts_text,
        "split": _split_text,
        "meta": _meta_text,
        "rule": lambda found: "\n".join(f"{k}: {v}" for k, v in found.items() if k != "action"),
        "suggest": lambda found: (
            f"{found['suggestions']} suggestions for {found['recordings']} recordings by run "
            f"{found['run']}. Review them: tinyml-studio label review PROJECT"
        ),
        "review": _review_text,
    }
    say = words.get(result["action"])
    if say is not None:
        return say(result)
    return f"{result['did'] or 'Nothing had to be changed'}."


def _list_text(result: dict[str, Any]) -> str:
    lines = [
        f"{row['id']:>8}  {row['label']:16} {row['seconds']:9.3f} s  {row['split'] or '-':10} "
        f"{row['group']:12} {row['recording']} [{row['start']}, {row['stop']})"
        f"{'' if row['enabled'] else '  disabled'}"
        for row in result["samples"]
    ]
    return "\n".join([*lines, f"{len(lines)} of {result['total']} samples"])


def _counts_text(result: dict[str, Any]) -> str:
    lines = [
        f"{name:20} {row['samples']:>8} samples {row['hours']:9.3f} h  "
        + ", ".join(f"{split} {one['samples']}" for split, one in row["splits"].items())
        for name, row in result["labels"].items()
    ]
    return "\n".join([*lines, f"{result['samples']} samples, {result['hours']:.3f} h"])


def _split_text(result: dict[str, Any]) -> str:
    lines = [
        f"{one['name']}: {len(one['spans'])} parts"
        + "".join(
            f"\n  [{start}, {stop})  {start / one['sample_rate_hz']:.3f} s to "
            f"{stop / one['sample_rate_hz']:.3f} s"
            for start, stop in one["spans"][:20]
        )
        + ("\n  …" if len(one["spans"]) > 20 else "")
        for one in result["parts"]
    ]
    made = f"{result['samples']} samples were made." if "samples" in result else "Not written."
    return "\n".join([*lines, made])


def _meta_text(result: dict[str, Any]) -> str:
    lines = [
        f"recording {number}: " + ", ".join(f"{key} = {value}" for key, value in row.items())
        for number, row in result["metadata"].items()
    ]
    return "\n".join(lines) or "No recording has metadata."


def _review_text(result: dict[str, Any]) -> str:
    if "verdict" in result:
        return (
            f"{result['suggestions']} suggestions were {result['verdict']}ed, "
            f"{result['left']} are left."
        )
    lines = [
        f"{row['id']:>8}  {100 * row['confidence']:5.1f} %  {row['label']:16} {row['recording']} "
        f"[{row['start']}, {row['stop']})"
        for row in result["suggestions"]
    ]
    return "\n".join(lines) or "There are no open suggestions."
