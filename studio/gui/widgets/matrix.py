"""The confusion matrix: rows are the truth, shades the share of the row, cells can be chosen."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.matrix_heads import HEAD, Grid, draw_heads, draw_margins, lines_of

LARGEST_CELL, WIDEST_CELL = 92.0, 150.0
SMALL_CELL, MOST_NUMBERED = 24.0, 12
FULLEST = "100 %"
LEAST_ROW = 18
"""Height at a text size of 100 %."""
MARGIN = 48.0
"""Least width of the recall at the right."""
WRONG_SHARE = 0.05
"""A wrong cell with more than this share of its row has a tick in its corner."""
Cell = tuple[int, int]


class ConfusionMatrix(QWidget):
    """Draws `counts[truth][decided]`; a last column may be windows that were left undecided.

    Signals
    -------
    chosen : ()
        Other cells are in `cells`.
    opened : ()
        Enter, or a double click: the person wants to see the windows behind the cells.
    """

    chosen = Signal()
    opened = Signal()
    turned = Signal()
    """Shares are written instead of counts, or the other way round."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._labels: list[str] = []
        self._columns: list[str] = []
        self._counts: list[list[int]] = []
        self.cells: list[Cell] = []
        self._at: Cell = (0, 0)
        self._hover: Cell | None = None
        self.shares = True
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName(tr("Confusion matrix"))

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours and text size."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    def show_counts(
        self, labels: Sequence[str], counts: Sequence[Sequence[int]], *, unsure: str = ""
    ) -> None:
        """Show counts; with `unsure` their last column has this name and is no label."""
        columns = [*labels, *([unsure] if unsure else [])]
        if list(labels) != self._labels:
            self.cells, self._at = [], (0, 0)
        self._labels, self._columns = list(labels), columns
        self._counts = [list(row) for row in counts]
        self.cells = [cell for cell in self.cells if cell[1] < len(columns)]
        self._at = (self._at[0], min(self._at[1], max(0, len(columns) - 1)))
        right = sum(row[i] for i, row in enumerate(self._counts))
        total = sum(map(sum, self._counts))
        self.setAccessibleDescription(
            tr("{right} of {total} windows decided correctly", right=right, total=total)
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if labels else Qt.FocusPolicy.NoFocus)
        self.updateGeometry()
        self.update()

    def show_shares(self, shares: bool) -> None:
        """Write shares of the true label into the cells, or counts."""
        self.shares = shares
        self.update()
        self.turned.emit()

    def choose(self, cells: Sequence[Cell]) -> None:
        """Choose these cells."""
        self.cells = list(cells)
        if self.cells:
            self._at = self.cells[-1]
        self.update()
        self.chosen.emit()

    def sentence(self, cell: Cell) -> str:
        """Return what a cell says, in words."""
        row, column = cell
        count, total = self._counts[row][column], sum(self._counts[row])
        truth, said = self._labels[row], self._columns[column]
        if column == row:
            return tr("{n} of {of} {truth} were found.", n=count, of=total, truth=truth)
        if column >= len(self._labels):
            return tr("{n} of {of} {truth} were left unsure.", n=count, of=total, truth=truth)
        return tr(
            "{n} of {of} {truth} were taken for {said}.", n=count, of=total, truth=truth, said=said
        )

    # -- geometry --------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(460, 300)

    def minimumSizeHint(self) -> QSize:
        """Return the size at which the numbers still can be read."""
        row = LEAST_ROW * self._theme.percent / 100
        return QSize(240, round(max(4, len(self._labels)) * row + 2 * HEAD + 2 * row))

    def _font(self, first: QRectF) -> QFont:
        usual = self._theme.font("small")
        wide = QFontMetricsF(usual).horizontalAdvance(FULLEST) + 6 > first.width()
        small = wide or first.height() < 20 or len(self._labels) > MOST_NUMBERED
        return self._theme.font("tiny") if small else usual

    def _frame(self) -> tuple[bool, QRectF]:
        """Return whether cells hold numbers, and the first cell's place and size."""
        numbered = len(self._labels) <= MOST_NUMBERED
        metrics = QFontMetricsF(self._theme.font("small"))
        lines = [lines_of(name, metrics) for name in self._columns]
        names = max((metrics.horizontalAdvance(line) for two in lines for line in two), default=40)
        width = metrics.horizontalAdvance
        left = max(names + width("9 "), width(tr("precision")), width(tr("true"))) + 12
        tall = max((len(two) for two in lines), default=1)
        top = HEAD + tall * metrics.height() + 6
        columns, rows = max(1, len(self._columns)), max(1, len(self._labels))
        cell = min((self.width() - left - self._margin()) / columns, WIDEST_CELL)
        height = min((self.height() - top - metrics.height() - 8) / rows, LARGEST_CELL)
        if not numbered:
            cell, height = min(cell, SMALL_CELL), min(height, SMALL_CELL)
            top = HEAD + 6
        return numbered, QRectF(left, top, cell, max(height, 12.0))

    def _margin(self) -> float:
        """Return the width of the recall at the right."""
        metrics = QFontMetricsF(self._theme.font("small"))
        return max(MARGIN, metrics.horizontalAdvance(tr("recall")) + 8)

    def _grid(self, first: QRectF) -> Grid:
        return Grid(self._labels, self._columns, self._counts, first, self._margin())

    def _under(self, place: QPointF) -> tuple[int, int]:
        """Return row and column under a point; -1 in the head of rows or columns, -2 beyond."""
        first = self._frame()[1]
        column = int((place.x() - first.left()) // first.width())
        row = int((place.y() - first.top()) // first.height())
        column = -1 if place.x() < first.left() else column
        row = -1 if place.y() < first.top() else row
        beyond = column >= len(self._columns) or row >= len(self._labels)
        return (-2, -2) if beyond or not self._labels else (row, column)

    # -- hands -----------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the cell under the pointer; Ctrl adds it; the head of a row takes all of it."""
        row, column = self._under(event.position())
        if row == -2 or (row == -1 and column == -1):
            return
        if row == -1:
            cells = [(one, column) for one in range(len(self._labels))]
        elif column == -1:
            cells = [(row, one) for one in range(len(self._columns))]
        else:
            cells = [(row, column)]
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            kept = [cell for cell in self.cells if cell not in cells]
            cells = kept if set(cells) <= set(self.cells) else [*kept, *cells]
        self.choose(cells)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open the chosen cell."""
        self.opened.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say what the cell under the pointer means."""
        cell = self._under(event.position())
        hover = cell if min(cell) >= 0 else None
        if hover != self._hover:
            self._hover = hover
            self.update()
            if hover is not None:
                where = event.globalPosition().toPoint()
                QToolTip.showText(where, self.sentence(hover), self)
            else:
                QToolTip.hideText()

    def leaveEvent(self, event: QEvent) -> None:
        """Forget where the pointer was."""
        self._hover = None
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move with the arrows, choose on the way, open with Enter, count or share with Space."""
        moves = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
        }
        key = Qt.Key(event.key())
        if not self._labels:
            super().keyPressEvent(event)
        elif key in moves:
            row, column = (a + b for a, b in zip(self._at, moves[key], strict=True))
            row = min(max(row, 0), len(self._labels) - 1)
            column = min(max(column, 0), len(self._columns) - 1)
            adds = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            kept = [cell for cell in self.cells if cell != (row, column)] if adds else []
            self.choose([*kept, (row, column)])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not self.cells:
                self.choose([self._at])
            self.opened.emit()
        elif key == Qt.Key.Key_Space:
            self.show_shares(not self.shares)
        elif key == Qt.Key.Key_Escape and self.cells:
            self.choose([])
        else:
            super().keyPressEvent(event)

    # -- drawing ---------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw."""
        painter = QPainter(self)
        if not self._labels:
            painter.setPen(QColor(self._theme["text_3"]))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), flags, tr("The confusion matrix appears here."))
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        numbered, first = self._frame()
        grid = self._grid(first)
        painter.setFont(self._font(first))
        draw_heads(painter, grid, self._theme, numbered=numbered)
        for row, counts in enumerate(self._counts):
            for column, count in enumerate(counts):
                share = count / (sum(counts) or 1)
                rect = grid.rect(row, column)
                self._draw_ground(painter, rect, (row, column), share)
                if row != column and column < len(self._labels) and share > WRONG_SHARE:
                    _tick(painter, rect.topRight(), 9 if numbered else 6, self._theme["danger"])
                if numbered:
                    self._draw_number(painter, rect, count, share)
        if numbered:
            draw_margins(painter, grid, self._theme)
        for cell in self.cells:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(self._theme["text"]), 3))
            painter.drawRect(grid.rect(*cell))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(self._theme["accent"]), 2))
            painter.drawRect(grid.rect(*self._at).adjusted(-2, -2, 2, 2))

    def _draw_ground(self, painter: QPainter, rect: QRectF, cell: Cell, share: float) -> None:
        row, column = cell
        painter.fillRect(rect, QColor(self._theme.cell(share)[0]))
        right = row == column
        crossed = self._hover is not None and (row == self._hover[0] or column == self._hover[1])
        edge = "ok" if right else "text_3" if crossed else "hairline"
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(self._theme[edge]), 2 if right else 1))
        painter.drawRect(rect)

    def _draw_number(self, painter: QPainter, rect: QRectF, count: int, share: float) -> None:
        ink = self._theme.cell(share)[1] if count else self._theme["text_3"]
        painter.setPen(QColor(ink))
        said = f"{100 * share:.0f} %" if self.shares else str(count)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, said)


def _tick(painter: QPainter, corner: QPointF, size: int, colour: str) -> None:
    """Draw a triangle in a corner at the top right."""
    points = [corner, corner + QPointF(-size, 0), corner + QPointF(0, size)]
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawPolygon(QPolygonF(points))
