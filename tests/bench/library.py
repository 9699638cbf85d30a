"""The library of samples in a real window: opening, filtering, sorting, scrolling very many.

Measured is what a person waits for: from the act until the table shows the right rows, painted.
While one scrolls, sixty steps a second, each turn of the event loop is timed, and how long the
table has blank rows on show: a table of blank rows is quick and useless.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import common
import data
import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from studio.gui import app, theme
from studio.gui.pages.data import DataPage
from studio.gui.pages.sample_table import ORDERS
from studio.gui.session import Session
from studio.project import Project, SampleQuery, SampleRow

LIMIT_MS = 150.0
FRAME_MS = 16.7
FILLED_MS = 2 * FRAME_MS
FILLED_SHARE = 0.95
"""Of the steps have all their rows before the next frame."""
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
        while "prepare" not in ready:
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
        """Whether all rows that are in view are known; to look does not ask for them."""
        table, view = self.library.table, self.library.view
        last = view.rowAt(view.viewport().height() - 1)
        shown = table.ids[view.top() : last + 1 if last >= 0 else None].tolist()
        return bool(shown) and all(number in table._known for number in shown)

    def listing(self, act: Callable[[], object]) -> float:
        """Return how long an act takes until another list is shown."""
        before = self.library.table.ids
        return self.ms(act, lambda: self.library.table.ids is not before and self.seen())


@dataclass
class Scrolled:
    """What scrolling took, in ms for each step."""

    turns: list[float] = field(default_factory=list)
    """The longest turn of the event loop before the next step."""
    work: list[float] = field(default_factory=list)
    """The processor's time in all of them, which other programs do not lengthen."""
    filled: list[float] = field(default_factory=list)
    """Until the table was on show without a blank row."""

    def figures(self) -> dict[str, float]:
        """Return what is printed and judged."""
        in_time = np.array(self.filled) <= FRAME_MS
        return {
            "scroll, 99th percentile": float(np.percentile(self.turns, 99)),
            "scroll, 99th percentile of work": float(np.percentile(self.work, 99)),
            "scroll, longest": max(self.turns),
            "scroll, rows filled, 99th percentile": float(np.percentile(self.filled, 99)),
            FILLED: float(in_time.mean()),
        }


def places(most: int) -> list[int]:
    """Return where the table is scrolled to, step by step."""
    rng = np.random.default_rng(0)
    parts = [
        np.linspace(0, 28 * STEPS, STEPS),  # by the wheel
        rng.integers(0, most, STEPS // 4),  # thrown about
        np.linspace(0, most, STEPS),  # dragged from end to end
    ]
    found: list[int] = np.concatenate(parts).astype(int).tolist()
    return found


def scrolling(desk: Desk) -> Scrolled:
    """Scroll, a step in each frame, whether its rows are there or not."""
    bar, found = desk.library.view.verticalScrollBar(), Scrolled()
    blank: list[float] = []
    """When the steps began whose rows are still missing."""
    for place in places(bar.maximum()):
        began = time.perf_counter()
        blank.append(began)
        acts: list[Callable[[], object]] = [partial(bar.setValue, place)]
        acts.append(desk.library.view.viewport().repaint)
        found.turns.append(0.0)
        found.work.append(0.0)
        while True:
            turn(desk, acts, found)
            acts = []
            now = time.perf_counter()
            if blank and desk.seen():
                found.filled += [1000 * (now - one) for one in blank]
                blank = []
            if 1000 * (now - began) >= FRAME_MS:
                break
            time.sleep(0.001)
    if blank:
        desk.ms(lambda: None, desk.seen)
        found.filled += [1000 * (time.perf_counter() - one) for one in blank]
    return found


def turn(desk: Desk, acts: list[Callable[[], object]], found: Scrolled) -> None:
    """Let the event loop turn once after some acts, and note what it took."""
    began, worked = time.perf_counter(), time.thread_time()
    for act in acts:
        act()
    desk.application.processEvents()
    found.work[-1] += 1000 * (time.thread_time() - worked)
    found.turns[-1] = max(found.turns[-1], 1000 * (time.perf_counter() - began))


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
    found |= scrolling(desk).figures()
    common.say("all chosen")
    library.view.selectAll()
    began = time.perf_counter()
    chosen = len(library.ids())
    found["numbers of all chosen"] = 1000 * (time.perf_counter() - began)
    if chosen != len(library.table.ids):
        raise SystemExit(f"{chosen} of {len(library.table.ids)} were chosen")
    return found


FILLED = "scroll, steps whose rows are filled within a frame"
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
    "scroll, rows filled, 99th percentile": FILLED_MS,
}


def main() -> int:
    """Measure, print, and fail if a limit is passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    sys.setswitchinterval(app.SWITCH_S)
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
    gates.append(common.gate(FILLED, found[FILLED], FILLED_SHARE, "of all", "higher"))
    result = {"samples": args.samples, "ms": found, "gates": gates}
    common.finish(result, as_json=args.json)
    return 0 if all(row["holds"] for row in gates) else 1


if __name__ == "__main__":
    sys.exit(main())
