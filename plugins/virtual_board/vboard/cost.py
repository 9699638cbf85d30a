"""How many cycles an instruction costs on each emulated core.

Cortex-M4 and Cortex-M33, by the Cortex-M4 Technical Reference Manual (for the M33 Arm publishes
no table; its pipeline is as long and starts, but for some 16-bit pairs, one at a time):

| instructions                                   | cycles                                    |
|------------------------------------------------|-------------------------------------------|
| data processing, MUL, MLA, SIMD, saturation    | 1                                         |
| SDIV, UDIV                                     | 8 (2 to 12, by the operands)              |
| LDR and its sizes                              | 2; 1 directly after another load or store |
| STR and its sizes                              | 1 (write buffer)                          |
| LDRD, LDM, POP, STRD, STM, PUSH, VLDM, VSTM    | 1 + registers (a double counts as two)    |
| VLDR, VSTR                                     | 2 (a double: 3)                           |
| VADD, VSUB, VMUL, VCMP, VCVT, VMOV             | 1                                         |
| VMLA, VMLS, VFMA, VFMS and their negations     | 3                                         |
| VDIV, VSQRT                                    | 14                                        |
| MRS, MSR                                       | 2                                         |
| TBB, TBH                                       | 2                                         |
| branches, calls, returns                       | +2 when taken                             |

Cortex-M0+, by the Cortex-M0+ Technical Reference Manual, with its single-cycle multiplier:

| instructions                                   | cycles                                    |
|------------------------------------------------|-------------------------------------------|
| data processing, MULS                          | 1                                         |
| LDR, STR and their sizes                       | 2                                         |
| LDM, POP, STM, PUSH                            | 1 + registers                             |
| BL                                             | 3, the taken branch included              |
| MRS, MSR, DMB, DSB, ISB                        | 3                                         |
| branches, returns                              | +1 when taken                             |

Cortex-M7: see `dual_issue`.

Not modelled on any of them: flash wait states, caches, alignment, operand-dependent stalls,
folding of IT. What is left is the same on every run, which is what comparisons need.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import capstone

from vboard.dual_issue import dual_issue_cycles

_MULTIPLE = ("ldm", "pop", "stm", "push", "vldm", "vpop", "vstm", "vpush")
_FUSED = ("vmla", "vmls", "vnmla", "vnmls", "vfma", "vfms", "vfnma", "vfnms")
_RANGE = re.compile(r"([rsd])(\d+)-[rsd](\d+)")


def _registers(operands: str) -> int:
    listed = operands[operands.find("{") + 1 : operands.find("}")]
    count = 0
    for item in listed.split(","):
        name = item.strip()
        span = _RANGE.fullmatch(name)
        number = int(span[3]) - int(span[2]) + 1 if span else 1
        count += number * (2 if name.startswith("d") else 1)
    return count


def m4_cycles(mnemonic: str, operands: str, *, after_access: bool) -> int:
    """Return the cycles of one instruction on a Cortex-M4, branches as if not taken.

    Parameters
    ----------
    mnemonic, operands : str
        As Capstone prints them, condition suffix and width included.
    after_access : bool
        Whether the instruction before it was a single load or store.
    """
    if mnemonic.startswith(_MULTIPLE):
        return 1 + _registers(operands)
    if mnemonic.startswith(("ldrd", "strd")):
        return 3
    if mnemonic.startswith("ldr"):
        return 1 if after_access else 2
    if mnemonic.startswith(("vldr", "vstr")):
        return 3 if operands.startswith("d") else 2
    if mnemonic.startswith(("vdiv", "vsqrt")):
        return 14
    if mnemonic.startswith(_FUSED):
        return 3
    if mnemonic.startswith(("sdiv", "udiv")):
        return 8
    return 2 if mnemonic.startswith(("mrs", "msr", "tbb", "tbh")) else 1


def m0plus_cycles(mnemonic: str, operands: str) -> int:
    """Return the cycles of one instruction on a Cortex-M0+, branches as if not taken."""
    if mnemonic.startswith(_MULTIPLE):
        return 1 + _registers(operands)
    if mnemonic.startswith(("ldr", "str")):
        return 2
    if mnemonic == "bl":
        return 2
    return 3 if mnemonic.startswith(("mrs", "msr", "dmb", "dsb", "isb")) else 1


class Pipeline(Protocol):
    """Cycles of a basic block's instructions, branches as if not taken."""

    def __call__(self, instructions: Sequence[Any], /) -> int:
        """Take the block's instructions as Capstone gives them, None for one it does not know."""


def m4_block(instructions: Sequence[Any]) -> int:
    """Return the cycles of a block on a Cortex-M4."""
    total = 0
    after_access = False
    for row in instructions:
        mnemonic, operands = (row.mnemonic, row.op_str) if row else ("", "")
        total += m4_cycles(mnemonic, operands, after_access=after_access)
        after_access = mnemonic.startswith(("ldr", "str", "vldr", "vstr"))
    return total


def m0plus_block(instructions: Sequence[Any]) -> int:
    """Return the cycles of a block on a Cortex-M0+."""
    return sum(m0plus_cycles(row.mnemonic, row.op_str) if row else 1 for row in instructions)


PIPELINES: dict[str, tuple[Pipeline, int]] = {
    "cortex-m0plus": (m0plus_block, 1),
    "cortex-m4": (m4_block, 2),
    "cortex-m7": (dual_issue_cycles, 1),
    "cortex-m33": (m4_block, 2),
}
"""Per core: its pipeline, and the cycles that a taken branch adds, however it is spelled."""

_BEYOND_V6M = ("cbz", "cbnz", "it")
"""What ARMv6-M lacks and the engine lets pass all the same; it refuses the rest itself."""


class BlockCost:
    """Costs of basic blocks of Thumb code on one core.

    Parameters
    ----------
    core : str
        A key of `PIPELINES`.
    """

    def __init__(self, core: str) -> None:
        mode = capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS
        self._decoder = capstone.Cs(capstone.CS_ARCH_ARM, mode)
        self._decoder.detail = True
        self._pipeline, self.taken = PIPELINES[core]
        self._refused = _BEYOND_V6M if core == "cortex-m0plus" else ()

    def of(self, code: bytes, address: int) -> tuple[int, int, str]:
        """Return instructions and cycles of the block's bytes, and what the core lacks, if any."""
        rows = list(self._instructions(code, address))
        lacking = next((row.mnemonic for row in rows if row and self._lacks(row.mnemonic)), "")
        return len(rows), self._pipeline(rows), lacking

    def _lacks(self, mnemonic: str) -> bool:
        plain = "it" if re.fullmatch("it[te]{0,3}", mnemonic) else mnemonic
        return plain in self._refused

    def _instructions(self, code: bytes, address: int) -> Iterator[Any]:
        place = 0
        while place + 1 < len(code):
            for row in self._decoder.disasm(code[place:], address + place):
                place = row.address + row.size - address
                yield row
            if place + 1 < len(code):  # the decoder does not know it: counted as data processing
                place += 4 if code[place + 1] >> 3 in (0b11101, 0b11110, 0b11111) else 2
                yield None
