"""Two runs side by side: only what differs, the better figure in bold with an arrow."""

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QTableWidget, QTableWidgetItem

from studio.gui.pages.test_result import table
from studio.gui.texts import grouped, tr
from studio.gui.widgets.bars import size_text
from studio.gui.widgets.panel import Panel, words

FIGURES = {
    "int8_accuracy": "validation, int8",
    "float_accuracy": "validation, float",
    "worst_recall": "worst label",
    "tested": "test, int8",
    "ram_bytes": "model RAM",
    "flash_bytes": "model constants",
    "macs": "multiplications",
    "time_ms": "time per window",
    "parameters": "parameters",
}


class ComparePanel(Panel):
    """Shows the differences of two runs in place of the curves.

    Signals
    -------
    closed : ()
        The person has seen enough.
    """

    closed = Signal()

    def __init__(self) -> None:
        super().__init__(tr("Compared"))
        self.table: QTableWidget = table(("", "", "", ""), tr("Differences"))
        self.same = words("", "hint", wrap=True)
        self.close_it = QPushButton(tr("Back to the curves"))
        self.close_it.setToolTip(tr("Back to the curves (Esc)"))
        self.close_it.clicked.connect(self.closed)
        top = QHBoxLayout()
        self.box.removeWidget(self.heading)
        top.addWidget(self.heading, 1)
        top.addWidget(self.close_it)
        self.box.addLayout(top)
        self.box.addWidget(self.table, 1)
        self.box.addWidget(self.same)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go back to the curves with Escape."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
            return
        super().keyPressEvent(event)

    def show_differences(self, found: dict[str, Any]) -> None:
        """Show what `services.compare_runs.differences` returned."""
        numbers = [row["number"] for row in found["runs"]]
        first, second = (tr("run {number}", number=number) for number in numbers)
        self.heading.setText(
            tr("Run {first} and run {second}: what differs", first=numbers[0], second=numbers[1])
        )
        self.table.setHorizontalHeaderLabels(["", first, second, tr("difference")])
        rows = [
            *((_figure, row, row["better"]) for row in found["figures"]),
            *((_setting, row, None) for row in found["settings"]),
        ]
        self.table.setRowCount(len(rows))
        for line, (words_of, row, better) in enumerate(rows):
            texts = words_of(row)
            for column, text in enumerate(texts):
                self.table.setItem(line, column, _cell(text, column, bold=better == column - 1))
        alike = not found["figures"] and not found["settings"]
        self.same.setText(tr("Nothing differs.") if alike else tr("What is equal is left out."))


def _cell(text: str, column: int, *, bold: bool) -> QTableWidgetItem:
    cell = QTableWidgetItem(text if not bold or not column else f"▲ {text}")
    if column:
        cell.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    if bold and column in (1, 2):
        font = QFont(cell.font())
        font.setBold(True)
        cell.setFont(font)
        cell.setData(Qt.ItemDataRole.AccessibleTextRole, tr("{value}, better", value=text))
    cell.setToolTip(text)
    return cell


def _figure(row: dict[str, Any]) -> tuple[str, ...]:
    name, values = row["name"], row["values"]
    change = "" if None in values else _text(name, values[1] - values[0], signed=True)
    return (tr(FIGURES[name]), *(_text(name, value) for value in values), change)


def _text(name: str, value: Any, *, signed: bool = False) -> str:
    """Return a figure with its unit."""
    if value is None:
        return "–"
    sign = "+" if signed and value > 0 else "-" if signed and value < 0 else ""
    size = abs(value) if signed else value
    if name in ("int8_accuracy", "float_accuracy", "worst_recall", "tested"):
        return f"{sign}{100 * size:.1f} {tr('points') if signed else '%'}"
    if name.endswith("_bytes"):
        return sign + size_text(size)
    return f"{sign}{size:.1f} ms" if name == "time_ms" else sign + grouped(size)


def _setting(row: dict[str, Any]) -> tuple[str, ...]:
    def said(value: Any) -> str:
        if isinstance(value, bool):
            return tr("on") if value else tr("off")
        if isinstance(value, list):
            return ", ".join(str(one.get("name", one)) for one in value if isinstance(one, dict))
        return "–" if value is None else f"{value:g}" if isinstance(value, float) else str(value)

    name = str(row["name"]).replace("_", " ")
    return (name, *(said(value) for value in row["values"]), "")
