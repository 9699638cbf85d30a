"""Lists of very many samples: the same answers as a loop, from indexes."""

import dataclasses
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.errors import ConfigError
from studio.project import ORDERS, Project, SampleQuery, SampleRow
from studio.project.query import statement
from studio.types import Axis, Span

SPLITS = ("", "train", "validation", "test")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    rng = np.random.default_rng(0)
    with Project.create(tmp_path_factory.mktemp("query") / "p") as made:
        made.labels.add_track("who")
        with made.batch():
            for number in range(12):
                recording = made.add_recording(
                    rng.normal(size=(100, 1)).astype(np.float32),
                    name=["Take_1", "take%1", "tbke 2", "ä"][number % 4] + "!" * (number % 3),
                    axes=[Axis("x")],
                    sample_rate_hz=[50.0, 62.5][number % 2],
                    group=f"g{number % 5}",
                )
                if number % 3 == 0:
                    made.set_health(recording.id, {}, ["clipping", "hum"][: 1 + number % 2])
                for _ in range(6):
                    start = int(rng.integers(0, 90))
                    span = Span(start, int(rng.integers(start + 1, 101)), rng.choice(["a", "b"]))
                    track = "who" if rng.random() < 0.3 else "main"
                    split = SPLITS[rng.integers(4)]
                    made.add_samples(recording.id, [span], split=split, track=track)
        made.labels.enable([sample.id for sample in made.samples()][::5], enabled=False)
        yield made


def key(row: SampleRow, order: str) -> tuple[object, ...]:
    of = {
        "recording_id": row.sample.recording_id,
        "group_name": row.sample.group,
        "name": row.recording,
        "seconds": row.seconds,
        "enabled": int(row.sample.enabled),
    }
    sample = dataclasses.asdict(row.sample)
    return tuple(of.get(column, sample.get(column)) for column in ORDERS[order])


def some(values: list[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)


queries = st.builds(
    SampleQuery,
    labels=some(["a", "b", "zzz"]),
    splits=some(list(SPLITS)),
    groups=some(["g0", "g3"]),
    tracks=some(["main", "who"]),
    recordings=st.sampled_from([(), (1, 2), (7,)]),
    text=st.sampled_from(["", "take", "TAKE_", "%", "ä", "2!", "'"]),
    flag=st.sampled_from(["", "clipping", "hum", "clip"]),
    words=st.sampled_from(["", "take g3", "A", "ä %"]),
    ids=st.sampled_from([None, (), (1, 2, 3, 5, 8, 13), tuple(range(0, 200, 3))]),
    enabled=st.sampled_from([None, True, False]),
    sort=st.sampled_from(list(ORDERS)),
    descending=st.booleans(),
)


def has_words(words: str, text: str) -> bool:
    """Whether all of the words are in a text; A to Z match a to z, as in SQLite."""
    ascii_low = str.maketrans({chr(sign): chr(sign + 32) for sign in range(65, 91)})
    return all(word.translate(ascii_low) in text.translate(ascii_low) for word in words.split())


@settings(max_examples=150, deadline=None)
@given(query=queries, offset=st.integers(0, 40), limit=st.integers(0, 30))
def test_answers_are_those_of_a_loop(
    project: Project, query: SampleQuery, offset: int, limit: int
) -> None:
    recordings = {recording.id: recording for recording in project.recordings()}
    wanted = []
    for sample in project.samples():
        recording = recordings[sample.recording_id]
        if (
            (not query.labels or sample.label in query.labels)
            and (not query.splits or sample.split in query.splits)
            and (not query.groups or sample.group in query.groups)
            and (not query.tracks or sample.track in query.tracks)
            and (not query.recordings or sample.recording_id in query.recordings)
            and query.text.lower() in recording.name.lower()
            and (not query.flag or query.flag in recording.flags)
            and (query.ids is None or sample.id in query.ids)
            and has_words(query.words, f"{recording.name}\n{sample.group}\n{sample.label}")
            and (query.enabled is None or sample.enabled is query.enabled)
        ):
            seconds = (sample.stop - sample.start) / recording.sample_rate_hz
            wanted.append(SampleRow(sample, recording.name, seconds, recording.flags))
    wanted.sort(key=lambda row: key(row, query.sort), reverse=query.descending)
    assert project.index.page(query, offset=offset, limit=limit) == wanted[offset:][:limit]
    assert project.index.ids(query) == [row.sample.id for row in wanted]
    assert project.index.count(query) == len(wanted)
    sums = project.index.sums(query)
    assert sum(row.samples for row in sums) == len(wanted)
    assert sum(row.seconds for row in sums) == pytest.approx(sum(row.seconds for row in wanted))
    for row in sums:
        of = [
            one for one in wanted if (one.sample.label, one.sample.split) == (row.label, row.split)
        ]
        assert row.seconds == pytest.approx(sum(one.seconds for one in of))
    for column, value in (("label", "label"), ("group_name", "group"), ("enabled", "enabled")):
        counts = Counter(getattr(row.sample, value) for row in wanted)
        assert dict(project.index.tally(query, column)) == counts
    flags = Counter(flag for row in wanted for flag in row.flags)
    assert dict(project.index.tally(query, "flags")) == flags
    groups = project.index.groups(query)
    assert {name: count for name, count, _ in groups} == {
        name: sum(row.sample.group == name for row in wanted)
        for name in {row.sample.group for row in wanted}
    }


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    rng = np.random.default_rng(1)
    with Project.create(tmp_path_factory.mktemp("large") / "p") as made:
        for number in range(8):
            recording = made.add_recording(
                np.full((1000, 1), number, np.float32),
                name=f"take {number % 3}",
                axes=[Axis("x")],
                sample_rate_hz=50.0,
                group=f"g{number % 5}",
            )
            for label, count in (("often", 160), ("seldom", 40)):
                starts = rng.integers(0, 900, count).tolist()
                spans = [Span(at, at + int(rng.integers(1, 101)), label) for at in starts]
                made.add_samples(recording.id, spans, split="train")
        made.labels.enable([one.id for one in made.samples()][::7], enabled=False)
        yield made


def all_rows(project: Project) -> list[SampleRow]:
    recordings = {recording.id: recording for recording in project.recordings()}
    return [
        SampleRow(
            sample,
            recordings[sample.recording_id].name,
            (sample.stop - sample.start) / 50.0,
        )
        for sample in project.samples()
    ]


@pytest.mark.parametrize("descending", [False, True])
def test_pages_far_behind_are_those_of_a_loop(large: Project, descending: bool) -> None:
    rows = all_rows(large)
    assert len(rows) == 1600
    for sort in ORDERS:
        query = SampleQuery(sort=sort, descending=descending)
        wanted = sorted(rows, key=lambda row: key(row, sort), reverse=descending)
        assert large.index.ids(query) == [row.sample.id for row in wanted]
        for offset in (0, 990, 1001, 1300, 1590):
            assert large.index.page(query, offset=offset, limit=30) == wanted[offset:][:30]
        often = [row for row in wanted if row.sample.label == "often"]
        query = dataclasses.replace(query, labels=("often",))
        assert large.index.page(query, offset=1100, limit=256) == often[1100:]


def test_sums_of_very_many_are_those_of_a_loop(large: Project) -> None:
    for query in (SampleQuery(), SampleQuery(labels=("often",)), SampleQuery(groups=("g0", "g1"))):
        seconds: defaultdict[str, float] = defaultdict(float)
        for row in all_rows(large):
            if not query.groups or row.sample.group in query.groups:
                seconds[row.sample.label] += row.seconds
        found = {row.label: row.seconds for row in large.index.sums(query)}
        assert found == pytest.approx({label: seconds[label] for label in found})
        assert set(found) == (set(query.labels) or {"often", "seldom"})


def test_a_change_of_very_many_is_whole_and_so_is_its_way_back(large: Project) -> None:
    before = large.samples()
    large.labels.relabel([sample.id for sample in before], "other")
    assert large.samples() == [dataclasses.replace(sample, label="other") for sample in before]
    assert [(row.label, row.samples) for row in large.index.sums(SampleQuery())] == [
        ("other", 1600)
    ]
    large.history.undo()
    assert large.samples() == before
    assert [(row.label, row.samples) for row in large.index.sums(SampleQuery())] == [
        ("often", 1280),
        ("seldom", 320),
    ]


def plan(folder: Path, query: SampleQuery) -> str:
    sql, values = statement(query, limit=256)
    connection = sqlite3.connect(folder / "studio.db")
    rows = connection.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
    connection.close()
    return "\n".join(row[3] for row in rows)


@pytest.mark.parametrize("sort", [name for name in ORDERS if name != "id"])
@pytest.mark.parametrize("enabled", [None, True])
@pytest.mark.parametrize("descending", [False, True])
def test_every_order_is_read_from_an_index(
    project: Project, sort: str, enabled: bool | None, descending: bool
) -> None:
    query = SampleQuery(sort=sort, enabled=enabled, descending=descending)
    found = plan(project.path, query)
    assert "USING COVERING INDEX sample_by_" in found
    assert "TEMP B-TREE" not in found


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        (SampleQuery(groups=("g1",)), "SEARCH sample_index USING"),
        (SampleQuery(recordings=(3,)), "SEARCH sample_index USING"),
        (SampleQuery(flag="clipping"), "recording_flags"),
        (SampleQuery(enabled=False), "SEARCH sample_index USING"),
    ],
)
def test_filters_use_an_index(project: Project, query: SampleQuery, wanted: str) -> None:
    assert wanted in plan(project.path, query)


def test_what_cannot_be_asked(project: Project) -> None:
    for query in (SampleQuery(sort="colour"), SampleQuery(splits=("exam",))):
        with pytest.raises(ConfigError) as caught:
            project.index.page(query)
        assert "Choose one of" in caught.value.hint


def test_counts_and_sums_read_indexes_only(project: Project) -> None:
    seen: list[str] = []
    connection = project.index._database._connection
    connection.set_trace_callback(seen.append)
    for query in (
        SampleQuery(),
        SampleQuery(labels=("a",), enabled=True),
        SampleQuery(splits=("train",)),
        SampleQuery(tracks=("main",)),
    ):
        project.index.count(query)
        project.index.sums(query)
    connection.set_trace_callback(None)
    plans = [connection.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall() for sql in seen]
    for sql, rows in zip(seen, plans, strict=True):
        assert any("COVERING INDEX" in row[3] for row in rows), (sql, rows)
