"""Images: what cannot run here is refused with words, and the old program keeps running."""

import random
import sys
from pathlib import Path

import pytest

from studio import emulator
from studio.errors import DeviceError, ToolError


def _flash(control, path, data):
    path.write_bytes(data)
    control.flash(path)


def test_an_elf_and_its_binary_run_alike(control, wire, probe, tmp_path):
    """The binary is made by walking the section headers with pyelftools, not by the emulator."""
    from elftools.elf.elffile import ELFFile

    flash = bytearray()
    with probe.open("rb") as file:
        for segment in ELFFile(file).iter_segments("PT_LOAD"):
            if segment["p_filesz"]:
                flash.extend(b"\xff" * (segment["p_paddr"] - len(flash)))
                flash[segment["p_paddr"] :] = segment.data()
    _flash(control, tmp_path / "probe.bin", bytes(flash))
    assert control.info()["image"]["kind"] == "bin"
    wire.send(b"h")
    assert wire.take(6) == b"hello\n"


def test_an_elf_cut_anywhere_is_refused(control, wire, probe, tmp_path):
    data = probe.read_bytes()
    for cut in [0, 1, 7, 8, 40, 51, 52, 100, 300, 66000, len(data) // 2, len(data) - 1]:
        with pytest.raises(DeviceError):
            _flash(control, tmp_path / "cut.elf", data[:cut])
    wire.send(b"h")
    assert wire.take(6) == b"hello\n"


def test_flipped_bytes_never_hurt_the_board_process(control, probe, tmp_path):
    """Whatever a damaged header says: a refusal, or a program that runs or faults."""
    chance = random.Random(1)
    data = probe.read_bytes()
    tables = [*range(52), *range(52, 52 + 32 * 8), *range(len(data) - 1200, len(data))]
    refused = 0
    for number in range(60):
        damaged = bytearray(data)
        for _ in range(3):
            damaged[chance.choice(tables)] = chance.randrange(256)
        try:
            _flash(control, tmp_path / f"{number}.elf", bytes(damaged))
        except DeviceError:
            refused += 1
    assert refused > 5
    control.flash(probe)
    assert control.info()["running"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "0 bytes"),
        (b"hello world, this is text", "no stack pointer"),
        (bytes(2 << 20), "2097152 bytes of flash"),
        ((0x20001000).to_bytes(4, "little") + (0x40).to_bytes(4, "little"), "Thumb"),
        ((0x20001000).to_bytes(4, "little") + (0x4001).to_bytes(4, "little"), "reset vector"),
        (b"\x7fELF" + bytes(100), "Arm"),
    ],
)
def test_other_files_are_refused(control, tmp_path, data, words):
    with pytest.raises(DeviceError, match=words):
        _flash(control, tmp_path / "image", data)


def test_a_program_for_this_computer_is_refused(control):
    with pytest.raises(DeviceError):
        control.flash(Path(sys.executable).resolve())


def test_a_missing_file_is_told(control, tmp_path):
    with pytest.raises(DeviceError, match=r"none\.elf"):
        control.flash(tmp_path / "none.elf")


def test_too_much_ram_is_told_when_linking():
    with pytest.raises(ToolError, match="does not fit the board"):
        emulator.link_image(
            "big",
            texts={"a.c": "volatile char big[300000]; int main(void) { return big[5]; }"},
        )


def test_code_that_does_not_compile_is_told():
    with pytest.raises(ToolError, match=r"error: .*nonsense"):
        emulator.link_image("bad", texts={"a.c": "int main(void) { return nonsense; }"})
