"""Damaged and hostile files end in `ModelError`, soon and without much memory."""

import struct
import time
import tracemalloc

import numpy as np
import pytest
from cases import Cases

from studio.compiler import compile_model
from studio.errors import ModelError
from studio.types import CompiledModel


def _small() -> bytes:
    case = Cases()
    x = case.start((1, 8, 8, 2))
    y = case.depthwise(case.conv(x, 4, (3, 3)), (3, 3), stride=(2, 2))
    y = case.add(case.pool(y, "AVERAGE", (2, 2)), case.constant((4,)))
    y = case.pad(y, [(0, 0), (1, 1), (0, 1), (0, 0)])
    y = case.dense(case.reshape(case.mean(y, (1, 2)), (1, 4)), 3)
    return case.model(case.softmax(y))


def _try(data: bytes) -> CompiledModel | None:
    try:
        return compile_model(data)
    except ModelError:
        return None


@pytest.mark.parametrize("seed", range(4))
def test_random_changes(seed):
    good = _small()
    rng = np.random.default_rng(seed)
    refused = 0
    for _ in range(1000):
        data = np.frombuffer(good, np.uint8).copy()
        places = rng.integers(0, len(data), rng.integers(1, 8))
        data[places] = rng.choice([0, 1, 0x7F, 0x80, 0xFF, rng.integers(256)], len(places))
        start = time.process_time()
        refused += _try(data.tobytes()) is None
        assert time.process_time() - start < 5
    assert 300 < refused < 1000  # changes of weights are still models


def test_every_word_of_the_structure_replaced():
    good = _small()
    for value in (0, 1, 0x7FFFFFFF, 0xFFFFFFFF):
        for at in range(0, len(good), 4):
            _try(good[:at] + struct.pack("<I", value) + good[at + 4 :])


def test_every_truncation():
    good = _small()
    for length in range(0, len(good), 5):
        assert _try(good[:length]) is None


@pytest.mark.parametrize("data", [b"", b"TFL3", b"\0" * 100, b"\x20\0\0\0TFL3" + b"\xff" * 64])
def test_other_files(data):
    with pytest.raises(ModelError):
        compile_model(data)


def test_real_models_with_changes(shared_data):
    good = (shared_data / "models" / "mlperf_tiny" / "kws_ref_model.tflite").read_bytes()
    rng = np.random.default_rng(1)
    for _ in range(150):
        data = bytearray(good)
        for at in rng.integers(0, len(data), 40):
            data[at] = int(rng.integers(256))
        _try(bytes(data))


def test_hostile_sizes_cost_no_memory():
    """Many operators over one large weight, and shapes that promise gigabytes."""
    case = Cases()
    x = case.start((1, 256, 256, 16))
    y = x
    for _ in range(50):
        y = case.conv(y, 64, (9, 9), stride=(1, 1))
        case.tensors[-1]["shape"] = (1, 256, 256, 64)
    data = case.model(y)
    tracemalloc.start()
    start = time.process_time()
    with pytest.raises(ModelError, match="limit"):
        compile_model(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.process_time() - start < 10
    assert peak < 300 << 20


def test_values_that_no_microcontroller_holds():
    case = Cases()
    x = case.start((1, 2048, 2048, 4))
    y = case.pool(x, "MAX", (2, 2))
    with pytest.raises(ModelError, match=r"needs .* bytes"):
        compile_model(case.finish([x], [x, y]))


def test_names_cannot_leave_their_comment():
    case = Cases()
    x = case.start((1, 4))
    case.tensors[x]["name"] = "a */ int main(void) { /* \n#error\\\n ??/ \u202e"
    y = case.dense(x, 2)
    case.tensors[y]["name"] = "*/ broken" * 60
    text = compile_model(case.model(y)).files["tml_model.h"]
    assert "*/ int main" not in text
    assert "\n#error" not in text
    assert text.isascii()


def test_scalars():
    """Input, weights and output without dimensions (a bias of one value may have none)."""
    for number in (0, 1, 3):
        case = Cases()
        y = case.dense(case.start((1, 4)), 1)
        case.tensors[number]["shape"] = ()
        with pytest.raises(ModelError):
            compile_model(case.model(y))


def test_loops_and_missing_outputs():
    case = Cases()
    x = case.start((1, 4, 4, 2))
    y = case.conv(x, 2, (3, 3))
    case.ops[0][1][0] = y  # reads its own output
    with pytest.raises(ModelError, match="before it is made"):
        compile_model(case.model(y))
    case = Cases()
    x = case.start((1, 4))
    case.dense(x, 2)
    with pytest.raises(ModelError, match="no operator makes"):
        compile_model(case.model(case.tensor((1, 2), scale=1.0)))
    with pytest.raises(ModelError, match="named twice"):
        compile_model(case.finish([0, 1], [1]))
    case = Cases()
    empty = case.model(case.start((1, 4)))
    with pytest.raises(ModelError, match="no operator makes"):
        compile_model(empty)


def test_many_values_at_once_are_planned_soon():
    """A network that keeps all its values to the end costs the planner no minutes."""
    case = Cases()
    x = case.start((1, 9, 9, 4))
    outputs = [case.conv(x, 1 + n % 7, (3, 3)) for n in range(100)]
    start = time.process_time()
    compiled = compile_model(case.finish([0], outputs), ram_bytes=0)
    assert time.process_time() - start < 20  # seconds on a busy computer; it took as many minutes
    assert compiled.arena_bytes >= 81 * sum(1 + n % 7 for n in range(100))
