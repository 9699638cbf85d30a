"""A trained pipeline as C: `tml_pipeline.h/.c`, which the program `infer` calls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from studio import __version__
from studio.errors import ConfigError, ModelError
from studio.firmware.ctext import c_array, c_float, c_int, c_number, c_string
from studio.types import BlockConfig, CompiledModel, FloatArray, Pipeline, threshold_q

_SCALER = ("feature_mean", "feature_inv_std")
_DTYPES = {"int16": "TML_INT16", "float32": "TML_FLOAT32"}


@dataclass(frozen=True, slots=True)
class PipelineCode:
    """The generated part of a firmware project."""

    pipeline_files: Mapping[str, str]
    """File name -> C text of the signal processing's constants and the glue."""
    model_files: Mapping[str, str]
    """File name -> C text of the compiled model."""
    sources: tuple[str, ...]
    """C files of `resources/runtime` that they call."""


def pipeline_files(
    pipeline: Pipeline,
    config: BlockConfig,
    *,
    mean: FloatArray,
    inv_std: FloatArray,
    labels: Sequence[str],
    model: CompiledModel,
    run_id: str,
) -> PipelineCode:
    """Print a trained pipeline as C.

    Parameters
    ----------
    pipeline : Pipeline
        Its rate, axes, dtype, stride and decision rule.
    config : BlockConfig
        The signal block made ready for the pipeline's window.
    mean, inv_std : ndarray of float32, shape (n_scale,)
        Standardisation; feature i uses element `i % n_scale`. Empty for none.
    labels : sequence of str
        Class names in the order of the model's outputs.
    model : CompiledModel
        An int8 model whose input are the standardised features.
    run_id : str
        8 hexadecimal digits by which PC and board recognise the run.

    Raises
    ------
    ConfigError
        If window, features, scaler and labels do not fit each other.
    ModelError
        If the model's input or output does not fit them.
    """
    _check(pipeline, config, mean, inv_std, labels, model)
    first = (
        f"/* TinyML Studio {__version__}, run {run_id}, block {config.block}: "
        "generated, do not edit */\n"
    )
    return PipelineCode(
        pipeline_files={
            "tml_pipeline.h": first + _header(pipeline, config, labels, run_id),
            "tml_pipeline.c": first + _source(config, mean, inv_std, labels, model),
        },
        model_files=model.files,
        sources=(*config.sources, "post/quantize.c"),
    )


def _check(
    pipeline: Pipeline,
    config: BlockConfig,
    mean: FloatArray,
    inv_std: FloatArray,
    labels: Sequence[str],
    model: CompiledModel,
) -> None:
    if config.n_readings != pipeline.window_readings or config.n_axes != len(pipeline.axes):
        raise ConfigError(
            f"The signal block was made ready for windows of {config.n_readings} readings of "
            f"{config.n_axes} axes; the pipeline has {pipeline.window_readings} of "
            f"{len(pipeline.axes)}.",
            "Train again with the present pipeline.",
        )
    n_scale = mean.size or 1
    if mean.shape != inv_std.shape or mean.ndim != 1 or config.n_features % n_scale:
        raise ConfigError(
            f"The run's scaler has shapes {mean.shape} and {inv_std.shape} for "
            f"{config.n_features} features.",
            "Train again: the run does not belong to the present pipeline.",
        )
    for tensor, wanted in ((model.input, config.n_features), (model.output, len(labels))):
        if tensor.dtype != "int8" or tensor.elements != wanted:
            raise ModelError(
                f"The model's {tensor.name} holds {tensor.elements} values of type "
                f"{tensor.dtype}; the pipeline has {wanted} of type int8.",
                "Train again: the model does not belong to the present pipeline.",
            )


def _header(pipeline: Pipeline, config: BlockConfig, labels: Sequence[str], run_id: str) -> str:
    constants = {
        "WINDOW_READINGS": f"{config.n_readings}u",
        "STRIDE_READINGS": f"{pipeline.stride_readings}u",
        "AXES": f"{config.n_axes}u",
        "DTYPE": _DTYPES[pipeline.dtype],
        "RATE_HZ": c_float(pipeline.sample_rate_hz),
        "FEATURES": f"{config.n_features}u",
        "CLASSES": f"{len(labels)}u",
        "SMOOTHING": f"{pipeline.decision.smoothing}u",
        "THRESHOLD": f"({threshold_q(pipeline.decision)})",
        "ID": c_string(run_id),
    }
    defines = "\n".join(f"#define TML_PIPELINE_{name} {text}" for name, text in constants.items())
    return f"""\
#ifndef TML_PIPELINE_H
#define TML_PIPELINE_H

#include "tml_base.h"

{defines}

extern const char *const tml_pipeline_labels[TML_PIPELINE_CLASSES];

/* Forget what earlier windows left in the model: before the first one, and where a stream begins
 * anew. */
void tml_pipeline_init(void);

/* One window to TML_PIPELINE_FEATURES features. Returns TML_OK or what went wrong. */
int tml_pipeline_features(const tml_window *window, float *features);

/* Features to TML_PIPELINE_CLASSES scores: standardise, quantize, run the model. */
int tml_pipeline_classify(const float *features, int8_t *scores);

#endif
"""


def _source(
    config: BlockConfig,
    mean: FloatArray,
    inv_std: FloatArray,
    labels: Sequence[str],
    model: CompiledModel,
) -> str:
    """Return the C file: the constants, and the functions that use them."""
    scaler = _SCALER if mean.size else ("0", "0")
    names = "\n".join(f"    {c_string(label)}," for label in labels)
    return f"""\
#include "tml_pipeline.h"

#include "{config.header}"
#include "post/quantize.h"
#include "tml_{model.name}.h"

const char *const tml_pipeline_labels[TML_PIPELINE_CLASSES] = {{
{names}
}};

{_constants(config, mean, inv_std)}

void tml_pipeline_init(void)
{{
    tml_{model.name}_init();
}}

int tml_pipeline_features(const tml_window *window, float *features)
{{
    static uint64_t scratch[{max(1, (config.scratch_bytes + 7) // 8)}];
    return {config.function}(&config, window, features, scratch);
}}

int tml_pipeline_classify(const float *features, int8_t *scores)
{{
    tml_quantize_f32_s8(features, TML_PIPELINE_FEATURES, {scaler[0]}, {scaler[1]},
                        {mean.size}u, {c_float(model.input.scale)},
                        {c_int(model.input.zero_point)}, (int8_t *)tml_{model.name}_input());
    int status = tml_{model.name}_invoke();
    const int8_t *output = (const int8_t *)tml_{model.name}_output();
    for (uint32_t i = 0; i < TML_PIPELINE_CLASSES; i++) {{
        scores[i] = output[i];
    }}
    return status;
}}
"""


def _constants(config: BlockConfig, mean: FloatArray, inv_std: FloatArray) -> str:
    """Return the arrays of constants and the signal block's configuration that points to them."""
    # a pointer without a table stays NULL, on the PC as well
    tables = {name: table for name, table in config.tables.items() if table.size}
    members = [f"    .{name} = {c_number(value)}," for name, value in config.scalars.items()]
    members += [f"    .{name} = table_{name}," for name in tables]
    arrays = [c_array(f"table_{name}", table) for name, table in tables.items()]
    if mean.size:
        arrays += [c_array(_SCALER[0], mean), c_array(_SCALER[1], inv_std)]
    newline = "\n"
    return f"""\
{(newline * 2).join(arrays)}

static const {config.struct} config = {{
{newline.join(members)}
}};"""
