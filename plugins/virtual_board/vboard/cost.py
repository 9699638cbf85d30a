"""How many cycles an instruction costs on a Cortex-M4F, by the core's reference manual.

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

Not modelled: flash wait states, alignment, operand-dependent stalls, folding of IT. What is left
is the same on every run, which is what comparisons need.
"""

import re
from collections.abc import Iterator

import capstone

TAKEN = 2
"""Cycles that a taken branch adds, however it is spelled."""

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


def cycles(mnemonic: str, operands: str, *, after_access: bool) -> int:
    """Return the cycles of one instruction, branches as if not taken.

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


class BlockCost:
    """Costs of basic blocks of Thumb code."""

    def __init__(self) -> None:
        mode = capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS
        self._decoder = capstone.Cs(capstone.CS_ARCH_ARM, mode)

    def of(self, code: bytes, address: int) -> tuple[int, int]:
        """Return `(instructions, cycles)` of the block's bytes."""
        instructions = 0
        total = 0
        after_access = False
        for mnemonic, operands in self._instructions(code, address):
            instructions += 1
            total += cycles(mnemonic, operands, after_access=after_access)
            after_access = mnemonic.startswith(("ldr", "str", "vldr", "vstr"))
        return instructions, total

    def _instructions(self, code: bytes, address: int) -> Iterator[tuple[str, str]]:
        place = 0
        while place + 1 < len(code):
            for start, size, mnemonic, operands in self._decoder.disasm_lite(
                code[place:], address + place
            ):
                place = start + size - address
                yield mnemonic, operands
            if place + 1 < len(code):  # the decoder does not know it: counted as data processing
                place += 4 if code[place + 1] >> 3 in (0b11101, 0b11110, 0b11111) else 2
                yield "unknown", ""
