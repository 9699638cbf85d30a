import struct

import cbor2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from peers import nordic as wire
from peers.nordic import crc16, frame, sample, session_info, stuff
from streams import feed, runs, same

from studio.devices.protocols.nordic import MAX_FRAME, Nordic
from studio.devices.source import LinkStats, Restarted, Text
from studio.types import Axis, StreamInfo

NAMES = ["x", "y", "z"]
FLOATS = st.floats(width=32, allow_nan=False)
CUTS = st.lists(st.integers(0, 1 << 20), max_size=40)


def info(sid=7, names=NAMES, hz=100, **more):
    return frame(session_info(sid, hz, names, **more))


def readings(values, start=0, *, crc=True):
    return b"".join(
        frame(sample(number % (1 << 32), number * 10 % (1 << 32), row), crc=crc)
        for number, row in enumerate(values.tolist(), start)
    )


def ramp(n, n_axes=3):
    return np.arange(n * n_axes, dtype=np.float32).reshape(n, n_axes) / 8


def listening(crc=True):
    codec = Nordic()
    codec.feed(frame(session_info(7, 100, NAMES), crc=crc), 0.0)
    codec.begin()
    return codec


def test_the_peers_checksum_is_the_published_one():
    # the check value of CRC-16/MCRF4XX, which Zephyr's crc16_ccitt with seed 0xFFFF is
    assert crc16(b"123456789") == 0x6F91


def test_a_frame_written_out_by_hand():
    content = cbor2.dumps({"t": "sd", "d": {"seq": 3, "ts": 9, "val": [1, -2, 3_000_000]}})
    body = struct.pack("<H", len(content)) + content + struct.pack("<H", crc16(content))
    assert stuff(body) + b"\0" == frame(sample(3, 9, [1, -2, 3_000_000]))
    codec = listening()
    (block,) = codec.feed(stuff(body) + b"\0", 0.0)
    assert block.values.dtype == np.float32
    assert block.values.tolist() == [[np.float32(1e-6), np.float32(-2e-6), np.float32(3.0)]]


def test_the_description_becomes_the_stream():
    codec = Nordic()
    (stream,) = codec.feed(info(hz=416, dropped=5, device="tag"), 0.0)
    assert stream == codec.stream
    assert (stream.board, stream.sample_rate_hz, stream.dtype) == ("tag", 416.0, "float32")
    assert stream.axes == (Axis("x"), Axis("y"), Axis("z"))
    assert stream.firmware == "Nordic data forwarder, sensor type 1"
    assert codec.stats.board_dropped == stream.dropped == 5


@settings(max_examples=200, deadline=None)
@given(data=st.data(), n_axes=st.integers(1, 30), crc=st.booleans(), cuts=CUTS)
def test_what_was_encoded_is_decoded_under_any_chunking(data, n_axes, crc, cuts):
    integers = data.draw(st.booleans())
    one = st.integers(-(1 << 31), (1 << 31) - 1) if integers else FLOATS
    rows = st.lists(st.lists(one, min_size=n_axes, max_size=n_axes), min_size=1, max_size=40)
    values = data.draw(rows)
    start = data.draw(st.sampled_from([0, 20, 250, 65530, (1 << 32) - 5]))
    names = [f"a{i}" for i in range(n_axes)]
    sent = frame(session_info(1, 50, names), crc=crc)
    for number, row in enumerate(values, start):
        sent += frame(sample(number % (1 << 32), number * 7 % (1 << 32), row), crc=crc)
    codec = Nordic()
    (found,) = runs(feed(codec, sent, cuts))
    scale = 1e-6 if integers else 1.0
    assert same(found, (np.array(values, np.float64) * scale).astype(np.float32))
    assert codec.stats == LinkStats()


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=300), st.integers(0, 3)), max_size=12), CUTS)
def test_arbitrary_bytes_bring_nothing_down(parts, cuts):
    known = [info(), readings(ramp(6)), readings(ramp(6), 70000), b"\0"]
    sent = b"".join(part if isinstance(part, bytes) else known[part] for part in parts)
    codec = Nordic()
    runs(feed(codec, sent, cuts))
    assert len(codec._rest) <= MAX_FRAME + 1
    Nordic.recognise(sent)


@settings(max_examples=300, deadline=None)
@given(st.recursive(
    st.one_of(st.integers(), st.floats(), st.text(max_size=9), st.binary(max_size=9), st.none()),
    lambda one: st.one_of(
        st.lists(one, max_size=5),
        st.dictionaries(st.sampled_from(["t", "d", "seq", "val", "sid", "hz", "ch_n"]), one),
    ),
    max_leaves=20,
), st.binary(max_size=40))  # fmt: skip
def test_right_checksums_around_strange_contents_bring_nothing_down(strange, noise):
    codec = listening()
    for content in (
        cbor2.dumps(strange),
        cbor2.dumps({"t": "sd", "d": strange}),
        cbor2.dumps({"t": "si", "d": strange}),
        wire.cbor({"t": "sd"})[:-3] + noise,
        frame(sample(1, 1, [1.0]))[3:-4] + noise,
    ):
        body = struct.pack("<H", len(content) % 65536) + content
        sent = stuff(body + struct.pack("<H", crc16(content))) + b"\0"
        codec.feed(sent * 5, 0.0)


def test_lists_that_claim_to_be_long_take_no_memory():
    codec = listening()
    for content in (
        b"\x9b\xff" + b"\xff" * 7,
        b"\xa2\x61t\x62sd\x61d\x9a\xff\xff\xff\xff",
        b"\x9f" * 3000,
    ):
        body = struct.pack("<H", len(content)) + content + struct.pack("<H", crc16(content))
        assert codec.feed(stuff(body) + b"\0", 0.0) == []
    assert codec.stats.damaged_packets == 3


def test_endless_noise_needs_no_memory():
    codec = listening()
    for _ in range(50):
        codec.feed(b"\x55" * 100_000, 0.0)
    assert len(codec._rest) <= MAX_FRAME + 1
    (found,) = runs(codec.feed(b"\0" + readings(ramp(9)), 0.0))
    assert same(found, ramp(9))
    assert codec.stats.damaged_packets == 1


def test_a_gap_is_a_jump_and_counted():
    codec = listening()
    values = ramp(300)
    sent = readings(values[:100]) + readings(values[150:], 150)
    (found,) = runs(codec.feed(sent, 0.0))
    assert sorted(set(range(300)) - set(found)) == list(range(100, 150))
    assert all(np.array_equal(found[place], values[place]) for place in found)
    assert codec.stats == LinkStats(0, 50, 50)


def test_every_second_frame_lost_leaves_the_others_in_place():
    codec = listening()
    values = ramp(60)
    for place in range(0, 60, 2):
        codec.feed(readings(values[place : place + 1], place), 0.0)
    (block,) = codec.feed(readings(values[59:], 59), 0.0)[-1:]
    assert block.first_reading == 58
    assert codec.stats.lost_readings == 29


def test_a_number_that_nothing_bears_out_is_left_aside():
    codec = listening()
    values = ramp(40)
    odd = readings(values[20:21], 1 << 30)
    sent = readings(values[:20]) + odd + readings(values[21:], 21)
    (found,) = runs(feed(codec, sent, range(0, len(sent), 7)))
    assert set(range(40)) - set(found) == {20}
    assert codec.stats == LinkStats(1, 1, 1)


@pytest.mark.parametrize("described", [True, False])
def test_a_reset_board_counts_anew(described):
    codec = listening()
    first, second = ramp(500), ramp(30) + 1000
    sent = readings(first) + (info(sid=8) if described else b"") + readings(second[2:], 2)
    items = feed(codec, sent + (b"" if described else info(sid=8)), [len(sent) // 2, 5000])
    before, after = runs(items)
    assert same(before, first)
    assert sorted(after) == list(range(2, 30))
    assert np.array_equal(after[2], second[2])
    assert codec.stats.lost_readings == 2


def test_another_sensor_is_a_restart():
    codec = listening()
    sent = readings(ramp(10)) + info(names=["p"]) + readings(ramp(10, 1))
    items = codec.feed(sent, 0.0)
    assert any(isinstance(item, Restarted) for item in items)
    before, after = runs(items)
    assert same(before, ramp(10))
    assert same(after, ramp(10, 1))


def test_joining_in_the_middle_is_no_damage_and_no_loss():
    values = ramp(200)
    sent = readings(values[:50]) + info() + readings(values[50:], 50)
    codec = Nordic()
    (found,) = runs(feed(codec, sent[17:], [100, 1000]))
    assert same(found, values[50:])
    assert codec.stats == LinkStats()


@pytest.mark.parametrize("bits", [1, 2, 3])
def test_flipped_bits_lose_readings_but_never_change_them(bits):
    rng = np.random.default_rng(bits)
    values = ramp(40)
    whole = readings(values)
    for _ in range(400):
        damaged = bytearray(whole)
        place = int(rng.integers(500, len(whole) - 500))
        for bit in rng.integers(0, 8 * 40, bits).tolist():
            damaged[place + bit // 8] ^= 1 << bit % 8
        codec = listening()
        items = feed(codec, bytes(damaged), rng.integers(0, len(whole), 5).tolist())
        assert not any(isinstance(item, Restarted) for item in items)
        (found,) = runs(items)
        assert all(np.array_equal(found[place], values[place]) for place in found)
        assert codec.stats.lost_readings == 40 - len(found)


def test_once_there_are_checksums_frames_without_are_damage():
    codec = listening()
    codec.feed(readings(ramp(5)), 0.0)
    assert codec.feed(readings(ramp(5), 5, crc=False), 0.0) == []
    assert codec.stats.damaged_packets == 5


def test_frames_without_checksum_are_told_once():
    codec = Nordic()
    said = frame(session_info(7, 100, NAMES), crc=False)
    kinds = [type(item) for item in codec.feed(said * 2, 0.0)]
    assert kinds == [Text, StreamInfo, StreamInfo]


def test_recognised_by_one_frame_however_it_is_cut():
    stream = info() + readings(ramp(20))
    assert Nordic.recognise(stream[: len(info())]) == 1.0
    for start in range(len(info()) + 60):
        for length in (300, 700):
            assert Nordic.recognise(stream[start : start + length]) == 1.0
    assert Nordic.recognise(readings(ramp(9), crc=False)) == 0.95
    assert Nordic.recognise(b"") == 0.0


@pytest.mark.parametrize("row", [[1.0, 2.0], [70_000, -5]])
def test_a_list_of_another_length_than_it_claims_is_damage(row):
    whole = wire.cbor(sample(3, 30, row))
    place = whole.index(b"\x82", 20)
    for claimed in (b"\x81", b"\x83", b"\x98\x02", b"\x98\x03"):
        content = whole[:place] + claimed + whole[place + 1 :]
        body = struct.pack("<H", len(content)) + content + struct.pack("<H", crc16(content))
        codec = Nordic()
        codec.feed(info(names=["a", "b"]), 0.0)
        items = codec.feed((stuff(body) + b"\0") * 6, 0.0)
        if claimed == b"\x98\x02":
            assert items[0].values.shape == (1, 2)
        else:
            assert items == []
            assert codec.stats.damaged_packets == 6
