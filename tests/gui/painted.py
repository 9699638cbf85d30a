"""Which words do not fit where they are shown: in widgets, in heads and cells, and painted."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QFontMetricsF, QPainter
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QListView,
    QWidget,
)

from studio.gui.theme import load
from studio.gui.widgets.panel import ShortLabel
from studio.gui.widgets.short_button import ShortButton

OURS = "~"
"""Words of the studio in the made-up language have these; a person's names do not."""
MOST_ROWS = 30


@contextmanager
def cut_words() -> Iterator[list[str]]:
    """Yield a list that grows by each of the studio's words that is cut when it is painted."""
    found: list[str] = []

    def note(text: str) -> None:
        if OURS in text and text not in found:
            found.append(text)

    with pytest.MonkeyPatch.context() as patch:
        for kind in (QFontMetrics, QFontMetricsF):
            patch.setattr(kind, "elidedText", _shortening(kind.elidedText, note))
        patch.setattr(QPainter, "drawText", _drawing(QPainter.drawText, note))
        yield found


def _shortening(shorten: Any, note: Callable[[str], None]) -> Any:
    def elided(self: Any, text: str, *given: Any) -> str:
        short: str = shorten(self, text, *given)
        if short != text:
            note(text)
        return short

    return elided


def _drawing(draw: Any, note: Callable[[str], None]) -> Any:
    def drawn(self: QPainter, *given: Any) -> Any:
        if isinstance(given[0], (QRect, QRectF)) and len(given) == 3:
            box, flags, text = QRectF(given[0]), int(given[1]), given[2]
            need = self.boundingRect(box, flags, text)
            if not flags & Qt.TextFlag.TextDontClip and need.width() > box.width() + 1:
                note(text)
        return draw(self, *given)

    return drawn


def clipped(page: QWidget, cut: list[str]) -> list[str]:
    """Return what is shown with less room than its words need, and of `cut` what no tip tells."""
    seen = [widget for widget in page.findChildren(QWidget) if widget.isVisible()]
    tips = [widget.toolTip() for widget in seen]
    found = [f"{text!r} is cut" for text in cut if not any(text in tip for tip in tips)]
    for widget in seen:
        if isinstance(widget, QHeaderView):
            found += _cut_heads(widget)
        elif isinstance(widget, QAbstractItemView):
            found += _cut_cells(widget)
        elif isinstance(widget, QLineEdit):
            text = "" if widget.text() else widget.placeholderText()
            need = widget.fontMetrics().horizontalAdvance(text) + 8
            found += _short(text, widget.width(), need)
        elif not isinstance(widget, (ShortLabel, ShortButton)):  # these say themselves what is cut
            found += _cut_text(widget)
    return found


def _short(text: str, width: int, need: int) -> list[str]:
    return [f"{text!r} has {width} px, needs {need}"] if text and need > width + 1 else []


def _cut_text(widget: QWidget) -> list[str]:
    text = widget.text() if isinstance(widget, (QLabel, QAbstractButton)) else ""
    if isinstance(widget, QComboBox):
        text = widget.currentText()
    if not text or (isinstance(widget, QLabel) and widget.pixmap().width()):
        return []
    wide = 0 if isinstance(widget, QLabel) and widget.wordWrap() else widget.sizeHint().width()
    tall = widget.heightForWidth(widget.width()) if not wide else widget.sizeHint().height()
    if widget.layout():  # its words are those of its parts
        tall = 0
    low = [f"{text!r} is {widget.height()} px high, needs {tall}"]
    return _short(text, widget.width(), wide) + (low if tall > widget.height() + 1 else [])


def _cut_heads(heads: QHeaderView) -> list[str]:
    model, found, small = heads.model(), [], QFontMetrics(load("light").font("small"))
    table = heads.parent()
    margins = 8 if table and table.objectName() == "bands" else 16  # as in the style sheet
    shown = heads.count() if heads.orientation() is Qt.Orientation.Horizontal else 0
    for section in (one for one in range(shown) if not heads.isSectionHidden(one)):
        text = str(model.headerData(section, heads.orientation()) or "")
        need = small.horizontalAdvance(text) + margins
        found += _short(text, heads.sectionSize(section), need)
    return found


def _cut_cells(view: QAbstractItemView) -> list[str]:
    model, found = view.model(), []
    root = view.rootIndex()
    columns = 1 if isinstance(view, QListView) else model.columnCount(root) if model else 0
    for row in range(min(model.rowCount(root), MOST_ROWS) if model else 0):
        for index in (model.index(row, column, root) for column in range(columns)):
            text, box = index.data(), view.visualRect(index)
            if isinstance(text, str) and OURS in text and box.width():
                found += _short(text, box.width(), view.sizeHintForIndex(index).width())
    return found
