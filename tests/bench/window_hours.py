"""Eight hours of a board's readings pass the real window, in fast time: its memory stays flat.

The window shows the Boards page with the live plot. What the acquisition process would do is done
here: readings go into the ring in shared memory, a second or two of them per frame, each frame
with figures of the link. Nothing is recorded: that is another process, see `acquisition.py`.

In eight hours there are many more frames than are drawn here, sixty a second, so what little stays
behind with each is counted by the allocator, to the byte, and taken times all of them. The memory
that the process holds is watched too: it also grows where what is freed cannot be used again.
"""

import ctypes
import gc
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from common import finish, gate, options, say
from numpy.typing import NDArray

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

RATE_HZ = 400
FRAMES = 20_000
"""That are drawn; all readings come with them."""
FRAMES_HZ = 60
EVERY = 25
"""Frames from one look at the memory that is held to the next."""
COUNTED = FRAMES // 20
"""Frames from one look at what is in use, when the garbage is collected, to the next."""
GROWTH_MB = 50.0
AXES = ("ax", "ay", "az", "gx", "gy", "gz")
PARTS = 4
PORT = "virtual://hours"
MALLOC = {"PYTHONMALLOC": "malloc"}


MALLINFO = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"


class Held(ctypes.Structure):
    """What the C library tells of its memory (`mallinfo2`), in bytes."""

    _fields_ = tuple((name, ctypes.c_size_t) for name in MALLINFO.split())


def used_bytes() -> int:
    """Return the memory that is in use, without garbage and Qt's store of pictures.

    That store has a limit, but takes thousands of frames to come to it.
    """
    from PySide6.QtGui import QPixmapCache

    gc.collect()
    QPixmapCache.clear()
    told = ctypes.CDLL(None).mallinfo2
    told.restype = Held
    held = told()
    return int(held.uordblks + held.hblkhd)


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


def memory(hours: float) -> tuple[list[int], NDArray[np.float64]]:
    """Let readings pass; return the KiB that were held, and rows of frame and bytes in use."""
    from PySide6.QtWidgets import QApplication

    from studio.devices.ring_buffer import RingWriter
    from studio.types import Axis, StreamInfo

    window = open_window()
    link, plot = window.session.link, window.page_named("Boards").plot
    writer = RingWriter(len(AXES), RATE_HZ)
    axes = tuple(Axis(name, "g" if name[0] == "a" else "deg/s") for name in AXES)
    info = StreamInfo("hours", "collect 1", RATE_HZ, "float32", axes, 0)
    link.take("info", {**asdict(info), "ring": writer.name})
    count = round(hours * 3600 * RATE_HZ / FRAMES)
    noise = np.random.default_rng(3).normal(size=(count, len(AXES))).astype(np.float32)
    held, used = [], []
    for frame in range(FRAMES):
        loud = 1 + frame % 150 / 15  # the scales have something to follow
        writer.append(frame * count, noise * np.float32(loud))
        link.take("stats", {"rate_hz": RATE_HZ, "readings": writer.next, "lost_readings": 0})
        plot.tick()
        plot.repaint()
        QApplication.processEvents()
        if frame % EVERY == 0:
            held.append(resident_kib())
        if (frame + 1) % COUNTED == 0:
            used.append((frame, used_bytes()))
    shown, written = plot.points, writer.next
    window.close()
    writer.close()
    if shown < plot.width() / 2 or written != FRAMES * count:
        sys.exit(f"only {shown} columns were drawn, {written} readings passed")
    return held, np.array(used, float)


def growth(used: NDArray[np.float64]) -> float:
    """Return how many bytes more are in use after each frame, beyond the first quarter."""
    frames, count = used[len(used) // 4 :].T
    return float(np.polyfit(frames, count, 1)[0])


def main() -> None:
    """Measure and print."""
    parser = options(__doc__ or "")
    parser.add_argument("--hours", type=float, default=8.0, help="of readings")
    given = parser.parse_args()
    if os.environ.get("PYTHONMALLOC") != "malloc":  # Python's own is not counted by the library
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | MALLOC)
    with tempfile.TemporaryDirectory(prefix="tinyml-studio-bench-") as home:
        os.environ["TINYML_STUDIO_HOME"] = home
        from PySide6.QtWidgets import QApplication

        application = QApplication(sys.argv[:1])
        held, used = memory(given.hours)
        application.quit()
    highest = [int(max(part)) for part in np.array_split(held, PARTS)]
    each = growth(used)
    middle = ", ".join(map(str, highest))
    say(f"memory in KiB, highest of each quarter of {given.hours:g} h: {middle}")
    say(f"{each:.2f} bytes more in use with each frame")
    name = f"memory of the window in the last quarter of {given.hours:g} h against the first"
    total = each * given.hours * 3600 * FRAMES_HZ / 1e6
    rows = [
        gate(name, round(highest[-1] / highest[0], 4), 1.1, "times", "lower"),
        gate(f"memory kept by the frames of {given.hours:g} h", total, GROWTH_MB, "MB", "lower"),
    ]
    finish(
        {"bench": "window_hours", "highest_kib": highest, "bytes_a_frame": each, "gates": rows},
        as_json=given.json,
    )


if __name__ == "__main__":
    main()
