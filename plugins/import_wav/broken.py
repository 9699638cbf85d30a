"""What is wrong with a file that libsndfile cannot read, by its first bytes, in words."""

import struct
from pathlib import Path

_HEAD_BYTES = 1 << 16
_SHOWN = 30
_BEGINNINGS = {
    b"fLaC": "FLAC",
    b"OggS": "OGG",
    b"ID3": "MP3",
    b"\xff\xfb": "MP3",
    b"riff": "W64",
}
_FORMATS = {2: "Microsoft ADPCM", 0x11: "IMA ADPCM", 0x55: "MP3", 0xFFFE: "extensible"}
_AGAIN = "Copy it again from where it came from, or record it again."
_CONVERT = "Convert it to a WAV file with PCM samples."


def reason(path: Path) -> tuple[str, str]:
    """Return what is wrong with a file of sound, and what to do about it.

    Raises
    ------
    OSError
        If it cannot be read at all.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head:
        return "it is empty", _AGAIN
    if not any(head):
        return "it begins with nothing but zeros: it was never written to its end", _AGAIN
    if head.startswith(b"version https://git-lfs"):
        return "it is a pointer of Git LFS, not the sound itself", "Fetch it with `git lfs pull`."
    if head[:4] in (b"RIFF", b"RF64"):
        return _of_riff(head, path.stat().st_size)
    if _is_text(head):
        begins = " ".join(head[:_SHOWN].decode().split())
        return (
            f"it holds text, which begins with {begins!r}",
            "Get the sound itself: a page or a list was saved under its name.",
        )
    for beginning, kind in _BEGINNINGS.items():
        if head.startswith(beginning):
            return f"it begins like {kind}, and what follows is damaged", _AGAIN
    return f"it begins with the bytes {head[:8].hex(' ')}, as no known kind of sound", _CONVERT


def _is_text(head: bytes) -> bool:
    try:
        return head[:_SHOWN].decode().replace("\n", "").replace("\r", "").isprintable()
    except UnicodeDecodeError:
        return False


def _of_riff(head: bytes, size: int) -> tuple[str, str]:
    """Return what is wrong with the chunks of a WAV file."""
    kind = head[8:12].decode("ascii", "replace")
    if kind != "WAVE" and kind.isprintable() and len(kind) == 4:
        return f"it is a RIFF file of the kind {kind!r}, not WAVE", _CONVERT
    at, form = 12, b""
    while at + 8 <= len(head):
        name, length = struct.unpack_from("<4sI", head, at)
        if name == b"data":
            break
        if name == b"fmt ":
            form = head[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
    else:
        if size < at + 8:
            return f"it ends at byte {size}, before its samples begin", _AGAIN
    if len(form) < 16:
        return "its header does not say the format of its samples", _AGAIN
    coding, channels, rate, _, _, bits = struct.unpack("<HHIIHH", form[:16])
    if not channels or not rate:
        return f"its header says {rate} Hz, channels: {channels}", _AGAIN
    known = _FORMATS.get(coding, f"format {coding}")
    coded = "PCM" if coding == 1 else known
    return (
        f"its header says {coded} of {bits} bits ({rate} Hz, channels: {channels}), which cannot "
        "be decoded",
        _CONVERT,
    )
