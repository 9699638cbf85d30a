"""Text lines: our codec against a loop of `split` and `float`."""

import statistics
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from common import gate, say

from studio.devices.protocols.text import CODEC
from studio.devices.source import Block

LINES = 20_000
AXES = 10
BAD = 200
CHUNK = 65536
"""What is read at once where lines come faster than they are decoded."""
SLOW_CHUNK = 4096
SLOW_S = 0.004
RUNS = 5


def lines() -> bytes:
    """Return lines of numbers, one in a hundred of them bad."""
    values = np.random.default_rng(5).normal(0, 50, (LINES, AXES))
    rows = [",".join(f"{value:.4f}" for value in row) for row in values]
    for at in range(50, LINES, LINES // BAD):
        rows[at] = rows[at][:20] + "#" + rows[at][21:]
    return "\r\n".join(rows).encode() + b"\r\n"


Rows = list[list[float]]


def loop(data: bytes) -> Rows:
    """Read chunks as most programs do; return the good lines."""
    rest = b""
    readings = []
    for start in range(0, len(data), CHUNK):
        *whole, rest = (rest + data[start : start + CHUNK]).split(b"\n")
        for line in whole:
            try:
                values = [float(part) for part in line.strip().split(b",")]
            except ValueError:
                continue
            if len(values) == AXES:
                readings.append(values)
    return readings


def codec(data: bytes) -> tuple[list[Block], float]:
    """Feed the same chunks to the codec, which knows the stream; return its blocks and time."""
    decoder = CODEC()
    for number, start in enumerate(range(0, len(data), SLOW_CHUNK), 1):
        decoder.feed(data[start : start + SLOW_CHUNK], number * SLOW_S)
    decoder.begin()
    blocks, now_s = [], number * SLOW_S
    began = time.perf_counter()
    for start in range(0, len(data), CHUNK):
        now_s += SLOW_S
        items = decoder.feed(data[start : start + CHUNK], now_s)
        blocks += [item for item in items if isinstance(item, Block)]
    return blocks, time.perf_counter() - began


def unread(blocks: Sequence[Block], wanted: Rows) -> int:
    """Return how many of the good lines are not there, in order, with their values."""
    values = [block.values for block in blocks] or [np.empty((0, AXES), np.float32)]
    got = np.concatenate(values)
    if len(got) != len(wanted):
        return max(abs(len(wanted) - len(got)), 1)
    return int((got != np.array(wanted, np.float32)).any(axis=1).sum())


def text_gates() -> list[dict[str, Any]]:
    """Return the gates."""
    data = lines()
    ratios = []
    for _ in range(RUNS):
        began = time.perf_counter()
        wanted = loop(data)
        between = time.perf_counter()
        blocks, took = codec(data)
        ratios.append((between - began) / took)
    wrong = unread(blocks, wanted)
    say(f"text: {len(wanted)} good lines in {took:.3f} s, the loop {between - began:.3f} s")
    ratio = round(statistics.median(ratios), 3)
    return [
        gate("good text lines that are not read as they are", wrong, 0, "lines", "lower"),
        gate("text lines against a split/float loop", ratio, 2.0, "times", "higher"),
    ]
