"""A project out of an example, files, an archive; and the list of recent projects."""

from pathlib import Path

import numpy as np
import pytest

from studio.errors import StudioError
from studio.events import Quiet
from studio.project import Project
from studio.services import begin, examples, exports, recent


@pytest.mark.parametrize("name", examples.names())
def test_an_example_comes_with_its_data(studio_home, name):
    path = begin.from_example(name, Quiet())
    chosen = examples.example(name)
    with Project.open(path) as project:
        assert len(project.recordings()) == len(chosen.recordings)
        samples = project.samples()
        assert len(samples) == sum(len(row.spans) for row in chosen.recordings)
        assert {sample.label for sample in samples} == set(chosen.labels)
        splits = {row.name: row.split for row in chosen.recordings}
        names = {row.id: row.name for row in project.recordings()}
        assert all(sample.split == splits[names[sample.recording_id]] for sample in samples)
        assert project.pipeline == chosen.pipeline
    assert begin.from_example(name, Quiet()) != path


def table(folder: Path, name: str) -> Path:
    rows = "\n".join(f"{10 * i},{np.sin(i):.3f},{np.cos(i):.3f}" for i in range(300))
    file = folder / f"{name}.csv"
    file.write_text(f"timestamp,x,y\n{rows}\n")
    return file


def test_files_become_a_project_with_blocks_that_suit_them(studio_home, tmp_path):
    files = [table(tmp_path, "walk.1"), table(tmp_path, "run.1")]
    found = begin.from_data(files, tmp_path / "made", report=Quiet())
    assert found["recordings"] == 2
    with Project.open(found["project"]) as project:
        assert project.pipeline.block == "spectral_analysis"
        assert project.pipeline.sample_rate_hz == pytest.approx(100)
        assert {sample.label for sample in project.samples()} == {"walk", "run"}
    exports.export_data(tmp_path / "made", tmp_path / "a.tinyml.zip", report=Quiet())
    again = begin.from_data([tmp_path / "a.tinyml.zip"], tmp_path / "again", report=Quiet())
    with Project.open(again["project"]) as project:
        assert len(project.recordings()) == 2


def test_what_cannot_be_imported_leaves_no_project(studio_home, tmp_path):
    (tmp_path / "letter.docx").write_bytes(b"words")
    with pytest.raises(StudioError):
        begin.from_data([tmp_path / "letter.docx"], tmp_path / "made", report=Quiet())
    with pytest.raises(StudioError, match="not there"):
        begin.from_data([tmp_path / "nowhere"], tmp_path / "made", report=Quiet())
    assert not (tmp_path / "made").exists()


def test_the_list_of_recent_projects(studio_home, tmp_path):
    assert recent.listed() == []
    first = begin.from_example("motion", Quiet())
    recent.note(first)
    recent.note(tmp_path / "gone")
    recent.note(first)
    one, gone = recent.listed()
    assert one["path"] == str(first)
    assert one["problem"] == ""
    assert one["name"] == examples.example("motion").title
    assert len(one["picture"]) == recent.COLUMNS
    assert np.abs(one["picture"]).max() == 1
    assert "moved or deleted" in gone["problem"]
    recent.forget(tmp_path / "gone")
    assert [row["path"] for row in recent.listed()] == [str(first)]
    (studio_home / "state" / "recent.json").write_text("{half")
    assert recent.listed() == []
