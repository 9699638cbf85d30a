"""What the mouse does to bands: drag on empty makes one, on an edge resizes, on a name moves."""

from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal

from studio.gui.widgets.wave_bands import GUESS, HANDLE, SOUND, Band, Bands, Held, moved
from studio.gui.widgets.wave_view import WaveView

SNAP_PX = 6
LEAST_PX = 4
"""A shorter drag is a click."""
NEW = 0
"""Number of a band that is not written yet."""


@dataclass
class _Drag:
    pressed: float
    px: float
    """Readings in a pixel."""
    held: Held | None
    takes: bool = False
    """Whether what is held goes along with the mouse."""
    far: bool = False
    guess: Band | None = None
    """What a click, other than a drag, would choose."""


class Hands(QObject):
    """One drag at a time, over whichever plot it began.

    Signals
    -------
    made : (int, int)
        A stretch was dragged where no band is.
    changed : (Band)
        A band has other ends now.
    placed : (float)
        A click: the cursor goes to this reading.
    """

    made = Signal(int, int)
    changed = Signal(object)
    placed = Signal(float)

    def __init__(self, view: WaveView, bands: Bands) -> None:
        super().__init__()
        self._view, self._bands = view, bands
        self._drag: _Drag | None = None
        self.snapping = True
        self.colour = ""
        """Of the label that a new band would get."""
        self.label = ""

    @property
    def dragging(self) -> bool:
        """Whether the mouse is down."""
        return self._drag is not None

    def over(self, reading: float, px: float, *, tab: bool) -> Qt.CursorShape:
        """Return the pointer's shape where it is."""
        held = self._bands.at(reading, HANDLE / 2 * px, tab=tab)
        if held is None:
            return Qt.CursorShape.CrossCursor
        if held.part in ("start", "stop"):
            return Qt.CursorShape.SizeHorCursor
        if held.part == "tab" or self._movable(held):
            return Qt.CursorShape.OpenHandCursor
        return Qt.CursorShape.PointingHandCursor

    def _movable(self, held: Held) -> bool:
        return held.band.kind == SOUND and self._bands.is_chosen(held.band)

    def press(self, reading: float, px: float, *, tab: bool) -> None:
        """Begin: choose what is there."""
        held = self._bands.at(reading, HANDLE / 2 * px, tab=tab)
        if held is not None and held.band.kind == GUESS:
            self._drag = _Drag(reading, px, None, guess=held.band)  # a drag makes a sample over it
            return
        takes = held is not None and (held.part != "body" or self._movable(held))
        self._drag = _Drag(reading, px, held, takes)
        self._bands.choose(held.band if held is not None else None)

    def move(self, reading: float, *, free: bool) -> None:
        """Show what would be if the mouse were released here; `free` does not snap."""
        drag = self._drag
        if drag is None:
            return
        drag.far = drag.far or abs(reading - drag.pressed) >= LEAST_PX * drag.px
        if not drag.far:
            return
        snap = self.snapping and not free
        if drag.held is None:
            first, _ = self._snap(drag.pressed, drag.px, snap)
            last, near = self._snap(reading, drag.px, snap)
            low, high = sorted((self._inside(first), self._inside(last)))
            stop, track = max(high, low + 1), self._bands.track
            self._bands.drag(Band(NEW, low, stop, self.label, self.colour, track=track), near)
        elif drag.takes:
            self._bands.drag(*self._changed(drag, drag.held, reading, snap))

    def _changed(
        self, drag: _Drag, held: Held, reading: float, snap: bool
    ) -> tuple[Band, int | None]:
        band, part = held.band, held.part
        by = round(reading - drag.pressed)
        total = self._view.total
        place = (band.stop if part == "stop" else band.start) + by
        snapped, near = self._snap(place, drag.px, snap)
        if near is None and part in ("body", "tab"):
            after, near = self._snap(place + band.stop - band.start, drag.px, snap)
            snapped = after - (band.stop - band.start)
        return moved(band, part, by + round(snapped) - place, total), near

    def release(self) -> None:
        """End the drag: what was shown is to be written."""
        drag, self._drag = self._drag, None
        draft = self._bands.draft
        self._bands.drag(None)
        if drag is None:
            return
        if draft is None and drag.guess is not None:
            self._bands.choose(drag.guess)
        if draft is None:
            self.placed.emit(drag.pressed)
        elif drag.held is None:
            self.made.emit(draft.start, draft.stop)
        elif (draft.start, draft.stop) != (drag.held.band.start, drag.held.band.stop):
            self.changed.emit(replace(draft))

    def cancel(self) -> bool:
        """Put back what is being dragged; tell whether there was anything."""
        if self._drag is None:
            return False
        self._drag = None
        self._bands.drag(None)
        return True

    def _inside(self, reading: float) -> int:
        return min(max(0, round(reading)), self._view.total)

    def _snap(self, reading: float, px: float, snap: bool) -> tuple[float, int | None]:
        """Return where an edge goes, and what it snapped to."""
        places = self._bands.snaps
        if not snap or not len(places):
            return reading, None
        nearest = int(places[np.argmin(np.abs(places - reading))])
        return (nearest, nearest) if abs(nearest - reading) <= SNAP_PX * px else (reading, None)
