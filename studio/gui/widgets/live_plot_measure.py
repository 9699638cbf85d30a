"""What is read off a live plot: newest values, what cursors measure, clipped places."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from studio.gui.texts import counted, grouped, tr
from studio.gui.widgets.amounts_table import FINE, AmountsRow, Measured, named
from studio.gui.widgets.axis_words import is_sound
from studio.gui.widgets.live_plot_columns import Columns
from studio.gui.widgets.live_plot_timeline import Timeline
from studio.gui.widgets.live_plot_view import Lane, View
from studio.gui.widgets.ticks import figure, reach_of
from studio.types import Axis, FloatArray

CLIPPED = 32767.0
Rows = list[AmountsRow]
DIVISIONS = 400
"""A scale's range has about so many steps that can be told of a value that changes."""


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
    unit = "" if is_sound(axis) else axis.units
    return f"{figure(value, _step(lane))} {unit}".rstrip()


def _step(lane: Lane, divisions: int = DIVISIONS) -> float:
    return reach_of((lane.scale.high - lane.scale.low) / divisions)


def value_texts(
    known: tuple[FloatArray, FloatArray], axes: Sequence[Axis], view: View
) -> list[str]:
    """Return the newest value of each axis with its unit; nothing for sound."""
    middle = (known[0] + known[1]) / 2
    return [
        "" if is_sound(axis) else value_text(float(value), axis, view.lane_of(place))
        for place, (axis, value) in enumerate(zip(axes, middle, strict=True))
    ]


def time_text(ring: Timeline, first: int, last: int) -> str:
    """Return the time between two readings and its inverse."""
    apart = (last - first) / ring.sample_rate_hz
    return f"Δt {span_text(apart)}   1/Δt {rate_text(apart)}"


def rows_of(measured: Measured, axes: Sequence[Axis], view: View, inks: Sequence[str]) -> Rows:
    """Return what is told of each axis on show, in as many digits as its scale is fine."""
    rows = []
    for lane in view.lanes:
        step = _step(lane, FINE)
        for place in lane.axes:
            figures = measured.figures(place, partial(figure, step=step))
            rows.append(AmountsRow(named(axes[place]), inks[place], figures))
    return rows


def note_of(measured: Measured) -> str:
    """Return in words what was measured, and what of it is not known."""
    count = counted(measured.readings, "{n} reading from A to B", "{n} readings from A to B")
    if measured.bounds:
        return tr("{readings}, so old that only min and max are held, about", readings=count)
    lost = measured.readings - int(measured.amounts.count.min())
    return tr("{readings}, {n} of them lost", readings=count, n=grouped(lost)) if lost else count


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
