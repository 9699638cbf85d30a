"""The acquisition process: one per open link, so that a stall elsewhere cannot lose a byte.

Started as `python -m studio acquire`. The first line on standard input is the request as JSON (the
fields of `RecordRequest`); a line `{"mark": LABEL, "at_s": TIME}` says that a label holds from
then on; a line `stop`, or the end of the input, ends the recording, so that the process never
outlives the one who started it. Events go to standard output as JSON lines:

- `info`: what the board says about its stream (fields of `StreamInfo`), and `ring`: the name of
  the shared memory from which a `RingReader` draws it, empty if there is none;
- `progress`: `fraction`, `text`; `stats` twice a second: `readings`, `seconds`, `saved`, what was
  lost, the told and the measured rate, the jitter of arrivals, when reading 0 was taken;
- `gap`: `missing` readings before `at`; `loss`: `what` (`damaged`, `sequence`, `board`),
  `count` and `time_s`; `waiting` for the board, and `resumed` with `missing` readings and how that
  was estimated; `text`: the board's words;
- `clip`, `countdown` of a `ClipKeeper`; `mark`: `label` and the reading `at` which it begins;
- at the end `done`: `readings`, `saved`, `complete`, `ended` (why, if not complete), or `failed`:
  `type`, `message`, `hint`, `readings`, `saved`.
"""

import contextlib
import json
import os
import queue
import sys
import threading
from typing import Any, TextIO

from studio.devices.marks import Mark
from studio.devices.recorder import Recorder, RecordRequest
from studio.errors import ConfigError, StudioError


class _Events:
    """Writes events in a thread, so that a parent that does not read cannot hold up the recording.

    When nobody listens any more that counts as a request to stop. Figures that nobody has read in
    time are left out.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="events", daemon=True)
        self._thread.start()
        self.broken = False

    def __call__(self, kind: str, **data: object) -> None:
        if not self.broken and (kind not in PASSING or self._lines.qsize() < MOST_LINES):
            self._lines.put(json.dumps({"event": kind, **data}) + "\n")

    def _write(self) -> None:
        try:
            while line := self._lines.get():
                self._stream.write(line)
                self._stream.flush()
        except OSError:
            self.broken = True

    def close(self) -> None:
        """Write what is left."""
        self._lines.put("")
        self._thread.join()


PASSING = ("stats", "progress", "loss")
MOST_LINES = 200
NICE = -10
SWITCH_S = 0.0005
"""The thread at the port must not wait long for the one that decodes."""


def _request(line: str) -> RecordRequest:
    try:
        fields: dict[str, Any] = json.loads(line)
        return RecordRequest(**fields)
    except (ValueError, TypeError) as error:
        raise ConfigError(
            f"The request to record cannot be understood: {error}.",
            "This is a fault of the program; please report it.",
        ) from error


def main() -> int:
    """Be the acquisition process; return the exit code."""
    channel = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever prints must not break it
    sys.setswitchinterval(SWITCH_S)
    _come_first()
    emit = _Events(channel)
    try:
        return _record(emit)
    finally:
        emit.close()


def _come_first() -> None:
    """Ask the system to serve this process before others; bytes at a port do not wait."""
    if sys.platform == "win32":
        import ctypes

        kernel = ctypes.windll.kernel32
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), 0x80)  # HIGH_PRIORITY_CLASS
        return
    with contextlib.suppress(OSError):  # few systems allow it to everybody
        os.setpriority(os.PRIO_PROCESS, 0, NICE)


def _record(emit: _Events) -> int:
    recorder: Recorder | None = None
    try:
        request = _request(sys.stdin.readline())
        stop = threading.Event()
        marks: queue.SimpleQueue[Mark] = queue.SimpleQueue()
        threading.Thread(target=_listen, args=(stop, marks), daemon=True).start()
        recorder = Recorder(
            request, emit, stopped=lambda: stop.is_set() or emit.broken, marks=marks
        )
        ended = recorder.run()
    except StudioError as error:
        emit(
            "failed",
            type=type(error).__name__,
            message=error.message,
            hint=error.hint,
            readings=recorder.readings if recorder else 0,
            saved=recorder.saved if recorder else 0,
        )
        return 1
    emit(
        "done",
        readings=recorder.readings,
        saved=recorder.saved,
        complete=not ended,
        ended=ended,
    )
    return 0


def _listen(stop: threading.Event, marks: "queue.SimpleQueue[Mark]") -> None:
    for line in sys.stdin:
        if line.strip() == "stop":
            break
        if (mark := Mark.read(line)) is not None:
            marks.put(mark)
    stop.set()
