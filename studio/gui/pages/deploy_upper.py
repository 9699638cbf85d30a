"""The three panels at the top of the Deploy page, side by side or in two rows."""

from collections.abc import Iterator

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from studio.gui.pages.deploy_fit import FitPanel
from studio.gui.pages.deploy_side import ChecksPanel, MakePanel
from studio.gui.theme import Theme

LEFT, MIDDLE, SIDE = 304, 440, 288
"""Widths at a text size of 100 %; of the middle one the least."""
GAP, PANELS = 16, 3
MOST = 16777215
"""A width that is no limit."""


class Upper(QWidget):
    """Lays out what to make, whether it fits, and what a build needs."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GAP)
        self._grid.setColumnStretch(1, 1)

    def build(self) -> Iterator[None]:
        """Make the panels, one after the other."""
        self.make = MakePanel()
        self._grid.addWidget(self.make, 0, 0)
        yield
        self.fit = FitPanel(self._theme)
        self._grid.addWidget(self.fit, 0, 1)
        yield
        self.checks = ChecksPanel()
        self._arrange()
        yield

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours and text size."""
        self._theme = theme
        self.fit.set_theme(theme)
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the checks below where three columns have no room."""
        super().resizeEvent(event)
        if self._grid.count() == PANELS:
            self._arrange()

    def _px(self, size: int) -> int:
        return round(size * self._theme.percent / 100)

    def _arrange(self) -> None:
        beside = self.width() >= self._px(LEFT + MIDDLE + SIDE) + 2 * GAP
        self.make.setFixedWidth(self._px(LEFT))
        self.checks.setMinimumWidth(self._px(SIDE) if beside else 0)
        self.checks.setMaximumWidth(self._px(SIDE) if beside else MOST)
        place = (0, 2, 1, 1) if beside else (1, 0, 1, 2)
        at = self._grid.indexOf(self.checks)
        if at < 0 or self._grid.getItemPosition(at) != place:
            self._grid.addWidget(self.checks, *place)
            self.checks.show_columns(1 if beside else 2)
