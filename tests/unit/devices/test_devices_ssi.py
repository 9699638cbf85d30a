import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from peers.ssi import announcement, packet
from streams import feed, runs, same

from studio.devices.protocols.ssi import Ssi
from studio.devices.source import Block, LinkStats, Restarted, Text
from studio.devices.ssi_announcement import MAX_LINE, MAX_PACKET
from studio.errors import DeviceError
from studio.types import Axis

NAMES = ["AccX", "AccY", "AccZ"]
CUTS = st.lists(st.integers(0, 1 << 20), max_size=40)
DTYPES = {"int16": np.int16, "float": np.float32}


def ramp(n, n_axes=3, kind="int16"):
    values = np.arange(n * n_axes).reshape(n, n_axes) * 7 - 500
    return values.astype(DTYPES[kind])


def packets(values, version=2, rows=6, start=0):
    little = values.astype(values.dtype.newbyteorder("<"))
    parts = [little[i : i + rows].tobytes() for i in range(0, len(values), rows)]
    if version == 1:
        return b"".join(parts)
    return b"".join(packet(number, part) for number, part in enumerate(parts, start))


def listening(version=2, **more):
    codec = Ssi()
    codec.feed(announcement(100, NAMES, version=version, **more), 0.0)
    codec.begin()
    return codec


def test_a_packet_written_out_by_hand():
    # ff | 06+06 00 | 00 | 00 | 02 00 00 00 | 01 00 02 00 03 00 | xor of all after the length
    by_hand = bytes.fromhex("ff 0c00 00 00 02000000 010002000300 02")
    assert packet(2, bytes.fromhex("010002000300")) == by_hand
    codec = Ssi()
    codec.feed(announcement(100, NAMES, rows=1), 0.0)
    codec.begin()
    (block,) = codec.feed(by_hand, 0.0)
    assert block.first_reading == 2
    assert block.values.tolist() == [[1, 2, 3]]


def test_the_description_becomes_the_stream_once():
    codec = Ssi()
    line = announcement(417.5, NAMES, kind="float")
    (stream,) = codec.feed(b"boot v1.2\r\n" + line + line, 0.0)
    assert (stream.sample_rate_hz, stream.dtype) == (417.5, "float32")
    assert stream.axes == (Axis("AccX"), Axis("AccY"), Axis("AccZ"))
    assert stream.firmware == "SensiML SSI 2"
    assert (codec.wake, codec.start, codec.stop) == (b"disconnect", b"connect", b"disconnect")


def test_version_1_says_what_it_cannot_detect():
    codec = Ssi()
    text, stream = codec.feed(
        b'{"sample_rate":16000,"column_location":{"Microphone":0},"samples_per_packet":480}\n', 0.0
    )
    assert isinstance(text, Text)
    assert "cannot be noticed" in text.text
    assert stream.dtype == "int16"


@settings(max_examples=200, deadline=None)
@given(
    data=st.data(),
    n_axes=st.integers(1, 12),
    rows=st.integers(1, 9),
    version=st.sampled_from([1, 2]),
    kind=st.sampled_from(["int16", "float"]),
    cuts=CUTS,
)
def test_what_was_encoded_is_decoded_under_any_chunking(data, n_axes, rows, version, kind, cuts):
    size = np.dtype(DTYPES[kind]).itemsize * n_axes * rows
    count = data.draw(st.integers(1, 30))
    raw = data.draw(st.binary(min_size=size * count, max_size=size * count))
    values = np.frombuffer(raw, np.dtype(DTYPES[kind]).newbyteorder("<")).reshape(-1, n_axes)
    line = announcement(
        100, [f"c{i}" for i in range(n_axes)], rows=rows, version=version, kind=kind
    )
    codec = Ssi()
    codec.feed(line + line[:30], 0.0)
    codec.begin()
    sent = line[30:] + packets(values, version, rows)
    (found,) = runs([*feed(codec, sent, cuts), *codec.feed(bytes(1), 0.0)])
    assert list(found) == list(range(len(values)))
    got = np.array(list(found.values()))
    assert got.dtype == DTYPES[kind]
    assert got.astype(got.dtype.newbyteorder("<")).tobytes() == raw
    assert codec.stats == LinkStats()


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.one_of(st.binary(max_size=300), st.integers(0, 5)), max_size=12),
    st.sampled_from([1, 2]),
    CUTS,
)
def test_arbitrary_bytes_raise_nothing_but_device_errors(parts, version, cuts):
    known = [
        announcement(100, NAMES),
        announcement(100, NAMES, version=1),
        packets(ramp(12)),
        announcement(100, NAMES)[:40],
        b'{"sample_rate":-1,"column_location":{}}\n',
        b'{"',
    ]
    sent = b"".join(part if isinstance(part, bytes) else known[part] for part in parts)
    codec = listening(version)
    with contextlib.suppress(DeviceError):
        runs(feed(codec, sent, cuts))
    assert len(codec._buffer) <= MAX_LINE + MAX_PACKET + 10
    Ssi.recognise(sent)


@pytest.mark.parametrize("version", [0, 1, 2])
@pytest.mark.parametrize("noise", [b'{"', b"[", b"\xff\x2a\0\0\0", b"x", b'{"column_location"\n'])
def test_endless_noise_needs_little_memory_and_time(version, noise):
    codec = listening(version) if version else Ssi()
    sent = noise * (100_000 // len(noise))
    for _ in range(10):
        codec.feed(sent, 0.0)
    assert len(codec._buffer) <= MAX_LINE + 100


def test_a_gap_is_a_jump_and_counted():
    codec = listening()
    values = ramp(240)
    sent = packets(values[:60]) + packets(values[90:], start=15)
    (found,) = runs(codec.feed(sent, 0.0))
    assert sorted(set(range(240)) - set(found)) == list(range(60, 90))
    assert codec.stats == LinkStats(0, 5, 30)


def test_the_sequence_wraps():
    codec = listening()
    (found,) = runs(codec.feed(packets(ramp(60), start=(1 << 32) - 4), 0.0))
    assert same(found, ramp(60))


def test_packets_lost_before_the_first_one_are_a_gap_too():
    codec = listening()
    (found,) = runs(codec.feed(packets(ramp(60), start=3), 0.0))
    assert list(found) == list(range(18, 78))
    assert codec.stats.lost_readings == 18


def test_damage_is_passed_over_and_the_rest_kept_in_place():
    rng = np.random.default_rng(5)
    values = ramp(120)
    whole = packets(values)
    size = len(whole) // 20
    for trial in range(900):
        damaged = bytearray(whole)
        place = int(rng.integers(len(whole)))
        kind = trial % 3
        if kind == 0:
            damaged[place] ^= 1 << int(rng.integers(8))
        elif kind == 1:  # within a packet: the next one shows it
            left = size - place % size
            del damaged[place : place + int(rng.integers(1, left + 1))]
        else:  # between packets: within one, one in 256 would pass its checksum
            place -= place % size
            damaged[place:place] = rng.bytes(int(rng.integers(1, 60)))
        codec = listening()
        items = feed(codec, bytes(damaged), rng.integers(0, len(whole), 4).tolist())
        (found,) = runs(items)
        assert all(np.array_equal(found[one], values[one]) for one in found)
        if kind == 0 and 2 * size < place < len(whole) - 3 * size:
            assert len(found) == 114
            assert codec.stats == LinkStats(1, 1, 6)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("kind", ["int16", "float"])
def test_a_reset_board_announces_itself_and_has_restarted(version, kind):
    values = ramp(36, kind=kind)
    sent = packets(values, version)
    line = announcement(100, NAMES, version=version, kind=kind)
    for cut in range(0, len(line) + 20, 3):
        codec = listening(version, kind=kind)
        stream = sent + b"\x01" + line
        items = feed(codec, stream, [len(sent) + cut, 100])
        assert [type(item) for item in items if not isinstance(item, Block)] == [Restarted]
        assert same(runs(items)[0], values)
        codec.begin()
        assert same(runs(codec.feed(line + packets(values, version), 0.0))[0], values)


def test_other_channels_are_not_ours():
    codec = listening()
    values = ramp(12)
    other = packet(0, bytes(36), channel=1)
    sent = packets(values[:6]) + other + packets(values[6:], start=1)
    (found,) = runs(codec.feed(sent, 0.0))
    assert same(found, values)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ('{"sample_rate":0,"column_location":{"a":0}}', "sample_rate '0'"),
        ('{"sample_rate":NaN,"column_location":{"a":0}}', "sample_rate"),
        ('{"sample_rate":9,"column_location":{}}', "column_location"),
        ('{"sample_rate":9,"column_location":{"a":1e9}}', "column_location"),
        ('{"sample_rate":9,"column_location":{"a":0},"version":3}', "version '3'"),
        ('{"sample_rate":9,"column_location":{"a":0},"data_type":"int32"}', "data_type 'int32'"),
        ('{"sample_rate":9,"column_location":{"a":0},"samples_per_packet":40000}', "packets of"),
    ],
)
def test_descriptions_that_cannot_be_followed_are_told(said, found):
    with pytest.raises(DeviceError, match=found):
        Ssi().feed(said.encode() + b"\n", 0.0)


def test_recognised_idle_and_streaming_however_it_is_cut():
    line = announcement(100, NAMES)
    for start in range(len(line)):
        assert Ssi.recognise((line * 3)[start : start + 2 * len(line)]) >= 0.9
    stream = packets(ramp(60))
    for start in range(len(stream) // 10):
        assert Ssi.recognise(stream[start : start + 150]) == 0.95
    assert Ssi.recognise(b"") == 0.0
