"""The label tracks under the signal: a row for each, and one for the windows they give."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPen

from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets import wave_bands
from studio.gui.widgets.wave_bands import CUT, Band, Bands
from studio.gui.widgets.wave_hands import Hands
from studio.gui.widgets.wave_lane import LEAST_PX, Lane
from studio.gui.widgets.wave_view import WaveView

ROW = 26
WINDOWS_ROW = 18
MOST_DRAWN = 4000


@dataclass(frozen=True, slots=True)
class WindowRow:
    """The windows that training would cut: first reading, place of the label's colour."""

    starts: "np.ndarray[tuple[int], np.dtype[np.int64]]"
    colours: tuple[str, ...]
    """Of each window."""
    length: int
    words: str


class TracksLane(Lane):
    """Rows of bands.

    Signals
    -------
    picked : (str)
        A person wants to work on this track.
    """

    picked = Signal(str)

    def __init__(self, view: WaveView, bands: Bands, hands: Hands, theme: Theme) -> None:
        super().__init__(view, bands, hands, theme)
        self._tracks = ["main"]
        self._windows: WindowRow | None = None
        self.setMinimumHeight(ROW)
        self.setAccessibleName(tr("Label tracks"))
        self._resize()

    def show_tracks(self, tracks: list[str]) -> None:
        """Draw a row for each of these."""
        self._tracks = tracks
        self._resize()

    def show_windows(self, windows: WindowRow | None) -> None:
        """Draw the windows that the rule gives, or none."""
        self._windows = windows
        self._resize()

    def _resize(self) -> None:
        extra = WINDOWS_ROW if self._windows is not None else 0
        self.setFixedHeight(ROW * max(1, len(self._tracks)) + extra)
        self.again()

    def _row_at(self, y: float) -> str:
        row = int(y // ROW)
        return self._tracks[row] if 0 <= row < len(self._tracks) else ""

    def row(self, track: str) -> QRectF:
        """Return where a track's bands are."""
        top = ROW * self._tracks.index(track)
        return QRectF(self.area.left(), top, self.area.width(), ROW)

    def _places(self, area: QRectF) -> list[tuple[Band, QRectF]]:
        return []  # drawn row by row instead

    def draw_scale(self, painter: QPainter, area: QRectF) -> None:
        """Name the tracks."""
        metrics = painter.fontMetrics()
        for order, track in enumerate(self._tracks):
            active = track == self.bands.track
            painter.setPen(QColor(self.theme["text" if active else "text_3"]))
            short = metrics.elidedText(track, Qt.TextElideMode.ElideRight, self.left - 14)
            box = QRectF(8, order * ROW, self.left - 12, ROW)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, short)
            if active and len(self._tracks) > 1:
                painter.fillRect(
                    QRectF(0, order * ROW + 4, 3, ROW - 8), QColor(self.theme["accent"])
                )
            painter.setPen(QColor(self.theme["grid"]))
            y = order * ROW
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        if self._windows is not None:
            painter.setPen(QColor(self.theme["text_3"]))
            top, said = ROW * len(self._tracks), self._windows.words
            painter.drawText(
                QRectF(8, top, self.left - 12, WINDOWS_ROW),
                Qt.AlignmentFlag.AlignVCenter,
                metrics.elidedText(said, Qt.TextElideMode.ElideRight, self.left - 12),
            )

    def draw_signal(self, painter: QPainter, area: QRectF) -> None:
        """Draw the bands of each track in its row, then the windows."""
        for track in self._tracks:
            self._draw_row(painter, track)
        self._draw_windows(painter, area)

    def _draw_row(self, painter: QPainter, track: str) -> None:
        row = self.row(track).adjusted(0, 3, 0, -3)
        laid = self._laid(track, row.top(), row.height())
        places = [(band, place) for band, place in laid if band.kind != CUT]
        rooms = wave_bands.rooms(places, row.right())
        for (band, place), room in zip(places, rooms, strict=True):
            chosen = self.bands.is_chosen(band)
            wave_bands.fill(painter, place, band, self.theme)
            if place.width() < LEAST_PX and not chosen:
                continue
            wave_bands.edges(painter, place, band, self.theme, chosen=False)
            inside = place.intersected(row)
            room += place.left() - inside.left()
            wave_bands.tab(painter, inside, band, self.theme, chosen=chosen, room=room)
            if chosen:
                painter.setPen(QPen(QColor(self.theme["text"]), 1))
                painter.drawRect(place.adjusted(0, 0, -1, -1))

    def _draw_windows(self, painter: QPainter, area: QRectF) -> None:
        """Draw each window as a line at its middle: lines side by side show the label."""
        windows = self._windows
        if windows is None:
            return
        top = ROW * len(self._tracks) + 3
        middles = windows.starts + windows.length / 2
        shown = np.flatnonzero((middles >= self.view.start) & (middles < self.view.stop))
        for place in shown[:: max(1, len(shown) // MOST_DRAWN)].tolist():
            x = self.x_of(float(middles[place]))
            painter.fillRect(
                QRectF(x - 1, top, 2, WINDOWS_ROW - 6), QColor(windows.colours[place])
            )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Work on the track that was pressed, then as over the signal."""
        track = self._row_at(event.position().y())
        if track and track != self.bands.track:
            self.picked.emit(track)
        if event.position().x() >= self.left:
            super().mousePressEvent(event)

    def _on_tab(self, event: QMouseEvent) -> bool:
        return True
