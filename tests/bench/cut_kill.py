"""Recordings whose processes are killed: what is there afterwards, against what was sent."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from board_peers import measured
from common import ROOT, say
from peers.ours import OwnPeer  # type: ignore[import-not-found]

from studio import filelock
from studio.project import Project

VICTIMS = ("acquisition", "parent", "both")
RATE_HZ, AXES = 1000.0, 8
LONGEST_S = 4.0
STARTS_S = 60.0
ENDS_S = 30.0


@dataclass
class Kill:
    """One recording that was killed, and what came of it."""

    victim: str
    after_s: float
    """Since its stream began."""
    sent: int = 0
    """Readings that the device had sent by then."""
    kept: int = 0
    lost_s: float = 0.0
    """What had been sent and is not there."""
    told: str = ""
    wrong: list[str] = field(default_factory=list)


class _Verb:
    """The verb `record`, and the process it started."""

    def __init__(self, project: Path, port: str) -> None:
        command = [sys.executable, "-m", "studio", "record", str(project), "--port", port]
        command += ["--protocol", "tinyml", "--name", "killed", "--json", "--events"]
        self.child = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self._lines: list[str] = []
        self.acquisition = 0
        assert self.child.stderr is not None
        for line in self.child.stderr:
            self._lines.append(line)
            if '"acquisition"' in line:
                self.acquisition = json.loads(line)["pid"]
                break
        self._drain = threading.Thread(target=self._lines.extend, args=(self.child.stderr,))
        self._drain.start()

    def kill(self, victim: str) -> None:
        pids = {"acquisition": [self.acquisition], "parent": [self.child.pid]}
        for pid in pids.get(victim, [self.acquisition, self.child.pid]):
            os.kill(pid, signal.SIGKILL)

    def end(self) -> tuple[int, dict[str, Any], str]:
        """Wait; return exit code, answer and all it said."""
        assert self.child.stdout is not None
        text = self.child.stdout.read()
        code = self.child.wait(ENDS_S)
        self._drain.join()
        return code, json.loads(text) if text else {}, "".join(self._lines)


def _wait_until_free(log: Path) -> bool:
    """Wait until nobody writes a log any more."""
    end = time.monotonic() + ENDS_S
    while filelock.is_held(log):
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def _kill_one(row: Kill, peer: OwnPeer, folder: Path) -> None:
    """Record, kill, look what is there."""
    Project.create(folder).close()
    before = peer.session
    verb = _Verb(folder, peer.url)
    end = time.monotonic() + STARTS_S
    while peer.session == before or not peer.next_reading:
        if time.monotonic() > end:
            row.wrong.append("the recording did not begin")
            verb.kill("both")
            verb.end()
            return
        time.sleep(0.002)
    time.sleep(row.after_s)
    logs = list((folder / "incoming").glob("*.capture"))
    row.sent = peer.next_reading
    verb.kill(row.victim)
    code, answer, said = verb.end()
    if not all([_wait_until_free(log) for log in logs]):
        row.wrong.append("its log is held for ever")
    if "Traceback" in said:
        row.wrong.append(f"a traceback: {said[-500:]}")
    if row.victim == "acquisition":
        row.told = str(answer.get("warning") or answer.get("error") or "")
    _look(row, peer.session, folder)
    part = 1 if row.kept else 2
    if row.victim == "acquisition" and (code != part or "ended unexpectedly" not in row.told):
        row.wrong.append(f"exit code {code}, said {row.told!r}")
    if logs and not row.told:  # before there is a log there is nothing to tell of
        row.wrong.append("nobody was told")


def _look(row: Kill, session: int, folder: Path) -> None:
    """Open the project and compare what it holds with what was sent."""
    with Project.open(folder) as project:
        recordings = project.recordings()
        if row.victim != "acquisition":
            row.told = " ".join(project.notices)
        kept = [np.asarray(project.read(recording.id)) for recording in recordings]
        if any(recording.gaps for recording in recordings):
            row.wrong.append("gaps where nothing was lost")
        left = list(project.incoming.iterdir())
    if len(recordings) > 1 or left:
        row.wrong.append(f"{len(recordings)} recordings, {len(left)} logs left")
    row.kept = sum(map(len, kept))
    row.lost_s = (row.sent - row.kept) / RATE_HZ
    for values in kept:
        if not np.array_equal(values, measured(session, 0, len(values), AXES)):
            row.wrong.append("other readings than those sent")
    with Project.open(folder) as project:
        if project.notices:
            row.wrong.append(f"told twice: {project.notices[0]}")


def kill_recordings(victims: Sequence[str], folder: Path, seed: int, workers: int) -> list[Kill]:
    """Kill as many recordings as there are victims, several at a time, at random moments."""
    chance = random.Random(seed)
    rows = [Kill(victim, round(chance.uniform(0.0, LONGEST_S), 4)) for victim in victims]
    todo = list(enumerate(rows))[::-1]

    def work() -> None:
        with OwnPeer(rate_hz=RATE_HZ, n_axes=AXES) as peer:
            while todo:
                number, row = todo.pop()
                _kill_one(row, peer, folder / f"{number}")
                if row.wrong or number % 20 == 0:
                    say(f"{number + 1} of {len(rows)}: {json.dumps(asdict(row))}")

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return rows
