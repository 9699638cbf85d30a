"""One window of the project's own data on its way through the pipeline."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.gui.icons import icon
from studio.gui.pages.pipeline_stages import StageView
from studio.gui.texts import grouped, tr
from studio.gui.theme import Theme
from studio.gui.widgets.live_plot import TRACES
from studio.gui.widgets.panel import Panel, ShortLabel, words
from studio.types import Axis

if TYPE_CHECKING:
    from studio.services.preview import Preview, Window

ALL = ""


def axis_groups(axes: Sequence[Axis]) -> list[tuple[str, tuple[str, ...]]]:
    """Return axes of one unit together, at most three, with a name for each group."""
    groups: list[list[Axis]] = []
    for axis in axes:
        last = groups[-1] if groups else []
        if not last or len(last) == TRACES or last[0].units != axis.units:
            groups.append([])
        groups[-1].append(axis)
    return [
        (
            " ".join(axis.name for axis in group)
            + (f" ({group[0].units})" if group[0].units not in ("", "wav") else ""),
            tuple(axis.name for axis in group),
        )
        for group in groups
    ]


class WindowPanel(Panel):
    """Chooser of the window, and its stages.

    Signals
    -------
    moved : (int)
        To the window before (-1) or the next one (1).
    label_chosen : (str)
        Only windows of this label are gone through; empty: all.
    wanted : (str)
        There is none yet: the step to go to.
    """

    moved = Signal(int)
    label_chosen = Signal(str)
    wanted = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__(tr("One window on its way"))
        self._theme = theme
        self._groups: list[tuple[str, tuple[str, ...]]] = []
        self._shown: tuple[Preview, Preview | None] | None = None
        self._offer = ""
        self.place = ShortLabel("", "hint")
        self._make_choosers()
        self.stages = StageView(theme)
        self.empty = words("", "hint", wrap=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.go = QPushButton()
        self.go.clicked.connect(lambda: self.wanted.emit(self._offer))
        self._lay_out()
        self.set_theme(theme)
        self.show_empty("")

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.label)
        row.addWidget(self.back)
        row.addWidget(self.forth)
        row.addWidget(self.axes)
        row.addStretch(1)
        self.box.addLayout(row)
        line = QHBoxLayout()
        line.addWidget(self.place, 1)
        line.addWidget(self.stages.read_out)
        self.box.addLayout(line)
        self.nothing = QWidget()
        middle = QVBoxLayout(self.nothing)
        middle.setSpacing(12)
        middle.addStretch(1)
        middle.addWidget(self.empty)
        middle.addWidget(self.go, 0, Qt.AlignmentFlag.AlignCenter)
        middle.addStretch(1)
        self.box.addWidget(self.nothing, 1)
        self.box.addWidget(self.stages, 1)

    def _make_choosers(self) -> None:
        """Make what chooses the window and its axes."""
        self.label = QComboBox()
        self.label.setAccessibleName(tr("Windows of this label"))
        self.label.setToolTip(tr("Go through the windows of one label only"))
        self.label.activated.connect(lambda at: self.label_chosen.emit(self.label.itemData(at)))
        self.axes = QComboBox()
        self.axes.setAccessibleName(tr("Axes"))
        self.axes.setToolTip(tr("Which axes are drawn"))
        self.axes.activated.connect(lambda _: self._draw())
        self.back, self.forth = QToolButton(), QToolButton()
        for button, tip, step in (
            (self.back, tr("Window before (Left)"), -1),
            (self.forth, tr("Next window (Right)"), 1),
        ):
            button.setToolTip(tip)
            button.setAccessibleName(tip.partition(" (")[0])
            button.clicked.connect(lambda _=False, step=step: self.moved.emit(step))

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self._theme = theme
        self.stages.set_theme(theme)
        self.back.setIcon(icon("ph.caret-left", theme["text"]))
        self.forth.setIcon(icon("ph.caret-right", theme["text"]))
        for button in (self.back, self.forth):
            button.setIconSize(QSize(16, 16))

    def show_labels(self, labels: Sequence[str], chosen: str) -> None:
        """Offer these labels to go through."""
        self.label.clear()
        self.label.addItem(tr("all labels"), ALL)
        for label in labels:
            self.label.addItem(label, label)
        self.label.setCurrentIndex(max(0, self.label.findData(chosen)))

    def show_empty(self, text: str, *, offer: str = "") -> None:
        """Show words instead of a window, and the step where to go on."""
        self._shown = None
        self.stages.clear()
        self.place.setText("")
        self.empty.setText(text)
        self.nothing.show()
        self._offer = offer
        self.go.setText(tr("Go to {step}", step=tr(offer)) if offer else "")
        self.go.setVisible(bool(offer))
        self.stages.hide()
        for widget in (self.label, self.back, self.forth, self.axes):
            widget.setVisible(False)

    def show_window(
        self, preview: "Preview", number: int, total: int, before: "Preview | None"
    ) -> None:
        """Show a window; what it looked `before` the pending change stays pale."""
        window: Window = preview.window
        self.nothing.hide()
        self.stages.show()
        for widget in (self.label, self.back, self.forth):
            widget.show()
        self.place.setText(
            tr(
                "{number} of {total}: {label}, {recording} at {at} s{split}",
                number=grouped(number + 1),
                total=grouped(total),
                label=window.label,
                recording=window.recording,
                at=f"{preview.seconds:.3f}",
                split=f" ({tr(window.split)})" if window.split else "",
            )
        )
        groups = axis_groups(preview.axes)
        if groups != self._groups:
            self._groups = groups
            self.axes.clear()
            self.axes.addItems([name for name, _ in groups])
        self.axes.setVisible(len(groups) > 1)
        self._shown = preview, before
        self._draw()

    def _draw(self) -> None:
        if self._shown is None:
            return
        preview, before = self._shown
        axes = self._groups[max(0, self.axes.currentIndex())][1]
        self.stages.show_stages(preview.stages, axes, before.stages if before else ())
