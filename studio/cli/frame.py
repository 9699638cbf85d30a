"""What all verbs share: finding them, progress for people, JSON for scripts, exit codes.

Exit code 0 means that the verb did its job, 2 that the person can mend something (one sentence
says what), 1 that it did a part only or that the program has a fault, 130 that it was stopped.
"""

import argparse
import importlib
import json
import pkgutil
import sys
import time
import traceback
from types import ModuleType
from typing import Any, NoReturn, TextIO

import studio.cli
from studio import __version__
from studio.errors import Cancelled, ConfigError, StudioError

ORDER = [
    "demo",
    "new",
    "import",
    "export",
    "info",
    "health",
    "split",
    "quality",
    "label",
    "snapshot",
    "history",
    "undo",
    "redo",
    "clean",
    "ports",
    "boards",
    "record",
    "features",
    "pipeline",
    "train",
    "test",
    "runs",
    "compile",
    "run-model",
    "profile",
    "estimate",
    "build",
    "flash",
    "live",
]


def verbs() -> list[str]:
    """Return the names of all verbs in the order of the workflow; nothing is imported."""
    found = {
        module.name.rstrip("_").replace("_", "-")
        for module in pkgutil.iter_modules(studio.cli.__path__)
        if module.name != "frame"
    }
    return [name for name in ORDER if name in found] + sorted(found - set(ORDER))


def _module(verb: str) -> ModuleType:
    name = verb.replace("-", "_")
    suffix = "_" if name == "import" else ""
    return importlib.import_module(f"studio.cli.{name}{suffix}")


class Terminal:
    """A reporter for people: one line of progress on standard error, rewritten in place."""

    def __init__(self, stream: TextIO, *, events: TextIO | None = None) -> None:
        self._stream = stream
        self._events = events
        self._live = stream.isatty()
        self._last = (0.0, "")
        self._width = 0

    def progress(self, fraction: float, text: str) -> None:
        """Draw a bar of 24 characters with a percentage and the text."""
        self.event("progress", fraction=fraction, text=text)
        now = time.monotonic()
        step = text.partition(":")[0]
        if not self._live and step == self._last[1] and fraction < 1:
            return
        if now - self._last[0] < 0.1 and fraction < 1 and step == self._last[1]:
            return
        self._last = (now, step)
        filled = round(24 * min(max(fraction, 0.0), 1.0))
        line = f"[{'#' * filled}{'.' * (24 - filled)}] {100 * fraction:3.0f} %  {text}"
        if not self._live:
            self._stream.write(line + "\n")
        else:
            self._stream.write("\r" + line[:118].ljust(self._width))
            self._width = len(line)
            if fraction >= 1:
                self.clear()
        self._stream.flush()

    def clear(self) -> None:
        """Leave the line of the bar."""
        if self._width:
            self._stream.write("\n")
            self._width = 0

    def log(self, line: str) -> None:
        """Print a line of its own."""
        self.clear()
        self._stream.write(line + "\n")
        self._stream.flush()

    def event(self, kind: str, **data: object) -> None:
        """Write the event as a JSON line if the person asked for events, else drop it."""
        if self._events is not None:
            self._events.write(json.dumps({"event": kind, **data}, default=str) + "\n")
            self._events.flush()

    def check_cancelled(self) -> None:
        """Do nothing: the terminal's interrupt key raises by itself."""


def whole(text: str) -> int:
    """Return the number of a how-many option.

    Raises
    ------
    ConfigError
        For anything but a whole number from 0 to a billion.
    """
    if not text.isdecimal() or len(text) > 9:
        raise ConfigError(f"{text!r} is no whole number from 0 on.", "Write it as in 20.")
    return int(text)


class _Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are one sentence, like every other mistake."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing the usage and leaving."""
        raise ConfigError(f"{message[:1].upper()}{message[1:]}.", f"See: {self.prog} --help")


def parser(only: str | None = None) -> argparse.ArgumentParser:
    """Return the parser of all verbs, or of one (then only its module is imported)."""
    top = _Parser(
        prog="tinyml-studio",
        description="From a board on the cable to a model deciding on it, offline. "
        "Without a verb the window opens.",
        epilog="Start with: tinyml-studio demo",
    )
    top.add_argument("--version", action="version", version=f"tinyml-studio {__version__}")
    commands = top.add_subparsers(dest="verb", metavar="VERB", title="verbs")
    for verb in [only] if only else verbs():
        module = _module(verb)
        command = commands.add_parser(
            verb,
            help=module.HELP,
            description=getattr(module, "DESCRIPTION", module.HELP),
            epilog=getattr(module, "EXAMPLE", None),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(command)
        command.add_argument(
            "--json", action="store_true", help="print one JSON object on standard output"
        )
        command.add_argument(
            "--events", action="store_true", help="print events as JSON lines on standard error"
        )
    return top


def run(argv: list[str]) -> int:
    """Run one verb and return the exit code."""
    as_json = "--json" in argv
    report = Terminal(sys.stderr, events=sys.stderr if "--events" in argv else None)
    try:
        arguments = parser(argv[0] if argv[0] in verbs() else None).parse_args(argv)
        if arguments.verb is None:
            raise ConfigError("No verb was given.", "See: tinyml-studio --help")
        module = _module(arguments.verb)
        result = module.run(arguments, report)
        report.clear()
        _print(module, result, as_json=as_json)
        done: bool = module.did_all(arguments, result) if hasattr(module, "did_all") else True
    except (Cancelled, KeyboardInterrupt):
        return _fail(report, as_json, "Stopped.", "", code=130)
    except StudioError as error:
        return _fail(report, as_json, error.message, error.hint, code=2)
    except BrokenPipeError:
        return 1
    except Exception as error:  # noqa: BLE001 - the border where a bug becomes an exit code
        traceback.print_exc()
        message = f"Unexpected error: {type(error).__name__}: {error}"
        return _fail(report, as_json, message, "Please report it.", code=1)
    return 0 if done else 1


def _print(module: ModuleType, result: dict[str, Any], *, as_json: bool) -> None:
    text = json.dumps(result) if as_json else module.text(result)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _fail(report: Terminal, as_json: bool, message: str, hint: str, *, code: int) -> int:
    report.clear()
    if as_json:
        sys.stdout.write(json.dumps({"error": message, "hint": hint}) + "\n")
    sys.stderr.write(f"{message} {hint}".strip() + "\n")
    return code
