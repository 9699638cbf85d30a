"""The public reference models must equal the oracle, and cost what was measured for them."""

import numpy as np
import pytest
from oracle import assert_layers_equal, assert_outputs_equal

from studio.compiler import compile_model
from studio.compiler.packing import Block, Share, lower_bound, place
from studio.errors import ModelError

MODELS = {
    # file: multiplications; int8 weights, int32 biases and 5 bytes (multiplier and shift) for each
    # quantized channel: both without channels that never change (whole, VWW has 7,489,664 and
    # 232,749); most bytes of the arena: values of the busiest layer, and what its kernel needs
    "mlperf_tiny/kws_ref_model": (2656768, 27253, 8000 + 1500),
    "mlperf_tiny/vww_96_int8": (3731093, 38406, 36864 + 2000),
    "mlperf_tiny/pretrainedResnet_quant": (12501632, 80429, 32768 + 2100),
    "mlperf_tiny/ad01_int8": (264192, 270930, 768),
    "tflm/person_detect": (7155582, 232343, 36864 + 2000),
    "tflm/micro_speech_quantized": (336000, 16733, 5960 + 1000),
    "tflm/hello_world_int8": (220, 351, 32),
}


def _read(shared_data, name):
    return (shared_data / "models" / f"{name}.tflite").read_bytes()


@pytest.mark.parametrize("name", MODELS)
def test_outputs_equal_the_oracle(shared_data, name):
    assert_outputs_equal(_read(shared_data, name), count=100)


@pytest.mark.parametrize("name", MODELS)
def test_every_layer_equals_the_oracle(shared_data, name):
    assert_layers_equal(_read(shared_data, name), count=2, seed=3)


@pytest.mark.parametrize("name", MODELS)
def test_costs(shared_data, name):
    compiled = compile_model(_read(shared_data, name), target="cortex-m4")
    macs, constants, arena_bytes = MODELS[name]
    assert compiled.macs == macs
    assert compiled.arena_bytes <= arena_bytes
    # kernels for a core keep weights in whole words, and constants of two channels together
    assert constants <= compiled.weights_bytes <= 1.02 * constants + 64
    assert compiled.macs == sum(layer.macs for layer in compiled.layers)


@pytest.mark.parametrize("kind", ["int8", "float"])
def test_audio_front_ends_are_refused_by_name(shared_data, kind):
    with pytest.raises(ModelError, match=r"Operator \d+ is .*not supported") as caught:
        compile_model(_read(shared_data, f"tflm/audio_preprocessor_{kind}"))
    assert "CONV_2D" in caught.value.hint


def test_memory_of_random_lifetimes_never_overlaps():
    rng = np.random.default_rng(0)
    wasted = []
    for _ in range(60):
        first = rng.integers(0, 30, 25)
        blocks = [
            Block(int(size) * 4, int(a), int(a + n))
            for size, a, n in zip(
                rng.integers(1, 300, 25), first, rng.integers(0, 6, 25), strict=True
            )
        ]
        offsets = place(blocks, {})
        for i, (at, block) in enumerate(zip(offsets, blocks, strict=True)):
            for other_at, other in list(zip(offsets, blocks, strict=True))[:i]:
                together = block.first <= other.last and other.first <= block.last
                assert not together or at + block.size <= other_at or other_at + other.size <= at
        size = max(at + block.size for at, block in zip(offsets, blocks, strict=True))
        assert size >= lower_bound(blocks, {})
        wasted.append(size / lower_bound(blocks, {}))
    assert np.mean(wasted) < 1.1


def _apart_or_allowed(blocks, shares, offsets, i: int, k: int) -> bool:
    a, b = blocks[i], blocks[k]
    if a.last < b.first or b.last < a.first:
        return True
    if offsets[i] + a.size <= offsets[k] or offsets[k] + b.size <= offsets[i]:
        return True
    forth = any(way.allows(offsets[k] - offsets[i]) for way in shares.get((i, k), ()))
    return forth or any(way.allows(offsets[i] - offsets[k]) for way in shares.get((k, i), ()))


@pytest.mark.parametrize("count", [8, 25, 250])
def test_blocks_overlap_only_as_they_may(count):
    rng = np.random.default_rng(count)
    saved = 0
    for _ in range(2000 // count**2 + 3):
        first = np.sort(rng.integers(0, 20, count))
        blocks = [
            Block(int(rng.integers(1, 50)) * 8, int(a), int(a + rng.integers(0, 12)))
            for a in first
        ]
        shares = {}
        for _ in range(count):
            i, k = sorted(int(n) for n in rng.choice(count, 2, replace=False))
            if blocks[i].last == blocks[k].first > blocks[i].first:
                low = int(rng.integers(-8, 9)) * 8
                shares[i, k] = (Share(low, low + 8 * int(rng.integers(0, 3))),)
        offsets = place(blocks, shares)
        for i in range(count):
            for k in range(i):
                assert _apart_or_allowed(blocks, shares, offsets, k, i)
        size = max(at + b.size for at, b in zip(offsets, blocks, strict=True))
        assert size >= lower_bound(blocks, shares)
        saved += size < lower_bound(blocks, {})
    assert saved or count > 8
