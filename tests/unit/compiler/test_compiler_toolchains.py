"""The C made for each core compiles without a warning under the compilers that firmware meets.

And on an 8-bit core, whose `int` has 16 bits, it computes what the PC does: on simavr.
"""

import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from cases import VALID, Cases

from studio.compiler import OPTIMISE, TARGETS, compile_model
from studio.emulator.toolchain import TOOLCHAINS
from studio.runtime.model import HostModel

STRICT = ("-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Wdouble-promotion", "-Werror")
ZIG = (sys.executable, "-m", "ziglang", "cc")
AVR = ("avr-gcc", "-mmcu=atmega2560", "-Os")
HOSTS = {"gcc": ("gcc", "-O2"), "zig": (*ZIG, "-O2")}


def _network(height: int = 9) -> bytes:
    """Return a small convolutional network with each kind of layer that has weights."""
    case = Cases(3)
    x = case.conv(case.start((1, height, 9, 3)), 8, (3, 3), stride=(2, 2))
    x = case.conv(case.depthwise(x, (3, 3)), 8, (1, 1))
    x = case.depthwise(x, (5, 2), multiplier=2, padding=VALID)
    x = case.conv(x, 5, (1, 1), per_channel=False)
    x = case.dense(case.reshape(x, (1, int(np.prod(case.tensors[x]["shape"])))), 4)
    return case.model(case.softmax(x))


def _compile(command, folder, compiled, *more):
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed")
    for name, text in compiled.files.items():
        (folder / name).write_text(text, encoding="utf-8")
    sources = sorted(path.name for path in folder.glob("*.c"))
    run = subprocess.run(
        [*command, *STRICT, *more, *sources],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[:3000]


@pytest.mark.parametrize("optimise", OPTIMISE)
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("host", HOSTS)
def test_no_warnings_on_the_pc(host, target, optimise, tmp_path):
    compiled = compile_model(_network(), target=target, optimise=optimise)
    _compile(HOSTS[host], tmp_path, compiled, "-c")


@pytest.mark.parametrize("core", TOOLCHAINS["gcc"].options)
@pytest.mark.parametrize("toolchain", TOOLCHAINS)
def test_no_warnings_for_the_core(toolchain, core, tmp_path):
    chain = TOOLCHAINS[toolchain]
    command = (*chain.command, *chain.options[core], "-O2", "-ffreestanding")
    for optimise in OPTIMISE:
        compiled = compile_model(_network(), target=core, optimise=optimise)
        _compile(command, tmp_path, compiled, "-c")


@pytest.mark.parametrize("target", TARGETS)
def test_no_warnings_where_int_has_16_bits(target, tmp_path):
    _compile(AVR, tmp_path, compile_model(_network(), target=target), "-c")


AVR_MAIN = """
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>
#include "tml_model.h"

static void put(char letter)
{
    while (!(UCSR0A & (1 << UDRE0))) {
    }
    UDR0 = (uint8_t)letter;
}

static const int8_t inputs[COUNT][TML_MODEL_INPUT_BYTES] = {INPUTS};

int main(void)
{
    UCSR0B = 1 << TXEN0;
    tml_model_init();
    for (uint8_t n = 0; n < COUNT; ++n) {
        int8_t *input = tml_model_input();
        const uint8_t *output = tml_model_output();
        for (uint16_t i = 0; i < TML_MODEL_INPUT_BYTES; ++i) {
            input[i] = inputs[n][i];
        }
        if (tml_model_invoke() != 0) {
            put('!');
        }
        for (uint16_t i = 0; i < TML_MODEL_OUTPUT_BYTES; ++i) {
            put("0123456789abcdef"[output[i] >> 4]);
            put("0123456789abcdef"[output[i] & 15]);
        }
        put('\\n');
    }
    while (!(UCSR0A & (1 << UDRE0))) {
    }
    cli();
    sleep_enable();
    sleep_cpu(); /* asleep without interrupts: the simulator ends */
}
"""


def _on_avr(folder, compiled, x, mcu):
    """Return the outputs of an 8-bit core on the simulator."""
    for tool in ("avr-gcc", "simavr"):
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not installed")
    rows = ",".join("{" + ",".join(map(str, row)) + "}" for row in x.tolist())
    text = AVR_MAIN.replace("COUNT", str(len(x))).replace("INPUTS", rows)
    (folder / "main.c").write_text(text, encoding="utf-8")
    command = ("avr-gcc", f"-mmcu={mcu}", "-Os", "-ffp-contract=off")
    # register names of the chip's header are not ours to mend
    _compile(command, folder, compiled, "-Wno-conversion", "-o", "image.elf")
    run = subprocess.run(
        ["simavr", "-m", mcu, "-f", "16000000", "image.elf"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    plain = re.sub(r"\x1b\[[0-9;]*m", "", run.stdout + run.stderr)
    # the simulator breaks long lines
    digits = "".join(re.findall(r"^([0-9a-f!]+)\.*\s*$", plain, re.MULTILINE))
    assert len(digits) == 2 * len(x) * compiled.output.bytes, plain[-2000:]
    values = np.frombuffer(bytes.fromhex(digits), np.int8)
    return values.reshape(len(x), compiled.output.bytes)


def test_hello_world_on_an_8_bit_core(shared_data, tmp_path):
    data = (shared_data / "models" / "tflm" / "hello_world_int8.tflite").read_bytes()
    x = np.linspace(-128, 127, 20).astype(np.int8).reshape(-1, 1)
    expected = HostModel(compile_model(data)).invoke(x)
    assert len(np.unique(expected)) > 10
    found = _on_avr(tmp_path, compile_model(data, target="avr"), x, "atmega328p")
    np.testing.assert_array_equal(found, expected)


def test_a_convolutional_network_on_an_8_bit_core(tmp_path):
    data = _network()
    compiled = compile_model(data, target="avr")
    x = np.random.default_rng(8).integers(-128, 128, (20, compiled.input.elements))
    x = x.astype(np.int8)
    expected = HostModel(compile_model(data)).invoke(x)
    assert len(np.unique(expected, axis=0)) > 5
    np.testing.assert_array_equal(_on_avr(tmp_path, compiled, x, "atmega2560"), expected)
