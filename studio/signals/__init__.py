"""Arrays of readings on the PC: cutting windows, changing rates, tables for the C blocks.

Owns what happens to readings between a recording and a signal block, and the numbers (twiddle
factors) that the blocks' C code is given; may import `types` and `errors` only. What a board does
too (filters, transforms) is not written here but in `resources/runtime`. Resampling happens only
where it is asked for by name: nothing here changes a rate on its own.
"""

from studio.signals.events import EventSettings, equal_parts, find_events
from studio.signals.health import Arrivals, Health, examine
from studio.signals.mixed_labels import labelled_windows
from studio.signals.resampling import regularise, resample
from studio.signals.similarity import Pair, near_duplicates
from studio.signals.windows import stretches, window_starts, windows

__all__ = [
    "Arrivals",
    "EventSettings",
    "Health",
    "Pair",
    "equal_parts",
    "examine",
    "find_events",
    "labelled_windows",
    "near_duplicates",
    "regularise",
    "resample",
    "stretches",
    "window_starts",
    "windows",
]
