"""Streams that lose nothing, and what receiving, decoding, recording and importing cost.

Devices are played by `sender.py` over pseudo terminals: paced by the clock, discarding and
counting what is not taken in time. The window is open meanwhile (`acquisition_window.py`); for the
lines on stalls it is stopped for 200 ms twice a second. Ratios are to what is measured in the same
run.
"""

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from acquisition_files import import_ratio
from acquisition_text import text_gates
from common import ROOT, finish, gate, options, say
from sender import PERIOD, pattern

HERE = Path(__file__).resolve().parent
STALL_S, STALL_EVERY_S = 0.2, 0.5
FRAMES_S = 0.033
UNPACED_READINGS = 14_000_000
"""28 MB of int16: half a second or so."""
MEMORY_HZ = 16_000.0
RUNS = 3


@dataclass(frozen=True)
class Stream:
    """One line of the bench."""

    name: str
    format: str
    rate_hz: float
    n_axes: int
    dtype: str
    stalled: bool


STREAMS = (
    # 118 readings of one axis make a packet of 247 bytes: 1.2 MB/s and 92.16 kB/s on the wire
    Stream("1.2 MB/s of our packets, window stalled", "ours", 573_280.0, 1, "int16", True),
    Stream("921600 baud of our packets, window stalled", "ours", 44_028.0, 1, "int16", True),
    Stream("16 kHz stereo, window stalled", "ours", 16_000.0, 2, "int16", True),
    Stream("64 axes at 1 kHz, float32, window stalled", "nordic", 1_000.0, 64, "float32", True),
    Stream("Nordic, 10 000 frames/s of 10 axes", "nordic", 10_000.0, 10, "float32", False),
)


@contextmanager
def sender(*arguments: object) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Start a sender; give its process and its port."""
    child = subprocess.Popen(
        [sys.executable, str(HERE / "sender.py"), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    try:
        yield child, child.stdout.readline().strip()
    finally:
        child.kill()
        child.communicate()


def cpu_s(pid: int) -> float:
    """Return the processor time that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def stolen_s() -> float:
    """Return for how long a host has given this computer's processors to others, all together."""
    fields = Path("/proc/stat").read_text().partition("\n")[0].split()
    return int(fields[8]) / os.sysconf("SC_CLK_TCK")


def stall(pid: int, ended: threading.Event) -> None:
    """Stop a process for a while, again and again."""
    while not ended.wait(STALL_EVERY_S - STALL_S):
        os.kill(pid, signal.SIGSTOP)
        time.sleep(STALL_S)
        os.kill(pid, signal.SIGCONT)


def receive(stream: Stream, seconds: float, folder: Path) -> dict[str, Any]:
    """Record one stream with the window open; return what became of it."""
    from studio.project import Project

    total = round(stream.rate_hz * seconds)
    project, shared = folder / "project", folder / "clock"
    Project.create(project).close()
    protocol = "tinyml" if stream.format == "ours" else stream.format
    wire = ("--format", stream.format, "--rate", stream.rate_hz, "--axes", stream.n_axes)
    with sender(*wire, "--dtype", stream.dtype, "--readings", total, "--shared", shared) as (
        device,
        port,
    ):
        about = {"project": project, "port": port, "protocol": protocol, "readings": total}
        about |= {"rate": stream.rate_hz, "shared": shared}
        given = [f"--{name}={value}" for name, value in about.items()]
        window = subprocess.Popen(
            [sys.executable, str(HERE / "acquisition_window.py"), *given],
            cwd=ROOT,
            env={**os.environ, "TINYML_STUDIO_HOME": str(folder / "home")},
            stdout=subprocess.PIPE,
            text=True,
        )
        ended = threading.Event()
        staller = threading.Thread(target=stall, args=(window.pid, ended))
        found: dict[str, Any] = {"total": total}
        try:
            found |= _attend(window, device, staller if stream.stalled else None)
        finally:
            ended.set()
            if staller.ident is not None:
                staller.join()
            window.kill()
            window.communicate()
    found["right"] = _right(project, stream, total) if not found["error"] else False
    return found


def _attend(
    window: "subprocess.Popen[str]", device: "subprocess.Popen[str]", staller: Any
) -> dict[str, Any]:
    """Follow a recording to its end."""
    assert window.stdout is not None
    assert device.stdin is not None
    assert device.stdout is not None
    cpu: list[tuple[float, float]] = []
    watching = threading.Event()
    watcher: threading.Thread | None = None

    def watch(pid: int) -> None:
        while not watching.wait(0.25):
            try:
                cpu.append((time.monotonic(), cpu_s(pid)))
            except OSError:
                return

    sent: dict[str, Any] = {}
    for line in window.stdout:
        told = json.loads(line)
        if "pid" in told:
            watcher = threading.Thread(target=watch, args=(told["pid"],))
        if "ready" in told:
            device.stdin.write("begin\n")
            device.stdin.flush()
            assert watcher is not None
            watcher.start()
            if staller is not None:
                staller.start()
            sent = json.loads(device.stdout.readline())
            watching.set()
        if "result" in told:
            break
    else:
        told = {"result": None, "error": "the window ended", **UNSEEN}
    if watcher is not None and watcher.ident is not None:
        watcher.join()
    used = cpu[1:]  # the first quarter of a second is its beginning
    share = (used[-1][1] - used[0][1]) / (used[-1][0] - used[0][0]) if len(used) > 1 else 0.0
    return {**told, **sent, "cpu_share": share}


UNSEEN = {"looks": 0, "age_p50_s": 9.9, "age_p99_s": 9.9}


def _right(project: Path, stream: Stream, total: int) -> bool:
    """Whether exactly what was sent is in the project."""
    from studio.project import Project

    with Project.open(project) as opened:
        (recording,) = opened.recordings()
        if recording.readings != total or recording.gaps:
            return False
        values = opened.read(recording.id)
        wanted = pattern(stream.n_axes, stream.dtype)
        return all(
            np.array_equal(values[at : at + PERIOD], wanted[: total - at])
            for at in range(0, total, PERIOD)
        )


def stream_gates(stream: Stream, seconds: float) -> list[dict[str, Any]]:
    """Return the gates of one stream."""
    before_s = stolen_s()
    with tempfile.TemporaryDirectory() as folder:
        found = receive(stream, seconds, Path(folder))
    got = found["result"]["readings"] if found["result"] else 0
    say(
        f"{stream.name}: {found['total']} readings sent in {found['seconds']:.1f} s, "
        f"{found['sent_bytes'] / found['seconds'] / 1e6:.3f} MB/s; {got} recorded; "
        f"{found['cpu_share']:.1%} of a core; the sender's clock stood "
        f"{found['stood_s'] * 1000:.0f} ms, its host took {stolen_s() - before_s:.2f} s; "
        f"of {found['discarded_bytes']} bytes discarded the "
        f"reader was never shown {found['undelivered_bytes']}; {found['error']}"
    )
    wrong = found["total"] - got + (0 if found["right"] else 1)
    late = round(found["seconds"] * stream.rate_hz / found["total"], 4)
    rows = [
        gate(f"{stream.name}: time to send it", late, 1.02, "of what it should take", "lower"),
        gate(f"{stream.name}: discarded", found["discarded_bytes"], 0, "bytes", "lower"),
        gate(f"{stream.name}: not recorded as sent", wrong, 0, "readings", "lower"),
    ]
    if stream.stalled:
        share = round(found["cpu_share"], 4) if found["cpu_share"] else 9.9
        rows.append(gate(f"{stream.name}: acquisition process", share, 0.25, "cores", "lower"))
    if not stream.stalled:
        age = found["age_p99_s"]
        say(
            f"{stream.name}: {found['looks']} looks, age p50 {found['age_p50_s'] * 1000:.1f} ms, "
            f"p99 {age * 1000:.1f} ms"
        )
        rows.append(gate(f"{stream.name}: sample age p99", age, FRAMES_S, "s", "lower"))
    return rows


BARE = """
import sys, time, serial
port = serial.Serial(sys.argv[1], timeout=0.1)
left = int(sys.argv[2])
print("open", flush=True)
while left > 0:
    left -= len(port.read(port.in_waiting or 1))
print(time.monotonic(), flush=True)
"""


def bare_mb_s(readings: int) -> float:
    """Return MB/s of a bare pyserial read loop."""
    wire = wire_bytes(readings)
    with sender("--rate", 1e6, "--readings", readings, "--way", "prepared", "--deaf") as (
        device,
        port,
    ):
        child = subprocess.Popen(
            [sys.executable, "-c", BARE, port, str(wire)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        assert device.stdin is not None
        assert device.stdout is not None
        child.stdout.readline()
        device.stdin.write("begin\n")
        device.stdin.flush()
        ended = float(child.stdout.readline())
        child.communicate()
        began = json.loads(device.stdout.readline())["began_s"]
    return wire / (ended - began) / 1e6


def wire_bytes(readings: int) -> int:
    """Return how many bytes a sender puts on the wire for them."""
    from sender import Ours

    device = Ours(1e6, 1, "int16")
    return sum(map(len, device.frames(0, readings)))


def acquire(port: str, log: Path, readings: int) -> Iterator[dict[str, Any]]:
    """Run an acquisition process; yield its events."""
    child = subprocess.Popen(
        [sys.executable, "-m", "studio", "acquire"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    request = {"port": port, "protocol": "tinyml", "log": str(log), "readings": readings}
    child.stdin.write(json.dumps(request) + "\n")
    child.stdin.flush()
    for line in child.stdout:
        event = json.loads(line)
        yield {"pid": child.pid, "at_s": time.monotonic(), **event}
        if event["event"] in ("done", "failed"):
            break
    child.stdin.close()
    child.stdout.close()
    child.wait()


def recorded_mb_s(readings: int, folder: Path) -> float:
    """Return MB/s of the wire through the acquisition process into its log."""
    log = folder / "unpaced.capture"
    with sender("--rate", 1e6, "--readings", readings, "--way", "prepared") as (device, port):
        *_, last = acquire(port, log, readings)
        assert device.stdout is not None
        began = json.loads(device.stdout.readline())["began_s"]
    if not last.get("complete"):
        sys.exit(f"the unpaced recording ended with {last}")
    _check_log(log, readings)
    log.unlink()
    return wire_bytes(readings) / (last["at_s"] - began) / 1e6


def _check_log(log: Path, readings: int) -> None:
    """End the bench if a log holds other than what was sent."""
    from studio import capture_log

    capture = capture_log.scan(log)
    wanted = np.resize(pattern(1, "int16"), (readings, 1))
    if capture.gaps or not np.array_equal(np.concatenate(list(capture.chunks())), wanted):
        sys.exit(f"the unpaced recording holds {capture.readings} readings, not what was sent")


def unpaced_gate(readings: int) -> dict[str, Any]:
    """Compare receiving, decoding and recording with reading alone."""
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(RUNS):
            bare, ours = bare_mb_s(readings), recorded_mb_s(readings, Path(folder))
            say(f"unpaced: {bare:.1f} MB/s bare, {ours:.1f} MB/s recorded")
            ratios.append(ours / bare)
    ratio = round(statistics.median(ratios), 3)
    name = "unpaced receive, decode, record against a bare pyserial loop"
    return gate(name, ratio, 0.5, "of its bytes/s", "higher")


def memory_gate(hours: float) -> dict[str, Any]:
    """Record hours of sound in fast time; compare memory late with memory early."""
    readings = round(hours * 3600 * MEMORY_HZ)
    sizes: list[tuple[int, int]] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        sender("--rate", MEMORY_HZ, "--readings", readings, "--way", "unpaced") as (_, port),
    ):
        for event in acquire(port, Path(folder) / "long.capture", readings):
            last = event
            if event["event"] == "stats":
                status = Path(f"/proc/{event['pid']}/status").read_text()
                kib = int(status.partition("VmRSS:")[2].split()[0])
                sizes.append((event["readings"], kib))
    if not last.get("complete"):
        sys.exit(f"the recording of {hours:g} h ended with {last}")
    half, quarter = (readings * part / 4 for part in (2, 3))
    early = max(kib for at, kib in sizes if at <= half)
    late = max(kib for at, kib in sizes if at >= quarter)
    say(f"memory: {early} KiB in the first half of {hours:g} h, {late} KiB in the last quarter")
    name = f"memory of the last quarter of {hours:g} h against the first half"
    return gate(name, round(late / early, 4), 1.1, "times", "lower")


def main() -> None:
    """Measure and print."""
    parser = options(__doc__ or "")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each stream; full: 600")
    parser.add_argument("--files", type=int, default=10_000, help="to import")
    parser.add_argument("--readings", type=int, default=UNPACED_READINGS, help="without pace")
    parser.add_argument("--hours", type=float, default=2.0, help="of memory in fast time")
    parser.add_argument("--only", default="", help="lines whose name contains this")
    given = parser.parse_args()
    gates: list[dict[str, Any]] = []
    for stream in STREAMS:
        if given.only in stream.name:
            gates += stream_gates(stream, given.seconds)
    for name, work in (
        ("unpaced", lambda: [unpaced_gate(given.readings)]),
        ("text", text_gates),
        ("import", lambda: [import_ratio(given.files)]),
        ("memory", lambda: [memory_gate(given.hours)]),
    ):
        if given.only in name:
            gates += work()
    finish({"gates": gates}, as_json=given.json)


if __name__ == "__main__":
    main()
