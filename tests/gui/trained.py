"""A project whose training run was written by hand: no training, but all that comes after it."""

import importlib.util
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from studio.project import Project
from studio.registry import find
from studio.services.dataset import block_config
from studio.services.runs import feature_settings
from studio.types import Axis, DecisionRule, Span

LABELS = ["still", "wave"]
RATE = 100.0
AXES = (Axis("x", "g"), Axis("y", "g"))
WINDOW_MS, STRIDE_MS = 400.0, 100.0


def readings(seconds: float, seed: int = 1) -> np.ndarray:
    """Return what is heard: noise that comes and goes."""
    rng = np.random.default_rng(seed)
    count = round(seconds * RATE)
    loud = 0.2 + (np.arange(count) // 100 % 2)
    return (rng.normal(size=(count, 2)) * loud[:, np.newaxis]).astype(np.float32)


def make_trained(folder: Path, *, threshold: float = 0.3) -> Path:
    """Make a project with labelled readings and a finished run."""
    path = folder / "trained"
    with Project.create(path) as project:
        project.set_pipeline(
            replace(
                project.pipeline,
                window_ms=WINDOW_MS,
                stride_ms=STRIDE_MS,
                sample_rate_hz=RATE,
                axes=AXES,
                dtype="float32",
                block="spectral_analysis",
                block_version=find("signal_block", "spectral_analysis")
                .load()
                .implementation_version,
                learning="dense",
                decision=DecisionRule(2, threshold),
                board="virtual-cortex-m4",
            )
        )
        recording = project.add_recording(
            readings(4.0), name="take", axes=AXES, sample_rate_hz=RATE
        )
        spans = [Span(100 * part, 100 * part + 100, LABELS[part % 2]) for part in range(4)]
        project.add_samples(recording.id, spans, split="test")
        config = block_config(project.pipeline)
        rng = np.random.default_rng(11)
        weights = rng.integers(-127, 128, (len(LABELS), config.n_features)).astype(np.int8)
        bias = rng.integers(-3000, 3000, len(LABELS)).astype(np.int32)
        run = project.new_run("train")
        (run.path / "model.tflite").write_bytes(_small_model().write_model(weights, bias))
        report = {
            "pipeline": feature_settings(project.pipeline),
            "classes": LABELS,
            "int8": {"accuracy": 0.9},
        }
        (run.path / "report.json").write_text(json.dumps(report), encoding="utf-8")
        np.savez(
            run.path / "scaler.npz",
            mean=np.zeros(config.n_features, np.float32),
            inv_std=np.ones(config.n_features, np.float32),
        )
        project.finish_run(run.id, {})
    return path


def file_port(folder: Path, *, seconds: float = 4.0, options: str = "speed=1&loop=1") -> str:
    """Return a port at which readings are played as a board would send them."""
    file = folder / "heard.npy"
    np.save(file, readings(seconds))
    return f"{file.as_uri()}?rate={RATE:g}&axes=x,y&{options}"


def _small_model() -> Any:
    """Return a module of another folder of tests."""
    file = Path(__file__).parents[1] / "unit" / "firmware" / "small_model.py"
    spec = importlib.util.spec_from_file_location("small_model", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
