"""The list of windows behind the chosen cells of the matrix."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QModelIndex,
    QPointF,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import (
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from studio.gui import theme as themes
from studio.gui.session import Session
from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.row_table import ROW, Index, RowTable, show_rows_in, width_columns

if TYPE_CHECKING:
    from studio.services.judged import Judged
    from studio.services.verdicts import Verdicts

PICTURE, WINDOW, TRUE, SAID, SCORE = range(5)
WIDTHS = (72, 0, 0, 0, 56)
MOST_LABEL = 180
"""Greatest width of a column of labels."""
SWATCH = 10
BESIDE_SWATCH = "    "
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Row:
    """One window in the list."""

    window: int
    """Its number in the test."""
    place: Place
    """Recording and first reading."""
    name: str
    seconds: float
    """Where it begins in its recording."""
    true: str
    said: str
    """Empty: unsure."""
    score: float
    done: str = ""
    """What a person did with it, such as "now wave"."""


def row_of(judged: "Judged", made: "Verdicts", number: int, *, done: str = "") -> Row:
    """Return what a list shows of a window."""
    if judged.windows is None:
        raise IndexError(number)
    recording_id = int(judged.windows.recording_id[number])
    start = int(judged.windows.start[number])
    recording = judged.recordings.get(recording_id)
    decided = int(made.decided[number])
    return Row(
        window=number,
        place=(recording_id, start),
        name=recording.name if recording else tr("deleted recording"),
        seconds=max(0, start) / (recording.sample_rate_hz if recording else 1.0),
        true=made.labels[int(made.truth[number])],
        said=made.labels[decided] if decided < len(made.labels) else "",
        score=float(made.confidence[number]),
        done=done,
    )


def open_in_data(session: Session, place: Place, length: int, *, page: str) -> None:
    """Show the sample that a window is of on the Data page."""
    path, (number, start) = session.project, place
    if path is None:
        return

    def read() -> int:
        from studio.services import judged

        return judged.sample_at(path, number, start, length)

    def show(sample: int) -> None:
        session.step_wanted.emit("Data")
        session.sample_wanted.emit(number, sample)

    session.read("test sample", read, show, place=page)


def read_pictures(
    session: Session,
    judged: "Judged | None",
    places: list[Place],
    table: "WindowTable",
    *,
    page: str,
) -> None:
    """Draw the signals of windows in a table as soon as they are read."""
    path = session.project
    if path is None or judged is None:
        return
    length = judged.length

    def read() -> "Mapping[Place, NDArray[np.float32]]":
        from studio.services import judged

        return judged.pictures(path, places, length)

    session.read("", read, table.add_pictures, place=page)


class WindowTable(RowTable):
    """The windows; pictures come later, as they are read."""

    rows: list[Row]

    def __init__(self) -> None:
        names = (tr("signal"), tr("window"), tr("true"), tr("decided"), tr("score"))
        super().__init__(names, right=(SCORE,))
        self.pictures: dict[Place, NDArray[np.float32]] = {}

    def fill(self, rows: Sequence[Row]) -> None:
        """Show these windows."""
        self.beginResetModel()
        self.rows = list(rows)
        self.endResetModel()

    def add_pictures(self, pictures: Mapping[Place, NDArray[np.float32]]) -> None:
        """Take over pictures that were read."""
        self.pictures.update(pictures)
        if self.rows:
            last = self.index(len(self.rows) - 1, PICTURE)
            self.dataChanged.emit(self.index(0, PICTURE), last)

    def text(self, row: Row, column: int) -> str:
        """Return what a window's row says in a column."""
        return (
            "",
            f"{row.name} @ {row.seconds:.2f} s{f'  ({row.done})' if row.done else ''}",
            row.true,
            row.said or tr("unsure"),
            f"{row.score:.3f}",
        )[column]

    def more(self, row: Row, column: int, role: int) -> Any:
        """Return the name in full, and what a picture is of."""
        if role == Qt.ItemDataRole.ToolTipRole and column == WINDOW:
            return self.text(row, column)
        if role == Qt.ItemDataRole.AccessibleTextRole and column == PICTURE:
            said = row.said or tr("unsure")
            return tr(
                "{window}, true {true}, decided {said}", window=row.name, true=row.true, said=said
            )
        return None


class _Painter(QStyledItemDelegate):
    """Draws the small signal, and a swatch before a label's name."""

    def __init__(self, parent: QWidget, theme: Theme) -> None:
        super().__init__(parent)
        self.theme = theme
        self.labels: list[str] = []

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        """Leave room for the swatch."""
        super().initStyleOption(option, index)
        if index.column() in (TRUE, SAID):
            option.text = BESIDE_SWATCH + option.text

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one cell."""
        super().paint(painter, option, index)
        model = index.model()
        if not isinstance(model, WindowTable):
            return
        row = model.rows[index.row()]
        rect = QRectF(option.rect)
        if index.column() == PICTURE and row.place in model.pictures:
            self._draw_signal(painter, rect, model.pictures[row.place])
        elif index.column() in (TRUE, SAID):
            label = row.true if index.column() == TRUE else row.said
            if label:
                y = rect.center().y() - SWATCH / 2
                swatch = QRectF(rect.left() + 6, y, SWATCH, SWATCH)
                painter.fillRect(swatch, QColor(themes.label_colour(label, self.labels)))
                painter.setPen(QColor(self.theme["control"]))
                painter.drawRect(swatch)

    def _draw_signal(self, painter: QPainter, rect: QRectF, picture: NDArray[np.float32]) -> None:
        area = rect.adjusted(4, 4, -4, -4)
        step = area.width() / picture.shape[1]
        middle, half = area.center().y(), area.height() / 2
        lower = [
            QPointF(area.left() + i * step, middle - half * float(value))
            for i, value in enumerate(picture[0])
        ]
        upper = [
            QPointF(area.left() + i * step, middle - half * float(value))
            for i, value in enumerate(picture[1])
        ]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = QColor(self.theme["audio"])
        painter.setPen(QPen(colour, 1))
        painter.setBrush(colour)
        painter.drawPolygon(QPolygonF(upper + lower[::-1]))
        painter.restore()


class WindowList(QTableView):
    """The table; tells which window is chosen and which pictures it lacks.

    Signals
    -------
    picked : (int)
        Row of the chosen window, -1 for none.
    opened : ()
        Enter or a double click.
    wanting : (list)
        Places of visible windows without a picture.
    """

    picked = Signal(int)
    opened = Signal()
    wanting = Signal(list)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.table = WindowTable()
        self._painter = _Painter(self, theme)
        show_rows_in(self, self.table, tr("Windows behind the chosen cells"))
        self.setItemDelegate(self._painter)
        self.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        self.horizontalHeader().setMinimumSectionSize(40)
        width_columns(self, WIDTHS)
        stretch = QHeaderView.ResizeMode.Stretch
        self.horizontalHeader().setSectionResizeMode(WINDOW, stretch)
        self.selectionModel().currentRowChanged.connect(self._pick)
        self.activated.connect(lambda _: self.opened.emit())
        self._asking = QTimer(self, interval=60, singleShot=True)
        self._asking.timeout.connect(self._ask)
        self.verticalScrollBar().valueChanged.connect(lambda _: self._asking.start())

    def sizeHint(self) -> QSize:
        """Return a small size: what is beside it decides."""
        return QSize(400, 40)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self._painter.theme = theme
        self._fit_labels()
        self.viewport().update()

    def show_rows(self, rows: Sequence[Row], labels: Sequence[str], *, keep: int = -1) -> None:
        """Show these windows; the one numbered `keep` stays chosen, else the first is."""
        self._painter.labels = list(labels)
        self._fit_labels()
        self.table.fill(rows)
        at = next((place for place, row in enumerate(rows) if row.window == keep), 0)
        if rows:
            self.setCurrentIndex(self.table.index(at, WINDOW))
        else:
            self.picked.emit(-1)
        self._asking.start()

    def _fit_labels(self) -> None:
        """Make the columns of labels as wide as the longest one, in the text size there is."""
        width = QFontMetrics(self._painter.theme.font("body")).horizontalAdvance
        names = (*self._painter.labels, tr("unsure"))
        need = min(MOST_LABEL, max(width(BESIDE_SWATCH + name) for name in names) + 24)
        width_columns(self, (0, 0, need, need, 0))

    def step(self, by: int) -> None:
        """Choose the next window, or the one before."""
        at = self.currentIndex().row() + by
        if 0 <= at < len(self.table.rows):
            self.setCurrentIndex(self.table.index(at, WINDOW))

    @property
    def row(self) -> Row | None:
        """The chosen window."""
        at = self.currentIndex().row()
        return self.table.rows[at] if 0 <= at < len(self.table.rows) else None

    def _pick(self, current: QModelIndex) -> None:
        self.picked.emit(current.row())

    def _ask(self) -> None:
        """Ask for the pictures of what is visible and a page more."""
        first = max(0, self.rowAt(0))
        count = self.viewport().height() // ROW + 2
        rows = self.table.rows[first : first + 2 * count]
        lacking = [row.place for row in rows if row.place not in self.table.pictures]
        if lacking:
            self.wanting.emit(lacking)
