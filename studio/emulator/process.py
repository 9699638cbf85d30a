"""The processes of virtual boards: start detached, stop, list, clean up what died."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from studio.emulator.control import Control, read_state
from studio.errors import ConfigError, DeviceError
from studio.paths import boards_dir, cache_dir, make_folder
from studio.registry import find
from studio.types import VirtualBoard

READY_S = 60.0
"""The first start compiles the block counter."""
PROBE_S = 5.0
STOP_S = 10.0
_ATTACHED: dict[int, "subprocess.Popen[bytes]"] = {}
"""Boards that live as long as the pipe to them is open."""


def start(
    name: str = "virtual",
    *,
    board: Path,
    real_time: bool = False,
    lossy: bool = False,
    state: Path | None = None,
    attached: bool = False,
) -> VirtualBoard:
    """Start a virtual board that outlives this process and wait until it answers.

    Parameters
    ----------
    name : str
        Letters, digits, `-` and `_`.
    board : Path
        Board file (TOML).
    real_time : bool
        Hold the board's time to the clock; otherwise it runs as fast as the core allows.
    lossy : bool
        Lose serial bytes that nobody reads in time, as a UART does, instead of waiting.
    state : Path, optional
        Folder of state file and flash; `studio.paths.boards_dir()` unless given.
    attached : bool
        End the board when this process ends, however it ends.

    Returns
    -------
    VirtualBoard

    Raises
    ------
    DeviceError
        If it runs already or does not come up; the message holds its last line.
    """
    folder = state or boards_dir()
    if not name or any(not (c.isascii() and (c.isalnum() or c in "-_")) for c in name):
        raise ConfigError(
            f"{name!r} cannot name a virtual board.", "Use letters, digits, - and _."
        )
    make_folder(folder)
    if _living(folder / f"{name}.json") is not None:
        raise DeviceError(
            f"A virtual board {name!r} is running already.",
            f"Stop it (tinyml-studio boards stop --name {name}) or choose another --name.",
        )
    options = ["--real-time"] * real_time + ["--lossy"] * lossy + ["--attached"] * attached
    log = folder / f"{name}.log"
    process = _launch(name, board, folder, options, log)
    if attached:
        _ATTACHED[process.pid] = process
    return _wait_ready(process, folder / f"{name}.json", log)


def _launch(
    name: str, board: Path, folder: Path, options: list[str], log: Path
) -> "subprocess.Popen[bytes]":
    program = find("program", "virtual_board").path
    argv = [sys.executable, str(program), "--name", name, "--board-file", str(board)]
    argv += ["--state", str(folder), "--cache", str(cache_dir() / "virtual_board"), *options]
    with log.open("wb") as output:
        try:
            return subprocess.Popen(
                argv,
                stdin=subprocess.PIPE if "--attached" in options else subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=folder,
                **_detached(),
            )
        except OSError as error:
            raise DeviceError(
                f"The virtual board could not be started: {error}.", "Run the installer again."
            ) from error


def _detached() -> dict[str, Any]:
    if sys.platform == "win32":
        flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
        return {"creationflags": flags}
    return {"start_new_session": True}


def _wait_ready(process: "subprocess.Popen[bytes]", path: Path, log: Path) -> VirtualBoard:
    end = time.monotonic() + READY_S
    while time.monotonic() < end:
        board = read_state(path)
        if board is not None and board.pid == process.pid:
            Control(board).info()
            # the board is meant to outlive this object; do not warn about that
            process.returncode = 0
            return board
        if process.poll() is not None:
            raise DeviceError(f"The virtual board did not start: {_last_line(log)}", f"See {log}.")
        time.sleep(0.02)
    process.kill()
    process.wait()
    raise DeviceError(
        f"The virtual board did not answer within {READY_S:.0f} s.", f"Its log is {log}."
    )


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    return lines[-1].partition(" ERROR ")[2] or lines[-1] if lines else "it left no message"


def stop(name: str = "virtual", *, state: Path | None = None) -> bool:
    """Stop a virtual board and wait until it is gone; its flash stays.

    Returns
    -------
    bool
        Whether one was running.

    Raises
    ------
    DeviceError
        If it answers but does not end.
    """
    path = (state or boards_dir()) / f"{name}.json"
    board = _living(path)
    if board is None:
        return False
    Control(board).stop()
    end = time.monotonic() + STOP_S
    while time.monotonic() < end:
        if not path.exists() and not _process_lives(board.pid):
            _release(board.pid)
            return True
        time.sleep(0.02)
    raise DeviceError(
        f"The virtual board {name!r} (process {board.pid}) does not end.", "End that process."
    )


def _release(pid: int) -> None:
    process = _ATTACHED.pop(pid, None)
    if process is not None and process.stdin is not None:
        process.stdin.close()


def boards(*, state: Path | None = None) -> list[VirtualBoard]:
    """Return the running virtual boards, by name; state files of dead ones are removed."""
    living = (_living(path) for path in sorted((state or boards_dir()).glob("*.json")))
    return [board for board in living if board is not None]


def _living(path: Path) -> VirtualBoard | None:
    """Return the board of a state file if it answers, else remove the file."""
    board = read_state(path)
    if board is not None and _process_lives(board.pid):
        try:
            Control(board, timeout_s=PROBE_S).info()
        except DeviceError as error:
            if isinstance(error.__cause__, TimeoutError):
                return board  # it listens; this computer is busy
        else:
            return board
    if read_state(path) == board:  # unless a new board has just taken the name
        path.unlink(missing_ok=True)
    return None


def _process_lives(pid: int) -> bool:
    """Whether a process of this number exists."""
    if sys.platform == "win32":
        return _windows_process_lives(pid)
    _reap(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _windows_process_lives(pid: int) -> bool:
    """Ask for the process instead of sending it a signal: that would end it there."""
    import ctypes

    synchronize, still_running = 0x00100000, 0x102
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 - there on Windows only
    handle = kernel.OpenProcess(synchronize, False, pid)
    if not handle:
        return False
    lives = kernel.WaitForSingleObject(handle, 0) == still_running
    kernel.CloseHandle(handle)
    return bool(lives)


def _reap(pid: int) -> None:
    """Collect a dead board of our own: until then its number looks alive."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return
