"""Standardisation of features: fitted on training windows, stored beside the model."""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, cast

import numpy as np
from numpy.typing import NDArray

from studio.errors import ProjectError
from studio.paths import write_atomic

CLIP = 6.0
"""Standard deviations at which the model's input saturates: one int8 step is about 0.05 of one."""

SMALLEST_DEVIATION = 1e-6
"""A feature that varies less is constant: it is only centred, not blown up."""


@dataclass(frozen=True, slots=True)
class Scaler:
    """`(feature - mean) * inv_std`, repeating with period `len(mean)` over the flat features.

    Features that are a line (`(n,)`) have a mean each; those that are a table
    (`(frames, coefficients)`) one per coefficient.
    """

    mean: NDArray[np.float32]
    inv_std: NDArray[np.float32]

    @classmethod
    def fit(cls, features: NDArray[np.float32]) -> Self:
        """Measure mean and deviation of `(k, n)` or `(k, frames, coefficients)` features."""
        flat = features.reshape(-1, features.shape[-1]).astype(np.float64)
        deviation = flat.std(axis=0)
        inverse = np.where(deviation > SMALLEST_DEVIATION, 1 / np.maximum(deviation, 1e-30), 1.0)
        return cls(flat.mean(axis=0).astype(np.float32), inverse.astype(np.float32))

    def apply(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return standardised features of the same shape, clipped to +-`CLIP`."""
        scaled = (features - self.mean) * self.inv_std
        clipped: NDArray[np.float32] = np.clip(scaled, -CLIP, CLIP).astype(np.float32)
        return clipped

    def save(self, path: Path) -> None:
        """Write `scaler.npz` in one step."""
        save_arrays(path, mean=self.mean, inv_std=self.inv_std)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read `scaler.npz`; raises as `load_arrays` does."""
        arrays = load_arrays(path)
        try:
            mean, inv_std = arrays["mean"], arrays["inv_std"]
            if mean.shape != inv_std.shape or mean.ndim != 1 or len(mean) == 0:
                raise ValueError(mean.shape)
            return cls(mean.astype(np.float32), inv_std.astype(np.float32))
        except (KeyError, ValueError) as error:
            raise _unreadable(path) from error


def save_arrays(path: Path, **arrays: NDArray[Any]) -> None:
    """Write named arrays as one `.npz` file, in one step."""
    buffer = io.BytesIO()
    np.savez(buffer, **cast(Any, arrays))
    write_atomic(path, buffer.getvalue())


def load_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Read a `.npz` file.

    Raises
    ------
    ProjectError
        If it is missing or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise _unreadable(path) from error


def _unreadable(path: Path) -> ProjectError:
    # NumPy's words would speak of pickles; people need to know only which file it is
    return ProjectError(
        f"{path} cannot be read: it is missing or damaged.",
        "Train again: the run's folder is incomplete.",
    )
