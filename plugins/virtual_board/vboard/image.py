"""Program images: ELF files and plain binaries, checked before they reach the flash."""

import hashlib
import re
import struct
from bisect import bisect_right
from dataclasses import dataclass

from vboard.errors import BoardError

FLASH_BASE = 0x00000000
RAM_BASE = 0x20000000
MAX_FILE_BYTES = 64 << 20
ELF_MAGIC = b"\x7fELF"
EM_ARM = 40
PT_LOAD = 1
SHT_SYMTAB = 2
SHF_ALLOC = 2
STT_FUNC = 2

_EHDR = struct.Struct("<16sHHIIIIIHHHHHH")
_PHDR = struct.Struct("<8I")
_SHDR = struct.Struct("<10I")
_SYM = struct.Struct("<IIIBBH")


@dataclass(frozen=True, slots=True)
class Image:
    """What lies in flash, and what is known about it."""

    kind: str
    """`elf` or `bin`."""
    source: bytes
    """The file as it came, so that symbols survive a restart."""
    flash: bytes
    """From `FLASH_BASE` on."""
    static_ram_bytes: int
    """Initialised and zeroed data, without the stack; 0 for a binary, which does not say."""
    stack_low: int
    """Lowest address that belongs to the stack."""
    stack_top: int
    entry: int
    functions: tuple[tuple[int, str], ...] = ()
    """Start address and name, ascending."""

    @property
    def sha256(self) -> str:
        """Hash of the file."""
        return hashlib.sha256(self.source).hexdigest()

    def function_at(self, address: int) -> str:
        """Return the name of the function around `address`, or an empty text."""
        place = bisect_right(self.functions, address & ~1, key=lambda row: row[0]) - 1
        return self.functions[place][1] if place >= 0 and address < len(self.flash) else ""


@dataclass(frozen=True, slots=True)
class _Section:
    name: str
    kind: int
    flags: int
    address: int
    offset: int
    size: int
    link: int


def load_image(data: bytes, flash_bytes: int, ram_bytes: int) -> Image:
    """Check an image file and lay it out.

    Raises
    ------
    BoardError
        If the file is damaged, is for another machine or does not fit the board.
    """
    if len(data) > MAX_FILE_BYTES:
        raise BoardError(f"The image file has {len(data)} bytes; that is no firmware.")
    if data[:4] == ELF_MAGIC:
        try:
            image = _load_elf(data, flash_bytes, ram_bytes)
        except (struct.error, UnicodeDecodeError, IndexError) as error:
            raise BoardError(f"The ELF file is damaged or cut short: {error}.") from error
    else:
        image = _load_bin(data, flash_bytes)
    _check_vectors(image, ram_bytes)
    return image


def _load_bin(data: bytes, flash_bytes: int) -> Image:
    if len(data) < 8:
        raise BoardError(f"The image holds {len(data)} bytes; a vector table alone needs more.")
    if len(data) > flash_bytes:
        raise BoardError(f"The image needs {len(data)} bytes of flash; there are {flash_bytes}.")
    top, entry = struct.unpack_from("<II", data)
    return Image("bin", data, data, 0, RAM_BASE, top, entry)


def _check_vectors(image: Image, ram_bytes: int) -> None:
    if not RAM_BASE < image.stack_top <= RAM_BASE + ram_bytes or image.stack_top % 4:
        raise BoardError(
            f"The image's first word 0x{image.stack_top:08x} is no stack pointer into the RAM: "
            "the file is damaged or is not for this board."
        )
    if not image.entry & 1 or not image.entry - 1 < len(image.flash):
        raise BoardError(
            f"The image's reset vector 0x{image.entry:08x} does not point to Thumb code in it: "
            "the file is damaged or is not for this board."
        )


def _load_elf(data: bytes, flash_bytes: int, ram_bytes: int) -> Image:
    header = _EHDR.unpack_from(data)
    if header[0][4] != 1 or header[0][5] != 1 or header[2] != EM_ARM:
        raise BoardError("The ELF file is not for a 32-bit little-endian Arm core.")
    flash = _flash_of_segments(data, header, flash_bytes, ram_bytes)
    top, entry = struct.unpack_from("<II", flash)
    sections = _sections(data, header)
    in_ram = [s for s in sections if s.flags & SHF_ALLOC and s.address >= RAM_BASE and s.size]
    stack = [s for s in in_ram if s.name == ".stack"]
    data_ram = [s for s in in_ram if s.name != ".stack"]
    low = max(
        (s.address + s.size for s in data_ram if s.address + s.size <= top), default=RAM_BASE
    )
    return Image(
        "elf",
        data,
        flash,
        sum(section.size for section in data_ram),
        stack[0].address if stack else low,
        top,
        entry,
        _functions(data, sections),
    )


def _flash_of_segments(
    data: bytes, header: tuple[int, ...], flash_bytes: int, ram_bytes: int
) -> bytes:
    flash = bytearray()
    for number in range(header[10]):
        kind, offset, virtual, physical, in_file, in_memory, _, _ = _PHDR.unpack_from(
            data, header[5] + number * header[9]
        )
        if kind != PT_LOAD:
            continue
        if virtual >= RAM_BASE and virtual + in_memory > RAM_BASE + ram_bytes:
            need = virtual + in_memory - RAM_BASE
            raise BoardError(f"The image needs {need} bytes of RAM; there are {ram_bytes}.")
        if not in_file:
            continue
        if offset + in_file > len(data):
            raise BoardError("The ELF file is cut short: a segment ends beyond the file.")
        if physical + in_file > FLASH_BASE + flash_bytes:
            raise BoardError(
                f"The image has {in_file} bytes at 0x{physical:08x}, outside the "
                f"{flash_bytes} bytes of flash."
            )
        flash.extend(b"\xff" * (physical + in_file - len(flash)))
        flash[physical : physical + in_file] = data[offset : offset + in_file]
    if len(flash) < 8:
        raise BoardError("The ELF file holds nothing for the flash: is it an unlinked object?")
    return bytes(flash)


def _sections(data: bytes, header: tuple[int, ...]) -> list[_Section]:
    offset, entry_bytes, count, names_index = header[6], header[11], header[12], header[13]
    if not offset or not count:
        return []
    rows = [_SHDR.unpack_from(data, offset + n * entry_bytes) for n in range(count)]
    names = rows[names_index][4]
    return [
        _Section(_text(data, names + row[0]), row[1], row[2], row[3], row[4], row[5], row[6])
        for row in rows
    ]


def _functions(data: bytes, sections: list[_Section]) -> tuple[tuple[int, str], ...]:
    found: dict[int, str] = {}
    for section in [section for section in sections if section.kind == SHT_SYMTAB][:1]:
        texts = sections[section.link].offset
        for place in range(section.offset, section.offset + section.size, _SYM.size):
            name, value, _, info, _, _ = _SYM.unpack_from(data, place)
            if info & 15 == STT_FUNC and name:
                found[value & ~1] = _text(data, texts + name)
    return tuple(sorted(found.items()))


def _text(data: bytes, start: int) -> str:
    end = data.find(b"\0", start)
    return re.sub(r"[^ -~]", "?", data[start : max(start, end)].decode("latin-1"))
