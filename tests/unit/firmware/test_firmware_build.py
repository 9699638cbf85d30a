"""Real builds: PlatformIO as a child process, zig as the compiler, nothing from a network."""

import binascii
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from studio.errors import Cancelled, ProjectError, ToolError
from studio.events import Quiet
from studio.firmware import BuildResult, build, write_project
from studio.jobs import run_tool
from studio.types import Board

unicorn = pytest.importorskip("unicorn")

# an import of this module in every Python child notes each attempt to leave the computer
SPY = """
import os, socket

def refuse(self, address, *rest):
    if self.family != getattr(socket, "AF_UNIX", None):
        with open(os.environ["NETWORK_SPY"], "a") as file:
            file.write(f"{address}\\n")
    raise OSError("the network is switched off in this test")

socket.socket.connect = refuse
socket.socket.connect_ex = refuse
"""


@pytest.fixture(scope="module")
def built(odd_folder: Path, virtual_board: Board) -> BuildResult:
    folder = odd_folder / "collect"
    write_project(folder, virtual_board, "collect")
    return build(folder, virtual_board, run_tool, Quiet())


def run_image(elf: Path, instructions: int) -> bytes:
    """Run an image in Unicorn with the serial port's registers only; return what it sent."""
    from elftools.elf.elffile import ELFFile

    machine = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS)
    machine.ctl_set_cpu_model(unicorn.arm_const.UC_CPU_ARM_CORTEX_M4)
    machine.mem_map(0, 1 << 20)
    machine.mem_map(0x20000000, 1 << 18)
    machine.mem_map(0xE000E000, 0x1000)
    with elf.open("rb") as file:
        for segment in ELFFile(file).iter_segments("PT_LOAD"):
            machine.mem_write(segment["p_paddr"], segment.data())
    sent = bytearray()
    registers: dict[int, int] = {}

    def write(_machine: object, offset: int, _size: int, value: int, _data: object) -> None:
        registers[offset] = value
        if offset == 0x004:
            sent.extend(machine.mem_read(registers[0x000], value))

    def read(_machine: object, offset: int, _size: int, _data: object) -> int:
        return 64_000_000 if offset == 0x208 else 0

    machine.mmio_map(0x40000000, 0x1000, read, None, write, None)
    start = int.from_bytes(machine.mem_read(4, 4), "little")
    machine.reg_write(
        unicorn.arm_const.UC_ARM_REG_SP, int.from_bytes(machine.mem_read(0, 4), "little")
    )
    machine.emu_start(start, 0xFFFFFFFE, count=instructions)
    return bytes(sent)


def decode_cobs(frame: bytes) -> bytes:
    out = bytearray()
    at = 0
    while at < len(frame):
        code = frame[at]
        out += frame[at + 1 : at + code]
        at += code
        if at < len(frame) and code < 255:
            out.append(0)
    return bytes(out)


def test_collect_built_by_platformio_announces_itself(built: BuildResult) -> None:
    sent = run_image(built.elf, 200_000)
    packet = decode_cobs(next(frame for frame in sent.split(b"\0") if frame))
    assert packet[0] == 0x01
    assert int.from_bytes(packet[-2:], "little") == binascii.crc_hqx(packet[:-2], 0xFFFF)
    assert b"virtual-cortex-m4" in packet
    assert b"collect 1" in packet


def test_parts_add_up_to_the_totals(built: BuildResult) -> None:
    sizes = built.sizes
    assert sum(part["flash_bytes"] for part in sizes.parts.values()) == sizes.flash_bytes
    assert sum(part["ram_bytes"] for part in sizes.parts.values()) == sizes.ram_bytes
    assert sizes.parts["stack"] == {"flash_bytes": 0, "ram_bytes": 16384}
    assert sizes.parts["application"]["flash_bytes"] > 500
    assert sizes.parts["runtime"]["flash_bytes"] > 500
    assert sizes.parts["model"] == {"flash_bytes": 0, "ram_bytes": 0}
    assert sizes.parts["other"]["flash_bytes"] < 0.1 * sizes.flash_bytes
    assert sizes.parts["other"]["ram_bytes"] < 64


@pytest.mark.skipif(
    shutil.which("arm-none-eabi-size") is None, reason="binutils are not installed"
)
def test_flash_is_what_binutils_would_burn(built: BuildResult, tmp_path: Path) -> None:
    image = tmp_path / "image.bin"
    subprocess.run(
        ["arm-none-eabi-objcopy", "-O", "binary", str(built.elf), str(image)], check=True
    )
    assert built.sizes.flash_bytes <= image.stat().st_size <= built.sizes.flash_bytes + 16


def test_second_build_is_quick_and_changes_nothing(
    built: BuildResult, odd_folder: Path, virtual_board: Board
) -> None:
    before = built.elf.read_bytes()
    write_project(odd_folder / "collect", virtual_board, "collect")
    again = build(odd_folder / "collect", virtual_board, run_tool, Quiet())
    assert not any(line.startswith(("Compiling", "Linking")) for line in again.log)
    assert again.elf.read_bytes() == before
    assert again.sizes == built.sizes


def test_moved_project_builds_the_same_image(
    built: BuildResult, tmp_path: Path, virtual_board: Board
) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(built.elf.parents[3], moved, ignore=shutil.ignore_patterns(".pio"))
    again = build(moved, virtual_board, run_tool, Quiet())
    assert again.elf.read_bytes() == built.elf.read_bytes()


def test_build_asks_no_network(
    tmp_path: Path, virtual_board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "spy").mkdir()
    (tmp_path / "spy" / "sitecustomize.py").write_text(SPY)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "spy"))
    monkeypatch.setenv("NETWORK_SPY", str(tmp_path / "spied"))
    code = run_tool(
        [sys.executable, "-c", "import socket; socket.create_connection(('127.0.0.1', 9))"],
        cwd=tmp_path,
        env={},
        on_line=lambda _line: None,
    )
    assert code != 0
    assert "127.0.0.1" in (tmp_path / "spied").read_text()
    (tmp_path / "spied").unlink()
    folder = tmp_path / "collect"
    write_project(folder, virtual_board, "collect")
    build(folder, virtual_board, run_tool, Quiet())
    assert not (tmp_path / "spied").exists()


def test_two_builds_of_one_folder_at_once(tmp_path: Path, virtual_board: Board) -> None:
    folder = tmp_path / "both"
    results: list[BuildResult] = []

    def work() -> None:
        write_project(folder, virtual_board, "collect")
        results.append(build(folder, virtual_board, run_tool, Quiet()))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 2
    assert results[0].sizes == results[1].sizes
    linked = [any(line.startswith("Linking") for line in result.log) for result in results]
    assert sorted(linked) == [False, True]


def test_error_in_c_is_told_with_its_place(tmp_path: Path, virtual_board: Board) -> None:
    folder = tmp_path / "broken"
    write_project(folder, virtual_board, "collect")
    file = folder / "src" / "app" / "main.c"
    file.write_text(file.read_text() + "\nint broken(void) { return missing; }\n")
    lines = file.read_text().count("\n")
    with pytest.raises(ToolError) as caught:
        build(folder, virtual_board, run_tool, Quiet())
    assert "main.c" in caught.value.message
    assert f"line {lines}" in caught.value.message
    assert "undeclared identifier 'missing'" in caught.value.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("char large[400000]; char *use(void) { return large; }", "bytes more RAM than the board"),
        ("int gone(void); int use(void) { return gone(); }", "calls gone, which no file defines"),
    ],
)
def test_link_errors_are_told_in_words(
    tmp_path: Path, virtual_board: Board, text: str, words: str
) -> None:
    folder = tmp_path / "broken"
    write_project(folder, virtual_board, "collect")
    (folder / "src" / "app" / "main.c").write_text(
        f"{text}\nint main(void) {{ return (int)(long)use(); }}\n"
    )
    with pytest.raises(ToolError) as caught:
        build(folder, virtual_board, run_tool, Quiet())
    assert words in caught.value.message


def test_cancel_ends_the_build(tmp_path: Path, virtual_board: Board) -> None:
    class Stop(Quiet):
        def check_cancelled(self) -> None:
            raise Cancelled

    folder = tmp_path / "stopped"
    write_project(folder, virtual_board, "collect")
    with pytest.raises(Cancelled):
        build(folder, virtual_board, run_tool, Stop())
    assert not list(folder.rglob("program.elf"))


def test_foreign_folder_is_left_alone(tmp_path: Path, virtual_board: Board) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(ProjectError, match="already holds something else"):
        write_project(tmp_path, virtual_board, "collect")
    assert os.listdir(tmp_path) == ["letter.txt"]


def test_stale_sources_go(tmp_path: Path, virtual_board: Board) -> None:
    write_project(tmp_path, virtual_board, "collect")
    (tmp_path / "src" / "app" / "old.c").write_text("int old;")
    write_project(tmp_path, virtual_board, "collect")
    assert not (tmp_path / "src" / "app" / "old.c").exists()
