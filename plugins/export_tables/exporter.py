"""Recordings as tables: a column of times in milliseconds, then one column per axis."""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np

from studio.api import ConfigError, Exported

_CHUNK_ROWS = 1 << 16
_TIME = "timestamp"


class CsvExporter:
    """Writes text; every float32 comes back from it as it was."""

    suffix = ".csv"

    def write(self, file: BinaryIO, recording: Exported) -> tuple[str, ...]:
        """Write a recording and return what the file cannot hold.

        Raises
        ------
        ConfigError
            For a table without a column of times whose axes are called like numbers.
        """
        import pyarrow
        from pyarrow import csv

        if not recording.time_column and all(_is_number(axis.name) for axis in recording.axes):
            raise ConfigError(
                f"The axes of {recording.name} are called like numbers, so that the first line "
                "of a table could not be told from the others.",
                "Give the axes other names, or choose another format.",
            )
        schema = _schema(recording)
        with csv.CSVWriter(pyarrow.PythonFile(file, "w"), schema) as writer:
            for batch in _batches(recording, schema):
                writer.write_batch(batch)
        notes = ["a CSV file holds neither units nor the exact rate"]
        if recording.values.dtype == np.int16:
            notes.append("a CSV file does not say that its values are 16-bit sound")
        return tuple(notes)


class ParquetExporter:
    """Writes columns of the readings' own type, with rate and axes in the metadata."""

    suffix = ".parquet"

    def write(self, file: BinaryIO, recording: Exported) -> tuple[str, ...]:
        """Write a recording; the file holds everything that is known of the readings."""
        import pyarrow
        from pyarrow import parquet

        schema = _schema(recording)
        said = {
            "sample_rate_hz": recording.sample_rate_hz,
            "axes": [[axis.name, axis.units] for axis in recording.axes],
        }
        schema = schema.with_metadata({"tinyml": json.dumps(said)})
        sink = pyarrow.PythonFile(file, "w")
        with parquet.ParquetWriter(sink, schema, use_dictionary=False) as writer:
            for batch in _batches(recording, schema):
                writer.write_batch(batch)
        return ()


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _schema(recording: Exported) -> Any:
    import pyarrow

    kind = pyarrow.int16() if recording.values.dtype == np.int16 else pyarrow.float32()
    fields = [pyarrow.field(axis.name, kind) for axis in recording.axes]
    if recording.time_column:
        fields.insert(0, pyarrow.field(_TIME, pyarrow.float64()))
    return pyarrow.schema(fields)


def _batches(recording: Exported, schema: Any) -> Iterator[Any]:
    import pyarrow

    values = recording.values
    for start in range(0, len(values), _CHUNK_ROWS):
        part = values[start : start + _CHUNK_ROWS]
        columns = [
            pyarrow.array(np.ascontiguousarray(part[:, axis])) for axis in range(part.shape[1])
        ]
        if recording.time_column:
            times = np.arange(start, start + len(part)) * 1000.0 / recording.sample_rate_hz
            columns.insert(0, pyarrow.array(times))
        yield pyarrow.record_batch(columns, schema=schema)


CSV = CsvExporter()
PARQUET = ParquetExporter()
