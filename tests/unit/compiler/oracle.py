"""The oracle of the compiler: TensorFlow Lite for Microcontrollers itself, layer by layer."""

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

from studio.compiler import compile_model
from studio.runtime.model import HostModel

MANY_LAYERS = 12


def interpreter(data: bytes):
    """Return TFLite-Micro's interpreter with all tensors kept, or skip where there is none."""
    keep = os.environ.get("TINYML_STUDIO_KEEP_MODELS")
    if keep:  # the fuzzer's seeds
        Path(keep, hashlib.sha256(data).hexdigest()[:16] + ".tflite").write_bytes(data)
    runtime = pytest.importorskip(
        "tflite_micro.python.tflite_micro.runtime", reason="tflite-micro exists for Linux only"
    )
    return runtime.Interpreter.from_bytes(
        data, arena_size=8 << 20, intrepreter_config=runtime.InterpreterConfig.kPreserveAllTensors
    )


def inputs_for(info, count: int, seed: int) -> np.ndarray:
    """Return random inputs, plus one of all lowest and one of all highest values."""
    rng = np.random.default_rng(seed)
    if info.dtype == "float32":
        x = rng.normal(0, 40, (count, info.elements)).astype(np.float32)
        return np.concatenate(
            [x, np.full((1, info.elements), -1e5), np.full_like(x[:1], 1e5)]
        ).astype(np.float32)
    limits = np.iinfo(info.dtype)
    x = rng.integers(limits.min, limits.max + 1, (count + 2, info.elements)).astype(info.dtype)
    x[-2], x[-1] = limits.min, limits.max
    return x


def compile_case(data: bytes, *, target: str = "generic"):
    """Compile a test's model: where it has many layers most times for size.

    A copy of its kernel per layer takes a C compiler long for many layers.
    """
    shared = compile_model(data, name="case", target=target, optimise="size")
    if len(shared.layers) > MANY_LAYERS and hashlib.sha256(data).digest()[0] % 8:
        return shared
    return compile_model(data, name="case", target=target)


def assert_layers_equal(
    data: bytes,
    *,
    count: int = 6,
    seed: int = 0,
    target: str = "generic",
    tolerance: float = 0.0,
) -> HostModel:
    """Compare what every layer writes; stateful models run on without a reset.

    Byte for byte, but floats may differ by `tolerance` times their tensor's range (zero included).
    """
    compiled = compile_case(data, target=target)
    reference = interpreter(data)
    model = HostModel(compiled)
    batches = [
        inputs_for(info, count, seed + number) for number, info in enumerate(compiled.inputs)
    ]
    written = {t.index: t for layer in compiled.layers for t in layer.outputs}
    for number, xs in enumerate(zip(*batches, strict=True)):
        for position, (x, info) in enumerate(zip(xs, compiled.inputs, strict=True)):
            reference.set_input(x.reshape(info.shape), position)
        reference.invoke()
        for index, mine in model.trace(*xs).items():
            theirs = reference.GetTensor(index, 0)["tensor_data"]
            where = f"input {number}, tensor {index} {written[index].name}"
            assert_values_equal(mine.view(theirs.dtype), theirs, tolerance, where)
    return model


def assert_values_equal(mine, theirs, tolerance: float, where: str) -> None:
    """Compare two tensors: equal, or floats within `tolerance` times the range of `theirs`."""
    mine, theirs = mine.reshape(-1), theirs.reshape(-1)
    if tolerance and theirs.dtype.kind == "f":
        reach = float(theirs.max(initial=0)) - float(theirs.min(initial=0))
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=tolerance * reach, err_msg=where)
    else:
        np.testing.assert_array_equal(mine, theirs, err_msg=where)


def assert_outputs_equal(data: bytes, *, count: int) -> None:
    """Compare outputs only, of many inputs."""
    compiled = compile_model(data, name="case")
    reference = interpreter(data)
    inputs = inputs_for(compiled.input, count, 1)
    outputs = HostModel(compiled).invoke(inputs)
    for x, mine in zip(inputs, outputs, strict=True):
        reference.set_input(x.reshape(compiled.input.shape), 0)
        reference.invoke()
        np.testing.assert_array_equal(mine, reference.get_output(0).reshape(-1))
