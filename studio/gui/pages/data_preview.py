"""The signal of the sample that is chosen in the library."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer

from studio.errors import StudioError
from studio.gui.pages.data_changes import PLACE
from studio.gui.pages.sample_table import shown_label
from studio.gui.session import Session
from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.panel import Panel
from studio.gui.widgets.signal_plot import SignalPlot
from studio.types import Gap

if TYPE_CHECKING:
    from studio.services.label import Row
    from studio.services.thumbnails import Outline

WAIT_MS = 60
"""Going through the table with the keys does not read every signal on the way."""


class Preview(Panel):
    """A heading with label and recording, and the signal with its gaps."""

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__(tr("Signal of the chosen sample"))
        self._session = session
        self._row: Row | None = None
        self.plot = SignalPlot(theme)
        self.box.addWidget(self.plot, 1)
        self._waiting = QTimer(self, interval=WAIT_MS, singleShot=True)
        self._waiting.timeout.connect(self._read)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self.plot.set_theme(theme)

    def show_sample(self, row: "Row | None") -> None:
        """Show the signal of a sample, or nothing."""
        self._row = row
        if row is None:
            self._waiting.stop()
            self.plot.clear()
            self.heading.setText(tr("Signal of the chosen sample"))
        else:
            self._waiting.start()

    def _read(self) -> None:
        row, path = self._row, self._session.project
        if row is None or path is None:
            return
        self.heading.setText(f"{shown_label(row.sample)}: {row.recording}")

        def read() -> "Outline | StudioError":
            from studio.services import thumbnails

            try:
                return thumbnails.outline(path, row.sample)
            except StudioError as error:
                return error

        self._session.read("preview", read, self._draw, place=PLACE)

    def _draw(self, found: "Outline | StudioError") -> None:
        if self._row is None:
            return
        if isinstance(found, StudioError):
            self.plot.clear()
            self.heading.setText(found.message)
            return
        gaps = [Gap(at, round(seconds * found.rate_hz)) for at, seconds in found.gaps]
        self.plot.show_signal(found.values, found.axes, found.rate_hz, gaps)
