"""Draws every page of the window, empty, full and with a real error, to be looked at.

Usage: python tests/gui/gallery.py OUT [--demo FOLDER] [--only GROUP]
       python tests/gui/gallery.py OUT --manual [--demo FOLDER]

FOLDER is what `tinyml-studio demo --quick --out FOLDER` leaves behind; without it the demo is run
first. It is only read: every picture shows a copy. No display is needed. `--manual` draws what the
README shows and keeps it in `resources/manual`, with few colours, so that the files are small.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STEPS = ("Home", "Boards", "Data", "Pipeline", "Train", "Test", "Deploy", "Live")
SOME, OTHERS = STEPS[::2], STEPS[1::2]
"""Without data, or after an error, half of the pages are drawn light and half dark."""
MOST = 80
"""Pictures that are still looked at one by one."""
SMALL, LARGE = (1280, 800), (1920, 1080)


@dataclass(frozen=True, slots=True)
class Group:
    """Pictures of one look: they are drawn one after the other by one window."""

    state: str
    theme: str
    size: tuple[int, int] = SMALL
    example: str = "keywords"
    scale: int = 1
    language: str = ""
    pages: tuple[str, ...] = STEPS
    more: tuple[str, ...] = ()
    """What opens beside the pages and over them and is drawn as well."""


GROUPS = {
    "light-empty": Group("empty", "light", pages=SOME),
    "dark-empty": Group("empty", "dark", pages=OTHERS),
    "light-wide-empty": Group("empty", "light", LARGE, pages=("Boards", "Test")),
    "dark-wide-empty": Group("empty", "dark", LARGE, pages=("Home", "Train")),
    "light-loading": Group("loading", "light", pages=("Data", "Deploy")),
    "dark-wide-loading": Group("loading", "dark", LARGE, pages=("Pipeline", "Live")),
    "light-error": Group("error", "light", pages=SOME),
    "dark-error": Group("error", "dark", pages=OTHERS, more=("job",)),
    "light-wide-error": Group("error", "light", LARGE, pages=("Boards", "Pipeline")),
    "dark-wide-error": Group("error", "dark", LARGE, pages=("Data", "Train")),
    "light-full": Group("full", "light", more=("text", "panels", "cards", "matrix")),
    "dark-full": Group(
        "full",
        "dark",
        example="motion",
        pages=("Boards", "Data", "Pipeline", "Deploy", "Live"),
        more=("compare",),
    ),
    "light-wide-full": Group(
        "full", "light", LARGE, pages=("Boards", "Data", "Pipeline", "Test", "Live")
    ),
    "dark-wide-full": Group(
        "full", "dark", LARGE, pages=("Home", "Boards", "Data", "Train", "Deploy")
    ),
    "pseudo-full": Group("full", "light", example="motion", language="pseudo"),
    "scale-2-full": Group("full", "light", scale=2, pages=("Train",)),
}


MANUAL = {
    "window": "data-label-full-light-1280x800",
    "pipeline": "pipeline-full-dark-1280x800",
    "test": "test-full-light-1280x800",
    "live": "live-full-dark-1280x800",
}
"""Pictures of the README by their names in `resources/manual`."""
MANUAL_GROUPS = ("light-full", "dark-full")


def draw(name: str, demo: Path, out: Path) -> None:
    """Draw one group in a process of its own: scale and language hold for a whole process."""
    home = Path(tempfile.mkdtemp(prefix="tinyml-gallery-"))
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "QT_SCALE_FACTOR": str(GROUPS[name].scale),
        "TINYML_STUDIO_HOME": str(home),
        "TINYML_STUDIO_CACHE": _cache(),
        "PYTHONPATH": str(ROOT),
    }
    script = Path(__file__).with_name("gallery_scenes.py")
    try:
        command = [sys.executable, str(script), name, str(demo), str(home), str(out)]
        if subprocess.run(command, env=environment, check=False).returncode:
            sys.exit(f"{name}: its pictures could not all be drawn")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _cache() -> str:
    sys.path.insert(0, str(ROOT))
    from studio.paths import cache_dir

    return str(cache_dir())


def keep_manual(out: Path) -> None:
    """Keep the pictures of the README: the 256 commonest colours of each, without dither."""
    import numpy as np
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QImage

    for name, picture in MANUAL.items():
        plain = QImage(str(out / f"{picture}.png")).convertToFormat(QImage.Format.Format_RGB32)
        pixels = np.frombuffer(plain.constBits(), np.uint32)
        colours, counts = np.unique(pixels, return_counts=True)
        table = [int(colour) for colour in colours[np.argsort(-counts)][:256]]
        flags = Qt.ImageConversionFlag.ThresholdDither | Qt.ImageConversionFlag.AvoidDither
        file = ROOT / "resources" / "manual" / f"{name}.png"
        plain.convertToFormat(QImage.Format.Format_Indexed8, table, flags).save(str(file))
        sys.stdout.write(f"{file}: {file.stat().st_size / 1024:.0f} KiB\n")


def main() -> None:
    """Draw all groups, or some."""
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--demo", type=Path)
    parser.add_argument("--only", choices=sorted(GROUPS), action="append")
    parser.add_argument("--manual", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tinyml-gallery-") as folder:
        demo = given.demo or Path(folder) / "demo"
        if given.demo is None:
            command = [sys.executable, "-m", "studio", "demo", "--quick", "--out", str(demo)]
            subprocess.run(command, cwd=ROOT, check=True)
        given.out.mkdir(parents=True, exist_ok=True)
        for name in MANUAL_GROUPS if given.manual else given.only or GROUPS:
            draw(name, demo, given.out)
        if len(drawn := list(given.out.glob("*.png"))) > MOST:
            sys.exit(f"{len(drawn)} pictures are more than {MOST}")
    if given.manual:
        keep_manual(given.out)


if __name__ == "__main__":
    main()
