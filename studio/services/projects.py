"""Make a project, describe it, decide its splits, change its pipeline."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from studio.errors import ConfigError
from studio.events import Reporter
from studio.learning import LearningSettings
from studio.params import make, options, to_dict
from studio.project import BLANK, Project
from studio.registry import find
from studio.services import health
from studio.services.imports import import_data
from studio.services.pipeline_params import MAX_MS, DecisionParams
from studio.types import SPLITS, Axis, DecisionRule, Pipeline, Recording, Sample

__all__ = ["TEMPLATES", "assign_splits", "import_data", "info", "new", "set_pipeline"]

BOARD = "virtual-cortex-m4"
SOUND = (Axis("audio", "wav"),)
TEMPLATES: Mapping[str, Pipeline] = {
    "keywords": replace(
        BLANK,
        window_ms=1000.0,
        stride_ms=250.0,
        sample_rate_hz=16000.0,
        axes=SOUND,
        dtype="int16",
        block="audio_mfcc",
        learning="dscnn",
        board=BOARD,
    ),
    "motion": replace(
        BLANK,
        window_ms=2000.0,
        stride_ms=500.0,
        block="spectral_analysis",
        learning="dense",
        board=BOARD,
    ),
    "vibration": replace(
        BLANK,
        window_ms=1000.0,
        stride_ms=500.0,
        block="spectral_analysis",
        learning="dense",
        board=BOARD,
    ),
    "blank": replace(BLANK, board=BOARD),
}
"""Pipelines to begin with; a rate of 0 and no axes mean: as the first data."""

_MAX_HZ = 1_000_000.0


def new(
    path: Path,
    *,
    template: str = "blank",
    name: str = "",
    settings: Mapping[str, Any] | None = None,
    report: Reporter,
) -> dict[str, Any]:
    """Make a project and return its `info`.

    Parameters
    ----------
    path : Path
        A folder that is missing or empty.
    template : str
        One of `TEMPLATES`.
    settings : mapping, optional
        What differs from the template; see `changed`.

    Raises
    ------
    ConfigError
        For an unknown template or settings that cannot work.
    ProjectError
        If the folder cannot be used.
    """
    if template not in TEMPLATES:
        raise ConfigError(
            f"There is no template {template!r}.", f"Choose one of: {', '.join(TEMPLATES)}."
        )
    pipeline = changed(TEMPLATES[template], settings or {})
    with Project.create(path, name=name, pipeline=pipeline) as project:
        report.log(f"Made the project {project.name} in {project.path}.")
    return info(path, report)


def set_pipeline(path: Path, settings: Mapping[str, Any], report: Reporter) -> dict[str, Any]:
    """Change a project's pipeline and return the project's `info`; see `changed`."""
    with Project.open(path) as project:
        project.set_pipeline(changed(project.pipeline, settings))
    return info(path, report)


def changed(pipeline: Pipeline, settings: Mapping[str, Any]) -> Pipeline:
    """Return a pipeline with other settings, checked.

    Parameters
    ----------
    settings : mapping
        Any of window_ms, stride_ms, sample_rate_hz (numbers), axes (names), block, learning,
        board (ids), params, learning_params (`name=value` texts, or a mapping), threshold,
        smoothing (numbers). Entries that are None are left as they are.

    Raises
    ------
    ConfigError
        For a value out of range, an unknown id, or an unknown parameter.
    """
    given = {key: value for key, value in settings.items() if value is not None}
    numbers: dict[str, Any] = {}
    for key, high in (("window_ms", MAX_MS), ("stride_ms", MAX_MS), ("sample_rate_hz", _MAX_HZ)):
        if key in given:
            numbers[key] = _positive(key, given[key], high)
    pipeline = replace(pipeline, **numbers)
    if pipeline.sample_rate_hz > 0 and pipeline.window_readings < 1:
        raise ConfigError(
            f"A window of {pipeline.window_ms:g} ms holds no reading at "
            f"{pipeline.sample_rate_hz:g} Hz.",
            "Make it longer, such as 1000.",
        )
    if "axes" in given:
        axes = tuple(Axis(str(axis).strip()) for axis in given["axes"])
        if not axes or not all(axis.name for axis in axes):
            raise ConfigError("An axis has no name.", "Name them as in: accX,accY,accZ.")
        if len({axis.name for axis in axes}) < len(axes):
            names = ", ".join(axis.name for axis in axes)
            raise ConfigError(f"Two of the axes {names} have one name.", "Give each its own.")
        if axes != tuple(Axis(axis.name) for axis in pipeline.axes):
            sound = len(axes) == 1 and axes[0].name.lower() == "audio"
            pipeline = replace(
                pipeline,
                axes=SOUND if sound else axes,
                dtype="int16" if sound else "float32",
            )
    if "block" in given and given["block"] != pipeline.block:
        pipeline = replace(pipeline, block=str(given["block"]), block_version=0, block_params={})
    if "learning" in given and given["learning"] != pipeline.learning:
        pipeline = replace(pipeline, learning=str(given["learning"]), learning_params={})
    if "board" in given:
        pipeline = replace(pipeline, board=str(given["board"]))
    rule: dict[str, Any] = {key: given[key] for key in ("threshold", "smoothing") if key in given}
    if rule:
        decision = make(DecisionParams, {**asdict(pipeline.decision), **rule})
        pipeline = replace(pipeline, decision=DecisionRule(**to_dict(decision)))
    pipeline = _with_block(pipeline, given.get("params", ()))
    return _with_learning(pipeline, given.get("learning_params", ()))


def _positive(key: str, value: Any, high: float) -> float:
    units = "Hz" if key.endswith("hz") else "ms"
    if not isinstance(value, int | float) or not 0 < value <= high:
        raise ConfigError(
            f"{key} is {value} {units}.", f"Choose a value above 0 and up to {high:g} {units}."
        )
    return float(value)


def _values(
    cls: type, before: Mapping[str, Any], given: Sequence[str] | Mapping[str, Any]
) -> dict[str, Any]:
    """Return what is given and what was before it, only as far as it differs from the defaults."""
    if not isinstance(given, Mapping):
        given = options(given)
    values = to_dict(make(cls, {**before, **given}))
    defaults = to_dict(make(cls, {}))
    return {key: value for key, value in values.items() if value != defaults[key]}


def _with_block(pipeline: Pipeline, given: Sequence[str] | Mapping[str, Any]) -> Pipeline:
    """Check the signal block's id and parameters, and note the block's version."""
    if not pipeline.block:
        if given:
            raise ConfigError("Parameters were given, but no signal block.", "Add --block.")
        return pipeline
    block = find("signal_block", pipeline.block).load()
    version = pipeline.block_version or int(block.implementation_version)
    params = _values(block.Params, pipeline.block_params, given)
    return replace(pipeline, block_version=version, block_params=params)


def _with_learning(pipeline: Pipeline, given: Sequence[str] | Mapping[str, Any]) -> Pipeline:
    if not given:
        return pipeline
    if not pipeline.learning:
        raise ConfigError("Parameters were given, but no learning block.", "Add --learning.")
    if not isinstance(given, Mapping):
        given = options(given)
    values = {**pipeline.learning_params, **given}
    settings = LearningSettings.read(pipeline.learning, pipeline.dtype, values).to_dict()
    return replace(pipeline, learning_params={name: settings[name] for name in values})


def assign_splits(
    path: Path,
    *,
    fractions: tuple[float, float, float] = (0.6, 0.2, 0.2),
    seed: int = 0,
    test_groups: Sequence[str] = (),
    keep_preset: bool = True,
    report: Reporter,
) -> dict[str, Any]:
    """Put every group into train, validation or test, and return the project's `info`."""
    with Project.open(path) as project:
        project.assign_splits(
            fractions=fractions, seed=seed, test_groups=test_groups, keep_preset=keep_preset
        )
    return info(path, report)


def info(path: Path, report: Reporter) -> dict[str, Any]:
    """Describe a project.

    Returns
    -------
    dict
        name, path, recordings, samples, disabled (how many of them), labels {label: {split: n}}
        (of those that are trained on), seconds, groups, pipeline, runs [{run, kind, started,
        finished}], flags {what is worth a look: recordings} and warnings (sentences).
    """
    with Project.open(path) as project:
        notices = health.examine_recovered(project)
        for notice in notices:
            report.log(notice)
        recordings = project.recordings()
        every = project.samples()
        track = project.pipeline.labelling.track
        samples = [one for one in every if one.enabled and one.track == track]
        labels = _labels(samples)
        return {
            "name": project.name,
            "path": str(project.path),
            "recordings": len(recordings),
            "samples": len(every),
            "disabled": sum(not one.enabled for one in every),
            "labels": labels,
            "seconds": round(sum(recording.seconds for recording in recordings), 3),
            "groups": len({recording.group for recording in recordings}),
            "pipeline": asdict(project.pipeline),
            "runs": [
                {"run": run.id, "kind": run.kind, "started": run.started, "finished": run.finished}
                for run in project.runs()
            ],
            "flags": _flags(recordings),
            "warnings": [
                *notices,
                *_split_warnings(recordings, samples),
                *_label_warnings(samples, labels),
                *_fit_warnings(project.pipeline, recordings, samples),
            ],
        }


def _flags(recordings: Sequence[Recording]) -> dict[str, int]:
    """Return how many recordings have what worth a look, by their health."""
    counts = Counter(flag for recording in recordings for flag in recording.flags)
    return dict(counts.most_common())


def _labels(samples: Sequence[Sample]) -> dict[str, dict[str, int]]:
    labels: dict[str, dict[str, int]] = {}
    for (label, split), count in sorted(Counter((s.label, s.split) for s in samples).items()):
        labels.setdefault(label, dict.fromkeys(SPLITS, 0))[split or "none"] = count
    return labels


def _fit_warnings(
    pipeline: Pipeline, recordings: Sequence[Recording], samples: Sequence[Sample]
) -> list[str]:
    """Return where the data does not fit the pipeline."""
    warnings = []
    rates = Counter(recording.sample_rate_hz for recording in recordings)
    for rate, count in sorted(rates.items()):
        if pipeline.sample_rate_hz and abs(rate / pipeline.sample_rate_hz - 1) > 0.001:
            warnings.append(
                f"{count} recordings have {rate:g} Hz; the pipeline wants "
                f"{pipeline.sample_rate_hz:g} Hz."
            )
    short = sum(s.stop - s.start < pipeline.window_readings for s in samples)
    if short:
        warnings.append(
            f"{short} samples are shorter than the window of {pipeline.window_ms:g} ms."
        )
    return warnings


def _split_warnings(recordings: Sequence[Recording], samples: Sequence[Sample]) -> list[str]:
    """Return where something is in several splits at once."""
    content_of = {recording.id: recording.sha256 for recording in recordings}
    groups: dict[str, set[str]] = {}
    contents: dict[str, set[str]] = {}
    for sample in samples:
        if sample.split:
            groups.setdefault(sample.group, set()).add(sample.split)
            contents.setdefault(content_of[sample.recording_id], set()).add(sample.split)
    warnings = [
        f"Group {group} is in several splits: {', '.join(sorted(splits))}."
        for group, splits in sorted(groups.items())
        if len(splits) > 1
    ]
    twice = sum(len(splits) > 1 for splits in contents.values())
    if twice:
        warnings.append(f"{twice} recordings have the same content as one in another split.")
    return warnings


def _label_warnings(
    samples: Sequence[Sample], labels: Mapping[str, Mapping[str, int]]
) -> list[str]:
    """Return which labels lack data in a split."""
    groups: dict[str, set[str]] = {}
    for sample in samples:
        groups.setdefault(sample.label, set()).add(sample.group)
    warnings = []
    for label, row in labels.items():
        if row.get("none", 0):
            warnings.append(f"{row['none']} samples of {label} are in no split yet.")
            continue
        lacking = [split for split in SPLITS if not row[split]]
        if not lacking:
            continue
        count = len(groups[label])
        reason = ""
        if count < len(SPLITS):
            reason = (
                f": it has {count} group{'s' if count > 1 else ''} only, and a group is never "
                "split. Record another session, or import it with other groups"
            )
        warnings.append(f"Label {label} has no {' and no '.join(lacking)} data{reason}.")
    return warnings
