"""The command palette (Ctrl+K): everything that can be done, found by a few letters of it."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QListWidget, QListWidgetItem, QWidget

from studio.gui.commands import Command, found
from studio.gui.icons import icon
from studio.gui.keys import key_words
from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.card import Card
from studio.gui.widgets.panel import ShortLabel, words

WIDTH = 600
ROWS = 10
_MOVES = (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp)


class Palette(Card):
    """A field and the commands that fit what is typed."""

    def __init__(self, host: QWidget, theme: Theme) -> None:
        super().__init__(host, "", theme)
        self._commands: list[Command] = []
        self._found: list[Command] = []
        self.field = QLineEdit(placeholderText=tr("What do you want to do?"))
        self.field.setAccessibleName(tr("Search or run"))
        self.field.textChanged.connect(self._show)
        self.field.installEventFilter(self)
        self.list = QListWidget()
        self.list.setAccessibleName(tr("What can be done"))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the keys go to it through the field
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemClicked.connect(lambda _item: self._run())
        self.none = words(tr("Nothing has these letters. Try fewer of them."), "hint")
        for widget in (self.field, self.none, self.list):
            self.box.addWidget(widget)
        self.setAccessibleName(tr("Search or run"))

    def open(self, commands: Sequence[Command]) -> None:
        """Show these commands."""
        self._commands = list(commands)
        self.field.clear()
        self._show("")
        self.show_over(self.field)

    def place(self, room: QRect) -> QRect:
        """Return where it lies: under the search field, at the top."""
        width = min(WIDTH * self._theme.percent // 100, room.width())
        row = self._theme.px("row_wide")
        height = min(ROWS * row + 2 * row + 48, room.height())
        return QRect(
            QPoint(room.left() + (room.width() - width) // 2, room.top()), QSize(width, height)
        )

    def _show(self, typed: str) -> None:
        self._found = found(self._commands, typed)
        self.list.clear()
        for command in self._found:
            item = QListWidgetItem()
            item.setSizeHint(QSize(0, self._theme.px("row_wide")))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, command.text)
            self.list.addItem(item)
            self.list.setItemWidget(item, self._row(command))
        self.list.setCurrentRow(0)
        self.none.setVisible(not self._found)

    def _row(self, command: Command) -> QWidget:
        """Return a row: icon, what it does, why not now, its key."""
        theme = self._theme
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(4, 0, 8, 0)
        line.setSpacing(12)
        picture = words()
        picture.setFixedWidth(theme.px("icon") + 8)
        if command.icon:
            size = QSize(theme.px("icon"), theme.px("icon"))
            drawn = icon(command.icon, theme["text_2"])
            picture.setPixmap(drawn.pixmap(size, self.devicePixelRatioF()))
        line.addWidget(picture)
        if command.why_not:
            line.addWidget(words(command.text, "hint"))
            line.addWidget(ShortLabel(command.why_not, "hint"), 1)
        else:
            line.addWidget(ShortLabel(command.text), 1)
        if command.keys:
            key = words(key_words(command.keys), "key")
            line.addWidget(key, 0, Qt.AlignmentFlag.AlignVCenter)
        return row

    def _run(self) -> None:
        """Do the chosen command."""
        place = self.list.currentRow()
        if 0 <= place < len(self._found) and not self._found[place].why_not:
            command = self._found[place]
            self.put_away()
            command.act()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the arrow keys and Enter act on the list while the field has the focus."""
        if (
            watched is self.field
            and isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
        ):
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._run()
                return True
            if event.key() in _MOVES:
                self._move(event.key())
                return True
        return super().eventFilter(watched, event)

    def _move(self, key: int) -> None:
        step = {_MOVES[0]: 1, _MOVES[1]: -1, _MOVES[2]: ROWS - 1, _MOVES[3]: 1 - ROWS}
        place = self.list.currentRow() + step[Qt.Key(key)]
        self.list.setCurrentRow(min(max(0, place), self.list.count() - 1))
