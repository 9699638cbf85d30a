"""`project.toml`: the part of a project that people read, compare and keep in version control."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from studio.errors import ProjectError
from studio.paths import write_atomic
from studio.types import READING_DTYPES, WINDOW_RULES, Axis, DecisionRule, Labelling, Pipeline

FILE = "project.toml"
SCHEMA = 1
"""Number of the layout of `project.toml` and of the folder."""
BLANK = Pipeline(
    window_ms=1000.0,
    stride_ms=500.0,
    sample_rate_hz=0.0,
    axes=(),
    dtype="float32",
    block="",
    block_version=0,
    block_params={},
    learning="",
    learning_params={},
    decision=DecisionRule(),
    board="",
)
"""A pipeline in which nothing is decided yet: rate 0 and no axes mean "as the first data"."""

_BARE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


def filled(
    pipeline: Pipeline, axes: tuple[Axis, ...], dtype: str, sample_rate_hz: float
) -> Pipeline:
    """Return a pipeline with what it leaves open as some data has it."""
    return replace(
        pipeline,
        axes=pipeline.axes or axes,
        dtype=pipeline.dtype if pipeline.axes else dtype,
        sample_rate_hz=pipeline.sample_rate_hz or sample_rate_hz,
    )


def toml_text(table: Mapping[str, Any], prefix: str = "") -> str:
    """Return a mapping as TOML: plain values first, then its tables.

    Entries that are None are left out, because TOML has no word for them.

    Raises
    ------
    ProjectError
        For a value of a type that TOML cannot hold.
    """
    lines = []
    tables = []
    for key, value in table.items():
        if value is None:
            continue
        if isinstance(value, Mapping):
            path = f"{prefix}{_key(key)}"
            tables.append(f"\n[{path}]\n{toml_text(value, f'{path}.')}")
        else:
            lines.append(f"{_key(key)} = {_value(value)}\n")
    return "".join(lines + tables)


def _key(key: str) -> str:
    return key if key and _BARE.issuperset(key) else _string(key)


def _string(text: str) -> str:
    escaped = "".join(
        {'"': '\\"', "\\": "\\\\"}.get(sign)
        or (f"\\u{ord(sign):04x}" if ord(sign) < 0x20 or ord(sign) == 0x7F else sign)
        for sign in text
    )
    return f'"{escaped}"'


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if math.isfinite(value):
            return repr(value)
        return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(item) for item in value)}]"
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items())
        return f"{{{pairs}}}"
    raise ProjectError(
        f"A setting of type {type(value).__name__} cannot be written to {FILE}.",
        "Use numbers, texts, true or false, or lists of them.",
    )


def write(folder: Path, *, name: str, pipeline: Pipeline) -> None:
    """Write `project.toml` in one step; values that NumPy made are converted.

    Raises
    ------
    ProjectError
        If it cannot be written; the one before is still there.
    """
    content = {"schema": SCHEMA, "name": name, "pipeline": _plain(asdict(pipeline))}
    try:
        write_atomic(folder / FILE, toml_text(content).encode("utf-8", "replace"))
    except OSError as error:
        raise ProjectError(
            f"{folder / FILE} cannot be written: {error.strerror or error}.",
            "Check the folder's permissions and the free space of the disk.",
        ) from error


def _plain(value: Any) -> Any:
    """Turn NumPy scalars (which know `item`) into Python's own, at any depth."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "item") and not isinstance(value, str | bool | int | float):
        return value.item()
    return value


def read(folder: Path) -> tuple[str, Pipeline]:
    """Return a project's name and pipeline.

    Raises
    ------
    ProjectError
        If the file is missing, damaged, or written by a newer program.
    """
    path = folder / FILE
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        if not folder.exists():
            raise ProjectError(
                f"There is no folder {folder}: it was moved or deleted, or its disk is not there.",
                "Bring it back, or open another project.",
            ) from error
        raise ProjectError(
            f"{folder} is a file, not a project folder."
            if folder.is_file()
            else f"{folder} is not a project: it has no {FILE}.",
            "Choose a project folder, or make one with `tinyml-studio new`.",
        ) from error
    except (OSError, ValueError, RecursionError) as error:  # of TOML, of text, of huge numbers
        raise _damaged(path, str(error)) from error
    schema = content.get("schema")
    if isinstance(schema, int) and schema > SCHEMA:
        raise ProjectError(
            f"{folder} was written by a newer TinyML Studio (project schema {schema}; this "
            f"program reads up to {SCHEMA}).",
            "Update TinyML Studio to open it. Nothing was changed.",
        )
    if schema != SCHEMA:
        raise _damaged(path, f"its schema number is {schema!r}")
    try:
        return str(content["name"]), _pipeline(content["pipeline"])
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise _damaged(path, f"{type(error).__name__}: {error}") from error


def _damaged(path: Path, reason: str) -> ProjectError:
    return ProjectError(
        f"{path} cannot be read: {reason}.",
        "Correct the file in a text editor or restore it from a copy. Recordings and labels are "
        "in other files and were not touched.",
    )


def _number(table: Mapping[str, Any], key: str, low: float) -> float:
    value = float(table[key])
    if not math.isfinite(value) or value < low:
        raise ValueError(f"{key} is {value}")
    return value


def _pipeline(table: Mapping[str, Any]) -> Pipeline:
    dtype = str(table["dtype"])
    if dtype not in READING_DTYPES:
        raise ValueError(f"dtype is {dtype!r}")
    decision = table["decision"]
    return Pipeline(
        window_ms=_number(table, "window_ms", 0),
        stride_ms=_number(table, "stride_ms", 0),
        sample_rate_hz=_number(table, "sample_rate_hz", 0),
        axes=tuple(Axis(str(axis["name"]), str(axis["units"])) for axis in table["axes"]),
        dtype=dtype,
        block=str(table["block"]),
        block_version=int(table["block_version"]),
        block_params=dict(table["block_params"]),
        learning=str(table["learning"]),
        learning_params=dict(table["learning_params"]),
        decision=DecisionRule(int(decision["smoothing"]), float(decision["threshold"])),
        board=str(table["board"]),
        labelling=_labelling(table.get("labelling", {})),
    )


def _labelling(table: Mapping[str, Any]) -> Labelling:
    """Return how windows are labelled; projects of before did not say it."""
    known = Labelling()
    rule = str(table.get("rule", known.rule))
    share = float(table.get("share", known.share))
    if rule not in WINDOW_RULES or not 0 < share <= 1:
        raise ValueError(f"labelling is {rule!r} with share {share:g}")
    return Labelling(
        track=str(table.get("track", known.track)),
        rule=rule,
        share=share,
        background=str(table.get("background", known.background)),
    )
