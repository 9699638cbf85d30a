"""Full int8 conversion of a trained model, and LiteRT as a witness beside our own C code."""

import importlib.util
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.errors import ModelError
from studio.learning.scaling import Scaler

CALIBRATION_WINDOWS = 300
"""Training windows whose activations set the ranges of the int8 tensors."""


def to_int8(model: Any, windows: NDArray[np.float32]) -> bytes:
    """Convert a Keras model to a `.tflite` with int8 input and output, per-channel weights.

    Parameters
    ----------
    model : tf_keras.Model
    windows : ndarray of float32, (k, *input_shape)
        Standardised training windows for calibration.

    Returns
    -------
    bytes
        The file's content; the same model and windows give the same bytes.

    Raises
    ------
    ModelError
        If the converter finds something it cannot express in int8.
    """
    import tensorflow as tf

    shape = (1, *model.input_shape[1:])  # a fixed batch of 1: no dynamic shapes on a board
    function = tf.function(lambda x: model(x, training=False), autograph=False)
    concrete = function.get_concrete_function(tf.TensorSpec(shape, tf.float32, name="features"))
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete], model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    converter.representative_dataset = lambda: ([window[np.newaxis]] for window in windows)
    try:
        return bytes(converter.convert())
    except (ValueError, RuntimeError) as error:  # what TensorFlow's converter raises
        raise ModelError(
            f"The model cannot be converted to int8: {str(error).splitlines()[0]}",
            "Use layers that TensorFlow Lite supports in int8.",
        ) from error


def input_scale(content: bytes) -> tuple[float, int]:
    """Return scale and zero point of a `.tflite` model's input."""
    import tensorflow as tf

    details = tf.lite.Interpreter(model_content=content).get_input_details()[0]
    scale, zero_point = details["quantization"]
    return float(scale), int(zero_point)


def quantize(
    features: NDArray[np.float32], scaler: Scaler, *, scale: float, zero_point: int
) -> NDArray[np.int8]:
    """Standardise and quantize features of any shape by the formula of `tml_quantize_f32_s8`.

    Returns
    -------
    ndarray of int8, (k, elements)
    """
    steps = (features - scaler.mean) * scaler.inv_std / np.float32(scale)
    rounded = np.copysign(np.floor(np.abs(steps.astype(np.float64)) + 0.5), steps)
    limited: NDArray[np.int8] = np.clip(rounded + zero_point, -128, 127).astype(np.int8)
    return limited.reshape(len(features), -1)


def litert_scores(content: bytes, inputs: NDArray[np.int8]) -> NDArray[np.int8] | None:
    """Return LiteRT's outputs, `(k, n_classes)`, from its reference kernels; None without it.

    Parameters
    ----------
    content : bytes
        A `.tflite` file.
    inputs : ndarray of int8, (k, elements)
    """
    if importlib.util.find_spec("ai_edge_litert") is None:
        return None
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(
        model_content=content,
        experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
        num_threads=1,
    )
    interpreter.allocate_tensors()
    source, target = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    outputs = np.empty((len(inputs), int(np.prod(target["shape"]))), np.int8)
    for row, values in zip(outputs, inputs, strict=True):
        interpreter.reset_all_variables()  # every window on its own, as `CompiledRun.scores`
        interpreter.set_tensor(source["index"], values.reshape(source["shape"]))
        interpreter.invoke()
        row[:] = interpreter.get_tensor(target["index"]).reshape(-1)
    return outputs
