"""`ports`: where boards may be, and the computer's microphones."""

import argparse
from typing import Any

from studio.events import Reporter
from studio.services import ports

HELP = "list where readings may come from: serial ports, running virtual boards, microphones"
EXAMPLE = """\
examples:
  tinyml-studio ports
  tinyml-studio ports --watch --events
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options."""
    parser.add_argument(
        "--watch", action="store_true", help="tell of ports that come and go, until Ctrl-C"
    )
    parser.add_argument("--seconds", type=float, help="with --watch: end after this time")


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """Do it."""
    if args.watch:
        return ports.watch(report, seconds=args.seconds)
    return {"ports": ports.listed(report, microphones=True)}


def text(result: dict[str, Any]) -> str:
    """Say it in words."""
    if not result["ports"]:
        return f"No port was found. {ports.NOTHING}"
    return "\n".join(_line(row) for row in result["ports"])


def _line(row: dict[str, Any]) -> str:
    facts = [row["usb"], row["serial_number"] and f"serial number {row['serial_number']}"]
    extra = ", ".join(fact for fact in facts if fact)
    return f"{row['port']}: {row['title']}" + (f" ({extra})" if extra else "")
