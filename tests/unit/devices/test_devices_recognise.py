"""What is at a port is found out by listening, and by asking who is silent."""

import random
import sys
import time

import pytest

if sys.platform == "win32":
    pytest.skip("pseudo terminals are POSIX", allow_module_level=True)

import termios

from peers.ours import OwnPeer
from peers.text import TextPeer
from peers.uart import signal_values
from streams import runs, same

from studio.devices.connection import Connection
from studio.devices.opening import known_protocols, open_source
from studio.errors import ConfigError, DeviceError


def gather(source, seconds):
    items = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        items += source.read()
    return items


def test_every_protocol_has_a_name_and_a_title():
    known = known_protocols()
    assert next(iter(known)) == "tinyml"
    assert {"tinyml", "text", "ssi", "nordic", "edge_impulse_at"} <= set(known)
    assert all(known.values())


def test_our_silent_board_is_asked_and_streams():
    with OwnPeer(rate_hz=1900, n_axes=6) as peer:
        time.sleep(0.1)  # what it says at its start is gone by now
        begun = time.monotonic()
        source = open_source(peer.url)
        try:
            assert time.monotonic() - begun < 2.0
            assert isinstance(source, Connection)
            assert source.start().sample_rate_hz == 1900
            items = gather(source, 0.6)
            source.stop()
        finally:
            source.close()
    (found,) = runs(items)
    assert len(found) > 500
    assert same(found, signal_values(peer.session, 0, len(found), 6))


def test_our_streaming_board_is_recognised_at_once():
    with OwnPeer(rate_hz=1000) as peer:
        peer.begin()
        begun = time.monotonic()
        source = open_source(peer.url)
        try:
            assert isinstance(source, Connection)
            assert time.monotonic() - begun < 1.0
            source.start()
            (found,) = runs(gather(source, 0.3))
        finally:
            source.close()
    assert same(found, signal_values(peer.session, 0, len(found), 10))


class Choosy(TextPeer):
    """A board behind a converter: at any other speed than its own there is only noise."""

    own_baud = termios.B57600

    def encode(self, first):
        line = super().encode(first)
        if self.uart.baud == self.own_baud:
            return line
        return random.Random(first).randbytes(len(line))


@pytest.mark.slow
def test_the_speed_is_found_out(tmp_path):
    with Choosy(rate_hz=400, n_axes=3, link=str(tmp_path / "port")) as peer:
        begun = time.monotonic()
        source = open_source(peer.url)
        assert time.monotonic() - begun < 8.0  # noise at three other speeds before
        try:
            assert source.start().sample_rate_hz == 400
            assert source.baud == 57600
            assert len(runs(gather(source, 0.3))[0]) > 60
        finally:
            source.close()


def test_a_speed_that_is_given_is_taken_as_it_is(tmp_path):
    with Choosy(rate_hz=400, n_axes=3, link=str(tmp_path / "port")) as peer:
        source = open_source(peer.url, baud=57600)
        source.close()
        assert source.baud == 57600
        with pytest.raises(DeviceError, match="at 9600 baud") as caught:
            open_source(peer.url, baud=9600)
    assert "115200" not in caught.value.message


def test_text_too_slow_to_be_recognised_can_be_named(tmp_path):
    with TextPeer(rate_hz=0.8, n_axes=1, link=str(tmp_path / "port")) as peer:
        source = open_source(peer.url, protocol="text", baud=115200)
        try:
            assert source.start().sample_rate_hz == pytest.approx(0.8, rel=0.2)
        finally:
            source.close()


def test_a_protocol_that_is_given_is_not_doubted():
    with TextPeer(rate_hz=400, n_axes=3) as peer:
        source = open_source(peer.url, protocol="nordic")
        try:
            with pytest.raises(DeviceError, match="did not become clear"):
                source.hello(timeout_s=1.0)
        finally:
            source.close()


@pytest.mark.parametrize(
    ("more", "said"), [({"protocol": "morse"}, "morse"), ({"baud": -1}, "-1 baud")]
)
def test_what_there_is_not_is_told(more, said):
    with pytest.raises(ConfigError, match=said):
        open_source("/dev/null", **more)
