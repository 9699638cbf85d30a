"""What compiled models cost: instructions, cycles, RAM, stack, flash, time; gates on four of them.

Every figure of a row comes from one image, linked as a product would be (no marks between layers):

- instructions, cycles: of one call of `tml_<model>_invoke` on the emulated core, a random input;
- RAM: the arena with all values and scratch, and every other variable of model and kernels;
- stack: the deepest use below the caller of `invoke`;
- flash: code and constants of everything but the bench program, with the compiler's own functions;
  beyond constants: without the int8 weights, int32 biases and 5 bytes (multiplier and shift) for
  each quantized channel that are left when what never changes has been removed;
- /MAC: by the multiplications of the model as it is in the file, as others count; /done: by those
  that are left when what never changes has been removed.

The figures of others are TensorFlow Lite Micro with CMSIS-NN at -O2 (arm-none-eabi-gcc 12.2),
measured once on an instruction-counting emulator (qemu-system-arm -icount), whose counts of KWS,
VWW and AD as compiled here are the same within 0.03 %. Nothing here was run on silicon.
"""

import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import common
import numpy as np

from studio.compiler import OPTIMISE, TARGETS, compile_model
from studio.compiler.passes import improve
from studio.compiler.planning import planned
from studio.compiler.target import Target
from studio.compiler.tflite import read_graph
from studio.errors import StudioError
from studio.events import Quiet
from studio.runtime import HostModel
from studio.services import bench

TOOLCHAINS = ("gcc", "zig")
CORES = ("cortex-m4", "cortex-m7", "cortex-m0plus")
STACK_BYTES = 600
COMPILE_S = 1.0
PC_PER_S = 500
M0PLUS_RATIO = 0.65
M7_RATIO = 0.75
SIZE_RATIO = 0.95
"""Code of a build for size, of that for speed, where layers are of a kind that can share it."""
SHARING = ("KWS", "VWW", "IC")
REACHED_MARGIN = 1.03
WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV", "SVDF")


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a model: figures of TFLite Micro with CMSIS-NN, and the gates."""

    file: str
    m4: int
    """Instructions of TFLite Micro with CMSIS-NN on the Cortex-M4."""
    ram: int
    """Its RAM there: the smallest arena that works, and its variables."""
    flash: int
    """Its flash there: model file, code and constants, int8 kernels only."""
    m0plus: int | None = None
    """Its instructions on the Cortex-M0+."""
    instructions: float | None = None
    """Gates from here on; None where a model has none but to be below the figures above."""
    ram_bytes: int | None = None
    beyond_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Reached:
    """What builds by gcc for speed have reached, so that nothing gets lost unnoticed."""

    m4: int
    """Instructions on the Cortex-M4."""
    m0plus: int
    constants: int
    """Bytes of constants that are left."""
    least: tuple[int, int, int] | None = None
    """RAM, instructions and flash on the Cortex-M4 with `--ram 0`, where that is of use."""


REACHED = {
    "KWS": Reached(3_084_020, 9_365_577, 27_253),
    "VWW": Reached(5_474_596, 16_138_551, 38_406, (28_240, 5_519_271, 49_152)),
    "IC": Reached(12_795_083, 33_959_060, 80_429),
    "AD": Reached(359_296, 777_779, 270_930),
    "person_detect": Reached(8_687_408, 25_870_550, 232_343, (18_032, 9_428_055, 243_464)),
    "micro_speech": Reached(565_793, 1_461_565, 16_733),
    "hello_world": Reached(796, 3_615, 351),
}
KNOWN = {
    "KWS": Known(
        "mlperf_tiny/kws_ref_model",
        *(7_696_920, 22_832 + 792, 107_752, 28_994_280),
        *(5.0e6, 20_000, 12_288),
    ),
    "VWW": Known(
        "mlperf_tiny/vww_96_int8",
        *(24_102_000, 100_720 + 792, 387_104, 86_904_480),
        *(14e6, 59_000, 12_288),
    ),
    "IC": Known(
        "mlperf_tiny/pretrainedResnet_quant",
        *(29_864_120, 55_008 + 792, 150_084, 97_558_720),
        *(19e6, 53_000, 12_288),
    ),
    "AD": Known(
        "mlperf_tiny/ad01_int8",
        *(583_000, 3_024 + 788, 305_620, 1_763_200),
        *(0.42e6, 1_600, 4_096),
    ),
    "person_detect": Known("tflm/person_detect", 22_928_480, 82_320 + 792, 344_640),
    "micro_speech": Known("tflm/micro_speech_quantized", 1_495_400, 6_848 + 792, 63_420),
    "hello_world": Known("tflm/hello_world_int8", 3_560, 1_168 + 788, 31_348),
}


def constants_bytes(data: bytes) -> int:
    """Return the bytes of constants that a model cannot do without once it is compiled."""
    total, seen = 0, set()
    graph = read_graph(data)
    for _, better in improve(graph):
        graph = better
    for node in graph.nodes:
        weighted = node.op in WEIGHTED
        for position, tensor in enumerate(node.inputs):
            if tensor is None or tensor.data is None or tensor.index in seen:
                continue
            if (weighted and position) or tensor.dtype in ("int8", "int16", "float32"):
                seen.add(tensor.index)
                total += tensor.bytes
            if weighted and position == 1 and tensor.dtype == "int8":
                total += 5 * len(tensor.scales)
    return total


def multiplications(data: bytes) -> int:
    """Return the multiplications of a model as it is in the file."""
    return sum(layer.macs for layer in planned(read_graph(data), Target())[0])


def build(
    data: bytes, core: str, toolchain: str, optimise: str, *, ram_bytes: int | None = None
) -> dict[str, Any]:
    """Return the figures of one image."""
    compiled = compile_model(data, target=core, optimise=optimise, ram_bytes=ram_bytes)
    found = bench.profile_compiled(
        compiled,
        board=f"virtual-{core}",
        toolchain=toolchain,
        by_layer=False,
        report=Quiet(),
    )
    return {
        "core": core,
        "toolchain": toolchain,
        "optimise": optimise,
        "ram": ram_bytes,
        "instructions": found["instructions"],
        "cycles": found["cycles"],
        "arena_bytes": compiled.arena_bytes,
        "ram_bytes": found["model_ram_bytes"],
        "stack_bytes": found["invoke_stack_bytes"],
        "flash_bytes": found["model_flash_bytes"],
        "beyond_constants_bytes": found["model_flash_bytes"] - constants_bytes(data),
        "instructions_per_mac": found["instructions"] / max(multiplications(data), 1),
        "instructions_per_computed_mac": found["instructions"] / max(compiled.macs, 1),
    }


def compile_seconds(data: bytes) -> float:
    """Return the time from the file's bytes to C text, the best of three."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        compile_model(data, target="cortex-m4")
        times.append(time.perf_counter() - start)
    return min(times)


def pc_per_second(data: bytes) -> float:
    """Return the inferences per second of one core's time on this computer, the median of seven.

    The time is the processor's, so that other programs on the computer do not count.
    """
    model = HostModel(compile_model(data))
    size = model.compiled.input.elements
    x = np.random.default_rng(0).integers(-128, 128, (100, size)).astype(np.int8)
    rates = []
    for _ in range(7):
        start = time.process_time()
        model.invoke(x)
        rates.append(len(x) / (time.process_time() - start))
    return statistics.median(rates)


def measure(name: str, data: bytes, options: Any, known: Known | None) -> dict[str, Any]:
    """Return a model's figures, a row per image."""
    row: dict[str, Any] = {
        "name": name,
        "macs": multiplications(data),
        "macs_computed": compile_model(data).macs,
        "constants_bytes": constants_bytes(data),
        "compile_s": compile_seconds(data),
        "builds": [],
    }
    for optimise in options.optimise:
        for core in options.core:
            for toolchain in options.toolchain:
                common.say(f"{name}: {core}, {toolchain}, {optimise}")
                figures = build(data, core, toolchain, optimise, ram_bytes=options.ram)
                figures |= ratios(figures, known) if known else {}
                row["builds"].append(figures)
    return row


def least(row: dict[str, Any], data: bytes, options: Any, reached: Reached) -> None:
    """Add the build that takes the least RAM, if figures of it are known."""
    wanted = reached.least and options.ram is None and "gcc" in options.toolchain
    if wanted and "cortex-m4" in options.core and "speed" in options.optimise:
        row["builds"].append(build(data, "cortex-m4", "gcc", "speed", ram_bytes=0))


def ratios(figures: dict[str, Any], known: Known) -> dict[str, float]:
    """Return an image's figures as parts of TFLite Micro's with CMSIS-NN."""
    if figures["core"] == "cortex-m0plus" and known.m0plus:
        return {"instructions_of_tflm": figures["instructions"] / known.m0plus}
    if figures["core"] != "cortex-m4":
        return {}
    return {
        "instructions_of_tflm": figures["instructions"] / known.m4,
        "ram_of_tflm": figures["ram_bytes"] / known.ram,
        "flash_of_tflm": figures["flash_bytes"] / known.flash,
    }


def model_gates(row: dict[str, Any], known: Known) -> list[dict[str, Any]]:
    """Return the gates of a model, each for every toolchain and aim that was measured."""
    gates = [common.gate(f"{row['name']} compile time", row["compile_s"], COMPILE_S, "s", "lower")]
    m4 = {(b["toolchain"], b["optimise"]): b for b in row["builds"] if b["core"] == "cortex-m4"}

    def add(figures: dict[str, Any], what: str, value: float, limit: float | None) -> None:
        label = f"{row['name']} {figures['core']} {figures['toolchain']} {figures['optimise']}"
        if limit is not None:
            gates.append(common.gate(f"{label}: {what}", value, limit, "", "lower"))

    fast = {(b["core"], b["toolchain"]): b for b in row["builds"] if b["optimise"] == "speed"}
    for b in row["builds"]:
        add(b, "bytes of stack", b["stack_bytes"], STACK_BYTES)
        if b["optimise"] == "size" and (b["core"], b["toolchain"]) in fast:
            theirs = fast[b["core"], b["toolchain"]]
            add(b, "flash of the build for speed", b["flash_bytes"] / theirs["flash_bytes"], 1.0)
            code = b["beyond_constants_bytes"] / theirs["beyond_constants_bytes"]
            limit = SIZE_RATIO if row["name"] in SHARING else None
            add(b, "code of the build for speed", code, limit)
        if b["core"] == "cortex-m4":
            add(b, "instructions", b["instructions"], known.instructions)
            add(b, "bytes of RAM", b["ram_bytes"], known.ram_bytes)
            add(b, "bytes beyond constants", b["beyond_constants_bytes"], known.beyond_bytes)
            for key in ("instructions_of_tflm", "ram_of_tflm", "flash_of_tflm"):
                add(b, key.replace("_", " "), b[key], 1.0)
        elif b["core"] == "cortex-m0plus":
            add(b, "RAM of tflm", b["ram_bytes"] / known.ram, 1.0)
        if b["core"] == "cortex-m0plus" and known.m0plus:
            add(b, "instructions of tflm", b["instructions_of_tflm"], M0PLUS_RATIO)
        elif b["core"] == "cortex-m7" and (b["toolchain"], b["optimise"]) in m4:
            theirs = m4[b["toolchain"], b["optimise"]]["cycles"]
            add(b, "cycles of the M4's", b["cycles"] / theirs, M7_RATIO)
    return gates


def reached_gates(row: dict[str, Any], reached: Reached) -> list[dict[str, Any]]:
    """Return gates on what was reached before: of gcc's builds for speed."""
    found = {
        (b["core"], b["ram"]): b
        for b in row["builds"]
        if (b["toolchain"], b["optimise"]) == ("gcc", "speed")
    }
    pairs = [("bytes of constants", row["constants_bytes"], reached.constants)]
    for core, limit in (("cortex-m4", reached.m4), ("cortex-m0plus", reached.m0plus)):
        if (core, None) in found:
            value = found[core, None]["instructions"]
            pairs.append((f"{core}: instructions", value, limit * REACHED_MARGIN))
    if reached.least and ("cortex-m4", 0) in found:
        least, (ram, instructions, flash) = found["cortex-m4", 0], reached.least
        pairs += [
            ("in least RAM: bytes of RAM", least["ram_bytes"], ram),
            ("in least RAM: instructions", least["instructions"], instructions * REACHED_MARGIN),
            ("in least RAM: flash", least["flash_bytes"], flash * REACHED_MARGIN),
            ("in least RAM: bytes of stack", least["stack_bytes"], STACK_BYTES),
        ]
    return [
        common.gate(f"{row['name']} as reached, {name}", value, limit, "", "lower")
        for name, value, limit in pairs
    ]


def table(rows: list[dict[str, Any]]) -> None:
    """Print a line per image."""
    sys.stdout.write(
        f"{'model':<14}{'core':<14}{'C':<5}{'aim':<7}{'instructions':>13}{'cycles':>12}{'/MAC':>6}{'/done':>6}"
        f"{'of TFLM':>9}{'RAM':>8}{'stack':>7}{'flash':>9}{'beyond':>8}\n"
    )
    for row in rows:
        for b in row["builds"]:
            ratio = b.get("instructions_of_tflm")
            sys.stdout.write(
                f"{row['name'][:13]:<14}{b['core']:<14}{b['toolchain']:<5}{b['optimise']:<7}"
                f"{b['instructions']:>13,}{b['cycles']:>12,}{b['instructions_per_mac']:>6.2f}"
                f"{b['instructions_per_computed_mac']:>6.2f}"
                f"{f'{ratio:.3f}' if ratio else '-':>9}{b['ram_bytes']:>8,}{b['stack_bytes']:>7,}"
                f"{b['flash_bytes']:>9,}{b['beyond_constants_bytes']:>8,}\n"
            )


def gcc_version() -> str:
    """Return the version of arm-none-eabi-gcc, empty if it is not installed."""
    if not shutil.which("arm-none-eabi-gcc"):
        common.say("arm-none-eabi-gcc is not installed: zig's build only, and a gate is missed")
        return ""
    asked = subprocess.run(
        ["arm-none-eabi-gcc", "-dumpversion"], capture_output=True, text=True, check=True
    )
    return asked.stdout.strip()


def _options() -> Any:
    parser = common.options(__doc__ or "")
    names = tuple(KNOWN)
    parser.add_argument("--ram", type=int, help="bytes for the values, as of `compile --ram`")
    parser.add_argument(
        "--model", type=Path, nargs="+", help="measure these .tflite files instead"
    )
    parser.add_argument("--only", nargs="+", choices=names, default=names, help="models")
    parser.add_argument("--core", nargs="+", choices=CORES, default=CORES)
    parser.add_argument("--toolchain", nargs="+", choices=TOOLCHAINS, default=TOOLCHAINS)
    parser.add_argument("--optimise", nargs="+", choices=OPTIMISE, default=OPTIMISE)
    options = parser.parse_args()
    options.gcc = gcc_version()
    if "gcc" in options.toolchain and not options.gcc:
        options.toolchain = [name for name in options.toolchain if name != "gcc"]
    options.core = [core for core in options.core if core in TARGETS]
    return options


def main() -> None:
    """Compile, link, run, compare."""
    options = _options()
    there = float(bool(options.gcc))
    gates = [common.gate("arm-none-eabi-gcc is installed", there, 1.0, "", "higher")]
    rows: list[dict[str, Any]] = []
    if options.model:
        for path in options.model:
            try:
                rows.append(measure(path.stem, path.read_bytes(), options, None))
            except StudioError as error:
                common.say(f"{path.name}: {error}")
    else:
        for name in options.only:
            known = KNOWN[name]
            data = (common.SHARED / "models" / f"{known.file}.tflite").read_bytes()
            rows.append(measure(name, data, options, known))
            gates += model_gates(rows[-1], known)
            least(rows[-1], data, options, REACHED[name])
            if options.ram is None:
                gates += reached_gates(rows[-1], REACHED[name])
            if name == "KWS":
                rate = pc_per_second(data)
                rows[-1]["pc_per_s"] = rate
                gates.append(
                    common.gate(
                        "KWS on one core of this computer", rate, PC_PER_S, "1/s", "higher"
                    )
                )
    if not options.json:
        table(rows)
    common.finish({"gates": gates, "models": rows, "gcc": options.gcc}, as_json=options.json)


if __name__ == "__main__":
    main()
