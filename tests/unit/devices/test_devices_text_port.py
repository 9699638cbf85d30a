"""Whole conversations with a board that prints its readings on a real port."""

import sys
import time

import numpy as np
import pytest
from streams import runs

if sys.platform == "win32":
    pytest.skip("pseudo terminals are POSIX", allow_module_level=True)

from peers.text import FORMS, TextPeer
from peers.uart import Faults, signal_values

from studio.devices.codec_source import CodecSource
from studio.devices.opening import open_source
from studio.devices.source import Block, Restarted, Text
from studio.errors import DeviceError


def gather(source, seconds):
    items = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        items += source.read()
    return items


def as_sent(found, *, session=0, axes=3):
    """Return at which of the peer's readings a stream began, checking every value of it."""
    places = np.array(list(found))
    rows = np.array(list(found.values()))
    near = signal_values(session, 0, 200_000, axes)[:, 0] / 8
    candidates = np.flatnonzero(near == rows[0, 0])
    wanted = [
        first
        for first in candidates
        if np.array_equal(signal_values(session, first, places[-1] + 1, axes)[places] / 8, rows)
    ]
    assert wanted
    return wanted[0]


@pytest.mark.parametrize("form", FORMS)
def test_recognised_and_recorded_whatever_its_form(form):
    with TextPeer(form=form, rate_hz=400, n_axes=3, greeting=b"Hello!\r\n") as peer:
        begun = time.monotonic()
        source = open_source(peer.url)
        try:
            assert time.monotonic() - begun < 2.5
            stream = source.start()
            items = gather(source, 0.5)
            source.stop()
        finally:
            source.close()
    assert (stream.sample_rate_hz, stream.measured, len(stream.axes)) == (400, True, 3)
    assert items[0] == Text("400 readings per second, measured: the board does not tell its rate.")
    names = {
        "named": ["accX", "accY", "accZ"],
        "pairs": ["axis_0", "axis_1", "axis_2"],
        "timed": ["a0", "a1", "a2"],
    }
    assert [axis.name for axis in stream.axes] == names.get(form, ["axis1", "axis2", "axis3"])
    assert {axis.units for axis in stream.axes} == {"m/s2" if form == "named" else ""}
    (found,) = runs(items)
    assert list(found) == list(range(len(found)))
    assert len(found) > 120
    as_sent(found)
    assert (source.stats.damaged_packets, source.stats.lost_readings) == (0, 0)


def test_a_stream_of_three_lines_a_second_is_understood():
    with TextPeer(rate_hz=3, n_axes=1) as peer:
        source = open_source(peer.url)
        try:
            stream = source.start()
        finally:
            source.close()
    assert stream.sample_rate_hz == pytest.approx(3, rel=0.1)


def test_a_bad_line_is_counted_and_the_rest_kept():
    faults = Faults(seed=4, flip=0.05, garbage=0.02, drop=0.05, split=True)
    with TextPeer(form="counted", rate_hz=1000, n_axes=3, faults=faults) as peer:
        source = open_source(peer.url)
        try:
            source.start()
            items = gather(source, 2.0)
        finally:
            source.close()
        counts = peer.counts
    assert isinstance(source, CodecSource)
    assert counts["flipped"] > 50
    assert source.stats.damaged_packets > 0.2 * counts["flipped"]
    assert source.stats.lost_readings > 0.5 * counts["dropped"]
    assert any(isinstance(item, Text) for item in items)
    (found,) = runs(items)
    places = np.array(list(found))
    rows = np.array(list(found.values()))
    assert len(places) > 1000
    # a digit turned into another digit cannot be noticed: most readings are right nevertheless
    sent = signal_values(0, 0, 10_000, 3) / 8
    offsets = np.flatnonzero((sent == rows[len(rows) // 2]).all(axis=1)) - places[len(rows) // 2]
    right = max((sent[places + first] == rows).all(axis=1).mean() for first in offsets)
    assert right > 0.94


def test_a_reset_in_the_middle_is_a_restart_where_readings_are_counted():
    with TextPeer(form="counted", rate_hz=500, n_axes=2, greeting=b"boot\r\n") as peer:
        source = open_source(peer.url)
        try:
            source.start()
            items = gather(source, 0.3)
            peer.faults = Faults()
            peer._disturb("reset")
            items += gather(source, 0.5)
        finally:
            source.close()
    assert sum(isinstance(item, Restarted) for item in items) == 1
    first, second = runs(items)
    as_sent(first, axes=2)
    assert len(second) > 100


def test_a_megabyte_without_a_line_end_costs_nothing_else():
    with TextPeer(rate_hz=400, n_axes=3) as peer:
        source = open_source(peer.url)
        try:
            source.start()
            peer.say_after[peer.next_reading + 40] = b"7" * (1 << 20) + b"\n"
            peer.uart.send = lambda data: peer.uart.send_patiently(data) or len(data)
            items = gather(source, 1.5)
        finally:
            source.close()
    assert source.stats.damaged_packets == 1
    (found,) = runs(items)
    as_sent(found)
    assert len(found) > 300


def test_a_board_that_is_silent_is_told(monkeypatch):
    monkeypatch.setattr("studio.devices.opening.ASK_S", 0.6)
    monkeypatch.setattr("studio.devices.opening.ANSWER_S", 0.4)
    with TextPeer(rate_hz=0.001) as peer:
        heard = []
        peer.hear = heard.append
        with pytest.raises(DeviceError, match=r"Nothing came from .* even after it was asked"):
            open_source(peer.url)
    # our own question, and the wake words of the others; nothing else
    assert b"disconnect" in b"".join(heard)
    assert b"b\r" in b"".join(heard)


def test_what_nobody_understands_is_told():
    with TextPeer(rate_hz=400) as peer:
        peer.encode = lambda first: b"the %dth sentence\r\n" % first
        with pytest.raises(DeviceError, match="Nobody understands") as caught:
            open_source(peer.url)
    assert "sentence" in caught.value.message
    assert "--protocol" in caught.value.hint


def test_more_columns_than_are_read_are_told():
    with TextPeer(rate_hz=400) as peer:
        peer.encode = lambda first: b",".join(b"%d" % first for _ in range(300)) + b"\r\n"
        with pytest.raises(DeviceError, match="lines of 300 columns; up to 256 are read"):
            open_source(peer.url)


def test_the_end_of_the_port_is_told():
    peer = TextPeer(rate_hz=400)
    with peer:
        source = open_source(peer.url)
        source.start()
    with source._link, pytest.raises(DeviceError, match="ended"):
        gather(source, 2.0)


def test_readings_are_asked_of_blocks_only():
    with TextPeer(rate_hz=2000, n_axes=1) as peer:
        source = open_source(peer.url, protocol="text")
        try:
            source.start()
            blocks = [item for item in gather(source, 0.5) if isinstance(item, Block)]
        finally:
            source.close()
    assert sum(len(block.values) for block in blocks) > 500
    assert len(blocks) < 200  # collected for a few milliseconds, not line by line
