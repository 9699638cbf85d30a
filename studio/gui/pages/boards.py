"""Boards: where readings come from, the live signal, and recording with a label."""

from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QGridLayout,
    QListWidget,
    QScrollArea,
    QSplitter,
)

from studio.errors import ConfigError
from studio.gui.commands import Command
from studio.gui.keys import label_keys
from studio.gui.notice import Notice
from studio.gui.pages.base import Page
from studio.gui.pages.boards_empty import Empty
from studio.gui.pages.boards_links import Links
from studio.gui.pages.boards_ports import PortsPanel
from studio.gui.pages.boards_recorder import Recorder
from studio.gui.pages.boards_result import Result
from studio.gui.pages.boards_situation import Situation
from studio.gui.pages.boards_take import TakePanel
from studio.gui.pages.boards_tools import PlotTools
from studio.gui.texts import counted, tr
from studio.gui.theme import Theme
from studio.gui.widgets.live_plot_overlay import TriggerLine
from studio.gui.widgets.panel import Panel
from studio.types import Axis

SIDE, WIDEST_SIDE = 312, 480
BAR = 14
"""Room of a scroll bar beside the fields."""


class BoardsPage(Page):
    """Link boards, see their streams, record."""

    NAME = "Boards"
    STOP = "Stop recording"

    def build(self) -> None:
        """Make the widgets."""
        self.examples = {"keywords": tr("that hears words"), "motion": tr("moved by a hand")}
        self.ports = PortsPanel(self.theme, self.examples)
        self.take = TakePanel(self.theme)
        self.link, self.example = self.ports.link, self.ports.other.example
        self.kind = self.ports.other.kind
        self.label, self.group, self.seconds = self.take.label, self.take.group, self.take.seconds
        self.tools = PlotTools(self.theme)
        self.boards = QSplitter(Qt.Orientation.Horizontal)
        self.boards.setChildrenCollapsible(False)
        self.links = Links(self.session, self.theme, self.boards)
        self.plot = self.links.first.plot
        self.result = Result(self.theme)
        self.outcome = self.result.outcome
        self.tools.suit(self.links.views)
        self.empty = Empty(self.theme)
        self.themed = [self.empty, self.ports, self.take, self.result, self.tools, self.links]
        self.recorder = Recorder(self.session, self.links, self.take, self.result)
        self._missing: Notice | None = None
        self.situation = Situation(self.session, self.links, self.recorder)
        self._lay_out()
        self._wire()
        self._show_board()

    def _lay_out(self) -> None:
        self.signal = Panel(tr("Signal"))
        self.signal.heading.hide()
        for widget in (self.tools, self.empty, self.boards, self.result):
            self.signal.box.addWidget(widget, int(widget in (self.empty, self.boards)))
        side = QScrollArea()
        side.setWidgetResizable(True)
        side.setFrameShape(QScrollArea.Shape.NoFrame)
        side.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        side.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        side.setWidget(self.take)
        self._side = (self.ports, side)
        self._soon = QTimer(self, interval=0, singleShot=True)  # once new words have their font
        self._soon.timeout.connect(self._fit_side)
        self.take.installEventFilter(self)
        self._fit_side()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(16)
        grid.addWidget(self.ports, 0, 0)
        grid.addWidget(side, 1, 0)
        grid.addWidget(self.signal, 0, 1, 2, 1)
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(1, 1)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look again how wide the left side is to be when its words ask for other room."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._soon.start()
        return super().eventFilter(watched, event)

    def _fit_side(self) -> None:
        """Make the left side as wide as its words need, within bounds."""
        parts = (self.ports, self.take)
        wide = max(SIDE, *(part.minimumSizeHint().width() + BAR for part in parts))
        for panel in self._side:
            panel.setFixedWidth(min(wide, WIDEST_SIDE))

    def _wire(self) -> None:
        session, ports = self.session, self.ports
        ports.connect_wanted.connect(self.links.show_port)
        ports.beside_wanted.connect(self.links.beside)
        ports.disconnect_wanted.connect(self.links.disconnect_port)
        ports.stop_wanted.connect(self.links.stop_virtual)
        ports.virtual_wanted.connect(self._start_virtual)
        ports.firmware_wanted.connect(session.stream_again)
        session.link.closed.connect(ports.shut)
        session.link.described.connect(self._described)
        session.link.watched.connect(self._show_board)
        session.board_changed.connect(self._show_board)
        session.working_changed.connect(self._show_board)
        self.recorder.changed.connect(self._show_board)
        self.links.changed.connect(self._show_board)
        self.links.played.connect(self._played)
        self.take.label_pressed.connect(self._use_label)
        self.label.textEdited.connect(lambda _: self._show_labels(self.take.seconds_of))
        self.take.trigger_changed.connect(self._show_trigger)
        self.plot.trigger_moved.connect(self.take.threshold.setValue)
        self.result.trim_wanted.connect(self._trim)
        self.result.data_wanted.connect(self._see)

    # -- the frame asks --------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show boards and labels as they are."""
        self._show_board()
        path = self.session.project
        if path is None:
            self.take.show_labels({})
            return

        def read() -> tuple[dict[str, float], tuple[tuple[str, ...], bool]]:
            from studio.services import takes

            return takes.known(path), takes.expected(path)

        self.session.read("known labels", read, self._take_known, place=self.NAME)

    def _take_known(self, found: tuple[dict[str, float], tuple[tuple[str, ...], bool]]) -> None:
        """Take over the project's labels, and what it expects of a board."""
        known, expected = found
        if expected != self.situation.expected:
            kind = "keywords" if expected[1] else "motion"
            self.kind.setCurrentIndex(self.kind.findData(kind))
        self.situation.expected = expected
        self._show_labels(known)

    def facts(self) -> str:
        """Return one sentence for the header."""
        return self.situation.facts()

    def primary(self) -> tuple[str, bool]:
        """Return the primary button."""
        return self.situation.primary()

    def act(self) -> None:
        """Record with the label, then go on showing the stream."""
        if not self.session.port:
            self._start_virtual(str(self.kind.currentData()))
        elif self.session.link.decides:
            self.session.stream_again()
        elif self.session.loss is not None and self.session.loss.act is not None:
            self.session.loss.act()
        else:
            self._record()

    def commands(self) -> list[Command]:
        """Return what else can be done here."""
        tools, ports = self.tools, self.ports
        recording = self.session.working_on(self.NAME)
        found = [
            Command(
                tr("Stop recording") if recording else self.primary()[0],
                self.session.stop if recording else self.act,
                "R",
                "ph.stop" if recording else "ph.record",
                "" if recording or self.primary()[1] else self.why_not(),
            ),
            Command(tr("Freeze the view or go on"), tools.toggle_frozen, "Space", "ph.snowflake"),
            Command(tr("Cursors"), tools.toggle_cursors, "C", "ph.ruler"),
            Command(tr("Lock or free the scale"), tools.toggle_locked, "A", "ph.lock-simple"),
            Command(
                tr("Stack the axes or lay them together"), tools.toggle_stacked, "O", "ph.rows"
            ),
            Command(tr("Next view: signal, spectrum, spectrogram"), tools.next_view, "V"),
            Command(tr("Show a shorter time"), lambda: tools.zoom(-1), "+"),
            Command(tr("Show a longer time"), lambda: tools.zoom(1), "-"),
            Command(tr("Further back"), lambda: self._look_back(-0.2), "Left"),
            Command(tr("Further on"), lambda: self._look_back(0.2), "Right"),
            Command(
                tr("Connect or disconnect the chosen port"),
                ports.toggle,
                "Ctrl+L",
                why_not="" if ports.chosen else tr("There is no port yet: use a virtual board."),
            ),
            Command(tr("Look for ports again"), ports.rescan, "F5", "ph.arrows-clockwise"),
        ]
        for key, label in label_keys(self.take.labels).items():
            text = tr("Label: {label}", label=label)
            found.append(Command(text, partial(self._use_label, label), key, "ph.tag"))
        return found

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        super().set_theme(theme)
        self._show_trigger()
        self._soon.start()

    def event(self, event: QEvent) -> bool:
        """Let buttons and lists have keys that are commands too, while they have the focus."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            focus = QApplication.focusWidget()
            presses = event.key() == Qt.Key.Key_Space and isinstance(
                focus, QAbstractButton | QComboBox | QListWidget
            )
            walks = event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right) and isinstance(
                focus, QComboBox | QListWidget
            )
            if presses or walks:
                event.accept()
        return super().event(event)

    # -- boards ----------------------------------------------------------------------------------

    def _start_virtual(self, example: str) -> None:
        self.links.start_virtual(example, self.ports.present)

    def _played(self, port: str, example: str) -> None:
        self.ports.titles[port] = tr("Virtual board {what}", what=self.examples[example])

    def _described(self, axes: tuple[Axis, ...], _rate: float) -> None:
        self.take.set_axes(axes)
        self._show_trigger()

    def _look_back(self, share: float) -> None:
        for view in self.links.views:
            view.plot.look_back(share)

    def _show_board(self, *_: object) -> None:
        session, link = self.session, self.session.link
        idle = not session.working
        states = self.links.states(self.recorder.running is not None)
        self.STOP = tr("Stop") if self.recorder.running is None else tr("Stop recording")
        self.ports.set_states(states, used=bool(session.port))
        self.ports.set_enabled(idle)
        several = len(self.links.views) > 1
        for view in self.links.views:
            view.head.setVisible(several)
            view.head.setText(self.ports.title(view.link.port))
            view.show_receiving(view.link.busy or self.recorder.running is not None)
        self.tools.suit(self.links.views)
        nothing = not several and (
            link.decides
            or (not link.busy and not self.recorder.running and self.plot.timeline is None)
        )
        self.empty.show_words(*self.situation.why_empty(chosen=bool(self.ports.chosen)))
        self.empty.setVisible(nothing)
        self.boards.setVisible(not nothing)
        self.tools.setVisible(not nothing)
        for place in (self.label, self.group, self.take.mode, self.take.split):
            place.setEnabled(self.recorder.running is None)
        self.changed.emit()

    def _show_trigger(self) -> None:
        line = self.take.line()
        overlay = self.plot.overlay
        armed = self.recorder.running is not None
        overlay.trigger = TriggerLine(*line, armed=armed) if line is not None else None
        self.plot.update()

    # -- labels ----------------------------------------------------------------------------------

    def _show_labels(self, known: dict[str, float]) -> None:
        recording, label = self.recorder.running is not None, self.label.text().strip()
        self.take.show_labels(known, self.recorder.label if recording else label)
        if label and self._missing and self.session.notices.get(self.NAME) is self._missing:
            self.session.notify(self.NAME, None)  # it is missing no more
        self._soon.start()
        self.changed.emit()  # there are keys for other labels

    def _use_label(self, label: str) -> None:
        """Take a known label for what comes, or mark that it holds from now on."""
        if self.recorder.marking:
            self.recorder.mark(label)
        else:
            self.label.setText(label)
        self._show_labels(self.take.seconds_of)

    # -- recording -------------------------------------------------------------------------------

    def _record(self) -> None:
        label = self.label.text().strip()
        if not label:
            missing = ConfigError(
                tr("The recording has no label."), tr("Name what is to be heard in it.")
            )
            self._missing = Notice.of(missing)
            self.session.notify(self.NAME, self._missing)
            self.label.setFocus()
            return
        self.recorder.begin(label)

    def _trim(self, recording: int, readings: int) -> None:
        path = self.session.path

        def work() -> dict[str, Any]:
            from studio.services import takes

            return takes.trim(path, recording, readings)

        def done(found: dict[str, Any]) -> None:
            said = "{n} sample begins later now.", "{n} samples begin later now."
            self.session.say(counted(found["changed"], *said))
            self.session.project_changed.emit()

        self.session.read("", work, done, place=self.NAME)

    def _see(self, recording: int) -> None:
        """Show a recording in the editor of the Data page."""
        self.session.step_wanted.emit("Data")
        self.session.sample_wanted.emit(recording, 0)
