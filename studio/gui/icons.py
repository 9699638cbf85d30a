"""Icons: glyphs of the fonts that qtawesome carries, in the theme's colours, sharp at any scale.

Its fonts and its names of their letters are read, but none of its code: that would import all of
Qt anew and check twelve fonts, which takes longer than the rest of the window's start.
"""

import json
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QIcon,
    QIconEngine,
    QPainter,
    QPainterPath,
    QPalette,
    QPixmap,
    QRawFont,
    QTransform,
)
from PySide6.QtWidgets import QApplication

from studio.errors import ConfigError

FILES = {"ph": "phosphor", "ri": "remixicon"}
"""How the font files of a prefix begin: Phosphor for all but the USB plug, which is Remix."""
EM = 256


class _Glyph(QIconEngine):
    """Fills a letter's outline in a colour; disabled, in the palette's colour for that."""

    def __init__(self, outline: QPainterPath, colour: str) -> None:
        super().__init__()
        self._outline, self._colour = outline, colour

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Fill the outline, in the middle of the area."""
        colour = QColor(self._colour)
        if mode == QIcon.Mode.Disabled:
            group, role = QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text
            colour = QApplication.palette().color(group, role)
        side = min(rect.width(), rect.height())
        middle = QRectF(rect).center()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(middle.x() - side / 2, middle.y() - side / 2)
        painter.scale(side / EM, side / EM)
        painter.fillPath(self._outline, colour)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """Return a picture of this size in device pixels."""
        drawn = QPixmap(size)
        drawn.fill(Qt.GlobalColor.transparent)
        painter = QPainter(drawn)
        self.paint(painter, QRect(0, 0, size.width(), size.height()), mode, state)
        painter.end()
        return drawn


@lru_cache(maxsize=2)
def _font(prefix: str) -> tuple[QRawFont, dict[str, str]]:
    """Return a font and the code of the letter behind each name."""
    found = find_spec("qtawesome")
    if found is None or found.origin is None:
        raise ConfigError("The icons are missing.", "Install the studio again; see README.md.")
    folder = Path(found.origin).parent / "fonts"
    (letters,) = folder.glob(f"{FILES[prefix]}-[0-9]*.ttf")
    (names,) = folder.glob(f"{FILES[prefix]}-charmap-*.json")
    font = QRawFont(str(letters), EM, QFont.HintingPreference.PreferNoHinting)
    return font, json.loads(names.read_text(encoding="utf-8"))


@lru_cache(maxsize=256)
def _outline(name: str) -> QPainterPath:
    """Return an icon's outline in a square of `EM`."""
    prefix, _, own = name.partition(".")
    font, codes = _font(prefix)
    letter = font.glyphIndexesForString(chr(int(codes[own], 16)))[0]
    wide = font.advancesForGlyphIndexes([letter])[0].x()
    tall = font.ascent() + font.descent()
    move = QTransform.fromTranslate((EM - wide) / 2, (EM - tall) / 2 + font.ascent())
    outline = move.map(font.pathForGlyph(letter))
    outline.setFillRule(Qt.FillRule.WindingFill)
    return outline


@lru_cache(maxsize=512)
def icon(name: str, colour: str) -> QIcon:
    """Return an icon by its name in qtawesome's maps, such as `ph.record`, in a colour `#RRGGBB`.

    Disabled, it has the palette's colour for disabled text. Call it in `set_theme` too: the
    colours of an icon that exists stay what they were.
    """
    return QIcon(_Glyph(_outline(name), colour))
