"""Set the program up in `.venv` beside it, with nothing but Python's standard library.

A stamp in `.venv` says what is installed; while it matches, a start costs only reading it. The
stamp is written last, so an interrupted set-up is simply continued at the next start; a lock lets
two starts at once take turns.
"""

import contextlib
import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "tinyml-studio.stamp"
LOG = ROOT / ".venv-setup.log"
PYTHON = VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
OLDEST, NEWEST = (3, 11), (3, 13)

# what Qt's window needs from a bare Debian or Ubuntu: library -> package
QT_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
}
# what microphones need
SOUND_LIBRARIES = {"libportaudio.so.2": "libportaudio2"}
# what the tests use beyond that: program -> package
TEST_PROGRAMS = {"Xvfb": "xvfb", "xdotool": "xdotool"}

OFFLINE_SIGNS = (
    "Temporary failure in name resolution",
    "Failed to establish a new connection",
    "NewConnectionError",
    "Network is unreachable",
    "getaddrinfo failed",
    "nodename nor servname",
    "Connection timed out",
    "ConnectTimeoutError",
    "ProxyError",
    "(from versions: none)",  # every pin exists, so no answer at all came
)


class SetupError(Exception):
    """One sentence about what stands in the way, and what to do."""


def say(text: str) -> None:
    """Tell the person something; standard output stays free for `--json`."""
    print(text, file=sys.stderr, flush=True)


def ensure(pins: str, *, tests: bool) -> float:
    """Make `.venv` hold the pinned packages and the program; return the seconds it took.

    Parameters
    ----------
    pins : str
        File of exact versions with hashes in this folder.
    tests : bool
        Whether programs that only tests need are wanted too.
    """
    wanted = _wanted(pins)
    if _installed(wanted):
        return 0.0
    began = time.monotonic()
    _check_python()
    with _lock():
        if _installed(wanted):
            return time.monotonic() - began
        system_libraries(tests=tests)
        _make_venv()
        say(f"Setting up in {VENV}: about 2.5 GB once, several minutes. Details: {LOG.name}")
        _pip("install", "--require-hashes", "-r", str(ROOT / "installer" / pins))
        _pip("install", "--no-deps", "--no-build-isolation", "--quiet", "-e", str(ROOT))
        STAMP.write_text(wanted + "\n", encoding="utf-8")
    seconds = time.monotonic() - began
    say(f"Set up in {seconds:.0f} s.")
    return seconds


def _wanted(pins: str) -> str:
    digest = hashlib.sha256((ROOT / "installer" / pins).read_bytes())
    digest.update((ROOT / "pyproject.toml").read_bytes())
    digest.update(f"{sys.version_info[:2]} {ROOT}".encode())
    return f"{pins} {digest.hexdigest()}"


def _installed(wanted: str) -> bool:
    """Tell whether the stamp says so; the test set includes the program's own."""
    try:
        stamp = STAMP.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return False
    if not PYTHON.exists():
        return False
    return stamp == wanted or stamp == _wanted("pins-test.txt")


def _check_python() -> None:
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        found = ".".join(str(part) for part in sys.version_info[:3])
        raise SetupError(
            f"This is Python {found}; TinyML Studio needs 3.11, 3.12 or 3.13. "
            "Install one of these and start this file with it."
        )


@contextlib.contextmanager
def _lock() -> Iterator[None]:
    """Hold the set-up lock; a second start waits here until the first is done."""
    with (ROOT / ".venv-setup.lock").open("a+b") as file:
        waited = False
        while not _try_lock(file.fileno()):
            if not waited:
                say("Another start is setting up; waiting for it.")
            waited = True
            time.sleep(0.5)
        yield  # closing the file lets go of the lock


def _try_lock(handle: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(handle, 0, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _make_venv() -> None:
    if PYTHON.exists():  # half-made or another Python's environments are made anew
        check = subprocess.run(
            [PYTHON, "-c", "import sys, pip; print(sys.version_info[:2])"],
            capture_output=True,
            text=True,
            check=False,
        )
        if check.stdout.strip() == str(tuple(sys.version_info[:2])):
            return
    shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run(
        [sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True, check=False
    )
    if made.returncode != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        if "ensurepip" in made.stdout + made.stderr and shutil.which("apt-get"):
            package = f"python3.{sys.version_info[1]}-venv"
            _apt([package], "Python's venv module")
            subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
            return
        reason = (made.stderr or made.stdout).strip().splitlines()[-1:]
        raise SetupError(f"Python could not make {VENV}: {' '.join(reason) or 'no reason given'}")


def _pip(*arguments: str) -> None:
    command = [str(PYTHON), "-m", "pip", "--no-input", "--disable-pip-version-check", *arguments]
    lines: list[str] = []
    with LOG.open("a", encoding="utf-8", errors="replace") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        assert process.stdout is not None
        for line in process.stdout:
            log.write(line)
            lines.append(line.strip())
            if line.startswith(("Collecting", "Downloading", "Processing", "Installing")):
                say("  " + line.strip()[:100])
    if process.wait() != 0:
        raise SetupError(_why(lines))


def _why(lines: list[str]) -> str:
    text = "\n".join(lines)
    if any(sign in text for sign in OFFLINE_SIGNS):
        return (
            "The packages could not be fetched because there is no network connection; "
            "connect once and start again (what was fetched is kept)."
        )
    if "No space left" in text:
        free = shutil.disk_usage(ROOT).free / 1e9
        return f"The disk is full ({free:.1f} GB free, about 6 GB needed); make room, start again."
    errors = [line for line in lines if "ERROR" in line or "error" in line]
    last = (errors or lines or ["no message"])[-1]
    return f"The packages could not be installed: {last[:200]} (details: {LOG})"


def system_libraries(*, tests: bool) -> None:
    """On Debian and Ubuntu, install what the system lacks if root, else print the one command."""
    if not sys.platform.startswith("linux") or not shutil.which("apt-get"):
        return
    wanted = {**QT_LIBRARIES, **SOUND_LIBRARIES}
    missing = [package for name, package in wanted.items() if not _loads(name)]
    if tests:
        missing += [p for program, p in TEST_PROGRAMS.items() if not shutil.which(program)]
    if missing:
        _apt(missing, "System libraries of the window and of microphones", required=False)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _apt(packages: list[str], what: str, *, required: bool = True) -> None:
    command = f"apt-get install -y {' '.join(packages)}"
    if os.geteuid() != 0:
        message = f"{what} are missing. Install them with: sudo {command}"
        if required:
            raise SetupError(message)
        say(message)
        return
    say(f"Installing system packages: {' '.join(packages)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with LOG.open("ab") as log:
        for step in (["apt-get", "update"], ["apt-get", "install", "-y", *packages]):
            code = subprocess.run(
                step, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            ).returncode
    if code != 0:
        message = f"{what} could not be installed (details: {LOG}). Try: {command}"
        if required:
            raise SetupError(message)
        say(message)


def hand_over(command: list[str], environment: dict[str, str] | None = None) -> int:
    """Run the program in place of the installer and return its exit code."""
    full = {**os.environ, **(environment or {})}
    if sys.platform != "win32":
        sys.stdout.flush()
        sys.stderr.flush()
        os.execve(command[0], command, full)
    return subprocess.run(command, env=full, check=False).returncode


def guarded(work: str, pins: str, *, tests: bool) -> bool:
    """Set up; on failure say why in one sentence. True if the program can be run."""
    try:
        ensure(pins, tests=tests)
    except SetupError as error:
        say(str(error))
    except KeyboardInterrupt:
        say(f"Stopped. Start again to go on setting up; then {work}.")
    except OSError as error:
        say(f"Set-up failed: {error}. Check the folder's permissions and the disk, start again.")
    else:
        return True
    return False
