"""Icons: glyphs of the fonts that qtawesome carries, in the theme's colours, sharp at any scale.

A font is read when the first icon of it is wanted. qtawesome by itself would read and check all
of its twelve, which takes longer than the rest of the window.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

from PySide6.QtGui import QIcon

FILES = {"ph": "phosphor", "ri": "remixicon"}
"""How the font files of a prefix begin: Phosphor for all but the USB plug, which is Remix."""


@lru_cache(maxsize=1)
def _fonts() -> Any:
    from qtawesome.iconic_font import IconicFont

    return IconicFont()


@lru_cache(maxsize=512)
def icon(name: str, colour: str) -> QIcon:
    """Return an icon by its name in qtawesome's maps, such as `ph.record`, in a colour `#RRGGBB`.

    Disabled, it has the palette's colour for disabled text. Call it in `set_theme` too: the
    colours of an icon that exists stay what they were.
    """
    prefix = name.partition(".")[0]
    fonts = _fonts()
    if prefix not in fonts.charmap:
        import qtawesome

        folder = Path(qtawesome.__file__).parent / "fonts"
        (letters,) = folder.glob(f"{FILES[prefix]}-[0-9]*.ttf")
        (names,) = folder.glob(f"{FILES[prefix]}-charmap-*.json")
        fonts.load_font(prefix, letters.name, names.name, str(folder))
    return QIcon(fonts.icon(name, color=colour, draw="path"))
