"""Boards: the live signal and recording with a label."""

from functools import partial
from typing import Any

from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QGridLayout,
    QLineEdit,
    QPushButton,
)

from studio.events import Reporter
from studio.gui.pages.base import Page
from studio.gui.widgets.live_plot import LivePlot
from studio.gui.widgets.panel import Facts, Panel, words
from studio.types import Axis


class BoardsPage(Page):
    """Link a board, see its stream, record."""

    NAME = "Boards"

    def build(self) -> None:
        """Make the widgets."""
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(16)
        grid.addWidget(self._board_panel(), 0, 0)
        grid.addWidget(self._record_panel(), 1, 0)
        signal = Panel("Signal, last 10 s")
        self.plot = LivePlot(self.theme)
        signal.box.addWidget(self.plot, 1)
        grid.addWidget(signal, 0, 1, 2, 1)
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(1, 1)
        self.session.stream_described.connect(self._described)
        self.session.stream_data.connect(self.plot.append)
        self.session.board_changed.connect(self._show_board)
        self._axes: tuple[Axis, ...] = ()
        if self.session.stream is not None:
            self._described(*self.session.stream)
        self._show_board()

    def leave(self) -> None:
        """Let go of the session."""
        self.session.stream_described.disconnect(self._described)
        self.session.stream_data.disconnect(self.plot.append)
        self.session.board_changed.disconnect(self._show_board)

    def _board_panel(self) -> Panel:
        panel = Panel("Board")
        panel.setFixedWidth(288)
        self.port = QComboBox()
        self.port.setAccessibleName("Port")
        self.port.activated.connect(self._choose)
        self.about = Facts()
        self.link = QPushButton("Link")
        self.link.clicked.connect(self._toggle_link)
        rescan = QPushButton("Look for boards")
        rescan.setToolTip("List the ports again")
        rescan.clicked.connect(self._rescan)
        example = QPushButton("Use a virtual board")
        example.setToolTip("No board needed: the real firmware runs on an emulated Cortex-M4")
        example.clicked.connect(partial(self.session.open_example, "keywords"))
        for widget in (self.port, self.about, self.link, rescan, example):
            panel.box.addWidget(widget)
        panel.box.addStretch(1)
        return panel

    def _record_panel(self) -> Panel:
        panel = Panel("Record")
        panel.setFixedWidth(288)
        self.label = QLineEdit(placeholderText="such as: start")
        self.label.setAccessibleName("Label")
        self.group = QLineEdit(placeholderText="person, place or session")
        self.group.setAccessibleName("Group")
        self.seconds = QDoubleSpinBox(minimum=0.5, maximum=3600, value=5, suffix=" s")
        self.seconds.setAccessibleName("Length")
        form = QFormLayout()
        form.setSpacing(8)
        for name, field in (
            ("Label", self.label),
            ("Group", self.group),
            ("Length", self.seconds),
        ):
            form.addRow(name, field)
        panel.box.addLayout(form)
        hint = "A group (the person speaking, say) is never split between training and test."
        panel.box.addWidget(words(hint, "hint", wrap=True))
        self.outcome = words("", wrap=True)
        panel.box.addWidget(self.outcome)
        panel.box.addStretch(1)
        return panel

    def refresh(self) -> None:
        """Read the ports afresh."""
        self._show_board()

    def facts(self) -> str:
        """Return one sentence for the header."""
        if not self.session.port:
            return "No board yet: use a virtual one, or plug a board in."
        return self.session.board_text()

    def primary(self) -> tuple[str, bool]:
        """Return the primary button."""
        ready = bool(self.session.port and self.session.project and not self.session.working)
        return "Record", ready

    def act(self) -> None:
        """Record with the label, then go on showing the stream."""
        project, port = self.session.path, self.session.port
        label, group = self.label.text().strip(), self.group.text().strip()
        seconds = self.seconds.value()

        def work(report: Reporter) -> dict[str, Any]:
            from studio.services import acquire

            return acquire.record(
                project, port, seconds=seconds, label=label, group=group, report=report
            )

        self.outcome.setText("")
        self.session.with_port(f"Recording {seconds:g} s", work, done=self._recorded)
        self.changed.emit()

    def _recorded(self, result: dict[str, Any]) -> None:
        self.outcome.setText(f"Saved {result['name']}: {result['seconds']:.1f} s.")

    def _described(self, axes: tuple[Axis, ...], rate: float) -> None:
        if axes != self._axes:
            self._axes = axes
            self.plot.set_axes(axes)
        else:
            self.plot.clear()
        self.about.show_facts(
            {"rate": f"{rate:g} Hz", "axes": ", ".join(axis.name for axis in axes)}
        )

    def _show_board(self) -> None:
        self.link.setText("Unlink" if self.session.linked else "Link")
        self.link.setEnabled(bool(self.session.port))
        if self.session.port and self.port.findText(self.session.port) < 0:
            self.port.addItem(self.session.port)
        self.port.setCurrentText(self.session.port)
        self.changed.emit()

    def _choose(self) -> None:
        self.session.unlink(lambda: self.session.use_port(self.port.currentText()))

    def _toggle_link(self) -> None:
        if self.session.linked:
            self.session.unlink()
        else:
            self.session.link()

    def _rescan(self) -> None:
        from studio.services import acquire

        def show(ports: list[dict[str, Any]]) -> None:
            self.port.clear()
            self.port.addItems([row["port"] for row in ports])
            self._show_board()

        self.session.start("Looking for boards", acquire.ports, done=show)
