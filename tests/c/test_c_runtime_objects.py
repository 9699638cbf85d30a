"""What the signal code needs from outside on a board: no doubles, nothing of the C library."""

import subprocess
import sys
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from studio.paths import RUNTIME

SOURCES = sorted(path for part in ("math", "dsp", "post") for path in (RUNTIME / part).glob("*.c"))
FLAGS = (
    "-fno-unwind-tables",
    "-fno-asynchronous-unwind-tables",
    "-std=c99",
    "-O2",
    "-ffp-contract=off",
    "-ffreestanding",
    "-Wall",
    "-Wextra",
    "-Werror",
)
# compilers may turn loops into these, which every toolchain has
ALLOWED = {"memcpy", "memset", "memmove", "__aeabi_memcpy", "__aeabi_memclr", "__aeabi_memset"}


def _needed(path: Path) -> tuple[set[str], set[str]]:
    """Return the names that an object uses but lacks, and those that it defines."""
    with path.open("rb") as file:
        symbols = list(ELFFile(file).get_section_by_name(".symtab").iter_symbols())
    lacking = {one.name for one in symbols if one["st_shndx"] == "SHN_UNDEF" and one.name}
    return lacking, {one.name for one in symbols if one["st_shndx"] != "SHN_UNDEF"}


@pytest.mark.parametrize("cpu", ["cortex_m4+vfp4d16sp", "cortex_m0plus"])
def test_no_soft_double_and_no_libm(tmp_path: Path, cpu: str) -> None:
    abi = "eabihf" if "vfp" in cpu else "eabi"
    base = [sys.executable, "-m", "ziglang", "cc", "-target", f"thumb-freestanding-{abi}"]
    lacking: set[str] = set()
    defined: set[str] = set()
    for source in SOURCES:
        built = tmp_path / f"{source.stem}.o"
        argv = [*base, f"-mcpu={cpu}", *FLAGS, f"-I{RUNTIME}", "-c", str(source), "-o", str(built)]
        subprocess.run(argv, check=True)
        needs, has = _needed(built)
        lacking |= needs
        defined |= has
    outside = {name.rstrip("48") for name in lacking - defined} - ALLOWED
    if "vfp" in cpu:
        # unsigned 64-bit shifts and products are instructions; anything else would be a helper
        assert outside <= {"__aeabi_llsl", "__aeabi_llsr"}
    else:
        doubles = {name for name in outside if name.startswith("__aeabi_d") or "2d" in name}
        assert not doubles
        assert all(name.startswith("__aeabi_") for name in outside), outside


def test_the_sources_are_found() -> None:
    assert {path.name for path in SOURCES} >= {
        "tml_math.c",
        "rfft.c",
        "audio_mfcc.c",
        "quantize.c",
    }
