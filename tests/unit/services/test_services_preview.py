"""What is shown of a window on its way, against NumPy and SciPy; ways out; the explorer."""

from pathlib import Path

import numpy as np
import pytest
import scipy.signal
from pipeline_projects import MOVES, make_project

from studio.errors import Cancelled, ConfigError, ProjectError
from studio.events import Quiet
from studio.project import Project
from studio.services import pipeline, pipeline_look, preview, projects
from studio.services.dataset import block_config
from studio.services.stages import feature_names


def shown(path: Path, number: int = 0, **changes):
    return preview.preview(path, preview.windows(path)[number], changes=changes or None)


def by_title(found: preview.Preview):
    return {stage.title: stage for stage in found.stages}


@pytest.mark.parametrize("filters", [32, 21])
def test_mel_energies_are_those_of_the_description(tmp_path, studio_home, filters):
    path = make_project(tmp_path, "keywords")
    settings = {"params": {"num_filters": filters, "num_cepstral": 10}}
    stages = by_title(shown(path, 2, **settings))
    rate, length = 16000, 256
    readings = stages["Window"].values[:, 0].astype(float)
    emphasised = readings - 0.98 * np.roll(readings, 1)
    np.testing.assert_allclose(
        stages["After pre-emphasis"].values[:, 0], emphasised, rtol=1e-5, atol=0.01
    )
    starts = np.arange(stages["Mel energies"].values.shape[0]) * 320
    frames = emphasised[starts[:, np.newaxis] + np.arange(length)]
    power = np.abs(np.fft.rfft(frames)) ** 2 / length
    shown_power = 10 ** (stages["Spectrum of each frame"].values / 10)
    np.testing.assert_allclose(shown_power[:, 1:], power[:, 1:], rtol=1e-3, atol=1e-2)
    top = 1127 * np.log(1 + rate / 2 / 700)
    hz = 700 * (np.exp(np.linspace(0, top, filters + 2) / 1127) - 1)
    edges = np.floor((length + 1) * hz / rate).astype(int)
    mel = np.zeros((len(frames), filters))
    for i in range(filters):
        left, centre, right = edges[i : i + 3]
        for k in range(left, centre):
            mel[:, i] += power[:, k] * (k - left) / (centre - left)
        for k in range(centre, right):
            mel[:, i] += power[:, k] * (right - k) / (right - centre)
    np.testing.assert_allclose(stages["Mel energies"].values, np.log(mel), atol=2e-3)


def test_the_last_picture_is_what_the_board_computes(tmp_path, studio_home):
    from studio.runtime import extract_features

    for template, last in (("keywords", "MFCC features"), ("motion", "Features")):
        path = make_project(tmp_path, template)
        found = by_title(shown(path, 1))
        with Project.open(path) as project:
            config = block_config(project.pipeline)
        expected = extract_features(config, found["Window"].values[np.newaxis])[0]
        assert found[last].values.ravel().tobytes() == expected.tobytes()


def test_the_filtered_signal_and_its_spectrum_are_those_of_scipy(tmp_path, studio_home):
    path = make_project(tmp_path, "motion")
    params = {"filter_type": "low", "filter_cutoff": 5.0, "filter_order": 4, "fft_length": 32}
    stages = by_title(shown(path, 3, params=params))
    raw = stages["Window"].values.astype(float)
    sections = scipy.signal.butter(4, 5.0, fs=50, output="sos")
    smooth = scipy.signal.sosfilt(sections, raw, axis=0)
    smooth -= smooth.mean(axis=0)
    signal = stages["After the filter"].values
    np.testing.assert_allclose(signal, smooth, atol=1e-4)
    spectrum = stages["Spectrum"]
    frames = [np.pad(smooth[s : s + 32], ((0, 32), (0, 0)))[:32] for s in range(0, len(raw), 16)]
    power = np.max([np.abs(np.fft.rfft(f, axis=0)) ** 2 / 32 for f in frames], axis=0)
    kept = power[1 : 1 + len(spectrum.values)]
    np.testing.assert_allclose(10 ** (spectrum.values / 10), kept, rtol=1e-2, atol=1e-4)
    assert spectrum.start == spectrum.step == 50 / 32
    highest = spectrum.start + spectrum.step * kept.argmax(axis=0)
    assert [peak.x for peak in spectrum.peaks] == list(highest)
    features = stages["Features"]
    assert len(set(features.names)) == len(features.names) == len(features.values)
    rms = features.values[list(features.names).index("accY RMS")]
    assert rms == pytest.approx(signal[:, 1].std(), rel=1e-4)


def test_every_value_has_a_name(tmp_path, studio_home):
    for template in ("motion", "keywords"):
        path = make_project(tmp_path, template)
        with Project.open(path) as project:
            line = project.pipeline
        names = feature_names(block_config(line), line.axes, line.sample_rate_hz)
        assert len(set(names)) == len(names) == block_config(line).n_features


def test_a_window_keeps_its_place_when_its_length_changes(tmp_path, studio_home):
    path = make_project(tmp_path, "motion")
    windows = preview.windows(path)
    assert [one.label for one in windows[:5]] == ["circle"] * 5  # 4 s, of 2 s every 0.5 s
    last = windows[4]
    assert last.start == 100
    longer = preview.preview(path, last, changes={"window_ms": 3000})
    assert longer.stages[0].values.shape == (150, 6)
    assert longer.seconds == 1.0
    longest = preview.preview(path, last, changes={"window_ms": 6000})
    assert longest.stages[0].values.shape == (300, 6)


@pytest.mark.parametrize(
    ("template", "changes", "field"),
    [
        ("motion", {"params": {"fft_length": 128}}, "fft_length"),
        ("motion", {"window_ms": 200}, "window_ms"),
        ("motion", {"params": {"filter_type": "low", "filter_cutoff": 30}}, "filter_cutoff"),
        ("motion", {"learning": "dscnn"}, "learning"),
        ("keywords", {"params": {"num_cepstral": 40}}, "num_cepstral"),
        ("keywords", {"params": {"win_size": 100}}, "win_size"),
        ("keywords", {"params": {"frame_length": 1.5}}, "frame_length"),
    ],
)
def test_what_cannot_work_comes_with_what_would(tmp_path, studio_home, template, changes, field):
    path = make_project(tmp_path, template)
    found = pipeline.problem(path, changes)
    assert found is not None
    assert found.hint
    assert field in [fix.name for fix in found.fixes]
    for fix in found.fixes:
        assert pipeline.problem(path, fix.settings) is None, fix
    assert pipeline.problem(path) is None


def test_the_nearest_way_out_is_offered(tmp_path, studio_home):
    path = make_project(tmp_path, "motion")
    found = pipeline.problem(path, {"params": {"fft_length": 128}})
    assert [(fix.name, fix.value) for fix in found.fixes] == [
        ("fft_length", 64),
        ("window_ms", 2600.0),
    ]
    found = pipeline.problem(make_project(tmp_path, "keywords"), {"params": {"num_cepstral": 40}})
    assert found.fixes[0].value == 32


def test_a_look_says_what_a_change_would_be(tmp_path, studio_home):
    path = make_project(tmp_path, "motion")
    window = preview.windows(path)[0]
    same = pipeline_look.look(path, {"params": {"fft_length": 16}}, window)
    assert not same.changed
    assert same.before is None
    other = pipeline_look.look(path, {"params": {"fft_length": 32}}, window)
    assert other.changed
    assert other.budget["features"] > same.budget["features"]
    assert len(other.before.stages) == len(other.shown.stages)
    bad = pipeline_look.look(path, {"params": {"fft_length": 3}}, window)
    assert bad.wanted is None
    assert bad.problem.message == "Parameter FFT length is 3."
    loaded = pipeline_look.load(path)
    assert loaded.described.labels == MOVES
    assert loaded.described.stale == ""


def test_labels_of_a_pitch_of_their_own_lie_apart(tmp_path, studio_home):
    path = make_project(tmp_path, "motion", takes=3)
    found = preview.explore(path, report=Quiet())
    assert found.total == len(found.windows) == 60
    assert found.points.shape == (60, 2)
    assert found.alike > 0.95
    labels = np.array([one.label for one in found.windows])
    for label in MOVES:
        mine, rest = found.points[labels == label], found.points[labels != label]
        centre = mine.mean(axis=0)
        assert np.median(np.hypot(*(mine - centre).T)) < np.median(np.hypot(*(rest - centre).T))


def test_making_features_can_be_stopped_and_says_what_is_missing(tmp_path, studio_home):
    class Stopping(Quiet):
        def check_cancelled(self):
            raise Cancelled

    path = make_project(tmp_path, "motion")
    with pytest.raises(Cancelled):
        preview.explore(path, report=Stopping())
    projects.new(tmp_path / "blank", report=Quiet())
    with pytest.raises(ConfigError, match="no axes"):
        preview.explore(tmp_path / "blank", report=Quiet())
    assert preview.windows(tmp_path / "blank") == ()
    with Project.open(path) as project:
        project.delete_recordings([one.id for one in project.recordings()])
    with pytest.raises(ProjectError, match="labelled"):
        preview.explore(path, report=Quiet())
