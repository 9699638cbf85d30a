"""The board that a pipeline is for, and how much of it is used."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QVBoxLayout

from studio.gui.pages.pipeline_cards import HEIGHT
from studio.gui.texts import tr
from studio.gui.widgets.panel import set_role, words

if TYPE_CHECKING:
    from studio.services.pipeline import Choice

WIDTH = 320
TIGHT = 0.95


class BoardPanel(QFrame):
    """Chooser of the board, with RAM, flash and time under it.

    Signals
    -------
    chosen : (str)
        Id of another board.
    """

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setFixedSize(WIDTH, HEIGHT)
        self.board = QComboBox()
        self.board.setAccessibleName(tr("Board"))
        self.board.setToolTip(tr("Which board the costs are for"))
        self.board.setPlaceholderText(tr("choose a board"))
        self.board.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.board.activated.connect(self._choose)
        self.ram, self.flash, self.time = words(), words(), words()
        row = QHBoxLayout()
        row.setSpacing(12)
        for label in (self.ram, self.flash, self.time):
            row.addWidget(label)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(4)
        column.addWidget(self.board)
        column.addLayout(row)

    def show_nothing(self) -> None:
        """Show that nothing is known."""
        self.board.clear()
        self.board.setEnabled(False)
        for label in (self.ram, self.flash, self.time):
            label.setText("")

    def show_boards(self, boards: "Sequence[Choice]") -> None:
        """Offer these boards."""
        self.board.setEnabled(True)
        if [self.board.itemData(i) for i in range(self.board.count())] == [b.id for b in boards]:
            return
        self.board.clear()
        for one in boards:
            self.board.addItem(one.title, one.id)

    def show_budget(
        self,
        board: str,
        budget: Mapping[str, Any] | None,
        before: Mapping[str, Any] | None,
    ) -> None:
        """Show what is used of a board; what was used `before` the pending change as well."""
        self.board.setCurrentIndex(self.board.findData(board))
        if budget is None or not budget["ram"]["limit_bytes"]:
            self.ram.setText(tr("The cost is not known yet.") if board else "")
            self.flash.setText("")
            self.time.setText("")
            return
        for label, name, key in (
            (self.ram, tr("RAM"), "ram"),
            (self.flash, tr("Flash"), "flash"),
        ):
            self._share(label, name, budget[key], before[key] if before else None)
        row = budget["latency"]
        about = "~" if row["estimated"] else ""
        self.time.setText(
            tr(
                "{used} of {limit} ms",
                used=f"{about}{row['used_ms']:.3g}",
                limit=f"{row['limit_ms']:g}",
            )
        )
        _tell(self.time, row["used_ms"] / row["limit_ms"])
        for label in (self.ram, self.flash, self.time):
            label.setToolTip(tr(budget["source"]))

    def _share(
        self, label: QLabel, name: str, row: Mapping[str, Any], before: Mapping[str, Any] | None
    ) -> None:
        share = row["used_bytes"] / row["limit_bytes"]
        about = "~" if row["estimated"] else ""
        text = f"{name} {about}{_percent(share)}"
        if before is not None and before["limit_bytes"]:
            old = _percent(before["used_bytes"] / before["limit_bytes"])
            if old != _percent(share):
                text = f"{name} {old.removesuffix(' %')} > {about}{_percent(share)}"
        label.setText(text)
        _tell(label, share)

    def _choose(self, place: int) -> None:
        self.chosen.emit(str(self.board.itemData(place)))


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.01 or not share else "<1 %"


def _tell(label: QLabel, share: float) -> None:
    """Give a figure the look of tight or too much, with a sign for both."""
    sign = " ✕" if share > 1 else " ▲" if share > TIGHT else ""
    label.setText(label.text() + sign)
    set_role(label, "problem" if share > 1 else "advice" if share > TIGHT else "hint")
