"""Unpacking archives that may be hostile: nothing lands outside a staging folder.

Checked before anything is written: that the list of entries is whole and not too long, and every
name in it (absolute, `..`, links, twice, differing in case only, impossible on some system).
Checked while writing, since declared sizes are not to be trusted: how much comes out, in all and
in proportion to what is stored. Whatever is refused, the staging folder is removed.
"""

import hashlib
import re
import shutil
import stat
import struct
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from studio.errors import ProjectError
from studio.events import Reporter

STAGING = ".unpacking-"
"""Start of the names of staging folders."""

_CHUNK_BYTES = 1 << 20
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_BYTES = 20
RESERVED = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|clock\$|(com|lpt)[0-9\u00b9\u00b2\u00b3]) *(\..*)?",
    re.IGNORECASE,
)
"""What Windows takes for a device, whatever follows."""
_IMPOSSIBLE = frozenset('<>"|?*')
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    struct.error,
    OverflowError,
)
"""What reading a damaged archive may raise (the encrypted ones a RuntimeError)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What an archive may hold."""

    entries: int = 300_000
    list_bytes: int = 64 << 20
    """Of the list of entries."""
    total_bytes: int = 1 << 40
    """Of everything unpacked; never more than the disk has free either."""
    ratio: int = 200
    """How many times its stored size an entry, or the archive, may become."""
    slack_bytes: int = 8 << 20
    """What may come out before the ratio counts: small texts compress well."""
    spare_bytes: int = 64 << 20
    """What must stay free on the disk."""


@contextmanager
def unpacked(
    archive: Path, parent: Path, *, limits: Limits | None = None, report: Reporter
) -> Iterator[Path]:
    """Unpack an archive into a folder of its name in a staging folder, removed afterwards.

    Parameters
    ----------
    archive : Path
        A zip file.
    parent : Path
        A folder that exists, on the disk where the files are wanted: the staging folder is made
        in it.

    Yields
    ------
    Path
        The folder with the files; what should stay is moved out of it.

    Raises
    ------
    ProjectError
        For an archive that is damaged or hostile.
    """
    try:
        staging = Path(tempfile.mkdtemp(dir=parent, prefix=STAGING))
    except OSError as error:
        raise ProjectError(
            f"{parent} cannot be written: {error.strerror or error}.",
            "Check the folder's permissions and the free space of the disk.",
        ) from error
    try:
        inside = staging / archive.name.partition(".")[0]
        inside.mkdir(exist_ok=True)
        _unpack(archive, inside, limits or Limits(), report)
        yield inside
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def refused(archive: Path, what: str) -> ProjectError:
    """Return the error for an archive that is not opened."""
    return ProjectError(
        f"{archive.name} was not opened: {what}.",
        "Nothing was unpacked. Get the archive again from whoever made it.",
    )


def _unpack(archive: Path, staging: Path, limits: Limits, report: Reporter) -> None:
    try:
        size = archive.stat().st_size
        with archive.open("rb") as file:
            _check_list(archive, file, size, limits)
            with zipfile.ZipFile(file) as opened:
                rows = opened.infolist()
                _check_names(archive, rows, limits)
                meter = _Meter(archive, size, staging, limits)
                _write_all(opened, rows, staging, meter, report)
    except _BROKEN as error:
        text = str(error).rstrip(".") or type(error).__name__
        raise refused(archive, f"it is damaged or no zip file ({text})") from error


def _check_list(archive: Path, file: BinaryIO, size: int, limits: Limits) -> None:
    """Look at the list of entries before anything believes what it says about its length."""
    tail_bytes = min(size, (1 << 16) + _END.size + _END64.size + _LOCATOR_BYTES)
    file.seek(size - tail_bytes)
    tail = file.read(tail_bytes)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + _END.size > len(tail):
        raise refused(archive, "it is no zip file, or its end is missing")
    list_bytes = _END.unpack_from(tail, at)[5]
    end = at
    at64 = at - _LOCATOR_BYTES - _END64.size
    if at64 >= 0 and tail[at64 : at64 + 4] == b"PK\x06\x06":
        list_bytes = max(
            _END64.unpack_from(tail, at64)[8], 0 if list_bytes == 0xFFFF_FFFF else list_bytes
        )
        end = at64
    if list_bytes > limits.list_bytes:
        raise refused(archive, f"its list of entries has {list_bytes >> 20} MiB")
    start = size - tail_bytes + end - list_bytes
    if start < 0:
        raise refused(archive, "its beginning is missing")
    file.seek(start)
    count = file.read(list_bytes).count(b"PK\x01\x02")
    if count > limits.entries:
        raise refused(archive, f"it has {count} entries; up to {limits.entries} are opened")
    file.seek(0)


def _check_names(archive: Path, rows: list[zipfile.ZipInfo], limits: Limits) -> None:
    if len(rows) > limits.entries:
        raise refused(archive, f"it has {len(rows)} entries; up to {limits.entries} are opened")
    seen: dict[str, str] = {}
    folders: set[str] = set()
    for row in rows:
        _check_name(archive, row)
        name = row.filename.rstrip("/")
        folded = _folded(name)
        if folded in seen and not (row.is_dir() and seen[folded] == name):
            raise refused(
                archive, f"{_shown(name)} and {_shown(seen[folded])} would be the same file"
            )
        if not row.is_dir():
            seen[folded] = name
        parts = folded.split("/")
        folders.update("/".join(parts[:n]) for n in range(1, len(parts) + row.is_dir()))
    for folded in seen.keys() & folders:
        raise refused(archive, f"{_shown(seen[folded])} is a file and a folder")


def _folded(name: str) -> str:
    """Return a name as systems compare it that ignore case and how accents are written."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _shown(name: str) -> str:
    return ascii(name[:120])


def _check_name(archive: Path, row: zipfile.ZipInfo) -> None:
    name = row.filename
    if (
        row.orig_filename.count("\0")
        or any(ord(sign) < 32 or 0xD800 <= ord(sign) < 0xE000 for sign in name)
        or "\\" in name
    ):
        raise refused(archive, f"an entry is called {_shown(row.orig_filename)}")
    parts = name.rstrip("/").split("/")
    if name.startswith("/") or ":" in name or ".." in parts:
        raise refused(archive, f"{_shown(name)} points out of the archive")
    for part in parts:
        if part in ("", ".") or part != part.rstrip(" .") or len(part.encode()) > 255:
            raise refused(archive, f"{_shown(name)} is no name that every system can have")
        if RESERVED.fullmatch(part) or not _IMPOSSIBLE.isdisjoint(part):
            raise refused(archive, f"{_shown(name)} is no name that every system can have")
    kind = stat.S_IFMT(row.external_attr >> 16)
    if row.create_system == 3 and kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise refused(archive, f"{_shown(name)} is a link or a device")
    if row.flag_bits & 0x1:
        raise refused(archive, f"{_shown(name)} is encrypted")


class _Meter:
    """Counts what comes out of an archive and stops it."""

    def __init__(self, archive: Path, size: int, staging: Path, limits: Limits) -> None:
        self._archive = archive
        self._limits = limits
        free = shutil.disk_usage(staging).free - limits.spare_bytes
        self._room = max(0, free)
        self._most = min(limits.total_bytes, limits.slack_bytes + limits.ratio * size)
        self.total = 0

    def count(self, row: zipfile.ZipInfo, of_entry: int, more: int) -> None:
        """Note `more` bytes, with which the entry has `of_entry`."""
        self.total += more
        limits = self._limits
        if of_entry > limits.slack_bytes + limits.ratio * row.compress_size:
            raise refused(
                self._archive,
                f"{_shown(row.filename)} grows to more than {limits.ratio} times its size",
            )
        if self.total > self._most:
            raise refused(self._archive, f"it grows to more than {self._most >> 20} MiB")
        if self.total > self._room:
            raise ProjectError(
                f"{self._archive.name} does not fit on the disk.",
                "Free some space, or choose a folder on another disk.",
            )


def _write_all(
    opened: zipfile.ZipFile,
    rows: list[zipfile.ZipInfo],
    staging: Path,
    meter: _Meter,
    report: Reporter,
) -> None:
    for number, row in enumerate(rows):
        report.check_cancelled()
        report.progress(number / len(rows), f"Unpacking: {number} of {len(rows)} files")
        path = staging.joinpath(*row.filename.rstrip("/").split("/"))
        if row.is_dir():
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        written = 0
        with opened.open(row) as source, path.open("xb") as target:
            while piece := source.read(_CHUNK_BYTES):
                written += len(piece)
                meter.count(row, written, len(piece))
                target.write(piece)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_CHUNK_BYTES):
            digest.update(piece)
    return digest.hexdigest()
