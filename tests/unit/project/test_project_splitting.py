"""Splits: whole groups, balanced labels, the same for the same seed."""

from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.errors import ConfigError
from studio.project import Project, assign_groups
from studio.types import Axis, Span

Rows = list[tuple[str, str, str]]


def takes(*labels: str, n: int = 10, preset: str = "") -> Rows:
    """One group per take of each label."""
    return [(f"{label}{take}", label, preset) for label in labels for take in range(n)]


def shares(rows: Rows, result: dict[str, str]) -> dict[str, Counter[str]]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for group, label, _ in rows:
        counts[label][result[group]] += 1
    return counts


def test_takes_are_split_alike_in_every_label() -> None:
    rows = takes("a", "b", n=10) + takes("rare", n=5)
    counts = shares(rows, assign_groups(rows))
    assert counts["a"] == counts["b"] == {"train": 6, "validation": 2, "test": 2}
    assert counts["rare"] == {"train": 3, "validation": 1, "test": 1}


def test_seed_decides_and_order_does_not() -> None:
    rows = takes("a", "b", n=30)
    assert assign_groups(rows) == assign_groups(rows[::-1])
    assert assign_groups(rows, seed=1) == assign_groups(rows, seed=1)
    assert assign_groups(rows, seed=1) != assign_groups(rows, seed=2)


def test_four_speakers_of_ten_words() -> None:
    rows = [(who, str(word), "") for who in "ABCD" for word in range(10) for _ in range(30)]
    splits = Counter(assign_groups(rows).values())
    assert splits == {"train": 2, "validation": 1, "test": 1}


def test_one_speaker_held_out() -> None:
    rows = [(who, str(word), "") for who in "ABCD" for word in range(4) for _ in range(9)]
    result = assign_groups(rows, test_groups=["C"])
    assert {group for group, split in result.items() if split == "test"} == {"C"}
    assert Counter(result.values()) == {"train": 2, "validation": 1, "test": 1}
    without = assign_groups(rows, test_groups=["C"], fractions=(0.8, 0.0, 0.2))
    assert Counter(without.values()) == {"train": 3, "test": 1}


@pytest.mark.parametrize(
    ("n", "expected"),
    [
        (1, {"train": 1}),
        (2, {"train": 1, "test": 1}),
        (3, {"train": 1, "test": 1, "validation": 1}),
        (4, {"train": 2, "test": 1, "validation": 1}),
    ],
)
def test_few_groups(n: int, expected: dict[str, int]) -> None:
    rows = takes("a", "b", n=n)
    counts = shares(rows, assign_groups(rows))
    assert counts["a"] == counts["b"] == expected


def test_preset_splits_stay_and_validation_is_carved_from_train() -> None:
    rows = takes("a", "b", n=10, preset="train")
    rows += [(f"t{label}{take}", label, "test") for label in "ab" for take in range(2)]
    result = assign_groups(rows)
    assert {result[group] for group, _, preset in rows if preset == "test"} == {"test"}
    counts = shares(rows, result)
    # validation : train = 0.2 : 0.6 of the ten groups that are not for testing
    assert counts["a"]["test"] == counts["b"]["test"] == 2
    assert 2 <= counts["a"]["validation"] <= 3
    assert 2 <= counts["b"]["validation"] <= 3
    with_validation = [*rows, ("va", "a", "validation"), ("vb", "b", "validation")]
    counts = shares(with_validation, assign_groups(with_validation))
    assert counts["a"] == {"train": 10, "validation": 1, "test": 2}


def test_a_group_that_came_in_two_splits_goes_to_one() -> None:
    rows = [("s", "a", "train"), ("s", "a", "test"), ("t", "a", "train"), ("u", "a", "train")]
    result = assign_groups(rows)
    assert result["s"] == "test"
    assert set(result) == {"s", "t", "u"}


@pytest.mark.parametrize(
    "fractions", [(0.5, 0.5, 0.5), (0.0, 0.5, 0.5), (-0.2, 0.6, 0.6), (float("nan"), 0.5, 0.5)]
)
def test_impossible_fractions_are_refused(fractions: tuple[float, float, float]) -> None:
    with pytest.raises(ConfigError, match="fractions"):
        assign_groups(takes("a"), fractions=fractions)


def test_impossible_test_groups_are_refused() -> None:
    rows = takes("a", n=3)
    with pytest.raises(ConfigError, match="nobody"):
        assign_groups(rows, test_groups=["nobody"])
    with pytest.raises(ConfigError, match="nothing is left"):
        assign_groups(rows, test_groups=["a0", "a1", "a2"])
    with pytest.raises(ConfigError, match="came with the split train"):
        assign_groups(takes("a", n=3, preset="train"), test_groups=["a0"])
    assert assign_groups([]) == {}


@settings(deadline=None, max_examples=150)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("ABCDEFGH"),
            st.sampled_from("abc"),
            st.sampled_from(["", "", "train", "test", "validation"]),
        ),
        max_size=60,
    ),
    st.integers(0, 3),
)
def test_every_group_gets_one_split_and_presets_for_testing_are_kept(
    rows: Rows, seed: int
) -> None:
    result = assign_groups(rows, seed=seed)
    assert set(result) == {group for group, _, _ in rows}
    assert set(result.values()) <= {"train", "validation", "test"}
    for group, _, preset in rows:
        if preset == "test":
            assert result[group] == "test"
    assert result == assign_groups(rows[::-1], seed=seed)


def test_a_project_keeps_what_was_assigned_when_more_comes(tmp_path: Path) -> None:
    def add(first: int, stop: int) -> None:
        for number in range(first, stop):
            values = np.full((10, 1), number, np.float32)
            recording = project.add_recording(
                values, name=f"r{number}", axes=[Axis("x")], sample_rate_hz=10
            )
            project.add_samples(recording.id, [Span(0, 5, "a"), Span(5, 10, "b")])

    with Project.create(tmp_path / "p") as project:
        add(0, 10)
        project.assign_splits()
        before = {sample.id: sample.split for sample in project.samples()}
        assert Counter(before.values()) == {"train": 12, "validation": 4, "test": 4}
        add(10, 30)
        project.assign_splits(only_new=True)
        after = {sample.id: sample.split for sample in project.samples()}
        assert {number: after[number] for number in before} == before
        assert Counter(after.values()) == {"train": 36, "validation": 12, "test": 12}
        by_group = defaultdict(set)
        for sample in project.samples():
            by_group[sample.group].add(sample.split)
        assert all(len(splits) == 1 for splits in by_group.values())


def test_presets_can_be_overruled(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p") as project:
        for number in range(10):
            values = np.full((10, 1), number, np.float32)
            recording = project.add_recording(
                values, name=f"r{number}", axes=[Axis("x")], sample_rate_hz=10
            )
            project.add_samples(recording.id, [Span(0, 10, "a")], split="train")
        project.assign_splits()
        assert Counter(s.split for s in project.samples())["test"] == 0
        project.assign_splits(keep_preset=False, test_groups=["r3"])
        assert [s.group for s in project.samples(split="test")] == ["r3"]
        project.assign_splits()
        assert project.samples(split="test") == []
