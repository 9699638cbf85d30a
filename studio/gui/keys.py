"""Keys: in words, bound while their page is shown, and all of them on one sheet (?)."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QGridLayout, QScrollArea, QWidget

from studio.gui import label_places
from studio.gui.commands import Command
from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.card import Card
from studio.gui.widgets.panel import ShortLabel, words

NUMBER_KEYS = "1234567890"
"""The keys that choose labels, in their order."""
ROOM = 264
"""In pixels, for what a key does."""


def label_keys(labels: Sequence[str]) -> dict[str, str]:
    """Return the labels that a key gives, by their keys, in the order of the keys."""
    places = {label_places.place(label, labels): label for label in labels}
    return {NUMBER_KEYS[at]: places[at] for at in sorted(places) if at < len(NUMBER_KEYS)}


def label_key(label: str, labels: Sequence[str]) -> str:
    """Return the key that gives a label; empty if none does."""
    at = label_places.place(label, labels)
    return NUMBER_KEYS[at] if at < len(NUMBER_KEYS) else ""


def key_words(keys: str) -> str:
    """Return a key as it is printed on this computer's keyboard."""
    said = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
    return (said or keys).replace("Return", "Enter")


def _short(text: str) -> ShortLabel:
    """Return a text of the sheet: the whole of it, unless it is as long as what Undo names."""
    line = ShortLabel(text)
    line.ensurePolished()
    line.setMinimumWidth(min(line.fontMetrics().horizontalAdvance(text) + 2, ROOM))
    return line


class PageKeys:
    """Binds the keys of a page's commands, once each; which command it is, is asked when pressed.

    A shortcut belongs to the page, so it acts while the page is shown. A text field that has the
    focus takes letters for itself.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._bound: dict[int, set[str]] = {}

    def bind(self, page: QWidget, commands: Callable[[], Sequence[Command]]) -> None:
        """Bind the keys of the commands that the page has now, as far as they are not yet."""
        bound = self._bound.setdefault(id(page), set())
        new = {one.keys for one in commands() if one.keys and one.bound} - bound
        if not new:
            return
        taken = {shortcut.key() for shortcut in page.findChildren(QShortcut)}
        for keys in new:
            bound.add(keys)
            sequence = QKeySequence(keys)
            if sequence in taken:
                continue
            taken.add(sequence)
            shortcut = QShortcut(sequence, page)
            name = sequence.toString()
            shortcut.activated.connect(lambda key=name: self._act(key, commands))

    def _act(self, key: str, commands: Callable[[], Sequence[Command]]) -> None:
        for command in commands():
            if QKeySequence(command.keys).toString() == key:
                if command.why_not:
                    self._say(command.why_not)
                else:
                    command.act()
                return


class KeySheet(Card):
    """All keys on one sheet: those that act everywhere, and those of the page that is shown."""

    def __init__(self, host: QWidget, theme: Theme) -> None:
        super().__init__(host, tr("All keys"), theme)
        self.view = QScrollArea(widgetResizable=True)
        self.view.setAccessibleName(tr("All keys"))
        self.box.addWidget(self.view)
        letters = tr("Letters act only while no text field has the focus.")
        self.box.addWidget(words(letters, "hint"))
        self.shown: list[tuple[str, str]] = []
        """The rows of the sheet: key and what it does."""

    def open(self, parts: Sequence[tuple[str, Sequence[Command]]]) -> None:
        """Show the commands that have a key, part by part: heading, commands."""
        sheet = QWidget()
        sheet.setObjectName("sheet")
        grid = QGridLayout(sheet)
        grid.setContentsMargins(0, 0, 16, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        self.shown = []
        for column, (heading, commands) in enumerate(parts):
            grid.addWidget(words(heading, "hint"), 0, 2 * column, 1, 2)
            rows = [(key_words(one.keys), one.text) for one in commands if one.keys]
            for row, (key, text) in enumerate(rows, 1):
                grid.addWidget(words(key, "key"), row, 2 * column, Qt.AlignmentFlag.AlignLeft)
                grid.addWidget(_short(text), row, 2 * column + 1)
            if not rows:
                none = words(tr("This page has no keys of its own."), "hint")
                grid.addWidget(none, 1, 2 * column, 1, 2)
            self.shown += rows
        grid.setRowStretch(grid.rowCount(), 1)
        self.view.setWidget(sheet)
        need = sheet.sizeHint()
        self.view.setMinimumSize(min(need.width() + 24, 960), min(need.height() + 8, 560))
        self.show_over(self.view)
