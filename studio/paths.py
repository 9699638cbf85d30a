"""Where the program's own files are, and where it may write. The one place that knows platforms.

`TINYML_STUDIO_HOME` moves everything the program writes outside projects (cache, board state,
settings) to one folder, `TINYML_STUDIO_CACHE` the cache alone; tests set both.
"""

import os
import tempfile
from pathlib import Path

import platformdirs

from studio.errors import ConfigError

ROOT = Path(__file__).resolve().parent.parent
RESOURCES = ROOT / "resources"
RUNTIME = RESOURCES / "runtime"
FIRMWARE = RESOURCES / "firmware"
EXAMPLES = RESOURCES / "examples"
PLUGINS = ROOT / "plugins"


def make_folder(path: Path) -> Path:
    """Make a folder, with those above it, if it is not there; return it.

    Raises
    ------
    ConfigError
        If it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"The folder {path} cannot be made: {error.strerror or error}.",
            "Choose a folder that you may write to.",
        ) from error
    return path


def _home(kind: str) -> Path:
    override = os.environ.get("TINYML_STUDIO_HOME")
    if kind == "cache" and os.environ.get("TINYML_STUDIO_CACHE"):
        base = Path(os.environ["TINYML_STUDIO_CACHE"])
    elif override:
        base = Path(override) / kind
    elif kind == "cache":
        base = Path(platformdirs.user_cache_dir("tinyml-studio", appauthor=False))
    else:
        base = Path(platformdirs.user_data_dir("tinyml-studio", appauthor=False)) / kind
    return make_folder(base)


def cache_dir() -> Path:
    """Return the folder of everything that can be made again (compiled libraries, builds)."""
    return _home("cache")


def state_dir() -> Path:
    """Return the folder of small things that should last (virtual boards, settings)."""
    return _home("state")


def boards_dir() -> Path:
    """Return the folder of the virtual boards' state files (`NAME.json`) and flash contents."""
    return make_folder(state_dir() / "boards")


def user_plugins_dir() -> Path:
    """Return the folder in which a person puts plugins of their own."""
    return _home("plugins")


def projects_dir() -> Path:
    """Return the folder in which examples and the demo make their projects."""
    return _home("projects")


def write_atomic(path: Path, data: bytes) -> None:
    """Replace `path` by `data` in one step: a reader sees the old file or the new one, whole."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
