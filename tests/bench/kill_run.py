"""One demo in a process group of the bench: what it reports, who hangs on it, killing."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from common import ROOT

from studio.paths import cache_dir

LONGEST_S = 600.0
POLL_S = 0.01
PIDS = {"worker": "worker", "emulator": "board", "acquisition": "acquisition"}
"""Which event tells a victim's process id."""


def home_of(place: Path) -> Path:
    """Return a fresh home for a demo; its name marks every process that hangs on it."""
    home = place / "home"
    home.mkdir(parents=True)
    (place / "tmp").mkdir()
    return home


def _status(pid: str) -> tuple[bytes, str]:
    """Return a process's environment and command line; empty for one that has ended."""
    try:
        environment = Path("/proc", pid, "environ").read_bytes()
        words = Path("/proc", pid, "cmdline").read_bytes()
    except OSError:
        return b"", ""
    return environment, words.replace(b"\0", b" ").decode(errors="replace").strip()


def alive(home: Path) -> dict[int, str]:
    """Return the processes that were started for this home, with their command lines."""
    mark = f"TINYML_STUDIO_HOME={home}".encode()
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            environment, words = _status(entry)
            if mark in environment.split(b"\0"):
                found[int(entry)] = words
    return found


def kill(pids: Iterable[int]) -> int:
    """Kill without warning; return how many had not ended before."""
    killed = 0
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            killed += 1
    return killed


class DemoRun:
    """A running `demo --quick`, from the terminal or the window.

    Parameters
    ----------
    host : str
        `terminal` or `window`.
    home : Path
        For everything that is written outside projects.
    out : Path
        Folder of the projects; of the window's demo it must be `projects/demo-quick` in the home.
    """

    def __init__(self, host: str, home: Path, out: Path) -> None:
        self.home = home
        self.fraction, self.text = 0.0, ""
        self.saved: list[dict[str, Any]] = []
        self._pids: dict[str, int] = {}
        self._lines: list[str] = []
        self.environment = {
            **os.environ,
            "TINYML_STUDIO_HOME": str(home),
            "TINYML_STUDIO_CACHE": str(cache_dir()),
            "TMPDIR": str(home.parent / "tmp"),
            "PYTHONPATH": str(ROOT),
            "QT_QPA_PLATFORM": "offscreen",
        }
        if host == "window":
            command = [str(ROOT / "tests" / "bench" / "window_demo.py")]
        else:
            command = ["-m", "studio", "demo", "--quick", "--out", str(out), "--events"]
        self.process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            try:
                event = json.loads(line)
                kind = event["event"]
            except (ValueError, KeyError, TypeError):
                self._lines.append(line.rstrip())
                continue
            if kind == "progress":
                self.fraction, self.text = event["fraction"], event["text"]
            elif kind == "saved":
                self.saved.append(event)
            elif kind == "failed":
                self._lines.append(f"{event['message']} {event['hint']}")
            elif "pid" in event:
                self._pids[kind] = event["pid"]

    @property
    def running(self) -> bool:
        """Whether the demo has not ended."""
        return self.process.poll() is None

    def wait_for(self, until: Callable[[], bool], seconds: float = LONGEST_S) -> bool:
        """Wait until something is so; False if the demo or the time ends first."""
        end = time.monotonic() + seconds
        while not until():
            if not self.running or time.monotonic() > end:
                return False
            time.sleep(POLL_S)
        return True

    def victim(self, kind: str) -> int | None:
        """Return the process to kill, if there is one now."""
        if kind == "window":
            return self.process.pid
        pid = self._pids.get(PIDS[kind])
        ours = f"TINYML_STUDIO_HOME={self.home}".encode()
        return pid if pid is not None and ours in _status(str(pid))[0].split(b"\0") else None

    def wait(self, seconds: float) -> int | None:
        """Wait for the demo's end and all it said; return its exit code, None if it goes on."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        self._reader.join(2)
        return code

    def last_words(self) -> str:
        """Return the last line for people."""
        return next((line for line in reversed(self._lines) if line.strip()), "")

    def has_traceback(self) -> bool:
        """Whether it printed one."""
        return any("Traceback" in line for line in self._lines)
