"""The budget: estimates against what builds and the emulator measured, changes, a real build."""

import json
from pathlib import Path

import pytest
from pipeline_projects import make_project

from studio.errors import ConfigError
from studio.events import Quiet
from studio.project import Project
from studio.services import budget, projects

MEASURED = {
    # firmware built and run by `estimate` for the bundled examples: RAM, flash, signal, model ms
    ("motion", "virtual-cortex-m4"): (21052, 24850, 1.628, 0.202),
    ("motion", "virtual-cortex-m0plus"): (21340, 29828, 25.33, 1.088),
    ("motion", "virtual-cortex-m33"): (21052, 24778, 0.6456, 0.0808),
    ("motion", "virtual-cortex-m7"): (21052, 24610, 0.2829, 0.0383),
    ("keywords", "virtual-cortex-m4"): (59988, 37354, 25.30, 33.47),
    ("keywords", "virtual-cortex-m0plus"): (60476, 41858, 530.6, 56.63),
    ("keywords", "virtual-cortex-m33"): (59988, 37354, 10.10, 13.39),
    ("keywords", "virtual-cortex-m7"): (59988, 37626, 4.367, 5.879),
}


@pytest.mark.parametrize("template", ["motion", "keywords"])
def test_estimates_are_close_to_what_was_measured(
    tmp_path: Path, studio_home: Path, template: str
) -> None:
    path = make_project(tmp_path, template)
    for (name, board), (ram, flash, signal_ms, model_ms) in MEASURED.items():
        if name != template:
            continue
        found = budget.budget(path, changes={"board": board})
        assert found["ram"]["estimated"]
        assert found["latency"]["estimated"]
        assert found["ram"]["used_bytes"] == pytest.approx(ram, rel=0.03), board
        assert found["flash"]["used_bytes"] == pytest.approx(flash, rel=0.06), board
        times = {row["name"]: row["ms"] for row in found["parts"]["latency"]}
        assert times["signal"] == pytest.approx(signal_ms, rel=0.2), board
        assert times["model"] == pytest.approx(model_ms, rel=0.05), board


def test_changes_are_looked_at_and_not_saved(tmp_path: Path, studio_home: Path) -> None:
    path = make_project(tmp_path, "motion")
    before = budget.budget(path)
    after = budget.budget(path, changes={"window_ms": 4000, "params": {"fft_length": 64}})
    assert after["ram"]["used_bytes"] > before["ram"]["used_bytes"] + 2000
    assert after["features"] == 6 * (5 + 32)
    assert after["latency"]["used_ms"] > before["latency"]["used_ms"]
    assert budget.budget(path) == before
    for name, key in (("ram", "bytes"), ("flash", "bytes"), ("latency", "ms")):
        total = sum(row[key] for row in after["parts"][name])
        used = "used_ms" if name == "latency" else "used_bytes"
        assert total == pytest.approx(after[name][used])
    with pytest.raises(ConfigError, match="FFT needs 4096"):
        budget.budget(path, changes={"params": {"fft_length": 4096}})


def test_an_unfinished_pipeline_has_a_budget_as_well(tmp_path: Path, studio_home: Path) -> None:
    projects.new(tmp_path / "blank", settings={"board": "virtual-cortex-m4"}, report=Quiet())
    found = budget.budget(tmp_path / "blank")
    assert found["features"] == 0
    assert found["ram"]["limit_bytes"] == 262144
    assert "choose one" in found["source"]


def test_a_value_can_be_set_back_to_its_default(tmp_path: Path, studio_home: Path) -> None:
    path = make_project(tmp_path, "motion")
    projects.set_pipeline(path, {"params": {"fft_length": 32}, "threshold": 0.8}, Quiet())
    projects.set_pipeline(path, {"params": {"fft_length": 16}, "smoothing": 5}, Quiet())
    with Project.open(path) as project:
        assert project.pipeline.block_params == {}
        assert (project.pipeline.decision.threshold, project.pipeline.decision.smoothing) == (
            0.8,
            5,
        )
    with pytest.raises(ConfigError, match="range"):
        projects.set_pipeline(path, {"threshold": 1.5}, Quiet())


def test_the_verb_shows_changes_and_refuses(
    tmp_path: Path, studio_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from studio.cli import frame

    path = str(make_project(tmp_path, "motion"))
    assert frame.run(["pipeline", path, "--param", "fft_length=64", "--dry-run", "--json"]) == 0
    tried = json.loads(capsys.readouterr().out)
    assert tried["budget"]["features"] == 222
    assert tried["before"]["features"] == 78
    assert frame.run(["pipeline", path, "--param", "fft_length=512"]) != 0
    assert "fft_length=64 or window_ms=11000" in capsys.readouterr().err
    assert frame.run(["pipeline", path, "--param", "fft_length=32", "--threshold", "0.7"]) == 0
    shown = capsys.readouterr().out
    assert "spectral_analysis fft_length=32" in shown
    assert "mean of 3 over 0.7" in shown
    assert frame.run(["estimate", path, "--quick"]) == 0
    assert "Estimated from the settings" in capsys.readouterr().out
