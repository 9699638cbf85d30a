"""Recording for long from devices on bad lines: unplugged, reset, garbage and flipped bits.

Devices of all protocols stream at once, each into a recording of one project by the real verb.
Every few seconds each is unplugged or reset, and packets are damaged, lost or preceded by garbage.
Afterwards every reading of those formats that can tell is compared with the devices' logs: it is
recorded with its value at its place, or it lies in a recorded gap. Of lines of text every row must
have been printed, in this order, or be what a damaged line there says, and lie where it was
printed; bare rows of bytes must be as sent up to the first fault. Breaks must be as long as they
were. And all must have recorded what the faults left: no reading may be missing that neither a
packet or line damaged there nor a break can have cost, by the logs of the devices.
"""

import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from board_peers import BoardPeer
from common import ROOT, finish, gate, options, say, verb
from soak_check import Verdict, check, exact, pieces
from soak_due import Watched
from soak_lines import LineVerdict, check_lines
from soak_rows import check_rows

from studio.project import Project

RESET_S, UNPLUG_S = 7.0, 11.0
START_S = 90.0
END_S = 90.0
RECONNECT_S = 30
ATTEMPTS = 8
"""A board that is unplugged before its first reading is an error, and rightly so."""
MEAN_S = 0.2
"""How far the breaks of a stream may be off on average: if only those with the cable out were
closed, about one in three, it would be twice that."""
_READINGS = re.compile(r'"event": "stats".*"readings": [1-9]')


@dataclass(frozen=True)
class Stream:
    """One device."""

    name: str
    program: str
    rate_hz: float
    n_axes: int
    faults: tuple[object, ...]
    more: tuple[object, ...] = ()
    scale: float = 1.0
    """Recorded values times this are what the device measured."""
    told: str = "packets"
    """What is compared: the values and places of `packets`, of `lines` (or `counted` ones), or of
    bare `rows`, which say nothing of what is missing among them."""
    resume_s: float = 1.0
    """How long after it was unplugged readings may take to come again: the port is tried every
    half second, and what a text device prints is learnt from some lines."""
    from_zero: bool = True
    """Whether it streams from its reading 0 on when it is asked to."""

    @property
    def options(self) -> tuple[object, ...]:
        """Arguments of its program."""
        events = ("--reset", RESET_S, "--unplug", UNPLUG_S)
        return "--rate", self.rate_hz, "--axes", self.n_axes, *events, *self.faults, *self.more


_BITS3 = ("--flip", 0.01, "--bits", 3, "--garbage", 0.01, "--drop", 0.005)
_BITS1 = ("--flip", 0.01, "--garbage", 0.01, "--drop", 0.005)
"""The eight bits of checksum of SSI cannot tell two flipped bits that cancel out."""
STREAMS = (
    Stream("our packets", "ours", 1000.0, 8, _BITS3),
    Stream("SSI 2, int16", "ssi", 600.0, 6, _BITS1),
    Stream("SSI 2, float32", "ssi", 300.0, 3, _BITS1, ("--float",), 8.0),
    Stream("Nordic, float32", "nordic", 200.0, 10, _BITS3, (), 8.0, from_zero=False),
    Stream(
        "Nordic, integers", "nordic", 200.0, 10, _BITS3, ("--integers",), 1000.0, from_zero=False
    ),
    Stream("text", "text", 100.0, 3, _BITS3, (), 8.0, "lines", 3.0),
    Stream(
        "text with a count", "text", 100.0, 3, _BITS3, ("--form", "counted"), 8.0, "counted", 3.0
    ),
    Stream("SSI 1", "ssi", 300.0, 6, _BITS1, ("--version", 1), told="rows"),
)


class Recording:
    """A device and the verb that records it."""

    def __init__(self, stream: Stream, project: Path, place: Path, seed: int) -> None:
        self.stream = stream
        self.attempts = 0
        self.begun_s = self.stopped_s = 0.0
        self.odd: list[str] = []
        """How attempts ended that did not say properly that there is no board."""
        self._project = project
        self._place = place
        self.peer = BoardPeer(stream.program, place, *stream.options, "--seed", seed)
        self._begin()

    def _begin(self) -> None:
        self.attempts += 1
        self._said = self._place / f"said {self.attempts}"
        self._answer = self._place / f"answer {self.attempts}"
        command = [sys.executable, "-m", "studio", "record", str(self._project)]
        command += ["--port", str(self.peer.port), "--name", self.stream.name]
        command += ["--reconnect", str(RECONNECT_S), "--json", "--events"]
        with self._said.open("w") as said, self._answer.open("w") as answer:
            self._child = subprocess.Popen(command, cwd=ROOT, stdout=answer, stderr=said)

    @property
    def running(self) -> bool:
        """Whether it records; one that found no board at first is begun again."""
        if self._child.poll() is None:
            return True
        if self.attempts < ATTEMPTS and not self.begun:
            said = self._said.read_text()
            if self._child.returncode != 2 or "Traceback" in said:
                self.odd.append(f"attempt with exit code {self._child.returncode}: {said[-300:]}")
            self._begin()
            return True
        return False

    @property
    def begun(self) -> bool:
        """Whether readings have come."""
        if _READINGS.search(self._said.read_text()) is None:
            return False
        self.begun_s = self.begun_s or time.monotonic()
        return True

    def stop(self) -> None:
        """Stop as a person does."""
        self.stopped_s = time.monotonic()
        if self._child.poll() is None:
            self._child.send_signal(signal.SIGINT)

    def end(self) -> None:
        """Wait until the verb has ended, and end the device."""
        try:
            self._child.wait(END_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self.peer.stop()

    def result(self) -> dict[str, Any]:
        """Return what the verb answered, its exit code and its last `stats`."""
        lines = self._said.read_text().splitlines()
        events = [json.loads(line) for line in lines if line.startswith('{"event"')]
        text = self._answer.read_text()
        kinds = [event["event"] for event in events]
        return {
            **(json.loads(text) if text else {}),
            "code": self._child.returncode,
            "stats": next((row for row in reversed(events) if row["event"] == "stats"), {}),
            "breaks": kinds.count("waiting"),
            "resumed": kinds.count("resumed"),
            "traceback": any("Traceback" in line for line in lines),
            "last_words": lines[-1][:300] if lines else "",
        }


def judge(run: Recording, project: Project, slack_s: float = 0.0) -> dict[str, Any]:
    """Return the row of one stream, with everything that has `failed`."""
    stream, answer = run.stream, run.result()
    row: dict[str, Any] = {"stream": stream.name, "attempts": run.attempts}
    names = ("code", "ended", "readings", "seconds", "breaks", "resumed", "damaged_packets")
    row.update({name: answer.get(name) for name in (*names, "lost_packets", "lost_readings")})
    row["gaps"] = len(answer.get("gaps", ()))
    failed = run.odd + ["a traceback"] * answer["traceback"]
    if answer["code"] != 0:
        failed.append(f"exit code {answer['code']}: {answer['last_words']}")
        return {**row, "failed": failed}
    if answer["ended"] != "Stopped.":
        failed.append(f"it ended early: {answer['ended']}")
    if not answer["damaged_packets"] and stream.name != "SSI 1":
        failed.append("no bad packet or line was counted")
    _compare(run, project, answer, row, failed, slack_s)
    return {**row, "failed": failed}


def _began(project: Project, number: int) -> float:
    """Return when a recording began whose first readings came and went too soon to tell better.

    By the monotonic clock, from what it says by the clock on the wall.
    """
    told = datetime.fromisoformat(project.metadata.of(number)["started"])
    return time.monotonic() - (time.time() - told.timestamp())


def _compare(
    run: Recording,
    project: Project,
    answer: dict[str, Any],
    row: dict[str, Any],
    failed: list[str],
    slack_s: float,
) -> None:
    """Compare a recording with what its device sent."""
    stream, peer = run.stream, run.peer
    recording = project.recording(answer["recording"])
    values, sessions = project.read(recording.id), peer.sessions()
    resume_s = stream.resume_s + slack_s
    watched = Watched(
        run.begun_s,
        run.stopped_s,
        peer.breaks(),
        stream.rate_hz,
        resume_s,
        slack_s,
        asked=stream.told == "packets" and stream.from_zero,
    )
    found = pieces(values, recording.gaps, stream.scale)
    verdict: Verdict | LineVerdict
    if stream.told == "packets":
        if not exact(values, stream.scale):
            failed.append("values that no device measured")
        started_s = answer["started_s"] or _began(project, recording.id)
        verdict = check(found, sessions, watched, from_zero=stream.from_zero, started_s=started_s)
    elif stream.told != "rows":
        verdict = check_lines(
            found, sessions, watched, counted=stream.told == "counted", scale=stream.scale
        )
    else:
        verdict = check_rows(found, sessions, watched)
    row.update(verdict.described())


def gates(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the gates of all streams."""
    told = [row for row in rows if "wrong" in row]
    wrong = sum(row["wrong_count"] for row in told)
    name = "places with readings wrong, misplaced or missing without a gap"
    seams = sum(row["seams"] for row in told)
    off = sum(row["seams_off"] for row in told)
    mean_s = max((abs(row["drift_s"]) / max(row["seams"], 1) for row in told), default=0.0)
    least = min((row["recorded"] / max(row["due"], 1) for row in told), default=0.0)
    return [
        gate("recordings that failed", sum(bool(row["failed"]) for row in rows), 0, "", "lower"),
        gate(name, wrong, 0, "", "lower"),
        gate(
            "breaks off by more than half a second", off / max(seams, 1), 0.02, "of all", "lower"
        ),
        gate("mean error of a stream's breaks", round(mean_s, 4), MEAN_S, "s", "lower"),
        gate("streams compared with their log", len(told), len(rows), "", "higher"),
        gate("recorded, of what the faults left at least", least, 1.0, "times", "higher"),
        gate("breaks survived", sum(row["resumed"] or 0 for row in rows), 1, "", "higher"),
    ]


def soak(
    seconds: float, streams: Sequence[Stream], folder: Path, seed: int, slack_s: float = 0.0
) -> list[dict[str, Any]]:
    """Record all streams for some time; return a row for each."""
    path = folder / "project"
    verb("new", path)
    runs = [
        Recording(stream, path, folder / f"stream {number}", seed + number)
        for number, stream in enumerate(streams)
    ]
    waited = time.monotonic() + START_S
    while not all([run.begun or not run.running for run in runs]) and time.monotonic() < waited:
        time.sleep(0.2)
    begun = told = time.monotonic()
    while time.monotonic() < begun + seconds and any([run.running for run in runs]):
        time.sleep(0.2)
        if time.monotonic() > told + 60:
            told = time.monotonic()
            say(f"{(told - begun) / 60:.0f} min, {sum(run.running for run in runs)} recordings")
    for run in runs:
        run.stop()
    for run in runs:
        run.end()
    rows = []
    with Project.open(path) as project:
        for run in runs:
            rows.append(judge(run, project, slack_s))
            say(json.dumps(rows[-1]))
    return rows


def main() -> None:
    """Do it."""
    parser = options(__doc__ or "")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=1, help="of the faults")
    parser.add_argument("--slack", type=float, default=0.0, help="s more: busy computer")
    parser.add_argument("--only", default="", help="streams whose name contains this")
    parser.add_argument("--keep", default="", help="folder in which everything stays")
    given = parser.parse_args()
    # in the background interrupts are ignored, and the verbs would inherit that
    signal.signal(signal.SIGINT, signal.default_int_handler)
    streams = [stream for stream in STREAMS if given.only in stream.name]
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tinyml-soak-") as folder:
        rows = soak(
            given.minutes * 60, streams, Path(given.keep or folder), given.seed, given.slack
        )
    result = {"gates": gates(rows), "minutes": given.minutes, "streams": rows}
    result["seconds"] = round(time.monotonic() - began, 1)
    finish(result, as_json=given.json)


if __name__ == "__main__":
    main()
