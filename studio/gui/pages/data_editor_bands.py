"""Data, editor: samples, guesses and windows as what is drawn and listed."""

from typing import TYPE_CHECKING

import numpy as np

from studio.gui.pages.data_editor_side import LabelKeys
from studio.gui.texts import tr
from studio.gui.widgets.tracks_lane import WindowRow
from studio.gui.widgets.wave_bands import GUESS, SOUND, Band

if TYPE_CHECKING:
    from studio.services.editing import Opened


def bands_of(opened: "Opened", labels: LabelKeys) -> list[Band]:
    """Return a recording's samples and guesses in the order of their starts."""
    names = {one.label for one in opened.samples} | {one.label for one in opened.guesses}
    looks = {name: (labels.colour(name), labels.key(name)) for name in names}
    found = [
        Band(
            one.id,
            one.start,
            one.stop,
            one.label,
            *looks[one.label],
            SOUND,
            one.track,
            one.enabled,
        )
        for one in opened.samples
    ]
    found += [
        Band(
            one.id,
            one.start,
            one.stop,
            one.label,
            *looks[one.label],
            GUESS,
            one.track,
            note=f"{one.confidence:.2f}",
        )
        for one in opened.guesses
    ]
    return sorted(found, key=lambda band: (band.start, band.kind != GUESS, band.id))


def rows_of(bands: list[Band], opened: "Opened") -> list[tuple[Band, str]]:
    """Return bands with what the list says of each, in a word or two."""
    splits = {one.id: one.split for one in opened.samples}
    least = 0 if opened.windows.why_not else opened.windows.length
    return [(one, _status(one, splits.get(one.id, ""), least)) for one in bands]


def _status(band: Band, split: str, least: int) -> str:
    if band.kind == GUESS:
        return tr("guess {sure}", sure=band.note)
    if not band.enabled:
        return tr("not used")
    if band.stop - band.start < least:
        return tr("short")
    return split or tr("no split")


def window_row(opened: "Opened", labels: LabelKeys, *, shown: bool) -> WindowRow | None:
    """Return the windows that the rule gives, if they are to be drawn."""
    windows = opened.windows
    if not shown or not windows.starts:
        return None
    starts = np.array([start for start, _ in windows.starts], np.int64)
    colours = {label: labels.colour(label) for _, label in windows.starts}
    return WindowRow(
        starts,
        tuple(colours[label] for _, label in windows.starts),
        windows.length,
        tr("windows"),
    )
