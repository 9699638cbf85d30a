"""Measured sizes of a linked image, split by what the bytes are for.

The totals come from the section headers of the ELF. The split comes from the linker's map, which
says for each stretch of memory from which object file it came; objects lie in folders that say
what they belong to. What no object owns (merged text constants, alignment) is `other`.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

from studio.errors import ToolError
from studio.types import Sizes

PARTS = ("model", "features", "runtime", "application", "stack", "other")
_OWNERS = (
    ("/src/model/", "model"),
    ("/src/pipeline/", "features"),
    ("/src/runtime/dsp/", "features"),
    ("/src/runtime/math/", "features"),
    ("/src/runtime/", "runtime"),
    ("/src/board/", "runtime"),
    ("/src/hal/", "runtime"),
    ("libcompiler_rt", "runtime"),
    ("/src/app/", "application"),
    ("/src/common/", "application"),
)
# VMA, LMA, size in hexadecimal, alignment, then indented by level: output section, input, symbol
_MAP_LINE = re.compile(r"^ *[0-9a-f]+ +[0-9a-f]+ +([0-9a-f]+) +\d+ (\S| {8}\S)(.*)$")
_INPUT = re.compile(r"^(.+):\((\S+)\)$")


@dataclass(frozen=True, slots=True)
class Section:
    """An output section of the image that takes memory on the board."""

    name: str
    size: int
    in_flash: bool
    in_ram: bool


def sections(elf: Path) -> list[Section]:
    """Return the sections that take flash or RAM.

    Raises
    ------
    ToolError
        If the file is not a readable ELF image.
    """
    try:
        with elf.open("rb") as file:
            return [
                Section(
                    row.name,
                    row["sh_size"],
                    in_flash=row["sh_type"] != "SHT_NOBITS",
                    in_ram=row["sh_type"] == "SHT_NOBITS"
                    or bool(row["sh_flags"] & SH_FLAGS.SHF_WRITE),
                )
                for row in ELFFile(file).iter_sections()
                if row["sh_flags"] & SH_FLAGS.SHF_ALLOC
            ]
    except (OSError, ELFError, UnicodeDecodeError) as error:
        raise ToolError(
            f"{elf.name} is not a readable program image: {error}.", "Build the firmware again."
        ) from error


def image_sizes(elf: Path, map_file: Path | None = None) -> Sizes:
    """Return an image's flash and RAM, and their parts if the linker's map is there.

    Flash is code, constants and the initial values of variables; RAM is variables and the
    reserved stack. The parts add up to the totals.

    Raises
    ------
    ToolError
        If the image cannot be read.
    """
    rows = {row.name: row for row in sections(elf)}
    parts = {part: {"flash_bytes": 0, "ram_bytes": 0} for part in PARTS}

    def add(row: Section, part: str, size: int) -> None:
        parts[part]["flash_bytes"] += size * row.in_flash
        parts[part]["ram_bytes"] += size * row.in_ram

    owned: dict[str, int] = defaultdict(int)
    for output, part, size in _owners(map_file) if map_file and map_file.is_file() else ():
        if output in rows:
            add(rows[output], part, size)
            owned[output] += size
    for row in rows.values():
        add(row, "stack" if row.name == ".stack" else "other", row.size - owned[row.name])
    return Sizes(
        flash_bytes=sum(row.size for row in rows.values() if row.in_flash),
        ram_bytes=sum(row.size for row in rows.values() if row.in_ram),
        parts={
            name: part for name, part in parts.items() if name in PARTS[:4] or any(part.values())
        },
    )


def _owners(map_file: Path) -> Iterator[tuple[str, str, int]]:
    """Yield output section, part and bytes of each stretch that an object file owns."""
    output = ""
    for line in map_file.read_text(encoding="utf-8", errors="replace").splitlines():
        matched = _MAP_LINE.match(line)
        if not matched:
            continue
        size, start, rest = int(matched[1], 16), matched[2], matched[3]
        if not start.startswith(" "):
            output = start + rest
            continue
        source = _INPUT.match(start.strip() + rest)
        if source is None:
            continue
        place = source[1].replace("\\", "/")
        part = next((part for mark, part in _OWNERS if mark in place), None)
        if part is not None:
            yield output, part, size
