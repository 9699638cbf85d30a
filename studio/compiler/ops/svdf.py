"""SVDF: int8 with a state of int8 or int16, or float32."""

import numpy as np
from numpy.typing import NDArray

from studio.compiler.graph import Node
from studio.compiler.layer import Call, Layer, Value
from studio.compiler.movement import option
from studio.compiler.quantization import affine, factor, float_activation_range
from studio.compiler.state import product, state_of, weight_scale, wrapped
from studio.compiler.target import Target

NAME = "SVDF"
_BIAS_STEP = 1e-5
"""How far the bias's scale may be from the state's times that of the filters over time."""


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    source = node.value(0, ("int8", "float32"))
    output = node.output((source.dtype,))
    real = source.dtype == "float32"
    features = node.constant(1, (source.dtype,))
    time = node.constant(2, ("float32",) if real else ("int8", "int16"))
    state = state_of(node, 4, (str(time.dtype),))
    rank = option(node, 0)
    if source.elements == 0 or [len(source.shape), features.ndim, time.ndim] != [2, 2, 2]:
        raise node.fail("its input and its weights must have two dimensions")
    filters, memory = time.shape
    if rank < 1 or filters % rank or features.shape != (filters, source.shape[1]):
        raise node.fail(
            f"rank {rank}, input {source.shape} and weights {features.shape} and {time.shape}"
            " do not fit"
        )
    batches, units = source.shape[0], filters // rank
    node.expect_output((batches, units))
    if state.elements != batches * filters * memory:
        raise node.fail(f"its state has shape {state.shape} for weights {time.shape}")
    sizes = {
        "batches": batches,
        "inputs": source.shape[1],
        "units": units,
        "rank": rank,
        "memory": memory,
    }
    if real:
        low, high = float_activation_range(node, option(node, 1, "b"))
        bias = _bias(node, units, "float32")
        weights = {"features": features, "time": time, "bias": bias}
        members: dict[str, Value] = {**sizes, "low": low, "high": high, **weights}
        call = Call("nn_svdf.h", "tml_svdf_f32", "tml_svdf_f32_layer", members)
    else:
        members = {f"q.{name}": size for name, size in sizes.items()}
        members |= _quantized(node, features, time, rank) | {"time": time}
        name = "tml_svdf_s8" if time.dtype == np.int8 else "tml_svdf_s16"
        call = Call("nn_svdf.h", name, f"{name}_layer", members)
    macs = batches * (features.size + time.size)
    return Layer(node.op, (source, state), (output,), call, macs)


def _bias(node: Node, units: int, dtype: str) -> NDArray[np.generic]:
    if len(node.inputs) < 4 or node.inputs[3] is None:
        return np.zeros(units, dtype)
    bias = node.constant(3, (dtype,))
    if bias.size != units:
        raise node.fail(f"its bias has {bias.size} values for {units} units")
    return bias.reshape(-1)


def _quantized(
    node: Node, features: NDArray[np.generic], time: NDArray[np.generic], rank: int
) -> dict[str, Value]:
    """Return the members of the kernels' `q`: zero points go into offsets and the bias."""
    source, output = affine(node, node.input(0)), affine(node, node.output())
    first, second = weight_scale(node, 1, ("int8",)), weight_scale(node, 2, ("int8", "int16"))
    state = affine(node, state_of(node, 4, ("int8", "int16")))
    step = product(state.scale, second, over=np.float32(1))
    given = node.inputs[3] if len(node.inputs) > 3 else None
    if (
        given is not None
        and given.scales.size
        and abs(float(given.scales[0]) - step) >= _BIAS_STEP
    ):
        raise node.fail(f"its bias has scale {given.scales[0]} instead of {step:g}")
    into = factor(node, product(source.scale, first, over=state.scale))
    out = factor(node, product(state.scale, second, over=output.scale))
    bias = _bias(node, len(time) // rank, "int32").astype(np.int64)
    sums = time.sum(axis=1, dtype=np.int64).reshape(-1, rank).sum(axis=1)
    return {
        "q.state_multiplier": into.multiplier,
        "q.state_shift": into.shift,
        "q.state_zero_point": state.zero_point,
        "q.out_multiplier": out.multiplier,
        "q.out_shift": out.shift,
        "q.out_zero_point": output.zero_point,
        "q.features": features,
        "q.offset": wrapped(-source.zero_point * features.sum(axis=1, dtype=np.int64)),
        "q.bias": wrapped(bias - state.zero_point * sums),
    }
