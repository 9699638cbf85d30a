"""A recording that runs: what happens in it is marked in the plots and told as it happens."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from studio.gui.pages.boards_view import BoardView
from studio.gui.texts import counted, tr
from studio.gui.widgets.live_plot_overlay import Stretch


class Recording:
    """Follows the events of one recording.

    Parameters
    ----------
    views : sequence of BoardView
        The boards that are recorded from; the first takes what names no port.
    label : str
        What holds from its beginning.
    clips : bool
        Whether only parts of the stream are kept.
    labels : list of str
        Known labels, for their colours.
    tell : callable
        Gets a sentence for each thing that happens.
    progress : callable
        Gets how far it is, often.
    """

    def __init__(
        self,
        views: Sequence[BoardView],
        label: str,
        *,
        clips: bool,
        labels: list[str],
        tell: Callable[[str], None],
        progress: Callable[[str], None],
    ) -> None:
        self._views = {view.link.port: view for view in views}
        self._first = views[0]
        self._clips, self._tell, self._progress = clips, tell, progress
        self._labels = labels
        self._open: dict[str, Stretch] = {}
        self.label = label
        """The label that holds now."""
        self.began_s: float | None = None
        """When the first reading was known to have come (monotonic)."""
        for view in views:
            view.plot.set_frozen(False)
            if view.plot.overlay.trigger is not None:
                view.plot.overlay.trigger.armed = True

    def hear(self, kind: str, data: dict[str, Any]) -> None:
        """Take an event."""
        view = self._views.get(data.get("port", ""), self._first)
        if kind == "stats":
            self._stats(view, data)
        elif kind == "progress":
            self._progress(data["text"])
        elif kind == "clip":
            self._clip(view, data)
        elif kind == "countdown":
            view.plot.overlay.countdown = str(data["seconds"])
            self._tell(tr("Clip {n} in {s} s", n=data["number"], s=data["seconds"]))
        elif kind == "mark":
            self.label = data["label"]
            view.mark(int(data["at"]), data["label"], self._labels)
            self._tell(tr("From now on: {label}", label=data["label"] or tr("no label")))
        elif kind == "gap":
            missing = int(data["missing"])
            lost = counted(missing, "{n} reading is missing", "{n} readings are missing")
            self._tell(tr("{what} after {s} s", what=lost, s=f"{data.get('time_s', 0.0):.1f}"))
        elif kind == "waiting":
            self._tell(tr("{why} What has come is kept.", why=data["text"]))
        elif kind == "resumed":
            missing = int(data["missing"])
            back = counted(missing, "{n} reading is missing", "{n} readings are missing")
            self._tell(tr("The board is back: {what}.", what=back))
        view.plot.update()

    def _stats(self, view: BoardView, data: dict[str, Any]) -> None:
        if not data.get("seconds"):
            return
        if self.began_s is None:
            self.began_s = time.monotonic() - float(data["seconds"])
            self._tell(tr("Recording {label}", label=self.label))
        if not self._clips:
            self._progress(tr("Recording: {s} s", s=f"{data['seconds']:.1f}"))
        if not self._clips and view.link.port not in self._open:
            self._open[view.link.port] = view.stretch(0, None, self.label)

    def _clip(self, view: BoardView, data: dict[str, Any]) -> None:
        port = view.link.port
        of = f" / {data['of']}" if data.get("of") else ""
        number = f"{data['number']}{of}"
        if data["state"] == "begun":
            view.plot.overlay.countdown = ""
            self._open[port] = view.stretch(int(data["start"]), None, number)
            self._tell(tr("Clip {n} begins", n=number))
            return
        one = self._open.pop(port, None)
        if one is not None:
            one.stop, one.colour = view.begin + int(data["stop"]), ""
        self._tell(tr("Clip {n} is recorded", n=number))

    def end(self) -> None:
        """Close what is open: nothing more is recorded."""
        for view in self._views.values():
            timeline, one = view.plot.timeline, self._open.pop(view.link.port, None)
            if one is not None and timeline is not None:
                one.stop, one.colour = timeline.written, ""
            view.plot.overlay.countdown = ""
            if view.plot.overlay.trigger is not None:
                view.plot.overlay.trigger.armed = False
            view.plot.update()
