"""No protocol is taken for another, wherever its stream is joined and cut."""

import numpy as np
import pytest
from peers import nordic, ssi

from studio.devices.opening import OURS, SURE, _ours
from studio.devices.packet import PacketType, encode
from studio.devices.protocols import speakers


def _text(form, n=60):
    rng = np.random.default_rng(1)
    return b"".join(form(*rng.normal(size=3)) for _ in range(n))


def _streams():
    names = ["x", "y", "z"]
    values = np.arange(180, dtype="<i2").reshape(60, 3)
    frames = [nordic.frame(nordic.sample(i, 10 * i, [i / 4, -i / 2, 9.5])) for i in range(60)]
    integers = [nordic.frame(nordic.sample(i, 10 * i, [i * 999, -i, 9])) for i in range(60)]
    info = nordic.frame(nordic.session_info(9, 100, names))
    packets = [ssi.packet(i, values[i].tobytes() * 4) for i in range(60)]
    blocks = [encode(PacketType.DATA, i, values[i].tobytes() * 4) for i in range(60)]
    return {
        "nordic": [info + b"".join(frames), b"".join(frames), info + b"".join(integers)],
        "ssi": [ssi.announcement(100, names) * 4, b"".join(packets)],
        OURS: [b"".join(blocks)],
        "text": [
            _text(lambda x, y, z: f"{x:.3f},{y:.3f},{z:.3f}\r\n".encode()),
            _text(lambda x, y, z: f"accX:{x:.2f} accY:{y:.2f} accZ:{z:.2f}\n".encode()),
            _text(lambda x, y, z: f"{int(100 * x)}\n".encode()),
        ],
    }


def _scores(data):
    return {OURS: _ours(data), **{row.id: row.recognise(data) for row in speakers()}}


@pytest.mark.parametrize("id", ["nordic", "ssi", OURS, "text"])
def test_each_is_told_from_all_others(id):
    for stream in _streams()[id]:
        for start in range(0, 150):
            for length in (*range(1, 120, 7), 400):
                scores = _scores(stream[start : start + length])
                others = {other: sure for other, sure in scores.items() if other != id}
                assert max(others.values()) < SURE, (start, length, scores)
                if length == 400:
                    assert scores[id] >= SURE, (start, scores)
                    assert max(others.values()) < scores[id]


def test_noise_is_nobodys():
    rng = np.random.default_rng(2)
    for size in (1, 10, 100, 1000, 10_000):
        for _ in range(20):
            assert max(_scores(rng.bytes(size)).values()) < SURE
