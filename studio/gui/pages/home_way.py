"""The way of the open project: a tile per step with its true state, and the step to take next."""

from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy

from studio.gui.icons import icon
from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.choice import Choice
from studio.gui.widgets.marks import state_words
from studio.gui.widgets.panel import Panel, words

MARKS = {
    "done": ("ph.check-circle", "ok"),
    "stale": ("ph.warning", "warn"),
    "failed": ("ph.x-circle", "danger"),
    "work": ("ph.circle-dashed", "text_2"),
    "none": ("ph.circle", "text_3"),
}
"""Icon and colour of a state; its word is in `marks.state_words`."""
TILE = QSize(112, 72)
MARK = 16


def _purposes() -> list[dict[str, Any]]:
    """Return the steps as `services.way` does, each with what it is for."""
    purposes = {
        "Boards": tr("see the signal"),
        "Data": tr("record and label"),
        "Pipeline": tr("make features"),
        "Train": tr("learn from them"),
        "Test": tr("find what is wrong"),
        "Deploy": tr("put it on a board"),
        "Live": tr("watch it decide"),
    }
    return [
        {"name": name, "text": text, "state": "none", "reason": ""}
        for name, text in purposes.items()
    ]


class Tile(Choice):
    """One step: its name, its figure and its state; pressed, its page is shown."""

    def __init__(self, place: int, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._place = place
        self._state, self._figure = "none", ""
        self.setMinimumSize(TILE)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_step(self, row: dict[str, Any]) -> None:
        """Show a step as `services.way` tells it."""
        self._state, self._figure = row["state"], row["text"]
        self.setText(tr(row["name"]))
        said = f"{self.text()}: {self._figure}, {state_words(self._state)}"
        self.setAccessibleName(said)
        self.setToolTip(f"{said}\n{row['reason']}".strip())
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self._theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        lively = self.underMouse() or self.hasFocus()
        painter.setBrush(QColor(self._theme["accent_soft" if lively else "sunken"]))
        colour = self._theme["accent" if self.hasFocus() else "hairline"]
        painter.setPen(QPen(QColor(colour), 2 if self.hasFocus() else 1))
        painter.drawRoundedRect(area, 8, 8)
        font = QFont(self.font())
        font.setBold(True)
        inner = area.adjusted(10, 8, -10, -8)
        self._line(painter, inner, 0, f"{self._place} {self.text()}", font, "text")
        self._line(painter, inner, 1, self._figure, self.font(), "text_2")
        name, colour = MARKS[self._state]
        mark = icon(name, self._theme[colour]).pixmap(QSize(MARK, MARK), self.devicePixelRatio())
        top = int(inner.top() + 2 * inner.height() / 3)
        painter.drawPixmap(int(inner.left()), top, mark)
        shifted = inner.adjusted(MARK + 4, 0, 0, 0)
        self._line(painter, shifted, 2, state_words(self._state), self.font(), colour)

    def _line(
        self, painter: QPainter, area: QRectF, line: int, text: str, font: QFont, colour: str
    ) -> None:
        painter.setFont(font)
        painter.setPen(QColor(self._theme[colour]))
        height = area.height() / 3
        place = QRectF(area.left(), area.top() + line * height, area.width(), height)
        short = painter.fontMetrics().elidedText(
            text, Qt.TextElideMode.ElideRight, int(place.width())
        )
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(place, flags, short)


class WayPanel(Panel):
    """The tiles and the next step.

    Signals
    -------
    wanted : (str)
        The name of a step whose page is to be shown.
    """

    wanted = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__(tr("The way from a signal to a board that decides"))
        self._next = ""
        self.tiles: list[Tile] = []
        self._tiles = QHBoxLayout()
        self._tiles.setSpacing(8)
        self._theme = theme
        self.sentence = words("", wrap=True)
        self.go_on = QPushButton("")
        self.go_on.clicked.connect(lambda: self.wanted.emit(self._next))
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(self.sentence, 1)
        row.addWidget(self.go_on)
        self.box.addLayout(self._tiles)
        self.box.addLayout(row)

    def show_way(self, found: dict[str, Any] | None) -> None:
        """Show what `services.way.way` tells; without a project, what each step is for."""
        self.go_on.setVisible(found is not None)
        if found is None:
            self._show_steps(_purposes())
            said = tr("Open an example or begin a project: then each step says how far it is.")
            self.sentence.setText(said)
            return
        self._show_steps(found["steps"][1:])
        following = found["next"]
        self._next = following["name"] if following else "Live"
        self.sentence.setText(
            tr("Next: {reason}", reason=following["reason"])
            if following
            else tr("All steps are done. Watch the board decide.")
        )
        self.go_on.setText(tr("Go to {step}", step=tr(self._next)))

    def show_reading(self) -> None:
        """Say that what is shown is about to become another project's."""
        self.go_on.hide()
        self.sentence.setText(tr("Reading the project …"))

    def _show_steps(self, steps: list[dict[str, Any]]) -> None:
        while len(self.tiles) < len(steps):
            tile = Tile(len(self.tiles) + 2, self._theme)
            name = steps[len(self.tiles)]["name"]
            tile.clicked.connect(lambda _=False, name=name: self.wanted.emit(name))
            self.tiles.append(tile)
            self._tiles.addWidget(tile, 1)
        for tile, row in zip(self.tiles, steps, strict=True):
            tile.show_step(row)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self._theme = theme
        for tile in self.tiles:
            tile.set_theme(theme)
