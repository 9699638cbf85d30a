"""Layouts of weights for the kernels of cores with the DSP extension.

Four int8 weights make a word, which the core widens to two pairs of 16 bits; channels whose sums
are computed together take turns word by word, so that a single pointer serves them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.compiler.layer import Call, Overlap, Value
from studio.compiler.weighted import Weighted


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """A kernel for a layer, with what the layer must know about it."""

    call: Call
    scratch_bytes: int
    overlaps: tuple[Overlap, ...] = ()


def words(rows: NDArray[np.generic]) -> NDArray[np.int32]:
    """Return int8 rows, a multiple of four long, as rows of words, the first byte lowest."""
    return np.ascontiguousarray(rows, np.int8).view("<i4").astype(np.int32)


def in_turn(rows: NDArray[np.int32], together: int) -> NDArray[np.int32]:
    """Return the words of `together` rows at a time taking turns, as one row."""
    groups = rows.reshape(-1, together, rows.shape[1])
    return groups.transpose(0, 2, 1).reshape(-1)


def in_pairs(rows: NDArray[np.generic]) -> NDArray[np.int32]:
    """Return the words of two rows at a time: taps 0 and 2 of both, then 1 and 3 of both."""
    quads = rows.reshape(-1, 2, rows.shape[1] // 4, 2, 2)  # pair, row, quad, later half, odd
    return words(quads.transpose(0, 2, 4, 3, 1).reshape(1, -1)).reshape(-1)


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


def taps_bytes(rows: NDArray[np.generic]) -> int:
    """Return the scratch memory for three pixels' taps, widened, and what is read behind them."""
    return 6 * int(rows.shape[1]) + 8


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
    alive = scaling.alive[:done]
    paired = in_pairs(rows[:done] * alive[:, None].astype(np.int8))
    flat = [paired, words(rows[done:]).reshape(-1), np.zeros(1, np.int32)]
    bias = (constants.bias[:done] * alive).reshape(-1, 2)
    doubled = scaling.multiplier[:done].astype(np.uint32) * np.uint32(2)
    shifts = (scaling.right[:done] - 1).astype(np.int16).reshape(-1, 2)
    per_pair = np.concatenate([bias, doubled.view(np.int32).reshape(-1, 2)], axis=1)
    return {
        "product.quads": rows.shape[1] // 4,
        "product.pairs": pairs,
        "product.out_channels": channels,
        "product.weights": np.concatenate(flat),
        "product.channels": per_pair if pairs else 0,
        "product.shifts": shifts[:, 0] | shifts[:, 1] << np.int16(8) if pairs else 0,
        **{f"product.{k}": v for k, v in _rest(constants.members(), done, channels).items()},
    }


def _rest(members: Mapping[str, Value], done: int, channels: int) -> dict[str, Value]:
    """Return the members of a `tml_nn_outputs` for the channels from `done` on."""
    rest: dict[str, Value] = {}
    for name, value in members.items():
        if isinstance(value, np.ndarray):
            left = value[done:] if value.size == channels else value
            # a null pointer where nothing is left
            rest[name] = left if done < channels else 0
        else:
            rest[name] = value
    return rest


def pixelwise(constants: Weighted, pixels: int) -> Choice:
    """Return the kernel for pixels that each become one pixel: three share each weight."""
    channels, size = len(constants.weights), constants.weights[0].size
    ordered = in_quads(constants.weights.reshape(channels, 1, size))
    members: dict[str, Value] = {"pixels": pixels, "in_channels": size, "backward": 0}
    members |= product_members(constants, ordered)
    call = Call(
        "nn_conv2d_s8_dsp.h", "tml_conv2d_1x1_s8_dsp", "tml_conv2d_1x1_s8_dsp_layer", members
    )
    return Choice(call, taps_bytes(ordered), over_input(pixels, size, channels, block=3))


def over_input(pixels: int, in_bytes: int, out_bytes: int, *, block: int) -> tuple[Overlap, ...]:
    """Return how pixels that are computed `block` at a time may be written over their inputs.

    Each block is read before it is written. Forwards, its end must not pass the next block's
    input; backwards, from the last pixel, its start must not come before the end of what is left.
    """
    grows = out_bytes - in_bytes
    if pixels <= block:
        return (Overlap(0, None, None),)
    # pixels that are done (left) where that is the tightest
    done = block if grows <= 0 else (pixels - 1) // block * block
    left = pixels - block if grows <= 0 else pixels % block or block
    return (
        Overlap(0, None, -done * grows, {"backward": 0}),
        Overlap(0, -left * grows, None, {"backward": 1}),
    )


def dense(constants: Weighted) -> Choice:
    """Return the kernel for a single input of which each output sees all: four rows share it."""
    rows = constants.weights.reshape(len(constants.weights), -1)
    out_size, in_size = rows.shape
    packed = words(np.pad(rows, ((0, 0), (0, -in_size % 4))))
    fours = out_size // 4 if constants.steps_right else 0
    done = 4 * fours
    scaling = constants.scaling()
    alive = scaling.alive[:done]
    flat = [in_turn(packed[:done] * alive[:, None], 4), packed[done:].reshape(-1)]
    outputs = _rest(constants.members(per_channel=False), done, out_size)
    scales = done if outputs["outputs.per_channel"] else 1
    doubled = scaling.multiplier[:scales].astype(np.uint32) * np.uint32(2)
    members: dict[str, Value] = {
        "in_size": in_size,
        "quads": packed.shape[1],
        "fours": fours,
        "out_size": out_size,
        "weights": np.concatenate(flat),
        "four_bias": constants.bias[:done] * alive if fours else 0,
        "four_multiplier": doubled.view(np.int32) if fours else 0,
        "four_shift": scaling.right[:scales] - np.int8(1) if fours else 0,
        **outputs,
    }
    name = "tml_fully_connected_any_s8_dsp" if in_size % 4 else "tml_fully_connected_s8_dsp"
    struct = "tml_fully_connected_s8_dsp_layer"
    call = Call("nn_fully_connected_s8_dsp.h", name, struct, members)
    return Choice(call, 4 * packed.shape[1] if in_size % 4 else 0)
