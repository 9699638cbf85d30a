"""The whole way with hands alone, from Home to Live; prints what became of it as JSON.

Usage: python drive_way.py mouse|keys keywords|motion

With `mouse` everything is clicked and typed; with `keys` the mouse is never touched. What is on
the screen is found by the words that a person, or a screen reader, finds it by. Nothing is called
but to read results. Started by the test in a process of its own, with DISPLAY set to an Xvfb.
"""

import faulthandler
import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

from hands import TRIES, Driver
from painting import has_drawn
from PySide6.QtCore import QPoint, Qt
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
        self.begun = self.known = 0
        """Jobs that began, in all and before the last act."""
        window.session.job_started.connect(self._note_job)

    def _note_job(self, _job: object) -> None:
        self.begun += 1

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

    @property
    def palette(self) -> Any:
        """The field of the palette, once it has the keyboard."""
        focus = QApplication.focusWidget()
        return focus if focus is not None and said(focus) == "Search or run" else None

    def page(self, name: str) -> Any:
        """Return a page, to look at what is on it."""
        return self.window.page_named(name)

    def go_to(self, words: str, kind: type[QWidget]) -> None:
        """Go to a widget once it is there, with the tab key."""
        self.wait(words, lambda: self.find(words, kind))
        for _ in range(MOST_TABS):
            focus = QApplication.focusWidget()
            if isinstance(focus, kind) and said(focus).startswith(words):
                return
            self.strike("Tab")
        self.fail(f"{words!r} cannot be reached with the tab key")

    def press(self, words: str) -> None:
        """Press the button that is called so."""
        if self.mouse:
            self.click(lambda: self.find(words, QAbstractButton), called=words)
            return
        for _ in range(TRIES):
            self.go_to(words, QAbstractButton)
            if self.strike("space"):
                return
        self.fail(f"the space key does not come to {words!r}")

    def fill(self, words: str, text: str) -> None:
        """Type into the field that is called so."""
        for _ in range(TRIES):
            if self.mouse:
                self.click(lambda: self.find(words), called=words)
            else:
                self.go_to(words, QWidget)
            self.keys("ctrl+a")
            self.type(text)
            if self.soon(lambda: self.find(words).text() == text):
                return
        self.fail(f"{text!r} does not come to {words!r}")

    def choose(self, words: str, entry: str) -> None:
        """Choose an entry of the box that is called so, in its list or with the arrow keys."""
        self.wait(words, lambda: self.find(words, QComboBox))
        box: QComboBox = self.find(words, QComboBox)
        self.wait(f"{entry} in {words}", lambda: box.findText(entry) >= 0)
        take = self._take_from_list if self.mouse else self._take_with_arrows
        for _ in range(TRIES):
            if take(words, box, entry):
                return
        self.fail(f"{entry!r} of {words!r} cannot be chosen")

    def _take_from_list(self, words: str, box: QComboBox, entry: str) -> bool:
        view = box.view()
        if not view.isVisible():
            self.click(lambda: self.find(words, QComboBox), called=words)
            if not self.soon(view.isVisible):
                return False

        def place() -> QPoint:
            return view.visualRect(box.model().index(box.findText(entry), 0)).center()

        self.click(view.viewport(), place, called=entry)
        return self.soon(lambda: not view.isVisible() and box.currentText() == entry)

    def _take_with_arrows(self, words: str, box: QComboBox, entry: str) -> bool:
        self.go_to(words, QComboBox)
        wanted = box.findText(entry)
        while box.currentIndex() != wanted:
            step = 1 if wanted > box.currentIndex() else -1
            after = box.currentIndex() + step
            self.strike("Down" if step > 0 else "Up")
            if not self.soon(partial(self._is_at, box, after)):
                return False
        return True

    @staticmethod
    def _is_at(box: QComboBox, index: int) -> bool:
        return box.currentIndex() == index

    def step(self, name: str) -> None:
        """Go to a page."""
        for _ in range(TRIES):
            if self.mouse:
                self.click(self.window.rail.steps[STEPS.index(name)], called=name)
            else:
                self.keys(f"ctrl+{STEPS.index(name) + 1}")
            if self.soon(lambda: self.window.title.text() == name):
                return
        self.fail(f"the page {name} does not come")

    def act(self, words: str) -> None:
        """Press the primary button once it says so."""
        primary = self.window.primary

        def ready() -> bool:
            return primary.isEnabled() and primary.text() == words

        self.wait(f"the primary button {words}", ready, 120)
        self.known = self.begun
        for _ in range(TRIES):
            if self.mouse:
                self.click(lambda: primary if ready() else None, called=words)
            else:
                self.keys("ctrl+Return")
            if self.soon(lambda: self.begun > self.known or primary.text() != words):
                return
        self.fail(f"the primary button {words} does nothing")

    def job(self, what: str, seconds: float) -> None:
        """Wait for the job that was just started."""
        session = self.window.session
        self.wait(f"the beginning of {what}", lambda: self.begun > self.known, 20)
        self.wait(f"the end of {what}", lambda: not session.working, seconds)
        notices = [one.message for one in session.notices.values() if one.kind == "problem"]
        if notices:
            self.fail(f"{what}: {notices}")


def begin(hands: Hands, name: str) -> None:
    """Open the example on Home."""
    if hands.mouse:
        hands.press(EXAMPLES[name])
    else:
        hands.keys("ctrl+k")
        hands.wait("the field to search in", lambda: hands.palette is not None)
        hands.type(EXAMPLES[name])
        hands.wait("what was typed", lambda: hands.palette.text() == EXAMPLES[name])
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
        hands.click(hands.window.primary, called="Stop")
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
        "heavy": sorted({"tensorflow", "keras", "tf_keras", "ai_edge_litert"} & set(sys.modules)),
        "lag_s": sorted(hands.lags)[int(0.999 * len(hands.lags))],
    }
    window.close()
    hands.rest(0.5)
    boards.stop("virtual", report=Quiet())
    sys.stdout.write(json.dumps(seen))


if __name__ == "__main__":
    main()
