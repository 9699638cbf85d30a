"""What of a linked image belongs to the program measured, and what to the bench around it."""

import re
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

HARNESS = ("main.o", "startup.o", "hal_virtual.o")
"""Objects that stand for a product's own program; everything else is the model's doing."""
# what a program needs on the board: not debug information, whose addresses begin at 0 as well
_NEEDED = r"(?:\.vectors|\.text|\.rodata|\.data|\.bss|COMMON)"
_ZIG_LINE = re.compile(rf"^ *([0-9a-f]+) +[0-9a-f]+ +([0-9a-f]+) +\d+ +(\S+):\({_NEEDED}\S*\)$")
_GNU_LINE = re.compile(rf"^ {_NEEDED}\S*\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S+)$")
_GNU_START = "Linker script and memory map"


@dataclass(frozen=True, slots=True)
class Usage:
    """Bytes of a part of an image."""

    flash_bytes: int
    """Code, constants and initial values of variables."""
    ram_bytes: int
    """Variables, without the stack."""


def usage_without(elf: Path, objects: tuple[str, ...] = HARNESS) -> Usage:
    """Return what an image takes beyond its stack and some of its object files.

    What no object owns (alignment, merged constants, the compiler's own functions) is counted.

    Parameters
    ----------
    elf : Path
        An image of `link_image`, with the linker's map beside it.
    objects : tuple of str
        Object files that do not count.
    """
    flash = ram = 0
    kinds: list[tuple[int, int, bool, bool]] = []
    with elf.open("rb") as file:
        for row in ELFFile(file).iter_sections():
            if not row["sh_flags"] & SH_FLAGS.SHF_ALLOC or row.name == ".stack":
                continue
            in_flash = row["sh_type"] != "SHT_NOBITS"
            in_ram = not in_flash or bool(row["sh_flags"] & SH_FLAGS.SHF_WRITE)
            start, size = row["sh_addr"], row["sh_size"]
            kinds.append((start, start + size, in_flash, in_ram))
            flash += size * in_flash
            ram += size * in_ram
    for address, size, name in _stretches(elf.with_suffix(".map")):
        if name not in objects:
            continue
        for start, end, in_flash, in_ram in kinds:
            if start <= address and address + size <= end:
                flash -= size * in_flash
                ram -= size * in_ram
                break
    return Usage(flash, ram)


def _stretches(map_file: Path) -> list[tuple[int, int, str]]:
    """Return address, size and object of each stretch of memory in zig's or GNU ld's map."""
    text = map_file.read_text(encoding="utf-8", errors="replace")
    pattern = _ZIG_LINE
    if _GNU_START in text:
        # long names have the numbers on a line of their own; what was left out comes first
        text = re.sub(r"\n {16}(?=0x\w+ +0x)", " ", text.partition(_GNU_START)[2])
        pattern = _GNU_LINE
    found = (pattern.match(line) for line in text.splitlines())
    return [(int(row[1], 16), int(row[2], 16), row[3]) for row in found if row]
