"""The Deploy page's tables: boards, the model's operators, and what the compiler left of it."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from studio.gui.texts import grouped, tr
from studio.gui.theme import Theme

RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class PlainTable(QTableWidget):
    """A table to read, with numbers at the right and long texts over several lines.

    Parameters
    ----------
    wide : sequence of int
        Columns of texts, which take the room.
    least : int
        The column that is left out where there is no room for the whole table; -1: none is.
    """

    def __init__(
        self, name: str, heads: Sequence[str], *, wide: Sequence[int], least: int = -1
    ) -> None:
        super().__init__(0, len(heads))
        self._least = least
        self._wrap = QTimer(self, singleShot=True, interval=0)
        """Waits until all columns have their widths."""
        self._wrap.timeout.connect(self.resizeRowsToContents)
        self.setAccessibleName(name)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        for column, text in enumerate(heads):
            head_item = QTableWidgetItem(text)
            head_item.setTextAlignment(left if column in wide else RIGHT)
            self.setHorizontalHeaderItem(column, head_item)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.verticalHeader().hide()
        head = self.horizontalHeader()
        head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        for column in wide:
            head.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        self._wide = set(wide)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's text size."""
        self.verticalHeader().setMinimumSectionSize(theme.px("row"))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Part the room anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Leave out what has no room, then give each row the lines that it needs."""
        if self._least >= 0:
            columns = range(self.columnCount())
            self.setColumnHidden(self._least, False)
            wanted = sum(self.sizeHintForColumn(column) for column in columns)
            self.setColumnHidden(self._least, wanted > self.viewport().width())
        self._wrap.start()

    def show_rows(self, rows: Sequence[Sequence[str]]) -> None:
        """Show these texts."""
        self.setRowCount(len(rows))
        for line, row in enumerate(rows):
            for column, text in enumerate(row):
                item = QTableWidgetItem(text)
                if column not in self._wide:
                    item.setTextAlignment(RIGHT)
                self.setItem(line, column, item)
        self._fit()


class BoardTable(PlainTable):
    """What each board has of what it would need."""

    def __init__(self) -> None:
        heads = [tr("board"), tr("RAM"), tr("flash"), tr("time"), tr("does it fit")]
        super().__init__(tr("Boards"), heads, wide=(0, 4))

    def show_boards(self, rows: Sequence[dict[str, Any]]) -> None:
        """Show these boards."""
        self.show_rows(_board_rows(rows))


class OperatorTables(QWidget):
    """What the model is made of, and what each step of the compiler left of it."""

    def __init__(self) -> None:
        super().__init__()
        self.operators = PlainTable(
            tr("Operators of the model"),
            [tr("operator"), tr("output"), tr("MACs"), tr("bytes")],
            wide=(0,),
            least=1,
        )
        self.passes = PlainTable(
            tr("What the compiler's steps left"),
            [tr("after this step"), tr("MACs"), tr("constants"), tr("RAM")],
            wide=(0,),
            least=1,
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(self.operators, 1)
        row.addWidget(self.passes, 1)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's text size."""
        self.operators.set_theme(theme)
        self.passes.set_theme(theme)

    def show_model(self, found: dict[str, Any] | None) -> None:
        """Show a model as of `deploy_way.operators`; None: it cannot be compiled."""
        self.operators.show_rows(_operator_rows(found) if found else [])
        self.passes.show_rows(_pass_rows(found) if found else [])


def _kib(size: float, *, about: bool = False) -> str:
    """Return bytes in KiB."""
    return f"{'~' if about else ''}{grouped(size / 1024, '.1f')} KiB"


def _board_rows(rows: Sequence[dict[str, Any]]) -> list[list[str]]:
    """Return boards as a table's rows: what each has of what it would need."""
    found = []
    for row in rows:
        about = bool(row["estimated"])
        tilde = "~" if about else ""
        fits = tr("✓ fits (measured)") if not about else tr("✓ fits (estimate)")
        found.append(
            [
                tr("{title} (chosen)", title=row["title"]) if row["chosen"] else row["title"],
                _of_limit(row, "ram", about=about),
                _of_limit(row, "flash", about=about),
                f"{tilde}{grouped(row['ms'], '.1f')} / {row['stride_ms']:g} ms",
                fits if row["fits"] else f"✕ {row['why']}",
            ]
        )
    return found


def _of_limit(row: dict[str, Any], memory: str, *, about: bool) -> str:
    limit = grouped(row[f"{memory}_limit_bytes"] / 1024, ".0f")
    return f"{_kib(row[f'{memory}_bytes'], about=about)} / {limit}"


def _operator_rows(found: dict[str, Any]) -> list[list[str]]:
    """Return the model's operators as a table's rows."""
    return [
        [
            layer["op"],
            " x ".join(str(size) for size in layer["shape"]),
            grouped(layer["macs"]),
            f"{grouped(layer['bytes'])} B",
        ]
        for layer in found["layers"]
    ]


def _pass_rows(found: dict[str, Any]) -> list[list[str]]:
    """Return what each step of the compiler left as a table's rows."""
    return [
        [
            row["name"],
            grouped(row["macs"]) if row["macs"] >= 0 else "-",
            _kib(row["constants_bytes"]) if row["constants_bytes"] >= 0 else "-",
            _kib(row["arena_bytes"]) if row["arena_bytes"] >= 0 else "-",
        ]
        for row in found["passes"]
    ]
