"""The right side of the Live page: what is decided now, the rule that decides, the tally."""

from collections import Counter

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSlider,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from studio.gui.pages.live_state import Seen
from studio.gui.texts import counted, grouped, tr
from studio.gui.theme import Theme
from studio.gui.widgets.panel import Facts, Panel, set_role, words

STEP = 0.05
RATE_AFTER_H = 0.05
"""What came in less than three minutes says little of an hour."""


class BigWord(QWidget):
    """The decision, as large as there is room for."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.text, self._colour = "", "text_3"
        self._resize()

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours and text size."""
        self._theme = theme
        self._resize()
        self.update()

    def _resize(self) -> None:
        self.setFixedHeight(round(1.2 * self._theme.px("display")))

    def show_word(self, text: str, colour: str) -> None:
        """Show a word in a colour of the theme."""
        if (text, colour) != (self.text, self._colour):
            self.text, self._colour = text, colour
            self.setAccessibleName(tr("Decision: {word}", word=text))
            self.update()

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(240, 48)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw."""
        painter = QPainter(self)
        font = self._theme.font("display", weight=QFont.Weight.DemiBold)
        least = self._theme.px("title")
        while QFontMetrics(font).horizontalAdvance(self.text) > self.width():
            if font.pixelSize() - 2 < least:
                break
            font.setPixelSize(font.pixelSize() - 2)
        painter.setFont(font)
        painter.setPen(QColor(self._theme[self._colour]))
        middle = Qt.TextElideMode.ElideMiddle
        short = QFontMetrics(font).elidedText(self.text, middle, self.width())
        side = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(self.rect(), side, short)


class NowPanel(Panel):
    """What is decided now, how sure it is, and whether it comes in time."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(tr("Now"))
        self.word = BigWord(theme)
        self.facts = Facts()
        self.late = words("", "advice", wrap=True)
        self.box.addWidget(self.word)
        self.box.addWidget(self.facts)
        self.box.addWidget(self.late)
        self.late.hide()
        self.show_timing(Seen().facts(), "")

    def show_timing(self, facts: dict[str, str], late: str) -> None:
        """Show figures, and a sentence if decisions come late."""
        self.facts.show_facts(facts)
        self.late.setText(late)
        self.late.setVisible(bool(late))


class RulePanel(Panel):
    """The decision rule: threshold and how many windows are averaged.

    Signals
    -------
    changed : (float, int)
        A person chose another threshold or number of windows.
    keep : ()
        The rule is to become the project's.
    """

    changed = Signal(float, int)
    keep = Signal()

    def __init__(self) -> None:
        super().__init__(tr("Decision rule"))
        self.threshold = QDoubleSpinBox(minimum=0.0, maximum=1.0, singleStep=STEP, decimals=2)
        self.threshold.setAccessibleName(tr("Threshold"))
        self.threshold.setToolTip(tr("The mean score that decides ([ and ])"))
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, 100)
        self.slider.setAccessibleName(tr("Threshold"))
        self.slider.setToolTip(tr("The mean score that decides ([ and ])"))
        self.windows = QSpinBox(minimum=1, maximum=64)
        self.windows.setAccessibleName(tr("Windows that are averaged"))
        self.windows.setToolTip(tr("More windows: fewer false alarms, later decisions"))
        line = QHBoxLayout()
        line.addWidget(self.slider, 1)
        line.addWidget(self.threshold)
        form = QFormLayout()
        form.setVerticalSpacing(8)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.addRow(words(tr("threshold"), "hint"), line)
        form.addRow(words(tr("mean of windows"), "hint"), self.windows)
        self.said = words("", "hint", wrap=True)
        self.button = QPushButton(tr("Keep in the project"))
        self.button.setToolTip(tr("The next build of the firmware has this rule"))
        self.box.addLayout(form)
        self.box.addWidget(self.said)
        self.box.addWidget(self.button)
        self.button.hide()
        self.threshold.valueChanged.connect(lambda value: self.move(value))
        self.slider.valueChanged.connect(lambda value: self.move(value / 100))
        self.windows.valueChanged.connect(lambda _: self._tell())
        self.button.clicked.connect(self.keep)

    def show_rule(self, threshold: float, windows: int) -> None:
        """Show a rule that did not come from a person."""
        for widget, value in (
            (self.threshold, round(threshold, 2)),
            (self.slider, round(100 * threshold)),
            (self.windows, windows),
        ):
            widget.blockSignals(True)
            widget.setValue(value)  # type: ignore[arg-type]  # each takes its own kind of number
            widget.blockSignals(False)

    def move(self, threshold: float) -> None:  # type: ignore[override]  # not the widget's place
        """Choose another threshold."""
        self.show_rule(min(max(threshold, 0.0), 1.0), self.windows.value())
        self._tell()

    def _tell(self) -> None:
        self.changed.emit(self.threshold.value(), self.windows.value())

    def say(self, text: str, *, can_keep: bool) -> None:
        """State where the rule works, and whether it can be kept."""
        self.said.setText(text)
        self.button.setVisible(can_keep)


class TallyPanel(Panel):
    """What was decided in this session, and what was kept of it."""

    def __init__(self) -> None:
        super().__init__(tr("Tally"))
        self.counts = words("", wrap=True)
        self.kept = words("", "hint", wrap=True)
        self.save = QPushButton(tr("Save stream (Ctrl+S)"))
        self.save.setToolTip(tr("Keep what was heard as a recording of the project (Ctrl+S)"))
        self.box.addWidget(self.counts)
        self.box.addWidget(self.kept)
        self.box.addWidget(self.save)
        self.box.addStretch(1)
        self.show_counts(Counter(), 0.0, 0, windows=0)

    def show_counts(self, counts: Counter[str], hours: float, kept: int, *, windows: int) -> None:
        """Show how often each label was decided, and how many samples were made."""
        most = ", ".join(f"{label} {grouped(count)}" for label, count in counts.most_common(8))
        text = tr("No decision yet.")
        if counts:
            of = counted(windows, "of {n} window", "of {n} windows")
            text = f"{most}, {of}."
            if hours >= RATE_AFTER_H:
                rate = grouped(counts.total() / hours, ".0f")
                text = tr("{counts} {rate} per hour.", counts=text, rate=rate)
        self.counts.setText(text)
        said = counted(kept, "{n} new sample from live", "{n} new samples from live")
        self.kept.setText(said if kept else tr("Right (Y) or wrong (X) makes it a sample."))
        set_role(self.kept, "good" if kept else "hint")


class SideColumn(QScrollArea):
    """The three panels under each other; scrolled where a message takes their room."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.now, self.rule, self.tally = NowPanel(theme), RulePanel(), TallyPanel()
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        column.addWidget(self.now)
        column.addWidget(self.rule)
        column.addWidget(self.tally, 1)
        self.setWidget(inside)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours and text size."""
        self.now.word.set_theme(theme)
        self.setFixedWidth(theme.px("side"))
