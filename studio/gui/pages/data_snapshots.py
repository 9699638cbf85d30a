"""The panel of snapshots: named states of the data, compared in words, restored."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout

from studio.errors import StudioError
from studio.events import Reporter
from studio.gui.pages.data_changes import PLACE
from studio.gui.pages.data_side import SidePanel, button, clear, combo, in_row
from studio.gui.texts import counted, tr
from studio.gui.widgets.panel import words

LIST_HEIGHT = 132
NAME = Qt.ItemDataRole.UserRole


class SnapshotsPanel(SidePanel):
    """Keep the state of the data under a name; see what differs; go back."""

    TITLE = "Snapshots"

    def build(self) -> None:
        """Make the content."""
        self.say(tr("A snapshot remembers samples, labels, splits and notes."))
        self.say(tr("Restoring one can be undone."))
        self.name = QLineEdit()
        self.name.setPlaceholderText(tr("before cleaning"))
        self.save = button(tr("Save"), tr("Keep the data as they are now (Enter)"))
        self.field(tr("Name"), self.name, self.save)
        self.list = QListWidget()
        self.list.setFixedHeight(LIST_HEIGHT)
        self.list.setWordWrap(True)
        self.list.setAccessibleName(tr("Snapshots"))
        self.box.addWidget(self.list)
        self.none = words(tr("No snapshots yet."), "hint")
        self.box.addWidget(self.none)
        self.other = combo([(tr("the data now"), "")])
        self.compare = button(tr("Compare"), tr("Say in words what differs"))
        self.field(tr("Compare the chosen one with"), self.other, self.compare)
        self.differs = QVBoxLayout()
        self.differs.setSpacing(4)
        self.box.addLayout(self.differs)
        self.show_them = button(tr("Show these samples"), tr("In the table"))
        self.show_them.hide()
        self.box.addWidget(self.show_them)
        self.restore = button(tr("Restore"), tr("Make the data what they were then"))
        self.remove = button(tr("Forget"), tr("Forget the snapshot; the data stay"))
        self.box.addLayout(in_row(self.restore, self.remove))
        self._ids: frozenset[int] = frozenset()
        self.name.returnPressed.connect(self._save)
        self.save.clicked.connect(self._save)
        self.compare.clicked.connect(self._compare)
        self.restore.clicked.connect(self._restore)
        self.remove.clicked.connect(self._remove)
        self.list.currentRowChanged.connect(lambda _row: self._show_buttons())
        self.show_them.clicked.connect(
            lambda: self.library.show_only(self._ids, tr("Added or changed"))
        )

    def show_state(self) -> None:
        """Read the snapshots."""
        path = self.session.project
        if path is None or not self.isVisible():
            return

        def read() -> Any:
            from studio.services import history

            try:
                return history.snapshots(path)
            except StudioError:
                return {"snapshots": []}

        self.session.read("snapshots", read, self._show, place=PLACE)

    def _show(self, found: Mapping[str, Any]) -> None:
        rows = list(reversed(found["snapshots"]))
        names = [row["name"] for row in rows]
        if names == [self.list.item(at).data(NAME) for at in range(self.list.count())]:
            self._show_buttons()
            return
        self.list.clear()
        self.other.clear()
        self.other.addItem(tr("the data now"), "")
        for row in rows:
            when = datetime.fromisoformat(row["at"]).astimezone().strftime("%Y-%m-%d %H:%M")
            count = counted(row["samples"], "{n} sample", "{n} samples")
            item = QListWidgetItem(f"{row['name']}\n{when}, {count}")
            item.setData(NAME, row["name"])
            item.setToolTip(row["name"])
            self.list.addItem(item)
            self.other.addItem(row["name"], row["name"])
        if rows:
            self.list.setCurrentRow(0)
        self._show_buttons()

    def _chosen(self) -> str:
        item = self.list.currentItem()
        return str(item.data(NAME)) if item else ""

    def _show_buttons(self) -> None:
        some = bool(self.list.count())
        self.list.setVisible(some)
        self.none.setVisible(not some)
        for widget in (self.compare, self.restore, self.remove):
            widget.setEnabled(bool(self._chosen()) and not self.session.working)

    def _save(self) -> None:
        name, path = self.name.text().strip(), self.session.path
        if not name:
            return

        def work() -> Any:
            from studio.services import history

            return history.save_snapshot(path, name)

        def done(made: Mapping[str, Any]) -> None:
            self.name.clear()
            self.session.say(tr("Kept as “{name}”", name=made["name"]))
            self.show_state()

        self.session.read("", work, done, place=PLACE)

    def _compare(self) -> None:
        path, old, new = self.session.path, self._chosen(), str(self.other.currentData() or "")

        def read() -> Any:
            from studio.services import history

            return history.differences(path, old, new)

        self.session.read("differences", read, self._show_differences, place=PLACE)

    def _show_differences(self, found: Mapping[str, Any]) -> None:
        clear(self.differs)
        said = found["sentences"] or [tr("Nothing differs.")]
        for sentence in said:
            self.differs.addWidget(words(sentence, wrap=True))
        self._ids = frozenset(found["ids"])
        self.show_them.setVisible(bool(self._ids) and not found["new"])

    def _restore(self) -> None:
        path, name = self.session.path, self._chosen()

        def work(_report: Reporter) -> Any:
            from studio.services import history

            return history.restore(path, name)

        def done(_result: object) -> None:
            self.session.say(tr("The data are those of “{name}” (Ctrl+Z undoes it)", name=name))
            self.library.changes.done.emit()

        self.session.start(tr("Restoring a snapshot"), work, place=PLACE, done=done)

    def _remove(self) -> None:
        path, name = self.session.path, self._chosen()

        def work() -> Any:
            from studio.services import history

            return history.remove_snapshot(path, name)

        self.session.read("", work, self._show, place=PLACE)
