"""One strange file among good ones costs itself, never the others."""

import json
import os
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.events import Quiet
from studio.project import Project
from studio.services import imports

GOOD = 3
HUGE = "1" + "0" * 400


def table(path: Path, rows: str = "") -> None:
    rows = rows or "".join(f"{10 * k},{k}\n" for k in range(20))
    path.write_text(f"timestamp,x\n{rows}", encoding="utf-8")


def acquisition(folder: Path, **changes: object) -> None:
    payload = {"device_type": "T", "interval_ms": 10, "values": [1, 2, 3, 4.5]}
    payload |= {"sensors": [{"name": "x", "units": "N/A"}], **changes}
    head = {"protected": {"ver": "v1", "alg": "none"}, "signature": "0" * 64}
    text = json.dumps({**head, "payload": payload})
    (folder / "bad.json").write_text(text.replace('"@"', HUGE))


def listed(folder: Path, *, label: str = "a", **metadata: str) -> None:
    row = {"path": "good0.csv", "category": "training", "label": {"type": "label", "label": label}}
    text = json.dumps({"version": 1, "files": [{**row, "metadata": metadata}]})
    (folder / "info.labels").write_text(text)


def sound(folder: Path, rate: int) -> None:
    data = b"\0\1" * 100
    form = struct.pack("<HHIIHH", 1, 1, rate, (2 * rate) % (1 << 32), 2, 16)
    body = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(data))
    (folder / "bad.wav").write_bytes(b"RIFF" + struct.pack("<I", 36 + len(data)) + body + data)


CASES: dict[str, Callable[[Path], object]] = {
    "an interval beyond all numbers": lambda d: acquisition(d, interval_ms="@"),
    "a name that is no text": lambda d: acquisition(d, device_name="\ud800"),
    "a name without end": lambda d: acquisition(d, device_name="x" * 100_001),
    "a label nobody sees": lambda d: acquisition(
        d, structured_labels=[{"startIndex": 0, "endIndex": 1, "label": "\u200b"}]
    ),
    "a cell without end": lambda d: table(d / "bad.csv", '0,"' + "1" * 200_000 + "\n10,2\n"),
    "times beyond all numbers": lambda d: table(d / "bad.csv", "0,1\n1e308,2\n"),
    "times that nearly stand": lambda d: table(d / "bad.csv", "0,1\n1e-300,2\n"),
    "a rate beyond all converters": lambda d: sound(d, 4_000_000_000),
    "a listed label nobody sees": lambda d: listed(d, label="\u200b"),
    "a listed key that is empty": lambda d: listed(d, **{"": "v"}),
    "a listed value without end": lambda d: listed(d, k="v" * 100_001),
    "a listed gap of ages": lambda d: listed(
        d, **{"tinyml.name": "n", "tinyml.gaps": "[[5, " + "9" * 30 + "]]"}
    ),
    "a listed rate beyond all": lambda d: listed(d, **{"tinyml.rate_hz": "1e308"}),
}
if sys.platform != "win32":
    CASES["a link to nowhere"] = lambda d: os.symlink(d / "nowhere.wav", d / "bad.wav")
    CASES["a link to itself"] = lambda d: os.symlink(d / "bad.wav", d / "bad.wav")


@pytest.mark.parametrize("case", CASES)
def test_the_others_come_in(tmp_path, case):
    data = tmp_path / "data"
    data.mkdir()
    for number in range(GOOD):
        table(data / f"good{number}.csv", "".join(f"{10 * k},{k + number}\n" for k in range(20)))
    CASES[case](data)
    Project.create(tmp_path / "p").close()
    found = imports.import_data(tmp_path / "p", [data], report=Quiet())
    assert found["recordings"] >= GOOD - 1
    (failed,) = found["failed"]
    assert Path(failed["file"]).stem in ("bad", "good0")
    assert failed["message"]
    with Project.open(tmp_path / "p") as project:
        assert len(project.recordings()) == found["recordings"]
        assert project.notices == ()
