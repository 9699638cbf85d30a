"""Kinds of files and ways to read them: mappings of tables, Parquet, arrays, sound, strokes."""

import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from studio.errors import ProjectError
from studio.registry import find
from studio.types import Axis, Imported, ImportOptions, Span

KINDS = {
    ".csv": "csv",
    ".parquet": "parquet",
    ".npy": "numpy",
    ".npz": "numpy",
    ".json": "strokes",
}


def read(path: Path, **options: Any) -> list[Imported]:
    importer = find("importer", KINDS.get(path.suffix, "wav")).load()
    assert path.suffix in importer.suffixes
    found: list[Imported] = importer.read(path, ImportOptions(**options))
    return found


def table(tmp_path: Path, text: str, **options: Any) -> Imported:
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    (one,) = read(path, **options)
    return one


# Tables with a mapping


def test_a_column_of_labels_becomes_spans(tmp_path: Path) -> None:
    rows = ["t,x,act", "0,1,walk", "10,2,walk", "20,3,", "30,4,run fast", "40,5,walk"]
    one = table(tmp_path, "\n".join(rows), label_column="act", time_column="t", time_unit="ms")
    assert one.values.tolist() == [[1], [2], [3], [4], [5]]
    assert one.spans == (Span(0, 2, "walk"), Span(3, 4, "run fast"), Span(4, 5, "walk"))
    assert [axis.name for axis in one.axes] == ["x"]
    assert one.sample_rate_hz == 100
    by_number = table(tmp_path, "\n".join(rows), label_column="3", time_column="none")
    assert (by_number.spans, by_number.sample_rate_hz) == (one.spans, 0)
    assert [axis.name for axis in by_number.axes] == ["t", "x"]


@pytest.mark.parametrize(
    ("unit", "step", "rate"),
    [("s", 0.02, 50), ("ms", 20, 50), ("us", 500, 2000), ("ns", 5e5, 2e3)],
)
def test_the_unit_of_time_is_said(tmp_path: Path, unit: str, step: float, rate: float) -> None:
    text = "clock,x\n" + "".join(f"{7 + n * step!r},{n}\n" for n in range(20))
    one = table(tmp_path, text, time_column="clock", time_unit=unit)
    assert one.sample_rate_hz == pytest.approx(rate, rel=1e-6)


@pytest.mark.parametrize("label", ["walk; slow", '"walk; slow"', "walk;slow;on", '"walk\tslow"'])
def test_a_label_may_hold_another_delimiter(tmp_path: Path, label: str) -> None:
    text = f"timestamp,x,label\n0,1,{label}\n10,2,{label}\n20,3,{label}\n"
    found = table(tmp_path, text, label_column="label", sample_rate_hz=0)
    assert found.values[:, 0].tolist() == [1, 2, 3]
    assert [span.label for span in found.spans] == [label.strip('"')]


def test_delimiter_decimal_sign_and_header(tmp_path: Path) -> None:
    one = table(tmp_path, "x|y\n1,5|2\n", delimiter="|", decimal=",", sample_rate_hz=10)
    assert one.values.tolist() == [[1.5, 2]]
    dots = table(tmp_path, "x;y\n1.5;2\n", decimal=".", sample_rate_hz=10)
    assert dots.values.tolist() == [[1.5, 2]]
    numbers = table(tmp_path, "1,2\n3,4\n", header="yes", sample_rate_hz=10)
    assert numbers.values.tolist() == [[3, 4]]
    assert [axis.name for axis in numbers.axes] == ["1", "2"]
    with pytest.raises(ProjectError, match="holds 'x'"):
        table(tmp_path, "x,y\n3,4\n", header="no", sample_rate_hz=10)
    named = table(tmp_path, "0,7\n10,8\n", time_column="1", time_unit="ms", axes=("x",))
    assert (named.axes, named.sample_rate_hz) == ((Axis("x"),), 100)
    assert named.values.tolist() == [[7], [8]]


@pytest.mark.parametrize(
    "options", [{"label_column": "nope"}, {"time_column": "9"}, {"label_column": "0"}]
)
def test_a_column_that_is_not_there_is_said(tmp_path: Path, options: dict[str, str]) -> None:
    with pytest.raises(ProjectError, match="no column") as caught:
        table(tmp_path, "t,x\n0,1\n1,2\n", **options)
    assert "t, x" in caught.value.hint


def test_what_is_called_like_a_time_need_not_be_one(tmp_path: Path) -> None:
    one = table(tmp_path, "T1,T2\n20,1\n19,2\n", sample_rate_hz=10)
    assert [axis.name for axis in one.axes] == ["T1", "T2"]
    listed = table(tmp_path, "t,x\n20,1\n19,2\n", listed_axes=2, listed_rate_hz=10)
    assert [axis.name for axis in listed.axes] == ["t", "x"]


def test_names_with_commas_in_quotes(tmp_path: Path) -> None:
    one = table(tmp_path, '"x, left","y"\n"1",2\n', sample_rate_hz=10)
    assert [axis.name for axis in one.axes] == ["x, left", "y"]
    assert one.values.tolist() == [[1, 2]]


# Parquet


def stored(tmp_path: Path, columns: dict[str, Any], **options: Any) -> Imported:
    parquet.write_table(pyarrow.table(columns), tmp_path / "t.parquet")
    (one,) = read(tmp_path / "t.parquet", **options)
    return one


def test_parquet_with_arrow_times_and_labels(tmp_path: Path) -> None:
    when = pyarrow.array(np.arange(4) * 20_000 + 1_700_000_000_000_000, pyarrow.timestamp("us"))
    columns = {
        "y (g)": pyarrow.array([1.5, 2, 3, 4], pyarrow.float64()),
        "when": when,
        "act": ["a", "a", None, "b"],
        "n": pyarrow.array([1, 2, 3, 4], pyarrow.int32()),
    }
    one = stored(tmp_path, columns, label_column="act")
    assert one.sample_rate_hz == 50
    assert one.axes == (Axis("y", "g"), Axis("n"))
    assert one.values.tolist() == [[1.5, 1], [2, 2], [3, 3], [4, 4]]
    assert one.values.dtype == np.float32
    assert one.spans == (Span(0, 2, "a"), Span(3, 4, "b"))


def test_parquet_of_16_bits_stays_so(tmp_path: Path) -> None:
    sound = pyarrow.array(np.array([1, -2], np.int16))
    assert stored(tmp_path, {"audio": sound}).values.dtype == np.int16
    mixed = stored(tmp_path, {"a": sound, "b": pyarrow.array([0.5, 1.5])})
    assert mixed.values.dtype == np.float32


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"x": ["a", "b"]}, "column x holds no numbers"),
        ({"x": [1.0, None]}, "column x has 1 empty"),
        ({"x": [1.0, float("nan")]}, "column x is not a finite number in row 2"),
        ({"x": pyarrow.array([], pyarrow.float32())}, "no rows"),
        ({"timestamp": [3.0, 1.0], "x": [1.0, 2.0]}, "time does not rise at row 2"),
        ({"timestamp": [None, 1.0], "x": [1.0, 2.0]}, "column of times has empty"),
    ],
)
def test_odd_parquet_is_refused_in_words(
    tmp_path: Path, columns: dict[str, Any], words: str
) -> None:
    with pytest.raises(ProjectError, match=words):
        stored(tmp_path, columns)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200))
def test_parquet_that_is_none(tmp_path_factory: pytest.TempPathFactory, junk: bytes) -> None:
    path = tmp_path_factory.mktemp("p") / "t.parquet"
    path.write_bytes(b"PAR1" + junk + b"PAR1")
    with pytest.raises(ProjectError, match=r"t\.parquet"):
        read(path)


# Arrays


def test_arrays_and_what_an_npz_says(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(6, dtype=np.float64).reshape(3, 2))
    (one,) = read(tmp_path / "a.npy", sample_rate_hz=20, axes=("x", "y"))
    assert (one.values.dtype, one.axes) == (np.float32, (Axis("x"), Axis("y")))
    np.save(tmp_path / "b.npy", np.arange(5, dtype=">i2"))
    (sound,) = read(tmp_path / "b.npy", sample_rate_hz=8000)
    assert sound.values.dtype == np.dtype("int16")
    assert sound.values[:, 0].tolist() == [0, 1, 2, 3, 4]
    np.save(tmp_path / "f.npy", np.asfortranarray(np.arange(6, dtype=np.float32).reshape(3, 2)))
    assert read(tmp_path / "f.npy")[0].values.tolist() == [[0, 1], [2, 3], [4, 5]]
    np.savez(
        tmp_path / "c.npz",
        first=np.ones((3, 2)),
        second=np.zeros((2, 2)),
        sample_rate_hz=62.5,
        axes=np.array(["x", "y"]),
        units=np.array(["g", ""]),
    )
    takes = read(tmp_path / "c.npz")
    assert [take.take for take in takes] == ["first", "second"]
    assert {take.sample_rate_hz for take in takes} == {62.5}
    assert takes[0].axes == (Axis("x", "g"), Axis("y"))


class Evil:
    """An object whose unpickling would write a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return (Path.touch, (self.path,))


def test_pickles_are_never_loaded(tmp_path: Path) -> None:
    objects = np.empty(1, object)
    objects[0] = Evil(tmp_path / "ran")
    np.save(tmp_path / "a.npy", objects, allow_pickle=True)
    np.savez(tmp_path / "b.npz", x=objects)
    (tmp_path / "c.npy").write_bytes(pickle.dumps(Evil(tmp_path / "ran")))
    for name in ("a.npy", "b.npz", "c.npy"):
        with pytest.raises(ProjectError, match=name):
            read(tmp_path / name)
    assert not (tmp_path / "ran").exists()


def test_arrays_that_promise_too_much(tmp_path: Path) -> None:
    head = tmp_path / "a.npy"
    with head.open("wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": "<f4", "fortran_order": False, "shape": (1 << 40, 8)}
        )
    with pytest.raises(ProjectError, match="its end is missing"):
        read(head)
    with zipfile.ZipFile(tmp_path / "b.npz", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("x.npy", head.read_bytes())
    with pytest.raises(ProjectError, match=r"b\.npz"):
        read(tmp_path / "b.npz")
    for shape in ((2, 2, 2), (0, 3), ()):
        np.save(tmp_path / "c.npy", np.zeros(shape))
        with pytest.raises(ProjectError, match=r"c\.npy"):
            read(tmp_path / "c.npy")
    np.save(tmp_path / "d.npy", np.array([1.0, np.inf]))
    with pytest.raises(ProjectError, match="reading 1 of d"):
        read(tmp_path / "d.npy")


# Sound


def test_all_channels_become_axes(tmp_path: Path) -> None:
    values = np.arange(30, dtype=np.int16).reshape(10, 3)
    for name in ("a.wav", "a.flac"):
        soundfile.write(tmp_path / name, values, 16000)
        (one,) = read(tmp_path / name, channels="all")
        assert np.array_equal(one.values, values)
        assert [axis.name for axis in one.axes] == ["ch1", "ch2", "ch3"]
        assert one.notes == ()
        (named,) = read(tmp_path / name, channels="all", axes=("l", "m", "r"))
        assert named.axes == (Axis("l", "wav"), Axis("m", "wav"), Axis("r", "wav"))
        (first,) = read(tmp_path / name)
        assert first.values[:, 0].tolist() == values[:, 0].tolist()
        assert first.notes == ("the first of 3 channels was taken",)


def test_mp3_and_ogg_sound_like_what_was_written(tmp_path: Path) -> None:
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    for name, form in (("a.mp3", "MP3"), ("a.ogg", "OGG")):
        soundfile.write(tmp_path / name, tone, 16000, format=form)
        (one,) = read(tmp_path / name)
        assert one.sample_rate_hz == 16000
        spectrum = np.abs(np.fft.rfft(one.values[2000:10000, 0]))
        assert np.argmax(spectrum) == 220  # bins of 2 Hz
        assert np.abs(one.values).max() == pytest.approx(16384, rel=0.1)


# Strokes


def test_strokes_keep_their_own_labels(tmp_path: Path) -> None:
    points = [{"x": 0.5, "y": -1}, {"x": 1, "y": 2}]
    strokes = [{"index": 0, "label": "7", "strokePoints": points}] * 12
    (tmp_path / "a.json").write_text(json.dumps({"strokes": strokes}))
    assert find("importer", "strokes").load().recognises(tmp_path / "a.json")
    found = read(tmp_path / "a.json", sample_rate_hz=50)
    assert [(one.take, one.label) for one in found[:2]] == [("01", "7"), ("02", "7")]
    assert found[0].values.tolist() == [[0.5, -1], [1, 2]]
    for bad in ([], [{"strokePoints": []}], [{"strokePoints": [{"x": 1}]}], [5]):
        (tmp_path / "a.json").write_text(json.dumps({"strokes": bad}))
        with pytest.raises(ProjectError, match=r"a\.json"):
            read(tmp_path / "a.json")
