"""Parquet tables to readings: columns of whole 16-bit numbers alone stay int16, all else float32.

A column of times is found as in a table of text, and by its type: one of Arrow's timestamps or
durations. The file's own metadata may say the rate and what the axes are, as our exports do.
"""

import json
import math
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.api import Axis, Imported, ImportOptions, ProjectError, Span

from .columns import Columns, chosen, spans
from .times import timing

KEY = b"tinyml"
"""Key of the schema's metadata under which a JSON object has `sample_rate_hz` and `axes`."""
_MAX_CELLS = 1 << 31


class ParquetImporter:
    """Reads one table per file."""

    suffixes = (".parquet",)

    def recognises(self, path: Path) -> bool:
        """Whether it is a table: no other importer has the suffix."""
        return True

    def read(self, path: Path, options: ImportOptions) -> list[Imported]:
        """Return the file's readings.

        Raises
        ------
        ProjectError
            If the file is damaged or its columns are no numbers.
        """
        import pyarrow
        from pyarrow import parquet

        refuse = partial(_bad, path)
        try:
            with parquet.ParquetFile(path) as file:
                if file.metadata.num_rows * max(1, file.metadata.num_columns) > _MAX_CELLS:
                    raise refuse(f"it has {file.metadata.num_rows} rows", "Cut it into parts.")
                table = file.read()
        except (pyarrow.ArrowException, OSError, ValueError, MemoryError) as error:
            raise refuse(str(error).splitlines()[0][:200], "Write the file again.") from error
        if not table.num_rows:
            raise refuse("it has no rows", "Record it again.")
        known = _own(table.schema.metadata)
        columns = _chosen(table, options, refuse)
        values = _values(table, columns, options, refuse)
        axes = columns.described
        if len(known.get("axes", ())) == len(axes) and not options.axes:
            axes = known["axes"]
        marked: tuple[Span, ...] = ()
        if columns.label is not None:
            texts = table.column(columns.label).to_pylist()
            marked = spans(["" if text is None else str(text) for text in texts])
        rate = options.sample_rate_hz or options.listed_rate_hz or known.get("rate", 0.0)
        if rate or columns.time is None:
            return [Imported(values, axes, rate, spans=marked)]
        ticks, unit = _ticks(table.column(columns.time), columns.unit, refuse)
        name = table.column_names[columns.time]
        told = timing(ticks, unit, name, lambda row: f"row {row + 1}", refuse)
        found = Imported(values, axes, told.rate, told.times_s, spans=marked, notes=told.notes)
        return [replace(found, gaps=told.gaps)]


def _bad(path: Path, what: str, hint: str = "") -> ProjectError:
    return ProjectError(
        f"{path.name} cannot be read as a table: {what.rstrip('.')}.",
        hint or "Write one row per reading, and one column of numbers per axis.",
    )


def _own(metadata: dict[bytes, bytes] | None) -> dict[str, Any]:
    """Return the rate and the axes that the file's metadata says, as far as they make sense."""
    try:
        said = json.loads((metadata or {}).get(KEY, b"{}"))
        rate = float(said.get("sample_rate_hz", 0))
        axes = tuple(Axis(str(name), str(units)) for name, units in said.get("axes", ()))
    except (ValueError, TypeError, AttributeError, RecursionError):
        return {}
    return {"rate": rate if math.isfinite(rate) and rate > 0 else 0.0, "axes": axes}


def _chosen(table: Any, options: ImportOptions, refuse: Any) -> Columns:
    """Return what the columns are; a column of Arrow's times is one whatever it is called."""
    import pyarrow.types as kinds

    if not options.time_column:
        for number, field in enumerate(table.schema):
            if kinds.is_timestamp(field.type) or kinds.is_duration(field.type):
                options = replace(options, time_column=str(number + 1))
                break
    return chosen(table.column_names, table.num_columns, options, refuse)


def _values(
    table: Any, columns: Columns, options: ImportOptions, refuse: Any
) -> NDArray[np.generic]:
    import pyarrow

    parts = []
    for number in columns.axes:
        column = table.column(number)
        name = table.column_names[number]
        if column.null_count:
            raise refuse(f"column {name} has {column.null_count} empty cells", "")
        try:
            part = column.to_numpy()
            exact = part.dtype == np.int16 and options.dtype != "float32"
            with np.errstate(over="ignore"):
                parts.append(part if exact else part.astype(np.float32))
        except (pyarrow.ArrowException, ValueError, TypeError) as error:
            raise refuse(
                f"column {name} holds no numbers", "Choose other columns with --axes."
            ) from error
    values = np.stack(parts, axis=1)  # int16 with float32 becomes float32
    if values.dtype != np.int16 and not np.isfinite(values).all():
        row, column = (int(at) for at in np.argwhere(~np.isfinite(values))[0])
        name = table.column_names[columns.axes[column]]
        raise refuse(f"column {name} is not a finite number in row {row + 1}", "")
    return values


def _ticks(column: Any, unit: float, refuse: Any) -> tuple[NDArray[Any], float]:
    """Return a column of times as numbers, and the seconds per unit."""
    import pyarrow

    kind = column.type
    if pyarrow.types.is_timestamp(kind) or pyarrow.types.is_duration(kind):
        unit = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}[kind.unit]
        column = column.cast(pyarrow.int64())
    if column.null_count:
        raise refuse("its column of times has empty cells", "")
    try:
        return column.to_numpy().astype(np.float64), unit
    except (ValueError, TypeError) as error:
        raise refuse("its column of times holds no numbers", "") from error


IMPORTER = ParquetImporter()
