"""Boards: the live signal and recording with a label."""

import contextlib
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
)

from studio.errors import ConfigError, DeviceError
from studio.events import Reporter
from studio.gui.notice import Notice
from studio.gui.pages.base import Page
from studio.gui.widgets.live_plot import LivePlot
from studio.gui.widgets.panel import Facts, Panel, words
from studio.types import Axis

EXAMPLES = {"keywords": "that hears words", "motion": "that is moved by a hand"}
SIDE = 288
NO_BOARD = (
    "The board's signal appears here.\n\n"
    "No board at hand? Use a virtual board: the real firmware runs on an emulated processor.\n"
    "Or run the whole demo: it records, trains, builds, flashes and tests by itself."
)
DECIDES = (
    "This board runs a model: it sends decisions, not its signal.\n\n"
    "See them on the Live page, or let it stream its signal again to record more."
)


class BoardsPage(Page):
    """Link a board, see its stream, record."""

    NAME = "Boards"
    STOP = "Stop recording"

    def build(self) -> None:
        """Make the widgets."""
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(16)
        grid.addWidget(self._board_panel(), 0, 0)
        grid.addWidget(self._record_panel(), 1, 0)
        signal = self.signal = Panel("Signal, last 10 s")
        self.plot = LivePlot(self.theme)
        self.themed = [self.plot]
        self.empty = words(NO_BOARD)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        signal.box.addWidget(self.empty, 1)
        signal.box.addWidget(self.plot, 1)
        grid.addWidget(signal, 0, 1, 2, 1)
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(1, 1)
        link = self.session.link
        link.described.connect(self._described)
        link.watched.connect(self._watch)
        link.closed.connect(self.plot.clear)
        self.session.board_changed.connect(self._show_board)
        self.session.working_changed.connect(self._show_board)
        self._axes: tuple[Axis, ...] = ()
        self._show_board()

    def _board_panel(self) -> Panel:
        panel = Panel("Board")
        panel.setFixedWidth(SIDE)
        self.port = QComboBox()
        self.port.setAccessibleName("Port of the board")
        self.port.setPlaceholderText("none yet")
        self.port.activated.connect(self._choose)
        self.about = Facts()
        self.about.hide()
        self.link = QPushButton("Link")
        self.link.setToolTip("Show the board's signal, or give its port back")
        self.link.clicked.connect(self._toggle_link)
        self.rescan = QPushButton("Look for boards")
        self.rescan.setToolTip("List the ports again")
        self.rescan.clicked.connect(self._rescan)
        self.kind = QComboBox()
        self.kind.setAccessibleName("What the virtual board's sensor plays")
        for name, text in EXAMPLES.items():
            self.kind.addItem(text, name)
        self.example = QPushButton("Use a virtual board")
        self.example.setToolTip("No board needed: the real firmware on an emulated Cortex-M4")
        self.example.clicked.connect(self._use_example)
        both = QHBoxLayout()
        both.setSpacing(8)
        both.addWidget(self.link)
        both.addWidget(self.rescan, 1)
        panel.box.addWidget(self.port)
        panel.box.addWidget(self.about)
        panel.box.addLayout(both)
        for widget in (
            words("Without a board: a virtual one", "hint"),
            self.kind,
            self.example,
        ):
            panel.box.addWidget(widget)
        panel.box.addStretch(1)
        return panel

    def _record_panel(self) -> Panel:
        panel = Panel("Record")
        panel.setFixedWidth(SIDE)
        self.label = QLineEdit(placeholderText="such as: start")
        self.label.setAccessibleName("Label")
        self.group = QLineEdit(placeholderText="person or place")
        self.group.setAccessibleName("Group")
        self.seconds = QDoubleSpinBox(minimum=0.5, maximum=3600, value=5, suffix=" s", decimals=1)
        self.seconds.lineEdit().setTextMargins(6, 0, 6, 0)
        self.seconds.setAccessibleName("Length in seconds")
        form = QFormLayout()
        form.setSpacing(8)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for name, field in (
            ("Label", self.label),
            ("Group", self.group),
            ("Length", self.seconds),
        ):
            head = words(name)
            head.setFixedHeight(32)
            form.addRow(head, field)
        panel.box.addLayout(form)
        hint = "A group (the person speaking, say) is never split between training and test."
        panel.box.addWidget(words(hint, "hint", wrap=True))
        self.outcome = words("", wrap=True)
        panel.box.addWidget(self.outcome)
        panel.box.addStretch(1)
        return panel

    def refresh(self) -> None:
        """Show the board as it is."""
        self._show_board()

    def facts(self) -> str:
        """Return one sentence for the header."""
        if not self.session.port:
            return "No board yet: use a virtual one, or plug a board in."
        if self.session.link.decides:
            return "The board runs a model and sends decisions, not its signal."
        return "Name what happens, press Record, and do it."

    def primary(self) -> tuple[str, bool]:
        """Return the primary button."""
        session = self.session
        if not session.port:
            return "Use a virtual board", not session.working
        if session.link.decides:
            return "Stream the signal again", not session.working
        return "Record", bool(session.project) and not session.working

    def act(self) -> None:
        """Record with the label, then go on showing the stream."""
        if not self.session.port:
            self._use_example()
        elif self.session.link.decides:
            self.session.stream_again()
        else:
            self._record()

    def _record(self) -> None:
        project, port = self.session.path, self.session.port
        label, group = self.label.text().strip(), self.group.text().strip()
        seconds = self.seconds.value()
        if not label:
            missing = ConfigError("The recording has no label.", "Name what is to be heard in it.")
            self.session.notify(self.NAME, Notice.of(missing))
            self.label.setFocus()
            return

        def work(report: Reporter) -> dict[str, Any]:
            from studio.services import acquire

            return acquire.record(
                project, port, seconds=seconds, label=label, group=group, report=report
            )

        self.outcome.setText("")
        self.session.with_port(
            f"Recording {seconds:g} s", work, place=self.NAME, done=self._recorded
        )

    def _recorded(self, result: dict[str, Any]) -> None:
        text = f"Saved {result['name']}: {result['seconds']:.1f} s."
        self.outcome.setText(f"{text} {result['warning']}".strip())

    def _described(self, axes: tuple[Axis, ...], rate: float) -> None:
        if axes != self._axes:
            self._axes = axes
            self.plot.set_axes(axes)
        names = ", ".join(axis.name for axis in axes)
        self.about.show()
        self.about.show_facts(
            {"rate": f"{rate:g} Hz", "axes": names, "firmware": self.session.link.firmware}
        )

    def _watch(self, name: str) -> None:
        from studio.services import acquire

        with contextlib.suppress(DeviceError):  # it has ended already: nothing to see
            self.plot.watch(acquire.ring(name), self._axes)

    def _show_board(self) -> None:
        link, port = self.session.link, self.session.port
        idle = not self.session.working
        self.link.setText("Unlink" if link.linked else "Link")
        self.link.setEnabled(bool(port) and idle and not link.decides)
        for widget in (self.rescan, self.example, self.port, self.kind):
            widget.setEnabled(idle)
        if port and self.port.findText(port) < 0:
            self.port.addItem(port)
        self.port.setCurrentText(port)
        self.empty.setText(DECIDES if link.decides else NO_BOARD)
        self.empty.setVisible(not port or link.decides)
        self.plot.setVisible(bool(port) and not link.decides)
        frozen = bool(port) and idle and not link.linked and self.plot.points > 0
        self.signal.heading.setText("Signal, frozen" if frozen else "Signal, last 10 s")
        self.kind.setCurrentIndex(max(0, self.kind.findData(self.session.example)))
        self.changed.emit()

    def _use_example(self) -> None:
        self.session.open_example(str(self.kind.currentData()))

    def _choose(self) -> None:
        port = self.port.currentText()
        if port != self.session.port:
            self.session.link.close(lambda: self.session.link.use(port))

    def _toggle_link(self) -> None:
        self.session.notify(self.NAME, None)
        if self.session.link.linked:
            self.session.link.close()
        else:
            self.session.link.open()

    def _rescan(self) -> None:
        from studio.services import ports

        def show(found: list[dict[str, Any]]) -> None:
            self.port.clear()
            self.port.addItems([row["port"] for row in found])
            self._show_board()

        self.session.start("Looking for boards", ports.listed, place=self.NAME, done=show)
