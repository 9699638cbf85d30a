"""`ports`: where boards may be."""

import argparse
from typing import Any

from studio.events import Reporter
from studio.services import acquire

HELP = "list the ports at which a board may be: serial ports and running virtual boards"
EXAMPLE = "example: tinyml-studio ports"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options: none."""


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """Do it."""
    return {"ports": acquire.ports(report)}


def text(result: dict[str, Any]) -> str:
    """Say it in words."""
    if not result["ports"]:
        return (
            "No port was found. Plug a board in, or start a virtual one: "
            "tinyml-studio boards start"
        )
    return "\n".join(f"{row['port']}: {row['title']}" for row in result["ports"])
