"""The sensor FIFO: order, losses and their place, files, generators, speed."""

import struct
import time
import wave

import numpy as np
import pytest

from studio.errors import DeviceError
from studio.types import Axis


def _stream(wire, readings, *, batch, spin=0, dtype="<i2", axes=1):
    """Return (values, lost before each batch) of a stream of `readings`."""
    wire.send(b"s", readings, batch, spin)
    size = np.dtype(dtype).itemsize * axes
    parts, lost = [], []
    got = 0
    while got < readings:
        dropped, count = wire.numbers(2)
        parts.append(np.frombuffer(wire.take(count * size), dtype).reshape(count, axes))
        lost.append((got, dropped))
        got += count
    return np.concatenate(parts), lost


def _counting(path, readings):
    np.save(path, (np.arange(readings) % 30000).astype(np.int16))
    return path


def test_a_file_arrives_whole_and_in_order(control, wire, tmp_path):
    control.sensor_file(_counting(tmp_path / "a.npy", 50000), sample_rate_hz=16000)
    values, lost = _stream(wire, 50000, batch=160)
    assert np.array_equal(values[:, 0], np.arange(50000) % 30000)
    assert lost[-1][1] == 0
    assert control.counters()["sensor"] == {
        "position": 50000,
        "dropped": 0,
        "held": False,
        "ended": True,
    }


def test_a_file_is_held_until_the_first_read(control, wire, tmp_path):
    control.sensor_file(_counting(tmp_path / "a.npy", 3000), sample_rate_hz=16000)
    time.sleep(0.5)
    assert control.counters()["sensor"]["position"] == 0
    values, _ = _stream(wire, 3000, batch=100)
    assert values[0, 0] == 0


def test_losses_are_counted_and_placed(control, wire, tmp_path):
    """A program that is too slow finds the FIFO full; the loss lies before its next batch."""
    control.sensor_file(_counting(tmp_path / "a.npy", 29000), sample_rate_hz=16000)
    # per turn more cycles than the FIFO has room for: 8192 readings are 32.8 million cycles
    values, lost = _stream(wire, 16384, batch=1, spin=12_000_000)
    gaps = np.diff(values[:, 0].astype(int), prepend=-1) - 1
    place = dict(lost)
    assert gaps.sum() == control.counters()["sensor"]["dropped"] > 1000
    before = 0
    for at in np.flatnonzero(gaps):
        assert place[at] - before == gaps[at]
        before = place[at]


def test_float_axes(control, wire, tmp_path):
    data = np.random.default_rng(3).normal(size=(2500, 3)).astype(np.float32)
    np.save(tmp_path / "imu.npy", data)
    axes = [Axis("accX", "m/s2"), Axis("accY", "m/s2"), Axis("accZ", "m/s2")]
    control.sensor_file(tmp_path / "imu.npy", sample_rate_hz=62.5, axes=axes)
    wire.send(b"d")
    assert struct.unpack("<fII", wire.take(12)) == (62.5, 1, 3)
    assert [wire.take(20).replace(b"\0", b"") for _ in range(3)] == [
        b"accXm/s2",
        b"accYm/s2",
        b"accZm/s2",
    ]
    values, _ = _stream(wire, 2500, batch=10, dtype="<f4", axes=3)
    assert np.array_equal(values, data)


def test_a_wav_file_repeats(control, wire, tmp_path):
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(np.arange(500, dtype="<i2").tobytes())
    control.sensor_file(tmp_path / "a.wav", repeat=True)
    values, _ = _stream(wire, 1700, batch=64)
    assert np.array_equal(values[:, 0], np.arange(1700) % 500)
    assert control.info()["sensor"]["sample_rate_hz"] == 8000


def test_readings_come_at_the_sample_rate(control, wire):
    control.sensor_generator("silence", sample_rate_hz=1000)
    begin = control.counters()["seconds"]
    _stream(wire, 20000, batch=50)
    assert 19.9 < control.counters()["seconds"] - begin < 23  # idling before it counts as well


def test_real_time_is_held_to_the_clock(start):
    control = start(real_time=True)
    wire = _wire(control)
    control.sensor_generator("sine", sample_rate_hz=1000)
    begin = time.monotonic()
    _stream(wire, 1500, batch=50)
    seconds = time.monotonic() - begin
    wire.close()
    assert 1.4 < seconds < 5


def _wire(control):
    from board_wire import Wire

    return Wire(control.board)


def test_a_sine_has_its_frequency_and_amplitude(control, wire):
    control.sensor_generator("sine", sample_rate_hz=8000, frequency_hz=1000, amplitude=0.25)
    values, _ = _stream(wire, 8000, batch=160)
    spectrum = np.abs(np.fft.rfft(values[:, 0].astype(float)))
    assert spectrum.argmax() == 1000
    assert values.max() == pytest.approx(0.25 * 32767, abs=1)


def test_noise_repeats_by_its_seed(control, wire):
    runs = []
    for seed in (1, 1, 2):
        control.sensor_generator("noise", seed=seed)
        wire.send(b"d")
        wire.take(32)
        runs.append(_stream(wire, 3000, batch=100)[0])
    assert np.array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])
    assert runs[0].std() > 5000


def test_a_hundred_seconds_of_audio_take_a_few(control, wire, tmp_path):
    data = np.random.default_rng(0).integers(-30000, 30000, 1_600_000).astype(np.int16)
    np.save(tmp_path / "long.npy", data)
    control.sensor_file(tmp_path / "long.npy", sample_rate_hz=16000)
    begin = time.monotonic()
    values, lost = _stream(wire, 1_600_000, batch=120)
    seconds = time.monotonic() - begin
    assert np.array_equal(values[:, 0], data)
    assert lost[-1][1] == 0
    assert seconds < 30  # about 2 on a free machine


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("missing.npy", None),
        ("empty.npy", b""),
        ("text.npy", b"hello, this is no array at all"),
        ("cut.npy", "cut"),
        ("double.npy", "double"),
        ("cut.wav", b"RIFF\x24\0\0\0WAVEfmt "),
    ],
)
def test_unplayable_files_are_refused_with_words(control, tmp_path, name, content):
    path = tmp_path / name
    if content == "cut":
        np.save(path, np.zeros(1000, np.int16))
        path.write_bytes(path.read_bytes()[:500])
    elif content == "double":
        np.save(path, np.zeros(1000))
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(DeviceError, match=name):
        control.sensor_file(path, sample_rate_hz=100)
    assert control.info()["running"]
