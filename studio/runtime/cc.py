"""The PC's C compiler: zig from the Python package index, else the system's; results cached.

A library is named by the SHA-256 of everything that shapes it (sources, flags, compiler), built in
a temporary folder and moved into place, so two processes may build the same one at once.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from studio.errors import ToolError
from studio.paths import cache_dir, make_folder

FLAGS = (
    "-std=c99",
    "-O2",
    "-ffp-contract=off",
    "-fno-fast-math",
    "-fno-strict-aliasing",
    "-Wall",
    "-Wextra",
    "-Werror",
)
SUFFIX = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")


@lru_cache(maxsize=1)
def compiler() -> tuple[tuple[str, ...], str]:
    """Return the compiler's command and a text that identifies its version.

    Raises
    ------
    ToolError
        If neither zig nor a system compiler is installed.
    """
    if importlib.util.find_spec("ziglang") is not None:
        version = importlib.metadata.version("ziglang")
        # the baseline CPU: no fused multiply-add, no wider registers, the same sums everywhere
        return (sys.executable, "-m", "ziglang", "cc", "-mcpu=baseline"), f"zig {version}"
    for name in (os.environ.get("CC", ""), "cc", "gcc", "clang"):
        if name and shutil.which(name):
            text = subprocess.run(
                [name, "--version"], capture_output=True, text=True, check=False
            ).stdout.partition("\n")[0]
            return (name,), text
    raise ToolError(
        "No C compiler was found on this computer.",
        "Run the installer again: it installs one (ziglang) beside the program.",
    )


def build_library(
    name: str,
    *,
    texts: Mapping[str, str] | None = None,
    files: Sequence[Path] = (),
    include: Sequence[Path] = (),
    flags: Sequence[str] = (),
) -> Path:
    """Compile C files to a shared library and return its path.

    Parameters
    ----------
    name : str
        Readable part of the library's file name.
    texts : mapping of str to str
        Generated files, name -> text; those ending in `.c` are compiled, the rest is for includes.
    files : sequence of Path
        C files on disk to compile as well.
    include : sequence of Path
        Include folders; every header in them counts towards the cache key.
    flags : sequence of str
        Flags beside `FLAGS`.

    Raises
    ------
    ToolError
        If the compiler is missing or refuses the code; the message holds its first error line.
    """
    command, version = compiler()
    key = hashlib.sha256(f"{version}\0{platform.machine()}\0{FLAGS}\0{list(flags)}".encode())
    for text_name, text in sorted((texts or {}).items()):
        key.update(f"\0{text_name}\0{text}".encode())
    headers = [h for folder in include for h in sorted(folder.rglob("*.h"))]
    for path in (*files, *headers):
        key.update(b"\0" + path.name.encode() + b"\0" + path.read_bytes())
    folder = make_folder(cache_dir() / "libraries")
    target = folder / f"{name}-{key.hexdigest()[:20]}{SUFFIX}"
    if not target.exists():
        _build(target, command, texts or {}, [*files], [*include], [*flags])
    return target


def _build(
    target: Path,
    command: Sequence[str],
    texts: Mapping[str, str],
    files: list[Path],
    include: list[Path],
    flags: list[str],
) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".build-") as temporary:
        place = Path(temporary)
        for text_name, text in texts.items():
            (place / text_name).write_text(text, encoding="utf-8")
        sources = [*(place / n for n in texts if n.endswith(".c")), *files]
        built = place / ("out" + SUFFIX)
        argv = [*command, *FLAGS, *flags, "-shared"]
        if sys.platform != "win32":
            argv.append("-fPIC")
        argv += [f"-I{place}", *(f"-I{path}" for path in include)]
        argv += [*(str(path) for path in sources), "-o", str(built)]
        environment = {**os.environ, "ZIG_GLOBAL_CACHE_DIR": str(cache_dir() / "zig")}
        run = subprocess.run(
            argv, capture_output=True, text=True, check=False, cwd=place, env=environment
        )
        if run.returncode != 0 or not built.exists():
            lines = [line for line in run.stderr.splitlines() if "error" in line]
            first = (lines or run.stderr.splitlines() or ["no message"])[0]
            raise ToolError(
                f"The C compiler refused {target.name}: {first.strip()}",
                "This is a fault of the program or of a plugin's C code; please report it.",
            )
        os.replace(built, target)
