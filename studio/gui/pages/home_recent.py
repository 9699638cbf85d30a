"""The list of recent projects: what each holds, a small picture of its data, a filter."""

import time
from collections import Counter
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSpacerItem,
    QVBoxLayout,
    QWidget,
)

from studio.gui.texts import counted, tr
from studio.gui.theme import Theme
from studio.gui.widgets.choice import Choice
from studio.gui.widgets.panel import Panel, ShortLabel, words

PICTURE = QSize(96, 24)
ROW, SPACE = 56, 12
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def ago(then_s: float, now_s: float) -> str:
    """Return how long ago something was, in words."""
    seconds = max(0.0, now_s - then_s)
    if seconds < _HOUR:
        minutes = int(seconds / _MINUTE)
        return counted(minutes, "{n} minute ago", "{n} minutes ago") if minutes else tr("just now")
    if seconds < _DAY:
        return counted(int(seconds / _HOUR), "{n} hour ago", "{n} hours ago")
    return counted(int(seconds / _DAY), "{n} day ago", "{n} days ago")


def kind_of(row: dict[str, Any]) -> str:
    """Return axes and rate of a project in words; empty where it has no data yet."""
    rate, axes = row.get("sample_rate_hz", 0.0), row.get("axes", 0)
    if not rate or not axes:
        return ""
    shown = f"{rate / 1000:g} kHz" if rate >= 1000 else f"{rate:g} Hz"
    return counted(axes, "{n} axis at {rate}", "{n} axes at {rate}", rate=shown)


class Row(Choice):
    """One project; pressed, it is opened. Delete takes it off the list.

    Parameters
    ----------
    alone : bool
        Whether no other one of the list has its name; else its folder is told, too.
    """

    forgotten = Signal()

    def __init__(self, row: dict[str, Any], theme: Theme, *, alone: bool) -> None:
        super().__init__()
        self._theme = theme
        self._picture = row.get("picture", [])
        self.path = Path(row["path"])
        self.setFixedHeight(ROW)
        self.setText(row["name"])
        self.setToolTip(tr("Open {path} (Enter). Delete takes it off this list.", path=self.path))
        where = [] if alone else [str(Path(*self.path.parts[-2:]))]
        said = row["problem"] or "  ·  ".join(
            filter(None, (kind_of(row), row["data"], row["result"]))
        )
        self.setAccessibleName(tr("Open the project {name}", name=row["name"]))
        self.setAccessibleDescription(said)
        column = QVBoxLayout()
        column.setSpacing(2)
        column.addWidget(ShortLabel("  ·  ".join([row["name"], *where]), "heading"))
        column.addWidget(ShortLabel(said, "problem" if row["problem"] else "hint"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(SPACE)
        layout.addLayout(column, 1)
        self._gap = QSpacerItem(PICTURE.width() + SPACE, 0)
        layout.addSpacerItem(self._gap)
        layout.addWidget(words(ago(row["opened_s"], time.time()), "hint"))
        for label in self.findChildren(QLabel):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            label.setToolTip("")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take it off the list, or do as every choice does."""
        if event.key() == Qt.Key.Key_Delete:
            self.forgotten.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what shows choice and focus, and the little picture."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.fillRect(
            8, self.height() - 1, self.width() - 16, 1, QColor(self._theme["hairline"])
        )
        if self.underMouse() or self.hasFocus():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._theme["accent_soft"]))
            painter.drawRoundedRect(area, 6, 6)
        if self.hasFocus():
            painter.setPen(QPen(QColor(self._theme["accent"]), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area, 6, 6)
        self._draw_picture(painter)

    def _draw_picture(self, painter: QPainter) -> None:
        if not self._picture:
            return
        gap = self._gap.geometry()
        middle, half = self.height() / 2, PICTURE.height() / 2
        step = PICTURE.width() / len(self._picture)
        places = [gap.left() + i * step for i in range(len(self._picture))]
        ends = [
            [
                QPointF(x, middle - half * pair[end])
                for x, pair in zip(places, self._picture, strict=True)
            ]
            for end in (0, 1)
        ]
        colour = QColor(self._theme["text_3"])
        painter.setPen(QPen(colour, 1))
        painter.setBrush(colour)
        painter.drawPolygon(QPolygonF(ends[1] + ends[0][::-1]))


class RecentPanel(Panel):
    """The list.

    Signals
    -------
    chosen, forgotten : (Path)
        A project to open, or to take off the list.
    """

    chosen = Signal(object)
    forgotten = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__(tr("Recent projects"))
        self._theme = theme
        self._found: list[dict[str, Any]] | None = None
        """None until they were read."""
        self.rows: list[Row] = []
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(tr("Filter by name"))
        self.filter.setAccessibleName(tr("Filter recent projects by name"))
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._fill)
        self.empty = words("", "hint", wrap=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._column = QVBoxLayout()
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        inside = QWidget()
        inside.setObjectName("bare")
        inside.setLayout(self._column)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QScrollArea.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidget(inside)
        self.box.addWidget(self.filter)
        self.box.addWidget(self.empty, 1)
        self.box.addWidget(self.area, 1)
        self._fill()

    def show_projects(self, found: list[dict[str, Any]]) -> None:
        """Show these projects, as `services.recent.listed` tells them."""
        self._found = found
        self._fill()

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self._theme = theme
        self._fill()

    def _fill(self) -> None:
        while self._column.count():
            item = self._column.takeAt(0)
            if item and (widget := item.widget()):
                widget.hide()
                widget.deleteLater()
        wanted, found = self.filter.text().strip().lower(), self._found or []
        names = Counter(str(row["name"]) for row in found)
        self.rows = [
            Row(row, self._theme, alone=names[row["name"]] == 1)
            for row in found
            if wanted in str(row["name"]).lower()
        ]
        for row in self.rows:
            row.clicked.connect(lambda _=False, path=row.path: self.chosen.emit(path))
            row.forgotten.connect(lambda path=row.path: self.forgotten.emit(path))
            self._column.addWidget(row)
        self._column.addStretch(1)
        self.filter.setVisible(len(found) > 3)
        self.empty.setVisible(not self.rows)
        self.area.setVisible(bool(self.rows))
        self.empty.setText(self._why_empty())

    def _why_empty(self) -> str:
        if self._found is None:
            return tr("Reading …")
        if self._found:
            return tr("No project has this in its name.")
        return tr(
            "No projects yet. Open an example on the right: it holds data already, so every "
            "step works at once, even without a board."
        )
