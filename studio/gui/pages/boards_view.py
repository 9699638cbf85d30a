"""One board on the Boards page: its signal in three views, its level, the health of its link."""

import contextlib
import time
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from studio.errors import DeviceError
from studio.gui.link import BoardLink
from studio.gui.texts import counted, grouped, tr
from studio.gui.theme import Theme, label_colour
from studio.gui.widgets.live_plot import LivePlot
from studio.gui.widgets.live_plot_levels import LevelBars
from studio.gui.widgets.live_plot_overlay import Mark, Stretch
from studio.gui.widgets.live_plot_spectrogram import Spectrogram
from studio.gui.widgets.live_plot_spectrum import SpectrumPlot
from studio.gui.widgets.panel import ShortLabel, set_role, words
from studio.types import Axis

NEARLY_FULL = 0.8


class BoardView(QWidget):
    """Follows one link; what is recorded from its board is marked in the plot."""

    def __init__(self, link: BoardLink, theme: Theme) -> None:
        super().__init__()
        self.link = link
        self._theme = theme
        self._axes: tuple[Axis, ...] = ()
        self.head = ShortLabel("", "heading")
        self.plot = LivePlot(theme)
        self.spectrum = SpectrumPlot(theme, self.plot)
        self.spectrogram = Spectrogram(theme, self.plot)
        self.levels = LevelBars(theme, self.plot)
        self.levels.hide()
        self.health = words("", "hint", wrap=True)
        self.stack = QStackedWidget()
        for view in (self.plot, self.spectrum, self.spectrogram):
            self.stack.addWidget(view)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        top = QHBoxLayout()
        top.addWidget(self.head, 1)
        box.addLayout(top)
        box.addWidget(self.stack, 1)
        box.addWidget(self.levels)
        box.addWidget(self.health)
        link.described.connect(self._described)
        link.watched.connect(self._watch)
        link.measured.connect(self.show_health)
        link.closed.connect(self.plot.clear)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self._theme = theme
        for widget in (self.plot, self.spectrum, self.spectrogram, self.levels):
            widget.set_theme(theme)

    def _described(self, axes: tuple[Axis, ...], _rate: float) -> None:
        self._axes = axes
        port = self.link.port
        badges = {"virtual": tr("virtual board"), "file": tr("played from a file")}
        self.plot.badge = badges.get(port.partition("://")[0], "") if "://" in port else ""

    def _watch(self, name: str) -> None:
        from studio.services import acquire

        with contextlib.suppress(DeviceError):  # it has ended already: nothing to see
            self.plot.watch(acquire.ring(name), self._axes)
            self.levels.suit()

    def show_receiving(self, receiving: bool) -> None:
        """Say in the plot since when nothing comes, if so."""
        plot = self.plot
        if receiving or plot.timeline is None:
            plot.set_ended("")
        elif not plot.ended:
            plot.set_ended(time.strftime("%H:%M:%S"))

    def show_health(self) -> None:
        """Say how the link does, in numbers."""
        found = self.link.health
        self.health.setText(health_text(found, self.link.wire) if found else "")
        lost = found.get("lost_readings", 0) or found.get("damaged_packets", 0)
        full = (self.link.wire.get("share") or 0.0) > NEARLY_FULL
        set_role(self.health, "advice" if lost or full else "hint")

    # -- what is recorded ------------------------------------------------------------------------

    @property
    def begin(self) -> int:
        """The first reading of the newest stream in the plot's counting."""
        timeline = self.plot.timeline
        return timeline.begin if timeline is not None else 0

    def stretch(self, start: int, stop: int | None, name: str) -> Stretch:
        """Mark a part of the newest stream as recorded; without an end it is going on."""
        end, colour = None if stop is None else self.begin + stop, ""
        if stop is None:
            colour = self._theme["record"]
        one = Stretch(self.begin + start, end, name, colour)
        self.plot.overlay.stretches.append(one)
        return one

    def mark(self, at: int, label: str, labels: list[str]) -> None:
        """Mark where a label begins, or with none where it ends."""
        colour = label_colour(label, labels) if label else self._theme["text_3"]
        self.plot.overlay.marks.append(Mark(self.begin + at, label or tr("end"), colour))


def health_text(found: dict[str, Any], wire: dict[str, Any]) -> str:
    """Return the figures of a link on a line."""
    told, measured = found.get("told_rate_hz", 0.0), found.get("rate_hz", 0.0)
    parts = []
    if told:
        parts.append(tr("asked {rate} Hz", rate=grouped(told, ".6g")))
    if measured:
        unsure = found.get("rate_uncertainty_hz", 0.0)
        parts.append(
            tr(
                "measured {rate} ± {unsure} Hz",
                rate=grouped(measured, ".6g"),
                unsure=f"{unsure:.2g}",
            )
        )
        parts.append(tr("jitter {ms} ms", ms=f"{found.get('jitter_ms', 0.0):.1f}"))
    lost = int(found.get("lost_readings", 0))
    parts.append(
        counted(lost, "{n} reading lost", "{n} readings lost") if lost else tr("nothing lost")
    )
    if damaged := int(found.get("damaged_packets", 0)):
        parts.append(counted(damaged, "{n} packet damaged", "{n} packets damaged"))
    if wire.get("bytes_s"):
        parts.append(tr("~{kb} kB/s", kb=f"{wire['bytes_s'] / 1000:.1f}"))
    if wire.get("share") is not None:
        share = tr(
            "~{share} % of the line at {baud} Bd",
            share=f"{100 * wire['share']:.0f}",
            baud=grouped(wire["baud"], ".6g"),
        )
        parts.append(share)
    return "   ·   ".join(parts)
