"""Looking at windows one by one: the list, the chosen one, its recording's timeline, its label."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout

from studio.gui.pages.test_alike import Alike
from studio.gui.pages.test_recording import RecordingPanel
from studio.gui.pages.test_window import WindowPanels
from studio.gui.pages.test_windows import Row, WindowList, open_in_data, read_pictures, row_of
from studio.gui.session import Session
from studio.gui.texts import counted, grouped, tr
from studio.gui.theme import Theme
from studio.gui.widgets.panel import Panel, words

if TYPE_CHECKING:
    from studio.services.judged import Judged
    from studio.services.verdicts import Verdicts

PLACE = "Test"
LIST_HEIGHT = 204
"""The least height of the list."""
MOST_ROWS = 1000
Choose = Callable[["Verdicts"], Any]


class Looker(QObject):
    """Owns the three panels at the right and below, and keeps them in step.

    Signals
    -------
    relabelled : ()
        A label was changed, or a sample excluded: the test is out of date.
    """

    relabelled = Signal()

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__()
        self._session = session
        self._judged: Judged | None = None
        self._verdicts: Verdicts | None = None
        self._what = ""
        self._choose: Choose = _wrong
        self._kind, self._threshold = "int8", 0.0
        self._done: dict[int, str] = {}
        self.list = WindowList(theme)
        self.panels = WindowPanels(theme)
        self.listed = self._list_panel()
        self.timed = RecordingPanel(session, theme)
        self.list.picked.connect(lambda _: self._pick())
        self.list.opened.connect(self.open_in_data)
        self.list.wanting.connect(self._draw_pictures)
        self.alike = Alike(session, self.panels)
        self.panels.wanted.connect(self.open_alike)
        self.timed.picked.connect(self._go_to)
        self.timed.wanted.connect(self.show_recording)

    def _list_panel(self) -> Panel:
        panel = Panel(tr("Windows"))
        self.sort = QComboBox()
        self.sort.addItems([tr("surest first"), tr("least sure first"), tr("in order")])
        self.sort.setAccessibleName(tr("Order of the windows"))
        self.sort.activated.connect(lambda _: self._list())
        top = QHBoxLayout()
        panel.box.removeWidget(panel.heading)
        top.addWidget(panel.heading, 1)
        top.addWidget(self.sort)
        panel.box.addLayout(top)
        panel.box.addWidget(self.list, 1)
        keys = tr("J K move · 1-9 relabel · X exclude · Enter open in Data · Ctrl+Z take back")
        panel.box.addWidget(words(keys, "hint", wrap=True))
        panel.setMinimumHeight(LIST_HEIGHT)
        return panel

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        for widget in (self.list, self.panels, self.timed):
            widget.set_theme(theme)

    # -- what is listed --------------------------------------------------------------------------

    @property
    def recording_ids(self) -> list[int]:
        """The recording of each window."""
        windows = self._judged.windows if self._judged else None
        return [] if windows is None else windows.recording_id.tolist()

    def open(self, judged: "Judged") -> None:
        """Look at another test."""
        self._judged, self._verdicts = judged, None
        self.alike.begin(judged.report["classes"])
        self.forget()
        self.list.table.pictures.clear()

    def forget(self) -> None:
        """Forget what was done with the windows: it was taken back, or they were tested again."""
        self._done = {}

    def judge(self, made: "Verdicts", kind: str, threshold: float) -> None:
        """Take over other decisions; the choice stays."""
        self._verdicts, self._kind, self._threshold = made, kind, threshold
        if self._judged is not None:
            self.timed.judge(self._judged, made)
        self._list()

    def list_wrong(self) -> None:
        """List what was decided wrong or not at all."""
        self.list_where(tr("decided wrong or unsure"), _wrong)

    def list_where(self, what: str, choose: Choose) -> None:
        """List the windows that `choose` picks, described by `what`."""
        self._what, self._choose = what, choose
        self._list()

    def sort_by(self, place: int) -> None:
        """Choose an order by its place in the box."""
        self.sort.setCurrentIndex(place)
        self._list()

    def _list(self) -> None:
        made = self._verdicts
        if made is None or self._judged is None:
            return
        found = np.flatnonzero(np.asarray(self._choose(made), dtype=bool))
        if self.sort.currentIndex() < 2:
            way = -1 if self.sort.currentIndex() == 0 else 1
            found = found[np.argsort(way * made.confidence[found], kind="stable")]
        text = counted(len(found), "{n} window", "{n} windows")
        if len(found) > MOST_ROWS:
            text += " " + tr("(the first {n} are listed)", n=grouped(MOST_ROWS))
        self.listed.heading.setText(f"{text}: {self._what}")
        numbers = [int(number) for number in found[:MOST_ROWS]]
        done = self._done
        rows = [row_of(self._judged, made, one, done=done.get(one, "")) for one in numbers]
        keep = self.list.row.window if self.list.row else -1
        self.list.show_rows(rows, made.labels, keep=keep)

    def _draw_pictures(self, places: list[tuple[int, int]]) -> None:
        read_pictures(self._session, self._judged, places, self.list.table, page=PLACE)

    # -- the chosen window -----------------------------------------------------------------------

    def _pick(self) -> None:
        row, path, judged = self.list.row, self._session.project, self._judged
        self.alike.find(row.place if row else None)
        if row is None or path is None or judged is None or judged.windows is None:
            self.panels.show_window("", None)
            self.panels.show_scores([], [], 0.0, "", "")
            return
        self._show_scores(row)
        name = f"{row.name} @ {row.seconds:.2f} s"
        if row.place[0] not in judged.recordings:
            self.panels.show_window(tr("{name}: it was deleted", name=name), None)
            return
        place, length = row.place, judged.length

        def read() -> Any:
            from studio.services import judged

            return judged.window(path, place[0], place[1], length)

        def show(shown: Any) -> None:
            if self.list.row is not None and self.list.row.place == place:
                self.panels.show_window(name, shown)

        self.panels.wait()
        self._session.read("test window", read, show, place=PLACE)
        rows = self.list.table.rows
        self.timed.choose(row.window, [one.window for one in rows if one.place[0] == place[0]])
        self.timed.show_recording(place[0])

    def _show_scores(self, row: Row) -> None:
        judged, made = self._judged, self._verdicts
        if judged is None or judged.windows is None or made is None:
            return
        windows, labels = judged.windows, list(made.labels)
        by_float = windows.float_scores[row.window]
        scores = by_float if self._kind == "float" else windows.int8[row.window]
        said = row.said or tr("unsure")
        verdict = tr("said {said}; true is {true}", said=said, true=row.true)
        other = tr(
            "float said {label} ({score})",
            label=labels[int(np.argmax(by_float))],
            score=f"{by_float.max():.2f}",
        )
        board = int(windows.board[row.window])
        if board >= 0:
            other += " · " + tr("board said {label}", label=labels[board])
        self.panels.show_scores(
            labels, [float(score) for score in scores], self._threshold, verdict, other
        )

    def _go_to(self, window: int) -> None:
        """Show a window of the timeline: in the list if it is there, else in a list of its own."""
        rows = self.list.table.rows
        at = next((place for place, row in enumerate(rows) if row.window == window), -1)
        if at >= 0:
            self.list.setCurrentIndex(self.list.table.index(at, 1))
            return
        self.show_recording(self.timed.number)
        for place, row in enumerate(self.list.table.rows):
            if row.window == window:
                self.list.setCurrentIndex(self.list.table.index(place, 1))

    def show_recording(self, number: int) -> None:
        """List all windows of a recording in order."""
        judged = self._judged
        if judged is None:
            return
        chosen = np.asarray(self.recording_ids) == number
        self.sort.setCurrentIndex(2)
        self.list_where(judged.recordings[number].name, lambda _: chosen)

    # -- putting labels right --------------------------------------------------------------------

    def relabel(self, label: str) -> None:
        """Give what the chosen window shows another label."""
        self._change(label, tr("now {label}", label=label))

    def exclude(self) -> None:
        """Leave what the chosen window shows out of training and testing."""
        self._change(None, tr("excluded"))

    def _change(self, label: str | None, done: str) -> None:
        row, path = self.list.row, self._session.project
        if row is None or path is None:
            return
        if label == row.true and not row.done:
            self._session.say(tr("This window has the label {label} already.", label=label))
            return
        place = row.place

        def write() -> Any:
            from studio.services import judged

            if label is None:
                return judged.exclude(path, *place)
            return judged.relabel(path, *place, label)

        def told(result: dict[str, Any]) -> None:
            self._done[row.window] = done
            self._session.say(tr("{did} (Ctrl+Z: back)", did=result["did"]))
            self.timed.forget()
            self._list()
            self.list.step(1)
            self.relabelled.emit()

        self._session.read("", write, told, place=PLACE)

    def open_in_data(self) -> None:
        """Show the chosen window's sample on the Data page."""
        if self.list.row is not None:
            self._open(self.list.row.place)

    def open_alike(self, place: int = 0) -> None:
        """Show one of the training windows that look alike on the Data page."""
        if place < len(self.alike.found):
            near = self.alike.found[place]
            self._open((near.recording_id, near.start))

    def _open(self, place: tuple[int, int]) -> None:
        if self._judged is not None:
            open_in_data(self._session, place, self._judged.length, page=PLACE)


def _wrong(made: "Verdicts") -> Any:
    return ~made.right
