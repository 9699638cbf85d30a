"""Colours and the style sheet, read from `resources/themes`; plots take theirs from here too."""

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from PySide6.QtCore import QSettings
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from studio.paths import RESOURCES, state_dir

NAMES = ("light", "dark")
PART_PLACES = (0, 4, 1, 5, 8, 11)
"""Which label colours the parts of an image have: no red, which means failure."""


@dataclass(frozen=True, slots=True)
class Theme:
    """One theme's colours by name."""

    name: str
    colours: dict[str, Any]

    def __getitem__(self, name: str) -> str:
        """Return a colour as `#RRGGBB`."""
        value: str = self.colours[name]
        return value

    def axis(self, index: int, *, audio: bool = False) -> str:
        """Return the colour of the trace of axis `index`."""
        if audio:
            return self["audio"]
        axes: list[str] = self.colours["axes"]
        return axes[index % len(axes)]

    def cell(self, share: float) -> tuple[str, str]:
        """Return fill and text colour of a confusion cell with a share 0..1 of its row."""
        steps = len(self.colours["matrix"])
        step = min(steps - 1, int(share * (steps - 1) + 0.999)) if share > 0 else 0
        return self.colours["matrix"][step], self.colours["matrix_text"][step]


@lru_cache(maxsize=4)
def load(name: str) -> Theme:
    """Read a theme by name (`light` or `dark`)."""
    text = (RESOURCES / "themes" / f"{name}.toml").read_text(encoding="utf-8")
    return Theme(name, tomllib.loads(text))


@lru_cache(maxsize=1)
def _labels() -> dict[str, Any]:
    return tomllib.loads((RESOURCES / "themes" / "labels.toml").read_text(encoding="utf-8"))


def label_colour(label: str, labels: list[str]) -> str:
    """Return a label's colour: grey for background words, else by its place among the others."""
    table = _labels()
    if label.lower() in table["grey_words"]:
        return str(table["colours"][-1])
    others = [name for name in labels if name.lower() not in table["grey_words"]]
    place = others.index(label) if label in others else 0
    return str(table["colours"][place % (len(table["colours"]) - 1)])


def part_colour(place: int) -> str:
    """Return the colour of the part of an image at this place of a list."""
    colours: list[str] = _labels()["colours"]
    return colours[PART_PLACES[place % len(PART_PLACES)]]


def settings() -> QSettings:
    """Return what the window remembers between starts."""
    return QSettings(str(state_dir() / "window.ini"), QSettings.Format.IniFormat)


def apply(app: QApplication, theme: Theme) -> None:
    """Give the whole program a theme: every palette role, then the style sheet."""
    app.setStyle("Fusion")
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: "app",
        QPalette.ColorRole.Base: "surface",
        QPalette.ColorRole.AlternateBase: "sunken",
        QPalette.ColorRole.Button: "surface",
        QPalette.ColorRole.ToolTipBase: "surface",
        QPalette.ColorRole.WindowText: "text",
        QPalette.ColorRole.Text: "text",
        QPalette.ColorRole.ButtonText: "text",
        QPalette.ColorRole.ToolTipText: "text",
        QPalette.ColorRole.BrightText: "danger",
        QPalette.ColorRole.PlaceholderText: "text_3",
        QPalette.ColorRole.Highlight: "accent",
        QPalette.ColorRole.HighlightedText: "on_accent",
        QPalette.ColorRole.Link: "accent",
        QPalette.ColorRole.Light: "surface",
        QPalette.ColorRole.Midlight: "hairline",
        QPalette.ColorRole.Mid: "hairline",
        QPalette.ColorRole.Dark: "control",
        QPalette.ColorRole.Shadow: "rail",
    }
    for role, colour in roles.items():
        palette.setColor(role, QColor(theme[colour]))
    disabled = QPalette.ColorGroup.Disabled
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(disabled, role, QColor(theme["disabled"]))
    app.setPalette(palette)
    folder = RESOURCES / "themes"
    names = {**theme.colours, "arrow": (folder / f"arrow-{theme.name}.svg").as_posix()}
    sheet = (folder / "style.qss").read_text(encoding="utf-8")
    app.setStyleSheet(re.sub(r"@(\w+)", lambda found: str(names[found[1]]), sheet))
