"""The whole way with hands alone, from Home to Live; prints what became of it as JSON.

Usage: python drive_way.py mouse|keys keywords|motion

With `mouse` everything is clicked and typed; with `keys` the mouse is never touched. What is on
the screen is found by the words that a person, or a screen reader, finds it by. Nothing is called
but to read results. Started by the test in a process of its own, with DISPLAY set to an Xvfb.
"""

import faulthandler
import json
import sys
from pathlib import Path
from typing import Any

from hands import Driver
from painting import has_drawn
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QWidget

from studio.events import Quiet
from studio.gui import theme
from studio.gui.session import Session
from studio.gui.window import MainWindow
from studio.services import boards, deploy, way
from studio.services import test as tests

EXAMPLES = {"keywords": "Spoken keywords", "motion": "Motion gestures"}
SENSORS = {"keywords": "that hears words", "motion": "moved by a hand"}
EPOCHS = 4
STEPS = ("Home", "Boards", "Data", "Pipeline", "Train", "Test", "Deploy", "Live")
MOST_TABS = 120
MOST_S = 280
"""After so long, within what the test grants, it says where every thread is, and ends."""


def said(widget: QWidget) -> str:
    """Return what a person knows a widget by."""
    text = getattr(widget, "text", None)
    return widget.accessibleName() or (text() if callable(text) else "")


class Hands(Driver):
    """A driver that finds things by their words."""

    def __init__(self, application: QApplication, window: MainWindow, *, mouse: bool) -> None:
        super().__init__(application, window)
        self.mouse = mouse

    def find(self, words: str, kind: type[QWidget] = QWidget) -> Any:
        """Return the visible widget that is called so."""
        found = [
            widget
            for widget in self.window.findChildren(kind)
            if widget.isVisible() and widget.isEnabled() and said(widget).startswith(words)
        ]
        # the words beside a field are called as the field is
        found.sort(key=lambda widget: not widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
        return found[0] if found else None

    def page(self, name: str) -> Any:
        """Return a page, to look at what is on it."""
        return self.window.page_named(name)

    def press(self, words: str) -> None:
        """Press the button that is called so."""
        self.wait(f"the button {words}", lambda: self.find(words, QAbstractButton))
        button = self.find(words, QAbstractButton)
        if self.mouse:
            self.click(button)
        else:
            self.reach(words)
            self.keys("space")

    def reach(self, words: str) -> None:
        """Go to a widget with the tab key."""
        for _ in range(MOST_TABS):
            focus = QApplication.focusWidget()
            if focus is not None and said(focus).startswith(words):
                return
            self.keys("Tab")
        sys.exit(f"{words!r} cannot be reached with the tab key")

    def fill(self, words: str, text: str) -> None:
        """Type into the field that is called so."""
        self.wait(f"the field {words}", lambda: self.find(words))
        if self.mouse:
            self.click(self.find(words))
        else:
            self.reach(words)
        self.keys("ctrl+a")
        self.type(text)

    def choose(self, words: str, entry: str) -> None:
        """Choose an entry of the box that is called so, in its list or with the arrow keys."""
        box: QComboBox = self.find(words, QComboBox)
        if self.mouse:
            self.click(box)
            view = box.view()
            self.wait(f"the list of {words}", view.isVisible)
            place = view.visualRect(view.model().index(box.findText(entry), 0)).center()
            self.click(view.viewport(), place)
            self.wait(f"{entry} in {words}", lambda: box.currentText() == entry)
            return
        self.reach(words)
        for _ in range(box.count()):
            if box.currentText() == entry:
                return
            self.keys("Down")
        for _ in range(box.count()):
            if box.currentText() == entry:
                return
            self.keys("Up")
        sys.exit(f"{entry!r} is not in {words!r}")

    def step(self, name: str) -> None:
        """Go to a page."""
        if self.mouse:
            self.click(self.window.rail.steps[STEPS.index(name)])
        else:
            self.keys(f"ctrl+{STEPS.index(name) + 1}")
        self.wait(f"the page {name}", lambda: self.window.title.text() == name)

    def act(self, words: str) -> None:
        """Press the primary button once it says so."""
        primary = self.window.primary
        self.wait(
            f"the primary button {words}",
            lambda: primary.isEnabled() and primary.text() == words,
            120,
        )
        if self.mouse:
            self.click(primary)
        else:
            self.keys("ctrl+Return")

    def job(self, what: str, seconds: float) -> None:
        """Wait for the job that was just started."""
        session = self.window.session
        self.wait(f"the beginning of {what}", lambda: session.working, 20)
        self.wait(f"the end of {what}", lambda: not session.working, seconds)
        notices = [one.message for one in session.notices.values() if one.kind == "problem"]
        if notices:
            self.window.grab().save("failed.png")
            sys.exit(f"{what}: {notices}")


def begin(hands: Hands, name: str) -> None:
    """Open the example on Home."""
    if hands.mouse:
        hands.press(EXAMPLES[name])
    else:
        hands.keys("ctrl+k")
        hands.type(EXAMPLES[name])
        hands.keys("Return")
    hands.wait("the data", lambda: hands.window.title.text() == "Data", 60)
    hands.wait("samples", lambda: "samples" in hands.window.facts.text())
    table = hands.page("Data").table
    hands.wait("rows", lambda: len(table.ids) > 20 and table.row(0) is not None)


def record(hands: Hands, name: str) -> None:
    """Start a virtual board and record from it."""
    session = hands.window.session
    hands.step("Boards")
    hands.choose("What the virtual board's sensor plays", SENSORS[name])
    hands.press("Start a virtual board")
    hands.wait("the link", lambda: session.link.linked, 180)
    hands.wait("the end of the start", lambda: not session.working, 60)
    hands.fill("Label", "noise" if name == "keywords" else "idle")
    hands.fill("Group", "bench")
    hands.act("Record")
    hands.job("the recording", 60)
    hands.wait("what was recorded", lambda: "Saved" in hands.page("Boards").outcome.text())
    hands.wait("the link again", lambda: session.link.linked, 60)


def look_at_pipeline(hands: Hands) -> None:
    """Wait until the cost of the features is told."""
    hands.step("Pipeline")
    hands.wait("the features", lambda: "features" in hands.window.facts.text())


def train(hands: Hands) -> None:
    """Train for a few epochs, then test."""
    hands.step("Train")
    hands.fill("Epochs", str(EPOCHS))
    hands.keys("Return")
    hands.act("Train")
    hands.job("the training", 280)
    hands.step("Test")
    hands.act("Run test")
    hands.job("the test", 120)
    result = hands.page("Test").result
    hands.wait("the result", lambda: result.isVisible() and result.figure.text().endswith("%"))


def build(hands: Hands) -> None:
    """Build the firmware and put it on the board."""
    hands.step("Deploy")
    hands.act("Build and flash")
    hands.job("the build", 280)


def watch(hands: Hands) -> int:
    """Watch the board decide; return how many decisions are on the page."""
    session, live = hands.window.session, hands.page("Live")
    hands.step("Live")
    hands.act("Start")
    hands.wait("decisions", lambda: live.tracks.count >= 5, 60)
    for part in (live.tracks, live.now.word, live.plot):
        hands.wait(
            f"a picture of {type(part).__name__}",
            lambda part=part: part.isVisible() and has_drawn(part),
        )
    if hands.mouse:
        hands.click(hands.window.primary)
    else:
        hands.keys("ctrl+Return")
    hands.wait("the end", lambda: not session.working, 30)
    return int(live.tracks.count)


def main() -> None:
    """Go the whole way."""
    how, name = sys.argv[1:]
    faulthandler.dump_traceback_later(MOST_S, exit=True)
    application = QApplication(sys.argv[:1])
    light = theme.load("light")
    theme.apply(application, light)
    window = MainWindow(Session(), light)
    window.move(0, 0)
    window.show()
    hands = Hands(application, window, mouse=how == "mouse")
    hands.wait("the window", window.isVisible)
    hands.focus_window()
    begin(hands, name)
    record(hands, name)
    look_at_pipeline(hands)
    train(hands)
    build(hands)
    decisions = watch(hands)
    path = Path(window.session.path)
    told = tests.latest_report(path)
    built = deploy.latest_build(path)
    seen = {
        "decisions": decisions,
        "steps": {row["name"]: row["state"] for row in way.way(path)["steps"]},
        "tested": told["int8"]["windows"] if told else 0,
        "ram_bytes": built["ram_bytes"] if built else 0,
        "lag_s": sorted(hands.lags)[int(0.999 * len(hands.lags))],
    }
    window.close()
    hands.rest(0.5)
    boards.stop("virtual", report=Quiet())
    sys.stdout.write(json.dumps(seen))


if __name__ == "__main__":
    main()
