"""The steps onto the board, each with a real unit."""

from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.gui.texts import counted, tr
from studio.gui.widgets.panel import set_role, words

WAITING, RUNNING, DONE, FAILED = "○", "●", "✓", "✕"
ROLES = {WAITING: "hint", RUNNING: "", DONE: "good", FAILED: "problem"}
WRITE, COMPILE, MEASURE, FLASH, COMPARE = range(5)


class StepStrip(QWidget):
    """Shows how far a build is, by the events of its job."""

    def __init__(self) -> None:
        super().__init__()
        self._names = (
            tr("Write C"),
            tr("Compile"),
            tr("Time"),
            tr("Flash"),
            tr("Compare"),
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        self._labels = [words(wrap=True) for _ in self._names]
        for label in self._labels:
            row.addWidget(label, 1)
        self._said = [""] * len(self._names)
        self._states = [WAITING] * len(self._names)
        self.clear()

    @property
    def texts(self) -> list[str]:
        """What the steps say."""
        return [label.text() for label in self._labels]

    def clear(self) -> None:
        """Nothing has begun."""
        self._said = [""] * len(self._names)
        self._states = [WAITING] * len(self._names)
        self._show()

    def take(self, kind: str, data: dict[str, Any]) -> None:
        """Take an event of the job."""
        if kind == "progress":
            self._reach(str(data["text"]))
        elif kind == "compiled":
            done, total = data["done"], data["total"]
            text = tr("{done} of {total} files", done=done, total=total)
            self._run(COMPILE, text)
        elif kind == "flashed":
            self._run(FLASH, f"{data['bytes'] / 1024:.1f} KiB")
        elif kind == "compared":
            text = tr("{done} of {total} windows", done=data["done"], total=data["total"])
            self._run(COMPARE, text)
        else:
            return
        self._show()

    def _reach(self, text: str) -> None:
        step, _, rest = text.partition(": ")
        places = {"estimate": MEASURE, "flash": FLASH, "compare": COMPARE}
        if step == "build":
            self._run(WRITE if rest.startswith(("writing", "preparing")) else COMPILE)
        elif step in places:
            self._run(places[step])

    def _run(self, place: int, said: str = "") -> None:
        for before in range(place):
            self._states[before] = DONE
        self._states[place] = RUNNING
        self._said[place] = said or self._said[place]

    def finish(self, *, flashed: bool) -> None:
        """All is done, as far as it was to be."""
        last = COMPARE if flashed else MEASURE
        for place in range(last + 1):
            self._states[place] = DONE
        self._show()

    def fail(self) -> None:
        """Mark the step that was running as failed."""
        running = [i for i, state in enumerate(self._states) if state == RUNNING]
        self._states[running[-1] if running else 0] = FAILED
        self._show()

    def result(self, windows: int, identical: int) -> None:
        """Say how many windows equal this computer's."""
        self._said[COMPARE] = counted(windows, "{n} window", "{n} windows")
        self._states[COMPARE] = DONE if windows == identical else FAILED
        self._show()

    def _show(self) -> None:
        for place, label in enumerate(self._labels):
            state, said = self._states[place], self._said[place]
            text = f"{state} {place + 1} {self._names[place]}"
            label.setText(f"{text}  {said}" if said else text)
            set_role(label, ROLES[state])
