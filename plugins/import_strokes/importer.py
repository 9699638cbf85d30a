"""Strokes as the magic wand's collecting page writes them: labelled paths of x and y."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from studio.api import Axis, Imported, ImportOptions, ProjectError

_MAX_BYTES = 1 << 28
_HEAD_BYTES = 4096
_AXES = (Axis("x"), Axis("y"))


class StrokesImporter:
    """Reads one recording per stroke."""

    suffixes = (".json",)

    def recognises(self, path: Path) -> bool:
        """Whether the file begins with a list of strokes."""
        try:
            with path.open("rb") as file:
                return (
                    file.read(_HEAD_BYTES).lstrip(b"\xef\xbb\xbf \r\n\t{").startswith(b'"strokes"')
                )
        except OSError:
            return False

    def read(self, path: Path, options: ImportOptions) -> list[Imported]:
        """Return the file's strokes.

        Raises
        ------
        ProjectError
            If the file is damaged.
        """
        strokes = _strokes(path)
        digits = len(str(len(strokes)))
        found = []
        for number, stroke in enumerate(strokes, 1):
            points = stroke.get("strokePoints") if isinstance(stroke, dict) else None
            try:
                rows = [[float(point["x"]), float(point["y"])] for point in points or []]
            except (TypeError, KeyError, ValueError, OverflowError) as error:
                raise _bad(path, f"stroke {number} has a point without x and y") from error
            values = np.array(rows, np.float32).reshape(-1, 2)
            if not len(values) or not np.isfinite(values).all():
                raise _bad(path, f"stroke {number} has no points, or one that is not finite")
            label = str(stroke.get("label") or "")
            take = f"{number:0{digits}d}"
            rate = options.sample_rate_hz or options.listed_rate_hz
            found.append(Imported(values, _AXES, rate, take=take, label=label))
        return found


def _bad(path: Path, what: str) -> ProjectError:
    return ProjectError(
        f"{path.name} is not a list of strokes: {what}.", "Export the strokes again."
    )


def _strokes(path: Path) -> list[Any]:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise _bad(path, f"it is larger than {_MAX_BYTES >> 20} MiB")
        document = json.loads(path.read_bytes())
    except (ValueError, RecursionError, OSError, MemoryError) as error:
        raise _bad(path, f"it cannot be read as JSON ({error})") from error
    strokes = document.get("strokes") if isinstance(document, dict) else None
    if not isinstance(strokes, list) or not strokes:
        raise _bad(path, "it has no strokes")
    return strokes


IMPORTER = StrokesImporter()
