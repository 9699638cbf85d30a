"""Whole conversations with a peer that plays SensiML's firmware on a real port."""

import sys
import time

import numpy as np
import pytest
from streams import runs, same

if sys.platform == "win32":
    pytest.skip("pseudo terminals are POSIX", allow_module_level=True)

from peers.ssi import SsiPeer
from peers.uart import Faults, signal_values

from studio.devices.opening import open_source
from studio.devices.source import Block, Restarted, Text


def gather(source, seconds):
    items = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        items += source.read()
    return items


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("kind", ["int16", "float"])
def test_opened_by_its_url_it_streams_without_loss(version, kind):
    with SsiPeer(version=version, kind=kind, rate_hz=1500, n_axes=6) as peer:
        source = open_source(peer.url)
        try:
            stream = source.start()
            assert (stream.sample_rate_hz, len(stream.axes)) == (1500, 6)
            items = gather(source, 0.6)
            source.stop()
            items += gather(source, 0.2)
        finally:
            source.close()
    assert peer.uart.discarded_bytes == 0
    found = runs([item for item in items if isinstance(item, Block)])[0]
    values = signal_values(0, 0, len(found), 6)
    assert len(found) > 600
    assert same(found, values if kind == "int16" else (values / 8).astype(np.float32))
    assert isinstance(items[-1], Restarted)  # it describes itself again
    assert source.stats.damaged_packets == 0


def test_audio_at_sixteen_kilohertz():
    with SsiPeer(version=2, rows=240, rate_hz=16_000, n_axes=1) as peer:
        source = open_source(peer.url)
        try:
            source.start()
            (found,) = runs(gather(source, 1.0))
        finally:
            source.close()
    assert len(found) > 12_000
    assert same(found, signal_values(0, 0, len(found), 1))


def test_a_device_left_streaming_by_another_program_is_stopped_and_asked():
    with SsiPeer(version=2, rate_hz=600) as peer:
        peer.hear(b"connect")
        source = open_source(peer.url)
        try:
            source.start()
            (found,) = runs(gather(source, 0.4))
        finally:
            source.close()
    assert same(found, signal_values(peer.session, 0, len(found), 10))


def test_on_a_bad_line_every_reading_is_right_or_missing():
    faults = Faults(seed=3, flip=0.05, garbage=0.05, drop=0.05, split=True)
    with SsiPeer(version=2, rate_hz=6000, faults=faults) as peer:
        source = open_source(peer.url)
        try:
            source.start()
            items = gather(source, 1.5)
            stats = source.stats
        finally:
            source.close()
    (found,) = runs(items)
    assert not any(isinstance(item, Restarted | Text) for item in items)
    values = signal_values(0, 0, max(found) + 1, 10)
    assert all(np.array_equal(row, values[place]) for place, row in found.items())
    assert len(values) - len(found) == stats.lost_readings > 300
    assert stats.damaged_packets > 20


def test_a_reset_in_the_middle_is_a_restart_and_it_streams_again():
    with SsiPeer(version=2, rate_hz=3000, faults=Faults(reset_s=0.7)) as peer:
        source = open_source(peer.url)
        try:
            source.start()
            items = gather(source, 0.4)
            while not any(isinstance(item, Restarted) for item in items):
                items += source.read()
            source.start()
            again = gather(source, 0.3)
        finally:
            source.close()
    assert same(runs(items)[0], signal_values(0, 0, len(runs(items)[0]), 10))
    assert same(runs(again)[0], signal_values(1, 0, len(runs(again)[0]), 10))
