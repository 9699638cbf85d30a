"""Bare images for the virtual board: C files linked with its start-up code, by zig alone.

An image is named by the SHA-256 of everything that shapes it and moved into place when it is
complete, so two processes may link the same one at once. Whole firmware projects are built by
PlatformIO (`studio.firmware`); this is for programs that exist to measure.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from studio.errors import ToolError
from studio.paths import FIRMWARE, RUNTIME, cache_dir, make_folder

VIRTUAL = FIRMWARE / "virtual"
LINKER_SCRIPT = VIRTUAL / "link.ld"
INCLUDES = (RUNTIME, FIRMWARE / "hal", VIRTUAL)
FLAGS = (
    "-target",
    "thumb-freestanding-eabihf",
    "-mcpu=cortex_m4+vfp4d16sp",
    "-std=c99",
    "-O2",
    "-ffreestanding",
    "-ffp-contract=off",
    "-fno-sanitize=undefined",
    "-fno-strict-aliasing",
    "-ffunction-sections",
    "-fdata-sections",
    "-Wl,--gc-sections",
    "-Wl,-e,tml_reset",
)


def link_image(
    name: str,
    *,
    texts: Mapping[str, str],
    files: Sequence[Path] = (),
    include: Sequence[Path] = (),
    flags: Sequence[str] = (),
) -> Path:
    """Link C files with the virtual board's start-up code; return the ELF's path.

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

    Raises
    ------
    ToolError
        If zig is missing or refuses the code; the message holds its first error line.
    """
    if importlib.util.find_spec("ziglang") is None:
        raise ToolError("The C compiler zig is not installed.", "Run the installer again.")
    sources = [*files, VIRTUAL / "startup.c", VIRTUAL / "hal_virtual.c"]
    folders = [*INCLUDES, *include]
    target = _target(name, texts, [*sources, LINKER_SCRIPT, *_headers(folders)], flags)
    if not target.exists():
        make_folder(target.parent)
        _link(target, texts, sources, folders, flags)
    return target


def _headers(folders: Sequence[Path]) -> list[Path]:
    return [header for folder in folders for header in sorted(folder.rglob("*.h"))]


def _target(
    name: str, texts: Mapping[str, str], files: Sequence[Path], flags: Sequence[str]
) -> Path:
    version = importlib.metadata.version("ziglang")
    key = hashlib.sha256(f"{version}\0{FLAGS}\0{list(flags)}".encode())
    for text_name, text in sorted(texts.items()):
        key.update(f"\0{text_name}\0{text}".encode())
    for path in files:
        key.update(b"\0" + path.name.encode() + b"\0" + path.read_bytes())
    return cache_dir() / "images" / f"{name}-{key.hexdigest()[:20]}.elf"


def _link(
    target: Path,
    texts: Mapping[str, str],
    sources: Sequence[Path],
    folders: Sequence[Path],
    flags: Sequence[str],
) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".build-") as temporary:
        place = Path(temporary)
        for text_name, text in texts.items():
            (place / text_name).write_text(text, encoding="utf-8")
        built = place / "image.elf"
        argv = [sys.executable, "-m", "ziglang", "cc", *FLAGS, *flags, f"-Wl,-T,{LINKER_SCRIPT}"]
        argv += [f"-I{place}", *(f"-I{folder}" for folder in folders)]
        argv += [str(place / text_name) for text_name in texts if text_name.endswith(".c")]
        argv += [*(str(source) for source in sources), "-o", str(built)]
        environment = {**os.environ, "ZIG_GLOBAL_CACHE_DIR": str(cache_dir() / "zig")}
        run = subprocess.run(
            argv,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            cwd=place,
            env=environment,
        )
        if run.returncode != 0 or not built.exists():
            raise _refused(target.name, run.stderr)
        os.replace(built, target)


def _refused(name: str, stderr: str) -> ToolError:
    lines = stderr.splitlines()
    overflow = next((line for line in lines if "overflowed by" in line), "")
    if overflow:
        return ToolError(
            f"{name} does not fit the board: {overflow.partition('error: ')[2]}.",
            "Use a smaller model.",
        )
    first = next((line for line in lines if "error" in line), (lines or ["no message"])[0])
    return ToolError(
        f"The C compiler refused {name}: {first.strip()}",
        "This is a fault of the program; please report it.",
    )
