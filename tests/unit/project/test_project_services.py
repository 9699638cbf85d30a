"""Import, new, info and split as the command line and the window use them."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from studio.cli import frame
from studio.errors import ConfigError, ProjectError
from studio.events import Quiet
from studio.project import Naming, Project, final_label, origin
from studio.project.bulk import Bulk
from studio.services import projects
from studio.types import ImportOptions

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a verb with --json and return its object; its exit code must be the one expected."""

    def run(*arguments: object, code: int = 0) -> dict[str, Any]:
        assert frame.run([*map(str, arguments), "--json"]) == code
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return json.loads(captured.out)

    return run


def write_csv(path: Path, *, seed: int = 0, rows: int = 50) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.random.default_rng(seed).normal(size=(rows, 2))
    lines = [f"{10 * n},{a:.6f},{b:.6f}" for n, (a, b) in enumerate(values)]
    path.write_text("\n".join(["timestamp,x,y", *lines]))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(10):
        write_csv(tmp_path / "data" / "up" / f"{number}.csv", seed=number)
        write_csv(tmp_path / "data" / "down" / f"{number}.csv", seed=100 + number)
    return tmp_path / "data"


@pytest.mark.parametrize(
    ("file", "naming", "expected"),
    [
        ("data/a.b.csv", Naming(), ("", "a", "", "")),
        ("data/yes/a.csv", Naming(), ("yes", "a", "", "")),
        ("data/training/yes.1.csv", Naming(), ("", "yes", "", "train")),
        ("data/Test/yes/1.csv", Naming(), ("yes", "1", "", "test")),
        ("data/yes/val/1.csv", Naming(), ("yes", "1", "", "validation")),
        ("data/yes/test/1.csv", Naming(split="none"), ("yes", "1", "", "")),
        ("data/yes/test/1.csv", Naming(split="train"), ("yes", "1", "", "train")),
        ("data/0_ann_3.wav", Naming(pattern="{label}_{group}_{n}"), ("0", "0_ann_3", "ann", "")),
        ("data/ann/yes/3.wav", Naming(pattern="{group}/{label}/{n}"), ("yes", "3", "ann", "")),
        ("data/yes/x.wav", Naming(pattern="{group}"), ("yes", "x", "x", "")),
        ("data/yes/x.wav", Naming(label="no", group="g"), ("no", "x", "g", "")),
        ("data/yes/x.wav", Naming(group_by="folder"), ("yes", "x", "yes", "")),
        ("data/yes/x.wav", Naming(group_by="file"), ("yes", "x", "yes/x", "")),
        ("data/(1)+_ann.wav", Naming(pattern="(1)+_{group}"), ("", "(1)+_ann", "ann", "")),
    ],
)
def test_names_and_places(
    tmp_path: Path, file: str, naming: Naming, expected: tuple[str, ...]
) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    found = origin(path, tmp_path / "data", naming, None)
    assert (found.label, found.fallback, found.group, found.split) == expected


@pytest.mark.parametrize("pattern", ["{n}", "{label", "{label}{label}", "label", "{a b}_{label}"])
def test_impossible_patterns_are_refused(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(ConfigError):
        origin(tmp_path / "a.wav", tmp_path, Naming(pattern=pattern), None)


def test_labels_are_corrected_then_merged() -> None:
    naming = Naming(keep=("Idle", "up"), rest="other", relabel={"Idel": "Idle", "up": "down"})
    assert [final_label(label, naming) for label in ("Idel", "Idle", "up", "x")] == [
        "Idle",
        "Idle",
        "other",
        "other",
    ]


def test_folders_become_labels_and_a_second_import_adds_nothing(
    tmp_path: Path, folder: Path, cli: Run
) -> None:
    project = tmp_path / "p"
    made = cli("new", project, "--template", "motion", "--window-ms", 400)
    assert made["pipeline"]["sample_rate_hz"] == 0
    result = cli("import", project, folder)
    assert (result["recordings"], result["samples"], result["skipped"]) == (20, 20, 0)
    split = {"train": 6, "validation": 2, "test": 2}
    assert result["labels"] == {"down": split, "up": split}
    assert result["seconds"] == pytest.approx(10)
    again = cli("import", project, folder / "up")
    assert (again["recordings"], again["skipped"]) == (0, 10)
    info = cli("info", project)
    assert (info["recordings"], info["groups"], info["labels"]) == (20, 20, result["labels"])
    assert [axis["name"] for axis in info["pipeline"]["axes"]] == ["x", "y"]
    assert (info["pipeline"]["sample_rate_hz"], info["pipeline"]["dtype"]) == (100, "float32")
    assert info["warnings"] == []


def test_bad_files_are_listed_and_the_rest_comes_in(
    tmp_path: Path, folder: Path, cli: Run
) -> None:
    (folder / "up" / "bad.csv").write_text("timestamp,x,y\n0,1,2\n10,nan,3\n")
    (folder / "up" / "empty.wav").write_bytes(b"")
    (folder / "up" / "deep.json").write_text("[" * 100_000)
    (folder / "up" / "notes.docx").write_bytes(b"x")
    (folder / "up" / ".hidden.csv").write_text("x")
    write_csv(folder / "up" / "other.csv").write_text("timestamp,a,b\n0,1,2\n10,3,4\n")
    cli("new", tmp_path / "p")
    result = cli("import", tmp_path / "p", folder, code=1)
    assert result["recordings"] == 20
    failed = {Path(row["file"]).name: row["message"] for row in result["failed"]}
    assert set(failed) == {"bad.csv", "empty.wav", "deep.json", "other.csv"}
    assert "line 3 holds 'nan'" in failed["bad.csv"]
    assert "axes are a, b; the project's are x, y" in failed["other.csv"]
    only_bad = cli("import", tmp_path / "p", folder / "up" / "bad.csv", code=2)
    assert "line 3" in only_bad["error"]
    assert "no file" in cli("import", tmp_path / "p", folder / "nowhere", code=2)["error"]
    assert "no kind" in cli("import", tmp_path / "p", folder / "up/notes.docx", code=2)["error"]


def test_rates_change_only_on_request(tmp_path: Path, cli: Run) -> None:
    seconds = np.arange(4000) / 8000
    tone = 0.5 * np.sin(2 * np.pi * 440 * seconds)
    soundfile.write(tmp_path / "yes.1.wav", tone, 8000)
    cli("new", tmp_path / "p", "--template", "keywords")
    refused = cli("import", tmp_path / "p", tmp_path / "yes.1.wav", code=2)
    assert "8000 Hz and the project wants 16000 Hz" in refused["error"]
    assert "--resample 16000" in refused["error"] + refused["hint"]
    done = cli("import", tmp_path / "p", tmp_path / "yes.1.wav", "--resample", 16000)
    assert any("8000 to 16000" in note for note in done["notes"])
    with Project.open(tmp_path / "p") as project:
        (recording,) = project.recordings()
        assert (recording.readings, recording.sample_rate_hz) == (8000, 16000)
        expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(8000) / 16000) * 32768
        middle = slice(500, 7500)  # a tone that begins abruptly rings at its ends
        found = project.read(recording.id)[middle, 0]
        assert np.abs(found - expected[middle]).max() < 40
    cli("new", tmp_path / "q", "--template", "keywords", "--rate", 8000)
    assert cli("import", tmp_path / "q", tmp_path / "yes.1.wav")["recordings"] == 1


def test_uneven_times_are_made_regular(tmp_path: Path, cli: Run) -> None:
    rng = np.random.default_rng(0)
    times = np.cumsum(rng.uniform(6, 14, 301))
    rows = "\n".join(f"{t:.3f},{3 * t:.6f}" for t in times)
    (tmp_path / "line.csv").write_text("time_ms,x\n" + rows)
    cli("new", tmp_path / "p", "--rate", 100)
    cli("import", tmp_path / "p", tmp_path / "line.csv")
    with Project.open(tmp_path / "p") as project:
        (recording,) = project.recordings()
        assert recording.sample_rate_hz == 100
        values = project.read(recording.id)[:, 0]
        expected = 3 * (times[0] + 10 * np.arange(len(values)))
        assert np.allclose(values, expected, atol=0.01)  # times have three decimals


def test_keep_that_fits_nothing_is_refused(tmp_path: Path, folder: Path, cli: Run) -> None:
    cli("new", tmp_path / "p")
    refused = cli("import", tmp_path / "p", folder, "--keep", "zero,one", code=2)
    assert "down, up" in refused["hint"]
    result = cli("import", tmp_path / "p", folder, "--keep", "up", "--rest", "others")
    assert set(result["labels"]) == {"up", "others"}


def test_label_list_gives_labels_spans_and_splits(tmp_path: Path, cli: Run) -> None:
    data = tmp_path / "data"
    for number in range(3):
        write_csv(data / f"r{number}.csv", seed=number)
    spans = [{"startIndex": 0, "endIndex": 9, "label": "a"}]
    spans.append({"startIndex": 10, "endIndex": 99, "label": "b"})
    files = [
        {"path": "r0.csv", "category": "testing", "label": {"type": "label", "label": "up"}},
        {"path": "r1.csv", "category": "split", "label": {"type": "multi-label", "labels": spans}},
        {"path": "r2.csv", "category": "training", "label": {"type": "unlabeled"}},
        {"path": "../../../etc/passwd", "label": 5},
        "nonsense",
    ]
    (data / "info.labels").write_text(json.dumps({"version": 1, "files": files}))
    cli("new", tmp_path / "p")
    assert cli("import", tmp_path / "p", data)["recordings"] == 3
    with Project.open(tmp_path / "p") as project:
        found = [(s.start, s.stop, s.label) for s in project.samples()]
        assert found == [(0, 50, "up"), (0, 10, "a"), (10, 50, "b")]
        assert project.samples()[0].split == "test"


@pytest.mark.parametrize("content", [b"", b"[[[", b'{"files": 5}', b"\xff", b"[" * 100_000])
def test_damaged_label_lists_are_passed_over(tmp_path: Path, folder: Path, content: bytes) -> None:
    (folder / "info.labels").write_bytes(content)
    projects.new(tmp_path / "p", report=Quiet())
    result = projects.import_data(tmp_path / "p", [folder], report=Quiet())
    assert (result["recordings"], set(result["labels"])) == (20, {"up", "down"})


def test_split_by_command(tmp_path: Path, cli: Run) -> None:
    for number, who in enumerate(["ann", "bob", "cem", "dua"]):
        for label in ("yes", "no"):
            for take in range(3):
                name = tmp_path / "data" / f"{label}_{who}_{take}.csv"
                write_csv(name, seed=number * 10 + take + 100 * (label == "no"))
    cli("new", tmp_path / "p")
    cli("import", tmp_path / "p", tmp_path / "data", "--pattern", "{label}_{group}_{n}")
    info = cli("split", tmp_path / "p", "--test-groups", "cem")
    assert info["labels"]["yes"] == {"train": 6, "validation": 3, "test": 3}
    with Project.open(tmp_path / "p") as project:
        assert {sample.group for sample in project.samples(split="test")} == {"cem"}
    assert (
        "no group 'eva'" in cli("split", tmp_path / "p", "--test-groups", "eva", code=2)["error"]
    )
    assert cli("split", tmp_path / "p", "--fractions", "1,2", code=2)["hint"]
    all_train = cli("split", tmp_path / "p", "--fractions", "1,0,0")
    assert all_train["labels"]["yes"]["train"] == 12
    assert any("no test data" in warning for warning in all_train["warnings"])


def test_warnings_name_what_is_wrong(tmp_path: Path, folder: Path, cli: Run) -> None:
    same = folder / "training" / "up" / "copy.csv"
    write_csv(same, seed=1)
    write_csv(folder / "testing" / "up" / "copy.csv", seed=1)
    write_csv(folder / "rare" / "one.csv", seed=77)
    cli("new", tmp_path / "p", "--window-ms", 900)
    cli("import", tmp_path / "p", folder)
    warnings = "\n".join(cli("info", tmp_path / "p")["warnings"])
    assert "same content as one in another split" in warnings or "several splits" in warnings
    assert "Label rare has no validation and no test data: it has 1 group only" in warnings
    assert "shorter than the window of 900 ms" in warnings


def test_new_checks_its_settings(tmp_path: Path, cli: Run) -> None:
    for arguments in (
        ["--window-ms", 0],
        ["--stride-ms", -5],
        ["--rate", "nan"],
        ["--block", "nonsense"],
        ["--param", "num_cepstral=5"],
        ["--template", "keywords", "--param", "nonsense=5"],
        ["--template", "keywords", "--param", "num_cepstral=9999"],
    ):
        assert cli("new", tmp_path / "p", *arguments, code=2)["hint"]
        assert not (tmp_path / "p").exists()
    made = cli(
        *("new", tmp_path / "p", "--template", "keywords", "--param", "num_cepstral=10"),
        *("--window-ms", 750, "--rate", 8000, "--axes", "audio"),
    )
    pipeline = made["pipeline"]
    assert pipeline["block_params"] == {"num_cepstral": 10}
    assert (pipeline["window_ms"], pipeline["sample_rate_hz"]) == (750, 8000)
    assert pipeline["block_version"] >= 1
    changed = projects.set_pipeline(tmp_path / "p", {"params": {"num_filters": 20}}, Quiet())
    assert changed["pipeline"]["block_params"] == {"num_cepstral": 10, "num_filters": 20}


def test_small_files_are_committed_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data" / "a"
    data.mkdir(parents=True)
    for number in range(600):
        (data / f"{number}.csv").write_text(f"x\n{number}\n0\n")
    projects.new(tmp_path / "p", report=Quiet())
    commits = []
    add = Bulk.add

    def counted(bulk: Bulk, *given: Any, **named: Any) -> Any:
        commits.append(1)
        return add(bulk, *given, **named)

    monkeypatch.setattr(Bulk, "add", counted)
    result = projects.import_data(
        tmp_path / "p", [data], options=ImportOptions(50.0), report=Quiet()
    )
    assert result["recordings"] == 600
    assert 1 <= len(commits) <= 4
    with Project.open(tmp_path / "p") as project:
        assert [entry.sentence for entry in project.history.entries()] == [
            "Imported 600 recordings"
        ]


def test_text_for_people_is_a_table(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert frame.run(["new", str(tmp_path / "p")]) == 0
    assert frame.run(["import", str(tmp_path / "p"), str(folder)]) == 0
    assert frame.run(["info", str(tmp_path / "p")]) == 0
    out = capsys.readouterr().out
    assert "Imported 20 recordings" in out
    assert out.count("up                6          2          2") == 0
    rows = [line.split() for line in out.splitlines()]
    assert ["up", "6", "2", "2"] in rows
    assert ["down", "6", "2", "2"] in rows


def test_links_are_not_followed_out_of_a_folder(tmp_path: Path, folder: Path) -> None:
    try:
        os.symlink(folder, folder / "up" / "loop", target_is_directory=True)
    except OSError:
        pytest.skip("this system does not let a program make links")
    projects.new(tmp_path / "p", report=Quiet())
    assert projects.import_data(tmp_path / "p", [folder], report=Quiet())["recordings"] == 20


def test_a_cancelled_import_keeps_whole_batches_only(tmp_path: Path, folder: Path) -> None:
    class Stopping(Quiet):
        def progress(self, fraction: float, text: str) -> None:
            if fraction > 0.5:
                raise ProjectError("stop")

    projects.new(tmp_path / "p", report=Quiet())
    with pytest.raises(ProjectError, match="stop"):
        projects.import_data(tmp_path / "p", [folder], report=Stopping())
    with Project.open(tmp_path / "p") as project:
        assert project.notices == ()
        for recording in project.recordings():
            project.read(recording.id)
