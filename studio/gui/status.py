"""The status bar: link and loss at the left, what happened in the middle, saved and jobs right."""

import time
from typing import Any

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget

from studio.gui.icons import icon
from studio.gui.texts import grouped, tr
from studio.gui.theme import Theme
from studio.gui.widgets.panel import ShortLabel, words

SAID_MS = 8000
"""How long a line about what happened stays."""


class StatusBar(QWidget):
    """One line about the state of everything."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("statusline")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.mark = words()
        self.link = ShortLabel()
        self.happened = ShortLabel()
        self.saved = words()
        self.jobs = ShortLabel(tr("No job running"))
        self.progress = QProgressBar()
        self.progress.setAccessibleName(tr("Progress"))
        self.progress.setTextVisible(False)
        self.progress.setRange(0, 1000)
        self.progress.setFixedWidth(120)
        self.stop = QPushButton(tr("Stop"))
        self.stop.setToolTip(tr("Stop the running job; what is finished is kept (Ctrl+.)"))
        self.log = QPushButton(tr("Log"))
        self.log.setToolTip(tr("Show or hide what the job does (Ctrl+J)"))
        self._linked, self._lost = False, 0
        self._words, self._health = "", ""
        self._away = QTimer(self, interval=SAID_MS, singleShot=True)
        self._away.timeout.connect(self.happened.hide)
        self.happened.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 8, 0)
        row.setSpacing(8)
        row.addWidget(self.mark)
        row.addWidget(self.link, 3)
        row.addSpacing(8)
        row.addWidget(self.happened, 3)
        row.addWidget(self.saved)
        row.addSpacing(8)
        row.addWidget(self.jobs, 2)
        for widget in (self.progress, self.stop, self.log):
            row.addWidget(widget)
        self.set_theme(theme)

    def say(self, text: str) -> None:
        """Tell what happened, for a while."""
        self.happened.setText(text)
        self.happened.setVisible(bool(text))
        self._away.start()

    def show_linked(self, linked: bool) -> None:
        """Show whether a board is linked; without one there is nothing to lose."""
        self._linked = linked
        if not linked:
            self._health, self._lost = "", 0
        self._show_link()

    def show_words(self, text: str) -> None:
        """Show the state of the link in words."""
        self._words = text
        self._show_link()

    def show_health(self, facts: dict[str, Any]) -> None:
        """Show what the stream says of itself: the rate it has, how much was lost on the way."""
        self._lost = int(facts.get("lost_readings", 0))
        rate = float(facts.get("rate_hz", 0.0))
        shown = grouped(rate, ".0f") if rate >= 1000 else f"{rate:.4g}"
        said = [tr("measured {rate} Hz", rate=shown)] if rate > 0 else []
        self._health = ", ".join([*said, tr("lost {n}", n=grouped(self._lost))])
        self._show_link()

    def _show_link(self) -> None:
        self.link.setText("   ".join(filter(None, (self._words, self._health))))
        self._draw_mark()

    def _draw_mark(self) -> None:
        if self._lost:
            name, colour = "ph.warning-fill", "warn"
        elif self._linked:
            name, colour = "ph.check-circle-fill", "ok"
        else:
            name, colour = "ph.link-break", "text_3"
        size = self._theme.px("icon") - 2
        self.mark.setPixmap(icon(name, self._theme[colour]).pixmap(QSize(size, size), self._dpr()))
        self.mark.setAccessibleName(tr("linked") if self._linked else tr("not linked"))

    def _dpr(self) -> float:
        return self.devicePixelRatioF()

    def show_saved(self, at_s: float | None) -> None:
        """Show when the project's data changed last: they are saved at once, always."""
        clock = time.strftime("%H:%M", time.localtime(at_s)) if at_s is not None else ""
        self.saved.setText(tr("saved {time}", time=clock) if clock else "")

    def show_job(self, text: str, fraction: float, *, running: bool) -> None:
        """Show the newest job: what it does, how far it is."""
        self.jobs.setText(text)
        self.progress.setVisible(running and fraction > 0)
        self.progress.setValue(int(1000 * fraction))
        if not running and self.stop.hasFocus():
            self.setFocus()  # or it would go to a neighbour that nobody chose
        self.stop.setVisible(running)
        self.stop.setEnabled(running)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours and sizes."""
        self._theme = theme
        self.setFixedHeight(theme.px("status_bar"))
        self._draw_mark()
