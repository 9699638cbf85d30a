"""A whole recording as a board hears it: the model on every window, and its decision rule."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from studio.events import Reporter
from studio.gui.pages.test_timeline import Block
from studio.gui.session import Session
from studio.gui.texts import counted, grouped, tr
from studio.gui.theme import is_background
from studio.types import DecisionRule, Span

if TYPE_CHECKING:
    from studio.services.stream import Heard, Told

PLACE = "Test"
LONG_S = 300
"""Only from so long a recording on it says how often something happens in an hour."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A recording that was heard, and what a rule tells of it."""

    heard: "Heard"
    told: "Told"
    rule: DecisionRule

    def blocks(self) -> list[Block]:
        """Return what was told at its times: each as long as it would have been on show."""
        rate, stride = self.heard.sample_rate_hz, self.heard.stride
        late = self.heard.length + (self.rule.smoothing - 2) * stride
        blocks, false, at = [], self.told.false, 0
        for one in self.told.told:
            first = at  # what is false comes in the order of what was told
            while at < len(false) and _within(false[at], one):
                at += 1
            start, stop = (one.start + late) / rate, one.stop / rate
            blocks.append(Block(start, stop, one.label, right=at == first))
        return blocks

    def words(self) -> str:
        """Return the figures in one line."""
        alarms = counted(len(self.told.false), "{n} false alarm", "{n} false alarms")
        seconds = 3600 * self.told.hours
        often = tr("{alarms} in {time} s", alarms=alarms, time=f"{seconds:.0f}")
        if seconds >= LONG_S:
            rate = grouped(
                self.told.false_per_hour, ".0f" if self.told.false_per_hour >= 10 else ".1f"
            )
            often = tr("{alarms} ({rate} per hour)", alarms=alarms, rate=rate)
        windows = counted(self.rule.smoothing, "{n} window", "mean of {n} windows")
        return tr(
            "{missed} of {events} missed, {often}; {windows} from {threshold} on",
            missed=len(self.told.missed),
            events=len(self.told.events),
            often=often,
            windows=windows,
            threshold=f"{self.rule.threshold:.2f}",
        )


class Listener(QObject):
    """Lets the model hear a recording as a job, once, and judges it by any rule.

    Signals
    -------
    told : (object)
        A `Stream`.
    ended : ()
        The job is over; without a stream before, it failed or was stopped.
    """

    told = Signal(object)
    ended = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._heard: dict[int, Heard] = {}
        self.threshold = 0.0
        """The rule's; 0: the pipeline's."""

    @property
    def known(self) -> set[int]:
        """The recordings that were heard."""
        return set(self._heard)

    def forget(self) -> None:
        """Forget what was heard: there is another model."""
        self._heard = {}

    def ask(self, number: int, name: str) -> None:
        """Judge a recording by the rule; it is heard first if it was not yet."""
        if number in self._heard:
            self._judge(number)
            return

        def done(found: "Heard") -> None:
            self._heard[number] = found
            self._judge(number)

        title = tr("Listening to {name}", name=name)
        work = partial(_listen, self._session.path, number)
        job = self._session.start(title, work, place=PLACE, done=done)
        if job is None:
            self.ended.emit()
        else:
            job.ended.connect(self.ended)

    def _judge(self, number: int) -> None:
        path, heard, threshold = self._session.path, self._heard[number], self.threshold

        def read() -> Stream:
            from studio.services import live_rule, stream

            kept = live_rule.model_of(path)
            rule = DecisionRule(kept["smoothing"], threshold or kept["threshold"])
            quiet = {label for label in heard.labels if is_background(label)}
            return Stream(heard, stream.judge(heard, rule, quiet=quiet), rule)

        self._session.read("long stream", read, self.told.emit, place=PLACE)


def _within(part: Span, whole: Span) -> bool:
    inside = whole.start <= part.start and part.stop <= whole.stop
    return inside and part.label == whole.label


def _listen(path: Path, number: int, report: Reporter) -> Any:
    from studio.services import stream

    return stream.listen(path, number, report=report)
