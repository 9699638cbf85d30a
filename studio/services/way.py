"""How far a project is: the state of each step of the way, and the one to take next.

Everything is read from what is on disk: nothing is stored, so nothing can be out of step.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from studio.errors import ConfigError, ProjectError
from studio.project import Project
from studio.registry import title_of
from studio.services import dataset, deploy
from studio.services import test as tests
from studio.services.runs import FEATURE_SETTINGS, feature_settings, read_report

NONE, WORK, DONE, STALE, FAILED = "none", "work", "done", "stale", "failed"
ORDER = ("Home", "Boards", "Data", "Pipeline", "Train", "Test", "Deploy", "Live")


@dataclass(frozen=True, slots=True)
class StepState:
    """Where a step stands.

    Parameters
    ----------
    name : str
        One of `ORDER`.
    state : str
        `none` (not begun), `work` (begun, something is missing), `done`, `stale` (an earlier step
        changed since), `failed`.
    text : str
        The figure that says most, such as "96.1 % int8".
    reason : str
        A sentence: why it is not done; empty if it is.
    """

    name: str
    state: str
    text: str = ""
    reason: str = ""


def way(path: Path, *, linked: bool = False, decides: bool = False) -> dict[str, Any]:
    """Return how far a project is.

    Parameters
    ----------
    path : Path
        The project.
    linked, decides : bool
        Whether a board is linked now, and whether it runs a model.

    Returns
    -------
    dict
        `steps` [{name, state, text, reason}] in order, and `next` {name, reason}: the first step
        that wants something, or None when all is done.
    """
    with Project.open(path) as project:
        steps = [
            StepState("Home", DONE, project.name),
            _board(linked=linked, decides=decides),
            _data(project),
            _pipeline(project),
            *_learned(project),
        ]
    steps.append(_deployed(path, steps[-2]))
    steps.append(StepState("Live", DONE if decides else NONE, "decides" if decides else "idle"))
    wanting = (one for one in steps[2:7] if one.state != DONE)
    first = next(wanting, None)
    return {
        "steps": [asdict(one) for one in steps],
        "next": {"name": first.name, "reason": first.reason} if first else None,
    }


def _board(*, linked: bool, decides: bool) -> StepState:
    if decides:
        return StepState("Boards", DONE, "runs a model")
    return StepState("Boards", DONE if linked else NONE, "linked" if linked else "not linked")


def _data(project: Project) -> StepState:
    track = project.pipeline.labelling.track
    samples = project.samples(track=track, enabled=True)
    labels = {sample.label for sample in samples}
    rates = {one.id: one.sample_rate_hz for one in project.recordings()}
    if not rates:
        return StepState("Data", NONE, "no data", "Record or import something to learn from.")
    seconds = sum((s.stop - s.start) / rates[s.recording_id] for s in samples)
    shown = f"{seconds / 60:.0f} min" if seconds >= 60 else f"{seconds:.0f} s"
    text = f"{shown}, {len(labels)} label{'' if len(labels) == 1 else 's'}"
    if len(labels) < 2:
        found = f"Only {min(labels)} is labelled" if labels else "Nothing is labelled yet"
        return StepState("Data", WORK, text, f"{found}: a model needs two labels to choose from.")
    lacking = sorted(labels - {sample.label for sample in samples if sample.split != "test"})
    if lacking:
        reason = f"All samples of {lacking[0]} are for the test: nothing is left to learn from."
        return StepState("Data", WORK, text, reason)
    return StepState("Data", DONE, text)


def _pipeline(project: Project) -> StepState:
    pipeline = project.pipeline
    if not pipeline.block or not pipeline.learning:
        lacking = "learning block" if pipeline.block else "signal block"
        return StepState("Pipeline", NONE, "not chosen", f"Choose a {lacking}.")
    text = title_of("signal_block", pipeline.block)
    if not pipeline.axes or pipeline.sample_rate_hz <= 0:
        return StepState("Pipeline", WORK, text, "Axes and rate come with the first data.")
    try:
        dataset.block_config(pipeline)
    except ConfigError as error:
        return StepState("Pipeline", FAILED, text, f"{error.message} {error.hint}".strip())
    return StepState("Pipeline", DONE, text)


def _learned(project: Project) -> list[StepState]:
    """Return the states of training and test."""
    run = project.latest_run("train")
    if run is None:
        ended = [one for one in project.runs() if one.kind == "train"]
        train = StepState("Train", NONE, "no run", "Train a model from the labelled samples.")
        if ended:
            why = "The last training did not come to its end. Train again."
            train = StepState("Train", FAILED, "no run", why)
        return [train, StepState("Test", NONE, "no test", "There is no trained model to test.")]
    try:
        report = read_report(run.path / "report.json")
    except ProjectError as error:
        return [
            StepState("Train", FAILED, "damaged", f"{error.message} {error.hint}"),
            StepState("Test", NONE, "no test", "There is no trained model to test."),
        ]
    text = f"{100 * report['int8']['accuracy']:.1f} % int8"
    reason = changed_since(project, report)
    train = StepState("Train", STALE if reason else DONE, text, reason)
    return [train, _tested(run.path / tests.REPORT, project, reason)]


def changed_since(project: Project, report: Mapping[str, Any]) -> str:
    """Return in a sentence what was changed after a training with this report, or nothing."""
    pipeline = project.pipeline
    trained = report["pipeline"]
    for key, value in feature_settings(pipeline).items():
        if trained.get(key) != value:
            return f"The {FEATURE_SETTINGS[key]} changed after the training."
    if trained.get("learning", pipeline.learning) != pipeline.learning:
        return "Another learning block was chosen after the training."
    settings = report.get("settings", {})
    for key, value in pipeline.learning_params.items():
        if key in settings and settings[key] != value:
            return f"The learning setting {key} was changed after the training."
    learned = "learned" in report
    kept = report.get("learned" if learned else "data")
    if kept not in (None, dataset.digest(project, learned=learned)):
        return "Samples, labels or splits were changed after the training."
    return ""


def _tested(file: Path, project: Project, trained_reason: str) -> StepState:
    if not file.is_file():
        reason = "See how the model does on data it never learned from."
        return StepState("Test", NONE, "no test", reason)
    try:
        report = read_report(file)
    except ProjectError as error:
        return StepState("Test", FAILED, "damaged", error.message)
    text = f"{100 * report['int8']['accuracy']:.1f} % held-out"
    if trained_reason:
        return StepState("Test", STALE, text, trained_reason)
    if report.get("data") not in (None, dataset.digest(project)):
        return StepState("Test", STALE, text, "Samples were changed after the test.")
    return StepState("Test", DONE, text)


def _deployed(path: Path, train: StepState) -> StepState:
    """Return the state of the firmware."""
    built = deploy.latest_build(path)
    if built is None:
        if train.state in (NONE, FAILED):
            return StepState("Deploy", NONE, "not built", "There is no trained model to build.")
        if any((path / "build").glob("infer-*.json")):
            reason = "The firmware was built of another run, pipeline or board. Build again."
            return StepState("Deploy", STALE, "old build", reason)
        return StepState("Deploy", NONE, "not built", "Build the firmware and put it on a board.")
    text = f"{100 * built['ram_bytes'] / built['board_ram_bytes']:.0f} % RAM"
    if train.state == STALE:
        return StepState("Deploy", STALE, text, train.reason)
    return StepState("Deploy", DONE, text)
