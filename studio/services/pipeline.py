"""A pipeline as a page or a script works on it: what is set, what can be set, what is wrong."""

import math
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from studio.errors import ConfigError, ProjectError
from studio.params import infos, make
from studio.project import Project
from studio.project.query import SampleQuery
from studio.registry import Provided, find, plugins, provided
from studio.services import boards, dataset, projects
from studio.services.budget import model_size
from studio.services.pipeline_params import MAX_MS, DecisionParams, WindowParams
from studio.services.runs import read_report
from studio.services.way import changed_since
from studio.types import Pipeline

WINDOW, SIGNAL, LEARNING, DECISION = "window", "signal", "learning", "decision"
STEPS = (WINDOW, SIGNAL, LEARNING, DECISION)
MOST_FIXES = 2
STARTS = {
    "motion": ("Motion (spectral)", "Movements of a second or two: how strong, how fast."),
    "keywords": ("Sound (MFCC)", "Words and sounds: what they are made of, moment by moment."),
    "vibration": ("Vibration (spectrum)", "Machines that run: which frequencies they have."),
}
"""What is offered to begin with: template -> title and one sentence."""
_NAME = re.compile(r"\b[a-z]+(?:_[a-z0-9]+)+\b")


@dataclass(frozen=True, slots=True)
class Choice:
    """A plugin's offer or a board, to be chosen."""

    id: str
    title: str
    short: str = ""
    """A name for small places."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a pipeline: its kind of settings, and what is set."""

    name: str
    """One of `STEPS`."""
    params: type | None
    """A Params class; None while no block is chosen."""
    values: Mapping[str, Any]
    chosen: str = ""
    """Id of the block."""
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Start:
    """Settings that one may begin with."""

    title: str
    sentence: str
    settings: Mapping[str, Any]
    """As for `projects.changed`."""


@dataclass(frozen=True, slots=True)
class Described:
    """A project's pipeline with everything that can be chosen."""

    pipeline: Pipeline
    parts: tuple[Part, ...]
    boards: tuple[Choice, ...]
    starts: tuple[Start, ...]
    labels: tuple[str, ...]
    samples: int
    stale: str
    """What was changed after the latest training, in a sentence; empty if nothing was."""

    def part(self, name: str) -> Part:
        """Return the part of a name."""
        return next(part for part in self.parts if part.name == name)


@dataclass(frozen=True, slots=True)
class Fix:
    """A change of settings that makes a pipeline work."""

    name: str
    """The parameter that it changes."""
    title: str
    value: Any
    units: str
    settings: Mapping[str, Any]
    """As for `projects.changed`."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why settings cannot work, and what would."""

    message: str
    hint: str
    names: tuple[str, ...]
    """Parameters that the words speak of."""
    fixes: tuple[Fix, ...]


def describe(path: Path) -> Described:
    """Return a project's pipeline and what can be chosen for it.

    Raises
    ------
    ProjectError
        If the project cannot be read.
    """
    with Project.open(path) as project:
        pipeline = project.pipeline
        query = SampleQuery(tracks=(pipeline.labelling.track,), enabled=True)
        tally = project.index.tally(query, "label")
        run = project.latest_run("train")
        stale = ""
        if run is not None:
            with suppress(ProjectError):  # a damaged report is told where it is shown
                stale = changed_since(project, read_report(run.path / "report.json"))
    return Described(
        pipeline,
        parts(pipeline),
        tuple(Choice(kind.id, kind.title) for kind in boards.list_kinds()),
        tuple(Start(*words, start_of(template)) for template, words in STARTS.items()),
        tuple(sorted(label for label, _ in tally)),
        sum(count for _, count in tally),
        stale,
    )


def start_of(template: str) -> dict[str, Any]:
    """Return a template's window and blocks as settings for `projects.changed`."""
    pipeline = projects.TEMPLATES[template]
    names = ("window_ms", "stride_ms", "block", "learning")
    return {name: getattr(pipeline, name) for name in names}


def parts(pipeline: Pipeline) -> tuple[Part, ...]:
    """Return the parts of a pipeline with their settings."""
    signal, learning = (
        {row.id: row for row in provided(kind)} for kind in ("signal_block", "learning_block")
    )
    return (
        Part(
            WINDOW,
            WindowParams,
            {"window_ms": pipeline.window_ms, "stride_ms": pipeline.stride_ms},
        ),
        Part(
            SIGNAL,
            _params(signal.get(pipeline.block)),
            pipeline.block_params,
            pipeline.block,
            _choices(signal),
        ),
        Part(
            LEARNING,
            _params(learning.get(pipeline.learning)),
            pipeline.learning_params,
            pipeline.learning,
            _choices(learning),
        ),
        Part(
            DECISION,
            DecisionParams,
            {
                "threshold": pipeline.decision.threshold,
                "smoothing": pipeline.decision.smoothing,
            },
        ),
    )


def _params(row: Provided | None) -> type | None:
    if row is None:
        return None
    params: type = row.load().Params
    return params


def _choices(rows: Mapping[str, Provided]) -> tuple[Choice, ...]:
    names = {entry.id: entry.name for entry in plugins()}
    return tuple(Choice(row.id, row.title, names[row.plugin]) for row in rows.values())


def restore(path: Path, pipeline: Pipeline) -> None:
    """Set a project's pipeline back to one that it had, exactly.

    Raises
    ------
    ProjectError
        If the project cannot be written.
    """
    with Project.open(path) as project:
        project.set_pipeline(pipeline)


def problem(path: Path, changes: Mapping[str, Any] | None = None) -> Problem | None:
    """Return why a project's pipeline with these changes cannot work, or None if it can.

    A pipeline to which something is yet missing (data, a block, a board) is no problem.

    Raises
    ------
    ProjectError
        If the project cannot be read.
    """
    with Project.open(path) as project:
        pipeline = project.pipeline
    changes = dict(changes or {})
    try:
        _try(pipeline, changes)
    except ConfigError as error:
        titles = _titles(pipeline, changes)
        names = _mentioned(error, titles)
        message, hint = (_in_words(text, titles) for text in (error.message, error.hint))
        return Problem(message, hint, names, tuple(_fixes(pipeline, changes, names)))
    return None


def _try(pipeline: Pipeline, changes: Mapping[str, Any]) -> None:
    """Raise ConfigError if the pipeline with these changes cannot work."""
    wanted = projects.changed(pipeline, changes)
    if wanted.block and wanted.axes and wanted.sample_rate_hz > 0:
        config = dataset.block_config(wanted)
        model_size(wanted, config, 2)


def _works(pipeline: Pipeline, changes: Mapping[str, Any]) -> bool:
    try:
        _try(pipeline, changes)
    except ConfigError:
        return False
    return True


def _titles(pipeline: Pipeline, changes: Mapping[str, Any]) -> dict[str, str]:
    """Return the parameters of window and signal block with the words for them."""
    block = str(changes.get("block") or pipeline.block)
    classes = [WindowParams, *([find("signal_block", block).load().Params] if block else [])]
    return {name: info.title for cls in classes for name, info in infos(cls).items()}


def _mentioned(error: ConfigError, titles: Mapping[str, str]) -> tuple[str, ...]:
    text = f"{error.message} {error.hint}"
    named = [name for name in _NAME.findall(text) if name in titles]
    if "window length" in text.lower() or "the window" in text.lower():
        named.append("window_ms")
    return tuple(dict.fromkeys(named))


def _in_words(text: str, titles: Mapping[str, str]) -> str:
    """Return a text with parameters as the forms name them."""
    return _NAME.sub(lambda found: titles.get(found[0], found[0]), text)


def _fixes(
    pipeline: Pipeline, changes: Mapping[str, Any], names: tuple[str, ...]
) -> Iterator[Fix]:
    """Yield changes of the parameters that an error speaks of, each of which makes it work."""
    found = (_fixed(pipeline, changes, name) for name in names)
    yield from islice((fix for fix in found if fix is not None), MOST_FIXES)
    if not names:
        yield from islice(_other_learning(pipeline, changes), 1)


def _other_learning(pipeline: Pipeline, changes: Mapping[str, Any]) -> Iterator[Fix]:
    for row in provided("learning_block"):
        settings = {**changes, "learning": row.id}
        if _works(pipeline, settings):
            yield Fix("learning", row.title, row.title, "", settings)


def _fixed(pipeline: Pipeline, changes: Mapping[str, Any], name: str) -> Fix | None:
    if name == "window_ms":
        info = infos(WindowParams)[name]
        before = float(changes.get(name) or pipeline.window_ms)
        longer = _longer(pipeline, changes, before)
        return (
            Fix(name, info.title, longer, info.units, {**changes, name: longer})
            if longer
            else None
        )
    block = str(changes.get("block") or pipeline.block)
    params = find("signal_block", block).load().Params
    if name not in infos(params):
        return None
    info = infos(params)[name]
    own = pipeline.block_params if block == pipeline.block else {}
    values = {**own, **changes.get("params", {})}
    present = values.get(name, getattr(params(), name))
    with suppress(ConfigError):  # out of its range it stays as it is
        present = getattr(make(params, {name: present}), name)
    for value in _others(present, info.choices, info.low, info.high):
        if _works(pipeline, _with(changes, name, value)):
            if not info.choices and isinstance(present, int):
                value = _closest(pipeline, changes, name, bad=present, good=value)
            return Fix(name, info.title, value, info.units, _with(changes, name, value))
    return None


def _with(changes: Mapping[str, Any], name: str, value: Any) -> dict[str, Any]:
    """Return changes with a parameter of the signal block among them."""
    return {**changes, "params": {**changes.get("params", {}), name: value}}


def _closest(
    pipeline: Pipeline, changes: Mapping[str, Any], name: str, *, bad: int, good: int
) -> int:
    """Return the whole number that works and lies closest to one that does not."""
    while abs(good - bad) > 1:
        middle = (good + bad) // 2
        if _works(pipeline, _with(changes, name, middle)):
            good = middle
        else:
            bad = middle
    return good


def _others(
    present: Any, choices: tuple[Any, ...], low: float | None, high: float | None
) -> Iterator[Any]:
    """Yield other values of a parameter, the nearest first."""
    if choices:
        at = choices.index(present) if present in choices else 0
        yield from sorted(
            (choice for choice in choices if choice != present),
            key=lambda choice: abs(choices.index(choice) - at),
        )
    elif isinstance(present, bool):
        yield not present
    else:
        whole = isinstance(present, int)
        steps = [present + 1, present - 1] if whole else []
        steps += [_round(present * factor, whole) for factor in (0.5, 2, 0.25, 4, 0.1, 10)]
        for value in dict.fromkeys(steps):
            if (low is None or value >= low) and (high is None or value <= high):
                yield value


def _round(value: float, whole: bool) -> Any:
    """Return a value that a person could have typed."""
    return round(value) if whole else float(f"{value:.2g}")


def _longer(pipeline: Pipeline, changes: Mapping[str, Any], before: float) -> float | None:
    """Return the shortest longer window that works, in round numbers."""

    def works(length: float) -> bool:
        return _works(pipeline, {**changes, "window_ms": length})

    good = before
    while not works(good):
        good *= 2
        if good > MAX_MS:
            return None
    bad = good / 2
    for _ in range(12):
        middle = (good + bad) / 2
        good, bad = (middle, bad) if works(middle) else (good, middle)
    size = 10.0 ** max(0, math.floor(math.log10(good)) - 1)
    rounded = math.ceil(good / size) * size
    return rounded if works(rounded) else math.ceil(good)
