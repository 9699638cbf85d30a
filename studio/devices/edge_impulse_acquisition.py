"""A recording as boards with Edge Impulse's firmware store it: signed JSON or CBOR, one map."""

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.devices import cbor
from studio.errors import DeviceError
from studio.types import HIGHEST_HZ, LOWEST_HZ, Axis, StreamInfo

_LEAST_MS, _MOST_MS = 1000 / HIGHEST_HZ, 1000 / LOWEST_HZ
AUDIO = "wav"
"""Units of int16 sound."""
_NO_UNITS = (AUDIO, "N/A")
_MAX_AXES = 256
_INT16 = np.iinfo(np.int16)


def read_acquisition(data: bytes) -> tuple[StreamInfo, NDArray[Any]]:
    """Return what was recorded, and its values `(n, n_axes)`: int16 for sound, else float32.

    Bytes after the map (padding of flash pages) are passed over. The signature is not looked at:
    the board and this program have no secret in common.

    Raises
    ------
    DeviceError
        If this is no such recording.
    """
    payload = _payload(data)
    sensors, interval_ms = payload.get("sensors"), payload.get("interval_ms")
    if not isinstance(interval_ms, int | float) or not _LEAST_MS <= interval_ms <= _MOST_MS:
        raise _strange(f"its interval_ms is {str(interval_ms)[:40]}")
    if not isinstance(sensors, list) or not 0 < len(sensors) <= _MAX_AXES:
        raise _strange("it names no sensors")
    if not all(isinstance(sensor, dict) for sensor in sensors):
        raise _strange(f"its sensors are {str(sensors)[:60]!r}")
    units = [str(sensor.get("units", "")) for sensor in sensors]
    audio = set(units) == {AUDIO}
    values = _values(payload.get("values"), len(sensors), audio=audio)
    stream = StreamInfo(
        board=str(payload.get("device_type", ""))[:80],
        firmware="Edge Impulse",
        sample_rate_hz=1000.0 / interval_ms,
        dtype=values.dtype.name,
        axes=tuple(
            Axis(str(sensor.get("name", f"axis{i}"))[:80], "" if unit in _NO_UNITS else unit)
            for i, (sensor, unit) in enumerate(zip(sensors, units, strict=True))
        ),
        dropped=0,
    )
    return stream, values


def _payload(data: bytes) -> dict[Any, Any]:
    try:
        whole = json.loads(data) if data[:1] == b"{" else cbor.decode(data)[0]
    except (ValueError, RecursionError) as error:
        raise _strange(f"{error}; it begins with {data[:16]!r}") from error
    payload = whole.get("payload") if isinstance(whole, dict) else None
    if not isinstance(payload, dict):
        raise _strange(f"it has no payload; it begins with {data[:16]!r}")
    return payload


def _values(listed: Any, n_axes: int, *, audio: bool) -> NDArray[Any]:
    if not isinstance(listed, list) or not listed:
        raise _strange("it holds no values")
    try:
        values: NDArray[Any] = np.array(listed)
    except ValueError as error:
        raise _strange(f"its values are not of one shape: {error}") from error
    if values.dtype.kind not in "if":
        raise _strange("its values are no numbers")
    if values.ndim == 1 and n_axes == 1:
        values = values[:, None]
    if values.ndim != 2 or values.shape[1] != n_axes:
        raise _strange(f"its values are {values.shape}, its sensors {n_axes}")
    if not audio:
        with np.errstate(over="ignore"):
            return values.astype(np.float32)
    if not ((values >= _INT16.min) & (values <= _INT16.max)).all():
        raise _strange("its sound is not within the range of int16")
    sound: NDArray[np.int16] = np.rint(values).astype(np.int16)
    return sound


def _strange(why: str) -> DeviceError:
    return DeviceError(
        f"The board sent no recording that can be read: {why}.",
        "Record again; if it happens again, flash the board's Edge Impulse firmware anew.",
    )
