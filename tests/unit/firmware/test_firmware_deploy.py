"""A trained project on its way to a virtual board that decides, through the services."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_model import INPUT_SCALE, INPUT_ZERO, run_model, write_model

from studio import emulator
from studio.cli import build as build_verb
from studio.cli import estimate as estimate_verb
from studio.devices.connection import Connection
from studio.errors import ConfigError, DeviceError, ProjectError
from studio.events import Quiet
from studio.project import Project
from studio.runtime import extract_features, quantize
from studio.services import boards, deploy, deploy_boards, deploy_way
from studio.services.dataset import block_config
from studio.services.runs import feature_settings
from studio.types import Axis, DecisionRule, Span

pytest.importorskip("unicorn")
pytest.importorskip("ai_edge_litert")
LABELS = ["still", "wäve", "circle"]
WEIGHTS_SEED = 11


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home of the program for this module; compiled libraries are shared."""
    from studio.paths import cache_dir

    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("home")
        patch.setenv("TINYML_STUDIO_CACHE", str(cache_dir()))
        patch.setenv("TINYML_STUDIO_HOME", str(folder))
        yield folder


@pytest.fixture(scope="module")
def trained(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose training run was written by hand."""
    path = tmp_path_factory.mktemp("projects") / "Mein Projekt ü"
    with Project.create(path, name="gestures") as project:
        project.set_pipeline(
            replace(
                project.pipeline,
                window_ms=1000.0,
                stride_ms=250.0,
                sample_rate_hz=100.0,
                axes=(Axis("x", "g"), Axis("y", "g"), Axis("z", "g")),
                dtype="float32",
                block="spectral_analysis",
                block_params={},
                learning="dense",
                decision=DecisionRule(2, 0.5),
                board=boards.VIRTUAL,
            )
        )
        config = block_config(project.pipeline)
        rng = np.random.default_rng(WEIGHTS_SEED)
        weights = rng.integers(-127, 128, (len(LABELS), config.n_features)).astype(np.int8)
        bias = rng.integers(-3000, 3000, len(LABELS)).astype(np.int32)
        run = project.new_run("train")
        (run.path / "model.tflite").write_bytes(write_model(weights, bias))
        report = {"pipeline": feature_settings(project.pipeline), "classes": LABELS}
        (run.path / "report.json").write_text(json.dumps(report), encoding="utf-8")
        np.savez(
            run.path / "scaler.npz",
            mean=rng.normal(size=config.n_features).astype(np.float32),
            inv_std=rng.uniform(0.2, 2, config.n_features).astype(np.float32),
        )
        project.finish_run(run.id, {})
    return path


@pytest.fixture(scope="module")
def port(home: Path) -> Iterator[str]:
    emulator.start("deploy-test", board=boards.board_file(boards.VIRTUAL), attached=True)
    yield "virtual://deploy-test"
    emulator.stop("deploy-test")


def test_board_computes_what_the_pc_does(trained: Path, port: str) -> None:
    flashed = deploy.flash(trained, port, report=Quiet())
    assert flashed["firmware"] == "infer 2"
    with Project.open(trained) as project:
        run = project.latest_run("train")
        assert run is not None
        assert flashed["run"] == run.id
    _assert_computes_what_the_pc_does(trained, port)


def test_windows_of_the_data_are_compared_after_flashing(trained: Path, port: str) -> None:
    values = np.random.default_rng(5).normal(size=(400, 3)).astype(np.float32)
    with Project.open(trained) as project:
        axes = project.pipeline.axes
        recording = project.add_recording(values, name="a", axes=axes, sample_rate_hz=100.0)
        project.add_samples(recording.id, [Span(0, 400, LABELS[0])], split="test")
    deploy.flash(trained, port, report=Quiet())
    compared = deploy_way.compare(trained, port, report=Quiet())
    assert compared["windows"] == compared["identical"] > 5
    built = deploy.latest_build(trained)
    assert built is not None
    assert built["compared"] == compared
    smaller = deploy.build(trained, optimise="size", report=Quiet())
    assert smaller["previous"]["flash_bytes"] == built["flash_bytes"]
    assert smaller["parts"]["model"]["flash_bytes"] < built["parts"]["model"]["flash_bytes"]
    assert deploy_boards.every_board(trained)[0]["fits"]


@pytest.mark.parametrize("core", ["m0plus", "m7", "m33"])
def test_other_cores_compute_the_same(trained: Path, home: Path, core: str) -> None:
    """The smallest one has no floating-point unit, and may not read from odd addresses."""
    kind = f"virtual-cortex-{core}"
    built = deploy.build(trained, board=kind, report=Quiet())
    assert built["fits"]
    emulator.start(f"deploy-{core}", board=boards.board_file(kind), attached=True)
    try:
        flashed = deploy.flash(Path(built["image"]), f"virtual://deploy-{core}", report=Quiet())
        assert flashed["board"] == kind
        _assert_computes_what_the_pc_does(trained, f"virtual://deploy-{core}")
    finally:
        emulator.stop(f"deploy-{core}")


def _assert_computes_what_the_pc_does(trained: Path, port: str) -> None:
    with Project.open(trained) as project:
        run = project.latest_run("train")
        assert run is not None
        config = block_config(project.pipeline)
    with np.load(run.path / "scaler.npz") as file:
        scaler = {"mean": file["mean"], "inv_std": file["inv_std"]}
    windows = np.random.default_rng(3).normal(size=(6, 100, 3)).astype(np.float32)
    features = extract_features(config, windows)
    inputs = quantize(features, **scaler, scale=INPUT_SCALE, zero_point=INPUT_ZERO)
    rng = np.random.default_rng(WEIGHTS_SEED)
    weights = rng.integers(-127, 128, (len(LABELS), config.n_features)).astype(np.int8)
    bias = rng.integers(-3000, 3000, len(LABELS)).astype(np.int32)
    exact = run_model(weights, bias, inputs)
    assert len(np.unique(exact.round())) > 6
    with Connection.open(port) as connection:
        assert connection.model_info().labels == tuple(LABELS)
        for i, window in enumerate(windows):
            answer = connection.replay(window)
            assert answer.features.tobytes() == features[i].tobytes()
            assert np.abs(answer.scores - exact[i].clip(-128, 127)).max() <= 0.51
            assert answer.label == int(np.argmax(answer.scores))
            assert answer.dsp_cycles > 1000
            assert answer.nn_cycles > config.n_features


def test_build_and_estimate_agree_and_are_remembered(trained: Path, home: Path) -> None:
    built = deploy.build(trained, report=Quiet())
    assert "latency_ms" not in built  # nothing was measured yet
    assert built["fits"]
    for key in ("flash_bytes", "ram_bytes"):
        assert sum(part[key] for part in built["parts"].values()) == built[key]
        assert 0 < built[key] < built["board_" + key]
    assert built["parts"]["model"]["flash_bytes"] > len(LABELS) * 30
    assert deploy.latest_build(trained) == built
    cost = deploy.estimate(trained, report=Quiet())
    assert {key: cost[key] for key in ("flash_bytes", "parts", "run")} == {
        key: built[key] for key in ("flash_bytes", "parts", "run")
    }
    low, high = cost["latency_interval_ms"]
    assert 0 < low == cost["latency_ms"] < high < cost["stride_ms"]
    assert cost["dsp_ms"] + cost["nn_ms"] == pytest.approx(low)
    assert cost["keeps_up"]
    assert deploy.latest_build(trained) == cost
    again = deploy.build(trained, report=Quiet())
    assert again["latency_ms"] == cost["latency_ms"]  # the same pipeline: still true
    json.dumps(cost)
    assert f"{built['flash_bytes']}" in build_verb.text(built)
    assert "keeps up" in estimate_verb.text(cost)


def test_collect_is_built_once_and_flashed(port: str, home: Path) -> None:
    image = deploy.build_collect(report=Quiet())
    before = image.stat().st_mtime_ns
    assert deploy.build_collect(report=Quiet()) == image
    assert image.stat().st_mtime_ns == before
    flashed = deploy.flash(image, port, report=Quiet())
    assert flashed["firmware"] == "collect 1"
    assert flashed["run"] == ""


def test_a_new_rule_or_run_makes_the_build_old(trained: Path) -> None:
    deploy.build(trained, report=Quiet())
    with Project.open(trained) as project:
        before = project.pipeline
        project.set_pipeline(replace(before, decision=DecisionRule(3, 0.5)))
    assert deploy.latest_build(trained) is None
    with Project.open(trained) as project:
        project.set_pipeline(before)
    built = deploy.latest_build(trained)
    assert built is not None
    Path(built["folder"]).with_suffix(".json").write_text("[]")
    assert deploy.latest_build(trained) is None
    with Project.open(trained) as project:
        new = project.new_run("train")
        for file in trained_files(project):
            (new.path / file.name).write_bytes(file.read_bytes())
        project.finish_run(new.id, {})
    assert deploy.latest_build(trained) is None
    assert deploy.build(trained, report=Quiet())["run"] == new.id


def test_untrained_and_damaged_projects_are_told(
    trained: Path, home: Path, tmp_path: Path
) -> None:
    with Project.create(tmp_path / "empty") as project:
        project.set_pipeline(replace(project.pipeline, board=boards.VIRTUAL))
    with pytest.raises(ProjectError, match="no finished training run"):
        deploy.build(tmp_path / "empty", report=Quiet())
    with Project.open(trained) as project:
        broken = project.new_run("train")
        for file in trained_files(project):
            (broken.path / file.name).write_bytes(file.read_bytes())
        (broken.path / "scaler.npz").write_bytes(b"PK\x03\x04 not a zip")
        project.finish_run(broken.id, {})
    with pytest.raises(ProjectError, match=r"scaler\.npz cannot be read"):
        deploy.build(trained, report=Quiet())
    for content in (b"", b"TFL3 but not", (broken.path / "model.tflite").read_bytes()[:500]):
        (broken.path / "model.tflite").write_bytes(content)
        with pytest.raises(ProjectError, match=r"model of run \d+ cannot be used") as told:
            deploy.build(trained, report=Quiet())
        assert "Train again" in told.value.hint
    (broken.path / "model.tflite").unlink()
    with pytest.raises(ProjectError, match=f"{broken.id} is incomplete"):
        deploy.build(trained, report=Quiet())


def trained_files(project: Project) -> list[Path]:
    run = project.latest_run("train")
    assert run is not None
    return sorted(run.path.iterdir())


def test_flash_says_what_is_wrong(port: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="There is no image"):
        deploy.flash(tmp_path / "gone.elf", port, report=Quiet())
    image = tmp_path / "noise.elf"
    image.write_bytes(b"\x7fELF" + bytes(range(200)))
    with pytest.raises(DeviceError):
        deploy.flash(image, port, report=Quiet())
    with pytest.raises(DeviceError, match="nobody"):
        deploy.flash(image, "virtual://nobody", report=Quiet())
    with pytest.raises(ConfigError, match="not a virtual board"):
        deploy.flash(image, "COM3", report=Quiet())
