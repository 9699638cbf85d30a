"""Eight hours of a board's readings pass the real window, in fast time: its memory stays flat.

The window shows the Boards page with the live plot. What the acquisition process would do is done
here: readings go into the ring in shared memory, some seconds of them per frame, each frame with
figures of the link. Nothing is recorded: that is another process, see `acquisition.py`.
"""

import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from common import finish, gate, options, say

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

RATE_HZ = 400
FRAME = 4 * RATE_HZ
"""Readings that come with a frame."""
AXES = ("ax", "ay", "az", "gx", "gy", "gz")
PARTS = 4
PORT = "virtual://hours"


def resident_kib() -> int:
    """Return the memory that this process holds now."""
    return int(Path("/proc/self/status").read_text().partition("VmRSS:")[2].split()[0])


def open_window() -> Any:
    """Return the window on the page with the plot, with all pages made."""
    from PySide6.QtWidgets import QApplication

    from studio.gui import theme
    from studio.gui.app import be_quick
    from studio.gui.session import Session
    from studio.gui.window import MainWindow

    session = Session()
    window = MainWindow(session, theme.use_chosen())
    be_quick(window)
    made: list[bool] = []
    window.stack.complete.connect(lambda: made.append(True))
    window.show()
    while not made:
        QApplication.processEvents()
    window.show_step("Boards")
    session.link.use(PORT)
    return window


def memory(frames: int) -> list[list[int]]:
    """Let frames of readings pass; return the memory in KiB after each, in four parts."""
    from PySide6.QtWidgets import QApplication

    from studio.devices.ring_buffer import RingWriter
    from studio.types import Axis, StreamInfo

    window = open_window()
    link, plot = window.session.link, window.page_named("Boards").plot
    writer = RingWriter(len(AXES), RATE_HZ)
    axes = tuple(Axis(name, "g" if name[0] == "a" else "deg/s") for name in AXES)
    info = StreamInfo("hours", "collect 1", RATE_HZ, "float32", axes, 0)
    link.take("info", {**asdict(info), "ring": writer.name})
    noise = np.random.default_rng(3).normal(size=(FRAME, len(AXES))).astype(np.float32)
    found: list[list[int]] = [[] for _ in range(PARTS)]
    for frame in range(frames):
        loud = 1 + frame % 150 / 15  # the scales have something to follow
        writer.append(frame * FRAME, noise * np.float32(loud))
        link.take("stats", {"rate_hz": RATE_HZ, "readings": writer.next, "lost_readings": 0})
        plot.tick()
        plot.repaint()
        QApplication.processEvents()
        found[PARTS * frame // frames].append(resident_kib())
    shown, written = plot.points, writer.next
    window.close()
    writer.close()
    if shown < plot.width() / 2 or written != frames * FRAME:
        sys.exit(f"only {shown} columns were drawn, {written} readings passed")
    return found


def main() -> None:
    """Measure and print."""
    parser = options(__doc__ or "")
    parser.add_argument("--hours", type=float, default=8.0, help="of readings")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tinyml-studio-bench-") as home:
        os.environ["TINYML_STUDIO_HOME"] = home
        from PySide6.QtWidgets import QApplication

        application = QApplication(sys.argv[:1])
        parts = memory(round(given.hours * 3600 * RATE_HZ / FRAME))
        application.quit()
    first, last = max(parts[0]), max(parts[-1])
    middle = ", ".join(f"{max(part)}" for part in parts)
    say(f"memory in KiB, highest of each quarter of {given.hours:g} h: {middle}")
    name = f"memory of the window in the last quarter of {given.hours:g} h against the first"
    rows = [gate(name, round(last / first, 4), 1.1, "times", "lower")]
    finish(
        {"bench": "window_hours", "highest_kib": [max(part) for part in parts], "gates": rows},
        as_json=given.json,
    )


if __name__ == "__main__":
    main()
