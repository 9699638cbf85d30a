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
    path: Path,
    *,
    board: str = boards.VIRTUAL,
    toolchain: str = "zig",
    optimise: str = "speed",
    ram_bytes: int | None = None,
    report: Reporter,
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
    optimise, ram_bytes
        As `studio.compiler.compile_model` takes them.
    report : Reporter

    Returns
    -------
    dict
        `instructions`, `cycles`, `stack_bytes`, `invoke_stack_bytes` (of it, below the caller of
        the model), `ram_bytes` (data and stack), `flash_bytes`, of these without the bench
        program and the stack `model_ram_bytes` and `model_flash_bytes`, and `layers`: one
        `{op, name, instructions, cycles}` per layer.

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
    compiled = compile_model(data, target=kind.core, optimise=optimise, ram_bytes=ram_bytes)
    return profile_compiled(compiled, board=board, toolchain=toolchain, report=report)


def profile_compiled(
    compiled: CompiledModel,
    *,
    board: str = boards.VIRTUAL,
    toolchain: str = "zig",
    by_layer: bool = True,
    report: Reporter,
) -> dict[str, Any]:
    """Run a compiled model once on a virtual board.

    Parameters
    ----------
    compiled : CompiledModel
    board : str
        A virtual board's id.
    toolchain : str
        `zig` or `gcc`.
    by_layer : bool
        Count each layer by itself, which takes a call between them. Otherwise the model is linked
        as a product would, `layers` is empty and the instructions are those of the whole call.
    report : Reporter

    Returns
    -------
    dict
        As `profile`, with the `image`'s path.
    """
    report.progress(0.2, "linking the image")
    core = boards.board(board).core
    image = link_bench(compiled, core=core, toolchain=toolchain, by_layer=by_layer)
    with started(board, report=report) as control, _flashed(control, image) as bench:
        report.progress(0.8, "running one inference")
        bench.infer(b"".join(map(_some_input, compiled.inputs)), _bytes(compiled.outputs), report)
        counters = bench.control.counters()
        flashed = bench.control.info()["image"]
    begin, *borders, end = counters["marks"]
    layers = _layers(compiled, borders) if by_layer else []
    counted = layers or [_between(begin, end)]
    stack = counters["stack_bytes"]
    usage = emulator.usage_without(image)
    return {
        "board": board,
        "toolchain": toolchain,
        "image": str(image),
        "instructions": sum(row["instructions"] for row in counted),
        "cycles": sum(row["cycles"] for row in counted),
        "stack_bytes": stack,
        "invoke_stack_bytes": stack - begin["stack_bytes"],
        "ram_bytes": flashed["static_ram_bytes"] + stack,
        "flash_bytes": flashed["flash_bytes"],
        "model_ram_bytes": usage.ram_bytes,
        "model_flash_bytes": usage.flash_bytes,
        "layers": layers,
    }


def run_on_virtual_board(
    compiled: CompiledModel,
    x: NDArray[Any] | Sequence[NDArray[Any]],
    report: Reporter,
    *,
    board: str = boards.VIRTUAL,
    toolchain: str = "zig",
) -> NDArray[Any]:
    """Run a compiled model on a virtual board and return its first output; see `run_all`."""
    arrays = [x] if isinstance(x, np.ndarray) else x
    return run_all(compiled, arrays, report, board=board, toolchain=toolchain)[0]


def run_all(
    compiled: CompiledModel,
    inputs: Sequence[NDArray[Any]],
    report: Reporter,
    *,
    board: str = boards.VIRTUAL,
    toolchain: str = "zig",
) -> list[NDArray[Any]]:
    """Run a compiled model on a virtual board.

    Parameters
    ----------
    compiled : CompiledModel
    inputs : sequence of ndarray
        One per input of the model: `n` values in its type, `(n, *input_shape)` or `(n, elements)`.
    report : Reporter
    board : str
        The virtual board's id.
    toolchain : str
        `zig` or `gcc`.

    Returns
    -------
    list of ndarray
        One per output of the model: `(n, output elements)` in its type. The model's state, if it
        has one, lasts from each of the `n` to the next.

    Raises
    ------
    ModelError
        If the inputs do not fit the model.
    DeviceError
        If the program faults on the board; the message names the function.
    """
    core = boards.board(board).core
    with started(board, report=report) as control:
        return run_on(control, core, compiled, inputs, report, toolchain=toolchain)


def run_on(
    control: emulator.Control,
    core: str,
    compiled: CompiledModel,
    inputs: Sequence[NDArray[Any]],
    report: Reporter,
    *,
    toolchain: str = "zig",
) -> list[NDArray[Any]]:
    """Run a compiled model on a board that `started` gave; as `run_all` otherwise."""
    packed = _packed(compiled, inputs)
    report.progress(0.1, "linking the image")
    image = link_bench(compiled, core=core, toolchain=toolchain)
    size = _bytes(compiled.outputs)
    answers = []
    with _flashed(control, image) as bench:
        for number, row in enumerate(packed):
            answers.append(bench.infer(row, size, report))
            report.progress((number + 1) / len(packed), f"running: input {number + 1}")
    ends = list(itertools.accumulate(info.bytes for info in compiled.outputs))
    return [
        np.frombuffer(b"".join(row[end - info.bytes : end] for row in answers), info.dtype)
        .reshape(len(packed), info.elements)
        .copy()
        for info, end in zip(compiled.outputs, ends, strict=True)
    ]


def _packed(compiled: CompiledModel, inputs: Sequence[NDArray[Any]]) -> list[bytes]:
    """Return the bytes of each inference's inputs, one after the other."""
    if len(inputs) != len(compiled.inputs):
        raise ModelError(
            f"{len(inputs)} inputs were given; the model takes {len(compiled.inputs)}.",
            f"Give {', '.join(info.name for info in compiled.inputs)}.",
        )
    flat = [_checked(info, x) for info, x in zip(compiled.inputs, inputs, strict=True)]
    if len({len(x) for x in flat}) != 1:
        counts = ", ".join(str(len(x)) for x in flat)
        raise ModelError(f"The inputs hold {counts} inferences.", "Give as many of each.")
    return [b"".join(row.tobytes() for row in rows) for rows in zip(*flat, strict=True)]


def _checked(info: TensorInfo, x: NDArray[Any]) -> NDArray[Any]:
    flat = np.ascontiguousarray(x).reshape(len(x), -1) if x.ndim else x
    if flat.ndim != 2 or flat.shape[1] != info.elements or flat.dtype != np.dtype(info.dtype):
        raise ModelError(
            f"The inputs are {x.dtype} of shape {x.shape}; the model takes {info.elements} "
            f"{info.dtype} values each.",
            f"Save them as an array of shape (n, {info.elements}) and type {info.dtype}.",
        )
    return flat


def _some_input(info: TensorInfo) -> bytes:
    chance = np.random.default_rng(0)
    if np.dtype(info.dtype).kind == "f":
        return chance.standard_normal(info.elements).astype(info.dtype).tobytes()
    if info.dtype == "bool":
        return chance.integers(0, 2, info.elements).astype(np.bool_).tobytes()
    limits = np.iinfo(info.dtype)
    values = chance.integers(limits.min, limits.max, info.elements, info.dtype, endpoint=True)
    return values.tobytes()


def _bytes(ends: Sequence[TensorInfo]) -> int:
    return sum(info.bytes for info in ends)


def link_bench(
    compiled: CompiledModel,
    *,
    core: str = "cortex-m4",
    toolchain: str = "zig",
    by_layer: bool = True,
) -> Path:
    """Link a compiled model with the bench program; return the ELF's path.

    Parameters
    ----------
    compiled : CompiledModel
    core, toolchain : str
        As `studio.emulator.link_image` takes them.
    by_layer : bool
        Let the model mark the borders of its layers.

    Raises
    ------
    ToolError
        If it does not fit the board or the compiler is missing.
    """
    lower = compiled.name
    hook = ('-DTML_LAYER_HEADER="bench_layers.h"',) if by_layer else ()
    return emulator.link_image(
        f"bench-{lower}",
        texts={**compiled.files, "bench_model.h": _bench_header(compiled)},
        files=[BENCH / "main.c"],
        include=[BENCH],
        flags=hook,
        core=core,
        toolchain=toolchain,
    )


def _bench_header(compiled: CompiledModel) -> str:
    def calls(end: str, ends: Sequence[TensorInfo]) -> str:
        names = (f"tml_{compiled.name}_{end}{f'_{n}' if n else ''}()" for n in range(len(ends)))
        return "; ".join(
            f"call({name}, {info.bytes})" for name, info in zip(names, ends, strict=True)
        )

    return "\n".join(
        (
            "/* generated: the names of the model that is measured */",
            f'#include "tml_{compiled.name}.h"',
            f"#define BENCH_INIT tml_{compiled.name}_init",
            f"#define BENCH_INVOKE tml_{compiled.name}_invoke",
            f"#define BENCH_TAKE(call) {calls('input', compiled.inputs)}",
            f"#define BENCH_GIVE(call) {calls('output', compiled.outputs)}\n",
        )
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
def started(board: str, *, report: Reporter) -> Iterator[emulator.Control]:
    """Yield a virtual board of its own; it ends with the block, or with this process."""
    with tempfile.TemporaryDirectory(prefix="tinyml-bench-") as folder:
        report.progress(0.0, "starting a virtual board")
        state = Path(folder)
        board_file = boards.board_file(board)
        running = emulator.start("bench", board=board_file, state=state, attached=True)
        try:
            yield emulator.Control(running)
        finally:
            emulator.stop("bench", state=state)


@contextmanager
def _flashed(control: emulator.Control, image: Path) -> Iterator[_Bench]:
    control.flash(image)
    bench = _Bench(control)
    try:
        yield bench
    finally:
        bench.close()


def _layers(compiled: CompiledModel, marks: Sequence[Mapping[str, int]]) -> list[dict[str, Any]]:
    expected = list(range(len(compiled.layers) + 1))
    if [mark["mark"] for mark in marks] != expected:
        raise DeviceError(
            f"The image marked {len(marks)} layer borders; {len(expected)} were expected.",
            "This is a fault of the program; please report it with the model.",
        )
    return [
        {"op": layer.op, "name": layer.name, **_between(before, after)}
        for layer, (before, after) in zip(compiled.layers, itertools.pairwise(marks), strict=True)
    ]


def _between(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    return {key: after[key] - before[key] for key in ("instructions", "cycles")}
