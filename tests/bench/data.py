"""A data set of very many samples: lists, filters, counts and sums, each in milliseconds.

The peer is the same question asked of a Python list of all rows in memory. Each answer is compared
with that of the list, and each change with what it should have changed, before a time counts.
"""

import dataclasses
import math
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any

import common
import numpy as np

from studio.project import ORDERS, Project, SampleQuery, SampleRow
from studio.types import Axis, Sample, Span

PAGE = 256
LIMIT_MS = 100.0
RATIO = 0.5
REPEATS = 5
CHANGES_MS = {
    "relabel one": 100.0,
    "undo one": 100.0,
    "relabel all": 8000.0,
    "undo all": 8000.0,
    "snapshot": 2000.0,
}
"""What changes may take of 100 000 samples."""
LEAST_MS = 100.0
LABELS = tuple(f"word {number}" for number in range(12))
SPLITS = ("train", "train", "train", "validation", "test", "")


def build(path: Path, samples: int) -> None:
    """Make a project of many samples: fifty on each recording."""
    rng = np.random.default_rng(0)
    with Project.create(path) as project:
        for first in range(0, samples // 50, 200):
            with project.batch("Made the data"):
                for number in range(first, min(first + 200, samples // 50)):
                    _recording(project, number, rng)
        ids = [sample.id for sample in project.samples()][::40]
        project.labels.enable(ids, enabled=False)


def _recording(project: Project, number: int, rng: np.random.Generator) -> None:
    values = np.full((6000, 1), number % 32768, np.int16)
    values[:2, 0] = number // 32768, 1
    recording = project.add_recording(
        values,
        name=f"folder {number % 37}/take {rng.integers(10**6)}",
        axes=[Axis("audio")],
        sample_rate_hz=16000.0,
        group=f"speaker {number % 300}",
    )
    if number % 10 == 0:
        project.set_health(recording.id, {}, ["clipping"])
    for split in set(SPLITS):
        spans = [
            Span(start, start + int(rng.integers(10, 110)), str(rng.choice(LABELS)))
            for start in rng.integers(0, 5800, 50 * SPLITS.count(split) // len(SPLITS)).tolist()
        ]
        project.add_samples(recording.id, spans, split=split)


FILTERS = {
    "all": SampleQuery(),
    "enabled": SampleQuery(enabled=True),
    "disabled": SampleQuery(enabled=False),
    "label": SampleQuery(labels=(LABELS[3],)),
    "split": SampleQuery(splits=("train",), enabled=True),
    "group": SampleQuery(groups=("speaker 7",)),
    "text": SampleQuery(text="take 9"),
    "text and label": SampleQuery(text="FOLDER 1", labels=LABELS[:2]),
    "flag": SampleQuery(flag="clipping"),
}


def scan(rows: Sequence[SampleRow], query: SampleQuery, flagged: set[int]) -> list[SampleRow]:
    """Answer a query by a loop over all rows, in no order."""
    text = query.text.lower()
    return [
        row
        for row in rows
        if (not query.labels or row.sample.label in query.labels)
        and (not query.splits or row.sample.split in query.splits)
        and (not query.groups or row.sample.group in query.groups)
        and (query.enabled is None or row.sample.enabled == query.enabled)
        and (not text or text in row.recording.lower())
        and (not query.flag or row.sample.recording_id in flagged)
    ]


_KEYS: dict[str, Callable[[SampleRow], Any]] = {
    "recording": attrgetter("sample.recording_id", "sample.start", "sample.id"),
    "name": attrgetter("recording", "sample.id"),
    "group": attrgetter("sample.group", "sample.id"),
    "seconds": attrgetter("seconds", "sample.id"),
}


_NAMES = {"recording_id": "sample.recording_id", "name": "recording", "seconds": "seconds"}
_NAMES["group_name"] = "sample.group"


def key(sort: str) -> Callable[[SampleRow], Any]:
    """Return by what the peer sorts."""
    return _KEYS.get(sort) or attrgetter(f"sample.{sort}", "sample.id")


def exact(sort: str) -> Callable[[SampleRow], Any]:
    """Return the same, with all that decides between equal ones."""
    return attrgetter(*(_NAMES.get(name, f"sample.{name}") for name in (*ORDERS[sort], "id")))


@dataclasses.dataclass(frozen=True)
class Timing:
    """How long something took, in ms."""

    cold: float
    """By the wall clock the first time, of a project that was just opened: what any cache costs
    to fill, and what is waited for the disk."""
    wall: float
    """By the wall clock, the median of some more times."""
    cpu: float
    """Processor time of these, the median: other programs do not count."""


def timed(work: Callable[[], object]) -> Timing:
    """Return how long something takes the first time and later."""
    walls, cpus = [], []
    for _ in range(1 + REPEATS):
        began, began_cpu = time.perf_counter(), time.process_time()
        work()
        walls.append(1000 * (time.perf_counter() - began))
        cpus.append(1000 * (time.process_time() - began_cpu))
    return Timing(walls[0], statistics.median(walls[1:]), statistics.median(cpus[1:]))


def ms(work: Callable[[], object]) -> float:
    """Return the processor time of something that was done before."""
    return timed(work).cpu


def asked(path: Path, ask: Callable[[Project], object]) -> dict[str, float]:
    """Return how long a question to a project takes that was just opened."""
    with Project.open(path) as project:
        return dataclasses.asdict(timed(lambda: ask(project)))


def sums(rows: Sequence[SampleRow]) -> dict[tuple[str, str], float]:
    """Return the seconds of each label in each split, by a loop."""
    found: dict[tuple[str, str], float] = {}
    for row in rows:
        place = row.sample.label, row.sample.split
        found[place] = found.get(place, 0.0) + row.seconds
    return found


def demand(name: str, what: str, *, right: bool) -> None:
    """End the run if an answer was wrong: how soon it came does not matter then."""
    if not right:
        raise SystemExit(f"{name}: {what} are not those of the list")


def check_rows(project: Project, rows: Sequence[SampleRow]) -> None:
    """Compare the rows of everything with the samples and recordings themselves."""
    recordings = {one.id: one for one in project.recordings()}
    wanted = {}
    for sample in project.samples():
        of = recordings[sample.recording_id]
        seconds = (sample.stop - sample.start) / of.sample_rate_hz
        wanted[sample.id] = SampleRow(sample, of.name, seconds, of.flags)
    demand("all", "rows", right={row.sample.id: row for row in rows} == wanted)
    demand("all", "numbers of rows", right=len(rows) == len(wanted))


def check_sums(name: str, project: Project, query: SampleQuery, kept: list[SampleRow]) -> None:
    """Compare counts and hours with those of a loop."""
    demand(name, "counts", right=project.index.count(query) == len(kept))
    found = project.index.sums(query)
    counts = Counter((row.sample.label, row.sample.split) for row in kept)
    demand(name, "counts", right={(one.label, one.split): one.samples for one in found} == counts)
    seconds = sums(kept)
    close = (math.isclose(one.seconds, seconds[one.label, one.split]) for one in found)
    demand(name, "hours", right=all(close))


def places(count: int) -> tuple[int, int, int]:
    """Return where pages begin: at the beginning, in the middle and at the end."""
    return 0, count // 2, max(0, count - PAGE)


def check_pages(name: str, project: Project, query: SampleQuery, kept: list[SampleRow]) -> None:
    """Compare pages and the whole list with those of a loop, in both directions."""
    wanted = sorted(kept, key=exact(query.sort))
    index, words = project.index, f"{name}, by {query.sort}"
    for descending in (False, True):
        asked = dataclasses.replace(query, descending=descending)
        demand(words, "numbers", right=index.ids(asked) == [row.sample.id for row in wanted])
        for place in places(len(kept)):
            page = index.page(asked, offset=place, limit=PAGE)
            demand(words, f"rows from {place}", right=page == wanted[place:][:PAGE])
        wanted.reverse()


def measure_pages(
    name: str, path: Path, query: SampleQuery, kept: list[SampleRow], scanned: float
) -> list[dict[str, Any]]:
    """Time pages of one order, and the same to the list."""
    sorting = ms(lambda: sorted(kept, key=key(query.sort)))
    return [
        {
            "kind": "page",
            "filter": name,
            "sort": query.sort,
            "offset": place,
            **asked(
                path,
                lambda one, place=place: one.index.page(query, offset=place, limit=PAGE),  # type: ignore[misc]
            ),
            "list_ms": scanned + sorting,
        }
        for place in places(len(kept))
    ]


def measure(path: Path, project: Project) -> list[dict[str, Any]]:
    """Time every question, and the same one to the list."""
    index = project.index
    rows = index.rows(index.ids(SampleQuery()))
    check_rows(project, rows)
    flagged = {one.id for one in project.recordings() if "clipping" in one.flags}
    found = []
    for name, query in FILTERS.items():
        common.say(name)
        kept = scan(rows, query, flagged)
        check_sums(name, project, query, kept)
        scanned = ms(lambda query=query: scan(rows, query, flagged))  # type: ignore[misc]
        found += [
            {
                "kind": "count",
                "filter": name,
                **asked(path, lambda one, query=query: one.index.count(query)),  # type: ignore[misc]
                "list_ms": scanned,
            },
            {
                "kind": "hours",
                "filter": name,
                **asked(path, lambda one, query=query: one.index.sums(query)),  # type: ignore[misc]
                "list_ms": scanned + ms(lambda kept=kept: sums(kept)),  # type: ignore[misc]
            },
        ]
        for sort in ORDERS:
            ordered = dataclasses.replace(query, sort=sort)
            check_pages(name, project, ordered, kept)
            found += measure_pages(name, path, ordered, kept, scanned)
    return found


def check_labels(
    name: str, project: Project, before: list[Sample], labels: dict[int, str]
) -> None:
    """Compare all samples with what they were, but for the labels of some."""
    wanted = [
        dataclasses.replace(sample, label=labels.get(sample.id, sample.label)) for sample in before
    ]
    demand(name, "samples", right=project.samples() == wanted)
    tally = dict(project.index.tally(SampleQuery(), "label"))
    demand(name, "counts", right=tally == Counter(sample.label for sample in wanted))


def changes(project: Project) -> dict[str, dict[str, float]]:
    """Time changes and their way back, each done once."""
    ids = project.index.ids(SampleQuery())
    before = project.samples()
    word = f"word {time.monotonic()}"
    figures = {}
    for name, work, labels in (
        ("relabel one", lambda: project.labels.relabel(ids[:1], word), {ids[0]: word}),
        ("undo one", lambda: project.history.undo(), {}),
        ("relabel all", lambda: project.labels.relabel(ids, "other"), dict.fromkeys(ids, "other")),
        ("undo all", lambda: project.history.undo(), {}),
        ("snapshot", lambda: project.snapshots.save(f"state {time.monotonic()}"), {}),
    ):
        began, began_cpu = time.perf_counter(), time.process_time()
        work()
        wall, cpu = time.perf_counter() - began, time.process_time() - began_cpu
        figures[name] = {"wall": 1000 * wall, "cpu": 1000 * cpu}
        check_labels(name, project, before, labels)
    return figures


def gates(
    found: Sequence[dict[str, Any]], changed: Mapping[str, Mapping[str, float]], samples: int
) -> list[dict[str, Any]]:
    """Return the slowest of each kind, the whole against the list, and what changes take."""
    rows = []
    for kind in ("page", "count", "hours"):
        of = [row for row in found if row["kind"] == kind]
        for clock, words in (
            ("cpu", ""),
            ("wall", ", by the wall clock"),
            ("cold", " just after opening, by the wall clock"),
        ):
            slowest = max(of, key=lambda row: row[clock])
            what = f"{slowest['filter']}{', by ' + slowest['sort'] if 'sort' in slowest else ''}"
            name = f"slowest {kind}{words} ({what})"
            rows.append(common.gate(name, slowest[clock], LIMIT_MS, "ms", "lower"))
        ratio = sum(row["cpu"] for row in of) / sum(row["list_ms"] for row in of)
        rows.append(
            common.gate(f"every {kind}, against a list in memory", ratio, RATIO, "x", "lower")
        )
    for name, limit in CHANGES_MS.items():
        most = max(LEAST_MS, limit * samples / 100_000)
        for clock, words in (("cpu", ""), ("wall", ", by the wall clock")):
            value = changed[name][clock]
            rows.append(common.gate(f"{name}{words}", value, most, "ms", "lower"))
    return rows


def main() -> None:
    """Build, measure, print."""
    parser = common.options(__doc__ or "")
    parser.add_argument("--samples", type=int, default=100_000, help="how many (default 100000)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "p"
        common.say(f"making {arguments.samples} samples")
        began = time.perf_counter()
        build(path, arguments.samples)
        built = time.perf_counter() - began
        with Project.open(path) as project:
            found = measure(path, project)
            figures = changes(project)
            samples = project.index.count(SampleQuery())
        size = (path / "studio.db").stat().st_size
    answer = {
        "gates": gates(found, figures, samples),
        "samples": samples,
        "build_s": built,
        "database_bytes": size,
        "changes_ms": figures,
        "questions": found,
    }
    common.finish(answer, as_json=arguments.json)


if __name__ == "__main__":
    main()
