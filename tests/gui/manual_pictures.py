"""Draws the picture of the window in the README, from a project with a trained and tested run.

Usage: python tests/gui/manual_pictures.py PROJECT [PAGE] [OUT]

PROJECT is what `tinyml-studio demo` leaves behind, such as its folder `keywords`; PAGE is a number
(1 Home ... 8 Live; 5 if left out). No display is needed.
"""

import os
import sys
import time
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from studio.gui import theme
from studio.gui.session import Session
from studio.gui.window import MainWindow
from studio.paths import RESOURCES

SIZE = QSize(1280, 800)
SETTLE_S = 3.0


def with_palette(image: QImage) -> QImage:
    """Return the picture in its 256 commonest colours, without dither."""
    plain = image.convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(plain.constBits(), np.uint32)
    colours, counts = np.unique(pixels, return_counts=True)
    table = [int(colour) for colour in colours[np.argsort(-counts)][:256]]
    flags = Qt.ImageConversionFlag.ThresholdDither | Qt.ImageConversionFlag.AvoidDither
    return plain.convertToFormat(QImage.Format.Format_Indexed8, table, flags)


def main() -> None:
    """Draw and save with an indexed palette, which keeps the file small."""
    project = Path(sys.argv[1])
    page = int(sys.argv[2]) - 1 if len(sys.argv) > 2 else 4
    out = Path(sys.argv[3]) if len(sys.argv) > 3 else RESOURCES / "manual" / "window.png"
    application = QApplication(sys.argv[:1])
    light = theme.load("light")
    theme.apply(application, light)
    session = Session()
    window = MainWindow(session, light)
    window.resize(SIZE)
    window.show()
    session.open(project)
    window.go(page)
    window.setFocus()
    end = time.monotonic() + SETTLE_S
    while time.monotonic() < end:
        application.processEvents()
        time.sleep(0.01)
    picture = with_palette(window.grab().toImage())
    out.parent.mkdir(parents=True, exist_ok=True)
    picture.save(str(out))
    sys.stdout.write(f"{out}: {out.stat().st_size / 1024:.0f} KiB\n")
    window.close()


if __name__ == "__main__":
    main()
