"""The core and its memory: runs the image in a thread, stops it, says why it stopped."""

import ctypes
import gc
import logging
import mmap
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import unicorn
from unicorn import arm_const

from vboard.counter import Counter
from vboard.errors import Fault, Halted
from vboard.image import FLASH_BASE, RAM_BASE, Image

log = logging.getLogger("virtual_board")
PAINT = b"\xa5"
"""RAM is full of it at reset; what of the stack still is, was never used."""
PERIPHERALS = 0x40000000
SYSTEM_SPACE = 0xE000E000
NOWHERE = 0xFFFFFFFE
PAGE = 0x1000
TRANSLATION_BYTES = 64 << 20
"""Room for translated code: 1 MiB of flash needs less; the engine's default reserves 1 GiB."""

CORES = {
    "cortex-m0plus": arm_const.UC_CPU_ARM_CORTEX_M0,
    "cortex-m4": arm_const.UC_CPU_ARM_CORTEX_M4,
    "cortex-m7": arm_const.UC_CPU_ARM_CORTEX_M7,
    "cortex-m33": arm_const.UC_CPU_ARM_CORTEX_M33,
}
"""Core -> the engine's model; M0 and M0+ have the same instructions."""

_ACCESS = {
    unicorn.UC_MEM_READ_UNMAPPED: "read of",
    unicorn.UC_MEM_READ_PROT: "read of",
    unicorn.UC_MEM_WRITE_UNMAPPED: "write to",
    unicorn.UC_MEM_WRITE_PROT: "write to read-only",
    unicorn.UC_MEM_FETCH_UNMAPPED: "jump to",
    unicorn.UC_MEM_FETCH_PROT: "jump to",
}


@dataclass(frozen=True, slots=True)
class FaultReport:
    """Where and why the core stopped."""

    reason: str
    pc: int
    lr: int
    sp: int
    function: str
    caller: str

    def as_dict(self) -> dict[str, Any]:
        """Return it for a control answer, addresses in hexadecimal."""
        return {
            "reason": self.reason,
            "pc": f"0x{self.pc:08x}",
            "lr": f"0x{self.lr:08x}",
            "sp": f"0x{self.sp:08x}",
            "function": self.function,
            "caller": self.caller,
        }


class Memory:
    """A stretch of the board's memory that the host can read and write as well."""

    def __init__(self, base: int, size: int) -> None:
        self.base = base
        self.size = size
        self.bytes = mmap.mmap(-1, size)
        self.pointer = ctypes.addressof(ctypes.c_char.from_buffer(self.bytes))

    def holds(self, address: int, count: int) -> bool:
        """Whether all of `[address, address + count)` lies inside."""
        return self.base <= address and address + count <= self.base + self.size


class Machine:
    """A core with flash, RAM and whatever peripherals are given.

    Parameters
    ----------
    core : str
        A key of `CORES`.
    flash_bytes, ram_bytes : int
    read, write : callable
        `read(offset) -> value` and `write(offset, value)` of the peripherals' registers; called in
        the core's thread; may raise `Fault` or `Halted`.
    hook : the compiled block counter or None
    """

    def __init__(
        self,
        core: str,
        flash_bytes: int,
        ram_bytes: int,
        *,
        read: Callable[[int], int],
        write: Callable[[int, int], None],
        hook: Any,
    ) -> None:
        self.flash = Memory(FLASH_BASE, flash_bytes)
        self.ram = Memory(RAM_BASE, ram_bytes)
        self.image: Image | None = None
        self.fault: FaultReport | None = None
        self.counter = Counter(
            self.read_memory, self._refuse, core=core, flash_bytes=flash_bytes, hook=hook
        )
        self._model = CORES[core]
        self._read = read
        self._write = write
        self._engine: unicorn.Uc | None = None
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._bad_access = ""

    @property
    def running(self) -> bool:
        """Whether the core executes."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def halting(self) -> bool:
        """Whether someone wants the core to stop; long waits of peripherals ask this."""
        return self._stopping

    def read_memory(self, address: int, count: int) -> bytes:
        """Return bytes of flash or RAM.

        Raises
        ------
        Fault
            If there is no such memory.
        """
        for memory in (self.ram, self.flash):
            if memory.holds(address, count):
                start = address - memory.base
                return memory.bytes[start : start + count]
        raise Fault(f"a peripheral was told to read {count} bytes at 0x{address:08x}")

    def write_memory(self, address: int, data: bytes) -> None:
        """Write to RAM.

        Raises
        ------
        Fault
            If it is not RAM.
        """
        if not self.ram.holds(address, len(data)):
            raise Fault(f"a peripheral was told to write {len(data)} bytes to 0x{address:08x}")
        start = address - self.ram.base
        self.ram.bytes[start : start + len(data)] = data

    def halt(self) -> None:
        """Stop the core and wait until it has stopped."""
        thread = self._thread
        self._stopping = True
        while thread is not None and thread.is_alive():
            if self._engine is not None:
                self._engine.emu_stop()
            thread.join(0.01)
        self._thread = None
        self._stopping = False
        self._engine = None
        gc.collect()  # engines are in reference cycles with their callbacks, and large

    def load(self, image: Image) -> None:
        """Write an image to flash; the core must be halted."""
        self.flash.bytes[:] = image.flash.ljust(self.flash.size, b"\xff")
        self.image = image

    def reset(self) -> None:
        """Start from the reset vector with painted RAM; the core must be halted."""
        self.fault = None
        self.ram.bytes[:] = PAINT * self.ram.size
        if self.image is None:
            return
        engine = self._build()
        engine.reg_write(arm_const.UC_ARM_REG_SP, self.image.stack_top)
        engine.reg_write(arm_const.UC_ARM_REG_LR, 0xFFFFFFFF)
        self.counter.start(engine)
        self._engine = engine
        self._thread = threading.Thread(
            target=self._run, args=(engine, self.image.entry), name="core", daemon=True
        )
        self._thread.start()

    def stack_bytes(self) -> int:
        """Return the most stack used since reset."""
        image = self.image
        if image is None:
            return 0
        low, top = image.stack_low - RAM_BASE, image.stack_top - RAM_BASE
        return len(self.ram.bytes[low:top].lstrip(PAINT))

    def stack_depth(self) -> int:
        """Return how much of the stack is in use; to be asked in the core's thread."""
        if self.image is None or self._engine is None:
            return 0
        return self.image.stack_top - int(self._engine.reg_read(arm_const.UC_ARM_REG_SP))

    def _build(self) -> unicorn.Uc:
        # with UC_MODE_MCLASS the engine would take every core for a Cortex-M33
        engine = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB)
        engine.ctl_set_cpu_model(self._model)
        engine.ctl_set_tcg_buffer_size(TRANSLATION_BYTES)
        code = unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC
        engine.mem_map_ptr(FLASH_BASE, self.flash.size, code, self.flash.pointer)
        engine.mem_map_ptr(RAM_BASE, self.ram.size, unicorn.UC_PROT_ALL, self.ram.pointer)
        engine.mem_map(SYSTEM_SPACE, PAGE, unicorn.UC_PROT_READ | unicorn.UC_PROT_WRITE)
        engine.mmio_map(PERIPHERALS, PAGE, self._on_read, None, self._on_write, None)
        engine.hook_add(unicorn.UC_HOOK_MEM_INVALID, self._on_bad_access)
        return engine

    def _refuse(self, mnemonic: str) -> None:
        """Stop at an instruction that the engine would run and the core does not have."""
        self._bad_access = f"undefined instruction: {mnemonic}"
        if self._engine is not None:
            self._engine.emu_stop()

    def _on_read(self, _engine: unicorn.Uc, offset: int, _size: int, _user: object) -> int:
        return self._read(offset)

    def _on_write(
        self, _engine: unicorn.Uc, offset: int, _size: int, value: int, _user: object
    ) -> None:
        self._write(offset, value)

    def _on_bad_access(
        self, _engine: unicorn.Uc, access: int, address: int, size: int, _value: int, _user: object
    ) -> bool:
        words = _ACCESS.get(access, "access to")
        bytes_ = "" if words == "jump to" else f" ({size} bytes)"
        self._bad_access = f"{words} 0x{address:08x}{bytes_}, where there is nothing to do so"
        return False

    def _run(self, engine: unicorn.Uc, entry: int) -> None:
        self._bad_access = ""
        try:
            engine.emu_start(entry | 1, NOWHERE)
            asleep = "the core went to sleep and nothing can wake it"
            reason = "" if self._stopping else self._bad_access or asleep
        except Halted:
            reason = ""
        except Fault as fault:
            reason = str(fault)
        except unicorn.UcError as error:
            reason = self._bad_access or {
                unicorn.UC_ERR_INSN_INVALID: "undefined instruction",
                unicorn.UC_ERR_EXCEPTION: "exception (unaligned access, SVC or BKPT)",
            }.get(error.errno, str(error))
        if reason:
            self.fault = self._report(engine, reason)
            log.error("fault: %s", self.fault)

    def _report(self, engine: unicorn.Uc, reason: str) -> FaultReport:
        pc = engine.reg_read(arm_const.UC_ARM_REG_PC)
        lr = engine.reg_read(arm_const.UC_ARM_REG_LR)
        name = self.image.function_at if self.image else lambda _address: ""
        return FaultReport(
            reason,
            pc,
            lr,
            engine.reg_read(arm_const.UC_ARM_REG_SP),
            name(pc),
            name(lr - 1) if lr != 0xFFFFFFFF else "",
        )
