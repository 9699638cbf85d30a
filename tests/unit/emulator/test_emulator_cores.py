"""Each core: the same programs give the same bytes, and what a core lacks is a fault."""

import shutil
import time

import numpy as np
import pytest
from board_wire import Wire
from test_emulator_bench import tiny_model

from studio import emulator
from studio.errors import ConfigError, ToolError
from studio.events import Quiet
from studio.services import bench
from studio.services.boards import board_file, list_kinds

VIRTUAL = {kind.id: kind.core for kind in list_kinds() if kind.virtual}
TOOLCHAINS = [
    "zig",
    pytest.param(
        "gcc",
        marks=pytest.mark.skipif(
            not shutil.which("arm-none-eabi-gcc"), reason="arm-none-eabi-gcc is not installed"
        ),
    ),
]


@pytest.mark.parametrize("toolchain", TOOLCHAINS)
@pytest.mark.parametrize("board", VIRTUAL)
def test_a_model_runs_on_every_core(board, toolchain):
    x = np.random.default_rng(5).integers(-60, 60, (3, 2, 4)).astype(np.int8)
    y = bench.run_on_virtual_board(tiny_model(), x, Quiet(), board=board, toolchain=toolchain)
    assert np.array_equal(y, x[:, 0] - x[:, 1])


PROGRAM = """
#include "tml_hal.h"
int main(void)
{
    static volatile uint32_t words[2] = {0x03020100u, 0x07060504u};
    volatile uint32_t one = 1u;
    uint32_t result = (uint32_t)(uintptr_t)words;
    tml_hal_init();
    BODY
    tml_hal_serial_write((const uint8_t *)&result, 4);
    for (;;) {
        tml_hal_idle(0);
    }
}
"""
UNALIGNED = "(void)one; result = *(volatile uint32_t *)(result + one);"
# written as numbers: no assembler would take them for the smaller cores
SMLAD = '__asm__ volatile(".short 0xfb20, 0x0000" : "+r"(result)); (void)one;'
CBZ = '__asm__ volatile(".short 0xb108\\n\\tnop\\n\\tnop" ::: "cc"); (void)one;'
IT = '__asm__ volatile("cmp r0, r0\\n\\t.short 0xbf08\\n\\tnop" ::: "cc"); (void)one;'
LACKING = {
    "unaligned": (UNALIGNED, "unaligned"),
    "smlad": (SMLAD, "undefined instruction"),
    "cbz": (CBZ, "undefined instruction: cbz"),
    "it": (IT, "undefined instruction: it"),
}


def _answer(tmp_path, board, body):
    """Return the program's four bytes, or the reason of its fault."""
    name = board.replace("virtual-", "")
    image = emulator.link_image(
        "core", texts={"core.c": PROGRAM.replace("BODY", body)}, core=VIRTUAL[board]
    )
    started = emulator.start(name, board=board_file(board), state=tmp_path, attached=True)
    try:
        control, wire = emulator.Control(started), Wire(started)
        control.flash(image)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            fault = control.fault()
            if fault is not None:
                return fault["reason"]
            if control.counters()["serial"]["sent"] >= 4:
                return wire.take(4)
            time.sleep(0.02)
        raise AssertionError("neither an answer nor a fault")
    finally:
        emulator.stop(name, state=tmp_path)


@pytest.mark.parametrize("what", LACKING)
def test_what_armv6m_lacks_is_a_fault_there(tmp_path, what):
    body, reason = LACKING[what]
    assert reason in _answer(tmp_path, "virtual-cortex-m0plus", body)


@pytest.mark.parametrize("what", LACKING)
def test_and_runs_on_a_larger_core(tmp_path, what):
    assert len(_answer(tmp_path, "virtual-cortex-m4", LACKING[what][0])) == 4


def test_a_core_or_toolchain_that_is_not_known_is_told():
    with pytest.raises(ConfigError, match="pdp-11"):
        emulator.link_image("x", texts={}, core="pdp-11")
    with pytest.raises(ConfigError, match="tcc"):
        emulator.link_image("x", texts={}, toolchain="tcc")


def test_a_missing_gcc_is_told(monkeypatch, tmp_path):
    from studio.emulator import toolchain

    monkeypatch.setenv("PATH", str(tmp_path))
    toolchain.gcc_version.cache_clear()
    with pytest.raises(ToolError, match="arm-none-eabi-gcc is not installed"):
        emulator.link_image("x", texts={}, toolchain="gcc")
    monkeypatch.undo()
    toolchain.gcc_version.cache_clear()


def test_the_second_core_is_faster_only_by_pairs():
    """The M7 starts two instructions at once: fewer cycles, about as many instructions."""
    m4, m7 = (
        bench.profile_compiled(tiny_model(), board=f"virtual-cortex-{core}", report=Quiet())
        for core in ("m4", "m7")
    )
    assert m7["instructions"] == pytest.approx(m4["instructions"], rel=0.1)
    assert m7["instructions"] / 2 < m7["cycles"] < m4["cycles"]
