"""The picture of the Live page: the signal over what is decided about it, on one time axis."""

from typing import Any

from studio.gui.pages.live_tracks import DecisionTracks, Judged
from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.live_plot import LivePlot
from studio.gui.widgets.live_plot_overlay import Mark, Stretch
from studio.gui.widgets.panel import Panel
from studio.types import Axis


class LivePicture(Panel):
    """The newest seconds; the window that the model looks at is shaded and moves."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(tr("Last 10 s; shaded: what the model looks at"))
        self._theme = theme
        self.plot = LivePlot(theme)
        self.plot.freeze_key = "F"
        self.tracks = DecisionTracks(theme, self.plot)
        self.box.setSpacing(0)
        self.box.addWidget(self.plot, 5)
        self.box.addWidget(self.tracks, 4)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours and text size."""
        self._theme = theme
        self.plot.set_theme(theme)
        self.tracks.set_theme(theme)

    def start_over(self) -> None:
        """Forget what was watched."""
        self.tracks.begin([], stride=1, rate_hz=1.0)
        self.plot.clear()
        self.plot.set_ended("")

    def follow(self, data: dict[str, Any], *, virtual: bool) -> None:
        """Show a stream, as a job that decides describes it; without a signal only decisions."""
        from studio.services import acquire

        axes = tuple(Axis(one["name"], one["units"]) for one in data["axes"])
        self.plot.badge = tr("virtual board") if virtual else ""
        if data["ring"]:
            self.plot.watch(acquire.ring(data["ring"]), axes)
        self.plot.setVisible(bool(data["ring"]))
        self.tracks.begin(
            data["labels"], stride=data["stride_readings"], rate_hz=data["sample_rate_hz"]
        )
        self.tracks.set_threshold(round(data["threshold"], 2))

    def decide(self, start: int, stop: int, data: dict[str, Any]) -> None:
        """Show what was decided about the readings from `start` to `stop`."""
        self.tracks.add(Judged(start, stop, data["label"], tuple(data["means"])))
        self.plot.overlay.stretches = [Stretch(start, stop, "")]

    def mark(self, at: int) -> None:
        """Mark a reading."""
        self.plot.overlay.marks.append(Mark(at, tr("mark"), self._theme["warn"]))

    def freeze(self) -> None:
        """Let the picture stand, or follow again."""
        self.plot.set_frozen(not self.plot.frozen)
