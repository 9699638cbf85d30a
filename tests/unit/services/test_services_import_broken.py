"""Files called like sound that are none, or are broken: told by what was found in them."""

import struct
from pathlib import Path

import pytest

from studio.errors import ProjectError
from studio.registry import find
from studio.types import ImportOptions


def wav(form: int = 1, channels: int = 1, rate: int = 16000, bits: int = 16) -> bytes:
    """Return a WAV file whose header says this."""
    width = channels * bits // 8
    format_ = struct.pack("<4sIHHIIHH", b"fmt ", 16, form, channels, rate, rate, width, bits)
    samples = struct.pack("<4sI", b"data", 2000) + bytes(2000)
    size = 4 + len(format_) + len(samples)
    return b"RIFF" + struct.pack("<I", size) + b"WAVE" + format_ + samples


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.wav", b"", "it is empty"),
        ("a.mp3", bytes(500), "nothing but zeros"),
        ("a.wav", b"RIFF\0", "ends at byte 5, before its samples"),
        ("a.wav", wav()[:36], "ends at byte 36, before its samples"),
        ("a.wav", wav(form=99), "format 99 of 16 bits .16000 Hz, channels: 1.*Convert"),
        ("a.wav", wav(form=2, bits=4), "Microsoft ADPCM of 4 bits"),
        ("a.wav", wav(channels=0), "16000 Hz, channels: 0.*Copy it again"),
        ("a.wav", wav(rate=0), "says 0 Hz"),
        ("a.wav", b"RIFF\x10\0\0\0AVI LIST" + bytes(99), "of the kind 'AVI ', not WAVE"),
        ("a.wav", b"<!DOCTYPE html>\n<p>404", "holds text, .*'<!DOCTYPE html> <p>404'"),
        ("a.wav", b"version https://git-lfs.github.com/spec/v1\n", "Git LFS.*git lfs pull"),
        ("a.flac", b"fLaC" + bytes(300), "begins like FLAC, and what follows is damaged"),
        ("a.ogg", b"\x91\x02" + bytes(300), "bytes 91 02 00 00 00 00 00 00, as no known kind"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ProjectError, match=rf"^{name} cannot be read as sound: .*{words}"):
        find("importer", "wav").load().read(path, ImportOptions())
