"""What a file's name and place say about it: label, group and split."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from studio.errors import ConfigError
from studio.project.details import Details
from studio.project.label_list import Listed

_CLASS_FOLDER = ".class"
"""End of the names of OpenMV's folders of one class."""
_SPLIT_FOLDERS = {
    "training": "train",
    "train": "train",
    "testing": "test",
    "test": "test",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
}
_NOTHING = Details()
GROUPINGS = ("take", "file", "folder")


@dataclass(frozen=True, slots=True)
class Naming:
    """What a person said about how files are named. Empty texts mean: find out."""

    label: str = ""
    """The label of everything."""
    pattern: str = ""
    """Such as `{label}_{group}_{n}`, matched against a file's name without its suffix; with
    slashes, against the folders above it too."""
    group: str = ""
    """The group of everything."""
    group_by: str = "take"
    """What is a group of its own otherwise: a `take` (blank lines part them), `file`, `folder`."""
    split: str = ""
    """The split of everything; `none` to give no weight to folder names."""
    keep: tuple[str, ...] = ()
    """If given, every other label becomes `rest`."""
    rest: str = "unknown"
    relabel: Mapping[str, str] = field(default_factory=dict)
    """Old label to new label, before `keep`."""
    skip: tuple[str, ...] = ()
    """Labels whose files are left out."""


@dataclass(frozen=True, slots=True)
class _Place:
    """What the folders above a file say."""

    name: str
    """Of the nearest one."""
    label: str
    split: str


@dataclass(frozen=True, slots=True)
class Origin:
    """What is known about a file before it is read."""

    name: str
    """Folder and file name without suffix, for people."""
    label: str
    """From an option, the pattern, a label list or a folder; else empty."""
    told: bool
    """Whether the label is from an option, the pattern or a list rather than a folder."""
    fallback: str
    """The file's name before its first dot: the label if nothing else says one."""
    group: str
    split: str


@lru_cache
def compiled(pattern: str) -> re.Pattern[str] | None:
    """Return a naming pattern as a regular expression, or None for an empty one.

    Raises
    ------
    ConfigError
        For braces that do not match, a field named twice, or neither label nor group.
    """
    if not pattern:
        return None
    parts = re.split(r"\{([A-Za-z_][A-Za-z0-9_]*)\}", pattern.strip("/"))
    names = parts[1::2]
    fixed = parts[0::2]
    if any("{" in text or "}" in text for text in fixed) or len(set(names)) < len(names):
        raise ConfigError(
            f"The pattern {pattern!r} cannot be read.",
            "Write each part of the name once, such as {label}_{group}_{n}.",
        )
    if not {"label", "group"} & set(names):
        raise ConfigError(
            f"The pattern {pattern!r} names neither label nor group.",
            "Use {label}, {group} or both, such as {label}_{group}_{n}.",
        )
    text = re.escape(fixed[0])
    for name, following in zip(names, fixed[1:], strict=True):
        text += f"(?P<{name}>[^/]+?)" + re.escape(following)
    return re.compile(text)


def origin(path: Path, root: Path, naming: Naming, listed: Listed | None) -> Origin:
    """Return what a file's place says.

    Parameters
    ----------
    path : Path
        The file.
    root : Path
        The folder that was given to import, or the file itself.
    listed : Listed or None
        The file's entry in a label list.

    Raises
    ------
    ConfigError
        If the pattern does not fit the file's name.
    """
    place = _place(os.path.dirname(path), None if path == root else root)
    details = listed.details if listed else _NOTHING
    name = details.name or f"{place.name}/{path.stem}".lstrip("/")
    found = _matched(path, naming.pattern)
    told = naming.label or found.get("label", "") or (listed.label if listed else "")
    group = naming.group or found.get("group", "")
    if not group and naming.group_by != "take":
        group = name if naming.group_by == "file" else place.name
    group = group or details.group
    split = naming.split or (listed.split if listed else "") or place.split
    return Origin(
        name=name,
        label=told or place.label,
        told=bool(told),
        fallback=path.name.partition(".")[0],
        group=group,
        split="" if split == "none" else split,
    )


@lru_cache
def _place(folder: str, root: Path | None) -> _Place:
    """Return what a folder says about its files, up to the one that was given to import."""
    path = Path(folder)
    if root is None:  # the file itself was given
        return _Place(path.name, "", "")
    inside = path.relative_to(root).parts[::-1]
    label = next((part for part in inside if part.lower() not in _SPLIT_FOLDERS), "")
    label = label[: -len(_CLASS_FOLDER)] if label.lower().endswith(_CLASS_FOLDER) else label
    splits = (_SPLIT_FOLDERS.get(part.lower(), "") for part in (*inside, root.name))
    return _Place(path.name, label, next(filter(None, splits), ""))


def _matched(path: Path, pattern: str) -> dict[str, str]:
    expression = compiled(pattern)
    if expression is None:
        return {}
    depth = pattern.strip("/").count("/") + 1
    text = "/".join((*path.parts[:-1], path.stem)[-depth:])
    found = expression.fullmatch(text)
    if found is None:
        raise ConfigError(
            f"The name {text} does not fit the pattern {pattern}.",
            "Give a pattern that fits all files, or import them in parts.",
        )
    return found.groupdict()


def final_label(label: str, naming: Naming) -> str:
    """Return what a label becomes by `relabel` and `keep`."""
    label = naming.relabel.get(label, label)
    return label if not naming.keep or label in naming.keep else naming.rest
