"""One file's features, from each kind of file, and what is refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from studio.cli import frame
from studio.errors import StudioError
from studio.events import Quiet
from studio.services.features import Request, features_of_file

RNG = np.random.default_rng(2)
SOUND = RNG.normal(0, 2000, 16000).astype(np.int16)
MOTION = RNG.normal(0, 1, (125, 3)).astype(np.float32)


def _features(
    tmp_path: Path, block: str, file: Path, *options: str, rate: float = 0.0, axes: str = ""
) -> tuple[dict[str, Any], np.ndarray[Any, Any]]:
    request = Request(block, options, file, rate, tuple(axes.split(",")) if axes else ())
    result = features_of_file(request, tmp_path / "f.npy", report=Quiet())
    return result, np.load(tmp_path / "f.npy")


def test_sound_files_and_arrays_give_the_same_features(tmp_path: Path) -> None:
    for name in ("a.wav", "a.flac"):
        soundfile.write(tmp_path / name, SOUND, 16000, subtype="PCM_16")
    np.save(tmp_path / "a.npy", SOUND)
    result, wav = _features(tmp_path, "audio_mfcc", tmp_path / "a.wav")
    assert result == {
        "block": "audio_mfcc",
        "version": 4,
        "output_shape": [50, 13],
        "features": 650,
        "output": str(tmp_path / "f.npy"),
    }
    assert wav.shape == (50, 13)
    assert wav.dtype == np.float32
    _, flac = _features(tmp_path, "audio_mfcc", tmp_path / "a.flac")
    _, npy = _features(tmp_path, "audio_mfcc", tmp_path / "a.npy", rate=16000)
    assert wav.tobytes() == flac.tobytes() == npy.tobytes()


def test_a_table_without_header(tmp_path: Path) -> None:
    lines = [",".join(repr(float(value)) for value in row) for row in MOTION]
    (tmp_path / "m.csv").write_text("\n".join(lines) + "\n")
    np.save(tmp_path / "m.npy", MOTION)
    result, table = _features(
        tmp_path, "spectral_analysis", tmp_path / "m.csv", rate=62.5, axes="x,y,z"
    )
    assert result["features"] == 39
    _, array = _features(tmp_path, "spectral_analysis", tmp_path / "m.npy", rate=62.5)
    assert table.tobytes() == array.tobytes()


@pytest.mark.parametrize(
    ("name", "block", "options", "rate", "axes", "words"),
    [
        ("m.npy", "spectral_analysis", (), 0.0, "", "rate"),
        ("m.npy", "spectral_analysis", (), 62.5, "x,y", "2 axes"),
        ("m.npy", "spectral_analysis", ("fft_length=128",), 62.5, "", "125 readings"),
        ("m.npy", "spectral_analysis", ("fft_length",), 62.5, "", "fft_length"),
        ("m.npy", "nothing", (), 62.5, "", "nothing"),
        ("m.npy", "audio_mfcc", (), 62.5, "", "3 axes"),
        ("empty.npy", "audio_mfcc", (), 62.5, "", "shape"),
        ("cube.npy", "audio_mfcc", (), 62.5, "", "shape"),
        ("torn.npy", "audio_mfcc", (), 62.5, "", "torn.npy"),
        ("text.wav", "audio_mfcc", (), 0.0, "", "text.wav"),
        ("text.doc", "audio_mfcc", (), 0.0, "", "text.doc"),
        ("missing.npy", "audio_mfcc", (), 8000.0, "", "missing.npy"),
        ("missing.wav", "audio_mfcc", (), 0.0, "", "missing.wav"),
        ("takes.csv", "spectral_analysis", (), 62.5, "x,y,z", "2 takes"),
        ("long.npy", "audio_mfcc", (), 16000.0, "", "frames"),
    ],
)
def test_refusals(
    tmp_path: Path,
    name: str,
    block: str,
    options: tuple[str, ...],
    rate: float,
    axes: str,
    words: str,
) -> None:
    np.save(tmp_path / "m.npy", MOTION)
    np.save(tmp_path / "empty.npy", MOTION[:0])
    np.save(tmp_path / "cube.npy", np.zeros((2, 2, 2)))
    np.save(tmp_path / "long.npy", np.zeros(400000, np.int16))
    (tmp_path / "torn.npy").write_bytes((tmp_path / "m.npy").read_bytes()[:300])
    (tmp_path / "text.wav").write_text("not a sound")
    (tmp_path / "text.doc").write_text("not a sound")
    (tmp_path / "takes.csv").write_text("1,2,3\n4,5,6\n\n1,2,3\n4,5,6\n")
    with pytest.raises(StudioError) as caught:
        _features(tmp_path, block, tmp_path / name, *options, rate=rate, axes=axes)
    assert words in caught.value.message
    assert caught.value.hint


def test_what_does_not_fit_says_that_the_file_is_one_window(tmp_path: Path) -> None:
    np.save(tmp_path / "short.npy", np.zeros(100, np.int16))
    with pytest.raises(StudioError, match="whole file, 100 readings"):
        _features(tmp_path, "audio_mfcc", tmp_path / "short.npy", rate=16000)


def test_the_verb(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save(tmp_path / "m.npy", MOTION)
    argv = ["features", "--block", "spectral_analysis", "--param", "fft-length=64", "--json"]
    argv += ["--input", str(tmp_path / "m.npy"), "--rate", "62.5", "--axes", "a, b,c"]
    assert frame.run([*argv, "--output", str(tmp_path / "f.npy")]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["output_shape"] == [111]
    assert np.load(tmp_path / "f.npy").shape == (111,)
