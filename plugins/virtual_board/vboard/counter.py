"""Instruction and cycle counts per basic block: a small C hook, or Python where no compiler is."""

import ctypes
import hashlib
import importlib.util
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import unicorn

from vboard.cost import BlockCost

try:
    from unicorn.unicorn_py3.unicorn import uclib
except ImportError:  # another layout of the binding: count in Python
    uclib = None

log = logging.getLogger("virtual_board")
HOOK_SOURCE = Path(__file__).with_name("block_hook.c")
SUFFIX = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")


class _Cost(ctypes.Structure):
    _fields_ = [
        ("address", ctypes.c_uint32),
        ("size", ctypes.c_uint32),
        ("instructions", ctypes.c_uint32),
        ("cycles", ctypes.c_uint32),
    ]


_LEARN = ctypes.CFUNCTYPE(None, ctypes.c_uint32, ctypes.c_uint32)


class _Counter(ctypes.Structure):
    _fields_ = [
        ("instructions", ctypes.c_uint64),
        ("cycles", ctypes.c_uint64),
        ("costs", ctypes.POINTER(_Cost)),
        ("learn", _LEARN),
        ("mask", ctypes.c_uint32),
        ("taken", ctypes.c_uint32),
        ("next", ctypes.c_uint32),
    ]


def _compiler() -> list[str]:
    if importlib.util.find_spec("ziglang") is not None:
        return [sys.executable, "-m", "ziglang", "cc"]
    for name in ("cc", "gcc", "clang"):
        if shutil.which(name):
            return [name]
    return []


def build_hook(cache: Path) -> Any:
    """Return the C hook, compiled at first use, or None (with a warning) where that fails."""
    key = hashlib.sha256(HOOK_SOURCE.read_bytes()).hexdigest()[:16]
    target = cache / f"block_hook-{key}{SUFFIX}"
    try:
        if not target.exists():
            _compile(target)
        return ctypes.CDLL(str(target)).block_hook
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("No compiled counter (%s): counting in Python, 20 times slower.", error)
        return None


def _compile(target: Path) -> None:
    command = _compiler()
    if not command:
        raise OSError("no C compiler found")
    target.parent.mkdir(parents=True, exist_ok=True)
    environment = {"ZIG_GLOBAL_CACHE_DIR": str(target.parent / "zig"), **os.environ}
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".hook-") as folder:
        built = Path(folder) / target.name
        shape = ["-shared", "-O2"] + ([] if sys.platform == "win32" else ["-fPIC"])
        subprocess.run(
            [*command, *shape, str(HOOK_SOURCE), "-o", str(built)],
            check=True,
            capture_output=True,
            timeout=120,
            env=environment,
        )
        os.replace(built, target)


class Counter:
    """Counts of one run of the core.

    Parameters
    ----------
    read_code : callable
        `(address, size) -> bytes` of the program's memory.
    refuse : callable
        Told the name of an instruction that the core lacks, before it runs.
    core : str
        Which core's cycles to count.
    flash_bytes : int
        Size of the memory that code runs from.
    hook : the C function, or None to count in Python
    """

    def __init__(
        self,
        read_code: Callable[[int, int], bytes],
        refuse: Callable[[str], None],
        *,
        core: str,
        flash_bytes: int,
        hook: Any,
    ) -> None:
        self._read_code = read_code
        self._refuse = refuse
        self._cost = BlockCost(core)
        # one slot per halfword, so that code never shares one
        slots = 1 << (flash_bytes // 2 - 1).bit_length()
        self._mask = slots - 1
        self._costs = (_Cost * slots)()
        self._learn = _LEARN(self._learn_block)
        self._counter = _Counter(
            costs=ctypes.cast(self._costs, ctypes.POINTER(_Cost)),
            learn=self._learn,
            mask=self._mask,
            taken=self._cost.taken,
        )
        self._hook = hook if uclib is not None else None

    @property
    def kind(self) -> str:
        """`c` or `python`."""
        return "python" if self._hook is None else "c"

    @property
    def instructions(self) -> int:
        """Instructions since reset; the running block counts as done."""
        return int(self._counter.instructions)

    @property
    def cycles(self) -> int:
        """Cycles since reset, without sleep."""
        return int(self._counter.cycles)

    def start(self, engine: unicorn.Uc) -> None:
        """Set the counts to zero and count what `engine` runs from now on."""
        counter = self._counter
        counter.instructions = counter.cycles = counter.next = 0
        ctypes.memset(self._costs, 0, ctypes.sizeof(self._costs))
        if self._hook is None:
            engine.hook_add(unicorn.UC_HOOK_BLOCK, self._count)
            return
        handle = ctypes.c_size_t()
        status = uclib.uc_hook_add(
            engine._uch,
            ctypes.byref(handle),
            unicorn.UC_HOOK_BLOCK,
            ctypes.cast(self._hook, ctypes.c_void_p),
            ctypes.cast(ctypes.byref(counter), ctypes.c_void_p),
            ctypes.c_uint64(1),
            ctypes.c_uint64(0),
        )
        if status != unicorn.UC_ERR_OK:
            raise unicorn.UcError(status)

    def _learn_block(self, address: int, size: int) -> None:
        cost = self._costs[(address >> 1) & self._mask]
        code = self._read_code(address, size)
        cost.instructions, cost.cycles, lacking = self._cost.of(code, address)
        if lacking:
            self._refuse(lacking)
        cost.address, cost.size = address, size

    def _count(self, _engine: unicorn.Uc, address: int, size: int, _user: object) -> None:
        cost = self._costs[(address >> 1) & self._mask]
        if cost.address != address or cost.size != size:
            self._learn_block(address, size)
        counter = self._counter
        counter.instructions += cost.instructions
        counter.cycles += cost.cycles + (0 if address == counter.next else counter.taken)
        counter.next = address + size
