"""What is told of the readings of a stretch: smallest, largest, mean, root mean square."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Each = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Amounts:
    """Of each axis `(n_axes,)`; those of stretches that follow each other are added with `+`."""

    count: NDArray[np.int64]
    """Readings; those that were lost (not-a-number) are none."""
    total: Each
    squares: Each
    low: Each
    high: Each

    @classmethod
    def of(cls, values: NDArray[Any]) -> "Amounts":
        """Look through readings `(n, n_axes)`."""
        columns = np.ascontiguousarray(np.asarray(values).T, np.float64)
        there = ~np.isnan(columns)
        zeros = np.where(there, columns, 0.0)
        return cls(
            there.sum(axis=1),
            zeros.sum(axis=1),
            np.einsum("ij,ij->i", zeros, zeros),
            columns.min(axis=1, initial=np.inf, where=there),
            columns.max(axis=1, initial=-np.inf, where=there),
        )

    def __add__(self, other: "Amounts") -> "Amounts":
        """Return those of both stretches together."""
        return Amounts(
            self.count + other.count,
            self.total + other.total,
            self.squares + other.squares,
            np.minimum(self.low, other.low),
            np.maximum(self.high, other.high),
        )

    @property
    def mean(self) -> Each:
        """The mean; not-a-number where there is no reading."""
        return self._known(self.total) / np.maximum(self.count, 1)

    @property
    def rms(self) -> Each:
        """The root of the mean square, the mean included."""
        return np.sqrt(self._known(self.squares) / np.maximum(self.count, 1))

    @property
    def least(self) -> Each:
        """The smallest reading."""
        return self._known(self.low)

    @property
    def most(self) -> Each:
        """The largest reading."""
        return self._known(self.high)

    def _known(self, values: Each) -> Each:
        return np.where(self.count > 0, values, np.nan)
