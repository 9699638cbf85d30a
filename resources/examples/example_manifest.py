"""The manifest beside the recordings: what the program reads to open an example."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Entry:
    """One recording and its label track."""

    file: str
    group: str
    split: str
    quick: bool
    spans: tuple[tuple[float, float, str], ...]
    """(start_s, stop_s, label) of every labelled window."""


def write_manifest(folder: Path, head: Mapping[str, object], entries: Sequence[Entry]) -> None:
    """Write `manifest.json` in `folder`: `head`, then one line per recording."""
    lines = []
    for entry in entries:
        spans = [{"start_s": a, "stop_s": b, "label": label} for a, b, label in entry.spans]
        row = {
            "file": entry.file,
            "group": entry.group,
            "split": entry.split,
            "quick": entry.quick,
            "spans": spans,
        }
        lines.append("  " + json.dumps(row))
    text = json.dumps(dict(head), indent=1)[:-2]
    text += ',\n "recordings": [\n' + ",\n".join(lines) + "\n ]\n}\n"
    (folder / "manifest.json").write_text(text, encoding="utf-8", newline="\n")
