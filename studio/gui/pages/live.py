"""Live: what is heard, what is decided about it, and wrong decisions made samples by a key."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QHBoxLayout,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studio.errors import StudioError
from studio.events import Reporter
from studio.gui.commands import Command
from studio.gui.keys import label_keys
from studio.gui.notice import ADVICE, Notice
from studio.gui.pages.base import Page
from studio.gui.pages.live_empty import EmptyPanel, SourceRow, what_lacks
from studio.gui.pages.live_events import Event, EventPanel
from studio.gui.pages.live_keep import Keeper
from studio.gui.pages.live_picture import LivePicture
from studio.gui.pages.live_ruling import Ruling
from studio.gui.pages.live_side import STEP, SideColumn
from studio.gui.pages.live_state import Seen, Shown
from studio.gui.texts import counted, tr

TELL_MS = 250


class LivePage(Page):
    """Watch the model decide, on the board or on this computer."""

    NAME = "Live"
    STOP = tr("Stop")

    def build(self) -> None:
        """Make the widgets."""
        self.shown = Shown()
        self.seen = Seen()
        self.keeper = Keeper(self)
        self.ruling = Ruling(self)
        self._running = False
        self._asked = False
        """Whether a person chose who decides, and wants to know what that needs."""
        self.source = SourceRow()
        self.source.chosen.connect(self._choose_source)
        self.empty = EmptyPanel()
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self._content())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.source)
        column.addWidget(self.stack, 1)
        self._teller = QTimer(self, interval=TELL_MS)
        self._teller.timeout.connect(self._tell)
        self.themed = [self.picture, self.side, self.events]
        self.session.job_event.connect(self._event)
        self.session.job_started.connect(self._job_started)
        self.session.working_changed.connect(self._working)
        self.session.board_changed.connect(self._show_state)
        self._show_state()

    def _content(self) -> QWidget:
        self.picture = LivePicture(self.theme)
        self.plot, self.tracks = self.picture.plot, self.picture.tracks
        self.tracks.threshold_moved.connect(lambda value: self.rule.move(value))
        left = QSplitter(Qt.Orientation.Vertical)
        left.setObjectName("live")
        left.setChildrenCollapsible(False)
        left.setHandleWidth(16)
        left.addWidget(self.picture)
        self.events = EventPanel(self.theme)
        self.table, self.view = self.events.table, self.events.view
        left.addWidget(self.events)
        left.setStretchFactor(0, 5)
        left.setStretchFactor(1, 2)
        left.setSizes([400, 190])
        whole = QWidget()
        row = QHBoxLayout(whole)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(left, 1)
        row.addWidget(self._side())
        return whole

    def _side(self) -> QWidget:
        self.side = side = SideColumn(self.theme)
        self.now, self.rule, self.tally = side.now, side.rule, side.tally
        self.rule.changed.connect(self.ruling.change)
        self.rule.keep.connect(self.ruling.keep)
        self.tally.save.clicked.connect(self.keeper.save_stream)
        return side

    # -- the frame -------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Read the latest run and its rule."""
        path = self.session.project
        if path != self.shown.path and not self._running:
            self.shown.path, self.shown.model, self.seen = path, None, Seen()
            self.keeper.forget()
            self.table.clear()
            self._show_state()
        if path is None:
            return

        def read() -> dict[str, Any]:
            from studio.services import live_rule

            return live_rule.model_of(path)

        self.session.read("live", read, self._show_model, place=self.NAME)

    def facts(self) -> str:
        """Return one sentence for the header."""
        model = self.shown.model
        if self.session.project is None:
            return ""
        if model is None:
            return tr("Reading the project …")
        if not model["run"]:
            return tr("No trained model yet")
        where = self.session.board_text().partition(":")[0]
        run = model["numbers"].get(self.seen.run or model["run"], tr("of another project"))
        if self.source.name == "pc":
            return tr("{board}, run {run} on this computer", board=where, run=run)
        return tr("{board}, run {run}", board=where, run=run)

    def primary(self) -> tuple[str, bool]:
        """Return the primary button."""
        return tr("Start"), not self.why_not()

    def why_not(self) -> str:
        """Return why it cannot start."""
        if self.session.working:
            return tr("Wait until the running job is done, or stop it.")
        lack = what_lacks(self.session, self.shown.model, self.source.name)
        return lack.text if lack else ""

    def commands(self) -> list[Command]:
        """Return what can be done besides."""
        nothing = "" if self.keeper.event() else tr("Nothing was decided yet.")
        stop = self.session.working_on(self.NAME)
        toggle = self.session.stop if stop else self.act
        why = "" if stop else self.why_not()
        found = [
            Command(tr("Start or stop"), toggle, "Space", "ph.broadcast", why),
            Command(tr("Freeze the view, or follow"), self.picture.freeze, "F"),
            Command(tr("Mark this moment"), self.mark, "M"),
            Command(tr("The decision is right"), self.keeper.right, "Y", why_not=nothing),
            Command(tr("The decision is wrong"), self.keeper.wrong, "X", why_not=nothing),
            Command(tr("Lower the threshold"), lambda: self.ruling.step(-STEP), "["),
            Command(tr("Raise the threshold"), lambda: self.ruling.step(STEP), "]"),
            Command(tr("Save the stream"), self.keeper.save_stream, "Ctrl+S"),
        ]
        waits = "" if self.keeper.waiting else tr("Press X on an event first.")
        for key, label in label_keys(self.table.labels).items():
            text = tr("It was {label}", label=label)
            act = self.keeper.was(label)
            found.append(Command(text, act, key, why_not=waits))
        return found

    def act(self) -> None:
        """Start, until the person stops it."""
        if self.why_not():
            return
        from studio.services import live_rule

        path, port, source = self.session.path, self.session.port, self.source.name
        rule = self.ruling.live = live_rule.Rule()
        self._begin()

        def work(report: Reporter) -> dict[str, Any]:
            from studio.services import live, live_pc

            if source == "pc":
                return live_pc.on_pc(path, port, rule=rule, report=report)
            return live.live(port, signal=True, rule=rule, keep=False, report=report)

        self.session.with_port(tr("Live"), work, place=self.NAME, done=self._ended)

    def _begin(self) -> None:
        self.keeper.forget()
        self.seen = Seen(port=self.session.port)
        self.table.clear()
        self.picture.start_over()
        self.now.word.show_word(tr("listening"), "text_3")
        self.now.show_timing(self.seen.facts(), "")
        self.tally.show_counts(Counter(), 0.0, 0, windows=0)
        self._running, self._asked = True, False
        self._teller.start()
        here = self.focusWidget()
        if here is not None and here.hasFocus():  # it may be switched off or hidden now
            self.view.setFocus()
        self._show_state()

    def _job_started(self, job: Any) -> None:
        if self.session.busy_place == self.NAME:
            job.failed.connect(self._failed)

    def _failed(self, error: StudioError) -> None:
        """Say what happened, with a way on."""
        way, act = self._way_on()
        self.session.notify(self.NAME, Notice.of(error, button=way, act=act))

    def _way_on(self) -> tuple[str, Callable[[], None]]:
        """Return what helps once watching has ended by itself."""
        if self.session.port.startswith("virtual://"):  # it does not come back by itself
            return tr("Start the board again"), self.session.start_again
        return tr("Start again"), self.act

    def _ended(self, result: dict[str, Any]) -> None:
        if result["ended"]:
            said = counted(result.get("windows", 0), "{n} window", "{n} windows")
            text = tr("{why} {windows} were decided.", why=result["ended"], windows=said)
            self.session.notify(self.NAME, Notice(ADVICE, text, "", *self._way_on()))

    def _working(self) -> None:
        if self._running and not self.session.working:
            self._running = False
            self._teller.stop()
            self._tell()
            self.now.word.show_word(self.now.word.text, "text_3")  # of what was, not of what is
            self.plot.set_ended(time.strftime("%H:%M:%S"))
            self._show_state()

    # -- state -----------------------------------------------------------------------------------

    def _choose_source(self) -> None:
        self.source.by_hand = self._asked = True
        self._show_state()

    def _show_model(self, model: dict[str, Any]) -> None:
        self.shown.model = model
        if not self._running and not self.seen.run:
            self.rule.show_rule(model["threshold"], model["smoothing"])
            self.tracks.set_threshold(model["threshold"])
            self.table.labels = model["labels"]
        self.ruling.say()
        self._show_state()

    def _show_state(self) -> None:
        """Show what is missing, or the picture."""
        firmware = self.session.link.firmware
        if firmware and firmware != self.shown.firmware:  # what was chosen for another one is over
            self.shown.firmware, self.source.by_hand = firmware, False
        if not self.source.by_hand and firmware and not self._running:
            self.source.choose("board" if firmware.startswith("infer") else "pc")
        lack = None
        if not self._running:
            lack = what_lacks(self.session, self.shown.model, self.source.name)
            if lack is None and not self.seen.count:
                lack = self.empty.ready(self.source.name)
        told = lack is not None and (self._asked or not self.seen.count)
        if lack is not None and told:
            self.empty.show_lack(lack, self)
        self._turn_to(0 if told else 1)
        self.source.setEnabled(not self._running)
        model = self.shown.model
        could = bool(self.session.project and self.session.port and model and model["run"])
        self.source.setVisible(could)  # without them there is nothing that could decide
        self.changed.emit()

    def _turn_to(self, place: int) -> None:
        """Show words or the picture; what is not shown asks for no room."""
        ignored, wanted = QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred
        for index in range(self.stack.count()):
            policy = wanted if index == place else ignored
            if (widget := self.stack.widget(index)) is not None:
                widget.setSizePolicy(policy, policy)
        self.stack.setCurrentIndex(place)

    # -- events of the job -----------------------------------------------------------------------

    def _event(self, kind: str, data: dict[str, Any]) -> None:
        if not self._running:
            return
        if kind == "info" and "labels" in data:
            self._stream_begins(data)
        elif kind == "decision":
            self._decided(data)

    def _stream_begins(self, data: dict[str, Any]) -> None:
        from studio.services import acquire

        self.seen.begin(data, acquire.stream_info(data))
        self.keeper.attach(data["ring"])
        self.picture.follow(data, virtual=self.seen.port.startswith("virtual://"))
        self.table.labels = list(data["labels"])
        self.rule.show_rule(data["threshold"], data["smoothing"])
        self.ruling.say()
        self.ruling.check_run(data["run"])
        self.changed.emit()

    def _decided(self, data: dict[str, Any]) -> None:
        self.picture.decide(data["start"], data["start"] + self.seen.window, data)
        event = self.seen.add(data)
        if event is not None:
            self.table.add(event)
        self.now.word.show_word(*self.seen.word(tr("unsure")))

    def _tell(self) -> None:
        """Show figures, as often as they can be read."""
        seen = self.seen
        if seen.count:
            late = tr("Decisions come late: a smaller model or a longer stride helps.")
            self.now.show_timing(seen.facts(), late if seen.late else "")
            self.now.word.show_word(*seen.word(tr("unsure")))
        self.tally.show_counts(seen.counts, seen.hours, seen.kept, windows=seen.count)

    # -- acts ------------------------------------------------------------------------------------

    def mark(self) -> None:
        """Mark this moment in the picture and among the events."""
        event = self.keeper.mark()
        if event is not None:
            self.picture.mark(event.stop)
            self.table.add(event)

    def show_counts(self, event: Event) -> None:
        """Show what is now known of an event."""
        self.table.changed(event)
        self.events.say_keys(waiting=self.keeper.waiting is not None)
        seen = self.seen
        self.tally.show_counts(seen.counts, seen.hours, seen.kept, windows=seen.count)
        self.changed.emit()
