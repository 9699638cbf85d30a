"""The health of a recording: what is wrong with it before anybody trains on it.

`examine` walks through the readings twice in constant memory, so recordings of hours may be
memory-mapped. What it finds is said in a sentence with the value found, and what to do about it.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.errors import ConfigError
from studio.signals import hum
from studio.signals.measures import LEAST_PAIRS, AxisMeasures, Limit, measure
from studio.types import Axis, Gap

VERSION = 1
SOUND_HZ = 4000.0
"""Int16 readings at least as fast as this are sound."""
FULL_SCALE = 32768.0

_RATE_OFF = 0.005
_RATE_WRONG = 0.05
_JITTER_MS = 50.0
_GAPS_BAD = 0.01
_OFFSET = 0.02
_OFFSET_BAD = 0.1
_SILENT_RMS = 4.0
_SILENT_RANGE = 64.0
_DROPOUT_S = 0.005
_DROPOUT_LEAST = 32
_ABRUPT = 64.0
_STUCK_S = 1.0
_STUCK_LEAST = 25
_STUCK_TIMES = 25.0
_LEAST_STRETCHES = 3
_CROWDED = 2.0
_LEAST_DISTINCT = 3
_CLIPPED_BAD = 0.001
_HUM = 0.01
_HUM_BAD = 0.1
_FRAME_S = 0.02
_LOOK_S = 10.0
_LEAST_FRAMES = 20
_SETTLE = 150.0


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What was seen of a stream's rate while it was recorded."""

    measured_hz: float
    uncertainty_hz: float
    """Half the width of the interval that holds the true rate with 95 %."""
    jitter_ms: float


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be."""

    kind: str
    """`rate`, `jitter`, `gaps`, `invalid`, `missing`, `stuck`, `silence`, `clipping`, `offset`,
    `dropouts`, `hum` or `settling`."""
    severity: str
    """`info`, `warning` or `problem`."""
    axis: str
    """Name of the axis; empty if it is about all of them."""
    value: float
    """The figure in the sentence."""
    sentence: str
    remedy: str


@dataclass(frozen=True, slots=True)
class AxisHealth:
    """Figures of one axis."""

    name: str
    low: float
    high: float
    mean: float
    rms: float
    """About the mean."""


@dataclass(frozen=True, slots=True)
class Health:
    """The health report of a recording."""

    version: int
    readings: int
    sample_rate_hz: float
    measured_hz: float
    """0 if it was not measured."""
    uncertainty_hz: float
    jitter_ms: float
    gaps: int
    missing: int
    """Readings lost in gaps."""
    trim: int
    """Readings at the beginning that are better left out."""
    axes: tuple[AxisHealth, ...]
    findings: tuple[Finding, ...]

    @property
    def flags(self) -> tuple[str, ...]:
        """Kinds of what is worth a look, each once."""
        kinds = (row.kind for row in self.findings if row.severity != "info")
        return tuple(dict.fromkeys(kinds))

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values for JSON."""
        return asdict(self)


def examine(
    values: NDArray[Any],
    axes: Sequence[Axis],
    sample_rate_hz: float,
    *,
    gaps: Sequence[Gap] = (),
    arrivals: Arrivals | None = None,
) -> Health:
    """Look for what is wrong with a recording.

    Parameters
    ----------
    values : ndarray, (n_readings, n_axes)
        Int16 or float32, perhaps memory-mapped, perhaps with values that are no numbers.
    axes : sequence of Axis
        One for each column.
    sample_rate_hz : float
        As it is stored.
    gaps : sequence of Gap
        Where readings were lost.
    arrivals : Arrivals, optional
        What was seen of the rate while it was recorded.

    Returns
    -------
    Health

    Raises
    ------
    ConfigError
        If there are no readings, or the axes do not fit them.
    """
    if values.ndim != 2 or not len(values) or values.shape[1] != len(axes):
        raise ConfigError(
            f"Readings of shape {values.shape} with {len(axes)} axes cannot be examined.",
            "Give an array (readings, axes) with at least one reading.",
        )
    sound = values.dtype.kind == "i" and sample_rate_hz >= SOUND_HZ
    least = max(_DROPOUT_LEAST, round(_DROPOUT_S * sample_rate_hz)) if sound else len(values) + 1
    measures = measure(values, least_zeros=least, abrupt=_ABRUPT)
    findings = _of_rate(arrivals, sample_rate_hz) + _of_gaps(gaps, len(values))
    trims = [0]
    for number, (axis, one) in enumerate(zip(axes, measures, strict=True)):
        found = _of_axis(axis.name, one, len(values), sample_rate_hz, sound=sound)
        if not any(row.kind in ("missing", "silence") for row in found):
            found += _of_hum(values, number, axis.name, sample_rate_hz)
            settled = _settled(values, number, sample_rate_hz) if sound else None
            if settled is not None:
                trims.append(settled)
                found.append(_settling(axis.name, settled / sample_rate_hz))
        findings += found
    seen = arrivals or Arrivals(0.0, 0.0, 0.0)
    return Health(
        version=VERSION,
        readings=len(values),
        sample_rate_hz=float(sample_rate_hz),
        measured_hz=seen.measured_hz,
        uncertainty_hz=seen.uncertainty_hz,
        jitter_ms=seen.jitter_ms,
        gaps=len(gaps),
        missing=sum(gap.missing for gap in gaps),
        trim=max(trims),
        axes=tuple(_figures(axis.name, one) for axis, one in zip(axes, measures, strict=True)),
        findings=tuple(findings),
    )


def _figures(name: str, one: AxisMeasures) -> AxisHealth:
    low, high = (one.low, one.high) if one.low <= one.high else (0.0, 0.0)
    return AxisHealth(name, low, high, one.mean, one.rms)


def _of_rate(arrivals: Arrivals | None, kept_hz: float) -> list[Finding]:
    """Compare the rate at which readings came with the one they are kept at.

    That is the rate the board told, or what was measured of it in the beginning.
    """
    if arrivals is None or arrivals.measured_hz <= 0:
        return []
    found = []
    measured = arrivals.measured_hz
    off = measured / kept_hz - 1
    if abs(off) > max(_RATE_OFF, 2 * arrivals.uncertainty_hz / kept_hz):
        sentence = (
            f"It is kept as {kept_hz:g} Hz, and the board sent {measured:.6g} ± "
            f"{arrivals.uncertainty_hz:.2g} Hz, {100 * off:+.1f} %."
        )
        severity = "problem" if abs(off) >= _RATE_WRONG else "warning"
        remedy = "Have the board's program keep to one rate, and tell it right: features need it."
        found.append(Finding("rate", severity, "", off, sentence, remedy))
    if arrivals.jitter_ms > _JITTER_MS:
        sentence = f"Readings arrived {arrivals.jitter_ms:.0f} ms off their time."
        remedy = "Nothing is lost by it; where the time of each reading counts, use another cable."
        found.append(Finding("jitter", "info", "", arrivals.jitter_ms, sentence, remedy))
    return found


def _of_gaps(gaps: Sequence[Gap], readings: int) -> list[Finding]:
    missing = sum(gap.missing for gap in gaps)
    if not missing:
        return []
    share = missing / (missing + readings)
    where = _counted(len(gaps), "gap")
    sentence = f"{missing} readings were lost in {where}, {100 * share:.2f} % of all."
    remedy = (
        "Look at the cable and at what else the computer does, or lower the rate; cut samples so "
        "that no gap lies in them."
    )
    severity = "problem" if share >= _GAPS_BAD else "warning"
    return [Finding("gaps", severity, "", share, sentence, remedy)]


def _of_axis(
    name: str, one: AxisMeasures, readings: int, rate_hz: float, *, sound: bool
) -> list[Finding]:
    """Return what the figures of an axis say."""
    found = []
    if one.invalid:
        sentence = f"{_counted(one.invalid, 'value')} of {name} are no numbers."
        remedy = "Correct the board's program or the file; such readings cannot be used."
        found.append(Finding("invalid", "problem", name, float(one.invalid), sentence, remedy))
    if one.low >= one.high:
        return [*found, *_constant(name, one, readings, sound=sound)]
    if sound:
        quiet = _silence(name, one)
        if quiet:
            return found + quiet
        found += _offset(name, one) + _dropouts(name, one, rate_hz)
    else:
        found += _stuck(name, one, readings, rate_hz)
    return found + _clipping(name, one, readings, sound=sound)


def _constant(name: str, one: AxisMeasures, readings: int, *, sound: bool) -> list[Finding]:
    if readings < 2 or one.invalid == readings:
        return []
    sentence = f"{name} is {one.low:g} all the time."
    if sound:
        remedy = "Check that the microphone is connected, not muted, and may be used."
        return [Finding("silence", "problem", name, 0.0, sentence, remedy)]
    remedy = "Check the sensor and the board's program, or leave this axis out."
    return [Finding("missing", "problem", name, one.low, sentence, remedy)]


def _silence(name: str, one: AxisMeasures) -> list[Finding]:
    if one.rms >= _SILENT_RMS or one.high - one.low >= _SILENT_RANGE:
        return []
    level = 20 * math.log10(max(one.rms, 0.1) / FULL_SCALE)
    sentence = f"{name} is silent: {level:.0f} dB of full scale."
    remedy = "Check the microphone and its gain; label it only if silence is meant."
    return [Finding("silence", "warning", name, level, sentence, remedy)]


def _offset(name: str, one: AxisMeasures) -> list[Finding]:
    share = one.mean / FULL_SCALE
    if abs(share) < _OFFSET:
        return []
    sentence = f"{name} lies {100 * share:+.1f} % of full scale off zero."
    remedy = "Harmless for most features; a high-pass filter in the board's program removes it."
    severity = "problem" if abs(share) >= _OFFSET_BAD else "warning"
    return [Finding("offset", severity, name, share, sentence, remedy)]


def _dropouts(name: str, one: AxisMeasures, rate_hz: float) -> list[Finding]:
    runs = one.runs
    if not runs.zeros:
        return []
    longest = 1000 * runs.longest_zeros / rate_hz
    sentence = (
        f"{name} falls to zero at once {_counted(runs.zeros, 'time')}, for up to {longest:.0f} ms."
    )
    remedy = "Buffers were not filled in time: look at the board's program; record again."
    return [Finding("dropouts", "problem", name, float(runs.zeros), sentence, remedy)]


def _stuck(name: str, one: AxisMeasures, readings: int, rate_hz: float) -> list[Finding]:
    """Look for a stretch without change that is very much longer than others."""
    runs = one.runs
    usual = readings / max(1, runs.count)
    least = max(_STUCK_LEAST, _STUCK_S * rate_hz, _STUCK_TIMES * usual)
    if runs.longest < least or runs.count < _STUCK_LEAST:
        return []
    seconds, at = runs.longest / rate_hz, runs.longest_at / rate_hz
    sentence = f"{name} stays the same for {seconds:.2f} s from {at:.2f} s on."
    remedy = "The sensor or its program stopped meanwhile: leave that part out."
    return [Finding("stuck", "warning", name, seconds, sentence, remedy)]


def _clipping(name: str, one: AxisMeasures, readings: int, *, sound: bool) -> list[Finding]:
    assert one.limits is not None
    usual = readings / max(1, one.runs.count)
    clipped = [limit for limit in one.limits if _is_clipped(limit, usual, sound=sound)]
    if not clipped:
        return []
    count = sum(limit.count for limit in clipped)
    ends = hum.joined([f"{limit.value:g}" for limit in clipped])
    share = count / readings
    sentence = f"{name} is cut off at {ends} in {_counted(count, 'reading')}, {100 * share:.2f} %."
    remedy = (
        "Lower the gain or step back; record again."
        if sound
        else "Choose a larger range of the sensor; record again."
    )
    severity = "problem" if share >= _CLIPPED_BAD else "warning"
    return [Finding("clipping", severity, name, share, sentence, remedy)]


def _is_clipped(limit: Limit, usual: float, *, sound: bool) -> bool:
    """Say whether values were cut off at an end of the range.

    Values of no signal crowd at its very end: there are more of them than in the hundredth of the
    range beside it, or, where that holds too few steps to compare, many more than in the tenth.
    They come again and again, and in longer stretches than the `usual` ones: a slow signal that
    rests at its end is not cut off.
    """
    if limit.pairs < LEAST_PAIRS:
        return False
    if sound and limit.value in (-FULL_SCALE, FULL_SCALE - 1):
        return True
    if limit.stretches < _LEAST_STRETCHES or limit.count < _CROWDED * usual * limit.stretches:
        return False
    if len(limit.distinct) >= _LEAST_DISTINCT:
        return limit.count > limit.near
    return len(limit.wide_distinct) >= _LEAST_DISTINCT and limit.count > _CROWDED * limit.wide


def _of_hum(values: NDArray[Any], number: int, name: str, sample_rate_hz: float) -> list[Finding]:
    found = hum.find_hum(values, number, sample_rate_hz)
    if found is None or found.share < _HUM:
        return []
    sentence = (
        f"{100 * found.share:.0f} % of the power of {name} lie at {hum.words(found)}: hum of the "
        f"{found.mains_hz:g} Hz mains, or a machine that runs by it."
    )
    remedy = "Run the board from a battery or another supply, or keep mains cables away."
    severity = "warning" if found.share >= _HUM_BAD else "info"
    return [Finding("hum", severity, name, found.share, sentence, remedy)]


def _settling(name: str, seconds: float) -> Finding:
    sentence = f"{name} drifts to its rest in the first {seconds:.2f} s."
    remedy = f"Leave the first {seconds:.2f} s out: the microphone was starting up."
    return Finding("settling", "warning", name, seconds, sentence, remedy)


def _settled(values: NDArray[Any], number: int, sample_rate_hz: float) -> int | None:
    """Return after how many readings sound has come to rest; None if it was from the start.

    A microphone that starts lies off zero and comes back without turning round. What it comes
    back to is the middle of the second half of the first ten seconds.
    """
    frame = max(1, round(_FRAME_S * sample_rate_hz))
    head = np.asarray(values[: round(_LOOK_S * sample_rate_hz), number], np.float64)
    count = len(head) // frame
    if count < _LEAST_FRAMES:
        return None
    means = head[: count * frame].reshape(count, frame).mean(axis=1)
    tail = means[count // 2 :]
    rest = float(np.median(tail))
    spread = max(8.0, 1.4826 * float(np.median(np.abs(tail - rest))), float(tail.std()))
    away = means - rest
    if abs(away[0]) < max(_SETTLE, 8 * spread):
        return None
    near = np.flatnonzero(np.abs(away) < max(3 * spread, 0.05 * abs(away[0])))
    first = int(near[0]) if len(near) else count
    before = away[:first] * np.sign(away[0])
    if not 2 <= first <= 0.6 * count or (np.diff(before) > 6 * spread).any():
        return None
    return first * frame


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
