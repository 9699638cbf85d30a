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

from studio.errors import StudioError, ToolError, of_full_disk
from studio.events import Reporter
from studio.jobs.tool import end_group, start_child

BUG = "Bug"
"""Type of a failure that no person caused; it has a traceback instead of a hint."""


def run_worker(kind: str, request: Mapping[str, Any], report: Reporter) -> dict[str, Any]:
    """Run one request in a worker process and return its result.

    Parameters
    ----------
    kind : str
        Which worker: `training` (may load TensorFlow) or `data` (never does).
    request : mapping
        JSON-able; what the worker's function gets.

    Raises
    ------
    StudioError
        What the worker raised, or a `ToolError` if it died or ran out of memory.
    RuntimeError
        If the worker met a bug: the worker's own traceback is attached as a note.
    Cancelled
        If the person asked to stop; the worker has been ended.
    """
    process = start_child("worker", kind)
    tail: deque[str] = deque(maxlen=30)
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    drain = threading.Thread(target=tail.extend, args=(process.stderr,), daemon=True)
    drain.start()
    stopper = _Stopper(process, report)
    try:
        report.event("worker", pid=process.pid, worker=kind)
        with contextlib.suppress(OSError):
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
        result = _follow(process.stdout, report)
        if result is None:
            process.wait()
            drain.join(2)
    finally:
        stopper.finish()
        with contextlib.suppress(OSError):
            process.stdin.close()
        end_group(process)
    report.check_cancelled()
    if result is None:
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

    def __init__(self, process: "subprocess.Popen[str]", report: Reporter) -> None:
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, args=(process, report), daemon=True)
        self._thread.start()

    def _watch(self, process: "subprocess.Popen[str]", report: Reporter) -> None:
        while not self._done.wait(0.2):
            try:
                report.check_cancelled()
            except StudioError:
                end_group(process)
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
    classes = {cls.__name__: cls for cls in StudioError.__subclasses__()}
    cls = classes.get(event.get("type", ""), ToolError)
    return cls(event["message"], event.get("hint", ""))


class _Stdout:
    """The child's reporter: one JSON line per event."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def event(self, kind: str, **data: object) -> None:
        with self._lock:
            self._stream.write(json.dumps({"event": kind, **data}) + "\n")
            self._stream.flush()

    def progress(self, fraction: float, text: str) -> None:
        self.event("progress", fraction=fraction, text=text)

    def log(self, line: str) -> None:
        self.event("log", line=line)

    def check_cancelled(self) -> None:
        """Do nothing: a worker is ended from outside."""


def _end_with_parent() -> None:
    """End this process when the parent is gone: its end of standard input is then closed."""
    while sys.stdin.readline():
        pass
    os._exit(3)


def serve_worker(work: Callable[[dict[str, Any], Reporter], Mapping[str, Any]]) -> int:
    """Be a worker: read one request, do it, write events and the result; return the exit code."""
    channel = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # libraries that print must not break it
    report = _Stdout(channel)
    try:
        request = json.loads(sys.stdin.readline())
        threading.Thread(target=_end_with_parent, daemon=True).start()
        report.event("result", result=work(request, report))
    except StudioError as error:
        report.event("failed", type=type(error).__name__, message=error.message, hint=error.hint)
        return 1
    except MemoryError:
        report.event(
            "failed",
            type=ToolError.__name__,
            message="The worker ran out of memory.",
            hint="Close other programs, or use fewer or shorter windows; then start it again.",
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
