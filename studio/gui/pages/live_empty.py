"""What the Live page says while there is nothing to watch, and where decisions come from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from studio.gui.session import Session
from studio.gui.texts import tr
from studio.gui.widgets.empty import offer_focus
from studio.gui.widgets.panel import Panel, words

if TYPE_CHECKING:
    from studio.gui.pages.live import LivePage


@dataclass(frozen=True, slots=True)
class Lack:
    """What is missing, and what brings it: up to two buttons `(text, what it does)`."""

    text: str
    hint: str
    ways: tuple[tuple[str, str], ...] = ()


def what_lacks(session: Session, model: dict[str, Any] | None, source: str) -> Lack | None:
    """Return what is missing before watching can start, or None."""
    if session.project is None:
        return Lack(
            tr("Nothing to run yet: no project is open."),
            tr("Open one, or begin with an example: it works without a board."),
            ((tr("Go to Home"), "Home"),),
        )
    if model is None:
        return Lack(tr("Reading the project …"), "")
    if not model["run"]:
        return Lack(
            tr("Nothing to run yet: no model is trained."),
            tr("Train a run first; then it can decide here."),
            ((tr("Go to Train"), "Train"),),
        )
    if not session.port:
        return Lack(
            tr("No board is linked."),
            tr("Link one, or use a virtual board: it plays recorded signals."),
            ((tr("Go to Boards"), "Boards"),),
        )
    if (lost := session.loss) is not None:
        return Lack(tr("The board is gone."), lost.message, ((lost.button, "lost"),))
    firmware = session.link.firmware
    if session.link.busy and not session.link.linked:
        return Lack(tr("The board is being asked what it runs."), tr("This takes a moment."), ())
    if source == "board" and firmware.startswith("collect"):
        return Lack(
            tr("This board runs collect firmware: it streams its signal and has no model."),
            tr("Put the trained run on it, or let this computer decide with the same C code."),
            ((tr("Build and flash"), "Deploy"), (tr("Decide on this PC instead"), "pc")),
        )
    if source == "pc" and firmware.startswith("infer"):
        return Lack(
            tr("This board runs a model and decides by itself."),
            tr("Take its decisions, or put the collect firmware on it: then it only streams."),
            ((tr("Take the board's decisions"), "board"), (tr("Put collect on it"), "collect")),
        )
    return None


class SourceRow(QWidget):
    """Where decisions come from: the board, or this computer."""

    chosen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.by_hand = False
        """Whether a person chose."""
        self.board = QPushButton(tr("Board"))
        self.pc = QPushButton(tr("PC"))
        self.board.setToolTip(tr("The model on the board decides"))
        self.pc.setToolTip(
            tr("The same C code decides on this computer, about what the board streams")
        )
        group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        label = words(tr("decisions from"), "hint")
        row.addWidget(label)
        row.addSpacing(8)
        for button in (self.board, self.pc):
            button.setCheckable(True)
            button.setProperty("role", "segment")
            button.setAccessibleName(tr("Decisions from: {source}", source=button.text()))
            group.addButton(button)
            row.addWidget(button)
        row.addStretch(1)
        self.board.setChecked(True)
        group.buttonClicked.connect(lambda _: self.chosen.emit())

    @property
    def name(self) -> str:
        """`board` or `pc`."""
        return "pc" if self.pc.isChecked() else "board"

    def choose(self, name: str) -> None:
        """Choose without a person."""
        (self.pc if name == "pc" else self.board).setChecked(True)


class EmptyPanel(Panel):
    """A sentence in the middle of the page, with the ways on under it."""

    def __init__(self) -> None:
        super().__init__(tr("Live"))
        self.heading.hide()
        self.text = words("", "title", wrap=True)
        self.hint = words("", "", wrap=True)
        for label in (self.text, self.hint):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.ways = [QPushButton(), QPushButton()]
        self._acts: list[Callable[[], None]] = []
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        for place, button in enumerate(self.ways):
            button.clicked.connect(lambda _=False, place=place: self._acts[place]())
            row.addWidget(button)
        row.addStretch(1)
        column = QVBoxLayout()
        column.setSpacing(12)
        column.addWidget(self.text)
        column.addWidget(self.hint)
        column.addLayout(row)
        self.box.addStretch(1)
        self.box.addLayout(column)
        self.box.addStretch(1)

    def ready(self, source: str) -> Lack:
        """Return the words for a page on which everything is there and nothing began."""
        if source == "pc":
            text = tr("Press Start. Each decision this computer makes appears here.")
        else:
            text = tr("Press Start. Each decision the board makes appears here.")
        hint = tr("Signal, decisions and scores share one time axis. Space starts and stops.")
        return Lack(text, hint)

    def show_lack(self, lack: Lack, page: "LivePage") -> None:
        """Say what is missing."""
        self.text.setText(lack.text)
        self.hint.setText(lack.hint)
        self._acts = []
        for place, button in enumerate(self.ways):
            there = place < len(lack.ways)
            if button.hasFocus() and not there:
                self.setFocus()  # or it would go to the top of the window, and stay there
            button.setVisible(there)
            if there:
                button.setText(lack.ways[place][0])
                self._acts.append(_way(lack.ways[place][1], page))
        # after the page's primary was set
        QTimer.singleShot(0, self, lambda: offer_focus(self.ways[0]))


def _way(name: str, page: "LivePage") -> Callable[[], None]:
    """Return what a button of the empty page does."""
    if name == "collect":
        return page.session.stream_again
    lost = page.session.loss
    if name == "lost" and lost is not None and lost.act is not None:
        return lost.act
    if name in ("pc", "board"):

        def choose() -> None:
            page.source.choose(name)
            page.source.chosen.emit()

        return choose
    return lambda: page.session.step_wanted.emit(name)
