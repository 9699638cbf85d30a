"""Plugins: what is plugged in, what each adds, and where one's own go; a card over the page."""

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtWidgets import QHeaderView, QPushButton, QTableView, QWidget

from studio.gui.icons import icon
from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.card import Card
from studio.gui.widgets.panel import words
from studio.gui.widgets.row_table import RowTable, show_rows_in

if TYPE_CHECKING:
    from studio.services.plugins import PluginRow

WIDTH, HEIGHT = 640, 520
NAME, KIND, FROM, VERSION = range(4)


class PluginTable(RowTable):
    """The plugins; one that cannot be used says why."""

    rows: "list[PluginRow]"

    def __init__(self, theme: Theme) -> None:
        super().__init__((tr("plugin"), tr("kind"), tr("from"), tr("version")), right=(VERSION,))
        self.theme = theme

    def fill(self, rows: "list[PluginRow]") -> None:
        """Show these."""
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def text(self, row: "PluginRow", column: int) -> str:
        """Return what a row says in a column."""
        if column == KIND:
            return tr("cannot be used") if row.error else ", ".join(map(tr, row.kinds))
        whose = tr("the studio") if row.shipped else tr("you")
        return {NAME: row.name, FROM: whose, VERSION: row.version}[column]

    def more(self, row: "PluginRow", column: int, role: int) -> Any:
        """Return the mark of one that cannot be used."""
        if role == Qt.ItemDataRole.DecorationRole and column == NAME and row.error:
            return icon("ph.warning", self.theme["warn"])
        return None


class PluginsCard(Card):
    """The list, and the way to the folder of one's own.

    Signals
    -------
    folder_wanted : ()
        The folder for one's own plugins is to be opened.
    """

    folder_wanted = Signal()

    def __init__(self, host: QWidget, theme: Theme) -> None:
        self.table = PluginTable(theme)
        super().__init__(host, tr("Plugins"), theme)
        self.left = 0
        """Where the page begins: the card lies beside the rail."""
        self.view = QTableView()
        show_rows_in(self.view, self.table, tr("Plugins"))
        head = self.view.horizontalHeader()
        head.setHighlightSections(False)
        for column in (KIND, FROM, VERSION):
            head.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        head.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        self.view.selectionModel().currentRowChanged.connect(lambda *_: self._tell())
        self.box.addWidget(self.view, 1)
        self.chosen = words("", wrap=True)
        self.chosen.setTextFormat(Qt.TextFormat.PlainText)  # names are other people's
        self.box.addWidget(self.chosen)
        about = tr(
            "A plugin is a folder with a file plugin.toml. Put your own into the folder below; "
            "they are there from the next start on."
        )
        self.box.addWidget(words(about, "hint", wrap=True))
        self.folder = QPushButton(tr("Open the folder for your plugins"))
        self.folder.setToolTip(tr("Make it if it is not there, and show it on the desktop"))
        self.folder.clicked.connect(self.folder_wanted)
        self.box.addWidget(self.folder, 0, Qt.AlignmentFlag.AlignLeft)

    def fill(self, rows: "list[PluginRow]") -> None:
        """Show these, the first one chosen."""
        self.table.fill(rows)
        self.view.selectRow(0)
        self._tell()

    def _tell(self) -> None:
        """Say what the chosen one adds, and where it lies; or why it cannot be used."""
        place = self.view.currentIndex().row()
        if not 0 <= place < len(self.table.rows):
            self.chosen.setText("")
            return
        row = self.table.rows[place]
        known = {"folder": str(row.folder), "error": row.error, "titles": ", ".join(row.titles)}
        self.chosen.setText(
            tr("{folder} cannot be used: {error}.", **known)
            if row.error
            else tr("It adds: {titles}. It lies in {folder}.", **known)
        )

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours and sizes."""
        super().set_theme(theme)
        self.table.theme = theme

    def place(self, room: QRect) -> QRect:
        """Return where it lies: at the bottom left, beside its button."""
        width, height = min(WIDTH, room.width()), min(HEIGHT, room.height())
        corner = QPoint(room.left() + self.left, room.bottom() - height)
        return QRect(corner, QPoint(corner.x() + width, corner.y() + height))
