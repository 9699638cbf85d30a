"""Boards that are unplugged, reset, garbled and flipped every few seconds, recorded for long.

All formats run at once, each a device of its own on a pty and an acquisition process of its own.
Afterwards every stretch of a recording is compared with what its device's log says was sent: each
reading is the right one, and where two stretches are of one session of the device, the gap between
them is as long as what it sent meanwhile. So every reading sent is recorded, or lies in a recorded
gap. Formats without checksums (text, SSI 1) can only be asked not to end: what was recorded of
them wrongly is counted and printed.
"""

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from common import ROOT, finish, gate, options, say

PEERS = ROOT / "tests" / "unit" / "devices" / "peers"
sys.path.insert(0, str(PEERS.parent))
RATE_HZ = 1000.0
AXES = 3
FAULTS = ("--flip", 0.005, "--bits", 3, "--garbage", 0.01, "--drop", 0.003)
FAULTS += ("--reset", 6, "--unplug", 8, "--rate", RATE_HZ, "--axes", AXES)
MODULUS = 65536
TRIES = 5
"""Until its stream has begun a board that goes is an error, not a break."""


@dataclass(frozen=True)
class Format:
    """One kind of device."""

    name: str
    peer: str
    protocol: str
    arguments: tuple[str, ...] = ()
    scale: int = 1
    """What recorded values are multiplied by to be those of the device."""
    checked: bool = True
    """Whether it has checksums and sequence numbers."""


FORMATS = (
    Format("our packets", "ours", "tinyml"),
    Format("Nordic with CRC", "nordic", "nordic", scale=8),
    Format("SSI 2", "ssi", "ssi"),
    Format("SSI 1", "ssi", "ssi", ("--version", "1"), checked=False),
    Format("text", "text", "text", scale=8, checked=False),
)


@dataclass
class Found:
    """What became of one device's recording."""

    ended: dict[str, Any]
    pieces: int = 0
    wrong: int = 0
    readings: int = 0
    missing: int = 0
    breaks: int = 0
    crashed: str = ""


def record(given: Format, seconds: float, folder: Path) -> Found:
    """Record one device; return how that ended and whether it is right."""
    port, wire, log = folder / "port", folder / "wire", folder / "a.capture"
    program = [sys.executable, PEERS / f"{given.peer}.py", *FAULTS, *given.arguments]
    device = subprocess.Popen(
        [str(word) for word in (*program, "--link", port, "--log", wire)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert device.stdout is not None
        request = {"port": device.stdout.readline().strip(), "protocol": given.protocol}
        request |= {"log": str(log), "seconds": seconds, "reconnect_s": 60.0}
        for _ in range(TRIES):
            found = _acquire(request)
            if log.exists():
                break
    finally:
        device.terminate()
        device.communicate()
    if not found.crashed:
        _judge(found, given, log, wire)
    return found


def _acquire(request: dict[str, Any]) -> Found:
    child = subprocess.Popen(
        [sys.executable, "-m", "studio", "acquire"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdin.write(json.dumps(request) + "\n")
    child.stdin.flush()
    found = Found({})
    for line in child.stdout:
        event = json.loads(line)
        found.breaks += event["event"] == "resumed"
        if event["event"] in ("done", "failed"):
            found.ended = event
            break
    child.stdin.close()
    words = child.stderr.read()
    if child.wait() != 0 or not found.ended.get("complete"):
        found.crashed = str(found.ended.get("message") or found.ended.get("ended") or words[-500:])
    return found


def _judge(found: Found, given: Format, log: Path, wire: Path) -> None:
    """Compare a log with what its device sent."""
    from studio import capture_log

    capture = capture_log.scan(log)
    rows = [json.loads(line) for line in wire.read_text().splitlines()]
    sent = {row["session"]: row["readings"] for row in rows if row["event"] == "end"}
    values = np.rint(capture.values * given.scale).astype(np.int64)
    found.readings = capture.readings
    found.missing = sum(gap.missing for gap in capture.gaps)
    session, base = 0, None
    for place, piece in _pieces(values, capture.gaps):
        found.pieces += 1
        if not _even(piece):
            found.wrong += 1
            continue
        if base is not None and _index(piece[0], session) == (place - base) % MODULUS:
            continue
        later = [
            (other, _index(piece[0], other))
            for other in sorted(sent)
            if (other > session or base is None) and _index(piece[0], other) < sent[other]
        ]
        if later:
            session, base = later[0][0], place - later[0][1]
        else:
            found.wrong += 1


def _pieces(values: np.ndarray, gaps: Any) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the stretches between gaps, each with its place in the whole time."""
    lost = start = 0
    for gap in gaps:
        if gap.at > start:
            yield start + lost, values[start : gap.at]
        start, lost = gap.at, lost + gap.missing
    if start < len(values):
        yield start + lost, values[start:]


def _even(piece: np.ndarray) -> bool:
    """Whether readings follow each other as a device measures them."""
    steps = (piece - piece[0]) % MODULUS
    rows = np.arange(len(piece))[:, np.newaxis] * 7 % MODULUS
    axes = np.arange(piece.shape[1]) * 4099 % MODULUS
    return bool((steps == rows).all() and ((piece[0] - piece[0, 0]) % MODULUS == axes).all())


def _index(reading: np.ndarray, session: int) -> int:
    """Return which reading of a session has these values."""
    return (int(reading[0]) + MODULUS // 2 - session * 977) * pow(7, -1, MODULUS) % MODULUS


def soak(formats: tuple[Format, ...], seconds: float) -> list[dict[str, Any]]:
    """Run all at once and return the gates."""
    results: dict[str, Found] = {}
    with tempfile.TemporaryDirectory() as folder:

        def work(given: Format) -> None:
            place = Path(folder) / given.name.replace(" ", "_")
            place.mkdir()
            results[given.name] = record(given, seconds, place)

        threads = [threading.Thread(target=work, args=(given,)) for given in formats]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    gates = []
    for given in formats:
        found = results[given.name]
        say(
            f"{given.name}: {found.readings} readings in {found.pieces} pieces, {found.missing} "
            f"missing, {found.breaks} breaks, {found.wrong} pieces wrong {found.crashed}"
        )
        ended = 1 if found.crashed else 0
        gates.append(gate(f"{given.name}: ended before its time", ended, 0, "times", "lower"))
        if given.checked:
            name = f"{given.name}: stretches that are not what was sent"
            gates.append(gate(name, found.wrong, 0, "of all", "lower"))
    return gates


def main() -> None:
    """Measure and print."""
    parser = options(__doc__ or "")
    parser.add_argument("--seconds", type=float, default=60.0, help="full: 1800")
    parser.add_argument("--only", default="", help="formats whose name contains this")
    given = parser.parse_args()
    chosen = tuple(row for row in FORMATS if given.only in row.name)
    finish({"gates": soak(chosen, given.seconds)}, as_json=given.json)


if __name__ == "__main__":
    main()
