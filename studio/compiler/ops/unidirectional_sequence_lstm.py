"""UNIDIRECTIONAL_SEQUENCE_LSTM without peepholes, projection or layer normalization.

Gates are stacked in the order forget, input, cell, output. int8 or int16 with a cell state of
int16, or float32.
"""

from dataclasses import dataclass
from math import ceil, floor, isfinite

import numpy as np
from numpy.typing import NDArray

from studio.compiler.graph import Node, Tensor
from studio.compiler.layer import Call, Layer, Value
from studio.compiler.quantization import Factor, affine, factor
from studio.compiler.state import state_of, weight_scale, wrapped
from studio.compiler.target import Target
from studio.compiler.weighted_s16 import wide_factor

NAME = "UNIDIRECTIONAL_SEQUENCE_LSTM"
INPUTS = 24
_INPUT_WEIGHTS = (2, 1, 3, 4)
_RECURRENT_WEIGHTS = (6, 5, 7, 8)
_BIASES = (13, 12, 14, 15)
_HIDDEN, _CELL = 18, 19
_TANH = 4
_NO_CLIP = 32768
_GATE_STEP = np.float32(2**-12)
"""Of the gates' sums, before their functions."""
_UNIT_STEP = 2.0**-15
"""Of the gates' results."""
_MAX_SUM = 1 << 46
"""Bias of int16 layers; larger ones could overflow 64 bits when they are scaled."""

Array = NDArray[np.generic]


@dataclass(frozen=True, slots=True, eq=False)
class _Lstm:
    """The node's parts, of shapes that fit."""

    node: Node
    source: Tensor
    hidden: Tensor
    cell: Tensor
    sizes: dict[str, Value]
    input_weights: Array
    recurrent_weights: Array
    bias: NDArray[np.generic]
    clip: float


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    source = node.value(0, ("int8", "int16", "float32"))
    output = node.output((source.dtype,))
    lstm = _read(node, source)
    if source.dtype == "float32":
        members, short = _real(lstm), "f32"
    elif source.dtype == "int8":
        members, short = _narrow(lstm), "s8"
    else:
        members, short = _wide(lstm), "s16"
    call = Call("nn_lstm.h", f"tml_lstm_{short}", f"tml_lstm_{short}_layer", members)
    steps = source.elements // source.shape[2]
    macs = steps * (lstm.input_weights.size + lstm.recurrent_weights.size)
    return Layer(node.op, (source, lstm.hidden, lstm.cell), (output,), call, macs)


def _read(node: Node, source: Tensor) -> _Lstm:
    if len(node.inputs) != INPUTS:
        raise node.fail(f"it has {len(node.inputs)} inputs instead of {INPUTS}")
    if any(node.inputs[n] is not None for n in (9, 10, 11, 16, 17, 20, 21, 22, 23)):
        raise node.fail("peepholes, projection and layer normalization are not supported")
    real = source.dtype == "float32"
    options = node.options
    activation = options.integer(0, "b") if options is not None else 0
    clip = options.real(1) if options is not None else 0.0
    if activation != _TANH or not isfinite(clip) or clip < 0:
        raise node.fail(f"its activation is number {activation} and clips at {clip}")
    hidden = state_of(node, _HIDDEN, (source.dtype,))
    cell = state_of(node, _CELL, ("float32",) if real else ("int16",))
    weights = ("float32",) if real else ("int8",)
    bias = {"float32": "float32", "int8": "int32", "int16": "int64"}[source.dtype]
    time_major = options is not None and options.integer(3, "?") != 0
    cells = node.constant(_BIASES[0], (bias,)).size
    sizes = _sizes(node, source, cells, time_major=time_major)
    for state in (hidden, cell):
        if state.elements != source.elements // source.shape[2] // _steps(sizes) * cells:
            raise node.fail(f"a state has shape {state.shape} for {cells} cells")
    return _Lstm(
        node,
        source,
        hidden,
        cell,
        sizes,
        _stacked(node, _INPUT_WEIGHTS, weights, (cells, source.shape[2])),
        _stacked(node, _RECURRENT_WEIGHTS, weights, (cells, cells)),
        _stacked(node, _BIASES, (bias,), (cells,)),
        clip,
    )


def _steps(sizes: dict[str, Value]) -> int:
    steps = sizes["size.steps"]
    return steps if isinstance(steps, int) else 0


def _sizes(node: Node, source: Tensor, cells: int, *, time_major: bool) -> dict[str, Value]:
    if len(source.shape) != 3:
        raise node.fail(f"its input has shape {source.shape} instead of three dimensions")
    node.expect_output((*source.shape[:2], cells))
    steps, batches = source.shape[:2] if time_major else source.shape[1::-1]
    return {
        "size.batches": batches,
        "size.steps": steps,
        "size.inputs": source.shape[2],
        "size.cells": cells,
        "size.next_batch": 1 if time_major else steps,
        "size.next_step": batches if time_major else 1,
    }


def _stacked(
    node: Node, positions: tuple[int, ...], dtypes: tuple[str, ...], shape: tuple[int, ...]
) -> Array:
    parts = [node.constant(position, dtypes) for position in positions]
    for position, part in zip(positions, parts, strict=True):
        if part.shape != shape:
            raise node.fail(f"input {position} has shape {part.shape} instead of {shape}")
    return np.stack(parts)


def _real(lstm: _Lstm) -> dict[str, Value]:
    return {
        **lstm.sizes,
        "clip": lstm.clip,
        "input_weights": lstm.input_weights,
        "recurrent_weights": lstm.recurrent_weights,
        "bias": lstm.bias,
    }


def _narrow(lstm: _Lstm) -> dict[str, Value]:
    """Return the members for int8: zero points go into the biases."""
    input_bias, recurrent_bias = _biases(lstm)
    into, again = _factors(lstm)
    return {
        **_integers(lstm),
        "input_bias": wrapped(input_bias),
        "recurrent_bias": wrapped(recurrent_bias),
        "input_multiplier": tuple(f.multiplier for f in into),
        "input_shift": tuple(f.shift for f in into),
        "recurrent_multiplier": tuple(f.multiplier for f in again),
        "recurrent_shift": tuple(f.shift for f in again),
    }


def _wide(lstm: _Lstm) -> dict[str, Value]:
    """Return the members for int16, whose sums have 64 bits and are scaled by 15."""
    biases = _biases(lstm)
    # as float64 the smallest number has an absolute value
    if any(np.abs(found.astype(np.float64)).max() > _MAX_SUM for found in (lstm.bias, *biases)):
        raise lstm.node.fail(f"its bias is larger than {_MAX_SUM}")
    into, again = ([wide_factor(lstm.node, f) for f in found] for found in _factors(lstm))
    return {
        **_integers(lstm),
        "input_bias": biases[0],
        "recurrent_bias": biases[1],
        "input_multiplier": tuple(f.multiplier for f in into),
        "input_right": tuple(f.shift for f in into),
        "recurrent_multiplier": tuple(f.multiplier for f in again),
        "recurrent_right": tuple(f.shift for f in again),
    }


def _biases(lstm: _Lstm) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return what is added to the sums over inputs and over hidden states."""
    before, hidden = affine(lstm.node, lstm.source), affine(lstm.node, lstm.hidden)
    input_sums = lstm.input_weights.sum(axis=2, dtype=np.int64)
    recurrent_sums = lstm.recurrent_weights.sum(axis=2, dtype=np.int64)
    given = lstm.bias.astype(np.int64)
    return given - before.zero_point * input_sums, -hidden.zero_point * recurrent_sums


def _factors(lstm: _Lstm) -> tuple[list[Factor], list[Factor]]:
    """Return per gate what brings the two sums to Q3.12."""
    node = lstm.node

    def found(positions: tuple[int, ...], source: Tensor) -> list[Factor]:
        scale = affine(node, source).scale
        scales = [weight_scale(node, position, ("int8",)) for position in positions]
        return [factor(node, float(scale) * float(s) / float(_GATE_STEP)) for s in scales]

    return found(_INPUT_WEIGHTS, lstm.source), found(_RECURRENT_WEIGHTS, lstm.hidden)


def _integers(lstm: _Lstm) -> dict[str, Value]:
    """Return the members that int8 and int16 have in common."""
    node = lstm.node
    hidden = affine(node, lstm.hidden)
    step = float(affine(node, lstm.cell).scale)
    keep = factor(node, _UNIT_STEP * step / step)
    add = factor(node, _UNIT_STEP * _UNIT_STEP / step)
    out = factor(node, _UNIT_STEP * _UNIT_STEP / float(hidden.scale))
    clip = min(int(lstm.clip / step), 32767) if lstm.clip > 0 else _NO_CLIP
    multiplier, right = _tanh_input(lstm)
    return {
        **lstm.sizes,
        "cells.keep_multiplier": keep.multiplier,
        "cells.keep_shift": keep.shift,
        "cells.add_multiplier": add.multiplier,
        "cells.add_shift": add.shift,
        "cells.clip": clip,
        "cells.tanh_multiplier": multiplier,
        "cells.tanh_right": right,
        "cells.out_multiplier": out.multiplier,
        "cells.out_shift": out.shift,
        "cells.out_zero_point": hidden.zero_point,
        "input_weights": lstm.input_weights,
        "recurrent_weights": lstm.recurrent_weights,
    }


def _tanh_input(lstm: _Lstm) -> tuple[int, int]:
    """Return what brings the cell state, whose scale is taken for a power of 2, to tanh."""
    scale = affine(lstm.node, lstm.cell).scale
    exponent = float(np.log(scale) * (np.float32(1) / np.log(np.float32(2))))
    # to the nearest, ties away from zero
    left = 12 + (floor(exponent + 0.5) if exponent >= 0 else ceil(exponent - 0.5))
    if not -31 <= left <= 14:
        raise lstm.node.fail(f"its cell state has the scale {scale}; supported is up to 4")
    return (3 << left, 0) if left >= 0 else (3, -left)
