"""How long work reports: progress, log lines, events, and the question whether to stop."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class Reporter(Protocol):
    """What a running job tells whoever started it. Methods may be called from any thread."""

    def progress(self, fraction: float, text: str) -> None:
        """State how far the present step is: `fraction` in 0..1, `text` in words with a unit."""

    def log(self, line: str) -> None:
        """Add one line to the job's log."""

    def event(self, kind: str, **data: object) -> None:
        """Publish a structured event, such as `epoch` with the curves' next values."""

    def check_cancelled(self) -> None:
        """Raise `Cancelled` if the person asked to stop."""


class Quiet:
    """A reporter that keeps nothing: for tests and scripts."""

    def progress(self, fraction: float, text: str) -> None:
        """Ignore."""

    def log(self, line: str) -> None:
        """Ignore."""

    def event(self, kind: str, **data: object) -> None:
        """Ignore."""

    def check_cancelled(self) -> None:
        """Never cancelled."""


@dataclass(frozen=True, slots=True)
class SubReporter:
    """The part of a job from `low` to `high` (0..1) seen as a job of its own."""

    parent: Reporter
    low: float
    high: float

    def progress(self, fraction: float, text: str) -> None:
        """Scale into the parent's range."""
        self.parent.progress(self.low + (self.high - self.low) * fraction, text)

    def log(self, line: str) -> None:
        """Pass on."""
        self.parent.log(line)

    def event(self, kind: str, **data: object) -> None:
        """Pass on."""
        self.parent.event(kind, **data)

    def check_cancelled(self) -> None:
        """Pass on."""
        self.parent.check_cancelled()


class ToolRunner(Protocol):
    """Runs an external program; given to packages so that they need not know about jobs."""

    def __call__(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        on_line: Callable[[str], None],
    ) -> int:
        """Run `argv`, give each line of its output to `on_line`, return its exit code."""
