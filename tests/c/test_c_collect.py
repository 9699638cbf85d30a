"""The program `collect`, built for the PC, driven byte by byte."""

import struct

import numpy as np
from host_board import parse_info

from studio.devices.packet import PacketType, encode


def data_of(packets) -> tuple[list[int], bytes]:
    found = [p.payload for p in packets if p.type == PacketType.DATA]
    return [struct.unpack_from("<I", p)[0] for p in found], b"".join(p[4:] for p in found)


def test_says_at_boot_what_it_is(collect_board):
    (packet,) = collect_board.boot()
    assert packet.type == PacketType.INFO
    assert packet.sequence == 0
    assert parse_info(packet.payload) == {
        "protocol": 1,
        "board": "host",
        "firmware": "collect 1",
        "rate": 100.0,
        "dtype": 1,
        "dropped": 0,
        "streaming": 0,
        "axes": [("x", "g"), ("y", "g")],
    }


def test_hello_is_answered_even_after_noise(collect_board):
    collect_board.boot()
    collect_board.send(bytes(range(1, 256)) * 3 + b"\0")
    ack, info = collect_board.command(PacketType.HELLO)
    assert (ack.type, ack.payload) == (PacketType.ACK, bytes([PacketType.HELLO, 0]))
    assert info.type == PacketType.INFO


def test_streams_every_reading_once(collect_board):
    collect_board.boot()
    values = np.arange(2000, dtype=np.float32).reshape(1000, 2)
    assert collect_board.step() == []
    collect_board.readings(values[:300])
    ack, info, *first = collect_board.command(PacketType.START)
    assert ack.payload == bytes([PacketType.START, 0])
    assert parse_info(info.payload)["streaming"] == 1
    collect_board.readings(values[300:])
    packets = first + collect_board.step(60)
    starts, data = data_of(packets)
    assert data == values.tobytes()
    assert starts == list(range(0, 1000, 29))  # 29 readings of 8 bytes fill 236 bytes
    stopped = collect_board.command(PacketType.STOP)
    assert stopped[0].payload == bytes([PacketType.STOP, 0])
    collect_board.readings(values)
    assert data_of(collect_board.step(5)) == ([], b"")


def test_start_counts_from_zero_again_and_old_losses_do_not_count(collect_board):
    collect_board.boot()
    values = np.arange(40, dtype=np.float32).reshape(20, 2)
    collect_board.readings(values)
    collect_board.command(PacketType.START)
    collect_board.command(PacketType.STOP)
    collect_board.readings(values)
    collect_board.lib.host_drop(5)
    packets = collect_board.command(PacketType.START)
    assert data_of(packets) == ([0], values[5:].tobytes())
    assert parse_info(packets[1].payload)["dropped"] == 0


def test_readings_lost_on_the_board_advance_the_index(collect_board):
    collect_board.boot()
    values = np.arange(200, dtype=np.float32).reshape(100, 2)
    collect_board.readings(values[:10])
    packets = collect_board.command(PacketType.START)
    collect_board.readings(values[10:30])
    collect_board.lib.host_drop(15)
    packets += collect_board.step()
    starts, data = data_of(packets)
    assert starts == [0, 25]
    assert data == values[[*range(10), *range(25, 30)]].tobytes()
    info = collect_board.command(PacketType.HELLO)[1]
    assert parse_info(info.payload)["dropped"] == 15


def test_says_again_every_two_seconds_what_it_is(collect_board):
    collect_board.boot()
    collect_board.lib.host_advance(1_999_999)
    assert collect_board.step() == []
    collect_board.lib.host_advance(1)
    assert [p.type for p in collect_board.step()] == [PacketType.INFO]
    assert collect_board.step() == []


def test_a_new_sensor_ends_the_stream_and_is_announced(collect_board):
    collect_board.boot()
    collect_board.command(PacketType.START)
    collect_board.sensor(16000.0, "int16", [("audio", "")])
    (info,) = collect_board.step()
    found = parse_info(info.payload)
    assert (found["rate"], found["dtype"], found["axes"]) == (16000.0, 0, [("audio", "")])
    assert found["streaming"] == 0
    collect_board.sensor(8000.0, "int16", [("audio", "")])
    values = np.arange(500, dtype=np.int16)
    collect_board.readings(values)
    packets = collect_board.command(PacketType.START) + collect_board.step(10)
    assert parse_info(packets[0].payload)["rate"] == 8000.0
    assert data_of(packets) == ([0, 118, 236, 354, 472], values.tobytes())


def test_a_sensor_that_changes_just_before_start_still_streams(collect_board):
    collect_board.boot()
    collect_board.send(encode(PacketType.HELLO, 0) + encode(PacketType.START, 1))
    collect_board.step()
    assert parse_info(collect_board.command(PacketType.HELLO)[1].payload)["streaming"] == 1


def test_refuses_what_it_does_not_know(collect_board):
    collect_board.boot()
    for kind, payload, code in [(0x84, b"\0\0\0\0", 1), (0x00, b"", 1), (0x82, b"x", 2)]:
        (ack,) = collect_board.command(kind, payload)
        assert ack.payload == bytes([kind, code])


def test_no_sensor_no_stream(collect_board):
    collect_board.sensor(0.0, "int16", [])
    collect_board.boot()
    (ack,) = collect_board.command(PacketType.START)
    assert ack.payload == bytes([PacketType.START, 4])


def test_twelve_axes_with_the_longest_names_fit(collect_board):
    axes = [(f"axis-{i:02d}-long", "µg/sec²") for i in range(12)]
    collect_board.sensor(50.0, "float32", axes)
    (info,) = collect_board.boot()
    found = parse_info(info.payload)["axes"]
    assert len(found) == 12
    assert [name for name, _ in found] == [name for name, _ in axes]


def test_sleeps_when_there_is_nothing_to_do(collect_board):
    collect_board.boot()
    before = collect_board.lib.host_idled()
    collect_board.step(10)
    assert collect_board.lib.host_idled() == before + 10
