"""What tests of codecs share: feeding in pieces, and readings by their place."""

import itertools

import numpy as np

from studio.devices.source import Block, Restarted


def feed(codec, data, cuts=()):
    """Feed bytes cut at places; return the items."""
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    items = []
    for start, stop in itertools.pairwise(places):
        items += codec.feed(data[start:stop], 0.0)
    return items


def runs(items):
    """Return one dictionary, place to values, for each uninterrupted stream."""
    found = [{}]
    for item in items:
        if isinstance(item, Restarted):
            found.append({})
        if isinstance(item, Block):
            end = max(found[-1], default=-1)
            assert item.first_reading > end
            assert len(item.values)
            for place, row in enumerate(item.values, item.first_reading):
                found[-1][place] = row
    return found


def same(found, wanted):
    """Say whether readings by place are those of an array, without a gap."""
    return list(found) == list(range(len(wanted))) and np.array_equal(
        np.array(list(found.values())), wanted
    )
