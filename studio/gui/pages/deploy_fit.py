"""Does it fit? Bars of RAM, flash and time, and what would save some."""

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QPushButton

from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.budget_bars import BudgetBars
from studio.gui.widgets.panel import Panel, words

WAYS = 2


class FitPanel(Panel):
    """Three bars; under them the part that is looked at, or ways to save.

    Signals
    -------
    way_chosen : (object)
        A remedy, as of `studio.services.deploy_boards.remedies`.
    """

    way_chosen = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__(tr("Does it fit?"))
        self.budget = BudgetBars(theme)
        self.box.addWidget(self.budget)
        self._grid = QGridLayout()
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(0, 1)
        self._lines = [(words(wrap=True), QPushButton()) for _ in range(WAYS)]
        self._rows: list[dict[str, Any]] = []
        for place, (label, button) in enumerate(self._lines):
            button.clicked.connect(lambda _=False, at=place: self._choose(at))
            self._grid.addWidget(label, place, 0)
            self._grid.addWidget(button, place, 1)
        self.box.addLayout(self._grid)
        self.box.addStretch(1)
        self.show_ways([])

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self.budget.set_theme(theme)

    def show_ways(self, rows: list[dict[str, Any]]) -> None:
        """Show what would save some, with the gain."""
        self._rows = rows[:WAYS]
        for place, (label, button) in enumerate(self._lines):
            there = place < len(self._rows)
            label.setVisible(there)
            button.setVisible(there)
            if there:
                row = self._rows[place]
                label.setText(f"{tr(row['text'])}: {_gain(row)}")
                button.setText(tr("Do it") if row["settings"] else tr("Use it"))
                button.setAccessibleName(tr("Do it: {what}", what=row["text"]))

    def _choose(self, place: int) -> None:
        self.way_chosen.emit(self._rows[place])


def _gain(row: dict[str, Any]) -> str:
    about = "~" if row["about"] else ""
    parts = []
    for key, name in (("ram_bytes", tr("RAM")), ("flash_bytes", tr("flash"))):
        if row[key] >= 64:
            parts.append(f"{about}{row[key] / 1024:.1f} KiB {name}")
    if row["ms"] >= 0.05:
        parts.append(f"{about}{row['ms']:.1f} ms")
    return tr("saves {what}", what=", ".join(parts))
