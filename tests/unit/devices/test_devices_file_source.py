"""Files played as a board would send them."""

import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from studio import capture_log
from studio.capture_log import CaptureHeader, CaptureWriter
from studio.devices.file_source import FileSource
from studio.devices.recorder import Recorder, RecordRequest
from studio.devices.source import Block, Ended
from studio.errors import DeviceError, StudioError
from studio.types import Axis, Gap


def record(url: str, log: Path, **request: object) -> tuple[str, capture_log.Capture, list]:
    events: list[tuple[str, dict]] = []
    recorder = Recorder(
        RecordRequest(url, log=str(log), **request),
        lambda kind, **data: events.append((kind, data)),
        stopped=lambda: False,
    )
    return recorder.run(), capture_log.scan(log), events


@pytest.fixture
def sound(tmp_path: Path) -> tuple[Path, np.ndarray]:
    rng = np.random.default_rng(1)
    values = rng.integers(-30000, 30000, (8000, 2)).astype(np.int16)
    path = tmp_path / "two words.wav"
    soundfile.write(path, values, 16000, subtype="PCM_16")
    return path, values


def test_sound_is_recorded_as_it_is(tmp_path, sound):
    path, values = sound
    ended, capture, _ = record(f"file://{path}?speed=0", tmp_path / "a.capture")
    assert ended == "two words.wav is at its end."
    np.testing.assert_array_equal(capture.values, values)
    assert capture.header.sample_rate_hz == 16000
    assert [axis.name for axis in capture.header.axes] == ["ch1", "ch2"]


def test_the_address_may_be_escaped_as_others_do(tmp_path, sound):
    path, values = sound
    _, capture, _ = record(f"{path.as_uri()}?speed=0", tmp_path / "a.capture", readings=100)
    np.testing.assert_array_equal(capture.values, values[:100])


@pytest.mark.parametrize("speed", [1, 2.5])
def test_readings_come_when_they_are_due(sound, speed):
    source = FileSource(f"file://{sound[0]}?speed={speed}")
    source.start()
    began, count, early = time.monotonic(), 0, 0.0
    while True:
        items = source.read()
        for item in items:
            if isinstance(item, Block):
                count = item.first_reading + len(item.values)
                early = max(early, count / 16000 / speed - (time.monotonic() - began))
        if any(isinstance(item, Ended) for item in items):
            break
    assert count == 8000
    assert early < 0.001
    assert 0.5 / speed <= time.monotonic() - began < 0.5 / speed + 0.5
    assert source.read() == []


def test_a_loop_goes_on(tmp_path, sound):
    path, values = sound
    ended, capture, _ = record(
        f"file://{path}?speed=0&loop=1", tmp_path / "a.capture", readings=20_000
    )
    assert ended == ""
    np.testing.assert_array_equal(capture.values, np.tile(values, (3, 1))[:20_000])


def test_arrays_need_a_rate_and_may_name_their_columns(tmp_path):
    values = np.random.default_rng(2).standard_normal((500, 3))
    path = tmp_path / "a.npy"
    np.save(path, values)
    with pytest.raises(DeviceError, match=r"\?rate=100"):
        FileSource(f"file://{path}")
    with pytest.raises(DeviceError, match="3 columns; 2 axes"):
        FileSource(f"file://{path}?rate=50&axes=x,y")
    url = f"file://{path}?rate=50&speed=0&axes=x,y,z"
    _, capture, events = record(url, tmp_path / "a.capture", seconds=4)
    np.testing.assert_array_equal(capture.values, values[:200].astype(np.float32))
    info = next(data for kind, data in events if kind == "info")
    assert [axis["name"] for axis in info["axes"]] == ["x", "y", "z"]


@pytest.mark.parametrize("speed", [0, 50])
def test_the_gaps_of_a_log_are_gaps_again(tmp_path, speed):
    header = CaptureHeader((Axis("x"), Axis("y")), 1000.0, "int16")
    rng = np.random.default_rng(3)
    with CaptureWriter(tmp_path / "in.capture", header) as writer:
        for first in (0, 400, 5000, 5010, 90_000):
            count = 10 if first == 5000 else 400
            writer.append(first, rng.integers(-9, 9, (count, 2)).astype(np.int16))
    known = capture_log.scan(tmp_path / "in.capture")
    assert known.gaps == (Gap(800, 4200), Gap(1210, 84590))
    _, capture, _ = record(f"file://{tmp_path}/in.capture?speed={speed}", tmp_path / "b.capture")
    np.testing.assert_array_equal(capture.values, known.values)
    assert capture.gaps == known.gaps


def write_csv(path: Path, values: np.ndarray) -> None:
    """Times in ms at 50 Hz; ten readings are missing in the middle."""
    rows = [(20 * (at + 10 * (at >= 60)), *row) for at, row in enumerate(values.tolist())]
    lines = ["timestamp,accX (g),accY (g)", *(",".join(map(repr, row)) for row in rows)]
    path.write_text("\n".join(lines))


def write_parquet(path: Path, values: np.ndarray) -> None:
    import pyarrow
    from pyarrow import parquet

    times = pyarrow.array([20 * (at + 10 * (at >= 60)) for at in range(len(values))])
    columns = {"timestamp": times, "accX (g)": values[:, 0], "accY (g)": values[:, 1]}
    parquet.write_table(pyarrow.table(columns), path)


@pytest.mark.parametrize("write", [write_csv, write_parquet])
def test_a_table_is_played_with_its_rate_axes_and_gaps(tmp_path, write):
    values = np.random.default_rng(4).standard_normal((120, 2)).astype(np.float32)
    path = tmp_path / f"walk.{write.__name__.removeprefix('write_')}"
    write(path, values)
    ended, capture, _ = record(f"file://{path}?speed=0", tmp_path / "a.capture")
    assert ended == f"{path.name} is at its end."
    np.testing.assert_array_equal(capture.values, values)
    assert capture.header.sample_rate_hz == 50
    assert capture.header.axes == (Axis("accX", "g"), Axis("accY", "g"))
    assert capture.gaps == (Gap(60, 10),)
    url = f"file://{path}?speed=0&rate=10&axes=accY"
    _, capture, _ = record(url, tmp_path / "b.capture", readings=50)
    np.testing.assert_array_equal(capture.values, values[:50, 1:])
    assert capture.header.sample_rate_hz == 10


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"x,y\n1,2\n3,4\n", r"does not say its rate.*\?rate=100"),
        (
            "a.csv",
            b"t_ms,x\n0,1\n12,2\n20,3\n33,4\n40,5\n52,6\n60,7\n",
            "times are uneven.*Import it",
        ),
        ("a.csv?rate=9", b"x,y\n1,2\n\n3,4\n5,6\n", "2 takes.*import"),
        ("a.csv?rate=9&axes=z", b"x,y\n1,2\n3,4\n", r"no column 'z'.*\?axes="),
        ("a.csv?rate=9", b"x,y\n1,up\n3,4\n", "'up'.*import it"),
        ("a.parquet", b"PAR1" + bytes(90), "a.parquet cannot be read as a table.*import it"),
        ("a.wav", b"RIFF" + bytes(90), "no sound file"),
        ("a.npy", b"\x93NUMPY" + bytes(90), "no array"),
        ("a.capture", b"TMLLOG1\n" + bytes(4), "damaged"),
        ("a.wav?speed=-1", b"", "speed is '-1'"),
        ("a.wav?speed=fast", b"", "'fast'"),
        ("a.wav?pitch=2", b"", "'pitch'"),
    ],
)
def test_what_cannot_be_played_is_said(tmp_path, name, content, words):
    (tmp_path / name.partition("?")[0]).write_bytes(content)
    with pytest.raises(StudioError, match=words):
        FileSource(f"file://{tmp_path}/{name}")


def test_a_sensor_cannot_be_chosen_where_there_is_one_only(tmp_path, sound):
    with pytest.raises(DeviceError, match=r"no sensors to choose.*no 'zz'.*Leave --sensor out"):
        record(f"file://{sound[0]}?speed=0", tmp_path / "a.capture", sensor="zz")


def test_objects_in_an_array_are_never_loaded(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{}], object), allow_pickle=True)
    with pytest.raises(DeviceError, match="no array of numbers"):
        FileSource(f"file://{tmp_path}/a.npy?rate=1")


@pytest.mark.parametrize("name", ["a#b.wav", "a%b;c&d#.wav", "#.wav"])
def test_options_are_heard_behind_any_name(tmp_path, sound, name):
    path, values = tmp_path / name, sound[1]
    path.write_bytes(sound[0].read_bytes())
    # at its own speed it would take half a second; what is strange is refused all the same
    ended, capture, _ = record(f"file://{path}?speed=0&loop=0", tmp_path / "a.capture")
    assert ended == f"{name} is at its end."
    np.testing.assert_array_equal(capture.values, values)
    with pytest.raises(DeviceError, match="has the option 'sped'"):
        FileSource(f"file://{path}?sped=0")
