"""Where readings may come from: ports that come and go by themselves, with what is in the way."""

import time
from typing import Any

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QBrush, QColor, QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
)

from studio.gui.icons import icon
from studio.gui.link import short_name
from studio.gui.pages.boards_sources import OtherSources, push_button
from studio.gui.reader import Reader
from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.panel import Panel, words

LOOK_MS = 1500
MICROPHONES_EVERY = 8
"""Looks; to list them takes longer."""
GONE_S = 10.0
NEW_S = 2.0
ROW, MOST_ROWS = 38, 4
ICONS = {
    "serial": "ri.usb-line",
    "virtual": "ph.circle-dashed",
    "microphone": "ph.microphone",
    "file": "ph.file",
}


class PortsPanel(Panel):
    """The list of ports; the chosen one can be connected.

    Signals
    -------
    connect_wanted, beside_wanted : (str)
        The signal of this port is to be shown, in the place of others or beside them.
    disconnect_wanted, stop_wanted : (str)
        The port is to be given back; the virtual board behind it is to be switched off.
    virtual_wanted : (str)
        A virtual board that plays this example is to be started.
    firmware_wanted : ()
        The board in use is to get the firmware that streams.
    """

    connect_wanted = Signal(str)
    beside_wanted = Signal(str)
    disconnect_wanted = Signal(str)
    stop_wanted = Signal(str)
    virtual_wanted = Signal(str)
    firmware_wanted = Signal()

    def __init__(self, theme: Theme, examples: dict[str, str]) -> None:
        super().__init__(tr("Where readings come from"))
        self._theme = theme
        self._rows: dict[str, dict[str, Any]] = {}
        self._files: list[dict[str, Any]] = []
        self._microphones: list[dict[str, Any]] = []
        self._came: dict[str, float] = {}
        self._gone: dict[str, tuple[dict[str, Any], float]] = {}
        self._states: dict[str, str] = {}
        self.titles = {"virtual://virtual": tr("Virtual board")}
        """Better names than the port's own: what a virtual board plays."""
        self._used, self._idle = False, True
        self._looks = 0
        self._reader = Reader(self)
        self._make(examples)
        self._show_choice()
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self.look)

    def _make(self, examples: dict[str, str]) -> None:
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Ports"))
        self.list.setIconSize(QSize(20, 20))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setWordWrap(True)
        self.list.currentItemChanged.connect(lambda *_: self._show_choice())
        self.list.itemActivated.connect(lambda _: self.toggle())
        self.list.hide()
        # as long as what will stand there: what is below must not move under a hand
        looking = tr(
            "Looking for boards … Use a cable that carries data, not only power; press reset "
            "twice on Nano boards. Or carry on without one:"
        )
        self.nothing = words(looking, "hint", wrap=True)
        self.why = words("", "advice", wrap=True)
        self._make_buttons()
        self.other = OtherSources(examples)
        self.other.virtual_wanted.connect(self.virtual_wanted)
        self.other.file_chosen.connect(self.add_file)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for widget in (self.link, self.beside, self.off):
            buttons.addWidget(widget, 1)
        for above in (self.nothing, self.list, self.why):
            self.box.addWidget(above)
        self.box.addLayout(buttons)
        for below in (self.firmware, self.others, self.other):
            self.box.addWidget(below)

    def _make_buttons(self) -> None:
        self.link = push_button(tr("Connect"), "", self.toggle)
        self.beside = push_button(
            tr("Beside"),
            tr("Show and record this board beside the others"),
            lambda: self.beside_wanted.emit(self.chosen),
        )
        self.off = push_button(
            tr("Switch off"),
            tr("End this virtual board; its flash memory stays"),
            lambda: self.stop_wanted.emit(self.chosen),
        )
        self.firmware = push_button(
            tr("Put the streaming firmware on it"),
            tr("Flash the firmware that streams the signal of its sensor"),
            self.firmware_wanted.emit,
        )
        self.others = push_button(tr("Other sources"), tr("Start a virtual board, or play a file"))
        self.others.setProperty("role", "quiet")
        self.others.setCheckable(True)
        self.others.toggled.connect(lambda _: self._show_choice())

    # -- what there is ---------------------------------------------------------------------------

    def look(self) -> None:
        """List the ports again, without waiting for the answer."""
        self._looks += 1
        microphones = self._looks % MICROPHONES_EVERY == 1

        def read() -> list[dict[str, Any]]:
            from studio.events import Quiet
            from studio.services import ports

            return ports.listed(Quiet(), microphones=microphones)

        def done(rows: list[dict[str, Any]]) -> None:
            if microphones:
                self._microphones = [row for row in rows if row["kind"] == "microphone"]
            boards = [row for row in rows if row["kind"] != "microphone"]
            self.take([*boards, *self._microphones, *self._files])

        self._reader.ask("ports", read, done, lambda error: self.why.setText(error.message))

    def rescan(self) -> None:
        """Look at everything, microphones too."""
        self._looks = 0
        self.look()

    def take(self, rows: list[dict[str, Any]]) -> None:
        """Show what there is now; what has gone stays grey for a while."""
        now = time.monotonic()
        found = {row["port"]: row for row in rows}
        for port, row in self._rows.items():
            if port not in found:
                self._gone[port] = (row, now)
        for port in found:
            self._gone.pop(port, None)
            if port not in self._rows:
                self._came[port] = now if self._rows or self._looks > 1 else 0.0
        self._gone = {port: one for port, one in self._gone.items() if now - one[1] < GONE_S}
        self._rows = found
        self.nothing.setText(
            tr(
                "No board found. Use a cable that carries data, not only power; press reset "
                "twice on Nano boards. Or carry on without one:"
            )
        )
        self._show()

    def set_states(self, states: dict[str, str], *, used: bool) -> None:
        """Say of ports in use how they are: `linked`, `recording`; and whether one is chosen."""
        if states != self._states or used != self._used:
            self._states, self._used = dict(states), used
            self._show()

    @property
    def chosen(self) -> str:
        """The port that is chosen; empty without one."""
        item = self.list.currentItem()
        return str(item.data(Qt.ItemDataRole.UserRole)) if item is not None else ""

    @property
    def present(self) -> list[str]:
        """The ports that there are."""
        return list(self._rows)

    def title(self, port: str) -> str:
        """Return the name of a port."""
        row = self._rows.get(port)
        if port in self.titles:
            return self.titles[port]
        return str(row["title"]) if row else short_name(port)

    def choose(self, port: str) -> None:
        """Choose a port."""
        for place in range(self.list.count()):
            if self.list.item(place).data(Qt.ItemDataRole.UserRole) == port:
                self.list.setCurrentRow(place)

    def _show(self) -> None:
        chosen, now = self.chosen, time.monotonic()
        rows = list(self._rows.values()) + [row for row, _ in self._gone.values()]
        listed = {row["port"] for row in rows}
        rows += [_unlisted(port) for port in self._states if port not in listed]
        self.list.blockSignals(True)
        while self.list.count() > len(rows):
            self.list.takeItem(self.list.count() - 1)
        while self.list.count() < len(rows):
            self.list.addItem(QListWidgetItem())
        for place, row in enumerate(rows):
            self._show_row(self.list.item(place), row, now)
        self.list.blockSignals(False)
        if chosen in self._rows or chosen in self._states:
            self.choose(chosen)
        elif rows and (self.list.currentRow() < 0 or chosen not in self._gone):
            self.choose(next(iter(self._states), rows[0]["port"]))
        row_height = round(ROW * self._theme.percent / 100)
        self.list.setFixedHeight(min(MOST_ROWS, max(1, len(rows))) * row_height + 8)
        self.nothing.setVisible(not self._rows and not self._states)
        self.list.setVisible(bool(rows))
        self._show_choice()

    def _show_row(self, item: QListWidgetItem, row: dict[str, Any], now: float) -> None:
        port = row["port"]
        gone = self._gone.get(port)
        if gone is not None:
            state = tr("gone {s} s ago", s=f"{now - gone[1]:.0f}")
        else:
            trouble = tr("cannot be opened now") if row.get("trouble") else ""
            state = self._states.get(port) or trouble or _details(row)
        title = self.titles.get(port, row["title"])
        text = f"{title}\n{state}"
        colour = self._theme["text_3" if gone else "text"]
        if item.text() != text or item.data(Qt.ItemDataRole.UserRole) != port:
            item.setText(text)
            item.setToolTip(f"{title}\n{port}\n{_details(row)}".strip())
            item.setData(Qt.ItemDataRole.UserRole, port)
        item.setIcon(icon(ICONS.get(row["kind"], "ph.cpu"), colour))
        item.setForeground(QColor(colour))
        new = now - self._came.get(port, 0.0) < NEW_S
        item.setBackground(QColor(self._theme["accent_soft"]) if new else QBrush())

    def _show_choice(self) -> None:
        row = self._rows.get(self.chosen)
        linked = self.chosen in self._states
        self.link.setText(tr("Disconnect") if linked else tr("Connect"))
        self.link.setToolTip(
            tr("Give the port back (Ctrl+L)") if linked else tr("Show its signal (Ctrl+L)")
        )
        self.link.setEnabled(self._idle and bool(self.chosen))
        self.beside.setVisible(bool(self.chosen) and bool(self._states) and not linked)
        self.link.setVisible(bool(self._rows))
        folded = self._used and bool(self._rows or self._states)
        self.others.setVisible(folded)
        self.other.setVisible(self.others.isChecked() or not folded)
        kind = row["kind"] if row is not None else ""
        self.off.setVisible(kind == "virtual")
        self.firmware.setVisible(linked and kind in ("virtual", "serial"))
        trouble = row.get("trouble", "") if row is not None and not linked else ""
        self.why.setText(f"{trouble} {row['remedy']}" if row is not None and trouble else "")
        self.why.setVisible(bool(trouble))

    def set_enabled(self, idle: bool) -> None:
        """Allow or forbid to change anything: a job has the port."""
        self._idle = idle
        self.link.setEnabled(idle and bool(self.chosen))
        for widget in (self.beside, self.off, self.firmware, self.other):
            widget.setEnabled(idle)

    def toggle(self) -> None:
        """Connect or disconnect the chosen port."""
        if not self.chosen or not self.link.isEnabled():
            return
        wanted = self.disconnect_wanted if self.chosen in self._states else self.connect_wanted
        wanted.emit(self.chosen)

    def add_file(self, path: str) -> None:
        """Offer a file as a source that plays again and again."""
        url = f"file://{'' if path.startswith('/') else '/'}{path}?speed=1&loop=1"
        row = {"port": url, "title": short_name(url), "kind": "file", "board": "", "usb": ""}
        self._files = [one for one in self._files if one["port"] != url] + [row]
        self.take([*self._rows.values(), row])
        self.choose(url)

    # -- life ------------------------------------------------------------------------------------

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self._theme = theme
        self._show()

    def shut(self) -> None:
        """End for good."""
        self._timer.stop()
        self._reader.close()

    def showEvent(self, event: QShowEvent) -> None:
        """Look while visible."""
        self.look()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Rest while hidden."""
        self._timer.stop()


def _unlisted(port: str) -> dict[str, Any]:
    """Return a row for a port in use that is in no list, such as a file."""
    kind = port.partition("://")[0] if "://" in port else "serial"
    return {"port": port, "title": short_name(port), "kind": kind}


def _details(row: dict[str, Any]) -> str:
    number = row.get("serial_number", "")
    parts = [row.get("usb", ""), tr("number {number}", number=number) if number else ""]
    if row["kind"] == "virtual":
        parts = [tr("running")]
    elif row["kind"] == "serial":
        parts = [row["port"].rpartition("/")[2], *parts]
    elif row["kind"] == "file":
        parts = [tr("plays again and again")]
    elif row["kind"] == "microphone":
        parts = [tr("of this computer")]
    return "  ".join(part for part in parts if part)
