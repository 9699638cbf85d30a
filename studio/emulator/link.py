"""Bare images for the virtual boards: C files linked with their start-up code.

An image is named by the SHA-256 of everything that shapes it and moved into place when it is
complete, so two processes may link the same one at once; the linker's map lies beside it. Whole
firmware projects are built by PlatformIO (`studio.firmware`); this is for programs that exist to
measure. Zig, which the studio brings, links them; arm-none-eabi-gcc does so where it is asked for,
because most firmware is built with it.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from studio.emulator.toolchain import TOOLCHAINS, Toolchain, run_compiler
from studio.errors import ConfigError, ToolError
from studio.paths import FIRMWARE, RUNTIME, cache_dir, make_folder

VIRTUAL = FIRMWARE / "virtual"
INCLUDES = (RUNTIME, FIRMWARE / "hal", VIRTUAL)
FLAGS = (
    "-std=c99",
    "-O2",
    "-g0",
    "-ffreestanding",
    "-ffp-contract=off",
    "-fno-strict-aliasing",
    "-ffunction-sections",
    "-fdata-sections",
)


@dataclass(frozen=True, slots=True)
class _Job:
    """Everything that shapes an image."""

    name: str
    texts: Mapping[str, str]
    sources: Sequence[Path]
    folders: Sequence[Path]
    flags: Sequence[str]
    core: str
    toolchain: Toolchain

    @property
    def script(self) -> Path:
        """The core's linker script."""
        return VIRTUAL / f"{self.core.replace('-', '_')}.ld"

    def target(self) -> Path:
        """Return where the image belongs."""
        files = [*self.sources, self.script, VIRTUAL / "sections.ld"]
        files += [header for folder in self.folders for header in sorted(folder.rglob("*.h"))]
        shape = (self.toolchain.version(), self.toolchain.options[self.core], FLAGS, self.flags)
        key = hashlib.sha256(repr((*shape, self.toolchain.link)).encode())
        for text_name, text in sorted(self.texts.items()):
            key.update(f"\0{text_name}\0{text}".encode())
        for path in files:
            key.update(b"\0" + path.name.encode() + b"\0" + path.read_bytes())
        return cache_dir() / "images" / f"{self.name}-{key.hexdigest()[:20]}.elf"


def link_image(
    name: str,
    *,
    texts: Mapping[str, str],
    files: Sequence[Path] = (),
    include: Sequence[Path] = (),
    flags: Sequence[str] = (),
    core: str = "cortex-m4",
    toolchain: str = "zig",
) -> Path:
    """Link C files with a virtual board's start-up code; return the ELF's path.

    The linker's map is the file beside it that ends in `.map`.

    Parameters
    ----------
    name : str
        Readable part of the file name.
    texts : mapping of str to str
        Generated files, name -> text; those ending in `.c` are compiled.
    files : sequence of Path
        C files on disk to compile as well.
    include : sequence of Path
        Include folders beside the runtime's, the hardware layer's and the board's.
    flags : sequence of str
        Compiler flags beside `FLAGS`.
    core : str
        The board's core, such as `cortex-m4`.
    toolchain : str
        A key of `studio.emulator.toolchain.TOOLCHAINS`.

    Raises
    ------
    ConfigError
        If the core or the toolchain is not known.
    ToolError
        If the compiler is missing or refuses the code; the message holds its first error line.
    """
    chain = TOOLCHAINS.get(toolchain)
    if chain is None:
        raise ConfigError(
            f"There is no toolchain {toolchain!r}.", f"Choose one of {', '.join(TOOLCHAINS)}."
        )
    if core not in chain.options:
        raise ConfigError(
            f"No image can be linked for the core {core!r}.",
            f"There are {', '.join(chain.options)}.",
        )
    sources = (*files, VIRTUAL / "startup.c", VIRTUAL / "hal_virtual.c")
    job = _Job(name, texts, sources, (*INCLUDES, *include), tuple(flags), core, chain)
    target = job.target()
    if not target.exists():
        make_folder(target.parent)
        _link(job, target)
    return target


def _link(job: _Job, target: Path) -> None:
    """Compile each file to an object of its own name, which the map then shows, and link them."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".build-") as temporary:
        place = Path(temporary)
        for text_name, text in job.texts.items():
            (place / text_name).write_text(text, encoding="utf-8")
        common = [*job.toolchain.options[job.core], *FLAGS, *job.flags, f"-I{place}"]
        common += [f"-I{folder}" for folder in job.folders]
        sources = [place / name for name in job.texts if name.endswith(".c")] + [*job.sources]
        objects = []
        for source in sources:
            objects.append(f"{source.stem}.o")
            argv = [*common, "-c", str(source), "-o", objects[-1]]
            _checked(target.name, *run_compiler(job.toolchain, argv, place))
        for script in (job.script, VIRTUAL / "sections.ld"):
            shutil.copy(script, place)  # zig looks for what a script includes here only
        argv = [*job.toolchain.options[job.core], *job.toolchain.link]
        argv += [f"-Wl,-T,{job.script.name}", *objects, "-o", "image.elf"]
        status, output, words = run_compiler(job.toolchain, argv, place)
        _checked(target.name, status, output, words)
        if not (place / "image.map").exists():
            (place / "image.map").write_text(output, encoding="utf-8")
        os.replace(place / "image.map", target.with_suffix(".map"))
        os.replace(place / "image.elf", target)


def _checked(name: str, status: int, _output: str, words: str) -> None:
    if status == 0:
        return
    lines = words.splitlines()
    overflow = next((line for line in lines if "overflowed by" in line), "")
    if overflow:
        reason = overflow.partition("error: ")[2] or overflow.partition("ld: ")[2]
        raise ToolError(f"{name} does not fit the board: {reason}.", "Use a smaller model.")
    first = next((line for line in lines if "error" in line), (lines or ["no message"])[0])
    raise ToolError(
        f"The C compiler refused {name}: {first.strip()}",
        "This is a fault of the program; please report it.",
    )
