"""The PC's side of a conversation against the real firmware, over a real socket."""

import random
import zlib

import numpy as np
import pytest
from host_board import BoardServer, HostBoard

from studio.devices.connection import Connection
from studio.devices.packet import encode
from studio.devices.source import Block, Restarted
from studio.errors import DeviceError
from studio.types import Axis, Decision

WINDOW = 50


def collect(rate: float = 100.0) -> HostBoard:
    board = HostBoard("collect")
    board.sensor(rate, "float32", [("x", "g"), ("y", "g")])
    return board


def infer() -> HostBoard:
    board = HostBoard("infer")
    board.sensor(100.0, "float32", [("x", "g"), ("y", "g")])
    return board


def readings(count: int, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.integers(-128, 128, (count, 2)).astype(np.float32)


def take(connection: Connection, count: int) -> list[Block]:
    blocks: list[Block] = []
    for _ in range(400):
        blocks += [item for item in connection.read() if isinstance(item, Block)]
        if blocks and blocks[-1].first_reading + len(blocks[-1].values) >= count:
            break
    return blocks


def test_hello_start_read_stop():
    values = readings(3000)
    with BoardServer(collect(), values) as server, Connection.open(server.url) as connection:
        info = connection.hello()
        assert (info.board, info.firmware) == ("host", "collect 1")
        assert (info.sample_rate_hz, info.dtype) == (100.0, "float32")
        assert info.axes == (Axis("x", "g"), Axis("y", "g"))
        connection.start()
        blocks = take(connection, 3000)
        np.testing.assert_array_equal(np.concatenate([b.values for b in blocks]), values)
        assert blocks[0].first_reading == 0
        connection.stop()
        connection.waiting()
        assert [item for item in connection.read() if isinstance(item, Block)] == []
        assert connection.stats.lost_readings == 0


def test_every_loss_on_the_way_is_counted_and_nothing_false_comes_through():
    rng = random.Random(3)

    def spoil(data: bytes) -> bytes:
        changed = bytearray(data)
        for _ in range(len(changed) // 2000):
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
        return bytes(changed)

    values = readings(20000)
    with (
        BoardServer(collect(), values, spoil) as server,
        Connection.open(server.url) as connection,
    ):
        connection.start()
        blocks = take(connection, 19900)
        stats = connection.stats
    held = 0
    for block in blocks:
        stop = block.first_reading + len(block.values)
        np.testing.assert_array_equal(block.values, values[block.first_reading : stop])
        held += len(block.values)
    assert stats.damaged_packets > 5
    assert stats.lost_packets > 5
    assert held + stats.lost_readings == blocks[-1].first_reading + len(blocks[-1].values)


def test_readings_lost_on_the_board_are_a_gap():
    board = collect()
    values = readings(100)
    with BoardServer(board) as server, Connection.open(server.url) as connection:
        connection.start()
        board.readings(values[:20])
        blocks = take(connection, 20)
        server.frozen = True
        connection.read()
        board.readings(values[20:])
        board.lib.host_drop(30)
        server.frozen = False
        blocks += take(connection, 100)
        connection.hello()
        stats = connection.stats
    held = [i for b in blocks for i in range(b.first_reading, b.first_reading + len(b.values))]
    assert held == [*range(20), *range(50, 100)]
    np.testing.assert_array_equal(np.concatenate([b.values for b in blocks]), values[held])
    assert (stats.lost_readings, stats.board_dropped, stats.lost_packets) == (30, 30, 0)


def test_silence_is_explained():
    board = collect()
    with BoardServer(board) as server, Connection.open(server.url) as connection:
        server.frozen = True
        connection.read()
        with pytest.raises(DeviceError, match="Nothing came from socket://"):
            connection.hello(timeout_s=0.3)


def test_another_program_is_recognised():
    def spoil(data: bytes) -> bytes:
        return b"T=21.5;H=40\r\n" * 3

    with BoardServer(collect(), spoil=spoil) as server:
        connection = Connection.open(server.url)
        with connection, pytest.raises(DeviceError, match=r"none of our packets.*T=21\.5"):
            connection.hello(timeout_s=0.3)


def test_a_pulled_cable_is_told():
    with BoardServer(collect()) as server, Connection.open(server.url) as connection:
        connection.hello()
        server.unplug()
        with pytest.raises(DeviceError, match=r"connection to socket://.* ended"):
            list(connection.items())


def test_a_restart_is_noticed():
    board = collect()
    with BoardServer(board) as server, Connection.open(server.url) as connection:
        connection.hello()
        server.frozen = True
        connection.read()
        board._init()
        server.frozen = False
        items = [item for _ in range(5) for item in connection.read()]
        assert Restarted() in items


def test_a_closed_port_is_told():
    with BoardServer(collect()) as server:
        url = server.url
    with pytest.raises(DeviceError, match="could not be opened"):
        Connection.open(url)
    with pytest.raises(DeviceError, match="no port /dev/none"):
        Connection.open("/dev/none")


def test_knows_the_model_of_an_inferring_board():
    with BoardServer(infer()) as server, Connection.open(server.url) as connection:
        model = connection.model_info()
    assert model.labels == ("still", "wave", "Kreis ä")
    assert (model.run, model.window_readings, model.stride_readings) == ("0123abcd", 50, 20)
    assert (model.n_features, model.smoothing, model.threshold_q) == (100, 2, 20)


def test_a_collecting_board_has_no_model():
    with BoardServer(collect()) as server, Connection.open(server.url) as connection:
        with pytest.raises(DeviceError, match="'collect 1', which told of no model"):
            connection.model_info()
        with pytest.raises(DeviceError, match="refused REPLAY_BEGIN: it does not know"):
            connection.replay(readings(WINDOW))


def test_replays_windows():
    with BoardServer(infer()) as server, Connection.open(server.url) as connection:
        connection.hello()
        for seed in range(20):
            window = readings(WINDOW, seed)
            result = connection.replay(window)
            np.testing.assert_array_equal(result.features, window.ravel())
            assert result.features.dtype == np.float32
            wanted = [int(window[0, 0]), int(window[0, 1]), int(window[-1, 0])]
            assert result.scores.tolist() == wanted
            assert result.label == int(np.argmax(wanted))
            assert (result.dsp_cycles, result.nn_cycles) == (1000, 500)
        with pytest.raises(DeviceError, match="windows of 392 bytes"):
            connection.replay(readings(WINDOW - 1))
        window[0, 0] = -1000
        with pytest.raises(DeviceError, match="pipeline failed on this window"):
            connection.replay(window)


def test_replay_survives_a_bad_line():
    spoiled = iter([3, 9])  # which answers to damage: a REPLAY_DATA ACK, a FEATURES packet
    count = 0
    target = next(spoiled)

    def spoil(data: bytes) -> bytes:
        nonlocal count, target
        frames = data.split(b"\0")
        for place, frame in enumerate(frames):
            count += bool(frame)
            if frame and count == target:
                frames[place] = frame[:-1]
                target = next(spoiled, -1)
        return b"\0".join(frames)

    with BoardServer(infer(), spoil=spoil) as server, Connection.open(server.url) as connection:
        window = readings(WINDOW, 4)
        result = connection.replay(window)
        np.testing.assert_array_equal(result.features, window.ravel())
        assert connection.stats.damaged_packets == 2


def test_live_decisions():
    values = readings(500)
    with BoardServer(infer(), values) as server, Connection.open(server.url) as connection:
        connection.start()
        found: list[Decision] = []
        for item in connection.items():
            if isinstance(item, Decision):
                found.append(item)
            if len(found) == 20:
                break
    for place, decision in enumerate(found):
        window = values[20 * place : 20 * place + WINDOW]
        assert decision.start == 20 * place
        assert decision.features_crc == zlib.crc32(window.tobytes())
        assert decision.scores == (int(window[0, 0]), int(window[0, 1]), int(window[-1, 0]))


def test_an_unfit_sensor_is_refused_with_the_boards_words():
    board = HostBoard("infer")
    board.sensor(50.0, "int16", [("x", "")])
    with BoardServer(board) as server, Connection.open(server.url) as connection:
        words = r"The model needs 2 axes of float32 at 100\.000 Hz"
        with pytest.raises(DeviceError, match=words):
            connection.start()


def test_garbage_to_the_board_does_not_stop_it():
    with BoardServer(collect()) as server, Connection.open(server.url) as connection:
        rng = random.Random(1)
        for _ in range(20):
            connection._exchange.link.write(rng.randbytes(300))
            connection._exchange.link.write(encode(rng.randrange(256), 0, rng.randbytes(9)))
        assert connection.hello().board == "host"
