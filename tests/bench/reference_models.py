"""Public models through `compile` and `run-model`, against TensorFlow Lite Micro.

Every public model must compile and match the interpreter in every value that a layer writes, on
random inputs, all lowest and all highest values: byte for byte, floats within 1e-5 of their
tensor's range (dynamic range models are held against themselves with weights as floats). The int8
ones also run on virtual boards. Models with custom operators must be refused with the reason.
"""

import sys
import tempfile
from pathlib import Path

import common
import numpy as np

sys.path.insert(0, str(common.ROOT / "tests" / "unit" / "compiler"))
import oracle  # beside the compiler's tests

from studio.compiler import compile_model  # once the root is on the path
from studio.compiler.tflite import read_graph
from studio.errors import ModelError
from studio.runtime.model import HostModel

BOARDS = ("virtual-cortex-m4", "virtual-cortex-m7", "virtual-cortex-m0plus")
ON_BOARDS = (
    "kws_ref_model",
    "vww_96_int8",
    "pretrainedResnet_quant",
    "ad01_int8",
    "person_detect",
)
TOLERANCE = 1e-5
EXTREMES = 2
"""Inputs besides the random ones: all lowest, all highest values."""
COMPARED = {
    "ad01_fp32": 10,
    "ad01_int8": 10,
    "kws_ref_model": 13,
    "kws_ref_model_float32": 13,
    "pretrainedResnet": 16,
    "pretrainedResnet_quant": 13,
    "vww_96_int8": 20,
    "hello_world_float": 3,
    "hello_world_int8": 3,
    "micro_speech_quantized": 4,
    "person_detect": 29,
}
"""How many values of each model are there to be compared, besides what is fused away."""


def as_floats(data: bytes) -> bytes:
    """Return a dynamic range model, which TFLite Micro refuses, with its weights as floats."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(data, 0)
    for tensor in model.subgraphs[0].tensors:
        raw = model.buffers[tensor.buffer].data
        if tensor.type != schema.TensorType.INT8 or raw is None:
            continue
        quant = tensor.quantization
        shape = [1] * len(tensor.shape)
        shape[quant.quantizedDimension if len(quant.scale) > 1 else 0] = len(quant.scale)
        steps = np.array(raw, np.uint8).view(np.int8).reshape(tensor.shape).astype(np.float32)
        weights = steps * np.array(quant.scale, np.float32).reshape(shape)
        model.buffers[tensor.buffer].data = np.frombuffer(weights.tobytes(), np.uint8)
        tensor.type, tensor.quantization = schema.TensorType.FLOAT32, None
    builder = flatbuffers.Builder(len(data))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def dynamic_range(data: bytes) -> bool:
    """Tell whether a layer has floats as its input and int8 weights."""
    nodes = read_graph(data).nodes
    pairs = [node.inputs[:2] for node in nodes if len(node.inputs) > 2]
    return any(x and w and (x.dtype, w.dtype) == ("float32", "int8") for x, w in pairs)


def layers(data: bytes, count: int, target: str) -> tuple[int, int]:
    """Return how many values of layers were compared, and how many were wrong."""
    compiled = compile_model(data, target=target)
    model = HostModel(compiled)
    reference = oracle.interpreter(data if not dynamic_range(data) else as_floats(data))
    batches = [oracle.inputs_for(info, count, 9) for info in compiled.inputs]
    compared = wrong = 0
    for xs in zip(*batches, strict=True):
        for position, (x, info) in enumerate(zip(xs, compiled.inputs, strict=True)):
            reference.set_input(x.reshape(info.shape), position)
        reference.invoke()
        for index, mine in model.trace(*xs).items():
            theirs = reference.GetTensor(index, 0)["tensor_data"]
            compared += 1
            try:
                oracle.assert_values_equal(mine.view(theirs.dtype), theirs, TOLERANCE, "")
            except AssertionError:
                wrong += 1
    return compared, wrong


def on_boards(path: Path, count: int) -> list[dict[str, object]]:
    """Return gates: outputs on the boards that differ from the interpreter's."""
    data = path.read_bytes()
    info = compile_model(data).input
    x = oracle.inputs_for(info, count, 2024)
    reference = oracle.interpreter(data)
    wanted = []
    for row in x:
        reference.set_input(row.reshape(info.shape), 0)
        reference.invoke()
        wanted.append(reference.get_output(0).reshape(-1))
    gates = []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        np.save(place / "x.npy", x)
        for board in BOARDS:
            common.say(f"{path.stem} on {board}")
            files = ("--input", place / "x.npy", "--output", place / "y.npy")
            common.verb("run-model", path, *files, "--engine", board)
            got = np.load(place / "y.npy").reshape(len(x), -1)
            wrong = int((got != np.array(wanted)).any(axis=1).sum())
            gates.append(common.gate(f"{path.stem} on {board}", wrong, 0, "outputs", "lower"))
    return gates


def main() -> None:
    """Compile, run, compare."""
    parser = common.options(__doc__ or "")
    parser.add_argument("--count", type=int, default=100, help="random inputs per model")
    parser.add_argument("--board-count", type=int, default=10, help="the same, on boards")
    arguments = parser.parse_args()
    gates, compared = [], {}
    for path in sorted((common.SHARED / "models").rglob("*.tflite")):
        common.say(path.stem)
        data = path.read_bytes()
        if path.stem.startswith("audio_preprocessor"):
            try:
                compile_model(data)
                refused = 0
            except ModelError as error:
                refused = int("not supported" in error.message)
            gates.append(common.gate(f"{path.stem} is refused", refused, 1, "", "higher"))
            continue
        for target in ("generic", "cortex-m4", "cortex-m0plus"):
            total, wrong = layers(data, arguments.count, target)
            compared[f"{path.stem} {target}"] = total
            if path.stem in COMPARED:
                wanted = COMPARED[path.stem] * (arguments.count + EXTREMES)
                name = f"{path.stem} for {target}, compared"
                gates.append(common.gate(name, total, wanted, "values", "higher"))
            name = f"{path.stem} for {target}, layer by layer"
            gates.append(common.gate(name, wrong, 0, "values", "lower"))
        if path.stem in ON_BOARDS:
            gates += on_boards(path, arguments.board_count)
    found = {path.stem for path in (common.SHARED / "models").rglob("*.tflite")}
    missing = len(set(COMPARED) - found)
    gates.append(common.gate("public models that are missing", missing, 0, "", "lower"))
    common.finish({"gates": gates, "compared": compared}, as_json=arguments.json)


if __name__ == "__main__":
    main()
