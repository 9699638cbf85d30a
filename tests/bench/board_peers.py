"""Devices of every protocol, played by the programs in `tests/unit/devices/peers`, and their logs.

Each is a process of its own behind a pseudo terminal. Its log says when a session began, how many
readings it sent in it, and `signal_values` which.
"""

import itertools
import json
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from common import ROOT

FOLDER = ROOT / "tests" / "unit" / "devices" / "peers"
STARTS_S = 30.0
UNPLUGGED_S = 0.5
"""How long the peers are unplugged."""
_STEP, _AXIS, _SESSION, _PERIOD = 7, 4099, 977, 65536
_STEP_INVERSE = pow(_STEP, -1, _PERIOD)


@dataclass(frozen=True)
class Session:
    """A stretch in which a device counted from 0 without a break."""

    number: int
    begun_s: float
    """Monotonic clock."""
    readings: int
    faults: int = 0
    """Readings in packets that were damaged, dropped or preceded by garbage."""
    flipped: int = 0
    """Of them, those with flipped bits or behind garbage: they came, but not as they were."""
    faulty: tuple[int, ...] = ()
    """First readings of all packets that did not come as they were, in order."""
    rows: int = 1
    """Readings in a packet."""
    damaged: Mapping[int, bytes] = field(default_factory=dict)
    """What went out instead of lines of text, by the reading they told."""


@dataclass(frozen=True)
class Break:
    """A time in which a device could not be heard: it was unplugged, or reset."""

    gone_s: float
    """Monotonic clock."""
    back_s: float
    unplugged: bool = True


class BoardPeer:
    """A device's process.

    Parameters
    ----------
    program : str
        Name of a file in the peers' folder, such as `ours`.
    place : Path
        Folder for its port and its log.
    options : objects
        For the program.
    """

    def __init__(self, program: str, place: Path, *options: object) -> None:
        place.mkdir(parents=True, exist_ok=True)
        self.port = place / "port"
        self.log = place / "wire"
        command = [sys.executable, str(FOLDER / f"{program}.py")]
        command += ["--link", str(self.port), "--log", str(self.log), *map(str, options)]
        self._child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._child.stdout is not None
        self._child.stdout.readline()

    def events(self, kind: str = "") -> list[dict[str, Any]]:
        """Return the lines of its log."""
        rows = []
        for line in self.log.read_text().splitlines():
            with suppress(ValueError):  # the last line may be half written
                rows.append(json.loads(line))
        return [row for row in rows if kind in ("", row["event"])]

    def sessions(self) -> list[Session]:
        """Return its sessions; ask after its end, so that the last one is whole too."""
        begins = {row["session"]: row["t"] for row in self.events("begin")}
        found = []
        flipped = dropped = 0
        for row in self.events("end"):  # its counts are those of all sessions so far
            now = row["flipped"] + row["garbage"]
            faults = row["rows"] * (now - flipped + row["dropped"] - dropped)
            touched = row["rows"] * (now - flipped)
            number, readings = row["session"], row["readings"]
            faulty = tuple(row["rows"] * packet for packet in sorted(set(row["faulty"])))
            damaged = {int(k): bytes.fromhex(at) for k, at in row.get("damaged", {}).items()}
            session = Session(number, begins[number], readings, faults, touched, faulty)
            found.append(replace(session, rows=row["rows"], damaged=damaged))
            flipped, dropped = now, row["dropped"]
        return found

    def breaks(self) -> list[Break]:
        """Return when it was unplugged or reset."""
        found = []
        events = self.events()
        for before, row in itertools.pairwise(events):
            if row["event"] == "reset":
                found.append(Break(row["t"], row["t"], unplugged=False))
            if row["event"] == "unplug":
                streamed = before["event"] == "end"
                found.append(Break(before["t"] if streamed else row["t"] - UNPLUGGED_S, row["t"]))
        return found

    def wait_for_begin(self, *, seconds: float = STARTS_S) -> float:
        """Wait until it streams; return when that began (monotonic clock)."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if begun := self.events("begin"):
                return float(begun[-1]["t"])
            time.sleep(0.005)
        sys.exit(f"{self.port} was never started")

    def stop(self) -> None:
        """End it."""
        self._child.terminate()
        self._child.communicate()


def places(raw: np.ndarray, session: int) -> np.ndarray:
    """Return which reading of a session has these values of its first axis, modulo 65536.

    Parameters
    ----------
    raw : ndarray (n,)
        Whole numbers as the device measured them.
    """
    return (raw.astype(np.int64) + 32768 - session * _SESSION) * _STEP_INVERSE % _PERIOD


def measured(session: int, first: int, count: int, n_axes: int) -> np.ndarray:
    """Return int64 `(count, n_axes)`: what a device measures, by the peers' description."""
    index = np.arange(first, first + count, dtype=np.int64)[:, None]
    axis = np.arange(n_axes, dtype=np.int64)[None, :]
    return (index * _STEP + axis * _AXIS + session * _SESSION) % _PERIOD - 32768
