"""What a file cannot say about its recording, as metadata texts in the list of labels beside it.

Every key begins with `tinyml.`; such keys are consumed on import and are nobody's metadata. What
does not make sense is left out: the data can be imported without it.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studio.project.samples import MAIN
from studio.types import READING_DTYPES, SPLITS, Axis, Gap, Span

_PREFIX = "tinyml."
_MAX_AXES = 1024


@dataclass(frozen=True, slots=True)
class Marked:
    """A sample as it goes from project to project."""

    span: Span
    split: str = ""
    track: str = MAIN
    enabled: bool = True

    @property
    def plain(self) -> bool:
        """Whether other programs see it: on the main track, and in use."""
        return self.track == MAIN and self.enabled


@dataclass(frozen=True, slots=True)
class Details:
    """What is known of a recording besides its readings; what is not known is empty."""

    name: str = ""
    group: str = ""
    source: str = ""
    sample_rate_hz: float = 0.0
    dtype: str = ""
    axes: tuple[Axis, ...] = ()
    gaps: tuple[Gap, ...] = ()
    samples: tuple[Marked, ...] | None = None
    """The samples, where the list's own form of labels cannot hold them."""


def to_metadata(details: Details) -> dict[str, str]:
    """Return details as texts."""
    rows: dict[str, str] = {
        "name": details.name,
        "group": details.group,
        "source": details.source,
        "rate_hz": repr(details.sample_rate_hz) if details.sample_rate_hz else "",
        "dtype": details.dtype,
        "axes": _text([[axis.name, axis.units] for axis in details.axes]),
        "gaps": _text([[gap.at, gap.missing] for gap in details.gaps]),
    }
    if details.samples is not None:
        rows["samples"] = json.dumps(
            [
                [one.span.start, one.span.stop, one.span.label, one.split, one.track, one.enabled]
                for one in details.samples
            ],
            ensure_ascii=False,
        )
    return {_PREFIX + key: text for key, text in rows.items() if text}


def _text(rows: Sequence[Any]) -> str:
    return json.dumps(rows, ensure_ascii=False) if rows else ""


def from_metadata(metadata: Mapping[str, str]) -> tuple[Details, dict[str, str]]:
    """Return the details among metadata, and the rest of it."""
    texts = {
        key.removeprefix(_PREFIX): text
        for key, text in metadata.items()
        if key.startswith(_PREFIX)
    }
    rest = {key: text for key, text in metadata.items() if not key.startswith(_PREFIX)}
    dtype = texts.get("dtype", "")
    details = Details(
        name=texts.get("name", ""),
        group=texts.get("group", ""),
        source=texts.get("source", ""),
        sample_rate_hz=_rate(texts.get("rate_hz", "")),
        dtype=dtype if dtype in READING_DTYPES else "",
        axes=_axes(texts.get("axes", "")),
        gaps=_gaps(texts.get("gaps", "")),
        samples=_samples(texts.get("samples", "")),
    )
    return details, rest


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        return 0.0
    return rate if math.isfinite(rate) and rate > 0 else 0.0


def _rows(text: str, width: int) -> list[list[Any]] | None:
    """Return a JSON list of lists of one length, or None for anything else."""
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(rows, list):
        return None
    good = all(isinstance(row, list) and len(row) == width for row in rows)
    return rows if good else None


def _axes(text: str) -> tuple[Axis, ...]:
    rows = _rows(text, 2) or []
    if len(rows) > _MAX_AXES or not all(isinstance(part, str) for row in rows for part in row):
        return ()
    return tuple(Axis(name, units) for name, units in rows)


def _gaps(text: str) -> tuple[Gap, ...]:
    rows = _rows(text, 2) or []
    if not all(type(part) is int and part >= 0 for row in rows for part in row):
        return ()
    return tuple(Gap(at, missing) for at, missing in rows)


def _samples(text: str) -> tuple[Marked, ...] | None:
    rows = _rows(text, 6)
    if rows is None:
        return None
    samples = []
    for start, stop, label, split, track, enabled in rows:
        whole = type(start) is int and type(stop) is int and 0 <= start < stop
        named = isinstance(label, str) and isinstance(track, str) and label.strip() and track
        if not whole or not named or split not in ("", *SPLITS) or type(enabled) is not bool:
            return None
        samples.append(Marked(Span(start, stop, label), split, track, enabled))
    return tuple(samples)
