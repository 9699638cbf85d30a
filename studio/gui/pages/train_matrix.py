"""Who a run takes for whom, in the windows that validate it; behind each cell are its windows."""

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.gui.pages.test_windows import WindowList, open_in_data, read_pictures, row_of
from studio.gui.session import Session
from studio.gui.texts import counted, tr
from studio.gui.theme import Theme
from studio.gui.widgets.matrix import ConfusionMatrix
from studio.gui.widgets.panel import words

if TYPE_CHECKING:
    from studio.services.judged import Judged

PLACE = "Train"
MOST_ROWS = 1000


class MatrixView(QWidget):
    """The matrix of the run that is shown; under it the windows of the chosen cells."""

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__()
        self._session = session
        self._run, self._what = "", ""
        self._judged: Judged | None = None
        self.matrix = ConfusionMatrix(theme)
        self.said = words("", "hint", wrap=True)
        self.list = WindowList(theme)
        self.list.setMinimumHeight(96)
        self.matrix.chosen.connect(self._choose)
        self.matrix.opened.connect(self._go_to_list)
        self.list.opened.connect(self._open)
        self.list.wanting.connect(self._draw_pictures)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.matrix, 3)
        column.addWidget(self.said)
        column.addWidget(self.list, 2)
        self.show_report(None)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self.matrix.set_theme(theme)
        self.list.set_theme(theme)

    def show_report(self, report: dict[str, Any] | None) -> None:
        """Show the matrix of a run, as `train` reported it; None: of none."""
        run = str(report["run"]) if report else ""
        if run != self._run:
            self._run, self._judged, self.matrix.cells = run, None, []
            self.list.table.pictures.clear()
        if report:
            self.matrix.show_counts(report["classes"], report["int8"]["confusion"])
            learned = tr("It learned from these windows: there are none that validate.")
            self._what = learned if report["split"] == "train" else ""
        else:
            self.matrix.show_counts([], [])
        if not self.matrix.cells:
            self._show_none()

    def _show_none(self) -> None:
        self.list.hide()
        hint = tr("Choose a cell to see its windows: click, or arrows and Enter.")
        self.said.setText(f"{self._what} {hint}".strip())
        self.said.setVisible(bool(self._run))

    def _choose(self) -> None:
        """List the windows of the chosen cells."""
        path, run = self._session.project, self._run
        if not self.matrix.cells:
            self._show_none()
        elif self._judged is not None:
            self._list(self._judged)
        elif path is not None and run:

            def read() -> "Judged":
                from studio.services import judged, verdicts  # noqa: F401 - for the window's thread

                return judged.of_training(path, run)

            def show(found: "Judged") -> None:
                if run == self._run:
                    self._judged = found
                    self._list(found)

            self._session.read("train windows", read, show, place=PLACE)

    def _list(self, judged: "Judged") -> None:
        from studio.services import verdicts

        if judged.windows is None:
            self.list.hide()
            self.said.setText(
                tr("This run is of an older version, which kept no windows. Train again.")
            )
            return
        made = verdicts.verdicts(judged.windows, judged.report["classes"])
        chosen = np.zeros(len(made.truth), bool)
        for row, column in self.matrix.cells:
            chosen |= (made.truth == row) & (made.decided == column)
        found = np.flatnonzero(chosen)
        found = found[np.argsort(-made.confidence[found], kind="stable")]
        of = tr("of {n} chosen cells", n=len(self.matrix.cells))
        if len(self.matrix.cells) == 1:
            of = self.matrix.sentence(self.matrix.cells[0])
        text = counted(len(found), "{n} window", "{n} windows")
        hint = tr("Enter opens one in Data.") if len(found) else ""
        self.said.setText(f"{text}: {of} {hint}".strip())
        rows = [row_of(judged, made, int(number)) for number in found[:MOST_ROWS]]
        self.list.show_rows(rows, made.labels)
        self.list.setVisible(bool(rows))

    def _go_to_list(self) -> None:
        if self.list.isVisible():
            self.list.setFocus()

    def _open(self) -> None:
        if self.list.row is not None and self._judged is not None:
            open_in_data(self._session, self.list.row.place, self._judged.length, page=PLACE)

    def _draw_pictures(self, places: list[tuple[int, int]]) -> None:
        read_pictures(self._session, self._judged, places, self.list.table, page=PLACE)
