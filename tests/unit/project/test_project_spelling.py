"""Words whose signs are written in another way, as a Mac writes names of files, are not others."""

import unicodedata
from pathlib import Path

import numpy as np
import soundfile

from studio.events import Quiet
from studio.project import Project
from studio.services import imports
from studio.types import Axis, Span

COMPOSED = "\u00e9t\u00e9"
APART = unicodedata.normalize("NFD", COMPOSED)
HALF = "\u00e9te\u0301"


def add(project: Project, number: int, word: str) -> None:
    values = np.full(100, number, np.int16)
    made = project.add_recording(
        values, name=f"r{number}", axes=[Axis("a")], sample_rate_hz=100.0, group=word
    )
    project.add_samples(made.id, [Span(0, 100, word)])


def words(project: Project) -> tuple[set[str], set[str]]:
    samples = project.samples()
    return {one.label for one in samples}, {one.group for one in samples}


def test_one_word_is_one_label_and_one_group(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p") as project:
        for number, word in enumerate([APART, COMPOSED, HALF]):
            add(project, number, word)
        assert words(project) == ({COMPOSED}, {COMPOSED})
        first, *others = project.samples()
        project.labels.relabel([one.id for one in others], "hiver")
        project.labels.relabel([others[0].id], APART)
        project.labels.replace(first.id, [Span(0, 50, HALF), Span(50, 100, "hiver")])
        assert words(project)[0] == {COMPOSED, "hiver"}
        assert project.labels.merge_labels(["hiver"], APART) == 2
        project.groups.put([first.recording_id], APART)
        assert words(project) == ({COMPOSED}, {COMPOSED})


def test_folders_of_one_word_are_one_label(tmp_path: Path) -> None:
    Project.create(tmp_path / "p").close()
    for word in (COMPOSED, APART):
        (tmp_path / "in" / word).mkdir(parents=True)
        values = np.arange(1600, dtype=np.int16) * len(word)
        soundfile.write(tmp_path / "in" / word / f"{len(word)}.wav", values, 16000)
    done = imports.import_data(tmp_path / "p", [tmp_path / "in"], report=Quiet())
    assert list(done["labels"]) == [COMPOSED]
    again = imports.import_data(tmp_path / "p", [tmp_path / "in"], report=Quiet())
    assert (again["recordings"], again["skipped"]) == (0, 2)


def test_what_a_project_has_stays_as_it_is_and_is_joined(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p") as project:
        add(project, 0, "was")
        with project.history.change("As an older program had it"):
            project._database.execute("UPDATE recording SET group_name = ?", (APART,))
            project._database.execute("UPDATE sample SET label = ?", (APART,))
    with Project.open(tmp_path / "p") as project:
        assert words(project) == ({APART}, {APART})
        for number, word in enumerate([COMPOSED, HALF, APART], 1):
            add(project, number, word)
        assert words(project) == ({APART}, {APART})
        assert len(project.samples()) == 4
