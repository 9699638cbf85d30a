"""The library of samples in a real window: opening, filtering, sorting, scrolling very many.

Measured is what a person waits for: from the act until the table shows the right rows, painted.
While scrolling, every turn of the window's event loop is timed.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import common
import data
import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from studio.gui import theme
from studio.gui.pages.data import DataPage
from studio.gui.pages.sample_table import ORDERS
from studio.gui.session import Session
from studio.project import Project, SampleQuery, SampleRow

LIMIT_MS = 150.0
FRAME_MS = 16.7
STEPS = 400
PATIENCE_S = 30.0
SIZE = 1200, 700


class Desk:
    """A data page on a project, and the time that acts take."""

    def __init__(self, application: QApplication, project: Path) -> None:
        self.application = application
        self.session = Session()
        self.project = project
        self.page = DataPage(self.session, theme.load("light"))
        self.page.resize(*SIZE)
        self.page.show()
        self.session.project_changed.connect(self.page.refresh)
        ready: list[str] = []
        self.session.answered.connect(ready.append)
        self.session.prepare()  # as the window does after its start
        while not ready:
            self.rest(0.1)
        self.library = self.page.library

    def ms(self, act: Callable[[], object], until: Callable[[], bool]) -> float:
        """Return how long it takes from an act until something is so and painted."""
        self.rest()
        began = time.perf_counter()
        act()
        while not until():
            if time.perf_counter() - began > PATIENCE_S:
                raise SystemExit("waited in vain")
            self.application.processEvents()
            time.sleep(0.0005)
        self.library.view.viewport().repaint()
        return 1000 * (time.perf_counter() - began)

    def rest(self, seconds: float = 0.4) -> None:
        """Let the window finish what it began."""
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            self.application.processEvents()
            time.sleep(0.001)

    def seen(self) -> bool:
        """Whether all rows that are in view are known."""
        table, view = self.library.table, self.library.view
        if not len(table.ids):
            return False
        last = view.rowAt(view.viewport().height() - 1)
        rows = range(view.top(), (last if last >= 0 else len(table.ids) - 1) + 1)
        return all(table.row(row) is not None for row in rows)

    def listing(self, act: Callable[[], object]) -> float:
        """Return how long an act takes until another list is shown."""
        before = self.library.table.ids
        return self.ms(act, lambda: self.library.table.ids is not before and self.seen())


def scrolling(desk: Desk) -> tuple[list[float], list[float]]:
    """Return the time of each turn of the event loop while the table is scrolled.

    The second: the processor's time in it, which other programs do not lengthen.
    """
    view, bar = desk.library.view, desk.library.view.verticalScrollBar()
    rng = np.random.default_rng(0)
    times: list[float] = []
    busy: list[float] = []
    places = np.concatenate(
        [
            np.linspace(0, 28 * STEPS, STEPS),  # by the wheel
            rng.integers(0, bar.maximum(), STEPS // 4),  # thrown about
            np.linspace(0, bar.maximum(), STEPS),  # dragged from end to end
        ]
    )
    for place in places.astype(int).tolist():
        began, worked = time.perf_counter(), time.thread_time()
        bar.setValue(place)
        view.viewport().repaint()
        desk.application.processEvents()
        busy.append(1000 * (time.thread_time() - worked))
        times.append(1000 * (time.perf_counter() - began))
        time.sleep(FRAME_MS / 1000 - min(FRAME_MS, times[-1]) / 1000)
    return times, busy


def all_rows(path: Path) -> dict[int, SampleRow]:
    """Return all samples of a project by their numbers."""
    with Project.open(path) as project:
        found = project.index.rows(project.index.ids(SampleQuery()))
    return {row.sample.id: row for row in found}


def named(row: SampleRow) -> str:
    """Return what a typed word is looked for in."""
    return f"{row.recording}\n{row.sample.group}\n{row.sample.label}".lower()


def check(ids: list[int], rows: dict[int, SampleRow], query: SampleQuery, sort: str) -> None:
    """End the bench if the list is not what was asked for; `sort` is the largest first."""
    some = data.scan(list(rows.values()), replace(query, words=""), set())
    words = query.words.lower().split()
    wanted = {row.sample.id for row in some if all(word in named(row) for word in words)}
    if len(ids) != len(wanted) or set(ids) != wanted:
        raise SystemExit(f"{query}: {len(ids)} listed, {len(wanted)} are right")
    values = [data.key(sort)(rows[number])[0] for number in ids] if sort else []
    if values != sorted(values, reverse=True):
        raise SystemExit(f"the list is not sorted by {sort}")


def measure(desk: Desk) -> dict[str, float]:
    """Return the figures, in ms: the median of some for each act."""
    library, found = desk.library, {}
    common.say("open")
    found["open"] = desk.listing(lambda: desk.session.open(desk.project))
    rows = all_rows(desk.project)
    largest = Qt.SortOrder.DescendingOrder
    acts: dict[str, list[tuple[Callable[[], object], SampleQuery, str]]] = {
        "filter by text": [
            (partial(library.text.setText, text), SampleQuery(words=text), "") for text in TEXTS
        ],
        "filter by a facet": [
            (partial(tick, library, label), SampleQuery(labels=(label,)), "") for label in LABELS
        ],
        "sort": [
            (partial(library.view.sortByColumn, at, largest), SampleQuery(), ORDERS[at])
            for at in SORTED
        ],
    }
    for name, some in acts.items():
        common.say(name)
        times = []
        for act, query, key in some:
            times.append(desk.listing(act))
            check(library.table.ids.tolist(), rows, query, key)
        found[name] = statistics.median(times)
        desk.library.show_all()
        desk.rest(1.0)
    common.say("scroll")
    times, busy = scrolling(desk)
    found["scroll, 99th percentile"] = float(np.percentile(times, 99))
    found["scroll, 99th percentile of work"] = float(np.percentile(busy, 99))
    found["scroll, longest"] = max(times)
    common.say("all chosen")
    library.view.selectAll()
    began = time.perf_counter()
    chosen = len(library.ids())
    found["numbers of all chosen"] = 1000 * (time.perf_counter() - began)
    if chosen != len(library.table.ids):
        raise SystemExit(f"{chosen} of {len(library.table.ids)} were chosen")
    return found


TEXTS = ("take 9", "speaker 7 word", "folder 1", "word 3 take")
LABELS = data.LABELS[:3]
SORTED = (0, 1, 3, 4, 5)


def tick(library: Any, label: str) -> None:
    """Choose one label among the filters, as a click on it does."""
    tree = library.tree
    for item in tree._items():
        wanted = item.text(0) == label
        item.setCheckState(0, Qt.CheckState.Checked if wanted else Qt.CheckState.Unchecked)


LIMITS = {
    "open": LIMIT_MS,
    "filter by text": LIMIT_MS,
    "filter by a facet": LIMIT_MS,
    "sort": LIMIT_MS,
    "scroll, 99th percentile": FRAME_MS,
}


def main() -> int:
    """Measure, print, and fail if a limit is passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    application = QApplication(sys.argv[:1])
    theme.apply(application, theme.load("light"))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TINYML_STUDIO_HOME"] = str(Path(folder, "home"))
        common.say(f"{args.samples} samples")
        data.build(Path(folder, "many"), args.samples)
        desk = Desk(application, Path(folder, "many"))
        found = measure(desk)
        desk.session.close()
        desk.page.close()
    gates = [
        common.gate(name, found[name], limit, "ms", "lower") for name, limit in LIMITS.items()
    ]
    result = {"samples": args.samples, "ms": found, "gates": gates}
    common.finish(result, as_json=args.json)
    return 0 if all(row["holds"] for row in gates) else 1


if __name__ == "__main__":
    sys.exit(main())
