"""What is read from a file, made to fit the project: labels, rate, axes, spans."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.errors import ProjectError
from studio.project import (
    Details,
    Listed,
    Marked,
    Naming,
    Origin,
    Project,
    clean_text,
    final_label,
    label_formats,
)
from studio.project.files import dtype_name
from studio.services.import_find import Found
from studio.types import HIGHEST_HZ, LOWEST_HZ, Axis, Gap, Imported, ImportOptions, Pipeline, Span

_RATE_TOLERANCE = 0.001
_HEADER_TOLERANCE_HZ = 1.0
"""What a file's own rate may differ from the listed one: some formats hold whole hertz only."""
_UNEVEN_TOLERANCE = 0.05
"""Uneven readings are brought to the project's rate if their mean rate is this close to it."""


_NOTHING = Details()
_UNLISTED = Listed()


@dataclass(frozen=True, slots=True)
class Ready:
    """A stretch of readings that fits the project."""

    imported: Imported
    file: Found
    group: str
    name: str
    samples: tuple[Marked, ...]
    exact: bool
    """Whether all this comes from another project, splits too, rather than from folders."""
    source: str
    gaps: tuple[Gap, ...]
    metadata: Mapping[str, str]


def options_for(file: Found, options: ImportOptions) -> ImportOptions:
    """Return the options for a file, with what a list beside it says."""
    if file.listed is None:
        return options
    details = file.listed.details
    several = len(details.axes) > 1 and not options.axes
    return replace(
        options,
        dtype=details.dtype,
        listed_rate_hz=details.sample_rate_hz,
        listed_axes=0 if options.axes else len(details.axes),
        channels="all" if several else options.channels,
    )


def ready(
    project: Project,
    file: Found,
    place: Origin,
    taken: Imported,
    *,
    naming: Naming,
    options: ImportOptions,
    resample_hz: float,
) -> Ready | None:
    """Return a stretch of a file as it goes into the project, or None if its label is left out.

    Raises
    ------
    ProjectError
        If it does not fit: no rate, another rate, other axes.
    """
    if taken.signature == "invalid":
        raise ProjectError(
            "Its signature does not fit the key: it was changed, or signed with another key.",
            "Leave --hmac-key out to import it all the same.",
        )
    listed = file.listed or _UNLISTED
    label = (place.told and place.label) or taken.label or place.label or place.fallback
    if listed.unlabelled and not naming.label:
        label = ""
    label = final_label(label, naming) if label else ""
    if label in naming.skip:
        return None
    taken = _as_listed(taken, listed, options)
    samples = _samples(taken, listed, place, label, naming)
    exact = bool(listed.details.name) and not taken.take
    factor, fitted = _fit(project, taken, resample_hz, as_it_is=exact)
    samples = _within(samples, factor, len(fitted.values))
    name = f"{place.name}-{taken.take}" if taken.take else place.name
    return Ready(
        imported=fitted,
        file=file,
        group=place.group or name,
        name=name,
        samples=samples,
        exact=exact and not naming.split,
        source=listed.details.source if exact else place.name,
        gaps=_placed((exact and listed.details.gaps) or taken.gaps, taken, fitted),
        metadata=listed.metadata if exact else {**taken.metadata, **listed.metadata},
    )


def _within(samples: Sequence[Marked], factor: float, readings: int) -> tuple[Marked, ...]:
    """Return samples of readings that became `factor` as many; those that vanish are left out."""
    if factor == 1 and all(0 <= one.span.start < one.span.stop <= readings for one in samples):
        return tuple(samples)
    kept = []
    for one in samples:
        start = round(one.span.start * factor)
        stop = min(readings, round(one.span.stop * factor))
        if start < stop:
            kept.append(replace(one, span=Span(start, stop, one.span.label)))
    return tuple(kept)


def _placed(gaps: Sequence[Gap], taken: Imported, fitted: Imported) -> tuple[Gap, ...]:
    """Return the gaps of a stretch where they lie once it is fitted."""
    factor = fitted.sample_rate_hz / taken.sample_rate_hz
    found = []
    for gap in gaps:
        at, missing = round(gap.at * factor), round(gap.missing * factor)
        if taken.times_s is not None:
            since_s = taken.times_s[gap.at] - taken.times_s[0]
            at = math.ceil(since_s * fitted.sample_rate_hz)
        if missing and at < len(fitted.values):
            found.append(Gap(at, missing))
    return tuple(found)


def _as_listed(taken: Imported, listed: Listed, options: ImportOptions) -> Imported:
    """Return a stretch with the exact rate, type and axes that a list beside its file says."""
    details = listed.details
    if details == _NOTHING:
        return taken
    values: NDArray[Any] = taken.values
    axes = taken.axes
    if len(details.axes) == len(axes) and not options.axes:
        axes = details.axes
    rate = taken.sample_rate_hz
    known = details.sample_rate_hz
    if known and taken.times_s is None and not options.sample_rate_hz:
        near = abs(rate - known) <= max(_HEADER_TOLERANCE_HZ, known * _RATE_TOLERANCE)
        rate = known if near or not rate else rate
    if details.dtype == "int16" and values.dtype != np.int16:
        whole = np.rint(values)
        if np.array_equal(whole, values) and np.abs(whole).max(initial=0) <= 32768:
            values = np.clip(whole, -32768, 32767).astype(np.int16)
    return replace(taken, values=values, axes=axes, sample_rate_hz=rate)


def _samples(
    taken: Imported, listed: Listed, place: Origin, label: str, naming: Naming
) -> tuple[Marked, ...]:
    """Return the samples of a stretch: the exact ones of a list, or the first that name any."""
    n = len(taken.values)
    rows = None if taken.take or naming.label else listed.samples(n)
    if rows is None:
        spans: Sequence[Span] = taken.spans or listed.spans
        if not spans and listed.track:
            spans = label_formats.at_rate(listed.track, taken.sample_rate_hz, n)
        if not spans and label:
            return (Marked(Span(0, n, label), place.split),)
        rows = tuple(Marked(span, place.split) for span in spans)
    result = []
    for one in rows:
        text = final_label(one.span.label, naming)
        if text not in naming.skip:
            split = place.split if naming.split else one.split
            result.append(replace(one, span=replace(one.span, label=text), split=split))
    return tuple(result)


def _fit(
    project: Project, taken: Imported, resample_hz: float, *, as_it_is: bool
) -> tuple[float, Imported]:
    """Make readings regular, convert the rate if asked, and check them against the pipeline.

    What another project held comes `as_it_is`: a project may hold boards of several kinds.

    Where the pipeline leaves rate or axes open, the first readings decide them. Returned with the
    factor by which the number of readings changed.
    """
    if taken.sample_rate_hz <= 0:
        raise ProjectError("It does not say its sample rate.", "Give it with --rate.")
    if not LOWEST_HZ <= taken.sample_rate_hz <= HIGHEST_HZ:
        raise ProjectError(
            f"Its sample rate would be {taken.sample_rate_hz:g} Hz.",
            "Check its times, or give its rate with --rate.",
        )
    notes = list(taken.notes)
    values: NDArray[Any] = taken.values
    rate = taken.sample_rate_hz
    if taken.times_s is not None:
        wanted = project.pipeline.sample_rate_hz
        near = wanted and abs(rate / wanted - 1) <= _UNEVEN_TOLERANCE
        rate = resample_hz or (wanted if near else rate)
        notes.append(f"uneven times were made regular at {rate:g} Hz")
        from studio.signals import regularise

        values = regularise(taken.times_s, values, rate)
    elif resample_hz and abs(rate / resample_hz - 1) > 1e-9:
        if len(values) * resample_hz / rate > 1 << 31:
            raise ProjectError(
                f"It would have more than 2 ** 31 readings at {resample_hz:g} Hz.",
                "Choose a lower rate, or cut it into parts.",
            )
        from studio.signals import resample

        values = resample(values, from_hz=rate, to_hz=resample_hz)
        notes.append(f"the rate was converted from {rate:g} to {resample_hz:g} Hz")
        rate = resample_hz
    fitted = replace(
        taken,
        values=values,
        axes=_cleaned(taken.axes),
        sample_rate_hz=rate,
        times_s=None,
        notes=tuple(notes),
    )
    if not (as_it_is and project.pipeline.axes):
        _agree(project, fitted)
    return len(values) / len(taken.values), fitted


def _agree(project: Project, taken: Imported) -> None:
    """Check a stretch against the pipeline; fill in what the pipeline leaves open."""
    pipeline = project.pipeline
    check_axes(pipeline, taken)
    if pipeline.sample_rate_hz:
        wanted = pipeline.sample_rate_hz
        if abs(taken.sample_rate_hz / wanted - 1) > _RATE_TOLERANCE:
            raise ProjectError(
                f"Its rate is {taken.sample_rate_hz:g} Hz and the project wants {wanted:g} Hz.",
                f"Add --resample {wanted:g} to convert it, or make the project with "
                f"--rate {taken.sample_rate_hz:g}.",
            )
    project.take_format(taken.axes, dtype_name(taken.values.dtype), taken.sample_rate_hz)


def _cleaned(axes: Sequence[Axis]) -> tuple[Axis, ...]:
    return tuple(Axis(clean_text(axis.name), clean_text(axis.units)) for axis in axes)


def check_axes(pipeline: Pipeline, taken: Imported) -> None:
    """Refuse a stretch of another kind, or with other axes, than a pipeline has.

    Raises
    ------
    ProjectError
        Saying both.
    """
    axes, dtype = _cleaned(taken.axes), dtype_name(taken.values.dtype)
    if not pipeline.axes or (dtype == pipeline.dtype and axes == pipeline.axes):
        return
    wanted = ", ".join(axis.name for axis in pipeline.axes)
    found = ", ".join(axis.name for axis in axes)
    sound = dtype == pipeline.dtype == "int16" and len(axes) == len(pipeline.axes)
    if sound or (dtype == pipeline.dtype and found == wanted):
        return
    if dtype != pipeline.dtype:
        kinds = {"int16": "sound", "float32": "sensor values"}
        raise ProjectError(
            f"It holds {kinds[dtype]} ({found}) and the project {kinds[pipeline.dtype]} "
            f"({wanted}).",
            "Make another project for it.",
        )
    raise ProjectError(
        f"Its axes are {found}; the project's are {wanted}.",
        f"Choose columns with --axes, such as --axes {wanted.replace(' ', '')}.",
    )
