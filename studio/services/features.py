"""Features of one file by a signal block: the runtime's own, as a board would compute them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from studio.errors import ConfigError
from studio.events import Reporter
from studio.params import from_options
from studio.registry import find, provided
from studio.runtime import extract_features
from studio.services.compile import read_array, write_array
from studio.types import Axis, BlockConfig, Imported, ImportOptions

__all__ = ["Request", "features_of_file"]


@dataclass(frozen=True, slots=True)
class Request:
    """What to compute, from what."""

    block: str
    """Id of the signal block."""
    options: tuple[str, ...]
    """Parameters as texts, `name=value`."""
    input: Path
    """WAV, FLAC, CSV or .npy; the whole file is one window."""
    rate_hz: float = 0.0
    """For files that do not say it."""
    axes: tuple[str, ...] = ()
    """Names, for files that do not say them."""


def _read_npy(request: Request) -> Imported:
    values = read_array(request.input)
    if values.ndim not in (1, 2) or values.size == 0:
        raise ConfigError(
            f"{request.input.name} holds an array of shape {values.shape}.",
            "Save one window as an array (readings,) or (readings, axes).",
        )
    values = values.reshape(len(values), -1)
    if values.dtype != np.int16:
        values = values.astype(np.float32)
    names = request.axes or tuple(f"axis{i + 1}" for i in range(values.shape[1]))
    return Imported(values, tuple(Axis(name) for name in names), request.rate_hz)


def _read(request: Request) -> Imported:
    path = request.input
    if path.suffix.lower() == ".npy":
        return _read_npy(request)
    importers = [row.load() for row in provided("importer")]
    for importer in importers:
        if path.name.lower().endswith(importer.suffixes):
            options = ImportOptions(sample_rate_hz=request.rate_hz, axes=request.axes)
            takes: list[Imported] = importer.read(path, options)
            if len(takes) != 1:
                raise ConfigError(
                    f"{path.name} holds {len(takes)} takes; one window is one take.",
                    "Give a file with a single take, without blank lines between rows.",
                )
            return takes[0]
    known = sorted({".npy", *(suffix for one in importers for suffix in one.suffixes)})
    raise ConfigError(
        f"{path.name} is not a file that can be read as one window.",
        f"Known endings: {', '.join(known)}.",
    )


def _configure(request: Request, window: Imported) -> tuple[BlockConfig, int]:
    """Return the block made ready for the file, and its version."""
    block = find("signal_block", request.block).load()
    params = from_options(block.Params, request.options)
    n_readings, n_axes = window.values.shape
    if window.sample_rate_hz <= 0:
        raise ConfigError(
            f"{request.input.name} does not say its sample rate.",
            "Give it in Hz with --rate, such as --rate 62.5.",
        )
    if len(window.axes) != n_axes:
        raise ConfigError(
            f"{len(window.axes)} axes are named; {request.input.name} holds {n_axes}.",
            "Name each column once with --axes.",
        )
    try:
        config: BlockConfig = block.configure(
            params,
            n_readings=n_readings,
            axes=window.axes,
            sample_rate_hz=window.sample_rate_hz,
        )
    except ConfigError as error:
        whole = f"The whole file, {n_readings} readings, is taken as one window."
        raise ConfigError(error.message, f"{error.hint} {whole}") from error
    return config, int(block.implementation_version)


def features_of_file(request: Request, output: Path, *, report: Reporter) -> dict[str, Any]:
    """Compute the features of one file, taken as one window, and write them as float32 .npy.

    Returns
    -------
    dict
        block, version, output_shape (as written), features (their number), output.

    Raises
    ------
    ConfigError
        If block, parameters or file do not fit each other.
    ProjectError
        If the file cannot be read.
    """
    report.progress(0.0, f"Features: reading {request.input.name}")
    window = _read(request)
    config, version = _configure(request, window)
    for note in window.notes:
        report.log(f"{request.input.name}: {note}.")
    report.progress(0.5, f"Features: {config.n_features} of {request.block}")
    values = window.values if window.values.dtype == np.int16 else window.values.astype("f4")
    features = extract_features(config, values[np.newaxis])[0]
    write_array(output, features.reshape(config.output_shape))
    report.progress(1.0, "Features: done")
    return {
        "block": config.block,
        "version": version,
        "output_shape": list(config.output_shape),
        "features": config.n_features,
        "output": str(output),
    }
