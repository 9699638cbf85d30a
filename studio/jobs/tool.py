"""External programs as child processes whose output is streamed line by line."""

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


def start_child(*arguments: str) -> "subprocess.Popen[str]":
    """Start this program as a child that is spoken to in lines; end it with `end_group`."""
    return subprocess.Popen(
        [sys.executable, "-m", "studio", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        start_new_session=OWN_SESSION,
        creationflags=OWN_GROUP,
    )


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
            creationflags=OWN_GROUP,
        )
    except OSError as error:
        raise ToolError(f"{argv[0]} could not be started: {error}.", REINSTALL) from error
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
