"""Cycles of a basic block on a Cortex-M7: up to two instructions start per cycle, in order.

Arm tells the shape of the pipeline (Cortex-M7 Technical Reference Manual: six stages, in order,
dual issue, one multiplier, prediction) but no table of timings. The rules here are a model
of that shape, kept simple on purpose:

- Two neighbouring instructions start in one cycle unless the second needs what the first writes,
  both write the same register, both use the multiplier, both load or store, or one stands alone.
- Alone: LDM, STM, PUSH, POP, LDRD, STRD (1 + registers / 2, as the memory port has 64 bits),
  division (8), VDIV and VSQRT (14), MRS, MSR, TBB, TBH (2), barriers.
- The result of a load or of a multiplication can be used two cycles later, any other result one
  cycle later. The sum of a multiply-accumulate feeds the next one as its sum one cycle later.
- A condition (what IT covers) needs the flags like a register; a branch is predicted and does not.
- A taken branch costs one cycle more: predicted, but it ends what can be fetched together.

Zero wait states: what caches and flash cost on a chip is not in it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from capstone import arm

FLAGS = -1
"""The flags, beside the registers' numbers."""
_UNSEEN = {arm.ARM_REG_CPSR, arm.ARM_REG_ITSTATE, arm.ARM_REG_PC}
_BY_REGISTERS = ("ldm", "stm", "push", "pop", "vldm", "vstm", "vpush", "vpop", "ldrd", "strd")
_ALONE = {
    "sdiv": 8, "udiv": 8, "vdiv": 14, "vsqrt": 14, "mrs": 2, "msr": 2, "tbb": 2, "tbh": 2,
    "dmb": 1, "dsb": 1, "isb": 1,
}  # fmt: skip
_MULTIPLY = re.compile(r"(?:sm|um)(?:la|ul|mul|us|ls|aa)|mul|ml[as]|vmul|vml|vnm|vf[n]?m")
_ACCUMULATE = re.compile(r"(?:ml[as]|smla|smls|smml[as]|umaal|umlal|vmla|vmls|vfm|vfnm|vnml)")
_MEMORY = re.compile(r"v?(?:ldr|str)")


@dataclass(frozen=True, slots=True)
class _Step:
    """What matters of an instruction."""

    reads: frozenset[int]
    writes: Mapping[int, int]
    """Register -> after how many cycles it can be used."""
    sums: frozenset[int]
    """Of what it reads: what it only adds to."""
    alone: int
    memory: bool
    multiply: bool


_NOTHING = _Step(frozenset(), {}, frozenset(), 1, memory=False, multiply=False)


def _step(row: Any) -> _Step:
    if row is None:
        return _NOTHING
    name = row.mnemonic.partition(".")[0]
    multiply = _MULTIPLY.match(name) is not None
    accumulate = _ACCUMULATE.match(name) is not None
    registers = [operand.reg for operand in row.operands if operand.type == arm.ARM_OP_REG]
    read, written = (set(found) - _UNSEEN for found in row.regs_access())
    # the decoder's lists leave out some sources of SSAT, PKH and the like, and all flags
    read |= set(registers) - written
    if row.update_flags:
        written.add(FLAGS)
    if row.cc != arm.ARM_CC_AL and not _is_branch(row):
        read |= written | {FLAGS}
    if accumulate:
        read |= written
    loaded = set(registers) if name.lstrip("v").startswith("ldr") else set()
    late = written if multiply else loaded
    return _Step(
        frozenset(read),
        {register: 2 if register in late else 1 for register in written},
        frozenset(_summands(name, registers) if accumulate else ()),
        _cycles_alone(name, registers),
        _MEMORY.match(name) is not None,
        multiply,
    )


def _is_branch(row: Any) -> bool:
    return arm.ARM_GRP_JUMP in row.groups


def _cycles_alone(name: str, registers: Sequence[int]) -> int:
    """Return the cycles of an instruction that starts alone, 0 for any other."""
    if name.startswith(_BY_REGISTERS):
        return 1 + (len(registers) + 1) // 2
    return next((count for known, count in _ALONE.items() if name.startswith(known)), 0)


def _summands(name: str, registers: Sequence[int]) -> Sequence[int]:
    """Return the registers that a multiply-accumulate adds its product to."""
    if name.startswith(("umlal", "smlal", "smlsl", "umaal")):
        return registers[:2]
    return registers[:1] if name.startswith("v") else registers[3:4]


def _together(first: _Step, second: _Step) -> bool:
    if first.alone or second.alone:
        return False
    if any(register in second.reads or register in second.writes for register in first.writes):
        return False
    return not (first.memory and second.memory) and not (first.multiply and second.multiply)


def dual_issue_cycles(instructions: Sequence[Any]) -> int:
    """Return the cycles of a block's instructions, its branch as if not taken.

    Parameters
    ----------
    instructions : sequence
        As Capstone gives them with details, None for one that it does not know.
    """
    ready: dict[int, int] = {}
    sum_ready: dict[int, int] = {}
    cycle, before = -1, None
    for step in map(_step, instructions):
        start = cycle if before is not None and _together(before, step) else cycle + 1
        needed = (
            sum_ready.get(register, 0) if register in step.sums else ready.get(register, 0)
            for register in step.reads
        )
        earliest = max(needed, default=0)
        paired = start == cycle and earliest <= start
        start = max(start, earliest)
        for register, latency in step.writes.items():
            ready[register] = start + max(latency, step.alone)
            sum_ready[register] = start + 1 if step.sums else ready[register]
        cycle = start + max(step.alone - 1, 0)
        before = None if paired or step.alone else step
    return cycle + 1
