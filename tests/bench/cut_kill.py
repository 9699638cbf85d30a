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
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from common import ROOT, say
from cut_phases import AXES, NAME, PHASES, RATE_HZ, Board, Held, Scene, wait

from studio import capture_log, filelock
from studio.project import Project

VICTIMS = ("acquisition", "parent", "both")
STREAMING, *OTHERS = PHASES
OTHERS_EVERY = 3
"""Of the kills of each victim, every third is in one of the other phases."""
ENDS_S = 30.0


@dataclass
class Kill:
    """One recording that was killed, and what came of it."""

    victim: str
    phase: str
    after_s: float
    """Since its stream began, or the phase was reached."""
    sent: int = 0
    """Readings that the device had sent by then."""
    kept: int = 0
    recordings: int = 0
    lost_s: float = 0.0
    """What had been sent, or typed, and is not there."""
    mark_off_s: float = 0.0
    """How far a label begins or ends from where it was typed."""
    told: str = ""
    wrong: list[str] = field(default_factory=list)


class _Verb:
    """The verb `record`, and the process it started."""

    def __init__(self, project: Path, port: str, options: Sequence[str]) -> None:
        command = [sys.executable, "-m", "studio", "record", str(project), "--port", port]
        command += ["--protocol", "tinyml", "--name", NAME, "--json", "--events", *options]
        pipe = subprocess.PIPE
        self.child = subprocess.Popen(
            command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True
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
            with suppress(ProcessLookupError):  # it has come to its end
                os.kill(pid, signal.SIGKILL)

    def type_in(self, text: str) -> None:
        assert self.child.stdin is not None
        self.child.stdin.write(text)
        self.child.stdin.flush()

    def end(self) -> tuple[int, dict[str, Any], str]:
        """Wait; return exit code, answer and all it said."""
        assert self.child.stdout is not None
        text = self.child.stdout.read()
        code = self.child.wait(ENDS_S)
        self._drain.join()
        assert self.child.stdin is not None
        self.child.stdin.close()
        return code, json.loads(text) if text else {}, "".join(self._lines)


def _kill_one(row: Kill, board: Board, folder: Path) -> None:
    """Record, kill, look what is there."""
    Project.create(folder).close()
    phase, scene, before = PHASES[row.phase], Scene(), board.session
    wait(lambda: board.plugged)
    verb = _Verb(folder, board.url, phase.options)
    try:
        wait(lambda: board.session > before and board.next_reading > 0)
        first = board.session
        phase.reach(board, row.after_s, scene, verb.type_in)
    except (TimeoutError, OSError) as error:
        row.wrong.append(f"it did not come to its moment: {error}")
        verb.kill("both")
        verb.end()
        return
    scene.sent, scene.begun_s, scene.killed_s = board.sent(first), board.begun_s, time.monotonic()
    verb.kill(row.victim)
    code, answer, said = verb.end()
    try:
        left = _left(folder, verb.acquisition)
    except TimeoutError:
        row.wrong.append("its log is held for ever")
        return
    if "Traceback" in said:
        row.wrong.append(f"a traceback: {said[-500:]}")
    row.sent = sum(scene.sent.values())
    _look(row, scene, folder)
    row.wrong += _untold(row, code, answer, left)


def _left(folder: Path, acquisition: int) -> list[Path]:
    """Return the logs that are left, once nobody writes any more.

    A process whose parent is gone asks the board to stop, and may begin another clip of a series
    until it has.
    """
    wait(lambda: not _runs(acquisition))
    logs = list((folder / "incoming").glob(f"*{capture_log.SUFFIX}"))
    wait(lambda: not any(map(filelock.is_held, logs)))
    return logs


def _runs(pid: int) -> bool:
    """Return whether a process is there and has not come to its end."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def _untold(row: Kill, code: int, answer: dict[str, Any], left: Sequence[Path]) -> list[str]:
    """Say what the person was not told, or not rightly."""
    wanted = PHASES[row.phase].most
    if answer.get("complete"):  # it was faster than the kill
        codes = (0,) if row.victim == "acquisition" else (0, -signal.SIGKILL)
        fine = code in codes and row.kept == wanted
        return [] if fine else [f"exit code {code}: {row.kept} readings are said to be all"]
    if row.victim == "acquisition":
        row.told = str(answer.get("warning") or answer.get("error") or "")
        fine = code == (1 if row.kept else 2) and "ended unexpectedly" in row.told
        return [] if fine else [f"exit code {code}, said {row.told!r}"]
    # before there is a log there is nothing to tell of
    return ["nobody was told"] if left and not row.told else []


def _look(row: Kill, scene: Scene, folder: Path) -> None:
    """Open the project and compare what it holds with what was sent."""
    with Project.open(folder) as project:
        row.told = " ".join(project.notices)
        samples = project.samples()
        held = [
            Held(
                one,
                np.asarray(project.read(one.id)),
                [sample for sample in samples if sample.recording_id == one.id],
            )
            for one in project.recordings()
        ]
        found = PHASES[row.phase].compare(scene, held)
        left = [*project.incoming.iterdir(), *(folder / "lost").glob("*")]
    row.recordings, row.kept = len(held), sum(len(one.values) for one in held)
    row.lost_s, row.mark_off_s = round(found.lost_s, 4), round(found.mark_off_s, 4)
    row.wrong += found.wrong
    row.wrong += [f"{path.parent.name}/{path.name} is left" for path in left]
    with Project.open(folder) as project:
        if project.notices:
            row.wrong.append(f"told twice: {project.notices[0]}")


def planned(victims: Sequence[str], seed: int) -> list[Kill]:
    """Return kills at random moments: most while readings come, the others over all phases."""
    chance = random.Random(seed)
    rows = []
    turns = dict.fromkeys(VICTIMS, 0)
    for victim in victims:
        turn, which = turns[victim], VICTIMS.index(victim)
        turns[victim] += 1
        other = (turn + which) % OTHERS_EVERY == 0
        phase = OTHERS[turn % len(OTHERS)] if other else STREAMING
        after_s = round(chance.uniform(0.0, PHASES[phase].longest_s), 4)
        rows.append(Kill(victim, phase, after_s))
    return rows


def kill_recordings(victims: Sequence[str], folder: Path, seed: int, workers: int) -> list[Kill]:
    """Kill as many recordings as there are victims, several at a time."""
    rows = planned(victims, seed)
    todo = list(enumerate(rows))[::-1]

    def work(link: Path) -> None:
        with Board(rate_hz=RATE_HZ, n_axes=AXES, link=str(link)) as board:
            while todo:
                number, row = todo.pop()
                try:
                    _kill_one(row, board, folder / f"{number}")
                except Exception as error:  # noqa: BLE001 - it is found wrong; the others go on
                    row.wrong.append(f"{type(error).__name__}: {error}")
                if row.wrong or number % 20 == 0:
                    say(f"{number + 1} of {len(rows)}: {json.dumps(asdict(row))}")

    links = [folder / f"port {number}" for number in range(workers)]
    threads = [threading.Thread(target=work, args=(link,)) for link in links]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for _, row in todo:
        row.wrong.append("it was never tried")
    return rows
