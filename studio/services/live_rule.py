"""The decision rule while somebody watches: how scores of windows become a decision.

It is the rule of the firmware, by the same C code: the mean of the last windows' scores against a
threshold. A board keeps the rule that it was built with; once a person has changed it here, what
the board's scores mean is decided on this computer, until the firmware is built again.
"""

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from studio.project import Project
from studio.runtime import decide
from studio.services.runs import read_report, run_numbers
from studio.types import DecisionRule, threshold_q

MOST_SMOOTHING = 64


class Rule:
    """A rule that may be changed at any time, from any thread.

    Attributes
    ----------
    changed : bool
        Whether a person set it; else it is the one that came with the model.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._smoothing, self._threshold_q = 1, 0
        self._history: deque[tuple[int, ...]] = deque(maxlen=MOST_SMOOTHING)
        self.changed = False

    @property
    def smoothing(self) -> int:
        """Windows whose scores are averaged."""
        return self._smoothing

    @property
    def threshold(self) -> float:
        """What the highest mean must reach, 0..1."""
        return (self._threshold_q + 128) / 256

    def begin(self, smoothing: int, threshold_q: int) -> None:
        """Take the rule that a model comes with, unless a person has set one."""
        with self._lock:
            self._history.clear()
            if not self.changed:
                self._smoothing = min(smoothing, MOST_SMOOTHING)
                self._threshold_q = threshold_q

    def set(self, *, smoothing: int, threshold: float) -> None:
        """Use this one from now on."""
        rule = DecisionRule(min(max(1, smoothing), MOST_SMOOTHING), min(max(0.0, threshold), 1.0))
        with self._lock:
            self._smoothing, self._threshold_q = rule.smoothing, threshold_q(rule)
            self.changed = True

    def forget(self) -> None:
        """Begin anew, as behind a gap."""
        with self._lock:
            self._history.clear()

    def add(self, scores: Sequence[int]) -> tuple[int, tuple[float, ...]]:
        """Take a window's scores; return the class decided or -1, and the means that decided."""
        with self._lock:
            self._history.append(tuple(scores))
            count, limit = self._smoothing, self._threshold_q
            last = np.array(list(self._history)[-count:], np.int8)
        label = int(decide(last, smoothing=count, threshold=limit)[-1])
        means = (last.astype(np.float64).mean(axis=0) + 128) / 256
        return label, tuple(means.tolist())


def keep(path: Path, *, smoothing: int, threshold: float) -> DecisionRule:
    """Make a rule that of a project's pipeline; the next build has it. Return it."""
    rule = DecisionRule(min(max(1, smoothing), MOST_SMOOTHING), round(threshold, 3))
    with Project.open(path) as project:
        project.set_pipeline(replace(project.pipeline, decision=rule))
    return rule


def model_of(path: Path) -> dict[str, Any]:
    """Return what a project's latest training run decides: `run` (empty without one), `labels`.

    With the run's `number`, the `numbers` of all runs by their ids, and the pipeline's rule:
    `smoothing`, `threshold`.
    """
    with Project.open(path) as project:
        run, rule = project.latest_run("train"), project.pipeline.decision
        numbers = run_numbers(project)
    found = {"smoothing": rule.smoothing, "threshold": rule.threshold, "numbers": numbers}
    if run is None:
        return {**found, "run": "", "number": 0, "labels": []}
    report = read_report(run.path / "report.json")
    found |= {"run": run.id, "number": numbers[run.id]}
    return {**found, "labels": list(report["classes"])}
