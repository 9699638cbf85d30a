"""Edge Impulse's data acquisition format, JSON and CBOR: sensors, interval and values.

Values of a sensor whose units are `wav` are int16 sound; everything else becomes float32 in the
units stated. The signature is verified if there is a key.
"""

import io
import json
import math
from pathlib import Path
from typing import Any

import cbor2
import numpy as np
from numpy.typing import NDArray

from studio.api import Axis, Imported, ImportOptions, ProjectError, Span

from .signature import status

_MAX_BYTES = 1 << 30
_HEAD_BYTES = 4096
_MAX_AXES = 256
_UNLABELLED = "unlabeled"
"""What such files call the stretches that have no label."""


class EdgeImpulseImporter:
    """Reads one acquisition per file."""

    suffixes = (".json", ".cbor")

    def recognises(self, path: Path) -> bool:
        """Whether the file begins with one of an acquisition's three parts."""
        try:
            with path.open("rb") as file:
                head = file.read(_HEAD_BYTES)
        except OSError:
            return False
        return any(part in head for part in (b'"protected"', b'"signature"', b'"payload"'))

    def read(self, path: Path, options: ImportOptions) -> list[Imported]:
        """Return the file's readings.

        Raises
        ------
        ProjectError
            If the file is damaged or another kind of JSON or CBOR.
        """
        payload, signature = _payload(path, options.hmac_key)
        axes = _axes(path, payload)
        rate = _rate(path, payload)
        if options.sample_rate_hz and abs(options.sample_rate_hz / rate - 1) > 0.001:
            raise ProjectError(
                f"{path.name} says that its rate is {rate:g} Hz, not {options.sample_rate_hz:g}.",
                "Leave --rate out; give --resample to convert the rate.",
            )
        values = _values(path, payload, len(axes))
        values, axes = _chosen(path, values, axes, options.axes)
        clipped = 0
        notes: tuple[str, ...] = ()
        sound = all(axis.units.lower() == "wav" for axis in axes)
        if sound if not options.dtype else options.dtype == "int16":
            if np.abs(values).max() <= 1 and (values != np.rint(values)).any():
                values = values * 32768
                notes = ("values of -1 to 1 were scaled to int16",)
            clipped = int(np.count_nonzero((values < -32768) | (values > 32767)))
            readings: NDArray[Any] = np.clip(np.rint(values), -32768, 32767).astype(np.int16)
        else:
            readings = values.astype(np.float32)
        return [
            Imported(
                readings,
                axes,
                rate,
                spans=_spans(payload, len(readings)),
                clipped=clipped,
                notes=notes,
                metadata=_metadata(payload),
                signature=signature,
            )
        ]


def _bad(path: Path, what: str) -> ProjectError:
    return ProjectError(
        f"{path.name} is not an Edge Impulse acquisition: {what}.",
        "Export the data again, or convert it to CSV.",
    )


def _payload(path: Path, key: str) -> tuple[dict[str, Any], str]:
    """Return a file's payload, and what its signature turned out to be."""
    cbor = path.suffix.lower() == ".cbor"
    kind = "CBOR" if cbor else "JSON"
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise _bad(path, f"it is larger than {_MAX_BYTES >> 20} MiB")
        data = path.read_bytes()
        if cbor:
            stream = io.BytesIO(data)
            document = cbor2.load(stream)
            data = data[: stream.tell()]  # files from flash are padded at their end
        else:
            document = json.loads(data)
    except (ValueError, RecursionError, MemoryError, cbor2.CBORError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise _bad(path, f"it cannot be read as {kind} ({reason})") from error
    except OSError as error:
        raise ProjectError(
            f"{path.name} cannot be read: {error.strerror}.", "Check the file's permissions."
        ) from error
    payload = document.get("payload") if isinstance(document, dict) else None
    if not isinstance(payload, dict):
        raise _bad(path, "it has no payload")
    return payload, status(data, document, key, cbor=cbor)


def _metadata(payload: dict[str, Any]) -> dict[str, str]:
    """Return what the payload says of the device that recorded it."""
    texts = {key: payload.get(key) for key in ("device_name", "device_type")}
    return {key: text for key, text in texts.items() if isinstance(text, str) and text}


def _axes(path: Path, payload: dict[str, Any]) -> tuple[Axis, ...]:
    sensors = payload.get("sensors")
    if not isinstance(sensors, list) or not 0 < len(sensors) <= _MAX_AXES:
        raise _bad(path, f"it should list 1 to {_MAX_AXES} sensors")
    axes = []
    for number, sensor in enumerate(sensors, 1):
        name = sensor.get("name") if isinstance(sensor, dict) else None
        if not isinstance(name, str) or not name:
            raise _bad(path, f"sensor {number} has no name")
        units = sensor.get("units")
        axes.append(Axis(name, units if isinstance(units, str) else ""))
    return tuple(axes)


def _rate(path: Path, payload: dict[str, Any]) -> float:
    interval = payload.get("interval_ms")
    good = isinstance(interval, int | float) and not isinstance(interval, bool)
    if not good or not 1e-6 <= float(interval or 0) <= 1e9:
        raise _bad(path, f"its interval_ms is {interval!r}")
    rate = 1000 / float(interval or 0)
    return float(round(rate)) if math.isclose(rate, round(rate), rel_tol=1e-6) else rate


def _values(path: Path, payload: dict[str, Any], n_axes: int) -> NDArray[np.float64]:
    listed = payload.get("values")
    if not isinstance(listed, list) or not listed:
        raise _bad(path, "it holds no values")
    try:
        values = np.array(listed, dtype=np.float64)
    except (ValueError, TypeError, OverflowError) as error:
        raise _bad(path, "its values are not rows of numbers of one length") from error
    if values.ndim == 1 and n_axes == 1:
        values = values[:, np.newaxis]
    if values.ndim != 2 or values.shape[1] != n_axes:
        raise _bad(path, f"its values have shape {values.shape} for {n_axes} sensors")
    with np.errstate(over="ignore"):
        bad = ~np.isfinite(values.astype(np.float32)).all(axis=1)
    if bad.any():
        raise _bad(path, f"reading {int(bad.argmax())} is not a finite number")
    return values


def _chosen(
    path: Path, values: NDArray[np.float64], axes: tuple[Axis, ...], names: tuple[str, ...]
) -> tuple[NDArray[np.float64], tuple[Axis, ...]]:
    """Keep the named sensors, in the order named."""
    if not names:
        return values, axes
    known = [axis.name for axis in axes]
    for name in names:
        if name not in known:
            raise ProjectError(
                f"{path.name} has no sensor {name!r}.", f"It has: {', '.join(known)}."
            )
    columns = [known.index(name) for name in names]
    return values[:, columns], tuple(axes[column] for column in columns)


def _spans(payload: dict[str, Any], n_readings: int) -> tuple[Span, ...]:
    """Return structured labels (their ends are inclusive) as far as they make sense."""
    listed = payload.get("structured_labels")
    spans = []
    for row in listed if isinstance(listed, list) else []:
        if not isinstance(row, dict):
            continue
        start, end, label = row.get("startIndex"), row.get("endIndex"), row.get("label")
        if isinstance(start, int) and isinstance(end, int) and isinstance(label, str):
            stop = min(end + 1, n_readings)
            if 0 <= start < stop and label.strip() and label != _UNLABELLED:
                spans.append(Span(start, stop, label))
    return tuple(spans)


IMPORTER = EdgeImpulseImporter()
