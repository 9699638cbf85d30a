"""The board that a pipeline is for, and how much of it is used."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QVBoxLayout

from studio.gui.pages.pipeline_cards import HEIGHT
from studio.gui.texts import tr
from studio.gui.widgets.budget_chip import shares
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
        self.setFixedWidth(WIDTH)
        self.setMinimumHeight(HEIGHT)
        self.board = QComboBox()
        self.board.setAccessibleName(tr("Board"))
        self.board.setToolTip(tr("Which board the costs are for"))
        self.board.setPlaceholderText(tr("choose a board"))
        self.board.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.board.activated.connect(self._choose)
        self.ram, self.flash, self.time = words("", "hint"), words("", "hint"), words("", "hint")
        row = QHBoxLayout()
        row.setSpacing(16)
        for label in (self.ram, self.flash):
            row.addWidget(label)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(2)
        column.addWidget(self.board)
        column.addLayout(row)
        column.addWidget(self.time)

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
        labels = (self.ram, self.flash, self.time)
        for label, one in zip(labels, shares(budget, before), strict=True):
            sign = "✕" if one.share > 1 else "▲" if one.share > TIGHT else ""
            label.setText(f"{one.text} {sign}".strip())
            label.setToolTip(f"{one.details}\n{tr(budget['source'])}")
            kind = "problem" if one.share > 1 else "advice" if one.share > TIGHT else "hint"
            set_role(label, kind)

    def _choose(self, place: int) -> None:
        self.chosen.emit(str(self.board.itemData(place)))
