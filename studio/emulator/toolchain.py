"""The C compilers that build for the virtual boards, and how each core is named to them."""

import functools
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from studio.errors import ToolError
from studio.paths import cache_dir

GCC = "arm-none-eabi-gcc"


@dataclass(frozen=True, slots=True)
class Toolchain:
    """A compiler and its options."""

    command: Sequence[str]
    version: Callable[[], str]
    """Raises ToolError where the compiler is missing."""
    options: Mapping[str, Sequence[str]]
    """Core -> options that choose it."""
    link: Sequence[str]
    """Options of the last step. The map goes to `image.map` or to standard output."""


def _zig_version() -> str:
    if importlib.util.find_spec("ziglang") is None:
        raise ToolError("The C compiler zig is not installed.", "Run the installer again.")
    return importlib.metadata.version("ziglang")


@functools.cache
def gcc_version() -> str:
    """Return the first line that arm-none-eabi-gcc says about itself.

    Raises
    ------
    ToolError
        If it is not installed.
    """
    if shutil.which(GCC) is None:
        raise ToolError(
            f"{GCC} is not installed.", "Install the Arm GNU toolchain, or use the toolchain zig."
        )
    run = subprocess.run([GCC, "--version"], capture_output=True, text=True, check=False)
    return run.stdout.partition("\n")[0]


def _zig(cpu: str, abi: str) -> Sequence[str]:
    return ("-target", f"thumb-freestanding-{abi}", f"-mcpu={cpu}", "-fno-sanitize=undefined")


def _gcc(cpu: str, *floats: str) -> Sequence[str]:
    return (f"-mcpu={cpu}", "-mthumb", *floats)


TOOLCHAINS: Mapping[str, Toolchain] = {
    "zig": Toolchain(
        (sys.executable, "-m", "ziglang", "cc"),
        _zig_version,
        {
            "cortex-m0plus": _zig("cortex_m0plus", "eabi"),
            "cortex-m4": _zig("cortex_m4+vfp4d16sp", "eabihf"),
            "cortex-m7": _zig("cortex_m7+fp_armv8d16sp", "eabihf"),
            "cortex-m33": _zig("cortex_m33+dsp+fp_armv8d16sp", "eabihf"),
        },
        ("-Wl,--gc-sections", "-Wl,-e,tml_reset", "-Wl,--print-map"),
    ),
    "gcc": Toolchain(
        (GCC,),
        gcc_version,
        {
            "cortex-m0plus": _gcc("cortex-m0plus", "-mfloat-abi=soft"),
            "cortex-m4": _gcc("cortex-m4", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"),
            "cortex-m7": _gcc("cortex-m7", "-mfloat-abi=hard", "-mfpu=fpv5-sp-d16"),
            "cortex-m33": _gcc("cortex-m33", "-mfloat-abi=hard", "-mfpu=fpv5-sp-d16"),
        },
        ("-nostartfiles", "-Wl,--gc-sections", "-Wl,-e,tml_reset", "-Wl,-Map=image.map"),
    ),
}


def run_compiler(toolchain: Toolchain, argv: Sequence[str], folder: Path) -> tuple[int, str, str]:
    """Run a toolchain's compiler in a folder; return its status, output and messages."""
    run = subprocess.run(
        [*toolchain.command, *argv],
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        cwd=folder,
        env={**os.environ, "ZIG_GLOBAL_CACHE_DIR": str(cache_dir() / "zig")},
    )
    return run.returncode, run.stdout, run.stderr
