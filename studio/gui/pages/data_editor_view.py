"""Data, editor: opening a recording and drawing what is known of it."""

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from studio.errors import StudioError
from studio.gui.pages.data_editor_bands import bands_of, rows_of, window_row
from studio.gui.pages.data_editor_edits import Edits
from studio.gui.pages.data_editor_message import EditorMessage
from studio.gui.pages.data_editor_play import LiveLabels, Player, Transport
from studio.gui.pages.data_editor_plots import Plots
from studio.gui.pages.data_editor_review import ReviewPanel
from studio.gui.pages.data_editor_side import LabelKeys
from studio.gui.pages.data_editor_tools import Tools
from studio.gui.runner import WindowJob
from studio.gui.session import Session
from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.panel import set_role
from studio.gui.widgets.wave_bands import CUT, GUESS, SOUND, Band
from studio.types import Span

if TYPE_CHECKING:
    from studio.services.editing import Opened

PLACE = "Data"
SIDE = 304
GUESS_SHARE = 0.3
"""How much of the view a guess takes that is being reviewed, if it would be much smaller."""
NUDGED_MS = 400
"""Arrow keys that follow each other this soon are one change."""


class EditorView(QWidget):
    """Shows one recording; what a person does with it is for `Editor`.

    Signals
    -------
    changed : ()
        Samples, labels, tracks or the window rule of the project have changed.
    shown : (int)
        The recording that is shown now; reviewing guesses goes from one to the next.
    """

    changed = Signal()
    shown = Signal(int)

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__()
        self.session, self.theme = session, theme
        self.opened: Opened | None = None
        self._wanted: tuple[int, int | None] | None = None
        self._choose: tuple[str, int] | None = None
        self._job: WindowJob | None = None
        self._job_for = 0
        self._next = False
        self._path = session.project
        self._cuts: list[Span] = []
        self._nudged: Band | None = None
        self._unnamed: Span | None = None
        self.plots = Plots(session, theme)
        self.labels = LabelKeys(theme)
        self.tools = Tools(session, theme)
        self.samples = self.tools.samples
        self.player, self.live = Player(session), LiveLabels()
        self.transport = Transport(self.player, theme)
        self.edits = Edits(session)
        self.message = EditorMessage()
        self._timer = QTimer(self, interval=NUDGED_MS, singleShot=True)
        self._timer.timeout.connect(self._write_nudged)
        self._lay_out()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Editor of the recording"))

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self.tools.bar)
        left.addWidget(self.plots, 1)
        left.addWidget(self.transport)
        side = QWidget()
        side.setFixedWidth(max(SIDE, self.samples.minimumSizeHint().width()))
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        column.addWidget(self.labels)
        column.addWidget(self.tools.stack, 1)
        content = QWidget()
        row = QHBoxLayout(content)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addLayout(left, 1)
        row.addWidget(side)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.message)
        self.stack.addWidget(content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.stack)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that keys mean the plots now."""
        super().focusInEvent(event)
        set_role(self.plots, "focused")

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that they do not."""
        super().focusOutEvent(event)
        set_role(self.plots, "")

    # -- opening ---------------------------------------------------------------------------------

    def show_recording(self, recording_id: int | None, sample_id: int | None = None) -> None:
        """Open a recording, with one of its samples chosen; None shows that none is open."""
        self.player.stop()
        if self._job is not None and self._job_for != recording_id:
            self._job.cancel()
            self._job_for = 0
        if recording_id is None or self.session.project is None:
            self.opened, self._wanted = None, None
            self.message.empty()
            self.stack.setCurrentIndex(0)
            return
        self._wanted = (recording_id, sample_id)
        self._choose = (SOUND, sample_id) if sample_id is not None else None
        if self.opened is None or self.opened.recording.id != recording_id:
            self.message.loading(tr("Reading the recording …"))
            self.stack.setCurrentIndex(0)
        self.reload()

    def reload(self) -> None:
        """Read the recording and its samples afresh; what is visible stays."""
        path = self.session.project
        if path is None or self._wanted is None:
            return
        number = self._wanted[0]
        known = self.opened.look if self.opened is not None else None

        def read() -> Any:
            from studio.services import editing

            try:
                return editing.opened(path, number, known)
            except StudioError as error:
                return error

        self.session.read("editor", read, self._take, place=PLACE)

    def _take(self, found: "Opened | StudioError") -> None:
        if isinstance(found, StudioError):
            self.opened = None
            self.message.failed(found)
            self.stack.setCurrentIndex(0)
        elif found.look.ready:
            self._arrived(found)
        else:
            self._prepare(found)

    def _prepare(self, opened: "Opened") -> None:
        """Look through a long recording first, in a job of its own that hiding the page ends."""
        number = opened.recording.id
        if self._job is not None:
            if self._job_for != number:  # this one is read again when the other has ended
                self._job.cancel()
                self._next = True
            return
        self.message.loading(tr("Looking through the recording once …"))
        self.stack.setCurrentIndex(0)
        job = WindowJob("looking through the recording", opened.look.prepare, self)
        self._job, self._job_for = job, number
        job.reported.connect(self._progressed)
        job.finished.connect(lambda _: self._arrived(opened))
        job.failed.connect(self._take)
        job.ended.connect(self._prepared)
        job.start()

    def _progressed(self, kind: str, data: dict[str, Any]) -> None:
        if kind == "progress":
            self.message.loading(tr("Looking through the recording once …"), data["fraction"])

    def _prepared(self) -> None:
        self._job = None
        if self._next:
            self._next = False
            self.reload()

    def _arrived(self, opened: "Opened") -> None:
        """Read how far the values reach, then draw."""
        if self._wanted is None or opened.recording.id != self._wanted[0]:
            return
        if self.opened is not None and self.opened.look is opened.look:
            self._show(opened)
            return

        def read() -> Any:
            from studio.services.pictures import grouped

            return grouped(opened.recording.axes), opened.look.reach()

        def drawn(found: Any) -> None:
            if self._wanted is not None and opened.recording.id == self._wanted[0]:
                self.plots.open(opened, *found)
                self._show(opened)
                self.shown.emit(opened.recording.id)

        self.session.read("editor reach", read, drawn, place=PLACE)

    def _show(self, opened: "Opened") -> None:
        self.opened = opened
        self.edits.recording_id = opened.recording.id
        self.labels.show_labels(opened.labels)
        tracks = list(opened.tracks)
        if self.plots.bands.track not in tracks:
            self.plots.bands.track = tracks[0]
        self.tools.show_recording(opened, self.labels.names, self.plots.bands.track)
        self.stack.setCurrentIndex(1)
        self._draw()
        if self._choose is not None:
            kind, number = self._choose
            self._choose = None
            there = [one for one in self.plots.bands.every if (one.kind, one.id) == (kind, number)]
            for band in there:
                self._go_to(band)
        self._show_chosen()

    def _draw(self) -> None:
        """Draw bands, tracks and windows, and list the samples."""
        opened = self.opened
        if opened is None:
            return
        bands = bands_of(opened, self.labels)
        cuts = [
            Band(
                -1 - place,
                one.start,
                one.stop,
                "",
                self.theme["accent"],
                kind=CUT,
                track=self.plots.bands.track,
            )
            for place, one in enumerate(self._cuts)
        ]
        hidden = self.tools.hidden
        shown = [name for name in opened.tracks if name not in hidden]
        self.plots.bands.show([one for one in bands if one.track in shown] + cuts)
        self.plots.tracks.show_tracks(shown or list(opened.tracks[:1]))
        self.plots.tracks.show_windows(window_row(opened, self.labels, shown=self.tools.ruling))
        rows = rows_of([one for one in bands if one.track in shown], opened)
        hint = tr("Drag over the signal to make a sample, then press a label's key.")
        self.samples.show_rows(rows, opened.recording.sample_rate_hz, hint)
        self._arm()

    def _arm(self) -> None:
        """Let what is dragged next have the current label."""
        hands = self.plots.hands
        hands.label = self.labels.current
        hands.colour = self.labels.colour(hands.label) if hands.label else self.theme["accent"]

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours; what is shown stays."""
        self.theme = theme
        for one in (self.plots, self.labels, self.samples, self.transport, self.tools):
            one.set_theme(theme)
        self._draw()
        self._show_chosen()

    # -- choosing --------------------------------------------------------------------------------

    def _show_chosen(self) -> None:
        view = self.plots.view
        band = self.plots.bands.chosen
        self.samples.show_chosen(band, view.rate, view.total)
        if band is not None and band.kind == GUESS:
            self.review_of(band)

    def review_of(self, band: Band) -> ReviewPanel:
        """Make a guess the one that is judged, and return who judges it."""
        review = self.tools.review
        guesses = self.opened.guesses if self.opened is not None else ()
        for one in guesses:
            if one.id == band.id:
                review.choose(one)
        return review

    def _write_nudged(self) -> None:
        """Write what the arrow keys have moved."""
        band, self._nudged = self._nudged, None
        if band is not None:
            self.edits.crop(band)

    def _go_to(self, band: Band) -> None:
        """Choose a band, as it is now, and bring it into view."""
        every = self.plots.bands.every
        band = next((one for one in every if (one.kind, one.id) == (band.kind, band.id)), band)
        if band.track != self.plots.bands.track:
            self.use_track(band.track)
        if band.kind == GUESS:
            self.plots.view.frame(band.start, band.stop, GUESS_SHARE)
        else:
            self.plots.view.reveal(band.start, band.stop)
        self.plots.bands.choose(band)

    def use_track(self, track: str) -> None:
        """Work on this track."""
        self.plots.bands.track = track
        self._draw()
        self.plots.bands.changed.emit()
