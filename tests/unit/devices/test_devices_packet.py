import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.devices import messages
from studio.devices.packet import Packet, PacketDecoder, PacketType, encode


def test_a_frame_written_out_by_hand():
    # 01 | 00 00 | no payload | CRC-16/CCITT-FALSE of 01 00 00 is 0xDCBD, worked out bit by bit
    crc = 0xFFFF
    for byte in (1, 0, 0):
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    wire = bytes([2, 1, 1, 3, crc & 255, crc >> 8, 0])
    assert encode(1, 0) == wire
    assert PacketDecoder().feed(wire) == [Packet(1, 0, b"")]


def test_counts_what_is_missing_across_the_wrap():
    decoder = PacketDecoder()
    for sequence in (65533, 65534, 2, 3):
        decoder.feed(encode(2, sequence))
    assert decoder.lost == 3  # 65535, 0, 1
    assert decoder.damaged == 0


def test_joining_in_the_middle_of_a_packet_is_no_damage():
    decoder = PacketDecoder()
    stream = encode(2, 7, b"first") + encode(2, 8, b"second")
    assert decoder.feed(stream[5:]) == [Packet(2, 8, b"second")]
    assert (decoder.damaged, decoder.lost) == (0, 0)
    decoder.feed(b"\x05damage\0")
    assert decoder.damaged == 1


def test_a_reset_board_is_no_loss():
    decoder = PacketDecoder()
    decoder.feed(encode(PacketType.DATA, 500))
    decoder.feed(encode(PacketType.INFO, 0) + encode(PacketType.DATA, 1))
    assert (decoder.restarts, decoder.lost) == (1, 0)


def test_endless_noise_needs_no_memory():
    decoder = PacketDecoder()
    for _ in range(100):
        assert decoder.feed(b"\x55" * 4096) == []
    assert len(decoder._rest) < 300
    assert decoder.feed(b"\0" + encode(2, 1, b"x")) == [Packet(2, 1, b"x")]


@given(st.integers(0, 255), st.binary(max_size=240))
def test_no_payload_brings_the_reader_down(kind, payload):
    for one in (kind, *range(1, 9)):
        messages.parse(Packet(one, 0, payload))


def test_damaged_payloads_mean_nothing():
    info = (
        b"\x01\x04host\x09collect 1"
        + b"\0\0\xc8\x42"
        + b"\x01"
        + b"\0\0\0\0"
        + b"\0\x01\x01x\x01g"
    )
    found = messages.parse(Packet(PacketType.INFO, 0, info))
    assert isinstance(found, messages.Info)
    assert found.stream.sample_rate_hz == 100.0
    assert found.stream.axes[0].units == "g"
    for size in range(len(info)):
        assert messages.parse(Packet(PacketType.INFO, 0, info[:size])) is None
    unknown_dtype = info[:20] + b"\x07" + info[21:]
    assert messages.parse(Packet(PacketType.INFO, 0, unknown_dtype)) is None
    assert messages.parse(Packet(0x33, 0, b"from the future")) is None


@pytest.mark.parametrize(
    ("tail", "known"),
    [(b"\x01\x02ab", True), (b"\xff\x00", True), (b"\x02\x02ab", False), (b"\xff\x02ab", False)],
)
def test_a_replays_label_is_one_of_its_scores(tail, known):
    found = messages.parse(Packet(PacketType.SCORES, 0, struct.pack("<II", 7, 9) + tail))
    assert (found is not None) == known
