"""A PlatformIO home of our own that works without its registry and never asks the network.

PlatformIO needs two things that it would download: SCons as a package of its own, and a
development platform for the board. Both are written here: SCons is the one from the Python
package index, the platform of the virtual boards is ours (`resources/firmware/platformio`).
Each file is compared and, if it differs, replaced in one step, under a lock: several processes may
do this at once, builds may run meanwhile, and a new version of the program or of PlatformIO mends
an old home.
"""

import importlib.metadata
import importlib.util
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from studio.errors import ToolError
from studio.firmware.lock import only_one
from studio.paths import FIRMWARE, write_atomic

PLATFORM = "tinyml-virtual"
REINSTALL = "Run the installer again: it installs the tool that builds firmware."
_SCONS = '''"""SCons as PlatformIO calls it; SCons itself is the installed Python package."""

import sys

import SCons.Script

sys.exit(SCons.Script.main())
'''


def provision(home: Path) -> Mapping[str, str]:
    """Make or mend a PlatformIO home and return the environment to run PlatformIO with.

    Parameters
    ----------
    home : Path
        PlatformIO's core folder; made if missing. Platforms and packages that PlatformIO itself
        has put there are left alone.

    Returns
    -------
    mapping of str to str
        Variables to add to a child's environment: the home, telemetry and update checks off.

    Raises
    ------
    ToolError
        If PlatformIO or SCons is not installed, or the home cannot be written.
    """
    version = _version("platformio")
    try:
        with only_one(home):
            _place(home / "packages" / "tool-scons", _scons_package())
            _place(home / "platforms" / PLATFORM, _platform_package())
            _mark_version(home, version)
    except OSError as error:
        raise ToolError(
            f"The firmware tools could not be set up in {home}: {error}.",
            "Free some disk space, or make the folder writable.",
        ) from error
    return {
        "PLATFORMIO_CORE_DIR": str(home),
        "PLATFORMIO_SETTING_ENABLE_TELEMETRY": "false",
        "PLATFORMIO_SETTING_CHECK_PLATFORMIO_INTERVAL": "36500",
        "PLATFORMIO_SETTING_CHECK_PRUNE_SYSTEM_THRESHOLD": "0",
        "PLATFORMIO_SETTING_FORCE_VERBOSE": "false",
        "PLATFORMIO_DISABLE_UPGRADE_CHECK": "true",
        "PLATFORMIO_NO_ANSI": "true",
        "PYTHONIOENCODING": "utf-8",
    }


def command(*arguments: str) -> Sequence[str]:
    """Return the command line that runs PlatformIO in this Python environment."""
    return [sys.executable, "-m", "platformio", *arguments]


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError as error:
        raise ToolError(f"{package} is not installed.", REINSTALL) from error


def _wanted_scons() -> str:
    """Return the version by which this PlatformIO asks for SCons, such as `4.41101.0`.

    Its numbers are its own (SCons 4.11.1 is 4.41101.0), and it downloads unless it finds one
    that fits. What it will run is the installed SCons in any case.
    """
    spec = importlib.util.find_spec("platformio")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    for folder in folders:
        text = (Path(folder) / "dependencies.py").read_text(encoding="utf-8")
        found = re.search(r'"tool-scons":\s*"~(\d+\.\d+\.\d+)"', text)
        if found:
            return found[1]
    major, minor, patch, *_ = [*_version("scons").split("."), "0", "0"]
    return f"{major}.{major}{int(minor):02d}{int(patch):02d}.0"


def _metadata(kind: str, name: str, version: str, owner: str | None) -> str:
    spec = {"owner": owner, "id": None, "name": name, "requirements": None, "uri": None}
    return json.dumps({"type": kind, "name": name, "version": version, "spec": spec})


def _scons_package() -> dict[str, str]:
    version, actual = _wanted_scons(), _version("scons")
    manifest = {"name": "tool-scons", "version": version, "description": f"SCons {actual}"}
    return {
        "scons.py": _SCONS,
        "package.json": json.dumps(manifest),
        ".piopm": _metadata("tool", "tool-scons", version, "platformio"),
    }


def _platform_package() -> dict[str, str]:
    source = FIRMWARE / "platformio"
    files = {
        path.relative_to(source).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(source.rglob("*"))
        if path.suffix in (".json", ".py", ".h")
    }
    version = json.loads(files["platform.json"])["version"]
    return {**files, ".piopm": _metadata("platform", PLATFORM, version, None)}


def _place(folder: Path, files: Mapping[str, str]) -> None:
    """Make a folder hold exactly these files; what is right already is not touched."""
    for name, text in files.items():
        _write_if_different(folder / name, text.encode())
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in files and "__pycache__" not in name:
            path.unlink(missing_ok=True)


def _write_if_different(path: Path, data: bytes) -> None:
    if path.is_file() and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, data)


def _mark_version(home: Path, version: str) -> None:
    """Tell PlatformIO that it was not just updated: it would ask its registry for news."""
    state = home / "appstate.json"
    try:
        known = json.loads(state.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        known = {}
    if not isinstance(known, dict) or known.get("last_version") != version:
        kept = known if isinstance(known, dict) else {}
        _write_if_different(state, json.dumps({**kept, "last_version": version}).encode())
