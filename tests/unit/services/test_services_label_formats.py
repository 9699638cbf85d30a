"""Label files of other programs: what they say, and that nothing is lost on the way back."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.project import Details, Marked, label_formats, label_list, read_list
from studio.project.details import from_metadata, to_metadata
from studio.types import Axis, Gap, Span

WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp", "Zs")), min_size=1
).map(lambda text: text.strip() or "x")
N = 200


@st.composite
def spans(draw: st.DrawFn) -> tuple[Span, ...]:
    ends = st.tuples(st.integers(0, N), st.integers(0, N)).filter(lambda pair: pair[0] != pair[1])
    rows = draw(st.lists(st.tuples(ends, WORDS), max_size=6))
    return tuple(Span(min(pair), max(pair), word) for pair, word in rows)


def marked(draw: st.DrawFn) -> tuple[Marked, ...]:
    splits = st.sampled_from(["", "train", "validation", "test"])
    return tuple(
        Marked(
            span,
            draw(splits),
            draw(st.sampled_from(["main", "speaker"])),
            draw(st.booleans()),
        )
        for span in draw(spans())
    )


samples = st.composite(marked)


def painted(rows: tuple[Span, ...]) -> list[str]:
    """Return the label of every reading, the last span that covers it: the plain definition."""
    labels = [""] * N
    for span in rows:
        labels[span.start : span.stop] = [span.label] * (span.stop - span.start)
    return labels


def write(folder: Path, name: str, document: Any) -> None:
    (folder / name).write_text(json.dumps(document), encoding="utf-8")


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(spans())
def test_covering_leaves_no_reading_out(rows: tuple[Span, ...]) -> None:
    found = label_formats.covering(rows, N)
    assert [span.start for span in found] == [0, *(span.stop for span in found[:-1])]
    assert found[-1].stop == N
    assert all(a.label != b.label for a, b in itertools.pairwise(found))
    expected = [label or "unlabeled" for label in painted(rows)]
    assert painted(found) == expected


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(spans())
def test_structured_labels_paint_the_same_readings(rows: tuple[Span, ...]) -> None:
    document = json.loads(json.dumps(label_formats.structured({"a.csv": (rows, N)})))
    listed = document["structuredLabels"]["a.csv"]
    assert listed[0]["startIndex"] == 0
    assert listed[-1]["endIndex"] == N - 1
    for before, after in itertools.pairwise(listed):
        assert after["startIndex"] == before["endIndex"] + 1
    back = label_formats.from_structured(document)["a.csv"]
    assert painted(back) == painted(tuple(row for row in rows if row.label != "unlabeled")) or any(
        row.label == "unlabeled" for row in rows
    )


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(spans(), st.dictionaries(WORDS, WORDS))
def test_dai_keeps_every_segment(rows: tuple[Span, ...], metadata: dict[str, str]) -> None:
    document = json.loads(json.dumps([label_formats.dai_entry("a.csv", rows, metadata)]))
    for span, segment in zip(rows, document[0]["sessions"][0]["segments"], strict=True):
        assert (segment["start"], segment["end"] + 1) == (span.start, span.stop)
    assert label_formats.from_dai(document) == {"a.csv": (rows, metadata)}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(spans(), st.floats(0.5, 384_000))
def test_a_track_comes_back_to_the_reading(rows: tuple[Span, ...], rate: float) -> None:
    text = label_formats.track(rows, rate)
    lines = label_formats.from_track(text)
    assert lines is not None
    assert label_formats.at_rate(lines, rate, N) == rows


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(samples(), st.floats(0.01, 1e6), st.dictionaries(WORDS, WORDS))
def test_info_labels_keep_samples_exactly(
    tmp_path_factory: pytest.TempPathFactory,
    rows: tuple[Marked, ...],
    rate: float,
    metadata: dict[str, str],
) -> None:
    metadata = {key: text for key, text in metadata.items() if not key.startswith("tinyml.")}
    details = Details("n/1", "g", "s", rate, "int16", (Axis("x", "g"),), (Gap(3, 4),))
    for ndjson in (False, True):
        folder = tmp_path_factory.mktemp("list")
        entry = label_list.info_entry(
            "sub/a.wav", samples=rows, readings=N, details=details, metadata=metadata
        )
        text = "".join(label_list.info_lines([entry, entry], ndjson=ndjson))
        (folder / "info.labels").write_text(text, encoding="utf-8")
        (listed,) = read_list(folder).values()
        found = listed.samples(N)
        if found is None:
            shown = listed.spans or ((Span(0, N, listed.label),) if listed.label else ())
            found = tuple(Marked(span, listed.split) for span in shown)
        assert found == rows
        assert listed.metadata == metadata
        said = listed.details
        assert (said.sample_rate_hz, said.axes, said.gaps) == (rate, details.axes, details.gaps)


def test_a_label_changed_by_hand_wins_over_the_exact_ones(tmp_path: Path) -> None:
    rows = (Marked(Span(0, 10, "a"), "train"), Marked(Span(5, 20, "b"), "train"))
    entry = label_list.info_entry(
        "a.wav", samples=rows, readings=N, details=Details("a"), metadata={}
    )
    assert "tinyml.samples" in entry["metadata"]
    entry["label"]["labels"][0]["label"] = "corrected"
    write(tmp_path, "info.labels", {"version": 1, "files": [entry]})
    (listed,) = read_list(tmp_path).values()
    assert listed.samples(N) is None
    assert listed.spans == (Span(0, 5, "corrected"), Span(5, 20, "b"))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.binary()
    | st.text().map(str.encode)
    | st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "files",
                        "path",
                        "label",
                        "type",
                        "labels",
                        "structuredLabels",
                        "sessions",
                        "segments",
                        "metadata",
                        "file_name",
                    ]
                ),
                inner,
            )
        ),
    ).map(lambda value: json.dumps(value).encode())
)
def test_odd_lists_are_passed_over(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("odd")
    for name in ("info.labels", "structured_labels.labels", "x.dai", "a.txt"):
        (folder / name).write_bytes(content)
    assert isinstance(read_list(folder), dict)
    assert isinstance(label_list.read_track(folder / "a.wav"), tuple)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.sampled_from(
            ["tinyml.axes", "tinyml.gaps", "tinyml.samples", "tinyml.rate_hz", "tinyml.dtype"]
        ),
        st.text()
        | st.just("[[0, 1]]")
        | st.just("1e999")
        | st.just('[[0,5,"a","x","main",true]]'),
    )
)
def test_odd_details_are_left_out(metadata: dict[str, str]) -> None:
    details, rest = from_metadata(metadata)
    assert rest == {}
    assert from_metadata(to_metadata(details))[0] == details


# As other programs write them


def test_an_audacity_track_as_audacity_writes_it() -> None:
    text = (
        "0.500000\t1.250000\tknock knock\n\\\t100.000000\t2000.000000\n2.0\t2.0\tpoint\n3\t4\t\n"
    )
    assert label_formats.from_track(text) == ((0.5, 1.25, "knock knock"),)
    assert label_formats.from_track("0,5\t1,25\ta\r\n") == ((0.5, 1.25, "a"),)
    assert label_formats.from_track("Licence: MIT\n") is None
    assert label_formats.from_track("") == ()


def test_structured_labels_as_edge_impulse_describes_them(tmp_path: Path) -> None:
    ranges = [
        {"startIndex": 0, "endIndex": 300, "label": "first_label"},
        {"startIndex": 301, "endIndex": 400, "label": "unlabeled"},
        {"startIndex": 401, "endIndex": 621, "label": "second", "labelMap": {"k": "v"}},
    ]
    document = {
        "version": 1,
        "type": "structured-labels",
        "structuredLabels": {"updown.3.json": ranges},
    }
    write(tmp_path, "structured_labels.labels", document)
    (listed,) = read_list(tmp_path).values()
    assert listed.spans == (Span(0, 301, "first_label"), Span(401, 622, "second"))


def test_key_values_and_lists_that_add_to_each_other(tmp_path: Path) -> None:
    entry = {
        "path": "a.csv",
        "category": "testing",
        "label": {"type": "keyvalue-labels", "labels": {"room": "lab"}},
        "metadata": {"site": "north", "n": 3},
    }
    write(tmp_path, "info.labels", {"version": 1, "files": [entry]})
    rows = [{"startIndex": 2, "endIndex": 4, "label": "b"}]
    write(tmp_path, "structured_labels.labels", {"structuredLabels": {"a.csv": rows}})
    (listed,) = read_list(tmp_path).values()
    assert listed.split == "test"
    assert listed.spans == (Span(2, 5, "b"),)
    assert listed.metadata == {"room": "lab", "site": "north", "n": "3"}


def test_a_dai_list_with_two_sessions(tmp_path: Path) -> None:
    segments = [{"name": "Label", "value": "walk", "start": 10, "end": 19}]
    other = [{"name": "Label", "value": "run", "start": 0, "end": 5}]
    entry = {
        "file_name": "a.csv",
        "metadata": [{"name": "Subject", "value": "ann"}, {"name": "split", "value": "test"}],
        "sessions": [
            {"session_name": "empty", "segments": []},
            {"session_name": "one", "segments": segments},
            {"session_name": "two", "segments": other},
        ],
        "videos": [],
    }
    write(tmp_path, "project.dai", [entry, {"file_name": 5}, "nonsense"])
    listed = read_list(tmp_path)[tmp_path / "a.csv"]
    assert listed.spans == (Span(10, 20, "walk"),)
    assert (listed.metadata, listed.split) == ({"Subject": "ann"}, "test")
