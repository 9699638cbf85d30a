"""The panels at the right of the library with the buttons that open them."""

import importlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QPushButton, QStackedWidget, QWidget

from studio.gui.icons import icon
from studio.gui.pages.data_side import WIDTH, SidePanel
from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.panel import inset_numbers

if TYPE_CHECKING:
    from studio.gui.pages.data_library import Library

NEXT_MS = 10
"""Between two panels that are made in advance, the window does what else there is."""
AT_ONCE = 20
"""Widgets that get their style in one go."""


@dataclass(frozen=True, slots=True)
class Side:
    """One panel at the right: its words, icon, key, and where it is made."""

    name: str
    icon: str
    keys: str
    module: str
    kind: str


SIDES = (
    Side("Edit", "ph.pencil-simple", "Ctrl+E", "data_edit", "EditPanel"),
    Side("Import", "ph.download-simple", "Ctrl+I", "data_import", "ImportPanel"),
    Side("Export", "ph.export", "Ctrl+Shift+X", "data_export", "ExportPanel"),
    Side("Quality", "ph.heartbeat", "Ctrl+Shift+Q", "data_quality", "QualityPanel"),
    Side("Splits", "ph.chart-pie-slice", "Ctrl+Shift+S", "data_splits", "SplitsPanel"),
    Side("Snapshots", "ph.camera", "Ctrl+Shift+N", "data_snapshots", "SnapshotsPanel"),
)


class Sides(QStackedWidget):
    """Makes and shows the panels, one at a time.

    Signals
    -------
    pressed : (str)
        A panel's button was pressed, or with an empty name: a panel is to be put away.
    changed : ()
        What the page's primary button does is another thing.
    """

    pressed = Signal(str)
    changed = Signal()

    def __init__(self, library: "Library", theme: Theme) -> None:
        super().__init__()
        self._library, self._theme = library, theme
        self.panels: dict[str, SidePanel] = {}
        self.buttons = {side.name: self._button(side) for side in SIDES}
        self._due: deque[Callable[[], object]] = deque()
        self._maker = QTimer(self, interval=NEXT_MS)
        self._maker.timeout.connect(self._make_next)
        self.setFixedWidth(WIDTH)
        self.hide()

    def _button(self, side: Side) -> QPushButton:
        made = QPushButton(icon(side.icon, self._theme["text_2"]), tr(side.name))
        made.setProperty("role", "quiet")
        made.setCheckable(True)
        made.setToolTip(f"{tr(side.name)} ({side.keys})")
        made.clicked.connect(lambda: self.pressed.emit(side.name))
        return made

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self._theme = theme
        for side in SIDES:
            self.buttons[side.name].setIcon(icon(side.icon, theme["text_2"]))
        for panel in self.panels.values():
            panel.set_theme(theme)

    def shown(self) -> str:
        """Return which panel is open; empty for none."""
        shown = [name for name, panel in self.panels.items() if panel is self.currentWidget()]
        return shown[0] if shown and not self.isHidden() else ""

    def show_panel(self, name: str) -> None:
        """Open a panel, or put away the one that is open (empty name)."""
        if name:
            self.setCurrentWidget(self.panel(name))
        self.setVisible(bool(name))
        for other, made in self.buttons.items():
            made.setChecked(other == name)
        if name:
            self.panels[name].show_state()

    def panel(self, name: str) -> SidePanel:
        """Return a panel, made if it is not there yet."""
        if name not in self.panels:
            side = next(one for one in SIDES if one.name == name)
            module = importlib.import_module(f"studio.gui.pages.{side.module}")
            panel: SidePanel = getattr(module, side.kind)(self._library, self._theme)
            panel.closed.connect(lambda: self.pressed.emit(""))
            panel.changed.connect(self.changed)
            self.addWidget(panel)
            inset_numbers(panel)
            self.panels[name] = panel
        return self.panels[name]

    def prepare(self) -> None:
        """Make all panels one by one, so that the first showing of one does not wait for it."""
        self._due.extend(partial(self._prepare, side.name) for side in SIDES)
        self._maker.start()

    def _prepare(self, name: str) -> None:
        styled = self.panel(name).findChildren(QWidget)
        for start in range(0, len(styled), AT_ONCE):
            self._due.appendleft(partial(_polish, styled[start : start + AT_ONCE]))

    def _make_next(self) -> None:
        if self._due:
            self._due.popleft()()
        else:
            self._maker.stop()


def _polish(widgets: list[QWidget]) -> None:
    for widget in widgets:
        widget.ensurePolished()
