"""A look at files before they are imported: which importer reads them, and what the first one is.

Nothing is stored. The first file is read as the import would read it, so what a person chooses
(columns, units, signs) can be seen to work before ten thousand files are read that way.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.errors import StudioError
from studio.project import Project
from studio.registry import provided
from studio.services.import_find import Finder, Found
from studio.services.import_fit import check_axes, options_for
from studio.types import ImportOptions, Pipeline

_LARGEST = 64 << 20
"""A larger file is not read to be looked at."""
_LABELS = 6


@dataclass(frozen=True, slots=True)
class Look:
    """What files are, as far as one look tells."""

    files: int
    archives: int
    kinds: tuple[tuple[str, int], ...]
    """Title of an importer, and how many of the files it reads."""
    table: bool
    """Whether the first file is a table of text, with columns to choose."""
    columns: tuple[str, ...]
    """Their names, or numbers from 1 where the table has no names."""
    rows: tuple[tuple[str, ...], ...]
    """The first rows of that table."""
    worded: tuple[str, ...]
    """The columns that hold words: labels, most likely."""
    first: str
    """Name of the first file."""
    said: str
    """What the first file holds, in words; empty if it cannot be read."""
    problem: str
    """Why the first file cannot be imported: it is damaged, or does not fit the project."""
    hint: str
    rate_hz: float
    """Rate of the first file; 0 if it does not say it."""
    project_hz: float
    """Rate of the project; 0 while that is open."""


def look(path: Path, paths: Sequence[Path], options: ImportOptions) -> Look:
    """Look at files and folders that a person wants to import into a project.

    Raises
    ------
    ProjectError
        For a path that does not exist, or a file of an unknown kind.
    """
    finder = Finder()
    files, archives = finder.find(paths)
    with Project.open(path) as project:
        pipeline = project.pipeline
    titles = {id(row.load()): row.title for row in provided("importer")}
    kinds = Counter(titles[id(_importer(one))] for one in files)
    head, named = _head(files[0], options) if files else ([], False)
    rate, said, problem, hint = 0.0, "", "", ""
    if files and files[0].path.stat().st_size <= _LARGEST:
        try:
            rate, said = _read(files[0], options, pipeline)
        except StudioError as error:
            problem, hint = error.message, error.hint
    width = max(map(len, head), default=0)
    return Look(
        files=len(files),
        archives=len(archives),
        kinds=tuple(kinds.most_common()),
        table=bool(head),
        columns=tuple(head[0]) if named else tuple(map(str, range(1, width + 1))),
        rows=tuple(tuple(row) for row in head[1 if named else 0 :]),
        worded=_worded(head) if named else (),
        first=files[0].path.name if files else "",
        said=said,
        problem=problem,
        hint=hint,
        rate_hz=rate,
        project_hz=pipeline.sample_rate_hz,
    )


def _importer(file: Found) -> Any:
    """Return the importer of a file; of many files, the first of its suffix is near enough."""
    return file.importers[0] if len(file.importers) == 1 else file.importer()


def _head(file: Found, options: ImportOptions) -> tuple[list[list[str]], bool]:
    importer = _importer(file)
    if not hasattr(importer, "head"):
        return [], False
    try:
        rows: list[list[str]] = importer.head(file.path, options)
    except StudioError:
        return [], False
    return rows, bool(rows) and bool(importer.named(rows[0], options))


def _worded(head: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return the names of columns in which a row holds something that is no number."""
    found = []
    for column, name in enumerate(head[0]):
        fields = [row[column] for row in head[1:] if column < len(row) and row[column]]
        if any(not _is_number(field) for field in fields):
            found.append(name)
    return tuple(found)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _read(file: Found, options: ImportOptions, pipeline: Pipeline) -> tuple[float, str]:
    """Return rate and contents of a file in words; refuse axes that do not fit the project."""
    takes = _importer(file).read(file.path, options_for(file, options))
    first = takes[0]
    if file.listed is None:  # another project's recordings come as they are
        check_axes(pipeline, first)
    readings = sum(len(take.values) for take in takes)
    axes = ", ".join(f"{a.name} ({a.units})" if a.units else a.name for a in first.axes)
    parts = [axes]
    if first.sample_rate_hz > 0:
        length = readings / first.sample_rate_hz
        parts += [f"{first.sample_rate_hz:g} Hz", f"{length:.2f} s"]
    else:
        parts.append(f"{readings} readings")
    if len(takes) > 1:
        parts.append(f"{len(takes)} takes")
    labels = list(dict.fromkeys([span.label for take in takes for span in take.spans]))
    if labels:
        more = f" and {len(labels) - _LABELS} more" if len(labels) > _LABELS else ""
        parts.append(f"labels {', '.join(labels[:_LABELS])}{more}")
    return first.sample_rate_hz, "; ".join(parts)
