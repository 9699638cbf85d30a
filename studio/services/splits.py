"""Splits: folds for cross-validation, and the check that nothing is in two splits at once."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

from studio.errors import ConfigError, ProjectError
from studio.events import Reporter, SubReporter
from studio.project import Project, assign_folds, fold_splits
from studio.services.alike import Finder, overlapping
from studio.types import SPLITS, Recording, Sample

KINDS = ("group", "session", "overlap", "identical", "near")
"""What can be in two splits: a group (speaker, board …), a session of several boards, readings of
one recording, the same readings, nearly the same signal."""
SESSION = "session"
SHOWN = 200
_ROUNDS = 8
_ADVICE = {
    "group": "Move group {group} into one split.",
    "session": "Move the groups {group} and {other_group} into one split.",
    "overlap": "Crop one of the samples, or move group {group} into one split.",
    "identical": "Remove one of them, or move their groups into one split.",
    "near": "Listen to both; remove the copy, or move their groups into one split.",
}


@dataclass(frozen=True, slots=True)
class Leak:
    """Something that is in two splits."""

    kind: str
    """One of `KINDS`."""
    first: Sample
    second: Sample
    similarity: float


def folds(path: Path, count: int, *, seed: int = 0) -> dict[str, Any]:
    """Return folds of whole groups for cross-validation, without changing anything.

    Parameters
    ----------
    count : int
        How many, at least 2; 0 = each group is one (leave one group out).
    seed : int
        Same seed, same data: same folds.

    Returns
    -------
    dict
        folds [{fold, groups, samples, labels {label: samples}}], test_groups (those that came as
        test data: they stay it, and the folds validate), warnings (sentences).

    Raises
    ------
    ConfigError
        If there are fewer groups than folds.
    """
    with Project.open(path) as project:
        rows = project.labels.rows()
    return _folds(rows, count, seed)[1]


def _folds(
    rows: Sequence[tuple[str, str, str, str]], count: int, seed: int
) -> tuple[dict[str, int], dict[str, Any]]:
    if count < 0 or count == 1:
        raise ConfigError(f"{count} folds are none.", "Choose at least 2, or --leave-one-out.")
    tested = {group for group, _, preset, _ in rows if preset == "test"}
    free = [(group, label) for group, label, _, _ in rows if group not in tested]
    result = assign_folds(free, count, seed=seed)
    held: dict[int, Counter[str]] = {fold: Counter() for fold in sorted(set(result.values()))}
    groups: dict[str, Counter[str]] = {}
    for group, label in free:
        held[result[group]][label] += 1
        groups.setdefault(label, Counter())[group] += 1
    listed = [
        {
            "fold": fold,
            "groups": [group for group, of in result.items() if of == fold],
            "samples": labels.total(),
            "labels": dict(sorted(labels.items())),
        }
        for fold, labels in held.items()
    ]
    return result, {
        "folds": listed,
        "test_groups": sorted(tested),
        "warnings": _thin(groups, held),
    }


def _thin(groups: dict[str, Counter[str]], held: dict[int, Counter[str]]) -> list[str]:
    """Return which labels are not in every fold, with the counts that say why."""
    found = []
    for label, of in sorted(groups.items()):
        lacking = sum(not labels[label] for labels in held.values())
        if lacking:
            shown = ", ".join(f"{group} {count}" for group, count in of.most_common(5))
            more = f" and {len(of) - 5} more" if len(of) > 5 else ""
            found.append(
                f"Label {label} is missing in {lacking} of {len(held)} folds: its "
                f"{of.total()} samples are of {len(of)} group{'' if len(of) == 1 else 's'} "
                f"({shown}{more}), and a group is never split."
            )
    return found


def apply_fold(
    path: Path, count: int, number: int, *, validation: float = 0.2, seed: int = 0
) -> dict[str, Any]:
    """Make the splits those of one fold: it is tested on, the others are trained on (undoable).

    Parameters
    ----------
    count, number : int
        As in `folds`, and which one, from 1.
    validation : float
        Share of the other folds that validates.

    Returns
    -------
    dict
        As `folds`, with `fold` and `splits` {split: samples}.

    Raises
    ------
    ConfigError
        If there is no such fold.
    """
    with Project.open(path) as project:
        rows = project.labels.rows()
        result, listed = _folds(rows, count, seed)
        splits = fold_splits(
            ((group, label) for group, label, _, _ in rows),
            result,
            number,
            validation=validation,
            seed=seed,
        )
        total = len(listed["folds"])
        with project.history.change(f"Put fold {number} of {total} apart, by group"):
            project.labels.put_groups(splits)
    counts = Counter(splits[group] for group, _, _, _ in rows)
    return listed | {"fold": number, "splits": {split: counts[split] for split in SPLITS}}


def check(path: Path, *, report: Reporter) -> dict[str, Any]:
    """Look for what is in two splits at once.

    Returns
    -------
    dict
        samples (how many were compared), counts {kind: leaks}, leaks [{kind, similarity, advice,
        first and second {sample, recording, start_s, stop_s, label, group, split}}], the
        `SHOWN` gravest of each kind.
    """
    with Project.open(path) as project:
        samples = _used(project)
        leaks = find_leaks(project, samples, report=report)
        return _told(project, samples, leaks)


def warnings(project: Project) -> list[str]:
    """Return in sentences which groups, sessions and readings are in two splits; a quick look.

    Changed copies are not looked for: that takes `check`.
    """
    found = _by_groups(project, _used(project))
    counts = Counter(leak.kind for leak in found)
    words = {
        "group": ("group", "groups"),
        "session": ("session", "sessions"),
        "overlap": ("pair of overlapping samples", "pairs of overlapping samples"),
    }
    parts = [f"{counts[kind]} {words[kind][counts[kind] > 1]}" for kind in words if counts[kind]]
    if not parts:
        return []
    return [
        f"In two splits at once: {', '.join(parts)}. The figures will be too good; see "
        "`tinyml-studio split --check`."
    ]


def fix(path: Path, *, report: Reporter) -> dict[str, Any]:
    """Put groups that share data into one split: the one that most of their samples are in.

    One change of the history, so that one `undo` takes it back.

    Returns
    -------
    dict
        moved {group: split}, changed (samples), splits {split: samples}, warnings, and what
        `check` finds afterwards.
    """
    with Project.open(path) as project:
        samples = _used(project)
        before = {sample.id: sample.split for sample in project.samples()}
        moved: dict[str, str] = {}
        leaks: list[Leak] = []
        moving = samples
        for round_ in range(_ROUNDS):  # what was moved may share data with others there
            part = SubReporter(report, round_ / _ROUNDS, (round_ + 1) / _ROUNDS)
            left = find_leaks(project, moving, report=part)
            if not left:
                break
            leaks += left
            moved = _together(samples, leaks)
            moving = [replace(one, split=moved.get(one.group, one.split)) for one in samples]
        if moved:
            with project.history.change(f"Put {len(moved)} groups that share data together"):
                project.labels.put_groups(moved)
        after = project.samples()
        changed = sum(before[sample.id] != sample.split for sample in after)
        counts = Counter(sample.split for sample in after)
        told = _told(project, moving, left)
    had = {sample.split for sample in samples}
    empty = [split for split in SPLITS if split in had and not counts[split]]
    return told | {
        "moved": moved,
        "changed": changed,
        "splits": {split: counts[split] for split in SPLITS},
        "warnings": [
            f"The split {split} has no samples any more: all in it shared data with another one. "
            "Undo, and disable or remove the copies instead."
            for split in empty
        ],
    }


def find_leaks(project: Project, samples: Sequence[Sample], *, report: Reporter) -> list[Leak]:
    """Return everything that is in two splits, the gravest of each kind first."""
    found = _by_groups(project, samples)

    # what one group has in two splits is told once, for the group
    finder = Finder(project, samples, differ=("split", "group"))
    same = finder.identical(SubReporter(report, 0.0, 0.2))
    near = finder.near(SubReporter(report, 0.2, 1.0)) if len(same) < len(samples) else []
    found += [
        Leak("identical" if one.identical else "near", one.first, one.second, one.similarity)
        for one in (*same, *near)
    ]
    report.progress(1.0, f"Samples: {len(samples)} compared, {len(found)} found in two splits")
    return found


def _used(project: Project) -> list[Sample]:
    track = project.pipeline.labelling.track
    found = [one for one in project.samples(track=track, enabled=True) if one.split]
    if not found:
        raise ProjectError("No sample is in a split yet.", "Assign them first with `split`.")
    return found


def _by_groups(project: Project, samples: Sequence[Sample]) -> list[Leak]:
    """Return groups, sessions and readings that are in two splits."""
    sessions = {
        number: values[SESSION]
        for number, values in project.metadata.every().items()
        if values.get(SESSION)
    }
    found: list[Leak] = []
    groups: dict[str, dict[str, Sample]] = {}
    held: dict[str, dict[tuple[str, str], Sample]] = {}
    for sample in samples:
        groups.setdefault(same_group(sample.group), {}).setdefault(sample.split, sample)
        if sample.recording_id in sessions:
            of = held.setdefault(sessions[sample.recording_id], {})
            of.setdefault((sample.split, same_group(sample.group)), sample)
    for splits in groups.values():
        firsts = sorted(splits.values(), key=lambda one: SPLITS.index(one.split))
        found += [Leak("group", firsts[0], other, 1.0) for other in firsts[1:]]
    leaking = {leak.first.group for leak in found} | {leak.second.group for leak in found}
    for parts in held.values():
        found += _by_session(parts)
    return found + _overlaps(samples, leaking)


def same_group(group: str) -> str:
    """Return a group's name without what two names of one person may differ in."""
    return " ".join(group.casefold().split())


def _by_session(parts: Mapping[tuple[str, str], Sample]) -> list[Leak]:
    """Return one leak per further split that different groups of a session are in."""
    firsts = sorted(parts.items(), key=lambda one: SPLITS.index(one[0][0]))
    found: dict[str, Leak] = {}
    for (split, group), sample in firsts:
        for (other_split, other_group), other in firsts:
            later = SPLITS.index(other_split) > SPLITS.index(split)
            if later and other_group != group:
                found.setdefault(other_split, Leak("session", sample, other, 1.0))
    return list(found.values())


def _overlaps(samples: Sequence[Sample], groups: set[str]) -> list[Leak]:
    """Return samples of one recording that share readings, of groups in several splits."""
    of: dict[int, list[Sample]] = {}
    for sample in samples:
        if sample.group in groups:
            of.setdefault(sample.recording_id, []).append(sample)
    found = []
    for same in of.values():
        order = sorted(same, key=lambda one: one.start)
        for place, sample in enumerate(order):
            for other in order[place + 1 :]:
                if other.start >= sample.stop:
                    break
                if other.split != sample.split and overlapping(sample, other):
                    found.append(Leak("overlap", sample, other, 1.0))
    return found


def _together(samples: Sequence[Sample], leaks: Iterable[Leak]) -> dict[str, str]:
    """Return the split of each group that shares data with another split."""
    root: dict[str, str] = {}

    def top(group: str) -> str:
        while root.setdefault(group, group) != group:
            group = root[group]
        return group

    for leak in leaks:
        root[top(leak.first.group)] = top(leak.second.group)
    held: dict[str, Counter[str]] = {}
    for sample in samples:
        if sample.group in root:
            held.setdefault(top(sample.group), Counter())[sample.split] += 1
    best = {
        name: max(SPLITS, key=lambda split: (counts[split], -SPLITS.index(split)))
        for name, counts in held.items()
    }
    return {group: best[top(group)] for group in sorted(root)}


def _told(project: Project, samples: Sequence[Sample], leaks: Sequence[Leak]) -> dict[str, Any]:
    recordings = {recording.id: recording for recording in project.recordings()}
    counts = Counter(leak.kind for leak in leaks)
    shown = [leak for kind in KINDS for leak in [one for one in leaks if one.kind == kind][:SHOWN]]
    pairs = Counter(frozenset((one.split, two.split)) for one, two in map(_ends, leaks))
    return {
        "samples": len(samples),
        "counts": {kind: counts[kind] for kind in KINDS},
        "between": {
            f"{one}-{two}": pairs[frozenset((one, two))] for one, two in combinations(SPLITS, 2)
        },
        "leaks": [
            {
                "kind": leak.kind,
                "similarity": round(leak.similarity, 4),
                "first": place(leak.first, recordings),
                "second": place(leak.second, recordings),
                "advice": _ADVICE[leak.kind].format(
                    group=leak.first.group, other_group=leak.second.group
                ),
            }
            for leak in shown
        ],
    }


def _ends(leak: Leak) -> tuple[Sample, Sample]:
    return leak.first, leak.second


def place(sample: Sample, recordings: dict[int, Recording]) -> dict[str, Any]:
    """Return where a sample is, for people and scripts."""
    recording = recordings[sample.recording_id]
    known = asdict(sample)
    return {
        "sample": sample.id,
        "recording": recording.name,
        "start_s": round(sample.start / recording.sample_rate_hz, 4),
        "stop_s": round(sample.stop / recording.sample_rate_hz, 4),
        **{key: known[key] for key in ("label", "group", "split")},
    }
