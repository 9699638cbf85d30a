"""Cycles of basic blocks on each core; the cost table is the emulator's own, run by itself."""

import ast
import subprocess
import sys

import pytest

from studio.registry import find

M4 = {
    "0130": (1, 1),  # adds r0, #1
    "0868": (1, 2),  # ldr r0, [r1]
    "08684968": (2, 3),  # ldr, ldr: the second is pipelined
    "0860": (1, 1),  # str
    "f0b5": (1, 6),  # push {r4-r7, lr}
    "90fbf1f0": (1, 8),  # sdiv
    "80ee200a": (1, 14),  # vdiv.f32
    "a0ee200a": (1, 3),  # vfma.f32
    "2ded028b": (1, 3),  # vpush {d8}: two words
    "7047": (1, 1),  # bx lr; the two cycles of a taken branch come on top
    "ffde": (1, 1),  # udf: counted, whatever it is
}
M0PLUS = {
    "0130": (1, 1),  # adds r0, #1
    "4843": (1, 1),  # muls r0, r1
    "0868": (1, 2),  # ldr r0, [r1]
    "08684968": (2, 4),  # ldr, ldr
    "0860": (1, 2),  # str
    "07c9": (1, 4),  # ldm r1!, {r0-r2}
    "f0b5": (1, 6),  # push {r4-r7, lr}
    "00f000f8": (1, 2),  # bl; with the cycle of a taken branch 3
    "7047": (1, 1),  # bx lr; with the cycle of a taken branch 2
    "eff30580": (1, 3),  # mrs r0, ipsr
}
M7 = {
    "01300131": (2, 2),  # adds r0, #1; adds r1, #1: both write the flags
    "08460a1c": (2, 1),  # mov r0, r1; adds r2, r1, #0
    "08460246": (2, 2),  # mov r0, r1; mov r2, r0: the second needs the first
    "08681346": (2, 1),  # ldr r0, [r1]; mov r3, r2
    "08684a68": (2, 2),  # ldr, ldr: one port
    "08680246": (2, 3),  # ldr r0; mov r2, r0: a loaded value is there two cycles later
    "21fb023321fb0244": (2, 2),  # smlad r3, r1, r2, r3; smlad r4...: one multiplier
    "21fb023321fb0233": (2, 2),  # smlad r3 twice: the sum is passed on
    "21fb023308461a46": (3, 3),  # smlad r3; mov r0, r1; mov r2, r3: a product is late
    "21fb02330868": (2, 1),  # smlad r3; ldr r0, [r1]
    "0842d1d1": (2, 1),  # tst r0, r1; bne: predicted
    "f0b5": (1, 4),  # push {r4-r7, lr}
    "90fbf1f0": (1, 8),  # sdiv
    "ffde": (1, 1),  # udf: counted, whatever it is
}


@pytest.mark.parametrize(
    ("core", "cases"), [("cortex-m4", M4), ("cortex-m0plus", M0PLUS), ("cortex-m7", M7)]
)
def test_costs(core, cases):
    """Mnemonics as the decoder prints them; rules as the cost table's head states them."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from vboard.cost import BlockCost\n"
        "of = BlockCost(sys.argv[2]).of\n"
        "print([of(bytes.fromhex(text), 0)[:2] for text in sys.argv[3:]])\n"
    )
    program = str(find("program", "virtual_board").folder)
    run = subprocess.run(
        [sys.executable, "-c", code, program, core, *cases],
        capture_output=True,
        text=True,
        check=True,
    )
    assert dict(zip(cases, ast.literal_eval(run.stdout), strict=True)) == cases
