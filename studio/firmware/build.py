"""Building a firmware project with PlatformIO as a child process, and saying what went wrong."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from studio.errors import ToolError
from studio.events import Reporter, ToolRunner
from studio.firmware.lock import only_one
from studio.firmware.provision import REINSTALL, command, provision
from studio.firmware.sizes import image_sizes
from studio.paths import cache_dir
from studio.types import Board, Sizes

_COMPILE_ERROR = re.compile(r"^(?P<file>.+?):(?P<line>\d+):\d+: (?:fatal )?error: (?P<text>.*)$")
_OVERFLOW = re.compile(r"will not fit in region '(\w+)': overflowed by (\d+) bytes")
_MISSING = re.compile(r"No module named '?(platformio|SCons)\b")
_UNDEFINED = re.compile(r"undefined symbol: (.*)$")
# about PlatformIO's web pages and library search, of which nothing is used here
_CHATTER = ("Verbose mode", "CONFIGURATION:", "LDF", "Found 0", "Scanning dep", "No dependencies")
_REPORT = "This is a fault of the program or of a plugin's C code; please report it with the log."


@dataclass(frozen=True, slots=True)
class BuildResult:
    """A built image."""

    elf: Path
    sizes: Sizes
    seconds: float
    log: tuple[str, ...]


def build(folder: Path, board: Board, run_tool: ToolRunner, report: Reporter) -> BuildResult:
    """Compile and link a project written by `write_project`; unchanged files are not recompiled.

    Two builds of one folder wait for each other.

    Raises
    ------
    ToolError
        With the first error in plain words, if it does not compile, link or fit the board.
    Cancelled
        If the person stopped it.
    """
    started = time.monotonic()
    report.progress(0.0, "build: preparing the tools")
    environment = {
        **provision(cache_dir() / "platformio"),
        "ZIG_GLOBAL_CACHE_DIR": str(cache_dir() / "zig"),
    }
    lines: list[str] = []
    total = sum(1 for _ in (folder / "src").rglob("*.c")) + 1

    def on_line(line: str) -> None:
        report.check_cancelled()
        lines.append(line)
        if not line.startswith(_CHATTER):
            report.log(line)
        if line.startswith(("Compiling ", "Linking ")):
            done = sum(1 for seen in lines if seen.startswith("Compiling "))
            report.progress(min(0.05 + 0.9 * done / total, 0.95), f"build: {Path(line).name}")
            report.event("compiled", done=min(done, total - 1), total=total - 1)

    def waiting() -> None:
        report.check_cancelled()
        report.progress(0.0, "build: waiting for another build of this folder")

    with only_one(folder, waiting):
        arguments = command("run", "--project-dir", str(folder), "--environment", board.pio_board)
        code = run_tool(arguments, cwd=folder, env=environment, on_line=on_line)
        if code != 0:
            raise explain(lines)
        elf = folder / ".pio" / "build" / board.pio_board / "program.elf"
        if not elf.is_file():
            raise ToolError("PlatformIO built no image.", "See the log, then build again.")
        sizes = image_sizes(elf, elf.with_suffix(".map"))
    report.progress(1.0, f"build: {sizes.flash_bytes} bytes of flash, {sizes.ram_bytes} of RAM")
    return BuildResult(elf, sizes, time.monotonic() - started, tuple(lines))


def explain(lines: Sequence[str]) -> ToolError:
    """Return the first real error of a build's output in plain words."""
    for line in lines:
        if found := _COMPILE_ERROR.match(line):
            return ToolError(
                f"The C compiler stopped at {found['file']}, line {found['line']}: "
                f"{found['text'].strip()}.",
                _REPORT,
            )
        if found := _OVERFLOW.search(line):
            memory = {"RAM": "RAM", "FLASH": "flash"}.get(found[1], found[1])
            return ToolError(
                f"The program needs {found[2]} bytes more {memory} than the board has.",
                "Use a smaller model or a shorter window, or choose a larger board.",
            )
        if found := _MISSING.search(line):
            return ToolError(f"{found[1]} is not installed.", REINSTALL)
        if found := _UNDEFINED.search(line):
            return ToolError(f"The program calls {found[1]}, which no file defines.", _REPORT)
    wrong = [line for line in lines if re.search(r"\berror\b", line, re.IGNORECASE)]
    said = [line for line in lines if line.strip()] or ["it said nothing"]
    reason = wrong[0] if wrong else said[-1]
    return ToolError(f"The firmware could not be built: {reason.strip()}", "See the log.")
