"""The whole job for one example on a virtual board: the figures, the page, and doing it again."""

from pathlib import Path

import numpy as np
import pytest

from studio.events import Quiet
from studio.project import Project
from studio.services import demo, examples

NAME = "motion"
KEYS = ("features_identical", "scores_identical", "decisions_identical")


class Listening(Quiet):
    """Counts what the program says about saved recordings."""

    def __init__(self) -> None:
        self.saved: list[Path] = []

    def event(self, kind: str, **data: object) -> None:
        if kind == "saved":
            self.saved.append(Path(str(data["project"])))


def check_figures(row: dict) -> None:
    """Every documented figure is there, and the board did what this computer computes."""
    assert row["name"] == NAME
    for key in ("float", "int8", "board"):
        low, high = row[key]["interval"]
        assert 0 <= low <= row[key]["accuracy"] <= high <= 1
    assert row["board"]["accuracy"] == row["int8"]["accuracy"]
    parity, live, cost = row["parity"], row["live"], row["footprint"]
    assert parity["windows"] >= 100
    assert {parity[key] for key in KEYS} == {parity["windows"]}
    assert live["identical"] == live["windows"] > 0
    assert live["skipped_readings"] == 0
    assert live["right"] + live["wrong"] + live["undecided"] == live["spans"]
    assert live["right"] > live["spans"] / 2  # five classes: chance is a fifth
    assert cost["ram_bytes"] > 0
    assert cost["flash_bytes"] > 0
    low, high = cost["latency_interval_ms"]
    assert 0 < cost["latency_ms"] == low < high


def check_page(result: dict) -> None:
    """The report is one page that has the figures."""
    row = result["projects"][0]
    page = Path(result["report"]).read_text(encoding="utf-8")
    parity, live, cost = row["parity"], row["live"], row["footprint"]
    for text in (
        f"{100 * row['float']['accuracy']:.1f} %",
        f"{row['board']['macro_f1']:.3f}",
        f"{parity['scores_identical']} of {parity['windows']}",
        f"{live['identical']} of {live['windows']}",
        f"{live['right']} right, {live['wrong']} wrong",
        f"{cost['ram_bytes']:,} B",
        f"{cost['flash_bytes']:,} B",
        f"{row['stream']['kept']} were kept",
        "the true interval is wider",
    ):
        assert text in page


@pytest.mark.slow
@pytest.mark.learning
def test_the_demo_ends_with_figures_and_keeps_its_recordings(tmp_path, studio_home):
    example = examples.example(NAME)
    chosen = [row for row in example.recordings if row.quick]
    readings = sum(len(examples.values(row, example.pipeline)) for row in chosen)
    first_ear = Listening()
    first = demo.demo(quick=True, out=tmp_path / "demo", names=(NAME,), report=first_ear)

    assert 0 < first["seconds"] <= 300
    (row,) = first["projects"]
    check_figures(row)
    check_page(first)
    stream = row["stream"]
    assert stream["streamed"] == stream["recordings"] == len(chosen) == len(first_ear.saved)
    assert stream["readings"] == readings
    assert (stream["kept"], stream["streamed_again"], stream["lost"]) == (0, 0, 0)

    path = Path(row["project"])
    with Project.open(path) as project:
        kept = {found.id: found.name for found in project.recordings()}
        for found in project.recordings():
            source = next(row for row in chosen if row.name == found.name)
            played = examples.values(source, example.pipeline)
            assert np.array_equal(project.read(found.id), played)
    ear = Listening()
    second = demo.demo(quick=True, out=tmp_path / "demo", names=(NAME,), report=ear)
    (row,) = second["projects"]
    check_figures(row)
    check_page(second)
    stream = row["stream"]
    assert (stream["streamed"], stream["kept"], stream["lost"]) == (0, len(chosen), 0)
    assert stream["readings"] == readings
    # the link was used all the same, and not for the project
    assert stream["streamed_again"] == len(ear.saved) == 1
    assert ear.saved[0] != path
    with Project.open(path) as project:
        assert {found.id: found.name for found in project.recordings()} == kept
