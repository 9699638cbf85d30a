"""What plugins are there, what each adds, and why one cannot be used; nothing of them is run."""

from dataclasses import dataclass
from pathlib import Path

from studio import registry
from studio.errors import ConfigError
from studio.paths import PLUGINS, user_plugins_dir

KIND_NAMES = {
    "signal_block": "signal block",
    "learning_block": "learning block",
    "board": "board",
    "importer": "import",
    "exporter": "export",
    "deployer": "deployment",
    "program": "program",
}
"""What a person calls each of `registry.KINDS`."""


@dataclass(frozen=True, slots=True)
class PluginRow:
    """One plugin's folder."""

    id: str
    name: str
    version: str
    kinds: tuple[str, ...]
    """What it adds, such as `signal block`, each once."""
    titles: tuple[str, ...]
    """What each of these is called."""
    shipped: bool
    """Whether it came with the studio."""
    folder: Path
    error: str = ""
    """Why it cannot be used; empty if it can."""


def own_folder() -> Path:
    """Return the folder for a person's own plugins, made if it is not there.

    Raises
    ------
    ConfigError
        If it cannot be made.
    """
    folder = user_plugins_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"The folder for plugins, {folder}, cannot be made: {error.strerror}.",
            "Free space on that disk, or let yourself write there.",
        ) from error
    return folder


def listed() -> list[PluginRow]:
    """Return all plugins as the disk has them now: unusable ones first, then by name."""
    registry.plugins.cache_clear()
    rows = [
        PluginRow(
            entry.id,
            entry.name,
            entry.version,
            tuple(dict.fromkeys(KIND_NAMES[row.kind] for row in entry.provides)),
            tuple(row.title for row in entry.provides),
            PLUGINS in entry.folder.parents,
            entry.folder,
            entry.error,
        )
        for entry in registry.plugins()
    ]
    return sorted(rows, key=lambda row: (not row.error, row.name.casefold()))
