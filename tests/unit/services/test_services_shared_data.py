"""Everything that other people recorded comes in, goes out in each format, and comes in equal."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from round_trip import again, state

from studio.events import Quiet
from studio.project import Naming
from studio.services import imports, projects
from studio.types import ImportOptions

FORMS = ("wav", "csv", "npy", "parquet", "json", "cbor", "archive")
LABELS = ("info", "structured", "sensiml", "audacity", "folders")
WAND = ("accel_ms2_x", "accel_ms2_y", "accel_ms2_z")


@dataclass(frozen=True)
class Source:
    """A folder of the data, how it is imported, and what its README says it holds."""

    path: str
    recordings: int
    options: ImportOptions = field(default_factory=ImportOptions)
    naming: Naming = field(default_factory=Naming)
    resample_hz: float = 0.0
    quick: bool = False


SOURCES = (
    Source("keywords/fsdd", 1200, naming=Naming(pattern="{label}_{group}_{n}")),
    Source("keywords/speech_commands_sample", 156),
    Source("keywords/wake_words", 60),
    Source("keywords/tflm_micro_speech", 6, quick=True),
    Source("gestures/nicla_motion_edge_impulse", 54, quick=True),
    Source("gestures/magic_wand_bno055", 62, ImportOptions(axes=WAND)),
    Source("gestures/arduino_nano33_punch_uppercut", 35, ImportOptions(119.0), quick=True),
    Source("gestures/magic_wand_digits_strokes", 300, ImportOptions(50.0)),
    Source("gestures/emlearn_imu_recording", 1, quick=True),
    Source("vibration/ceiling_fan", 400, ImportOptions(200.0, ("x", "y", "z"))),
    Source("sounds/esc10", 80),
    Source("sounds/esc10_wav16k", 64),
    Source("sounds/background_noise", 7),
    Source("formats/edge_impulse_audio_json", 9),
    Source("formats/edge_impulse_cbor", 8, quick=True),
    Source("formats/edge_impulse_export", 54, quick=True),
)


def imported(source: Source, shared_data: Path, path: Path) -> dict[str, Any]:
    projects.new(path, report=Quiet())
    result = imports.import_data(
        path,
        [shared_data / source.path],
        naming=source.naming,
        options=source.options,
        resample_hz=source.resample_hz,
        report=Quiet(),
    )
    assert (result["recordings"], result["failed"]) == (source.recordings, [])
    return result


@pytest.mark.parametrize("source", [s for s in SOURCES if s.quick], ids=lambda s: s.path)
def test_some_of_it(source: Source, shared_data: Path, tmp_path: Path) -> None:
    first = tmp_path / "first"
    imported(source, shared_data, first)
    for number, form in enumerate(("cbor", "parquet")):
        folder = tmp_path / form
        folder.mkdir()
        again(first, folder, form, LABELS[number])
        assert state(folder / "p") == state(first)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("source", SOURCES, ids=lambda s: s.path)
def test_all_of_it(source: Source, shared_data: Path, tmp_path: Path) -> None:
    first = tmp_path / "first"
    imported(source, shared_data, first)
    expected = state(first)
    for form in FORMS:
        for labels in LABELS if form == "npy" else LABELS[:1]:
            folder = tmp_path / f"{form}-{labels}"
            folder.mkdir()
            again(first, folder, form, labels)
            assert state(folder / "p") == expected


@pytest.mark.slow
def test_the_zip_holds_what_the_folder_holds(shared_data: Path, tmp_path: Path) -> None:
    sources = {source.path: source for source in SOURCES}
    contents = []
    for number, name in enumerate(("nicla_motion_edge_impulse", "edge_impulse_export")):
        place = f"{'gestures' if number == 0 else 'formats'}/{name}"
        imported(sources[place], shared_data, tmp_path / name)
        contents.append(sorted(row[0] for row in state(tmp_path / name)))
    assert contents[0] == contents[1]


def test_the_list_of_sources_is_whole(shared_data: Path) -> None:
    """A folder that is added to the data is missing here until it is named above."""
    named = {source.path for source in SOURCES}
    for group in shared_data.iterdir():
        if group.is_dir() and group.name != "models":
            found = {f"{group.name}/{path.name}" for path in group.iterdir() if path.is_dir()}
            assert found <= named, found - named
