"""The program `infer` around a pipeline simple enough to know every number (`pipeline/`)."""

import struct
import zlib

import numpy as np
import pytest
from host_board import parse_info

from studio.devices.packet import PacketType, encode

WINDOW, STRIDE = 50, 20
RUN = PacketType.REPLAY_RUN


def readings(count: int, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.integers(-128, 128, (count, 2)).astype(np.float32)


def decisions(packets) -> list[tuple]:
    found = [p.payload for p in packets if p.type == PacketType.DECISION]
    return [
        (*struct.unpack_from("<IIIIbB", p), np.frombuffer(p, np.int8, offset=18).tolist())
        for p in found
    ]


def expected(values: np.ndarray, first: int = 0) -> list[tuple]:
    """What the board must say about contiguous readings that begin at index `first`."""
    rows, scores = [], []
    for start in range(0, len(values) - WINDOW + 1, STRIDE):
        window = values[start : start + WINDOW]
        scores.append([int(window[0, 0]), int(window[0, 1]), int(window[-1, 0])])
        sums = np.sum(scores[-2:], axis=0)
        sure = len(scores) > 1 and max(sums) >= 2 * 20
        label = int(np.argmax(sums)) if sure else -1
        crc = zlib.crc32(window.astype("<f4").tobytes())
        rows.append((first + start, crc, 1000, 500, label, 3, scores[-1]))
    return rows


def replay(board, values: np.ndarray):
    board.command(PacketType.REPLAY_BEGIN, struct.pack("<I", values.nbytes))
    data, packets = values.tobytes(), []
    for offset in range(0, len(data), 236):
        part = struct.pack("<I", offset) + data[offset : offset + 236]
        packets += board.command(PacketType.REPLAY_DATA, part)
    assert all(p.payload == bytes([PacketType.REPLAY_DATA, 0]) for p in packets)
    return board.command(RUN)


def test_tells_its_model_on_hello(infer_board):
    infer_board.boot()
    ack, info, *models = infer_board.command(PacketType.HELLO)
    assert ack.payload == bytes([PacketType.HELLO, 0])
    assert parse_info(info.payload)["firmware"] == "infer 2"
    names = ["still", "wave", "Kreis ä"]
    for index, (packet, name) in enumerate(zip(models, names, strict=True)):
        text = name.encode()
        front = b"\x080123abcd" + struct.pack("<IIIBB", WINDOW, STRIDE, 100, index, 3)
        assert packet.type == PacketType.MODEL
        rule = struct.pack("<Ii", 2, 20)
        assert packet.payload == front + bytes([len(text)]) + text + rule


@pytest.mark.parametrize("chunk", [1, 7, 50, 1000])
def test_decides_on_every_window_of_the_live_stream(infer_board, chunk):
    infer_board.boot()
    values = readings(1000)
    packets = infer_board.command(PacketType.START)
    for start in range(0, len(values), chunk):
        infer_board.readings(values[start : start + chunk])
        packets += infer_board.step(2 + chunk // 10)
    assert packets[0].payload == bytes([PacketType.START, 0])
    found = decisions(packets)
    assert found == expected(values)
    assert len({row[4] for row in found}) == 4  # all three classes and none


@pytest.mark.parametrize("chunk", [7, 300])
def test_sends_its_readings_too_if_asked(infer_board, chunk):
    infer_board.boot()
    values = readings(600)
    packets = infer_board.command(PacketType.START, b"\x01")
    for start in range(0, len(values), chunk):
        infer_board.readings(values[start : start + chunk])
        packets += infer_board.step(2 + chunk // 10)
    sent = [packet.payload for packet in packets if packet.type == PacketType.DATA]
    firsts = [struct.unpack_from("<I", payload)[0] for payload in sent]
    lengths = [(len(payload) - 4) // 8 for payload in sent]
    assert firsts == [sum(lengths[:place]) for place in range(len(sent))]
    assert b"".join(payload[4:] for payload in sent) == values.tobytes()
    assert decisions(packets) == expected(values)
    infer_board.command(PacketType.STOP)
    packets = infer_board.command(PacketType.START)
    infer_board.readings(values)
    packets += infer_board.step(60)
    assert not [packet for packet in packets if packet.type == PacketType.DATA]


def test_no_window_spans_a_gap(infer_board):
    infer_board.boot()
    values = readings(400)
    infer_board.command(PacketType.START)
    infer_board.readings(values[:130])
    packets = infer_board.step(20)
    infer_board.readings(values[130:])
    infer_board.lib.host_drop(70)
    packets += infer_board.step(40)
    assert decisions(packets) == expected(values[:130]) + expected(values[200:], first=200)
    assert parse_info(infer_board.command(PacketType.HELLO)[1].payload)["dropped"] == 70


def test_start_begins_anew(infer_board):
    infer_board.boot()
    values = readings(200)
    infer_board.command(PacketType.START)
    infer_board.readings(values[:75])
    infer_board.step(10)
    infer_board.command(PacketType.STOP)
    packets = infer_board.command(PacketType.START)
    infer_board.readings(values)
    packets += infer_board.step(30)
    assert decisions(packets) == expected(values)


def test_replays_a_window(infer_board):
    infer_board.boot()
    for seed in range(3):
        values = readings(WINDOW, seed)
        ack, *features, scores = replay(infer_board, values)
        assert ack.payload == bytes([RUN, 0])
        assert [struct.unpack_from("<I", p.payload)[0] for p in features] == [0, 56]
        assert b"".join(p.payload[4:] for p in features) == values.tobytes()
        wanted = [int(values[0, 0]), int(values[0, 1]), int(values[-1, 0])]
        label = int(np.argmax(wanted))
        assert scores.payload == struct.pack("<IIbB3b", 1000, 500, label, 3, *wanted)


@pytest.mark.parametrize(
    ("wanted", "label"),
    [([-128, -128, -128], 0), ([-128, -128, -127], 2), ([3, 7, 7], 1), ([127, 5, 127], 0)],
)
def test_decides_on_a_replayed_window_by_itself(infer_board, wanted, label):
    """Neither the live windows before it nor the threshold of the live decision count."""
    infer_board.boot()
    infer_board.command(PacketType.START)
    infer_board.readings(readings(90))
    infer_board.step(10)
    infer_board.command(PacketType.STOP)
    values = readings(WINDOW)
    values[0], values[-1, 0] = wanted[:2], wanted[2]
    scores = replay(infer_board, values)[-1]
    assert scores.payload[8:] == struct.pack("<bB3b", label, 3, *wanted)


def test_a_failed_replay_has_no_scores(infer_board):
    infer_board.boot()
    values = readings(WINDOW)
    values[0, 0] = -1000
    ack, text, scores = replay(infer_board, values)
    assert ack.payload == bytes([RUN, 0])
    assert text.type == PacketType.TEXT
    assert scores.payload[8:] == b"\xff\0"  # no label, no scores


def test_a_hole_in_a_replay_is_refused(infer_board):
    infer_board.boot()
    size = WINDOW * 8
    begin, part = PacketType.REPLAY_BEGIN, PacketType.REPLAY_DATA
    steps = [
        (part, struct.pack("<I", 0), 3),
        (RUN, b"", 3),
        (begin, struct.pack("<I", size - 1), 2),
        (begin, b"", 2),
        (begin, struct.pack("<I", size), 0),
        (part, struct.pack("<I", 4) + b"1234", 2),
        (part, b"123", 2),
        (part, struct.pack("<I", 0) + bytes(200), 0),
        (part, struct.pack("<I", 200) + bytes(201), 2),
        (part, struct.pack("<I", 0xFFFFFF00) + bytes(100), 2),
        (RUN, b"", 2),
        (part, struct.pack("<I", 200) + bytes(200), 0),
    ]
    for kind, payload, code in steps:
        (ack,) = infer_board.command(kind, payload)
        assert ack.payload == bytes([kind, code]), (kind, payload[:4])
    assert infer_board.command(RUN)[0].payload == bytes([RUN, 0])
    infer_board.command(PacketType.START)
    (ack,) = infer_board.command(begin, struct.pack("<I", size))
    assert ack.payload == bytes([begin, 3])


def test_the_live_stream_is_right_after_a_replay(infer_board):
    infer_board.boot()
    replay(infer_board, readings(WINDOW, 9))
    values = readings(100)
    packets = infer_board.command(PacketType.START)
    infer_board.readings(values)
    assert decisions(packets + infer_board.step(20)) == expected(values)


def test_the_model_forgets_where_a_stream_begins(infer_board):
    infer_board.boot()
    infer_board.command(PacketType.START)
    infer_board.readings(readings(90))
    infer_board.step(10)
    assert infer_board.lib.host_remembered() == 3
    infer_board.command(PacketType.START)
    assert infer_board.lib.host_remembered() == 0
    infer_board.readings(readings(60))
    infer_board.step(10)
    infer_board.readings(readings(60))
    infer_board.lib.host_drop(5)
    infer_board.step(10)
    assert infer_board.lib.host_remembered() == 1  # a gap ends the stream before it
    infer_board.command(PacketType.STOP)
    for _ in range(2):
        replay(infer_board, readings(WINDOW))
        assert infer_board.lib.host_remembered() == 1


@pytest.mark.parametrize(
    ("rate", "dtype", "axes", "words"),
    [
        (100.0, "float32", 3, "3 axes of float32 at 100.000 Hz"),
        (100.0, "int16", 2, "2 axes of int16 at 100.000 Hz"),
        (62.5, "float32", 2, "2 axes of float32 at 62.500 Hz"),
        (16000.03125, "int16", 1, "1 axis of int16 at 16000.031 Hz"),
    ],
)
def test_says_when_the_sensor_does_not_fit(infer_board, rate, dtype, axes, words):
    infer_board.boot()
    infer_board.command(PacketType.START)
    infer_board.sensor(rate, dtype, [("a", "")] * axes)
    info, text = infer_board.step()
    assert parse_info(info.payload)["streaming"] == 0
    assert text.type == PacketType.TEXT
    sentence = f"The model needs 2 axes of float32 at 100.000 Hz; the sensor gives {words}."
    assert text.payload.decode() == sentence
    ack, *rest = infer_board.command(PacketType.START)
    assert ack.payload == bytes([PacketType.START, 4])
    assert [p.type for p in rest] == [PacketType.TEXT, PacketType.INFO]
    infer_board.readings(np.zeros((500, axes), dtype))
    assert infer_board.step(20) == []


def test_a_slightly_different_rate_fits(infer_board):
    infer_board.sensor(100.9, "float32", [("a", ""), ("b", "")])
    assert [p.type for p in infer_board.boot()] == [PacketType.INFO]
    assert infer_board.command(PacketType.START)[0].payload[1] == 0


def test_commands_that_make_no_sense(infer_board):
    infer_board.boot()
    for kind, payload, code in [(0x42, b"", 1), (PacketType.START, b"1", 2), (RUN, b"1", 2)]:
        (ack,) = infer_board.command(kind, payload)
        assert ack.payload == bytes([kind, code])
    infer_board.send(encode(2, 0, b"data is no command"))
    assert infer_board.step()[0].payload == bytes([2, 1])
