"""Whole dialogs with a peer that plays Edge Impulse's firmware on a real port."""

import sys
import threading

import numpy as np
import pytest

if sys.platform == "win32":
    pytest.skip("pseudo terminals are POSIX", allow_module_level=True)

from peers.edge_impulse_at import AtPeer

from studio.devices import edge_impulse_dialog
from studio.devices.link import open_link
from studio.devices.opening import open_source
from studio.devices.protocols.edge_impulse_at import EdgeImpulseAt
from studio.devices.source import Block, LinkStats, Text
from studio.errors import DeviceError
from studio.types import Axis


def record(peer, **chosen):
    with open_link(peer.url) as link:
        source = EdgeImpulseAt(link)
        source.choose(**chosen)
        stream = source.start()
        items = source.read()
    blocks = [item for item in items if isinstance(item, Block)]
    return stream, blocks, [item.text for item in items if isinstance(item, Text)]


@pytest.mark.parametrize(
    ("version", "fast", "files"),
    [
        ("1.8.0", 921600, False),
        ("1.8.0", 115200, False),
        ("1.3.0", 115200, False),
        ("1.8.0", 460800, True),
        ("1.3.0", 115200, True),
        ("1.1.0", 115200, True),
    ],
)
def test_a_recording_comes_whole_by_every_way(version, fast, files):
    with AtPeer(version=version, fast=fast, files=files) as peer:
        stream, (block,), said = record(peer, length_s=2.0)
    assert peer.overrun == 0
    assert stream.axes == (Axis("accX", "m/s2"), Axis("accY", "m/s2"), Axis("z"))
    assert stream.sample_rate_hz == pytest.approx(104.0, rel=1e-6)
    assert (stream.board, stream.dtype) == ("ARDUINO_NANO33BLE", "float32")
    assert stream.firmware == f"Edge Impulse AT {version}"
    assert block.first_reading == 0
    assert block.values.dtype == np.float32
    assert np.array_equal(block.values, np.array(peer.values).astype(np.float32))
    assert block.values.shape == (210, 3)  # two more than asked for: boards round down
    assert "Sampling..." in said


def test_sound_is_int16_at_the_rate_asked_for():
    heard = []
    with AtPeer() as peer:
        stream, (block,), said = record(
            peer, sensor="microphone", sample_rate_hz=7900, length_s=30, on_text=heard.append
        )
    assert stream.sample_rate_hz == 8000
    assert (stream.dtype, stream.axes) == ("int16", (Axis("audio"),))
    assert block.values.dtype == np.int16
    assert block.values.tolist() == peer.values
    assert len(block.values) == 20_000
    assert "Built-in microphone records at most 2.5 s." in heard
    assert "Sampling..." in heard
    assert said == []
    assert "AT+SAMPLESETTINGS=studio,0.125,2500" in peer.commands


@pytest.mark.parametrize("piece", [1, 7])
def test_answers_that_come_in_pieces_are_put_together(piece):
    with AtPeer(piece=piece) as peer:
        _, (block,), _ = record(peer, length_s=0.5)
    assert np.array_equal(block.values, np.array(peer.values).astype(np.float32))


def test_a_reset_in_the_middle_is_told_and_the_next_recording_comes():
    with AtPeer(falls=True) as peer, open_link(peer.url) as link:
        source = EdgeImpulseAt(link)
        source.choose(length_s=1.0)
        with pytest.raises(DeviceError, match="did not say where its recording is"):
            source.start()
        peer.falls = False
        source.start()
        (block,) = [item for item in source.read() if isinstance(item, Block)]
    assert block.values.shape == (106, 3)


def test_found_by_its_answer_to_the_question():
    with AtPeer() as peer:
        peer.hear(b"disconnect")  # another program's question is still in its line
        source = open_source(peer.url, baud=115200)
        try:
            assert isinstance(source, EdgeImpulseAt)
            assert source.hello().sample_rate_hz == pytest.approx(104)
            assert len(source.hello().axes) == 3
            assert [sensor.name for sensor in source.sensors][:2] == [
                "Built-in accelerometer",
                "Built-in microphone",
            ]
            assert source.sensors[0].rates_hz == (62.5, 104.0, 1.0)
            assert source.sensors[1].longest_s == 2.5
            assert source.stats == LinkStats()
        finally:
            source.close()


def test_a_sensor_that_is_not_there_is_told():
    with AtPeer() as peer, pytest.raises(DeviceError, match="no sensor 'radar'") as caught:
        record(peer, sensor="radar")
    assert "'Built-in microphone'" in caught.value.hint


def test_the_boards_own_refusal_is_told():
    with AtPeer() as peer, pytest.raises(DeviceError, match="ERR: Failed to find sensor"):
        record(peer, sensor="Environmental", length_s=1)


def test_a_board_on_a_network_is_not_asked_to_record():
    with AtPeer(wifi=True) as peer, pytest.raises(DeviceError, match="connected to a network"):
        record(peer)
    assert not any("SAMPLESTART" in command for command in peer.commands)


@pytest.mark.parametrize("cut", [1, 12, 400])
@pytest.mark.parametrize("version", ["1.8.0", "1.1.0"])
def test_a_transfer_cut_short_is_told(version, cut):
    files = version == "1.1.0"
    with (
        AtPeer(version=version, fast=115200, files=files, cut=cut) as peer,
        pytest.raises(DeviceError, match=r"damaged on the way|only|cut short") as caught,
    ):
        record(peer, length_s=1)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("b", r"no prompt '> ' from .* after 'b\\r'"),
        ("AT+CONFIG?", r"after 'AT\+CONFIG\?\\r' in"),
        ("AT+READBUFFER", r"after 'AT\+READBUFFER=0,\d+,y\\r' in"),
    ],
)
def test_a_board_that_says_no_more_is_told_with_the_cause(monkeypatch, command, said):
    for name in ("SYNC_S", "ANSWER_S", "SILENCE_S"):
        monkeypatch.setattr(edge_impulse_dialog, name, 0.5)
    with AtPeer(mute_after=command) as peer, open_link(peer.url) as link:
        source = EdgeImpulseAt(link)
        source.choose(length_s=0.5)
        with pytest.raises(DeviceError, match=said) as caught:
            [step() for step in (lambda: source.hello(timeout_s=0.5), source.start)]
    assert "reset button" in caught.value.hint


def test_nothing_is_left_behind():
    assert threading.active_count() == 1
