"""The importers: what each kind of file becomes, and what is said about hostile ones."""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.errors import ProjectError
from studio.registry import find
from studio.types import Axis, Imported, ImportOptions, Span


def read(path: Path, **options: Any) -> list[Imported]:
    kinds = {".json": "edge_impulse", ".csv": "csv", ".tsv": "csv"}
    importer = find("importer", kinds.get(path.suffix, "wav")).load()
    assert path.suffix in importer.suffixes
    return importer.read(path, ImportOptions(**options))


def table(tmp_path: Path, content: str | bytes, **options: Any) -> list[Imported]:
    path = tmp_path / "t.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read(path, **options)


# Sound


@pytest.mark.parametrize(
    ("subtype", "tolerance"),
    [("PCM_U8", 256), ("PCM_16", 0), ("PCM_24", 0.5), ("PCM_32", 0.5), ("FLOAT", 0.5)],
)
@pytest.mark.parametrize("channels", [1, 2])
def test_sound_keeps_its_scale(
    tmp_path: Path, subtype: str, tolerance: float, channels: int
) -> None:
    tone = 0.5 * np.sin(np.arange(4000) / 7)
    columns = np.stack([tone, -0.9 * tone], axis=1)[:, :channels]
    path = tmp_path / "a.wav"
    soundfile.write(path, columns, 11025, subtype=subtype)
    (sound,) = read(path)
    assert (sound.values.dtype, sound.values.shape) == (np.int16, (4000, 1))
    assert sound.sample_rate_hz == 11025
    assert sound.axes == (Axis("audio", "wav"),)
    assert np.abs(sound.values[:, 0] - tone * 32768).max() <= tolerance + 1
    assert sound.clipped == 0
    assert bool(sound.notes) == (channels == 2)


def test_flac_is_read_and_clipping_is_counted(tmp_path: Path) -> None:
    exact = np.array([5, -7, 32767, -32768], np.int16)
    soundfile.write(tmp_path / "a.flac", exact, 16000)
    assert read(tmp_path / "a.flac")[0].values[:, 0].tolist() == exact.tolist()
    loud = np.array([0, 1.5, -1.5, 1.0, -1.0, 0.25])
    soundfile.write(tmp_path / "a.wav", loud, 16000, subtype="FLOAT")
    (sound,) = read(tmp_path / "a.wav")
    assert sound.values[:, 0].tolist() == [0, 32767, -32768, 32767, -32768, 8192]
    assert sound.clipped == 2


def wav(*, rate: int = 8000, size: int = 8, channels: int = 1, form: int = 1) -> bytes:
    fmt = struct.pack("<HHIIHH", form, channels, rate, rate * 2, channels * 2, 16)
    data = b"\x01\x00" * 4
    return (
        struct.pack("<4sI4s4sI", b"RIFF", 36 + size, b"WAVE", b"fmt ", 16)
        + fmt
        + struct.pack("<4sI", b"data", size)
        + data
    )


def test_a_declared_size_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(wav(size=0xFFFF_FF00))
    assert len(read(tmp_path / "a.wav")[0].values) == 4


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"RIFF",
        b"\x00" * 1000,
        wav(rate=0),
        wav(channels=0),
        wav(form=0x5555),
        wav(size=0)[:44],
        np.random.default_rng(0).bytes(5000),
    ],
)
def test_hostile_sound_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(ProjectError, match=r"a\.wav") as caught:
        read(tmp_path / "a.wav")
    assert caught.value.hint


def test_sound_that_is_not_a_number_or_contradicts_the_rate_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.array([0, np.nan, 0]), 8000, subtype="FLOAT")
    with pytest.raises(ProjectError, match="not numbers"):
        read(tmp_path / "a.wav")
    soundfile.write(tmp_path / "b.wav", np.zeros(5), 8000)
    with pytest.raises(ProjectError, match="8000 Hz, not 16000"):
        read(tmp_path / "b.wav", sample_rate_hz=16000)


# Tables


def test_header_with_time_in_milliseconds(tmp_path: Path) -> None:
    (take,) = table(tmp_path, "timestamp,accX (g),accY [g]\n0,1,2\n10,3,4\n20,5,6\n")
    assert take.values.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert take.values.dtype == np.float32
    assert take.sample_rate_hz == 100
    assert take.axes == (Axis("accX", "g"), Axis("accY", "g"))
    assert take.times_s is None


@pytest.mark.parametrize(
    ("name", "step", "rate"),
    [
        ("time_ms", 20, 50),
        ("Time (us)", 500, 2000),
        ("time_s", 2, 0.5),
        ("time", 0.02, 50),
        ("time", 20, 50),
        ("t", 4, 250),
        ("seconds", 0.1, 10),
        ("Timestamp", 16.949152542, 59),
    ],
)
def test_time_columns_and_their_units(tmp_path: Path, name: str, step: float, rate: float) -> None:
    rows = "".join(f"{1000 + step * n:.9f},{n}\n" for n in range(50))
    (take,) = table(tmp_path, f"{name},x\n{rows}")
    assert take.sample_rate_hz == pytest.approx(rate, rel=1e-9)
    assert [axis.name for axis in take.axes] == ["x"]
    assert take.times_s is None


def test_without_header_or_time(tmp_path: Path) -> None:
    content = "1, 2, 3\n4,5,6\n"
    (take,) = table(tmp_path, content, sample_rate_hz=200, axes=("x", "y", "z"))
    assert take.values.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert (take.sample_rate_hz, take.axes[2]) == (200, Axis("z"))
    (numbered,) = table(tmp_path, content, sample_rate_hz=200, axes=("3", "1"))
    assert numbered.values.tolist() == [[3, 1], [6, 4]]
    assert table(tmp_path, content)[0].sample_rate_hz == 0
    with pytest.raises(ProjectError, match="3 columns, and 2 names"):
        table(tmp_path, content, axes=("x", "y"))
    with pytest.raises(ProjectError, match="3 columns"):
        table(tmp_path, content, axes=("4",))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_takes_parted_by_blank_lines(tmp_path: Path, end: str) -> None:
    text = end.join(["a,b", "1,2", "3,4", "", " ", "5,6", ",", "a,b", "7,8", "", ""])
    takes = table(tmp_path, text, sample_rate_hz=100)
    assert [take.values.tolist() for take in takes] == [[[1, 2], [3, 4]], [[5, 6]], [[7, 8]]]
    assert [take.take for take in takes] == ["01", "02", "03"]


def test_a_blank_line_after_every_row_parts_nothing(tmp_path: Path) -> None:
    (take,) = table(tmp_path, b"a,b\r\r\n1,2\r\r\n3,4\r\r\n", sample_rate_hz=10)
    assert take.values.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffx,y\n1.5,2\n".encode(),
        b"x;y\n1,5;2\n",
        b"x\ty\n1.5\t2\n",
        b'"x","y"\n"1.5","2"\n',
        b"x,y\n1.5,2,\n",
        b"x, y,\n 1.5 , +2e0,\n",
        "x,y\n1.5,2\n".encode("utf-16"),
    ],
)
def test_ways_to_write_a_table(tmp_path: Path, content: bytes) -> None:
    (take,) = table(tmp_path, content, sample_rate_hz=10)
    assert take.values.tolist() == [[1.5, 2]]
    assert [axis.name for axis in take.axes] == ["x", "y"]


def test_chosen_columns_need_not_be_the_only_ones(tmp_path: Path) -> None:
    content = ",time_ms,word,b,a\n0,0,yes,1,2\n1,10,no,3,4\n"
    (take,) = table(tmp_path, content, axes=("a", "b"))
    assert take.values.tolist() == [[2, 1], [4, 3]]
    assert take.sample_rate_hz == 100
    with pytest.raises(ProjectError, match="line 2, column 3 holds 'yes'"):
        table(tmp_path, content)
    with pytest.raises(ProjectError, match="no column 'c'"):
        table(tmp_path, content, axes=("c",))


def test_uneven_times_are_delivered(tmp_path: Path) -> None:
    (take,) = table(tmp_path, "time_ms,x\n0,0\n8,1\n20,2\n30,3\n41,4\n50,5\n")
    assert take.times_s is not None
    assert take.times_s.tolist() == pytest.approx([0, 0.008, 0.02, 0.03, 0.041, 0.05])
    assert take.sample_rate_hz == 100
    (told,) = table(tmp_path, "time_ms,x\n0,0\n8,1\n20,2\n", sample_rate_hz=50)
    assert (told.sample_rate_hz, told.times_s) == (50, None)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n\n  \n", "is empty"),
        (b"x,y\n", "no rows"),
        (b"x,y\n1,2\n3\n", "line 3 has 1 columns"),
        (b"x,y\n1,2\n3,4,5\n", "line 3 has 3 columns, not 2"),
        (b"x,y\n1,2\n3,nan\n", "line 3 holds 'nan'"),
        (b"x,y\n1,2\n\n3,-inf\n5,6\n", "line 4 holds '-inf'"),
        (b"x,y\n1,1e400\n", "line 2 holds '1e400'"),
        (b"x,y\n1,two\n", "line 2, column 2 holds 'two'"),
        (b"x,y\n1,,\n", "line 2 has 1 columns"),
        (b"timestamp,x\n0,1\n10,2\n5,3\n", "line 4"),
        (b"timestamp,x\n7,1\n7,2\n", "line 3"),
        (b"timestamp,x\n0,1\n", "one row gives no sample rate"),
        (b"timestamp,x\n0,1\n-5,2\n", "does not rise"),
        (b"timestamp\n0\n1\n", "no column besides the time"),
        (b"x,\xb0C\n1,2\n", "byte 2 is not UTF-8"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not UTF-8"),
        (b"x\x00y\n1\n", "binary"),
        (b"\xff\xfe\x00", "not UTF-16"),
        (b"1," * 3000 + b"1\n", "3001 columns"),
    ],
)
def test_hostile_tables_are_refused_in_words(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(ProjectError, match=words) as caught:
        table(tmp_path, content)
    assert caught.value.hint
    assert "t.csv" in caught.value.message


# Edge Impulse


def acquisition(**changes: Any) -> dict[str, Any]:
    payload = {
        "device_type": "X",
        "interval_ms": 10,
        "sensors": [{"name": "x", "units": "g"}, {"name": "y", "units": "g"}],
        "values": [[1, 2], [3.5, 4]],
    }
    return {"protected": {}, "signature": "0", "payload": {**payload, **changes}}


def acquired(tmp_path: Path, document: Any, **options: Any) -> Imported:
    path = tmp_path / "Idle.json.5vn.json"
    path.write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
    (one,) = read(path, **options)
    return one


def test_edge_impulse_sensors(tmp_path: Path) -> None:
    one = acquired(tmp_path, acquisition())
    assert one.values.tolist() == [[1, 2], [3.5, 4]]
    assert (one.signature, one.sample_rate_hz, one.values.dtype) == ("all-zero", 100, np.float32)
    assert one.axes == (Axis("x", "g"), Axis("y", "g"))
    assert acquired(tmp_path, acquisition(), axes=("y",)).values.tolist() == [[2], [4]]
    assert acquired(tmp_path, acquisition(interval_ms=16.949152542372882)).sample_rate_hz == 59
    labels = [{"startIndex": 0, "endIndex": 0, "label": "a"}, {"startIndex": 5}, 7]
    assert acquired(tmp_path, acquisition(structured_labels=labels)).spans == (Span(0, 1, "a"),)


def test_edge_impulse_sound(tmp_path: Path) -> None:
    sensors = [{"name": "audio", "units": "wav"}]
    sound = {"sensors": sensors, "interval_ms": 0.0625}
    one = acquired(tmp_path, acquisition(values=[5, -6, 40000, -32768], **sound))
    assert one.values.dtype == np.int16
    assert one.values[:, 0].tolist() == [5, -6, 32767, -32768]
    assert (one.clipped, one.sample_rate_hz) == (1, 16000)
    scaled = acquired(tmp_path, acquisition(values=[[0.5], [-1.0]], **sound))
    assert scaled.values[:, 0].tolist() == [16384, -32768]


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"{",
        b"[" * 200_000,
        b'{"payload":' * 50_000,
        b"\xff\xff",
        b"[1, 2]",
        b'{"strokes": []}',
        {"payload": 5},
        acquisition(interval_ms=0),
        acquisition(interval_ms=-10),
        acquisition(interval_ms=None),
        acquisition(interval_ms="10"),
        acquisition(interval_ms=True),
        acquisition(interval_ms=float("nan")),
        acquisition(interval_ms=float("inf")),
        acquisition(sensors=[]),
        acquisition(sensors=[{"name": 5}, {}]),
        acquisition(sensors=[{"name": "x"}]),
        acquisition(sensors="xy"),
        acquisition(values=[]),
        acquisition(values=[[1, 2], [3]]),
        acquisition(values=[[1, 2], [3, "a"]]),
        acquisition(values=[[1, 2], [3, None]]),
        acquisition(values=[[1, 2], [3, float("inf")]]),
        acquisition(values=[[1, 2], [3, 1e300]]),
        acquisition(values=[[[1, 2]]]),
        acquisition(values=[{}, {}]),
        acquisition(values=[[1, 10**400]]),
    ],
)
def test_hostile_acquisitions_are_refused_in_words(tmp_path: Path, document: Any) -> None:
    with pytest.raises(ProjectError, match="Idle") as caught:
        acquired(tmp_path, document)
    assert caught.value.hint


@settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(content=st.binary(max_size=300), kind=st.sampled_from(["a.wav", "a.csv", "a.json"]))
def test_no_bytes_raise_anything_else(tmp_path: Path, content: bytes, kind: str) -> None:
    path = tmp_path / kind
    path.write_bytes(content)
    try:
        found = read(path)
    except ProjectError:
        return
    assert all(np.isfinite(one.values).all() and len(one.values) for one in found)


@settings(
    deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(content=st.text(alphabet='0123456789.,;-\n\t abtime_s"e', max_size=120))
def test_no_text_raises_anything_else(tmp_path: Path, content: str) -> None:
    try:
        found = table(tmp_path, content)
    except ProjectError:
        return
    assert all(np.isfinite(one.values).all() and len(one.values) for one in found)
