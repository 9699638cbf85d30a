"""Layouts of weights for the kernels of cores with the DSP extension.

Four int8 weights make a word, which the core widens to two pairs of 16 bits; channels whose sums
are computed together take turns word by word, so that a single pointer serves them.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from studio.compiler.layer import Value
from studio.compiler.weighted import Weighted


def words(rows: NDArray[np.generic]) -> NDArray[np.int32]:
    """Return int8 rows, a multiple of four long, as rows of words, the first byte lowest."""
    return np.ascontiguousarray(rows, np.int8).view("<i4").astype(np.int32)


def in_turn(rows: NDArray[np.int32], together: int) -> NDArray[np.int32]:
    """Return the words of `together` rows at a time taking turns, as one row."""
    groups = rows.reshape(-1, together, rows.shape[1])
    return groups.transpose(0, 2, 1).reshape(-1)


def in_quads(rows: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return (channels, kernel rows, taps of a row) in the order in which taps are gathered.

    First the whole quads of all rows, then the rows' last taps, filled up with zeros to quads. The
    latter are gathered one by one in the order in which they lie in memory: 0, 2, 1, 3 of a quad.
    """
    channels, _, run = rows.shape
    whole = run // 4 * 4
    extra = rows[:, :, whole:].reshape(channels, -1)
    extra = np.pad(extra, ((0, 0), (0, -extra.shape[1] % 4)))
    extra = extra.reshape(channels, -1, 4)[:, :, [0, 2, 1, 3]]
    return np.concatenate(
        [rows[:, :, :whole].reshape(channels, -1), extra.reshape(channels, -1)], axis=1
    )


def product_members(constants: Weighted, rows: NDArray[np.generic]) -> dict[str, Value]:
    """Return the members of a `tml_nn_product_s8`.

    Parameters
    ----------
    constants : Weighted
    rows : ndarray, int8, shape (channels, taps)
        The weights in the order in which taps are gathered.
    """
    channels = len(rows)
    pairs = channels // 2 if constants.steps_right else 0
    done = 2 * pairs
    scaling = constants.scaling()
    alive = scaling.alive
    packed = words(rows)
    flat = [in_turn(packed[:done] * alive[:done, None], 2), packed[done:].reshape(-1)]
    bias = (constants.bias * alive)[:done].reshape(-1, 2)
    doubled = scaling.multiplier[:done].astype(np.uint32) * np.uint32(2)
    shifts = (scaling.right[:done].astype(np.int32) - 1).reshape(-1, 2)
    per_pair = [bias, doubled.view(np.int32).reshape(-1, 2), shifts[:, :1] | shifts[:, 1:] << 8]
    return {
        "product.quads": packed.shape[1],
        "product.pairs": pairs,
        "product.out_channels": channels,
        "product.weights": np.concatenate(flat),
        "product.channels": np.concatenate(per_pair, axis=1) if pairs else 0,
        **_rest(constants.members(), done, channels),
    }


def _rest(members: Mapping[str, Value], done: int, channels: int) -> dict[str, Value]:
    """Return the members of the channels that are in no pair."""
    rest: dict[str, Value] = {}
    for name, value in members.items():
        if isinstance(value, np.ndarray):
            # a null pointer where nothing is left
            rest[f"product.{name}"] = value[done:] if done < channels else 0
        else:
            rest[f"product.{name}"] = value
    return rest
