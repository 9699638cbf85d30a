"""A long recording is sealed in little memory, and its file is the one a short cut would give."""

import tracemalloc
from pathlib import Path

import numpy as np

from studio.capture_log import CaptureHeader, CaptureWriter
from studio.project import Project
from studio.types import Axis


def test_sealing_holds_a_piece_at_a_time(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    block = rng.integers(-9000, 9000, (32_768, 1)).astype(np.int16)
    axes = (Axis("audio"),)
    with Project.create(tmp_path / "project") as project:
        log = project.incoming / "long.capture"
        with CaptureWriter(log, CaptureHeader(axes, 16000.0, "int16", name="long")) as writer:
            for number in range(800):  # 52 MB
                writer.append(number * len(block), block)
        tracemalloc.start()
        recording = project.seal(log)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert recording.readings == 800 * len(block)
        assert peak < 8 << 20
        sealed = project.read(recording.id)
        assert (np.asarray(sealed).reshape(800, -1) == block.ravel()).all()
        again = project.add_recording(
            np.tile(block, (800, 1)), name="whole", axes=axes, sample_rate_hz=16000.0
        )
        assert again.sha256 == recording.sha256
