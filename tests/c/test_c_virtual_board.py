"""Both firmware programs on the virtual board, reached through `virtual://`."""

import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from host_board import PIPELINE

from studio import emulator
from studio.devices.connection import Connection
from studio.errors import DeviceError
from studio.events import Quiet
from studio.paths import FIRMWARE
from studio.project import Project
from studio.services import acquire, boards, live
from studio.types import Axis

AXES = (Axis("x", "g"), Axis("y", "g"))
WINDOW, STRIDE = 50, 20


def image(program: str) -> Path:
    infer = program == "infer"
    return emulator.link_image(
        f"test-{program}",
        texts={"host_advance.c": "#include <stdint.h>\nvoid host_advance(uint32_t c) { (void)c; }"}
        if infer
        else {},
        files=[
            *(FIRMWARE / program).glob("*.c"),
            FIRMWARE / "common" / "tml_link.c",
            *(FIRMWARE.parent / "runtime" / "stream").glob("*.c"),
            *([FIRMWARE.parent / "runtime" / "post" / "decide.c"] if infer else []),
            *(PIPELINE.glob("*.c") if infer else []),
        ],
        include=[FIRMWARE / "common", FIRMWARE / program, *([PIPELINE] if infer else [])],
        flags=["-Wno-missing-prototypes"],
    )


@pytest.fixture
def board(studio_home):
    started = emulator.start("t", board=boards.board_file(boards.VIRTUAL), attached=True)
    yield emulator.Control(started)
    emulator.stop("t")


def play(board: emulator.Control, values: np.ndarray, folder: Path, rate: float) -> None:
    file = folder / f"{time.monotonic_ns()}.npy"
    np.save(file, values)
    axes = AXES if values.shape[1] == 2 else (Axis("audio"),)
    board.sensor_file(file, sample_rate_hz=rate, axes=axes)


def test_records_every_reading_of_one_sensor_after_another(board, tmp_path):
    board.flash(image("collect"))
    project = tmp_path / "p"
    Project.create(project).close()
    rng = np.random.default_rng(0)
    sound = rng.integers(-32768, 32768, (48_000, 1)).astype(np.int16)
    motion = rng.normal(size=(999, 2)).astype(np.float32)
    for values, rate in ((sound, 16000.0), (motion, 62.5), (sound[:16000], 16000.0)):
        play(board, values, tmp_path, rate)
        result = acquire.record(
            project, "virtual://t", readings=len(values), label="a", report=Quiet()
        )
        assert (result["complete"], result["sample_rate_hz"]) == (True, rate)
        assert (result["lost_readings"], result["damaged_packets"]) == (0, 0)
        with Project.open(project) as opened:
            np.testing.assert_array_equal(opened.read(result["recording"]), values)
    with pytest.raises(DeviceError, match="'collect 1', which told of no model"):
        live.live("virtual://t", report=Quiet())


def test_decides_live_and_on_replayed_windows(board, tmp_path):
    board.flash(image("infer"))
    values = np.random.default_rng(2).integers(-128, 128, (450, 2)).astype(np.float32)
    play(board, values, tmp_path, 100.0)
    result = live.live("virtual://t", windows=21, report=Quiet())
    for place, row in enumerate(result["decisions"]):
        window = values[STRIDE * place : STRIDE * place + WINDOW]
        assert row["start"] == STRIDE * place
        assert row["features_crc"] == zlib.crc32(window.tobytes())
        assert row["scores_q"] == [int(window[0, 0]), int(window[0, 1]), int(window[-1, 0])]
    assert len(result["decisions"]) == 21
    assert 0 < result["latency"]["dsp_ms"] < 1
    with Connection.open("virtual://t") as connection:
        for start in range(0, 400, 50):
            window = values[start : start + WINDOW]
            answer = connection.replay(window)
            np.testing.assert_array_equal(answer.features, window.ravel())
            assert answer.label == int(np.argmax(answer.scores))
            assert answer.dsp_cycles > 100
    play(board, np.zeros((100, 1), np.int16), tmp_path, 8000.0)
    with pytest.raises(DeviceError, match=r"needs 2 axes of float32 at 100\.000 Hz.*1 axis"):
        live.live("virtual://t", report=Quiet())
