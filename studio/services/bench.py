"""Measuring a compiled model on the virtual board: instructions, cycles, memory, exact outputs."""

import itertools
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio import emulator
from studio.errors import ConfigError, DeviceError, ModelError
from studio.events import Reporter
from studio.paths import FIRMWARE
from studio.services import boards
from studio.types import CompiledModel, TensorInfo

BENCH = FIRMWARE / "bench"
SILENCE_S = 2.0
"""After so long without a byte the board is asked whether it lives."""


def profile(
    path: Path, *, board: str = boards.VIRTUAL, toolchain: str = "zig", report: Reporter
) -> dict[str, Any]:
    """Compile a model, run it once on a virtual board and return what it cost.

    Parameters
    ----------
    path : Path
        The .tflite file.
    board : str
        A virtual board's id.
    toolchain : str
        The C compiler: `zig`, or `gcc` for arm-none-eabi-gcc.
    report : Reporter

    Returns
    -------
    dict
        `instructions`, `cycles`, `stack_bytes`, `ram_bytes` (data and stack), `flash_bytes`, and
        `layers`: one `{op, name, instructions, cycles}` per layer.

    Raises
    ------
    ModelError
        If the model cannot be compiled.
    ConfigError
        If the board is not virtual.
    DeviceError
        If the program faults on the board.
    """
    from studio.compiler import compile_model

    kind = boards.board(board)
    if not kind.virtual:
        raise ConfigError(
            f"{board} is not a virtual board; counts come from the emulator.",
            f"Use --board {boards.VIRTUAL}.",
        )
    report.progress(0.0, f"compiling {path.name}")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}.") from error
    compiled = compile_model(data, target=kind.core)
    return profile_compiled(compiled, board=board, toolchain=toolchain, report=report)


def profile_compiled(
    compiled: CompiledModel,
    *,
    board: str = boards.VIRTUAL,
    toolchain: str = "zig",
    report: Reporter,
) -> dict[str, Any]:
    """Run a compiled model once on a virtual board; returns and raises as `profile` does."""
    report.progress(0.2, "linking the image")
    image = link_bench(compiled, core=boards.board(board).core, toolchain=toolchain)
    inputs = _some_input(compiled.input)
    with _board_with(image, board=board, report=report) as bench:
        report.progress(0.8, "running one inference")
        bench.infer(inputs.tobytes(), _bytes(compiled.output), report)
        counters = bench.control.counters()
        flashed = bench.control.info()["image"]
    layers = _layers(compiled, counters["marks"])
    return {
        "board": board,
        "toolchain": toolchain,
        "instructions": sum(row["instructions"] for row in layers),
        "cycles": sum(row["cycles"] for row in layers),
        "stack_bytes": counters["stack_bytes"],
        "ram_bytes": flashed["static_ram_bytes"] + counters["stack_bytes"],
        "flash_bytes": flashed["flash_bytes"],
        "layers": layers,
    }


def run_on_virtual_board(
    compiled: CompiledModel,
    x: NDArray[Any],
    report: Reporter,
    *,
    board: str = boards.VIRTUAL,
    toolchain: str = "zig",
) -> NDArray[Any]:
    """Run a compiled model on a virtual board.

    Parameters
    ----------
    compiled : CompiledModel
    x : ndarray
        `n` inputs in the model's own type, `(n, *input_shape)` or `(n, elements)`.
    report : Reporter
    board : str
        The virtual board's id.
    toolchain : str
        `zig` or `gcc`.

    Returns
    -------
    ndarray
        `(n, output elements)` in the output's type.

    Raises
    ------
    ModelError
        If the inputs do not fit the model.
    DeviceError
        If the program faults on the board; the message names the function.
    """
    inputs = _checked(compiled.input, x)
    report.progress(0.0, "linking the image")
    image = link_bench(compiled, core=boards.board(board).core, toolchain=toolchain)
    size = _bytes(compiled.output)
    answers = []
    with _board_with(image, board=board, report=report) as bench:
        for number, row in enumerate(inputs):
            answers.append(bench.infer(row.tobytes(), size, report))
            report.progress((number + 1) / len(inputs), f"running: input {number + 1}")
    flat = np.frombuffer(b"".join(answers), dtype=compiled.output.dtype)
    return flat.reshape(len(inputs), compiled.output.elements)


def _checked(info: TensorInfo, x: NDArray[Any]) -> NDArray[Any]:
    flat = np.ascontiguousarray(x).reshape(len(x), -1) if x.ndim else x
    if flat.ndim != 2 or flat.shape[1] != info.elements or flat.dtype != np.dtype(info.dtype):
        raise ModelError(
            f"The inputs are {x.dtype} of shape {x.shape}; the model takes {info.elements} "
            f"{info.dtype} values each.",
            f"Save them as an array of shape (n, {info.elements}) and type {info.dtype}.",
        )
    return flat


def _some_input(info: TensorInfo) -> NDArray[Any]:
    chance = np.random.default_rng(0)
    if np.dtype(info.dtype).kind == "f":
        return chance.standard_normal(info.elements).astype(info.dtype)
    limits = np.iinfo(info.dtype)
    return chance.integers(limits.min, limits.max, info.elements, info.dtype, endpoint=True)


def _bytes(info: TensorInfo) -> int:
    return info.elements * np.dtype(info.dtype).itemsize


def link_bench(
    compiled: CompiledModel, *, core: str = "cortex-m4", toolchain: str = "zig"
) -> Path:
    """Link a compiled model with the bench program; return the ELF's path.

    Raises
    ------
    ToolError
        If it does not fit the board or the compiler is missing.
    """
    upper, lower = compiled.name.upper(), compiled.name
    names = "\n".join(
        (
            "/* generated: the names of the model that is measured */",
            f'#include "tml_{lower}.h"',
            f"#define BENCH_INPUT_BYTES TML_{upper}_INPUT_BYTES",
            f"#define BENCH_OUTPUT_BYTES TML_{upper}_OUTPUT_BYTES",
            f"#define BENCH_INPUT tml_{lower}_input",
            f"#define BENCH_OUTPUT tml_{lower}_output",
            f"#define BENCH_INVOKE tml_{lower}_invoke\n",
        )
    )
    return emulator.link_image(
        f"bench-{lower}",
        texts={**compiled.files, "bench_model.h": names},
        files=[BENCH / "main.c"],
        include=[BENCH],
        flags=['-DTML_LAYER_HEADER="bench_layers.h"'],
        core=core,
        toolchain=toolchain,
    )


class _Bench:
    """A board that runs the bench program."""

    def __init__(self, control: emulator.Control) -> None:
        self.control = control
        self._serial = emulator.serial_socket(control.board, timeout_s=SILENCE_S)

    def infer(self, data: bytes, size: int, report: Reporter) -> bytes:
        """Send one input and return the `size` bytes of its output."""
        self._serial.sendall(data)
        answer = bytearray()
        while len(answer) < size:
            report.check_cancelled()
            try:
                part = self._serial.recv(size - len(answer))
            except TimeoutError:
                self._raise_fault()
                continue
            except OSError as error:
                raise DeviceError(f"The virtual board has gone: {error}.") from error
            if not part:
                raise DeviceError("The virtual board closed its serial port.", "Try again.")
            answer += part
        return bytes(answer)

    def close(self) -> None:
        """Close the serial port."""
        self._serial.close()

    def _raise_fault(self) -> None:
        fault = self.control.fault()
        if fault is not None:
            raise DeviceError(
                f"The program stopped in {fault['function'] or fault['pc']} (PC {fault['pc']}, "
                f"LR in {fault['caller'] or fault['lr']}): {fault['reason']}.",
                "This is a fault of the generated code; please report it with the model.",
            )


@contextmanager
def _board_with(image: Path, *, board: str, report: Reporter) -> Iterator[_Bench]:
    """Yield a board of its own that runs `image`; it ends with the block, or with this process."""
    with tempfile.TemporaryDirectory(prefix="tinyml-bench-") as folder:
        report.progress(0.3, "starting a virtual board")
        state = Path(folder)
        started = emulator.start(
            "bench", board=boards.board_file(board), state=state, attached=True
        )
        try:
            control = emulator.Control(started)
            control.flash(image)
            bench = _Bench(control)
            try:
                yield bench
            finally:
                bench.close()
        finally:
            emulator.stop("bench", state=state)


def _layers(compiled: CompiledModel, marks: Sequence[Mapping[str, int]]) -> list[dict[str, Any]]:
    expected = list(range(len(compiled.layers) + 1))
    if [mark["mark"] for mark in marks] != expected:
        raise DeviceError(
            f"The image marked {len(marks)} layer borders; {len(expected)} were expected.",
            "This is a fault of the program; please report it with the model.",
        )
    return [
        {
            "op": layer.op,
            "name": layer.name,
            "instructions": after["instructions"] - before["instructions"],
            "cycles": after["cycles"] - before["cycles"],
        }
        for layer, (before, after) in zip(compiled.layers, itertools.pairwise(marks), strict=True)
    ]
