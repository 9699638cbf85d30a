"""Edge Impulse's list of labels that lies beside its exports: `info.labels`.

One JSON document, or one JSON object per line (`__ndjson`). Only what can be used is taken: the
label, labelled stretches (ends inclusive) and the split; anything odd is left out, because the
data can be imported without it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.types import Span

FILE = "info.labels"
_MAX_BYTES = 1 << 28
_SPLITS = {"training": "train", "testing": "test", "validation": "validation"}


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list says about one file."""

    label: str
    unlabelled: bool
    spans: tuple[Span, ...]
    split: str


def read_list(folder: Path) -> dict[Path, Listed]:
    """Return the entries of a folder's label list by file; empty if there is none to read."""
    path = folder / FILE
    try:
        if path.stat().st_size > _MAX_BYTES:
            return {}
        rows = list(_rows(path.read_text(encoding="utf-8-sig")))
    except (OSError, ValueError, RecursionError):
        return {}
    entries: dict[Path, Listed] = {}
    for row in rows:
        name = row.get("path") if isinstance(row, dict) else None
        if isinstance(name, str) and name and "\0" not in name:
            entries[folder / name] = _listed(row)
    return entries


def _rows(text: str) -> Iterator[Any]:
    first, _, rest = text.partition("\n")
    if '"__ndjson"' in first:
        for line in rest.splitlines():
            row = json.loads(line) if line.strip() else {}
            if row.get("__key") == "files":
                yield row.get("__item")
        return
    document = json.loads(text)
    files = document.get("files") if isinstance(document, dict) else None
    yield from files if isinstance(files, list) else []


def _listed(row: dict[str, Any]) -> Listed:
    label = row.get("label")
    entry = label if isinstance(label, dict) else {}
    text = entry.get("label")
    category = row.get("category")
    return Listed(
        label=text if entry.get("type") == "label" and isinstance(text, str) else "",
        unlabelled=entry.get("type") == "unlabeled",
        spans=tuple(_spans(entry)) if entry.get("type") == "multi-label" else (),
        split=_SPLITS.get(category, "") if isinstance(category, str) else "",
    )


def _spans(entry: dict[str, Any]) -> Iterator[Span]:
    rows = entry.get("labels")
    for row in rows if isinstance(rows, list) else []:
        if not isinstance(row, dict):
            continue
        start, end, label = row.get("startIndex"), row.get("endIndex"), row.get("label")
        if not (isinstance(start, int) and isinstance(end, int) and isinstance(label, str)):
            continue
        if 0 <= start <= end and label.strip():
            yield Span(start, end + 1, label)
