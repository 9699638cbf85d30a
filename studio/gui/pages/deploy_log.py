"""The build's log as a person reads it: the first error on top in plain words, the rest below."""

import re
from pathlib import Path

from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studio.gui.texts import counted, tr
from studio.gui.widgets.panel import words

MOST = 5000
_ERROR = re.compile(r"\b(fatal )?error\b|undefined symbol|overflowed by", re.IGNORECASE)
_WARNING = re.compile(r"\bwarning\b", re.IGNORECASE)


class BuildLog(QWidget):
    """Lines of a build; follows their end until a person scrolls up."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._at = -1
        self.problem = words("", "problem", wrap=True)
        self.problem.hide()
        self.go = QPushButton(tr("Go to the line (G)"))
        self.go.setToolTip(tr("Show the next error in the log (G)"))
        self.go.clicked.connect(self.next_error)
        self.go.hide()
        self.counts = words("", "hint")
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(tr("filter (Ctrl+F)"))
        self.filter.setAccessibleName(tr("Show only lines with"))
        self.filter.setClearButtonEnabled(True)
        name = self.filter.placeholderText()
        self.filter.setFixedWidth(self.filter.fontMetrics().horizontalAdvance(name) + 56)
        self.filter.textChanged.connect(self._fill)
        self.follow = QCheckBox(tr("follow"))
        self.follow.setChecked(True)
        self.follow.setToolTip(tr("Show the newest line; scrolling up ends that"))
        copy = QPushButton(tr("Copy"))
        copy.setAccessibleName(tr("Copy the log"))
        copy.clicked.connect(self.copy)
        save = QPushButton(tr("Save …"))
        save.setAccessibleName(tr("Save the log"))
        save.clicked.connect(self.save)
        self.text = QPlainTextEdit(readOnly=True)
        self.text.setAccessibleName(tr("Build log"))
        self.text.setMaximumBlockCount(MOST)
        self.text.setPlaceholderText(
            tr(
                "The build log appears here. The first build takes a minute or two, later ones "
                "seconds."
            )
        )
        bar = self.text.verticalScrollBar()
        bar.sliderMoved.connect(self._scrolled)
        bar.rangeChanged.connect(lambda _low, high: self._follow(high))
        self._lay_out(copy, save)
        self._count()

    def _lay_out(self, copy: QPushButton, save: QPushButton) -> None:
        self.tools = QWidget()
        """Goes where the page has room for it."""
        top = QHBoxLayout(self.tools)
        top.setContentsMargins(0, 0, 0, 0)
        top.setSpacing(8)
        for widget in (self.counts, self.filter, self.follow, copy, save):
            top.addWidget(widget)
        first = QHBoxLayout()
        first.addWidget(self.problem, 1)
        first.addWidget(self.go)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(first)
        column.addWidget(self.text, 1)

    def clear(self) -> None:
        """Start over."""
        self.lines, self._at = [], -1
        self.text.clear()
        self.show_problem("")
        self._count()

    def add(self, line: str) -> None:
        """Add a line."""
        self.lines.append(line)
        del self.lines[:-MOST]
        if self._wanted(line):
            self.text.appendPlainText(line)
        if self.follow.isChecked():
            self.text.moveCursor(QTextCursor.MoveOperation.End)
        self._count()

    def show_problem(self, text: str) -> None:
        """Put what went wrong on top, in plain words."""
        self.problem.setText(text)
        self.problem.setVisible(bool(text))
        self.go.setVisible(bool(text) and any(map(_ERROR.search, self.lines)))

    def _wanted(self, line: str) -> bool:
        return self.filter.text().casefold() in line.casefold()

    def _fill(self) -> None:
        self.text.setPlainText("\n".join(filter(self._wanted, self.lines)))
        self._at = -1

    def _count(self) -> None:
        errors = sum(1 for line in self.lines if _ERROR.search(line))
        warnings = sum(1 for line in self.lines if _WARNING.search(line))
        parts = (
            counted(errors, "{n} error", "{n} errors"),
            counted(warnings, "{n} warning", "{n} warnings"),
            counted(len(self.lines), "{n} line", "{n} lines"),
        )
        self.counts.setText("   ".join(parts))

    def _follow(self, end: int) -> None:
        """Stay at the end also when there is less room than before."""
        if self.follow.isChecked():
            self.text.verticalScrollBar().setValue(end)

    def _scrolled(self, place: int) -> None:
        bar = self.text.verticalScrollBar()
        self.follow.setChecked(place >= bar.maximum())

    def next_error(self) -> None:
        """Show the next line that says error; after the last, the first."""
        document = self.text.document()
        found = [
            place
            for place in range(document.blockCount())
            if _ERROR.search(document.findBlockByNumber(place).text())
        ]
        if not found:
            return
        self.follow.setChecked(False)
        self._at = next((place for place in found if place > self._at), found[0])
        cursor = QTextCursor(document.findBlockByNumber(self._at))
        cursor.select(QTextCursor.SelectionType.LineUnderCursor)
        self.text.setTextCursor(cursor)
        self.text.centerCursor()
        self.text.setFocus()

    def copy(self) -> None:
        """Put the whole log where it can be pasted from."""
        QGuiApplication.clipboard().setText("\n".join(self.lines))

    def save(self) -> None:
        """Write the log to a file that a person chooses."""
        name, _ = QFileDialog.getSaveFileName(self, tr("Save the log"), "build.log")
        if name:
            self.save_as(Path(name))

    def save_as(self, path: Path) -> None:
        """Write the log to a file."""
        try:
            path.write_text("\n".join(self.lines) + "\n", encoding="utf-8")
        except OSError as error:
            self.counts.setText(tr("Not saved: {why}", why=error.strerror or str(error)))
