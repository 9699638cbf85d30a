"""Labels as other programs write them: Edge Impulse's lists, SensiML's `.dai`, Audacity's tracks.

Text in, spans out, and back. Our spans are `[start, stop)`; Edge Impulse and SensiML name the
last reading (inclusive), Audacity names seconds. Entries that make no sense are left out, because
the data can be imported without them.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from studio.types import Span

UNLABELLED = "unlabeled"
"""What fills the stretches without a label where a format wants every reading to have one."""

_DAI_GROUP = "Label"
_DAI_SESSION = "TinyML Studio"
_SECONDS = r"[+-]?\d+(?:[.,]\d*)?(?:[eE][+-]?\d+)?"
_TRACK_LINE = re.compile(rf"^\s*({_SECONDS})\t\s*({_SECONDS})(?:\t(.*))?$")


def covering(spans: Sequence[Span], readings: int) -> tuple[Span, ...]:
    """Return spans that cover all readings, without gaps and overlaps, as Edge Impulse wants it.

    Stretches without a label become `unlabeled`, where several overlap the last one counts, and
    neighbours with one label become one.
    """
    cuts = sorted(
        {0, readings, *(min(at, readings) for span in spans for at in (span.start, span.stop))}
    )
    place = {cut: number for number, cut in enumerate(cuts)}
    labels = [UNLABELLED] * (len(cuts) - 1)
    for span in spans:
        first, last = place[min(span.start, readings)], place[min(span.stop, readings)]
        labels[first:last] = [span.label] * (last - first)
    result: list[Span] = []
    for start, stop, label in zip(cuts, cuts[1:], labels, strict=False):
        if result and result[-1].label == label:
            result[-1] = Span(result[-1].start, stop, label)
        else:
            result.append(Span(start, stop, label))
    return tuple(result)


def labelled(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the spans that have a label: those that `covering` filled in are left out."""
    return tuple(span for span in spans if span.label != UNLABELLED)


def to_ranges(spans: Sequence[Span], readings: int) -> list[dict[str, Any]]:
    """Return spans as Edge Impulse's ranges: all readings covered, ends inclusive."""
    return [
        {"startIndex": span.start, "endIndex": span.stop - 1, "label": span.label}
        for span in covering(spans, readings)
    ]


def from_ranges(rows: Any) -> tuple[Span, ...]:
    """Return the spans of Edge Impulse's ranges, without those that are `unlabeled`."""
    return labelled(_inclusive(rows, "startIndex", "endIndex", "label"))


def _inclusive(rows: Any, first: str, last: str, label: str) -> Iterator[Span]:
    for row in rows if isinstance(rows, list) else []:
        if not isinstance(row, dict):
            continue
        start, end, text = row.get(first), row.get(last), row.get(label)
        if type(start) is not int or type(end) is not int or not isinstance(text, str):
            continue
        if 0 <= start <= end and text.strip():
            yield Span(start, end + 1, text)


def structured(files: Mapping[str, tuple[Sequence[Span], int]]) -> dict[str, Any]:
    """Return the document of `structured_labels.labels`: file name -> (spans, readings)."""
    return {
        "version": 1,
        "type": "structured-labels",
        "structuredLabels": {
            name: to_ranges(spans, readings) for name, (spans, readings) in files.items()
        },
    }


def from_structured(document: Any) -> dict[str, tuple[Span, ...]]:
    """Return the spans of each file in `structured_labels.labels`."""
    files = document.get("structuredLabels") if isinstance(document, dict) else None
    if not isinstance(files, dict):
        return {}
    return {str(name): from_ranges(rows) for name, rows in files.items()}


def dai_entry(name: str, spans: Sequence[Span], metadata: Mapping[str, str]) -> dict[str, Any]:
    """Return a file's entry in a SensiML `.dai` list; overlaps and gaps are kept as they are."""
    return {
        "file_name": name,
        "metadata": [{"name": key, "value": value} for key, value in metadata.items()],
        "sessions": [
            {
                "session_name": _DAI_SESSION,
                "segments": [
                    {
                        "name": _DAI_GROUP,
                        "value": span.label,
                        "start": span.start,
                        "end": span.stop - 1,
                    }
                    for span in spans
                ],
            }
        ],
        "videos": [],
    }


def from_dai(document: Any) -> dict[str, tuple[tuple[Span, ...], dict[str, str]]]:
    """Return spans and metadata of each file in a SensiML `.dai` list.

    Of several sessions the first that has segments counts: they are alternative labellings.
    """
    entries: dict[str, tuple[tuple[Span, ...], dict[str, str]]] = {}
    for entry in document if isinstance(document, list) else []:
        name = entry.get("file_name") if isinstance(entry, dict) else None
        if not isinstance(name, str) or not name:
            continue
        spans: tuple[Span, ...] = ()
        sessions = entry.get("sessions")
        for session in sessions if isinstance(sessions, list) else []:
            rows = session.get("segments") if isinstance(session, dict) else None
            spans = spans or tuple(_inclusive(rows, "start", "end", "value"))
        entries[name] = (spans, _pairs(entry.get("metadata")))
    return entries


def _pairs(rows: Any) -> dict[str, str]:
    pairs = {}
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict) and isinstance(row.get("name"), str):
            pairs[row["name"]] = str(row.get("value", ""))
    return pairs


def track(spans: Sequence[Span], sample_rate_hz: float) -> str:
    """Return spans as an Audacity label track: start, end (seconds), label, parted by tabs."""
    digits = max(6, 3 + math.ceil(math.log10(max(sample_rate_hz, 1.0))))
    return "".join(
        f"{span.start / sample_rate_hz:.{digits}f}\t{span.stop / sample_rate_hz:.{digits}f}\t"
        f"{span.label}\n"
        for span in spans
    )


def from_track(text: str) -> tuple[tuple[float, float, str], ...] | None:
    """Return start, end (seconds) and label of a track's lines, or None if it is no track.

    Lines that begin with a backslash (ranges of frequencies) and points without length are left
    out.
    """
    rows = []
    for line in text.removeprefix("\ufeff").replace("\r", "\n").split("\n"):
        if not line.strip() or line.startswith("\\"):
            continue
        found = _TRACK_LINE.match(line)
        if found is None:
            return None
        start, end = (float(found[number].replace(",", ".")) for number in (1, 2))
        if 0 <= start < end < math.inf and (found[3] or "").strip():
            rows.append((start, end, found[3]))
    return tuple(rows)


def at_rate(
    rows: Iterable[tuple[float, float, str]], sample_rate_hz: float, readings: int
) -> tuple[Span, ...]:
    """Return a track's lines as spans of readings, cut at the end of the recording."""
    spans = []
    for start_s, stop_s, label in rows:
        start = round(min(start_s * sample_rate_hz, readings))
        stop = round(min(stop_s * sample_rate_hz, readings))
        if start < stop:
            spans.append(Span(start, stop, label))
    return tuple(spans)
