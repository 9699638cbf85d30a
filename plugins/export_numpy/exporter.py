"""Recordings as `.npy`: the readings as they are."""

from typing import BinaryIO

import numpy as np

from studio.api import Exported

_CHUNK_ROWS = 1 << 18


class NumpyExporter:
    """Writes `(n_readings, n_axes)`, int16 or float32, little-endian."""

    suffix = ".npy"

    def write(self, file: BinaryIO, recording: Exported) -> tuple[str, ...]:
        """Write a recording and return what the file cannot hold."""
        values = recording.values
        kind = np.dtype("<i2" if values.dtype == np.int16 else "<f4")
        np.lib.format.write_array_header_1_0(
            file, {"descr": kind.str, "fortran_order": False, "shape": values.shape}
        )
        for start in range(0, len(values), _CHUNK_ROWS):
            file.write(np.ascontiguousarray(values[start : start + _CHUNK_ROWS], kind).data)
        return ("an .npy file holds neither the rate nor the names of the axes",)


EXPORTER = NumpyExporter()
