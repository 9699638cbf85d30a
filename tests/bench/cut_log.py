"""Capture logs that end or are damaged anywhere: every whole block is recovered.

The layout is read here from its description, not by the program's own reader.
"""

import random
import shutil
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from board_peers import measured
from peers.ours import OwnPeer  # type: ignore[import-not-found]
from peers.uart import Faults  # type: ignore[import-not-found]

from studio.devices.recorder import Recorder, RecordRequest
from studio.project import Project

RATE_HZ, AXES = 4000.0, 3
READING_BYTES = 2 * AXES
SECONDS = 4.0
LARGEST_S = 0.25


@dataclass(frozen=True)
class Block:
    """One block of a log."""

    start: int
    end: int
    """Bytes of the file up to its end."""
    first: int
    readings: int


def blocks(data: bytes) -> tuple[int, list[Block]]:
    """Return where a whole log's header ends, and its blocks.

    Raises
    ------
    ValueError
        If it is not whole.
    """
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
        found.append(Block(at, at + 16 + size, first, size // READING_BYTES))
        at += 16 + size
    return start, found


def make_log(path: Path) -> None:
    """Record from a device that loses packets now and then."""
    with OwnPeer(rate_hz=RATE_HZ, n_axes=AXES, faults=Faults(drop=0.02)) as peer:
        request = RecordRequest(
            port=peer.url, protocol="tinyml", log=str(path), seconds=SECONDS, name="cut"
        )
        Recorder(request, lambda *_, **__: None, stopped=lambda: False).run()


def _wanted(kept: list[Block]) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Return the readings of blocks, and the gaps between them as `(at, missing)`."""
    rows = [measured(0, block.first, block.readings, AXES) for block in kept]
    gaps = []
    at = expected = 0
    for block in kept:
        if block.first > expected:
            gaps.append((at, block.first - expected))
        at += block.readings
        expected = block.first + block.readings
    return np.concatenate([np.empty((0, AXES), np.int64), *rows]), gaps


def _recovered(template: Path, place: Path, data: bytes, kept: list[Block], *, head: bool) -> str:
    """Put a log into a project and open that; say what is wrong, empty if nothing."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(template, place)
    log = place / "incoming" / "abc.capture"
    log.write_bytes(data)
    wanted, gaps = _wanted(kept)
    with Project.open(place) as project:
        notices, recordings = project.notices, project.recordings()
        if len(notices) != 1:
            return f"{len(notices)} notices"
        if not head:
            fine = not recordings and log.exists() and "kept" in notices[0]
            return "" if fine else f"a damaged header: {notices[0]}"
        if log.exists():
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


def damage_logs(count: int, folder: Path, seed: int) -> dict[str, Any]:
    """Cut a log at `count` random bytes, and turn as many random bits over.

    Returns
    -------
    dict
        `wrong` (what was not recovered as it should), `cuts`, `flips`, `log_bytes`, `blocks`,
        `largest_block_s`.
    """
    path = folder / "whole.capture"
    make_log(path)
    data = path.read_bytes()
    start, found = blocks(data)
    template, place = folder / "template", folder / "project"
    Project.create(template).close()
    chance = random.Random(seed)
    wrong: list[str] = []
    for _ in range(count):
        cut = chance.randrange(len(data))
        kept = [block for block in found if block.end <= cut]
        said = _recovered(template, place, data[:cut], kept, head=cut >= start)
        wrong += [f"cut at byte {cut}: {said}"] * bool(said)
        bit = chance.randrange(8 * len(data))
        bad = bytearray(data)
        bad[bit // 8] ^= 1 << bit % 8
        kept = [block for block in found if not block.start <= bit // 8 < block.end]
        said = _recovered(template, place, bytes(bad), kept, head=bit // 8 >= start)
        wrong += [f"bit {bit} turned: {said}"] * bool(said)
    return {
        "cuts": count,
        "flips": count,
        "log_bytes": len(data),
        "blocks": len(found),
        "largest_block_s": max(block.readings for block in found) / RATE_HZ,
        "wrong": wrong,
    }
