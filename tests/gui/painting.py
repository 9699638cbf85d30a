"""Whether widgets that draw themselves draw anything."""

import importlib
import pkgutil
from functools import cache

import numpy as np
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage, QRegion
from PySide6.QtWidgets import QWidget

import studio.gui

_PLAIN = {"ShortLabel", "ShortButton"}
"""What may be empty: it holds a text that there may not be."""


@cache
def painters() -> frozenset[type]:
    """Return the kinds of widgets of the studio that draw themselves."""
    names = [one.name for one in pkgutil.walk_packages(studio.gui.__path__, "studio.gui.")]
    found = {
        thing
        for name in names
        for thing in vars(importlib.import_module(name)).values()
        if isinstance(thing, type) and "paintEvent" in vars(thing)
    }
    return frozenset(
        one
        for one in found
        if one.__module__.startswith("studio.gui") and one.__name__ not in _PLAIN
    )


def blank(root: QWidget) -> list[str]:
    """Return which of the visible widgets that draw themselves are of one colour."""
    found = []
    for widget in root.findChildren(QWidget):
        drawn = isinstance(widget, tuple(painters())) and widget.isVisible()
        if drawn and widget.width() > 2 and widget.height() > 2 and not has_drawn(widget):
            found.append(f"{type(widget).__name__} {widget.objectName()}".strip())
    return found


def has_drawn(widget: QWidget) -> bool:
    """Whether a widget without its children has more than one colour."""
    image = QImage(widget.size(), QImage.Format.Format_RGB32)
    image.fill(0)
    widget.render(image, QPoint(), QRegion(), QWidget.RenderFlag.DrawWindowBackground)
    points = np.frombuffer(image.constBits(), np.uint32)  # one word for each, rows in a row
    return bool((points != points[0]).any())
