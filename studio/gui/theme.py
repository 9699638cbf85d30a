"""Colours, sizes and the style sheet, from `resources/themes`; plots take theirs from here."""

import re
import tomllib
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from studio.gui import label_places
from studio.paths import RESOURCES, state_dir

NAMES = ("light", "dark")
SYSTEM = "system"
SCALES = (90, 100, 110, 125, 150)
"""Text sizes to choose from, in percent."""
SPECTRUM = "inferno"
"""The colours of every spectrogram, by pyqtgraph's name."""
PART_PLACES = (0, 4, 1, 5, 8, 11)
"""Which label colours the parts of an image have: no red, which means failure."""
PICTURES = ("arrow", "up", "check", "dash", "dot", "tick", "grip_wide", "grip_tall")
"""What the style sheet draws as a picture; one file for each theme."""
_FIXED = ("gap_", "radius")
_ROLES = {
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
    QPalette.ColorRole.Accent: "accent",
    QPalette.ColorRole.Link: "accent",
    QPalette.ColorRole.LinkVisited: "accent",
    QPalette.ColorRole.Light: "surface",
    QPalette.ColorRole.Midlight: "hairline",
    QPalette.ColorRole.Mid: "hairline",
    QPalette.ColorRole.Dark: "control",
    QPalette.ColorRole.Shadow: "rail",
}


@dataclass(frozen=True, slots=True)
class Theme:
    """One theme's colours and sizes by name.

    Parameters
    ----------
    name : str
        `light` or `dark`.
    colours : dict
        Colours by token, as `#RRGGBB` or lists of them.
    percent : int
        The text size; sizes grow with it.
    """

    name: str
    colours: dict[str, Any]
    percent: int = 100

    def __getitem__(self, name: str) -> str:
        """Return a colour as `#RRGGBB`."""
        value: str = self.colours[name]
        return value

    def px(self, name: str) -> int:
        """Return a size of `sizes.toml` in px: type and heights grow with the text size."""
        size = _sizes()[name]
        return size if name.startswith(_FIXED) else round(size * self.percent / 100)

    def font(self, role: str = "body", *, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
        """Return the program's font in the size of a role, for what is drawn by hand."""
        font = QFont(QApplication.font())
        font.setPixelSize(self.px(role))
        font.setWeight(weight)
        return font

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


@lru_cache(maxsize=8)
def load(name: str, percent: int = 100) -> Theme:
    """Read a theme by name (`light` or `dark`), for a text size in percent."""
    if percent != 100:
        return replace(load(name), percent=percent)
    text = (RESOURCES / "themes" / f"{name}.toml").read_text(encoding="utf-8")
    return Theme(name, tomllib.loads(text))


@lru_cache(maxsize=1)
def _sizes() -> dict[str, int]:
    return tomllib.loads((RESOURCES / "themes" / "sizes.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _labels() -> dict[str, Any]:
    return tomllib.loads((RESOURCES / "themes" / "labels.toml").read_text(encoding="utf-8"))


def _label_place(label: str, labels: list[str]) -> int:
    """Return a label's place in the palette; background words have the last, which is grey."""
    table = _labels()
    if label.lower() in table["grey_words"]:
        return len(table["colours"]) - 1
    return label_places.place(label, labels) % (len(table["colours"]) - 1)


def label_colour(label: str, labels: list[str]) -> str:
    """Return a label's colour: grey for background words, else by its place in the project."""
    colours: list[str] = _labels()["colours"]
    return colours[_label_place(label, labels)]


def label_marker(label: str, labels: list[str]) -> str:
    """Return a label's marker shape by its name in pyqtgraph, so that colour is never alone."""
    table = _labels()
    grey = [name for name in labels if name.lower() in table["grey_words"]]
    shapes = "grey_markers" if label in grey else "markers"
    markers: list[str] = table[shapes]
    place = grey.index(label) if label in grey else _label_place(label, labels)
    return markers[place % len(markers)]


@lru_cache(maxsize=64)
def ink_on(colour: str) -> str:
    """Return what words on a chip filled with a label's colour are drawn in: dark or white."""
    table = _labels()
    inks: list[str] = [table["ink"], table["white"]]
    return max(inks, key=lambda ink: contrast(ink, colour))


def part_colour(place: int) -> str:
    """Return the colour of the part of an image at this place of a list."""
    colours: list[str] = _labels()["colours"]
    return colours[PART_PLACES[place % len(PART_PLACES)]]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours `#RRGGBB`, 1 to 21, as WCAG 2 defines it."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def settings() -> QSettings:
    """Return what the window remembers between starts."""
    return QSettings(str(state_dir() / "window.ini"), QSettings.Format.IniFormat)


def use_chosen() -> Theme:
    """Give the whole program the theme and text size that the person chose; return them.

    What was not chosen is as the system has it.
    """
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    theme = _chosen(application)
    apply(application, theme)
    return theme


def _chosen(application: QApplication) -> Theme:
    kept = settings()
    name, percent = str(kept.value("theme", SYSTEM)), str(kept.value("text_size", "100"))
    if name not in NAMES:
        dark = application.styleHints().colorScheme() is Qt.ColorScheme.Dark
        name = "dark" if dark else "light"
    known = percent.isdecimal() and int(percent) in SCALES
    return load(name, int(percent) if known else 100)


def apply(app: QApplication, theme: Theme) -> None:
    """Give the whole program a theme: every palette role, fonts, then the style sheet."""
    app.setStyleSheet("")  # a new sheet takes an eighth of the time that changing one takes
    if app.style().name() != "fusion":
        app.setStyle("Fusion")
    palette = QPalette()
    for role, colour in _ROLES.items():
        palette.setColor(role, QColor(theme[colour]))
    disabled = QPalette.ColorGroup.Disabled
    for role in (
        QPalette.ColorRole.Text,
        QPalette.ColorRole.ButtonText,
        QPalette.ColorRole.WindowText,
    ):
        palette.setColor(disabled, role, QColor(theme["disabled"]))
    app.setPalette(palette)
    font = app.font()
    font.setFeature(QFont.Tag("tnum"), 1)  # figures of one width, where the font has them
    app.setFont(font)
    sheet = (RESOURCES / "themes" / "style.qss").read_text(encoding="utf-8")
    names = _names(theme)
    app.setStyleSheet(re.sub(r"@(\w+)", lambda found: names[found[1]], sheet))


def _names(theme: Theme) -> dict[str, str]:
    """Return what stands for each name in the style sheet."""
    sizes = {name: theme.px(name) for name in _sizes()}
    for name in ("control", "chip"):  # heights inside an outline of 1 px, and inside the ring
        sizes[f"{name}_inner"] = sizes[f"{name}_height"] - 2
        sizes[f"{name}_focus"] = sizes[f"{name}_height"] - 4
    sizes["primary_inner"] = sizes["primary_height"] - 4
    for name in ("gap_2", "gap_3"):
        sizes[f"{name}_less"] = sizes[name] - 1
    folder = RESOURCES / "themes"
    pictures = {
        name: (folder / f"{name.replace('_', '-')}-{theme.name}.svg").as_posix()
        for name in PICTURES
    }
    mono = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).family()
    return {
        **{name: str(colour) for name, colour in theme.colours.items()},
        **{name: f"{size}px" for name, size in sizes.items()},
        **pictures,
        "mono": f'"JetBrains Mono", "{mono}", monospace',
    }
