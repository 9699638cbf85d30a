"""One window on its way: the pictures of its stages, stacked, with a common time axis."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt, QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.gui.pages.pipeline_lane import NAMES_ROOM, Picture, StageLane
from studio.gui.texts import grouped, tr
from studio.gui.theme import Theme
from studio.gui.widgets.panel import ShortLabel, words

if TYPE_CHECKING:
    from studio.services.stages import Stage

SHARE, SHARE_WITH_ROW = 5, 6
"""Of the height: a lane without, and one with a row of numbers below."""


class StagePlot(QWidget):
    """One stage: a caption over its picture."""

    def __init__(self, theme: Theme, picture: Picture) -> None:
        super().__init__()
        self.picture = picture
        self.caption = ShortLabel("", "hint")
        self.lane = StageLane(theme, picture)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.caption)
        box.addWidget(self.lane, 1)

    def draw(self) -> None:
        """Show the picture."""
        said = self._words(self.picture)
        self.caption.setText(said)
        self.lane.setAccessibleName(tr(self.picture.stage.title))
        self.lane.setAccessibleDescription(said)
        self.lane.show_picture(self.picture)

    @staticmethod
    def _words(picture: Picture) -> str:
        stage = picture.stage
        title = tr("{title} ({unit})", title=tr(stage.title), unit=tr(_unit(picture)))
        if stage.bottom and not stage.over_time:
            title = tr("{what} over {along}", what=title, along=tr(stage.bottom))
        if stage.peaks:
            shown = [stage.peaks[i] for i in picture.columns]
            peaks = ", ".join(f"{peak.x:.3g}" for peak in shown)
            return tr("{title}   peaks at {peaks}", title=title, peaks=peaks)
        if stage.kind != "image":
            return title
        low, high = float(stage.values.min()), float(stage.values.max())
        return tr(
            "{title}   dark to bright: {low} to {high} {scale}",
            title=title,
            low=grouped(low, ".3g"),
            high=grouped(high, ".3g"),
            scale=tr(stage.scale),
        )


class StageView(QWidget):
    """All stages of a window, from its readings to its features, one under the other."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._plots: list[StagePlot] = []
        self._pictures: list[Picture] = []
        self._due: list[int] = []
        self._drawer = QTimer(self, interval=0)
        self._drawer.timeout.connect(self._next)
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(2)
        self.read_out = words("", "hint")
        self.read_out.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setAccessibleName(tr("The window on its way"))

    @property
    def plots(self) -> list[StagePlot]:
        """The stages on show."""
        return self._plots[: len(self._pictures)]

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self._theme = theme
        for one in self._plots:
            one.lane.set_theme(theme)

    def clear(self) -> None:
        """Show nothing."""
        self._pictures, self._due = [], []
        for one in self._plots:
            one.hide()
        self.read_out.setText("")

    def show_stages(
        self,
        stages: "tuple[Stage, ...]",
        axes: tuple[str, ...],
        before: "tuple[Stage, ...]" = (),
    ) -> None:
        """Show the stages of a window for some of its axes; what `before` was stays pale."""
        pale = {stage.title: stage for stage in before if stage.kind == "lines"}
        timed = [place for place, stage in enumerate(stages) if stage.over_time]
        reaches = [_reach(stages[place]) for place in timed]
        start = min((low for low, _ in reaches), default=0.0)
        time = (
            start,
            start + NAMES_ROOM * (max((high for _, high in reaches), default=1.0) - start),
        )
        self._pictures = []
        for place, stage in enumerate(stages):
            old = pale.get(stage.title)
            fits = old is not None and old.values.shape[1:] == stage.values.shape[1:]
            columns = _columns(stage, axes)
            span = time if stage.over_time else _span(stage, columns)
            numbers = not stage.over_time or place == timed[-1]
            self._pictures.append(Picture(stage, columns, old if fits else None, span, numbers))
        self._lay_out()
        self._due = list(range(len(stages)))
        self._drawer.start()

    def _lay_out(self) -> None:
        """Have a lane for each picture; the last over time has room for its numbers."""
        for place, picture in enumerate(self._pictures):
            if place == len(self._plots):
                one = StagePlot(self._theme, picture)
                one.lane.pointed.connect(lambda at, one=one: self._point(one, at))
                self._plots.append(one)
                self._box.addWidget(one)
            self._plots[place].picture = picture
            share = SHARE_WITH_ROW if picture.has_row else SHARE
            self._box.setStretchFactor(self._plots[place], share)
        for place, one in enumerate(self._plots):
            one.setVisible(place < len(self._pictures))

    def _next(self) -> None:
        """Draw one more: the window must not wait for all of them."""
        if not self._due:
            self._drawer.stop()
            return
        self._plots[self._due.pop(0)].draw()

    def _point(self, pointed: StagePlot, at: QPointF | None) -> None:
        """Move the line in all lanes over time, and say what is there."""
        over_time = at is not None and pointed.picture.stage.over_time
        for one in self.plots:
            shared = over_time and one.picture.stage.over_time
            one.lane.point(at.x() if shared and at is not None else None)
        self.read_out.setText(words_at(pointed.picture, at) if at is not None else "")


def words_at(picture: Picture, at: QPointF) -> str:
    """Return what lies at values of a picture's axes, in words."""
    stage = picture.stage
    if stage.kind == "bars":
        place = round(at.x())
        if not 0 <= place < len(picture.columns):
            return ""
        index = picture.columns[place]
        return f"{stage.names[index]}: {float(stage.values[index]):.4g}"
    place = round((at.x() - stage.start) / stage.step)
    if not 0 <= place < len(stage.values):
        return ""
    along = stage.start + place * stage.step
    where = f"{along:.3f} s" if stage.over_time else f"{along:.4g} Hz"
    if stage.kind == "image":
        row = int((at.y() - stage.low) / (stage.high - stage.low) * stage.values.shape[1])
        if not 0 <= row < stage.values.shape[1]:
            return ""
        value = f"{float(stage.values[place, row]):.4g} {stage.scale}"
        return f"{where}, {stage.left} {at.y():.4g}: {value}"
    values = (f"{stage.names[i]} {float(stage.values[place, i]):.4g}" for i in picture.columns)
    return f"{where}: {', '.join(values)} {_unit(picture)}"


def _unit(picture: Picture) -> str:
    """Return what the left axis shows, for the lines that are drawn."""
    stage = picture.stage
    units = dict.fromkeys(stage.units[i] for i in picture.columns if stage.units)
    return ", ".join(units) or stage.left


def _reach(stage: "Stage") -> tuple[float, float]:
    """Return where a stage begins and ends on the bottom axis."""
    steps = len(stage.values) - (1 if stage.kind == "lines" else 0)
    return stage.start, stage.start + stage.step * max(1, steps)


def _span(stage: "Stage", columns: list[int]) -> tuple[float, float]:
    """Return the ends of a bottom axis that is not time."""
    if stage.kind == "bars":
        return -1.0, float(len(columns))
    low, high = _reach(stage)
    return low, low + NAMES_ROOM * (high - low)


def _columns(stage: "Stage", axes: tuple[str, ...]) -> list[int]:
    """Return which of a stage's lines or bars belong to some axes."""
    if stage.kind == "image":
        return []
    if stage.kind == "bars":
        of_axes = [i for i, n in enumerate(stage.names) if n.partition(" ")[0] in axes]
        return of_axes or list(range(len(stage.names)))
    found = [i for i, name in enumerate(stage.names) if name in axes]
    return found or list(range(len(stage.names)))
