"""The panel of the runs: the table, what can be done with one, the question before Delete."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QStackedWidget

from studio.gui.pages.train_runs import RunList
from studio.gui.session import Session
from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.panel import Panel, words

PLACE = "Train"


class RunsPanel(Panel):
    """All runs.

    Signals
    -------
    picked : (str)
        A run is to be shown.
    compared : (list)
        Two runs are to be compared.
    changed : ()
        A note, a pin or a run less: read afresh.
    """

    picked = Signal(str)
    compared = Signal(list)
    changed = Signal()

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__(tr("Runs"))
        self._session = session
        self._newest = True
        self._deleting = ""
        self.list = RunList(theme)
        self.empty = words("", wrap=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.damaged = words("", "problem", wrap=True)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.list)
        top = QHBoxLayout()
        top.setSpacing(8)
        self.box.removeWidget(self.heading)
        top.addWidget(self.heading, 1)
        self.buttons = self._buttons()
        for button in self.buttons:
            top.addWidget(button)
        self.box.addLayout(top)
        self.box.addWidget(self._question())
        self.box.addWidget(self.damaged)
        self.box.addWidget(self.stack, 1)
        self.list.picked.connect(self._pick)
        self.list.table.noted.connect(self._note)
        self.list.table.ticked_changed.connect(self._show_buttons)
        self.show_runs(None, "")

    def _buttons(self) -> tuple[QPushButton, ...]:
        rows: tuple[tuple[str, str, Callable[[], None]], ...] = (
            (tr("Compare"), tr("Show in what the two ticked runs differ (C)"), self.compare),
            (tr("Pin"), tr("Keep the chosen run on top, or not (P)"), self.pin),
            (tr("Note"), tr("Write a note on the chosen run (F2)"), self.list.write_note),
            (tr("Delete"), tr("Delete the chosen run with its model (Del)"), self.ask_delete),
        )
        made = []
        for name, tip, act in rows:
            button = QPushButton(name)
            button.setProperty("role", "quiet")
            button.setToolTip(tip)
            button.clicked.connect(lambda _=False, act=act: act())
            made.append(button)
        return tuple(made)

    def _question(self) -> QFrame:
        """Return what stands between a person and a deleted run."""
        self.question = QFrame()
        self.question.setObjectName("notice")
        self.question.setProperty("role", "advice")
        self.asked = words("", wrap=True)
        self.sure = QPushButton(tr("Delete run"))
        self.sure.setProperty("role", "danger")
        self.sure.clicked.connect(self._delete)
        self.keep = QPushButton(tr("Keep it"))
        self.keep.clicked.connect(self._end_question)
        row = QHBoxLayout(self.question)
        row.setContentsMargins(12, 4, 12, 4)
        row.addWidget(self.asked, 1)
        row.addWidget(self.sure)
        row.addWidget(self.keep)
        self.question.hide()
        return self.question

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self.list.set_theme(theme)

    @property
    def ticked(self) -> list[str]:
        """The runs to compare, oldest first."""
        order = {row["run"]: row["number"] for row in self.list.table.rows}
        return sorted(self.list.table.ticked, key=lambda run: order[run])

    def forget_choice(self) -> None:
        """Choose the newest run when the runs are shown next."""
        self._newest = True

    def show_runs(self, found: dict[str, Any] | None, why_not: str) -> None:
        """Show all runs; without any, why, or what to do."""
        rows = found["runs"] if found else []
        damaged = found["damaged"] if found else []
        self.heading.setText(
            tr("Runs: tick two to compare (Space)") if len(rows) > 1 else tr("Runs")
        )
        self.empty.setText(
            why_not or tr("No runs yet. Press Train: it takes about a minute on this computer.")
        )
        self.stack.setCurrentIndex(1 if rows else 0)
        self.list.show_rows(rows, newest=self._newest)
        self._newest = self._newest and not rows
        self.damaged.setText(" ".join(row["message"] for row in damaged))
        self.damaged.setVisible(bool(damaged))
        self._end_question()
        self._show_buttons()

    def _show_buttons(self) -> None:
        compare, *others = self.buttons
        rows = bool(self.list.table.rows)
        compare.setEnabled(len(self.list.table.ticked) == 2)
        for button in self.buttons:
            button.setVisible(rows)
        if self.list.row is not None:
            pinned = self.list.row["pinned"]
            others[0].setText(tr("Unpin") if pinned else tr("Pin"))

    def _pick(self, run: str) -> None:
        self._end_question()
        self._show_buttons()
        self.picked.emit(run)

    def compare(self) -> None:
        """Compare the two ticked runs."""
        if len(self.ticked) == 2:
            self.compared.emit(self.ticked)

    def pin(self) -> None:
        """Keep the chosen run on top, or not any more."""
        if self.list.row is not None:
            self._describe(self.list.row["run"], pinned=not self.list.row["pinned"])

    def _note(self, run: str, note: str) -> None:
        self._describe(run, note=note)

    def _describe(self, run: str, **about: Any) -> None:
        path = self._session.project
        if path is None:
            return

        def write() -> Any:
            from studio.services import compare_runs

            return compare_runs.describe(path, run, **about)

        self._session.read("", write, lambda _: self.changed.emit(), place=PLACE)

    def ask_delete(self) -> None:
        """Ask, in place, before the chosen run is deleted."""
        row = self.list.row
        if row is None:
            return
        self._deleting = row["run"]
        self.asked.setText(
            tr(
                "Delete run {number} with its model and its test? This cannot be taken back.",
                number=row["number"],
            )
        )
        self.question.show()
        self.keep.setFocus()

    def _end_question(self) -> None:
        if not self.question.isHidden():
            self.question.hide()
            self.list.setFocus()
        self._deleting = ""

    def _delete(self) -> None:
        path, run = self._session.project, self._deleting
        self._end_question()
        if path is None or not run:
            return

        def write() -> Any:
            from studio.services import compare_runs

            return compare_runs.delete(path, run)

        self._newest = True
        self._session.read("", write, lambda _: self.changed.emit(), place=PLACE)
