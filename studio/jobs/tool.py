"""External programs as child processes whose output is streamed line by line."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from studio.errors import ToolError
from studio.jobs import guard

REINSTALL = "Run the installer again."
# a child leads a group of its own, so that its children can be ended with it
OWN_SESSION = sys.platform != "win32"
OWN_GROUP = 0x200 if sys.platform == "win32" else 0  # CREATE_NEW_PROCESS_GROUP
BEHIND = 0x4000 if sys.platform == "win32" else 0  # BELOW_NORMAL_PRIORITY_CLASS
_NICE = 10


def start_child(*arguments: str, behind: bool = False) -> "subprocess.Popen[str]":
    """Start this program as a child that is spoken to in lines; end it with `end_group`.

    What computes for long goes `behind`: the processor is the window's and the boards' first.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "studio", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        start_new_session=OWN_SESSION,
        creationflags=OWN_GROUP | (BEHIND if behind else 0),
    )
    if behind:
        _step_behind(process)
    return process


def _step_behind(process: "subprocess.Popen[str]") -> None:
    """Let a child that has just been started, and its children, yield to other programs."""
    if sys.platform == "win32":
        return  # it was started so
    with contextlib.suppress(OSError):  # it ended at once, or may not
        os.setpriority(os.PRIO_PROCESS, process.pid, _NICE)
    group = Path(f"/proc/{process.pid}/autogroup")  # of Linux: sessions share the processor first
    with contextlib.suppress(OSError):
        group.write_text(str(_NICE))


def run_tool(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    on_line: Callable[[str], None],
) -> int:
    """Run a program to its end and return its exit code (a `ToolRunner`).

    `env` is added to the present environment. If `on_line` raises (a cancelled job), the program
    and its children are ended first; they also end when this process is killed.

    Raises
    ------
    ToolError
        If the program cannot be started.
    """
    environment = {**os.environ, **env}
    if shutil.which(argv[0], path=environment.get("PATH")) is None:
        raise ToolError(f"{argv[0]} could not be started: it is missing.", REINSTALL)
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", guard.__file__, *argv],
            cwd=cwd,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=OWN_SESSION,
            creationflags=OWN_GROUP | BEHIND,
        )
    except OSError as error:
        raise ToolError(f"{argv[0]} could not be started: {error}.", REINSTALL) from error
    _step_behind(process)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        for line in process.stdout:
            on_line(line.rstrip("\r\n"))
        return process.wait()
    except BaseException:
        end_group(process)
        raise
    finally:
        process.stdin.close()
        process.stdout.close()


def end_group(process: "subprocess.Popen[str]") -> None:
    """End a child that leads its own group, and its children; ask first, then insist."""
    if process.poll() is not None:
        return
    if sys.platform == "win32":
        subprocess.run(
            ["taskkill", "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False
        )
        return
    import signal

    try:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(3)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    except ProcessLookupError:
        pass
