"""Data, editor: labels that a trained model guesses, and their review by key."""

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QGridLayout, QPushButton

from studio.events import Reporter
from studio.gui.session import Session
from studio.gui.texts import counted, tr
from studio.gui.widgets.panel import Panel, words

if TYPE_CHECKING:
    from studio.project import Suggestion

PLACE = "Data"
MOST = 1000
"""How many are fetched at once, in the order of their confidence."""


class ReviewPanel(Panel):
    """Runs a model over recordings and goes through what it guesses.

    Signals
    -------
    wanted : (Suggestion)
        This one is to be looked at.
    changed : ()
        Suggestions were made, accepted or set aside.
    closed : ()
        A person goes back to the samples.
    """

    wanted = Signal(object)
    changed = Signal()
    closed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(tr("Let the model label"))
        self._session = session
        self._recording_id = 0
        self._waiting: list[Suggestion] = []
        self.current: Suggestion | None = None
        self._judged: set[int] = set()
        """What is being written: not to be judged twice."""
        self.here = QPushButton(tr("This one"))
        self.here.setToolTip(tr("Let the latest trained model label this recording"))
        self.here.clicked.connect(lambda: self._suggest((self._recording_id,)))
        self.every = QPushButton(tr("All unlabelled"))
        self.every.setToolTip(tr("Let the latest trained model label all recordings without one"))
        self.every.clicked.connect(lambda: self._suggest(()))
        self.order = QComboBox()
        self.order.setAccessibleName(tr("Order"))
        self.order.addItems([tr("Least certain first"), tr("Most certain first")])
        self.order.currentIndexChanged.connect(lambda _: self.reload())
        self.said = words("", "", wrap=True)
        self.hint = words("", "hint", wrap=True)
        self.accept = QPushButton(tr("Accept"))
        self.accept.setToolTip(tr("Make it a sample (Enter); a number key corrects the label"))
        self.accept.clicked.connect(lambda: self.judge("accept"))
        self.reject = QPushButton(tr("Set aside"))
        self.reject.setToolTip(tr("It is no sample of any label (Delete)"))
        self.reject.clicked.connect(lambda: self.judge("reject"))
        self.skip = QPushButton(tr("Next"))
        self.skip.setToolTip(tr("Leave it open and look at the next one (Down)"))
        self.skip.clicked.connect(lambda: self.go(1))
        self.above = QDoubleSpinBox()
        self.above.setRange(0.0, 1.0)
        self.above.setSingleStep(0.05)
        self.above.setValue(0.9)
        self.above.setAccessibleName(tr("Least confidence"))
        self.all = QPushButton(tr("Accept all from"))
        self.all.setToolTip(tr("Make samples of all guesses with at least this confidence"))
        self.all.clicked.connect(self._accept_all)
        self._lay_out()
        session.working_changed.connect(self._show)
        self._show()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setSpacing(8)
        grid.addWidget(self.here, 0, 0)
        grid.addWidget(self.every, 0, 1)
        grid.addWidget(self.order, 1, 0, 1, 2)
        grid.addWidget(self.said, 2, 0, 1, 2)
        grid.addWidget(self.hint, 3, 0, 1, 2)
        grid.addWidget(self.accept, 4, 0, 1, 2)
        grid.addWidget(self.reject, 5, 0)
        grid.addWidget(self.skip, 5, 1)
        grid.addWidget(self.all, 6, 0)
        grid.addWidget(self.above, 6, 1)
        back = QPushButton(tr("Close"))
        back.setToolTip(tr("Back to the samples; open guesses stay (Esc)"))
        back.clicked.connect(self.closed)
        self.box.addLayout(grid)
        self.box.addWidget(back)
        self.box.addStretch(1)

    def open(self, recording_id: int) -> None:
        """Look at this recording's guesses, or at those that are waiting anywhere."""
        self._recording_id = recording_id
        self.reload()

    def _suggest(self, recording_ids: tuple[int, ...]) -> None:
        path = self._session.project
        if path is None:
            return

        def work(report: Reporter) -> Any:
            from studio.services import suggest

            return suggest.suggest(path, recording_ids=recording_ids, report=report)

        def done(_result: Any) -> None:
            self.current = None
            self.changed.emit()
            self.reload()

        self._session.start(tr("Guessing labels"), work, place=PLACE, done=done)

    def reload(self) -> None:
        """Read what is waiting."""
        path = self._session.project
        if path is None:
            return
        certain = self.order.currentIndex() == 1

        def work() -> Any:
            from studio.services import suggest

            return suggest.listed(path, most_certain_first=certain, limit=MOST)

        self._session.read("editor review", work, self._take, place=PLACE)

    def _take(self, waiting: "list[Suggestion]") -> None:
        self._waiting = waiting
        self._judged.clear()
        there = {one.id: one for one in waiting}
        if self.current is not None and self.current.id in there:
            self.current = there[self.current.id]
            self._show()
            return
        mine = [one for one in waiting if one.recording_id == self._recording_id]
        self._look_at(next(iter(mine or waiting), None))

    def _look_at(self, one: "Suggestion | None") -> None:
        self.current = one
        self._show()
        if one is not None:
            self.wanted.emit(one)

    def choose(self, one: "Suggestion") -> None:
        """Make this the one that is judged."""
        if one.id not in self._judged:
            self.current = one
            self._show()

    def go(self, by: int) -> None:
        """Look at the next one, or the one before."""
        if not self._waiting:
            return
        ids = [one.id for one in self._waiting]
        place = ids.index(self.current.id) if self.current and self.current.id in ids else -by
        self._look_at(self._waiting[(place + by) % len(ids)])

    def judge(self, verdict: str, label: str = "") -> None:
        """Accept what is looked at, with another label if given, or set it aside."""
        path, one = self._session.project, self.current
        if path is None or one is None:
            return
        following = self._after(one)
        self.current = None
        self._judged.add(one.id)
        self._waiting = [each for each in self._waiting if each.id != one.id]

        def work() -> Any:
            from studio.services import suggest

            return suggest.review(path, verdict, ids=[one.id], label=label)

        def done(_result: Any) -> None:
            self.changed.emit()
            self._look_at(following)

        self._session.read("", work, done, place=PLACE)

    def _after(self, one: "Suggestion") -> "Suggestion | None":
        rest = [each for each in self._waiting if each.id != one.id]
        place = next((k for k, each in enumerate(self._waiting) if each.id == one.id), 0)
        return rest[place % len(rest)] if rest else None

    def _accept_all(self) -> None:
        path, above = self._session.project, self.above.value()
        if path is None:
            return

        def work() -> Any:
            from studio.services import suggest

            return suggest.review(path, "accept", above=above)

        def done(found: dict[str, Any]) -> None:
            self._session.say(
                counted(found["suggestions"], "{n} guess accepted", "{n} guesses accepted")
            )
            self.current = None
            self.changed.emit()
            self.reload()

        self._session.read("", work, done, place=PLACE)

    def _show(self) -> None:
        one = self.current
        ids = [each.id for each in self._waiting]
        if one is not None:
            self.said.setText(
                tr(
                    "{place} of {count}: {label}, confidence {sure}, in {name}",
                    place=ids.index(one.id) + 1 if one.id in ids else 1,
                    count=max(1, len(ids)),
                    label=one.label,
                    sure=f"{one.confidence:.2f}",
                    name=one.recording,
                )
            )
            self.hint.setText(tr("Enter accepts, a number key corrects, Delete sets aside."))
        else:
            self.said.setText(tr("No guesses are waiting."))
            self.hint.setText(tr("A trained model can label what nobody has labelled yet."))
        for button in (self.accept, self.reject, self.skip, self.all, self.above):
            button.setEnabled(one is not None)
        for button in (self.here, self.every):
            button.setEnabled(not self._session.working)
