"""Features, quantized inputs and decisions by the C runtime."""

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.errors import ConfigError, PluginError
from studio.runtime.library import library
from studio.types import BlockConfig, ByteArray, FloatArray

_C_TYPES = {"float": "f4", "int16_t": "i2", "uint16_t": "u2", "int32_t": "i4", "uint32_t": "u4"}
_MIN_CHUNK_READINGS = 65536


def _checked_windows(config: BlockConfig, windows: NDArray[Any]) -> NDArray[Any]:
    expected = (config.n_readings, config.n_axes)
    if windows.ndim != 3 or windows.shape[1:] != expected:
        raise ConfigError(
            f"Windows have shape {windows.shape}; block {config.block} was configured for "
            f"{config.n_readings} readings of {config.n_axes} axes.",
            "Give an array of shape (windows, readings, axes).",
        )
    if windows.dtype not in (np.int16, np.float32):
        raise ConfigError(
            f"Windows are of type {windows.dtype}; the runtime reads int16 and float32.",
            "Convert audio to int16 and anything else to float32.",
        )
    return np.ascontiguousarray(windows)


def _c_config(config: BlockConfig) -> tuple[Any, list[NDArray[Any]]]:
    """Fill the block's C struct; the arrays returned must live as long as it.

    A pointer member for which the block gives no table stays NULL.
    """
    ffi, _ = library()
    try:
        struct = ffi.new(config.struct + " *")
    except ffi.CDefError as error:
        raise PluginError(
            f"Block {config.block} names the unknown C struct {config.struct}.",
            "Correct the block's `configure`.",
        ) from error
    members = dict(ffi.typeof(struct).item.fields)
    keep: list[NDArray[Any]] = []
    for name, value in config.scalars.items():
        if name not in members:
            raise PluginError(f"{config.struct} has no member {name}.", "Correct the block.")
        setattr(struct, name, value)
    for name, table in config.tables.items():
        c_type = members[name].type.item.cname if name in members else ""
        if c_type not in _C_TYPES or table.dtype != np.dtype(_C_TYPES[c_type]):
            raise PluginError(
                f"Table {name} of type {table.dtype} does not fit {config.struct}.",
                "Correct the block's `configure`.",
            )
        keep.append(np.ascontiguousarray(table))
        setattr(struct, name, ffi.cast(f"{c_type} *", keep[-1].ctypes.data))
    return struct, keep


def extract_features(config: BlockConfig, windows: NDArray[Any]) -> FloatArray:
    """Return the features of windows as the board computes them, byte for byte.

    Parameters
    ----------
    config : BlockConfig
        A signal block configured for these windows.
    windows : ndarray
        Shape `(k, n_readings, n_axes)`, int16 or float32.

    Returns
    -------
    ndarray
        Float32, shape `(k, n_features)`; every value is finite.

    Raises
    ------
    ConfigError
        If shape or type of the windows does not fit the block.
    PluginError
        If the block's configuration does not fit its C struct.
    """
    ffi, lib = library()
    windows = _checked_windows(config, windows)
    struct, _keep = _c_config(config)
    function = getattr(lib, config.function)
    features = np.empty((len(windows), config.n_features), np.float32)

    def work(start: int, stop: int) -> None:
        window = ffi.new("tml_window *")
        window.dtype = lib.TML_INT16 if windows.dtype == np.int16 else lib.TML_FLOAT32
        window.n_axes = config.n_axes
        window.n_readings = window.capacity = config.n_readings
        scratch = np.empty(-(-config.scratch_bytes // 8), np.float64)
        c_scratch = ffi.cast("void *", scratch.ctypes.data)
        base, step = windows.ctypes.data, windows[0].nbytes
        for i in range(start, stop):
            window.data = ffi.cast("void *", base + i * step)
            row = ffi.cast("float *", features.ctypes.data + 4 * i * config.n_features)
            code = function(struct, window, row, c_scratch)
            if code != lib.TML_OK:
                raise PluginError(
                    f"{config.function} refused window {i} with code {code}.",
                    f"This is a fault of block {config.block}; please report it.",
                )

    _in_threads(work, len(windows), config.n_readings * config.n_axes)
    return features


def _in_threads(work: Any, count: int, readings_each: int) -> None:
    """Call `work(start, stop)` for parts of `range(count)`, in threads if that is worth it."""
    chunks = min(os.cpu_count() or 1, count * readings_each // _MIN_CHUNK_READINGS + 1, count)
    if chunks <= 1:
        work(0, count)
        return
    bounds = np.linspace(0, count, chunks + 1).astype(int).tolist()
    with ThreadPoolExecutor(chunks) as pool:
        for done in [pool.submit(work, *pair) for pair in pairwise(bounds)]:
            done.result()


def quantize(
    features: FloatArray,
    *,
    mean: FloatArray,
    inv_std: FloatArray,
    scale: float,
    zero_point: int,
) -> ByteArray:
    """Standardise features and quantize them to a model's int8 input, as the board does.

    Parameters
    ----------
    features : ndarray
        Float32, shape `(k, n)`.
    mean, inv_std : ndarray
        Float32, the same length, a divisor of n: value i is scaled by entry `i % length`.
        Empty for no scaling.
    scale, zero_point
        Of the model's input.

    Raises
    ------
    ConfigError
        If the shapes do not fit.
    """
    ffi, lib = library()
    features = np.ascontiguousarray(features, np.float32)
    mean = np.ascontiguousarray(mean, np.float32)
    inv_std = np.ascontiguousarray(inv_std, np.float32)
    if features.ndim != 2 or mean.shape != inv_std.shape or mean.ndim != 1:
        raise ConfigError(
            f"Features of shape {features.shape} cannot be scaled by a mean of shape "
            f"{mean.shape} and deviations of shape {inv_std.shape}.",
            "Give features (k, n) and two vectors of equal length.",
        )
    if mean.size and features.shape[1] % mean.size:
        raise ConfigError(
            f"{features.shape[1]} features are no multiple of {mean.size} scaler entries.",
            "Train again with the present signal block.",
        )
    out = np.empty(features.shape, np.int8)
    lib.tml_quantize_f32_s8(
        ffi.cast("float *", features.ctypes.data),
        features.size,
        ffi.cast("float *", mean.ctypes.data),
        ffi.cast("float *", inv_std.ctypes.data),
        mean.size,
        scale,
        zero_point,
        ffi.cast("int8_t *", out.ctypes.data),
    )
    return out


def decide(scores: ByteArray, *, smoothing: int, threshold: int) -> ByteArray:
    """Return what the board decides after each of a stream's windows.

    Parameters
    ----------
    scores : ndarray
        Int8, shape `(k, n_classes)`: the model's outputs, window after window.
    smoothing : int
        Windows whose scores are averaged.
    threshold : int
        In the numbers of the scores: q stands for (q + 128) / 256.

    Returns
    -------
    ndarray
        Int8, shape `(k,)`: the class, or -1 for none.

    Raises
    ------
    ConfigError
        If the scores have another shape or there are too many classes.
    """
    ffi, lib = library()
    scores = np.ascontiguousarray(scores, np.int8)
    if scores.ndim != 2 or not 1 <= scores.shape[1] <= 127 or not 1 <= smoothing <= 65536:
        raise ConfigError(
            f"Scores of shape {scores.shape} with smoothing {smoothing} cannot be decided.",
            "Give scores (windows, classes) of at most 127 classes and smoothing 1 to 65536.",
        )
    labels = np.empty(len(scores), np.int8)
    lib.tml_decide_run(
        ffi.cast("int8_t *", scores.ctypes.data),
        len(scores),
        scores.shape[1],
        smoothing,
        threshold,
        ffi.cast("int8_t *", labels.ctypes.data),
    )
    return labels
