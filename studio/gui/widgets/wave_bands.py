"""Labelled stretches over the plots: what they are, where the pointer is on them, their look."""

from bisect import bisect_right
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QFontMetrics, QPainter, QPen

from studio.gui.theme import Theme, ink_on

HANDLE = 10
"""Width of the place where an edge can be taken."""
EDGE = 2
TAB, PAD = 18, 8.0
HATCH = 0.45
FILL = {"light": 0.16, "dark": 0.24}
SOUND, GUESS, CUT = "sample", "guess", "cut"


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch `[start, stop)` with a label."""

    id: int
    start: int
    stop: int
    label: str
    colour: str
    key: str = ""
    """The key that gives this label."""
    kind: str = SOUND
    """A sample, a model's guess, or a cut that is only shown."""
    track: str = "main"
    enabled: bool = True
    note: str = ""
    """What stands behind the name, such as a confidence."""


@dataclass
class Held:
    """What the pointer is on: an edge (`start`, `stop`), the `body`, its name's `tab`."""

    band: Band
    part: str


@dataclass(frozen=True, slots=True)
class _Track:
    """The bands of a track in the order of their starts, found by where they are."""

    bands: list[Band]
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    reached: NDArray[np.int64]
    """The last stop up to each of them."""

    @classmethod
    def of(cls, bands: list[Band]) -> "_Track":
        ordered = sorted(bands, key=lambda one: one.start)
        starts = np.array([one.start for one in ordered], np.int64)
        stops = np.array([one.stop for one in ordered], np.int64)
        return cls(ordered, starts, stops, np.maximum.accumulate(stops))

    def within(self, low: float, high: float, px: float) -> list[Band]:
        """Return those in a stretch, less those nobody could tell apart at this scale."""
        first = int(np.searchsorted(self.reached, low, side="right"))
        after = int(np.searchsorted(self.starts, high, side="left"))
        starts, stops = self.starts[first:after], self.stops[first:after]
        columns = starts // max(EDGE * px, 1.0)
        apart = np.diff(columns, prepend=-1.0) != 0
        kept = np.flatnonzero((stops > low) & (apart | (stops - starts >= EDGE * px)))
        return [self.bands[first + place] for place in kept.tolist()]


@dataclass
class _State:
    every: list[Band] = field(default_factory=list)
    named: dict[tuple[str, int], Band] = field(default_factory=dict)
    tracks: dict[str, _Track] = field(default_factory=dict)
    draft: Band | None = None
    chosen: tuple[str, int] | None = None
    snaps: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    snapped: int | None = None


class Bands(QObject):
    """The bands that are drawn, which of them is chosen, and the one being dragged.

    Signals
    -------
    changed : ()
        Something is to be drawn anew.
    chose : ()
        Another band is chosen, or none.
    """

    changed = Signal()
    chose = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._now = _State()
        self.track = "main"
        """The track whose bands cross the plots."""

    @property
    def every(self) -> list[Band]:
        """All bands of all tracks."""
        return self._now.every

    @property
    def draft(self) -> Band | None:
        """The band as it would be if the mouse were released now."""
        return self._now.draft

    @property
    def snaps(self) -> NDArray[np.int64]:
        """Where edges snap to, in readings."""
        return self._now.snaps

    @property
    def snapped(self) -> int | None:
        """The reading that the dragged edge has snapped to."""
        return self._now.snapped

    def show(self, bands: list[Band]) -> None:
        """Draw these; what is chosen stays chosen if it is among them."""
        by_track: dict[str, list[Band]] = {}
        for one in bands:
            by_track.setdefault(one.track, []).append(one)
        self._now.every = bands
        self._now.named = {(one.kind, one.id): one for one in bands}
        self._now.tracks = {track: _Track.of(ones) for track, ones in by_track.items()}
        gone = self.chosen is None and self._now.chosen is not None
        if gone:
            self._now.chosen = None
        self.changed.emit()
        if gone:
            self.chose.emit()

    def set_snaps(self, readings: NDArray[np.int64]) -> None:
        """Let edges snap to these readings."""
        self._now.snaps = readings
        self.changed.emit()

    def drag(self, band: Band | None, snapped: int | None = None) -> None:
        """Show a band as it is being made or changed; None ends it."""
        self._now.draft, self._now.snapped = band, snapped
        self.changed.emit()

    @property
    def chosen(self) -> Band | None:
        """The chosen band."""
        wanted = self._now.chosen
        return self._now.named.get(wanted) if wanted is not None else None

    def choose(self, band: Band | None) -> None:
        """Choose a band, or none."""
        wanted = (band.kind, band.id) if band is not None else None
        if wanted != self._now.chosen:
            self._now.chosen = wanted
            self.changed.emit()
            self.chose.emit()

    def crossing(
        self, low: float = 0.0, high: float = np.inf, px: float = 0.0, track: str = ""
    ) -> list[Band]:
        """Return the bands of a track in a stretch, what is chosen or dragged last.

        Parameters
        ----------
        px : float
            Readings in a pixel: of many that are narrower, only what can be told apart.
        track : str
            Empty: the active one.
        """
        track = track or self.track
        known = self._now.tracks.get(track)
        found = known.within(low, high, px) if known is not None else []
        last = self.draft or self.chosen
        if last is None or last.track != track:
            return found
        found = [one for one in found if (one.kind, one.id) != (last.kind, last.id)]
        return [*found, last] if last.start < high and last.stop > low else found

    def is_chosen(self, band: Band) -> bool:
        """Whether this band is the chosen one, also while it is dragged."""
        return (band.kind, band.id) == self._now.chosen

    def at(self, reading: float, reach: float, *, tab: bool = False) -> Held | None:
        """Return what is under the pointer; `reach` is half a handle in readings."""
        near = self.crossing(reading - reach - 1, reading + reach + 1)
        shown = [one for one in near if one.kind != CUT][::-1]
        shown.sort(key=self.is_chosen, reverse=True)
        movable = [one for one in shown if one.kind == SOUND]
        edges = [
            (abs(place - reading), not self.is_chosen(one), order, one, part)
            for order, one in enumerate(movable)
            for part, place in (("start", one.start), ("stop", one.stop))
            if abs(place - reading) <= reach
        ]
        if edges:
            _, _, _, band, part = min(edges, key=lambda found: found[:3])
            return Held(band, part)
        for band in shown:
            if band.start <= reading < band.stop:
                return Held(band, "tab" if tab and band.kind == SOUND else "body")
        return None


def moved(band: Band, part: str, by: int, total: int) -> Band:
    """Return a band with an edge, or all of it, moved by readings; edges cannot cross or leave."""
    if part == "start":
        return replace(band, start=min(max(0, band.start + by), band.stop - 1))
    if part == "stop":
        return replace(band, stop=max(min(total, band.stop + by), band.start + 1))
    by = min(max(by, -band.start), total - band.stop)
    return replace(band, start=band.start + by, stop=band.stop + by)


def fill(painter: QPainter, area: QRectF, band: Band, theme: Theme, strength: float = 1.0) -> None:
    """Draw what lies under the signal."""
    colour = QColor(band.colour)
    if band.kind == GUESS:
        colour.setAlphaF(HATCH)
        painter.fillRect(area, QBrush(colour, Qt.BrushStyle.BDiagPattern))
        return
    colour.setAlphaF(FILL[theme.name] * strength * (1.0 if band.enabled else 0.5))
    painter.fillRect(area, colour)


def edges(painter: QPainter, area: QRectF, band: Band, theme: Theme, *, chosen: bool) -> None:
    """Draw what lies over the signal: both edges, with handles if it is chosen."""
    dashed = band.kind != SOUND or not band.enabled
    style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
    pen = QPen(QColor(band.colour), EDGE + 1 if chosen else EDGE, style)
    painter.setPen(pen)
    for x in (area.left(), area.right()):
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
    if chosen and band.kind == SOUND:
        painter.setPen(QPen(QColor(theme["text"]), 1))
        painter.setBrush(QColor(band.colour))
        for x in (area.left(), area.right()):
            grip = QRectF(x - HANDLE / 2, area.center().y() - 10, HANDLE, 20)
            painter.drawRoundedRect(grip, 3, 3)
        painter.setBrush(Qt.BrushStyle.NoBrush)


def rooms(places: list[tuple[Band, QRectF]], right: float) -> list[float]:
    """Return how wide each band's name may be: up to where the next one begins."""
    lefts = sorted(place.left() for _, place in places)
    found = []
    for _, place in places:
        following = bisect_right(lefts, place.left() + 1)
        end = lefts[following] if following < len(lefts) else right
        found.append(end - place.left())
    return found


def tab(
    painter: QPainter, area: QRectF, band: Band, theme: Theme, *, chosen: bool, room: float
) -> None:
    """Draw a band's name from its upper left on, as much as there is room for."""
    metrics: QFontMetrics = painter.fontMetrics()
    room = max(area.width(), room) - 3
    whole = " ".join(part for part in (band.key, band.label, band.note) if part)
    names = (whole, f"{band.key} {band.label}".strip(), band.label, band.key)
    wide, short = next(
        (
            (metrics.horizontalAdvance(name) + PAD, name)
            for name in names
            if name and metrics.horizontalAdvance(name) + PAD <= room
        ),
        (0.0, ""),
    )
    if not short:
        return
    chip = QRectF(area.left() + 1, area.top() + 1, wide, TAB)
    if band.kind == SOUND and band.enabled:
        painter.fillRect(chip, QColor(band.colour))
        painter.setPen(QColor(ink_on(band.colour)))
    else:
        painter.fillRect(chip, QColor(theme["surface"]))
        painter.setPen(QPen(QColor(band.colour), 1, Qt.PenStyle.DashLine))
        painter.drawRect(chip)
        painter.setPen(QColor(theme["text"]))
    painter.drawText(chip.adjusted(PAD / 2, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, short)
    if chosen:
        painter.setPen(QPen(QColor(theme["text"]), 1))
        painter.drawRect(chip)
