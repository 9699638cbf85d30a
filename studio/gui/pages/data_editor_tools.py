"""Data, editor: the row of tools over the plots, and what each opens at the right."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QToolButton,
    QWidget,
)

from studio.gui.icons import icon
from studio.gui.pages.data_editor_review import ReviewPanel
from studio.gui.pages.data_editor_rule import RulePanel, TracksPanel
from studio.gui.pages.data_editor_side import SampleList
from studio.gui.pages.data_editor_split import SplitPanel
from studio.gui.session import Session
from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.panel import ShortLabel

if TYPE_CHECKING:
    from studio.services.editing import Opened

SAMPLES, SPLIT, REVIEW, RULE, TRACKS = range(5)


def _scrolled(panel: QWidget) -> QScrollArea:
    """Return a panel that can be scrolled where it does not fit."""
    for box in panel.findChildren(QComboBox):
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    for button in panel.findChildren(QPushButton):
        button.setMinimumWidth(56)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(panel)
    return area


class Tools(QObject):
    """The buttons (`bar`) and the panels (`stack`).

    Signals
    -------
    opened : (int)
        Another panel is shown: `SAMPLES`, `SPLIT`, `REVIEW`, `RULE` or `TRACKS`.
    """

    opened = Signal(int)

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__()
        self.samples = SampleList(theme)
        self.split = SplitPanel(session)
        self.review = ReviewPanel(session)
        self.rule = RulePanel()
        self.tracks = TracksPanel()
        self.stack = QStackedWidget()
        self.stack.addWidget(self.samples)
        for scrolled in (self.split, self.review, self.rule):
            self.stack.addWidget(_scrolled(scrolled))
        self.stack.addWidget(self.tracks)
        for panel in (self.split, self.review, self.rule, self.tracks):
            panel.closed.connect(self.close)
        self.tracks.hidden.connect(self._hide)
        self.hidden: set[str] = set()
        """Tracks that are not drawn."""
        self._make_bar()
        self.set_theme(theme)

    def _make_bar(self) -> None:
        self.heading = ShortLabel("", "heading")
        self.snap, self.fit = QToolButton(), QToolButton()
        self.snap.setCheckable(True)
        self.snap.setChecked(True)
        self.snap.setToolTip(tr("Edges snap to where something begins or ends (hold Alt: free)"))
        self.fit.setToolTip(tr("Show the whole recording (F)"))
        for one in (self.snap, self.fit):
            one.setAccessibleName(one.toolTip())
        self.buttons: dict[int, QPushButton] = {}
        for panel, text, tip in (
            (SPLIT, tr("Cut"), tr("Cut into windows or events, with a preview")),
            (REVIEW, tr("Guesses"), tr("Let a trained model label, and review what it says")),
            (
                RULE,
                tr("Windows"),
                tr("Which label a window gets, and the windows that come of it"),
            ),
            (TRACKS, tr("Tracks"), tr("Add, rename or hide label tracks")),
        ):
            button = QPushButton(text)
            button.setCheckable(True)
            button.setToolTip(tip)
            button.clicked.connect(lambda on, panel=panel: self.show_panel(panel if on else 0))
            self.buttons[panel] = button
        self.before, self.after = QToolButton(), QToolButton()
        self.before.setToolTip(tr("The recording before (Page Up)"))
        self.after.setToolTip(tr("The next recording (Page Down)"))
        for move in (self.before, self.after):
            move.setAccessibleName(move.toolTip())
        self.bar = QWidget()
        row = QHBoxLayout(self.bar)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.before)
        row.addWidget(self.after)
        row.addWidget(self.heading, 1)
        for widget in (self.snap, self.fit, *self.buttons.values()):
            row.addWidget(widget)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self.samples.set_theme(theme)
        self.before.setIcon(icon("ph.caret-left", theme["text"]))
        self.after.setIcon(icon("ph.caret-right", theme["text"]))
        self.snap.setIcon(icon("ph.magnet-straight", theme["text"]))
        self.fit.setIcon(icon("ph.arrows-out-line-horizontal", theme["text"]))
        names = {
            SPLIT: "ph.scissors",
            REVIEW: "ph.magic-wand",
            RULE: "ph.rows",
            TRACKS: "ph.stack",
        }
        for panel, name in names.items():
            self.buttons[panel].setIcon(icon(name, theme["text"]))

    def _hide(self, names: set[str]) -> None:
        self.hidden = names

    @property
    def panel(self) -> int:
        """Which panel is shown."""
        return self.stack.currentIndex()

    @property
    def reviewing(self) -> bool:
        """Whether guesses are being reviewed."""
        return self.panel == REVIEW

    @property
    def ruling(self) -> bool:
        """Whether the windows are to be drawn."""
        return self.panel == RULE

    def show_panel(self, panel: int) -> None:
        """Show a panel at the right."""
        for number, button in self.buttons.items():
            button.setChecked(number == panel)
        if panel != self.panel:
            self.stack.setCurrentIndex(panel)
            self.opened.emit(panel)

    def close(self) -> None:
        """Go back to the samples."""
        self.show_panel(SAMPLES)

    def show_recording(self, opened: "Opened", labels: list[str], track: str) -> None:
        """Show what is said of a recording."""
        recording = opened.recording
        self.heading.setText(recording.name)
        waiting = opened.waiting
        self.buttons[REVIEW].setText(tr("Guesses ({n})", n=waiting) if waiting else tr("Guesses"))
        self.rule.show_windows(
            opened.windows, recording.sample_rate_hz, labels, list(opened.tracks)
        )
        self.tracks.show_tracks(list(opened.tracks), track)
