"""What the budget is made of, on a card under its chip: each resource with its parts."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QPoint, QRect, Signal
from PySide6.QtWidgets import QPushButton, QWidget

from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.budget_bars import BudgetBars
from studio.gui.widgets.card import Card

WIDTH = 520


class BudgetCard(Card):
    """Bars of RAM, flash and time; the arrow keys go through the parts of one.

    Signals
    -------
    deploy_wanted : ()
        The page that can build for the board is to be shown.
    """

    deploy_wanted = Signal()

    def __init__(self, host: QWidget, theme: Theme) -> None:
        self.bars = BudgetBars(theme)
        super().__init__(host, tr("What the pipeline takes of its board"), theme)
        self.deploy = QPushButton(tr("Go to Deploy"))
        self.deploy.setToolTip(tr("Build for the board, and see what would save some (Ctrl+7)"))
        self.deploy.clicked.connect(self._leave)
        self.right = 0
        """Where the chip ends: the card ends there too."""
        self.box.addWidget(self.bars)
        self.box.addWidget(self.deploy)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours and sizes."""
        super().set_theme(theme)
        self.bars.set_theme(theme)

    def show_budget(self, budget: Mapping[str, Any]) -> None:
        """Show these figures."""
        self.bars.show_budget(budget, None)

    def _leave(self) -> None:
        self.put_away()
        self.deploy_wanted.emit()

    def place(self, room: QRect) -> QRect:
        """Return where it lies: under the chip."""
        width = min(WIDTH, room.width())
        layout = self.layout()
        tall = layout.totalHeightForWidth(width) if layout else self.sizeHint().height()
        left = max(room.left(), min(self.right, room.right() + 1) - width)
        return QRect(QPoint(left, room.top()), QPoint(left + width, room.top() + tall))
