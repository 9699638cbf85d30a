"""The tools above the signal: which view, how long, lanes, scale, freeze, cursors."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QLayout,
    QPushButton,
    QWidget,
)

from studio.gui.icons import icon
from studio.gui.pages.boards_view import BoardView
from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.live_plot import SPANS_S


class PlotTools(QWidget):
    """Acts on the plots of all boards at once; `views` are told by the page.

    Signals
    -------
    view_chosen : (int)
        Signal, spectrum or spectrogram.
    """

    view_chosen = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._views: list[BoardView] = []
        self._kinds = QButtonGroup(self)
        self._kinds.idClicked.connect(self.show_view)
        self.span = QComboBox()
        self.span.setAccessibleName(tr("Seconds on show"))
        self.span.setToolTip(tr("Seconds on show (+ and \N{MINUS SIGN})"))
        for seconds in SPANS_S:
            self.span.addItem(tr("{s} s", s=f"{seconds:g}"), seconds)
        self.span.activated.connect(lambda _: self._set_span(float(self.span.currentData())))
        self.stacked = self._tool(tr("Stacked: each axis a lane of its own (O)"))
        self.locked = self._tool(tr("Keep the scale as it is (A)"))
        self.frozen = self._tool(tr("Freeze the view; what comes is kept (Space)"))
        self.cursors = self._tool(tr("Cursors that measure time and values (C)"))
        self.stacked.clicked.connect(self.toggle_stacked)
        self.locked.clicked.connect(self.toggle_locked)
        self.frozen.clicked.connect(self.toggle_frozen)
        self.cursors.clicked.connect(self.toggle_cursors)
        row = QHBoxLayout(self)
        row.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addLayout(self._make_kinds())
        row.addWidget(self.span)
        row.addStretch(1)
        for button in (self.stacked, self.locked, self.frozen, self.cursors):
            row.addWidget(button)
        self._row = row
        self._buttons = (
            (self.stacked, "ph.rows", tr("Stacked")),
            (self.locked, "ph.lock-simple", tr("Lock scale")),
            (self.frozen, "ph.snowflake", tr("Freeze")),
            (self.cursors, "ph.ruler", tr("Cursors")),
        )
        self.setFixedHeight(self.span.sizeHint().height() + 2)
        self.set_theme(theme)

    def _make_kinds(self) -> QHBoxLayout:
        kinds = QHBoxLayout()
        kinds.setSpacing(0)
        for place, text in enumerate((tr("Signal"), tr("Spectrum"), tr("Spectrogram"))):
            button = QPushButton(text)
            button.setProperty("role", "segment" if place else "first")
            button.setCheckable(True)
            button.setChecked(place == 0)
            button.setToolTip(tr("Show the {view} (V)", view=text.lower()))
            self._kinds.addButton(button, place)
            kinds.addWidget(button)
        return kinds

    def _tool(self, tip: str) -> QPushButton:
        button = QPushButton()
        button.setCheckable(True)
        button.setToolTip(tip)
        button.setAccessibleName(tip.rpartition(" (")[0])
        button.setIconSize(QSize(16, 16))
        return button

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        for button, name, _ in self._buttons:
            button.setIcon(icon(name, theme["text_2"]))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the words out where there is room for the icons only."""
        for button, _, text in self._buttons:
            button.setText(text)
        needed = self._row.minimumSize().width()
        if needed > self.width():
            for button, _, _ in self._buttons:
                button.setText("")
        self._row.activate()

    def suit(self, views: Sequence[BoardView]) -> None:
        """Act on these from now on."""
        for view in views:
            if view not in self._views:
                plot = view.plot
                for signal in (
                    plot.frozen_changed,
                    plot.locked_changed,
                    plot.span_changed,
                    plot.cursors_changed,
                ):
                    signal.connect(self._show)
        self._views = list(views)
        self._show()

    def _show(self) -> None:
        plots = [view.plot for view in self._views]
        self.frozen.setChecked(any(plot.frozen for plot in plots))
        self.locked.setChecked(any(plot.locked for plot in plots))
        self.cursors.setChecked(any(plot.overlay.cursors.on for plot in plots))
        self.stacked.setChecked(any(plot.stacked for plot in plots))
        if plots:
            self.span.setCurrentIndex(self.span.findData(plots[0].seconds))

    def show_view(self, view: int) -> None:
        """Show signal, spectrum or spectrogram of every board."""
        self._kinds.button(view).setChecked(True)
        for one in self._views:
            one.stack.setCurrentIndex(view)
        self.view_chosen.emit(view)

    def next_view(self) -> None:
        """Show the next kind of view."""
        self.show_view((self._kinds.checkedId() + 1) % 3)

    def zoom(self, steps: int) -> None:
        """Show a longer or shorter span."""
        for view in self._views:
            view.plot.zoom_time(steps)

    def _set_span(self, seconds: float) -> None:
        for view in self._views:
            view.plot.set_span(seconds)

    def toggle_stacked(self) -> None:
        """Lanes of their own for all axes, or those of a unit together."""
        on = not any(view.plot.stacked for view in self._views)
        for view in self._views:
            view.plot.set_stacked(on)
        self._show()

    def toggle_locked(self) -> None:
        """Lock the scales or free them."""
        on = not any(view.plot.locked for view in self._views)
        for view in self._views:
            view.plot.set_locked(on)

    def toggle_frozen(self) -> None:
        """Freeze or go on."""
        on = not any(view.plot.frozen for view in self._views)
        for view in self._views:
            view.plot.set_frozen(on)

    def toggle_cursors(self) -> None:
        """Show cursors or take them away."""
        on = not any(view.plot.overlay.cursors.on for view in self._views)
        for view in self._views:
            view.plot.set_cursors(on)
