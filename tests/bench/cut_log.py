"""Capture logs, short and long, that end or are damaged: every whole block is recovered.

The layout is read here from its description, not by the program's own reader.
"""

import random
import shutil
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from board_peers import measured
from peers.ours import OwnPeer  # type: ignore[import-not-found]
from peers.uart import Faults  # type: ignore[import-not-found]

from studio.capture_log import CaptureHeader, CaptureWriter
from studio.devices.recorder import Recorder, RecordRequest
from studio.project import Project
from studio.types import Axis

RATE_HZ, AXES = 4000.0, 3
SECONDS = 4.0
LARGEST_S = 0.25
LONG_HZ, LONG_S = 16_000, 1800
"""A sound of half an hour: 58 MB."""
LONG_CUTS = 3


@dataclass(frozen=True)
class Block:
    """One block of a log."""

    start: int
    end: int
    """Bytes of the file up to its end."""
    first: int
    readings: int


@dataclass(frozen=True)
class Log:
    """A whole log."""

    data: bytes
    start: int
    """Where its header ends."""
    blocks: list[Block]
    measure: Callable[[int, int], np.ndarray]
    """Returns the readings from one on, so many of them."""


def read(path: Path, axes: int, measure: Callable[[int, int], np.ndarray]) -> Log:
    """Return a whole log of int16.

    Raises
    ------
    ValueError
        If it is not whole.
    """
    data = path.read_bytes()
    size, crc = struct.unpack_from("<II", data, 8)
    start = at = 16 + size
    if zlib.crc32(data[16:at]) != crc:
        raise ValueError("header")
    found = []
    while at < len(data):
        size, first, crc = struct.unpack_from("<IQI", data, at)
        payload = data[at + 16 : at + 16 + size]
        if len(payload) < size or zlib.crc32(data[at : at + 12] + payload) != crc:
            raise ValueError(f"block at {at}")
        found.append(Block(at, at + 16 + size, first, size // (2 * axes)))
        at += 16 + size
    return Log(data, start, found, measure)


def make_log(path: Path) -> None:
    """Record from a device that loses packets now and then."""
    with OwnPeer(rate_hz=RATE_HZ, n_axes=AXES, faults=Faults(drop=0.02)) as peer:
        request = RecordRequest(
            port=peer.url, protocol="tinyml", log=str(path), seconds=SECONDS, name="cut"
        )
        Recorder(request, lambda *_, **__: None, stopped=lambda: False).run()


def _sound(first: int, count: int) -> np.ndarray:
    """Return int16 `(count, 1)` that are the same again after no whole number of blocks."""
    index = np.arange(first, first + count, dtype=np.int64)
    return ((index * 97 + index // 65_521) % 65_536 - 32_768).astype(np.int16)[:, None]


def make_long_log(path: Path, chance: random.Random) -> None:
    """Write what would take half an hour to record, with gaps, in blocks of many lengths."""
    header = CaptureHeader((Axis("audio"),), float(LONG_HZ), "int16", "long")
    first = 0
    with CaptureWriter(path, header) as writer:
        while first < LONG_HZ * LONG_S:
            count = chance.randrange(8_000, 60_000)
            writer.append(first, _sound(first, count))
            writer.flush()
            first += count + 400 * (chance.random() < 0.02)


def _wanted(log: Log, kept: list[Block]) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Return the readings of blocks, and the gaps between them as `(at, missing)`."""
    rows = [log.measure(block.first, block.readings) for block in kept]
    gaps = []
    at = expected = 0
    for block in kept:
        if block.first > expected:
            gaps.append((at, block.first - expected))
        at += block.readings
        expected = block.first + block.readings
    return np.concatenate([log.measure(0, 0), *rows]), gaps


def _recovered(log: Log, template: Path, data: bytes, kept: list[Block], *, head: bool) -> str:
    """Put what is left of a log into a project and open that; say what is wrong, if anything."""
    place = template.with_name("project")
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(template, place)
    file = place / "incoming" / "abc.capture"
    file.write_bytes(data)
    wanted, gaps = _wanted(log, kept)
    with Project.open(place) as project:
        notices, recordings = project.notices, project.recordings()
        if len(notices) != 1:
            return f"{len(notices)} notices"
        if not head:
            fine = not recordings and file.exists() and "kept" in notices[0]
            return "" if fine else f"a damaged header: {notices[0]}"
        if file.exists():
            return "the log was not sealed"
        if not len(wanted):
            return "" if not recordings else "readings out of nothing"
        if len(recordings) != 1 or "cut off" not in notices[0]:
            return f"{len(recordings)} recordings: {notices[0]}"
        values = np.asarray(project.read(recordings[0].id))
        told = [(gap.at, gap.missing) for gap in recordings[0].gaps]
    if not np.array_equal(values, wanted) or told != gaps:
        return f"{len(values)} readings instead of {len(wanted)}, or other ones"
    with Project.open(place) as project:
        return "" if not project.notices else f"told twice: {project.notices[0]}"


def _damage(log: Log, count: int, template: Path, chance: random.Random) -> list[str]:
    """Cut a log at random bytes, and turn as many random bits; say what was not recovered."""
    wrong: list[str] = []
    for _ in range(count):
        cut = chance.randrange(len(log.data))
        kept = [block for block in log.blocks if block.end <= cut]
        said = _recovered(log, template, log.data[:cut], kept, head=cut >= log.start)
        wrong += [f"cut at byte {cut}: {said}"] * bool(said)
        bit = chance.randrange(8 * len(log.data))
        bad = bytearray(log.data)
        bad[bit // 8] ^= 1 << bit % 8
        kept = [block for block in log.blocks if not block.start <= bit // 8 < block.end]
        said = _recovered(log, template, bytes(bad), kept, head=bit // 8 >= log.start)
        wrong += [f"bit {bit} turned: {said}"] * bool(said)
    return wrong


def damage_logs(count: int, folder: Path, seed: int) -> dict[str, dict[str, Any]]:
    """Cut logs at random bytes and turn random bits, `count` of a short log, some of a long.

    Returns
    -------
    dict
        Of `short` and `long`: `wrong` (what was not recovered as it should), `cuts`, `flips`,
        `log_bytes`, `blocks`, `largest_block_s`.
    """
    chance = random.Random(seed)
    template = folder / "template"
    Project.create(template).close()
    make_log(folder / "short.capture")
    make_long_log(folder / "long.capture", chance)
    short = read(folder / "short.capture", AXES, lambda at, n: measured(0, at, n, AXES))
    long = read(folder / "long.capture", 1, _sound)
    answer = {}
    for name, log, cuts, rate_hz in (
        ("short", short, count, RATE_HZ),
        ("long", long, min(count, LONG_CUTS), LONG_HZ),
    ):
        answer[name] = {
            "cuts": cuts,
            "flips": cuts,
            "log_bytes": len(log.data),
            "blocks": len(log.blocks),
            "largest_block_s": max(block.readings for block in log.blocks) / rate_hz,
            "wrong": _damage(log, cuts, template, chance),
        }
    return answer
