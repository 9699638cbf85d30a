"""What is read off a live plot: newest values, what cursors measure, clipped places."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from studio.gui.texts import tr
from studio.gui.widgets.axis_words import is_sound
from studio.gui.widgets.live_plot_columns import Columns
from studio.gui.widgets.live_plot_scale import figure
from studio.gui.widgets.live_plot_timeline import Timeline
from studio.gui.widgets.live_plot_view import Lane, View
from studio.gui.widgets.plots import reach_of
from studio.types import Axis, FloatArray

CLIPPED = 32767.0
_DIVISIONS = 400
"""A scale's range has about so many steps that are worth telling."""


def last_known(columns: Columns) -> tuple[FloatArray, FloatArray]:
    """Return the newest known smallest and largest value of each axis on show."""
    low, high = columns.shown(columns.everything)
    known = ~np.isnan(low)
    last = len(low) - 1 - np.argmax(known[::-1], axis=0)
    axes = np.arange(columns.n_axes)
    return low[last, axes], high[last, axes]


def value_text(value: float, axis: Axis, lane: Lane | None) -> str:
    """Return a value with its unit and as many digits as its scale is fine."""
    if lane is None or not np.isfinite(value):
        return ""
    step = reach_of((lane.scale.high - lane.scale.low) / _DIVISIONS)
    unit = "" if is_sound(axis) else axis.units
    return f"{figure(value, step)} {unit}".rstrip()


def value_texts(
    known: tuple[FloatArray, FloatArray], axes: Sequence[Axis], view: View
) -> list[str]:
    """Return the newest value of each axis with its unit; nothing for sound."""
    middle = (known[0] + known[1]) / 2
    return [
        "" if is_sound(axis) else value_text(float(value), axis, view.lane_of(place))
        for place, (axis, value) in enumerate(zip(axes, middle, strict=True))
    ]


def cursor_texts(
    ring: Timeline,
    columns: Columns,
    places: Sequence[float],
    view: View,
    axes: Sequence[Axis],
) -> list[str]:
    """Return the time between two cursors and its inverse, then each lane's differences."""
    begin = columns.everything.start
    at = [columns.reading(begin + place * columns.width) for place in sorted(places)]
    readings = [min(max(0, round(one)), max(0, ring.written - 1)) for one in at]
    apart = abs(at[1] - at[0]) / ring.sample_rate_hz
    texts = [f"Δt {span_text(apart)}   1/Δt {rate_text(apart)}"]
    values = [ring.values(one, one + 1)[0] for one in readings]
    for lane in view.lanes:
        parts = []
        for axis in lane.axes:
            text = value_text(float(values[1][axis] - values[0][axis]), axes[axis], lane)
            if text:
                parts.append(f"Δ{axes[axis].name} {text}")
        texts.append("   ".join(parts) or tr("no value"))
    return texts


def span_text(seconds: float) -> str:
    """Return a time in the unit that suits it."""
    return f"{seconds:.3f} s" if seconds >= 1 else f"{1000 * seconds:.1f} ms"


def rate_text(seconds: float) -> str:
    """Return how often a time fits into a second."""
    return f"{1 / seconds:.3g} Hz" if seconds > 0 else "\N{EN DASH}"


def clipped(columns: Columns, lane: Lane) -> NDArray[np.bool_]:
    """Return in which columns a lane of sound is at the end of what 16 bits can say."""
    axes = list(lane.axes)
    over = (columns.high[:, axes] >= CLIPPED) | (columns.low[:, axes] <= -CLIPPED)
    return columns.in_order(np.asarray(over.any(axis=1)))
