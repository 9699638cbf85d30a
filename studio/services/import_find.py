"""Which files there are to import: their importers, and what lists and folders say of them."""

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

from studio.errors import ConfigError, ProjectError
from studio.project import Listed, Naming, origin, read_list, read_track
from studio.registry import provided

ZIP = ".zip"
_PACKED = {".wav": 1, ".npy": 1, ".w64": 1, ".rf64": 1, ".flac": 4}
_PACKED_MORE = 12
"""How many times its size a file needs in memory while it is read: text and compressed sound."""


@dataclass(frozen=True, slots=True)
class Found:
    """One file to import."""

    path: Path
    root: Path
    """The folder that was given to import, or the file itself."""
    importers: tuple[Any, ...]
    """Those that read files of its suffix."""
    listed: Listed | None
    """What lists of labels up to `root`, and a label track beside it, say."""
    size: int
    """Bytes that it may need in memory, as far as that is known before it is read."""

    def importer(self) -> Any:
        """Return the importer that knows the file, or the first of its suffix."""
        if len(self.importers) > 1:
            for importer in self.importers:
                if importer.recognises(self.path):
                    return importer
        return self.importers[0]


class Finder:
    """Finds the files below folders; loads the importers and the lists of labels it meets."""

    def __init__(self) -> None:
        self._importers: dict[str, list[Any]] = {}
        for row in provided("importer"):
            importer = row.load()
            for suffix in importer.suffixes:
                self._importers.setdefault(suffix, []).append(importer)
        self._lists: dict[Path, Mapping[Path, Listed]] = {}

    @property
    def known(self) -> str:
        """The suffixes that can be imported, for people."""
        return ", ".join(sorted([*self._importers, ZIP]))

    def find(self, paths: Sequence[Path]) -> tuple[list[Found], list[Path]]:
        """Return the files in a stable order, each once, and the archives met among them.

        Raises
        ------
        ProjectError
            For a path that does not exist, or a file of an unknown kind.
        """
        found: dict[Path, Found] = {}
        archives: dict[Path, None] = {}
        for given in paths:
            root = Path(os.path.abspath(given))
            if not root.exists():
                raise ProjectError(f"There is no file or folder {given}.", "Check the path.")
            suffix = root.suffix.lower()
            if root.is_file() and suffix not in self._importers and suffix != ZIP:
                raise ProjectError(
                    f"{root.name} is of no kind that can be imported.",
                    f"Known kinds: {self.known}.",
                )
            for folder, names, beside in _folders(root):
                lists = self._lists_of(folder, root)
                for name in names:
                    stem, suffix = os.path.splitext(name)
                    suffix = suffix.lower()
                    if suffix != ZIP and suffix not in self._importers:
                        continue
                    path = folder / name
                    if suffix == ZIP and path.is_file():
                        archives[path] = None
                    elif suffix in self._importers and path not in found:
                        size = _size(path)
                        if size is None:
                            continue
                        listed = _listed(path, lists, track=f"{stem}.txt" in beside)
                        found[path] = self._one(path, root, suffix, listed, size)
        return list(found.values()), list(archives)

    def _one(self, path: Path, root: Path, suffix: str, listed: Listed | None, size: int) -> Found:
        importers = tuple(self._importers[suffix])
        return Found(path, root, importers, listed, size * _PACKED.get(suffix, _PACKED_MORE))

    def _lists_of(self, folder: Path, root: Path) -> list[Mapping[Path, Listed]]:
        """Return the label lists that may name files of a folder, up to `root`, nearest first."""
        above = [folder]
        while folder.is_relative_to(root) and folder != root:
            folder = folder.parent
            above.append(folder)
        for one in above:
            if one not in self._lists:
                self._lists[one] = read_list(one)
        return [self._lists[one] for one in above if self._lists[one]]


def _listed(path: Path, lists: Sequence[Mapping[Path, Listed]], *, track: bool) -> Listed | None:
    """Return what label lists say about a file, and the label track beside it if there is one."""
    said = [one[path] for one in lists if path in one]
    if track and (lines := read_track(path)):
        said.append(Listed(track=lines))
    return reduce(Listed.joined, said) if said else None


def _folders(root: Path) -> Iterator[tuple[Path, list[str], frozenset[str]]]:
    """Yield folders with the names of their files to look at, and all that are there.

    Hidden ones are passed over, and links to folders are not followed.
    """
    if root.is_file():
        try:
            names = frozenset(os.listdir(root.parent))
        except OSError:
            names = frozenset()
        yield root.parent, [root.name], names
        return
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        shown = sorted(name for name in files if not name.startswith("."))
        yield Path(folder), shown, frozenset(files)


def check_keep(files: Sequence[Found], naming: Naming) -> None:
    """Refuse `keep` if none of its labels exists: all would silently become the rest.

    Raises
    ------
    ConfigError
        Naming the labels that there are.
    """
    if not naming.keep:
        return
    labels: set[str] = set()
    for file in files:
        try:
            place = origin(file.path, file.root, naming, file.listed)
        except ConfigError:
            continue
        if file.listed is not None and (file.listed.spans or file.listed.track):
            return
        label = place.label or place.fallback
        labels.add(naming.relabel.get(label, label))
    if labels and not labels & set(naming.keep):
        shown = ", ".join(sorted(labels)[:12])
        raise ConfigError(
            f"None of the labels {', '.join(naming.keep)} was found.",
            f"The labels are: {shown}{' …' if len(labels) > 12 else ''}. Correct --keep, or say "
            "with --pattern how the files are named.",
        )


def _size(path: Path) -> int | None:
    """Return a file's size: 0 for one that cannot be reached, None for what is no file."""
    try:
        status = path.stat()
    except OSError:  # such as a link to what is not there: reading it will tell
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else None
