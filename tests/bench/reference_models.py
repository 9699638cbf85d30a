"""Public int8 models through `compile` and `run-model`, byte for byte against TFLite Micro.

For each model: random inputs, all -128 and all 127, on the PC and on the virtual board.
"""

import tempfile
from pathlib import Path

import common
import numpy as np

MODELS = (
    "mlperf_tiny/kws_ref_model",
    "mlperf_tiny/vww_96_int8",
    "mlperf_tiny/pretrainedResnet_quant",
    "mlperf_tiny/ad01_int8",
    "tflm/person_detect",
)
ENGINES = ("c", "virtual-cortex-m4")


def inputs(elements: int, count: int) -> np.ndarray:
    """Return `count` random inputs, then all -128 and all 127."""
    rng = np.random.default_rng(2024)
    random = rng.integers(-128, 128, (count, elements))
    ends = np.stack([np.full(elements, -128), np.full(elements, 127)])
    return np.concatenate([random, ends]).astype(np.int8)


def oracle(model: Path, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs and what TFLite Micro makes of them."""
    from tflite_micro import runtime

    interpreter = runtime.Interpreter.from_file(str(model))
    shape = interpreter.get_input_details(0)["shape"]
    x = inputs(int(np.prod(shape)), count)
    outputs = []
    for row in x:
        interpreter.set_input(row.reshape(shape), 0)
        interpreter.invoke()
        outputs.append(interpreter.get_output(0).reshape(-1))
    return x, np.array(outputs)


def main() -> None:
    """Compile, run, compare."""
    parser = common.options(__doc__ or "")
    parser.add_argument("--count", type=int, default=100, help="random inputs per model")
    arguments = parser.parse_args()
    gates, models = [], []
    for name in MODELS:
        path = common.SHARED / "models" / f"{name}.tflite"
        x, wanted = oracle(path, arguments.count)
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            summary = common.verb("compile", path, "--out", place / "c", "--target", "cortex-m4")
            np.save(place / "x.npy", x)
            for engine in ENGINES:
                common.say(f"{name} on {engine}")
                y_path = place / f"{engine}.npy"
                data = ("--input", place / "x.npy", "--output", y_path)
                common.verb("run-model", path, *data, "--engine", engine)
                got = np.load(y_path).reshape(len(x), -1)
                wrong = int((got != wanted).any(axis=1).sum())
                gates.append(common.gate(f"{name} on {engine}", wrong, 0, "outputs", "lower"))
        profile = common.verb("profile", path, "--board", "virtual-cortex-m4")
        models.append(
            {
                "name": name,
                "arena_bytes": summary["arena_bytes"],
                "macs": summary["macs"],
                **{key: profile[key] for key in ("instructions", "ram_bytes", "flash_bytes")},
            }
        )
    common.finish({"gates": gates, "models": models}, as_json=arguments.json)


if __name__ == "__main__":
    main()
