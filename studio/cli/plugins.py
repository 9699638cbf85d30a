"""`plugins`: what is plugged in, and where one's own go."""

import argparse
import dataclasses
from typing import Any

from studio.events import Reporter
from studio.paths import user_plugins_dir
from studio.services import plugins

HELP = "list the plugins: signal and learning blocks, boards, imports, exports"
DESCRIPTION = """\
A plugin is a folder with a file plugin.toml that says what it provides. The studio's own lie
beside the program; yours go into the folder that is named at the end. One that cannot be used is
listed with the reason; the others still work.
"""
EXAMPLE = """\
example:
  tinyml-studio plugins
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options: none."""


def run(args: argparse.Namespace, report: Reporter) -> dict[str, Any]:
    """Do it."""
    rows = [dataclasses.asdict(row) for row in plugins.listed()]
    rows = [{**row, "folder": str(row["folder"])} for row in rows]
    return {"plugins": rows, "own_folder": str(user_plugins_dir())}


def text(result: dict[str, Any]) -> str:
    """Say it in words."""
    lines = [_line(row) for row in result["plugins"]]
    return "\n".join([*lines, f"Your own plugins go into {result['own_folder']}."])


def _line(row: dict[str, Any]) -> str:
    name = f"{row['name']} {row['version']}".strip()
    whose = "" if row["shipped"] else f" ({row['folder']})"
    if row["error"]:
        return f"{name}{whose} cannot be used: {row['error']}."
    return f"{name}{whose}, {' and '.join(row['kinds'])}: {', '.join(row['titles'])}"
