"""What a threshold makes of the scores of a test: decisions, and every figure that counts them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.learning import wilson
from studio.services.judged import Windows
from studio.types import Recording

KINDS = ("int8", "float", "board")
"""The compiled model, the one before quantizing, and what a board decided."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Names of groups, and for each window the place of its group among them."""

    names: tuple[str, ...]
    of: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Decisions on all windows of a test, and their figures."""

    truth: NDArray[np.int64]
    decided: NDArray[np.int64]
    """Class of each window; the number of classes where it is left unsure."""
    confidence: NDArray[np.float32]
    """The highest score, 0..1; for a board's decisions that of this computer's int8 model."""
    labels: tuple[str, ...]

    @property
    def right(self) -> NDArray[np.bool_]:
        """Which windows were decided right."""
        same: NDArray[np.bool_] = self.decided == self.truth
        return same

    @property
    def unsure(self) -> NDArray[np.bool_]:
        """Which windows were left undecided."""
        left: NDArray[np.bool_] = self.decided == len(self.labels)
        return left

    @property
    def counts(self) -> list[list[int]]:
        """Windows per true class (rows) and decision (columns, the last one is unsure)."""
        n = len(self.labels)
        cells = self.truth * (n + 1) + self.decided
        table: list[list[int]] = np.bincount(cells, minlength=n * (n + 1)).reshape(n, -1).tolist()
        return table

    def accuracy(self) -> dict[str, Any]:
        """Return `windows`, `accuracy` (0..1, unsure ones are not right), `interval`, `unsure`."""
        total, right = len(self.truth), int(self.right.sum())
        return {
            "windows": total,
            "accuracy": right / total if total else 0.0,
            "interval": wilson(right, total),
            "unsure": int(self.unsure.sum()),
        }

    def per_label(self) -> list[dict[str, Any]]:
        """Return `label`, `precision`, `recall`, `f1` (0..1, or None) and `windows` of each."""
        table = np.array(self.counts)
        rows = []
        for place, label in enumerate(self.labels):
            hits, of, said = table[place, place], table[place].sum(), table[:, place].sum()
            both = int(of + said)
            rows.append(
                {
                    "label": label,
                    "precision": float(hits / said) if said else None,
                    "recall": float(hits / of) if of else None,
                    "f1": float(2 * hits / both) if both else None,
                    "windows": int(of),
                }
            )
        return rows

    def per_group(self, groups: Groups) -> list[dict[str, Any]]:
        """Return `group`, `windows`, `accuracy` and `unsure` of each group, the worst first."""
        size = len(groups.names)
        counts = np.bincount(groups.of, minlength=size)
        right = np.bincount(groups.of[self.right], minlength=size)
        unsure = np.bincount(groups.of[self.unsure], minlength=size)
        rows = [
            {
                "group": name,
                "windows": int(counts[place]),
                "accuracy": float(right[place] / counts[place]),
                "unsure": int(unsure[place]),
            }
            for place, name in enumerate(groups.names)
        ]
        return sorted(rows, key=lambda row: (row["accuracy"], row["group"]))


def verdicts(
    windows: Windows, labels: Sequence[str], *, kind: str = "int8", threshold: float = 0.0
) -> Verdicts:
    """Return the decisions of a kind (of `KINDS`) with a threshold; the board has its own."""
    if kind == "board":
        sure = windows.int8.max(axis=1, initial=0.0)
        return Verdicts(windows.truth, windows.board, sure, tuple(labels))
    scores = windows.int8 if kind == "int8" else windows.float_scores
    highest = scores.max(axis=1, initial=0.0)
    decided = np.argmax(scores, axis=1).astype(np.int64)
    decided = np.where(highest < threshold, len(labels), decided)
    return Verdicts(windows.truth, decided, highest, tuple(labels))


def disagreements(windows: Windows) -> NDArray[np.int64]:
    """Return the places of the windows that float and int8 decide differently."""
    by_float = np.argmax(windows.float_scores, axis=1)
    by_int8 = np.argmax(windows.int8_scores, axis=1)
    return np.flatnonzero(by_float != by_int8)


def groups_of(windows: Windows, recordings: Mapping[int, Recording]) -> Groups:
    """Return the group of each window; recordings that are gone have no name."""
    numbers, place = np.unique(windows.recording_id, return_inverse=True)
    name_of = [recordings[n].group if n in recordings else "" for n in numbers.tolist()]
    names = sorted(set(name_of))
    at = np.array([names.index(name) for name in name_of], np.int64)
    return Groups(tuple(names), at[place])
