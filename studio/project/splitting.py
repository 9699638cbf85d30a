"""Which group goes to which split: whole groups, stratified by label, the same for the same seed.

A greedy form of iterative stratification (Sechidis, Tsoumakas and Vlahavas 2011, "On the
Stratification of Multi-Label Data"): the rarest label first, its groups in seeded order, each to
the split that lacks most of that label.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from studio.errors import ConfigError
from studio.types import SPLITS

_ORDER = ("train", "test", "validation")
"""Who gets a group when several splits lack equally much."""


@dataclass(slots=True)
class _Group:
    name: str
    labels: Counter[str] = field(default_factory=Counter)
    presets: set[str] = field(default_factory=set)

    @property
    def samples(self) -> int:
        return sum(self.labels.values())


@dataclass(slots=True)
class _Plan:
    groups: dict[str, _Group]
    allowed: dict[str, tuple[str, ...]]
    wanted: dict[str, Counter[str]]
    result: dict[str, str] = field(default_factory=dict)
    holding: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    """(label, split) -> names of the groups of that split that have samples of that label."""

    def put(self, group: _Group, split: str) -> None:
        """Assign a group and note what the split lacks now."""
        before = self.result.get(group.name)
        for label, count in group.labels.items():
            if before is not None:
                self.wanted[before][label] += count
                self.holding[label, before].discard(group.name)
            self.wanted[split][label] -= count
            self.holding[label, split].add(group.name)
        self.result[group.name] = split


def assign_groups(
    samples: Iterable[tuple[str, str, str]],
    *,
    fractions: tuple[float, float, float] = (0.6, 0.2, 0.2),
    seed: int = 0,
    test_groups: Collection[str] = (),
    fixed: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return the split of each group.

    Parameters
    ----------
    samples : iterable of (group, label, preset)
        One entry per sample; `preset` is the split that came with the data, or empty. Groups
        preset to test or validation stay there; groups preset to train do too, except that
        validation is carved from them when no data came with validation.
    fractions : tuple of float
        Shares of train, validation and test, each 0..1, together 1.
    seed : int
        Same seed, same data: same result.
    test_groups : collection of str
        If given, exactly these groups (and those preset to test) are the test split.
    fixed : mapping of str to str, optional
        Groups that keep the split they have.

    Raises
    ------
    ConfigError
        For fractions that do not sum to 1, or a test group that does not exist or is preset.
    """
    _check_fractions(fractions)
    groups = _collect(samples)
    _check_test_groups(test_groups, groups)
    plan = _Plan(groups, _allowed(groups, fractions, test_groups, fixed or {}), {})
    plan.wanted = _wanted(plan, fractions, test_groups)
    _fill(plan, seed)
    for split, fraction in (("test", fractions[2]), ("validation", fractions[1])):
        if fraction > 0:
            _mend(plan, split)
    return plan.result


def _check_fractions(fractions: tuple[float, float, float]) -> None:
    good = len(fractions) == 3 and all(0 <= part <= 1 for part in fractions)
    if not good or abs(sum(fractions) - 1) > 1e-6 or fractions[0] <= 0:
        raise ConfigError(
            f"Split fractions are {', '.join(f'{part:g}' for part in fractions)}.",
            "Give the shares of train, validation and test, together 1, such as 0.6,0.2,0.2.",
        )


def _check_test_groups(test_groups: Collection[str], groups: Mapping[str, _Group]) -> None:
    for name in test_groups:
        if name not in groups:
            shown = ", ".join(sorted(groups)[:12]) or "none"
            more = f" and {len(groups) - 12} more" if len(groups) > 12 else ""
            raise ConfigError(f"There is no group {name!r}.", f"Groups: {shown}{more}.")
        if groups[name].presets - {"test"}:
            raise ConfigError(
                f"Group {name!r} came with the split {'/'.join(sorted(groups[name].presets))}.",
                "Choose other test groups, or add --ignore-preset.",
            )
    if test_groups and len(set(test_groups)) == len(groups):
        raise ConfigError(
            "All groups are test groups, so nothing is left to train on.",
            "Name fewer test groups.",
        )


def _collect(samples: Iterable[tuple[str, str, str]]) -> dict[str, _Group]:
    groups: dict[str, _Group] = {}
    for name, label, preset in samples:
        group = groups.setdefault(name, _Group(name))
        group.labels[label] += 1
        if preset:
            group.presets.add(preset)
    return {name: groups[name] for name in sorted(groups)}


def _allowed(
    groups: Mapping[str, _Group],
    fractions: tuple[float, float, float],
    test_groups: Collection[str],
    fixed: Mapping[str, str],
) -> dict[str, tuple[str, ...]]:
    """Return the splits each group may go to."""
    used = tuple(split for split, part in zip(SPLITS, fractions, strict=True) if part > 0)
    carve = fractions[1] > 0 and not any("validation" in g.presets for g in groups.values())
    allowed: dict[str, tuple[str, ...]] = {}
    for name, group in groups.items():
        if name in test_groups:
            allowed[name] = ("test",)
        elif name in fixed:
            allowed[name] = (fixed[name],)
        elif group.presets:
            # A group that came in two splits cannot be in both: the stricter use wins.
            preset = next(s for s in ("test", "validation", "train") if s in group.presets)
            allowed[name] = ("train", "validation") if carve and preset == "train" else (preset,)
        elif test_groups:
            allowed[name] = tuple(split for split in used if split != "test")
        else:
            allowed[name] = used
    return allowed


def _wanted(
    plan: _Plan, fractions: tuple[float, float, float], test_groups: Collection[str]
) -> dict[str, Counter[str]]:
    """Return how many samples of each label each split should get."""
    total: Counter[str] = Counter()
    in_test: Counter[str] = Counter()
    free: Counter[str] = Counter()
    for name, group in plan.groups.items():
        total.update(group.labels)
        if plan.allowed[name] == ("test",):
            in_test.update(group.labels)
        elif "test" in plan.allowed[name]:
            free.update(group.labels)
    rest = fractions[0] + fractions[1]
    wanted: dict[str, Counter[str]] = {split: Counter() for split in SPLITS}
    for label, count in total.items():
        share = 0.0 if test_groups else min(fractions[2] * count, in_test[label] + free[label])
        test = max(share, in_test[label])
        # Counter's values are shares of samples here, so fractions of one are meant.
        wanted["test"][label] = test  # type: ignore[assignment]
        wanted["train"][label] = (count - test) * fractions[0] / rest  # type: ignore[assignment]
        wanted["validation"][label] = (count - test) * fractions[1] / rest  # type: ignore[assignment]
    return wanted


def _fill(plan: _Plan, seed: int) -> None:
    order = list(plan.groups.values())
    random.Random(seed).shuffle(order)
    order.sort(key=lambda group: -group.samples)
    for group in order:
        if len(plan.allowed[group.name]) == 1:
            plan.put(group, plan.allowed[group.name][0])
    of_label: dict[str, list[_Group]] = defaultdict(list)
    for group in order:
        for label in group.labels:
            of_label[label].append(group)
    for label in sorted(of_label, key=lambda one: (len(of_label[one]), one)):
        for group in of_label[label]:
            if group.name not in plan.result:
                plan.put(group, _neediest(plan, label, plan.allowed[group.name]))


def _neediest(plan: _Plan, label: str, splits: tuple[str, ...]) -> str:
    def lack(split: str) -> tuple[float, int]:
        return (round(plan.wanted[split][label], 6), -_ORDER.index(split))

    return max(splits, key=lack)


def _mend(plan: _Plan, split: str) -> None:
    """Give a split one group of every label that it lacks, if train can spare one."""
    for label in sorted({label for group in plan.groups.values() for label in group.labels}):
        if plan.holding[label, split]:
            continue
        spare = [
            group
            for group in (plan.groups[name] for name in plan.holding[label, "train"])
            if split in plan.allowed[group.name]
            and all(len(plan.holding[one, "train"]) > 1 for one in group.labels)
        ]
        if spare:
            plan.put(min(spare, key=lambda group: (group.samples, group.name)), split)


def assign_folds(
    samples: Iterable[tuple[str, str]], count: int, *, seed: int = 0
) -> dict[str, int]:
    """Return the fold of each group, 1..count, with labels spread over the folds.

    Parameters
    ----------
    samples : iterable of (group, label)
        One entry per sample.
    count : int
        How many folds, at least 2 and at most as many as there are groups; 0 makes each group a
        fold of its own, in the order of their names.

    Raises
    ------
    ConfigError
        If there are fewer groups than folds.
    """
    groups = _collect((group, label, "") for group, label in samples)
    if not count and len(groups) > 1:
        return {name: number for number, name in enumerate(groups, 1)}
    if not 2 <= count <= len(groups):
        raise ConfigError(
            f"{count or 'Leave-one-out'} folds cannot be made of {len(groups)} "
            f"group{'' if len(groups) == 1 else 's'}.",
            f"Choose 2 to {len(groups)} folds."
            if len(groups) > 1
            else "Import or record data of more speakers or sessions, named by group.",
        )
    order = list(groups.values())
    random.Random(seed).shuffle(order)
    order.sort(key=lambda group: -group.samples)
    spread: Counter[str] = Counter()
    for group in order:
        spread.update(group.labels.keys())
    held = [Counter[str]() for _ in range(count)]
    result: dict[str, int] = {}
    for label in sorted(spread, key=lambda one: (spread[one], one)):
        for group in (one for one in order if label in one.labels and one.name not in result):
            best = min(
                range(count), key=lambda fold: (held[fold][label], held[fold].total(), fold)
            )
            held[best].update(group.labels)
            result[group.name] = best + 1
    return {name: result[name] for name in groups}


def fold_splits(
    samples: Iterable[tuple[str, str]],
    folds: Mapping[str, int],
    number: int,
    *,
    validation: float = 0.2,
    seed: int = 0,
) -> dict[str, str]:
    """Return the split of each group when one fold is held out.

    The fold is the test split, and validation is taken from the others. Groups without a fold are
    the test split of all folds; then the fold is the validation split instead.

    Parameters
    ----------
    samples : iterable of (group, label)
        One entry per sample.
    validation : float
        Share of what is left that validates, 0..1.

    Raises
    ------
    ConfigError
        If there is no such fold.
    """
    known = sorted(set(folds.values()))
    if number not in known:
        raise ConfigError(f"There is no fold {number}.", f"Choose one from 1 to {len(known)}.")
    rows = [(group, label, "") for group, label in samples]
    held = {group for group, fold in folds.items() if fold == number}
    always = {group for group, _, _ in rows if group not in folds}
    if always:
        return {
            group: "test" if group in always else "validation" if group in held else "train"
            for group, _, _ in rows
        }
    shares = (1 - validation, validation, 0.0)
    return assign_groups(rows, fractions=shares, seed=seed, test_groups=held)
