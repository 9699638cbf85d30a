"""Worker processes: one request on standard input, one JSON event per line on standard output.

A worker is a child of its own so that TensorFlow is never in the window, and so that a crash or an
exhausted memory costs a job. `serve_worker` is the child's side, `run_worker` the parent's.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import IO, Any

from studio.errors import Cancelled, StudioError, ToolError, of_full_disk
from studio.events import Reporter
from studio.jobs.tool import end_group, start_child

BUG = "Bug"
"""Type of a failure that no person caused; it has a traceback instead of a hint."""
CANCEL = "cancel"
"""The line after the request that asks a worker to stop by itself."""


def run_worker(
    kind: str, request: Mapping[str, Any], report: Reporter, *, patience_s: float = 0.0
) -> dict[str, Any]:
    """Run one request in a worker process and return its result.

    Parameters
    ----------
    kind : str
        Which worker: `training` (may load TensorFlow) or `data` (never does).
    request : mapping
        JSON-able; what the worker's function gets.
    patience_s : float
        How long the work may take to stop by itself once the person asks to; then it is ended.

    Raises
    ------
    StudioError
        What the worker raised, or a `ToolError` if it died or ran out of memory.
    RuntimeError
        If the worker met a bug: the worker's own traceback is attached as a note.
    Cancelled
        If the person asked to stop before there was a result; the worker has ended.
    """
    process = start_child("worker", kind, behind=True)
    tail: deque[str] = deque(maxlen=30)
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    drain = threading.Thread(target=tail.extend, args=(process.stderr,), daemon=True)
    drain.start()
    stopper = _Stopper(process, report, patience_s)
    try:
        report.event("worker", pid=process.pid, worker=kind)
        stopper.tell(json.dumps(request))
        result = _follow(process.stdout, report)
        if result is None:
            process.wait()
            drain.join(2)
    finally:
        stopper.finish()
        with contextlib.suppress(OSError):
            process.stdin.close()
        end_group(process)
    if result is None:
        report.check_cancelled()
        raise ToolError(
            f"The {kind} worker ended unexpectedly ({_end(process.returncode, tail)}).",
            "Nothing was lost; start the step again. If it was out of memory, close programs.",
        )
    return result


def _end(code: int, tail: Iterable[str]) -> str:
    """Return in words how a process ended that said no result."""
    if code < 0:  # of POSIX alone: a signal, and nothing that was said has to do with it
        return f"the system ended it, signal {-code}"
    said = [line.strip() for line in tail if line.strip()]
    return f"exit code {code}: {said[-1].rstrip('.')}" if said else f"exit code {code}"


class _Stopper:
    """Ends a worker soon after the person asks to stop, even while it is silent."""

    def __init__(
        self, process: "subprocess.Popen[str]", report: Reporter, patience_s: float
    ) -> None:
        self._process = process
        self._report = report
        self._patience_s = patience_s
        self._done = threading.Event()
        self._speaking = threading.Lock()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def tell(self, line: str) -> None:
        """Say a line to the worker, if it still listens."""
        assert self._process.stdin is not None
        with self._speaking, contextlib.suppress(OSError):
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()

    def _watch(self) -> None:
        while not self._done.wait(0.2):
            try:
                self._report.check_cancelled()
            except StudioError:
                if self._patience_s:
                    self.tell(CANCEL)
                if not self._done.wait(self._patience_s):
                    end_group(self._process)
                return

    def finish(self) -> None:
        self._done.set()
        self._thread.join()


def _follow(stream: IO[str], report: Reporter) -> dict[str, Any] | None:
    """Relay events until the result; None if the stream ends without one."""
    for line in stream:
        try:
            event = json.loads(line)
            kind = event.pop("event")
        except (ValueError, KeyError, AttributeError, TypeError):
            report.log(line.rstrip())
            continue
        if kind == "progress":
            report.progress(event["fraction"], event["text"])
        elif kind == "log":
            report.log(event["line"])
        elif kind == "result":
            return dict(event["result"])
        elif kind == "failed":
            raise _rebuild(event)
        else:
            report.event(kind, **event)
    return None


def _rebuild(event: Mapping[str, Any]) -> StudioError | RuntimeError:
    if event.get("type") == BUG:
        bug = RuntimeError(event["message"])
        bug.add_note(f"In the worker:\n{event['traceback']}")
        return bug
    if event.get("type") == Cancelled.__name__:
        return Cancelled()
    classes = {cls.__name__: cls for cls in StudioError.__subclasses__()}
    cls = classes.get(event.get("type", ""), ToolError)
    return cls(event["message"], event.get("hint", ""))


class _Stdout:
    """The child's reporter: one JSON line per event."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._stop = threading.Event()

    def event(self, kind: str, **data: object) -> None:
        with self._lock:
            self._stream.write(json.dumps({"event": kind, **data}) + "\n")
            self._stream.flush()

    def progress(self, fraction: float, text: str) -> None:
        self.event("progress", fraction=fraction, text=text)

    def log(self, line: str) -> None:
        self.event("log", line=line)

    def check_cancelled(self) -> None:
        if self._stop.is_set():
            raise Cancelled

    def listen(self) -> None:
        """Hear the wish to stop; end this process when its parent is gone, so is its input."""
        while line := sys.stdin.readline():
            if line.strip() == CANCEL:
                self._stop.set()
        os._exit(3)


def _kind(error: StudioError) -> str:
    """Return the name of the kind of error that everybody knows."""
    known = StudioError.__subclasses__()
    return next((cls.__name__ for cls in type(error).__mro__ if cls in known), "")


def serve_worker(work: Callable[[dict[str, Any], Reporter], Mapping[str, Any]]) -> int:
    """Be a worker: read one request, do it, write events and the result; return the exit code."""
    channel = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # libraries that print must not break it
    report = _Stdout(channel)
    try:
        request = json.loads(sys.stdin.readline())
        threading.Thread(target=report.listen, daemon=True).start()
        report.event("result", result=work(request, report))
    except StudioError as error:
        report.event("failed", type=_kind(error), message=error.message, hint=error.hint)
        return 1
    except MemoryError:
        report.event(
            "failed",
            type=ToolError.__name__,
            message="The worker ran out of memory.",
            hint="Close other programs, or take less data or shorter windows; then try again.",
        )
        return 1
    except Exception as error:  # noqa: BLE001 - the border: the parent raises it as a bug
        full = of_full_disk(error) if isinstance(error, OSError) else None
        if full is not None:
            report.event("failed", type="ProjectError", message=full.message, hint=full.hint)
            return 1
        message = f"{type(error).__name__}: {error}"
        report.event("failed", type=BUG, message=message, traceback=traceback.format_exc())
        return 1
    return 0
