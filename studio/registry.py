"""Plugins: what is provided, by whom; listing never imports, objects load at first use.

A plugin is a folder with `plugin.toml`:

    id = "audio_mfcc"
    name = "Audio (MFCC)"
    version = "1.0.0"
    api = 1
    licence = "Apache-2.0"

    [[provides]]
    kind = "signal_block"
    id = "audio_mfcc"
    title = "Audio (MFCC)"
    object = "block.py:BLOCK"     # or: file = "boards/nano33.toml"

A folder that cannot be read becomes an entry with its error; the rest still works.
"""

import importlib.util
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from studio.errors import ConfigError, PluginError
from studio.paths import PLUGINS, user_plugins_dir

API = 1
KINDS = ("signal_block", "learning_block", "board", "importer", "exporter", "deployer", "program")


@dataclass(frozen=True, slots=True)
class Provided:
    """One thing that a plugin offers."""

    kind: str
    id: str
    title: str
    plugin: str
    folder: Path
    object: str
    """`file.py:NAME`, or empty."""
    file: str
    """A data or program file relative to the folder, or empty."""

    @property
    def path(self) -> Path:
        """The file it names."""
        return self.folder / self.file

    def load(self) -> Any:
        """Import and return the object.

        Raises
        ------
        PluginError
            When the module fails to import or lacks the name.
        """
        file, _, name = self.object.partition(":")
        module_name = f"tinyml_plugins.{self.plugin}.{Path(file).stem}"
        if module_name not in sys.modules:
            _import_file(module_name, self.folder / file)
        try:
            return getattr(sys.modules[module_name], name)
        except AttributeError as error:
            raise PluginError(
                f"Plugin {self.plugin} has no {name} in {file}.", "Correct its plugin.toml."
            ) from error


def _import_file(module_name: str, path: Path) -> None:
    package = module_name.rpartition(".")[0]
    if package not in sys.modules:
        parent = ModuleType(package)  # so that a plugin's files can import each other
        parent.__path__ = [str(path.parent)]
        sys.modules[package] = parent
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise PluginError(f"{path} is not a Python file.", "Correct the plugin's plugin.toml.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[module_name]
        raise PluginError(
            f"Plugin file {path.name} failed to load: {error}.", f"Mend {path} or remove it."
        ) from error


@dataclass(frozen=True, slots=True)
class PluginEntry:
    """One plugin folder: what it provides, or why it cannot be used."""

    id: str
    name: str
    version: str
    folder: Path
    provides: tuple[Provided, ...]
    error: str = ""


def _read(folder: Path) -> PluginEntry:
    try:
        manifest = tomllib.loads((folder / "plugin.toml").read_text(encoding="utf-8"))
        if manifest.get("api") != API:
            raise ConfigError(f"it wants plugin interface {manifest.get('api')}, this is {API}")
        id, name, version = (_text(manifest, key) for key in ("id", "name", "version"))
        rows = manifest.get("provides", [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise ConfigError("what it provides is no list: each begins with [[provides]]")
        provides = tuple(_provided(row, id, folder) for row in rows)
        return PluginEntry(id, name, version, folder, provides)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ConfigError) as error:
        return PluginEntry(folder.name, folder.name, "", folder, (), str(error))


def _provided(row: dict[str, Any], plugin: str, folder: Path) -> Provided:
    if (kind := _text(row, "kind")) not in KINDS:
        raise ConfigError(f"it provides the unknown kind {kind!r}")
    id, title = _text(row, "id"), _text(row, "title")
    code, file = _text(row, "object", ""), _text(row, "file", "")
    return Provided(kind, id, title, plugin, folder, code, file)


def _text(table: dict[str, Any], key: str, usual: str | None = None) -> str:
    """Return a text of a table; one without a usual value must be there."""
    value = table.get(key, usual)
    if value is None:
        raise ConfigError(f"plugin.toml lacks {key!r}")
    if not isinstance(value, str):
        raise ConfigError(f"{key} in plugin.toml is {value!r}, not a text")
    return value


@lru_cache(maxsize=1)
def plugins() -> tuple[PluginEntry, ...]:
    """Return every plugin folder found, shipped ones first; nothing is imported."""
    folders = [
        folder
        for root in (PLUGINS, user_plugins_dir())
        if root.is_dir()
        for folder in sorted(root.iterdir())
        if (folder / "plugin.toml").is_file()
    ]
    return tuple(_read(folder) for folder in folders)


def provided(kind: str) -> Iterator[Provided]:
    """Yield everything of one kind."""
    for entry in plugins():
        for row in entry.provides:
            if row.kind == kind:
                yield row


def title_of(kind: str, id: str) -> str:
    """Return the short name of a thing, its plugin's; its id if no plugin has it any more."""
    names = (
        entry.name
        for entry in plugins()
        for row in entry.provides
        if (row.kind, row.id) == (kind, id)
    )
    return next(names, id)


def find(kind: str, id: str) -> Provided:
    """Return the thing of this kind and id.

    Raises
    ------
    ConfigError
        If no plugin provides it; the message lists what there is.
    """
    rows = list(provided(kind))
    for row in rows:
        if row.id == id:
            return row
    known = ", ".join(sorted(row.id for row in rows)) or "none"
    word = kind.replace("_", " ")
    raise ConfigError(f"There is no {word} {id!r}.", f"Available: {known}.")
