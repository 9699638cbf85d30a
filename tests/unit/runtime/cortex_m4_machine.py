"""A bare Cortex-M4F in Unicorn that runs one function of the runtime's C, built by zig."""

import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from elftools.elf.elffile import ELFFile
from unicorn import UC_ARCH_ARM, UC_HOOK_CODE, UC_MODE_MCLASS, UC_MODE_THUMB, Uc
from unicorn.arm_const import (
    UC_ARM_REG_LR,
    UC_ARM_REG_R0,
    UC_ARM_REG_R1,
    UC_ARM_REG_R2,
    UC_ARM_REG_R3,
    UC_ARM_REG_SP,
    UC_CPU_ARM_CORTEX_M4,
)

from studio.paths import RUNTIME
from studio.runtime import library
from studio.types import BlockConfig

TARGET = ("-target", "thumb-freestanding-eabihf", "-mcpu=cortex_m4+vfp4d16sp")
FLAGS = (
    *("-std=c99", "-O2", "-ffp-contract=off", "-ffreestanding", "-fno-sanitize=undefined"),
    *("-fno-strict-aliasing", "-Wall", "-Wextra", "-Werror", "-Wdouble-promotion"),
    *("-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections"),
)
RAM, RAM_BYTES = 0x20000000, 0x400000
STACK_TOP = RAM + 0x10000
HEAP = RAM + 0x20000
CPACR = 0xE000ED88
STARTUP = f"""
int FUNCTION(void);
__attribute__((noinline))
void tml_enable_fpu(void) {{ *(volatile unsigned *){CPACR} |= 0xfu << 20; }}
/* never run: keeps the function in the image */
void _start(void) {{ tml_enable_fpu(); FUNCTION(); }}
"""
LINK = """
MEMORY { FLASH (rx) : ORIGIN = 0x0, LENGTH = 1M }
ENTRY(_start)
SECTIONS {
  .text : { *(.text*) *(.rodata*) } > FLASH
  /DISCARD/ : { *(.ARM.exidx*) *(.ARM.extab*) }
}
"""


def build(folder: Path, *, function: str, sources: tuple[str, ...]) -> Path:
    """Link one function with what it needs into a bare image."""
    (folder / "startup.c").write_text(STARTUP.replace("FUNCTION", function))
    (folder / "link.ld").write_text(LINK)
    image = folder / f"{function}.elf"
    argv = [sys.executable, "-m", "ziglang", "cc", *TARGET, *FLAGS, f"-I{RUNTIME}"]
    argv += [f"-Wl,-T,{folder / 'link.ld'}", str(folder / "startup.c")]
    argv += [str(RUNTIME / source) for source in sources]
    subprocess.run([*argv, "-o", str(image)], check=True)
    return image


class Machine:
    """The image in flash, a bump allocator in RAM, and calls with up to four arguments."""

    def __init__(self, image: Path) -> None:
        self.uc = Uc(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS)
        self.uc.ctl_set_cpu_model(UC_CPU_ARM_CORTEX_M4)
        self.uc.mem_map(0, 0x100000)
        self.uc.mem_map(RAM, RAM_BYTES)
        self.uc.mem_map(0xE000E000, 0x1000)
        self.top = HEAP
        self.symbols: dict[str, int] = {}
        with image.open("rb") as file:
            elf = ELFFile(file)
            for segment in elf.iter_segments():
                if segment["p_type"] == "PT_LOAD" and segment["p_filesz"]:
                    self.uc.mem_write(segment["p_vaddr"], segment.data())
            for symbol in elf.get_section_by_name(".symtab").iter_symbols():
                self.symbols[symbol.name] = symbol["st_value"]
        self.call("tml_enable_fpu")

    def put(self, data: bytes) -> int:
        """Copy bytes to RAM; return the address."""
        address = self.top
        self.uc.mem_write(address, data)
        self.top += len(data) + 7 & ~7
        return address

    def call(self, function: str, *arguments: int) -> int:
        """Run the function to its end and return r0."""
        stop = 0xF0000
        registers = (UC_ARM_REG_R0, UC_ARM_REG_R1, UC_ARM_REG_R2, UC_ARM_REG_R3)
        for register, value in zip(registers, arguments, strict=False):
            self.uc.reg_write(register, value)
        self.uc.reg_write(UC_ARM_REG_SP, STACK_TOP)
        self.uc.reg_write(UC_ARM_REG_LR, stop | 1)
        self.uc.emu_start(self.symbols[function] | 1, stop)
        return int(self.uc.reg_read(UC_ARM_REG_R0))


def packed_config(machine: Machine, config: BlockConfig) -> bytes:
    """Lay out the block's struct as the 32-bit ABI does; its members are all four bytes wide."""
    ffi, _ = library()
    words = b""
    for name, member in ffi.typeof(config.struct).fields:
        if member.type.kind == "pointer":
            table = config.tables.get(name)
            words += struct.pack("<I", 0 if table is None else machine.put(table.tobytes()))
        else:
            code = "<f" if member.type.cname == "float" else "<I"
            words += struct.pack(code, config.scalars[name])
    return words


def extract_on_board(
    image: Path,
    config: BlockConfig,
    window: np.ndarray[Any, Any],
    *,
    start: int = 0,
    count: list[int] | None = None,
) -> np.ndarray[Any, Any]:
    """Compute one window's features on the emulated core, the window lying in a ring.

    `start` rotates the ring; `count`, if given, receives the number of executed instructions.
    """
    machine = Machine(image)
    ring = np.roll(window, start, axis=0)
    data = machine.put(ring.tobytes())
    dtype = 0 if window.dtype == np.int16 else 1
    rows, axes = window.shape
    c_window = machine.put(struct.pack("<6I", data, dtype, axes, rows, start, rows))
    c_config = machine.put(packed_config(machine, config))
    features = machine.put(bytes(4 * config.n_features))
    guard = b"\xa5" * 16
    scratch = machine.put(bytes(config.scratch_bytes) + guard)
    executed = [0]
    if count is not None:

        def tick(*_: object) -> None:
            executed[0] += 1

        machine.uc.hook_add(UC_HOOK_CODE, tick)
    code = machine.call(config.function, c_config, c_window, features, scratch)
    if count is not None:
        count.append(executed[0])
    assert code == 0
    assert machine.uc.mem_read(scratch + config.scratch_bytes, 16) == guard
    return np.frombuffer(machine.uc.mem_read(features, 4 * config.n_features), np.float32)
