"""Lists of labels that lie beside data: `info.labels`, `structured_labels.labels`, SensiML `.dai`.

`info.labels` is one JSON document, or one JSON object per line (`__ndjson`). Only what can be used
is taken; anything odd is left out, because the data can be imported without it. Where lists in one
folder speak of the same file, `info.labels` counts and the others add what it does not say.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from studio.project import label_formats
from studio.project.details import Details, Marked, from_metadata, to_metadata
from studio.types import SPLITS, Span

FILE = "info.labels"
STRUCTURED_FILE = "structured_labels.labels"
DAI_SUFFIX = ".dai"
_DAI_SPLIT = "split"
_MAX_BYTES = 1 << 28
_SPLITS = {"training": "train", "testing": "test", "validation": "validation"}
CATEGORIES = {**{split: category for category, split in _SPLITS.items()}, "": "split"}
"""Edge Impulse's word for each split; `split` = not decided yet."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list says about one file."""

    label: str = ""
    unlabelled: bool = False
    spans: tuple[Span, ...] = ()
    split: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    details: Details = field(default_factory=Details)
    track: tuple[tuple[float, float, str], ...] = ()
    """Lines of an Audacity label track: start and end in seconds, label."""

    def samples(self, readings: int) -> tuple[Marked, ...] | None:
        """Return the exact samples, unless somebody changed the list's own labels since."""
        exact = self.details.samples
        if exact is None:
            return None
        spans = self.spans or ((Span(0, readings, self.label),) if self.label else ())
        now = label_formats.covering(spans, readings)
        plain = [one.span for one in exact if one.plain]
        return exact if label_formats.covering(plain, readings) == now else None

    def joined(self, other: "Listed") -> "Listed":
        """Return what this says, with what only the other list says."""
        says = self.label or self.spans or self.unlabelled
        return replace(
            self,
            label=self.label if says else other.label,
            spans=self.spans if says else other.spans,
            unlabelled=self.unlabelled if says else other.unlabelled,
            split=self.split or other.split,
            metadata={**other.metadata, **self.metadata},
            details=self.details if self.details != Details() else other.details,
            track=self.track or other.track,
        )


def read_list(folder: Path) -> dict[Path, Listed]:
    """Return the entries of a folder's label lists by file; empty if there is none to read."""
    entries: dict[Path, Listed] = {}
    for name, listed in (*_of_dai(folder), *_of_structured(folder), *_of_info(folder)):
        if not name or "\0" in name:
            continue
        path = folder / name.replace("\\", "/")
        entries[path] = listed.joined(entries[path]) if path in entries else listed
    return entries


def _document(path: Path) -> str:
    """Return a list's text, or an empty one if it cannot be read."""
    try:
        if not path.is_file() or path.stat().st_size > _MAX_BYTES:
            return ""
        return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError):
        return ""


def _json(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None


def _of_info(folder: Path) -> Iterator[tuple[str, Listed]]:
    for row in _rows(_document(folder / FILE)):
        name = row.get("path") if isinstance(row, dict) else None
        if isinstance(name, str):
            yield name, _listed(row)


def _rows(text: str) -> Sequence[Any]:
    first, _, rest = text.partition("\n")
    if '"__ndjson"' in first:
        rows = [_json(line) for line in rest.split("\n")]
        return [
            row.get("__item")
            for row in rows
            if isinstance(row, dict) and row.get("__key") == "files"
        ]
    document = _json(text)
    files = document.get("files") if isinstance(document, dict) else None
    return files if isinstance(files, list) else []


def _listed(row: dict[str, Any]) -> Listed:
    label = row.get("label")
    entry = label if isinstance(label, dict) else {}
    kind, text = entry.get("type"), entry.get("label")
    category = row.get("category")
    metadata = _texts(row.get("metadata"))
    if kind == "keyvalue-labels":
        metadata = {**_texts(entry.get("labels")), **metadata}
    details, rest = from_metadata(metadata)
    return Listed(
        label=text if kind == "label" and isinstance(text, str) else "",
        unlabelled=kind == "unlabeled",
        spans=label_formats.from_ranges(entry.get("labels")) if kind == "multi-label" else (),
        split=_SPLITS.get(category, "") if isinstance(category, str) else "",
        metadata=rest,
        details=details,
    )


def _texts(table: Any) -> dict[str, str]:
    if not isinstance(table, dict):
        return {}
    return {str(key): str(value) for key, value in table.items() if value is not None}


def _of_structured(folder: Path) -> Iterator[tuple[str, Listed]]:
    document = _json(_document(folder / STRUCTURED_FILE))
    for name, spans in label_formats.from_structured(document).items():
        yield name, Listed(spans=spans, unlabelled=not spans)


def _of_dai(folder: Path) -> Iterator[tuple[str, Listed]]:
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() == DAI_SUFFIX)
    except OSError:
        return
    for path in paths:
        document = _json(_document(path))
        for name, (spans, metadata) in label_formats.from_dai(document).items():
            details, rest = from_metadata(metadata)
            split = rest.pop(_DAI_SPLIT, "")
            split = split if split in SPLITS else ""
            yield (
                name,
                Listed(
                    unlabelled=not spans,
                    spans=spans,
                    split=split,
                    metadata=rest,
                    details=details,
                ),
            )


def read_track(path: Path) -> tuple[tuple[float, float, str], ...]:
    """Return the lines of the Audacity label track beside a file of sound, if there is one."""
    return label_formats.from_track(_document(path.with_suffix(".txt"))) or ()


def info_entry(
    path: str,
    *,
    samples: Sequence[Marked],
    readings: int,
    details: Details,
    metadata: Mapping[str, str],
) -> dict[str, Any]:
    """Return a file's entry in `info.labels`.

    Parameters
    ----------
    path : str
        Of the file, from the list's folder, with slashes.
    samples : sequence of Marked
        Where the list's own form cannot hold them (overlaps, neighbours with one label, several
        splits or tracks, samples not in use), they are written into the metadata as well.
    readings : int
        Length of the recording.
    """
    spans = [one.span for one in samples if one.plain]
    splits = [one.split for one in samples]
    split = max(sorted(set(splits)), key=splits.count) if splits else ""
    whole = len(spans) == 1 and (spans[0].start, spans[0].stop) == (0, readings)
    label: dict[str, Any] = {"type": "unlabeled"}
    if whole:
        label = {"type": "label", "label": spans[0].label}
    elif spans:
        label = {"type": "multi-label", "labels": label_formats.to_ranges(spans, readings)}
    kept = label_formats.labelled(label_formats.covering(spans, readings))
    if [Marked(span, split) for span in (spans if whole else kept)] != list(samples):
        details = replace(details, samples=tuple(samples))
    return {
        "path": path,
        "name": details.name,
        "category": CATEGORIES[split],
        "label": label,
        "metadata": {**metadata, **to_metadata(details)},
    }


def dai_entry(
    path: str, *, samples: Sequence[Marked], details: Details, metadata: Mapping[str, str]
) -> dict[str, Any]:
    """Return a file's entry in a SensiML `.dai` list; see `info_entry`."""
    spans = [one.span for one in samples if one.plain]
    splits = {one.split for one in samples}
    if not all(one.plain for one in samples) or len(splits) > 1:
        details = replace(details, samples=tuple(samples))
    texts = {**metadata, **to_metadata(details), _DAI_SPLIT: "".join(splits) if splits else ""}
    if len(splits) > 1 or not texts[_DAI_SPLIT]:
        del texts[_DAI_SPLIT]
    return label_formats.dai_entry(path, spans, texts)


def info_lines(entries: Sequence[Mapping[str, Any]], *, ndjson: bool) -> Iterator[str]:
    """Yield the text of `info.labels` in pieces: one document, or one JSON object per line."""
    if ndjson:
        yield json.dumps({"version": 1, "files": [], "__ndjson": True}) + "\n"
        for entry in entries:
            yield json.dumps({"__key": "files", "__item": entry}, ensure_ascii=False) + "\n"
        return
    yield '{"version":1,"files":[\n'
    for number, entry in enumerate(entries):
        yield (",\n" if number else "") + json.dumps(entry, ensure_ascii=False)
    yield "\n]}\n"
