"""Text lines: our codec against a loop of `split` and `float`."""

import statistics
import time
from typing import Any

import numpy as np
from common import gate, say

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


def loop(data: bytes) -> int:
    """Read chunks as most programs do; return the lines read."""
    rest, good = b"", 0
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
                good += 1
    return good


def codec(data: bytes) -> tuple[int, float]:
    """Feed the same chunks to the codec, which knows the stream; return lines read and time."""
    from studio.devices.protocols.text import CODEC
    from studio.devices.source import Block

    decoder = CODEC()
    for number, start in enumerate(range(0, len(data), SLOW_CHUNK), 1):
        decoder.feed(data[start : start + SLOW_CHUNK], number * SLOW_S)
    decoder.begin()
    good, now_s = 0, number * SLOW_S
    began = time.perf_counter()
    for start in range(0, len(data), CHUNK):
        now_s += SLOW_S
        for item in decoder.feed(data[start : start + CHUNK], now_s):
            if isinstance(item, Block):
                good += len(item.values)
    return good, time.perf_counter() - began


def text_ratio() -> dict[str, Any]:
    """Return the gate."""
    data = lines()
    ratios = []
    for _ in range(RUNS):
        began = time.perf_counter()
        wanted = loop(data)
        between = time.perf_counter()
        got, took = codec(data)
        ratios.append((between - began) / took)
    say(f"text: {got} of {wanted} good lines in {took:.3f} s, the loop {between - began:.3f} s")
    if got < 0.98 * wanted:
        return gate("text lines read, of the good ones", got / wanted, 0.98, "of them", "higher")
    ratio = round(statistics.median(ratios), 3)
    return gate("text lines against a split/float loop", ratio, 2.0, "times", "higher")
