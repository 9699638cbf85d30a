"""Every model that the operators' tests compile, on emulated cores: the bytes of the PC's build.

The tests hold the PC against TFLite Micro; here the same models, compiled for each core, run on it
under both compilers. On the 8-bit core, where `int` has 16 bits, the simulator simavr runs what
fits into its memory; its floats may differ in the last place, so only integers are compared.
"""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import common
import numpy as np

from studio.compiler import compile_model
from studio.errors import StudioError
from studio.events import Quiet
from studio.runtime import HostModel
from studio.services import bench
from studio.types import CompiledModel

CORES = ("cortex-m0plus", "cortex-m4", "cortex-m7", "cortex-m33", "avr")
ARM_TOOLCHAINS = ("gcc", "zig")
MCU = "atmega1284p"
"""16 KiB of RAM, in which constants lie as well."""
AVR_FLAGS = ("-std=c99", "-Os", "-Wall", "-Wextra", "-Werror", "-ffp-contract=off")
AVR_MAIN = r"""
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/pgmspace.h>
#include <avr/sleep.h>
#include "tml_model.h"

static void put(char letter)
{
    while (!(UCSR0A & (1 << UDRE0))) {
    }
    UDR0 = (uint8_t)letter;
}

static void give(const uint8_t *bytes, uint16_t count)
{
    for (uint16_t i = 0; i < count; ++i) {
        put("0123456789abcdef"[bytes[i] >> 4]);
        put("0123456789abcdef"[bytes[i] & 15]);
        if (i % 32u == 31u) {
            put('\n');
        }
    }
    put('\n');
}

static const uint8_t inputs[] PROGMEM = {INPUTS};

int main(void)
{
    const uint8_t *from = inputs;
    UCSR0B = 1 << TXEN0;
    tml_model_init();
    for (uint8_t n = 0; n < COUNT; ++n) {
READ
        if (tml_model_invoke() != 0) {
            put('!');
        }
WRITE
    }
    while (!(UCSR0A & (1 << UDRE0))) {
    }
    cli();
    sleep_enable();
    sleep_cpu(); /* asleep without interrupts: the simulator ends */
}
"""


class TooLarge(Exception):
    """The model does not fit the 8-bit core."""


def collect(folder: Path) -> None:
    """Run the operators' tests and keep the models that they compile."""
    tests = common.ROOT / "tests" / "unit" / "compiler"
    files = [path for path in tests.glob("test_*.py") if "oracle import" in path.read_text()]
    common.say(f"collecting the models of {len(files)} files of tests")
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *map(str, files)],
        cwd=common.ROOT,
        env={**os.environ, "TINYML_STUDIO_KEEP_MODELS": str(folder)},
        stdout=subprocess.DEVNULL,
        check=False,
    )


def some_inputs(compiled: CompiledModel, count: int) -> list[np.ndarray]:
    """Return random inputs, the last two all lowest and all highest."""
    rng = np.random.default_rng(7)
    inputs = []
    for info in compiled.inputs:
        if info.dtype == "float32":
            x = rng.normal(0, 40, (count, info.elements)).astype(np.float32)
        elif info.dtype == "bool":
            x = rng.integers(0, 2, (count, info.elements)).astype(np.bool_)
        else:
            limits = np.iinfo(info.dtype)
            x = rng.integers(limits.min, limits.max, (count, info.elements), endpoint=True)
            x[-2:] = np.array([[limits.min], [limits.max]])
            x = x.astype(info.dtype)
        inputs.append(x)
    return inputs


def on_avr(compiled: CompiledModel, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """Return the outputs of the 8-bit core."""
    count = len(inputs[0])
    packed = b"".join(row.tobytes() for rows in zip(*inputs, strict=True) for row in rows)
    read, write = [], []
    for n, info in enumerate(compiled.inputs):
        call = f"tml_model_input{f'_{n}' if n else ''}()"
        read += [f"memcpy_P({call}, from, {info.bytes}u);", f"from += {info.bytes}u;"]
    for n, info in enumerate(compiled.outputs):
        write.append(f"give(tml_model_output{f'_{n}' if n else ''}(), {info.bytes}u);")
    text = AVR_MAIN.replace("COUNT", str(count)).replace("READ", "\n".join(read))
    text = text.replace("WRITE", "\n".join(write)).replace("INPUTS", ",".join(map(str, packed)))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, content in {**compiled.files, "main.c": text}.items():
            (folder / file).write_text(content, encoding="utf-8")
        lines = _simulate(folder)
    raw = np.frombuffer(bytes.fromhex("".join(lines)), np.int8).reshape(count, -1)
    ends = np.cumsum([info.bytes for info in compiled.outputs])
    return [
        np.ascontiguousarray(raw[:, end - info.bytes : end]).view(info.dtype)
        for info, end in zip(compiled.outputs, ends, strict=True)
    ]


def _simulate(folder: Path) -> list[str]:
    sources = [path.name for path in folder.glob("*.c")]
    built = subprocess.run(
        ["avr-gcc", f"-mmcu={MCU}", *AVR_FLAGS, *sources, "-o", "image.elf"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if re.search("will not fit|exceeds|too large|not within region", built.stderr):
        raise TooLarge
    if built.returncode:
        raise StudioError(built.stderr.strip()[:500])
    sizes = subprocess.run(
        ["avr-size", "-A", "image.elf"], cwd=folder, capture_output=True, text=True, check=True
    ).stdout
    ram = sum(int(n) for n in re.findall(r"^\.(?:data|bss)\s+(\d+)", sizes, re.MULTILINE))
    if ram > 15_000:  # the rest is the stack's
        raise TooLarge
    run = subprocess.run(
        ["simavr", "-m", MCU, "-f", "16000000", "image.elf"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    plain = re.sub(r"\x1b\[[0-9;]*m", "", run.stdout + run.stderr)
    return re.findall(r"^([0-9a-f!]{2,})\.*\s*$", plain, re.MULTILINE)


def differs(data: bytes, core: str, toolchain: str, count: int, control: Any = None) -> str:
    """Return in words how a core's outputs differ from the PC's, or nothing.

    `control` is a board that runs already; the 8-bit core needs none.
    """
    try:
        compiled = compile_model(data, target=core)
        inputs = some_inputs(compiled, count)
        # the name under which the tests have built it already
        wanted = HostModel(compile_model(data, name="case")).run(inputs)
        if core == "avr":
            found = on_avr(compiled, inputs)
        else:
            found = bench.run_on(control, core, compiled, inputs, Quiet(), toolchain=toolchain)
    except (StudioError, subprocess.TimeoutExpired, ValueError) as error:
        return str(error)[:500]
    for number, (mine, theirs) in enumerate(zip(found, wanted, strict=True)):
        if core == "avr" and mine.dtype.kind == "f":
            continue
        if mine.tobytes() != theirs.tobytes():
            wrong = int((mine != theirs).sum())
            return f"output {number}: {wrong} of {mine.size} values"
    return ""


def compare(models: list[Path], core: str, toolchain: str, count: int) -> dict[str, str]:
    """Return for each model that fits the core how it differs."""
    found = {}
    with contextlib.ExitStack() as stack:
        control = None
        if core != "avr":
            control = stack.enter_context(bench.started(f"virtual-{core}", report=Quiet()))
        for path in models:
            try:
                words = differs(path.read_bytes(), core, toolchain, count, control)
            except TooLarge:
                continue
            found[path.name] = words
            if words:
                common.say(f"{path.name} on {core}, {toolchain}: {words}")
    return found


def _pairs(options: Any) -> list[tuple[str, str]]:
    pairs = [(c, t) for c in options.core if c != "avr" for t in options.toolchain]
    pairs += [("avr", "avr-gcc")] * ("avr" in options.core)
    compiler = {"gcc": "arm-none-eabi-gcc", "zig": sys.executable, "avr-gcc": "simavr"}
    for _, toolchain in dict.fromkeys(p for p in pairs if not shutil.which(compiler[p[1]])):
        common.say(f"{compiler[toolchain]} is not installed")
    return [pair for pair in pairs if shutil.which(compiler[pair[1]])]


def main() -> None:
    """Collect, run, compare."""
    parser = common.options(__doc__ or "")
    parser.add_argument("--models", type=Path, help="folder of .tflite files (default: collect)")
    parser.add_argument("--core", nargs="+", choices=CORES, default=CORES)
    parser.add_argument("--toolchain", nargs="+", choices=ARM_TOOLCHAINS, default=ARM_TOOLCHAINS)
    parser.add_argument("--count", type=int, default=5, help="inputs per model")
    options = parser.parse_args()
    gates, failed = [], []
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.models or Path(temporary)
        if not options.models:
            collect(folder)
        models = sorted(folder.glob("*.tflite"))
        for core, toolchain in _pairs(options):
            found = compare(models, core, toolchain, options.count)
            wrong = {name: words for name, words in found.items() if words}
            failed += [{"model": n, "core": core, "words": w} for n, w in wrong.items()]
            name = f"{core} {toolchain}, {len(found)} models"
            gates.append(common.gate(name, len(wrong), 0, "models that differ", "lower"))
    common.finish({"gates": gates, "failed": failed}, as_json=options.json)


if __name__ == "__main__":
    main()
