"""Whole conversations with a peer that plays Nordic's firmware on a real port."""

import sys
import time

import numpy as np
import pytest
from streams import runs, same

if sys.platform == "win32":
    pytest.skip("pseudo terminals are POSIX", allow_module_level=True)

from peers.nordic import NordicPeer
from peers.uart import Faults, signal_values

from studio.devices.opening import open_source
from studio.devices.source import Block, Restarted


def gather(source, seconds):
    items = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        items += source.read()
    return items


def in_place(found, session, base):
    """Say whether each reading is what the peer measured at its place."""
    return all(
        np.array_equal(row, (signal_values(session, base + place, 1, len(row)) / 8)[0])
        for place, row in found.items()
    )


def base_of(found, session, n_axes):
    """Return which of the peer's readings the first place is."""
    place, row = next(iter(found.items()))
    sent = (signal_values(session, 0, 60_000, n_axes) / 8).astype(np.float32)
    return int(np.flatnonzero((sent == row).all(axis=1))[0]) - place


@pytest.mark.parametrize("crc", [True, False])
def test_opened_by_its_url_it_streams_without_loss(crc):
    with NordicPeer(resend_s=0.3, rate_hz=1000, crc=crc) as peer:
        source = open_source(peer.url)
        try:
            stream = source.start()
            assert stream.sample_rate_hz == 1000
            assert [axis.name for axis in stream.axes] == [f"ch{i}" for i in range(10)]
            (found,) = runs(gather(source, 0.7))
            assert len(found) > 500
            assert list(found) == list(range(len(found)))
            assert in_place(found, 0, base_of(found, 0, 10))
            assert source.stats.lost_readings == source.stats.damaged_packets == 0
        finally:
            source.close()
    assert peer.uart.discarded_bytes == 0


def test_ten_thousand_frames_a_second():
    with NordicPeer(resend_s=0.3, rate_hz=10_000) as peer:
        source = open_source(peer.url)
        try:
            source.start()
            (found,) = runs(gather(source, 1.0))
        finally:
            source.close()
    assert len(found) > 1_000  # of 10 000, if nothing else keeps the computer busy
    assert in_place(found, 0, base_of(found, 0, 10))
    if peer.uart.discarded_bytes == 0:
        assert source.stats.lost_readings == source.stats.damaged_packets == 0


def test_on_a_bad_line_every_reading_is_right_or_missing():
    faults = Faults(seed=3, flip=0.05, bits=2, garbage=0.05, drop=0.05, split=True)
    with NordicPeer(resend_s=0.3, rate_hz=1000, faults=faults) as peer:
        source = open_source(peer.url)
        try:
            source.start()
            items = gather(source, 1.5)
            stats = source.stats
        finally:
            source.close()
    (found,) = runs(items)
    assert not any(isinstance(item, Restarted) for item in items)
    assert in_place(found, 0, base_of(found, 0, 10))
    missing = max(found) + 1 - len(found)
    assert missing == stats.lost_readings > 50
    assert stats.damaged_packets > 20


def test_a_reset_in_the_middle_is_a_restart():
    with NordicPeer(resend_s=0.3, rate_hz=1000, faults=Faults(reset_s=0.8)) as peer:
        source = open_source(peer.url)
        try:
            source.start()
            items = gather(source, 1.2)
        finally:
            source.close()
    before, after, *_ = runs(items)
    assert in_place(before, 0, base_of(before, 0, 10))
    assert 0 in after
    assert in_place(after, 1, 0)
    assert same(after, (signal_values(1, 0, len(after), 10) / 8).astype(np.float32))
    assert all(len(item.values) for item in items if isinstance(item, Block))
