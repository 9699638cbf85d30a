"""Several boards recorded at once into one project, on one clock."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from peers.ours import OwnPeer  # type: ignore[import-not-found]
from peers.uart import TICK_S, signal_values  # type: ignore[import-not-found]

from studio.cli import frame
from studio.errors import ConfigError, DeviceError
from studio.events import Quiet
from studio.project import Project
from studio.services.together import record_together

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="plays boards on a pty")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path = tmp_path / "project"
    Project.create(path).close()
    return path


class Late(OwnPeer):
    """Takes its time to start."""

    def begin(self) -> None:
        super().begin()
        self._t0 += 0.4


def taken(board):
    """Return when a board took its reading 0: readings go when their period is over."""
    return board._t0 + 1 / board.rate_hz


@pytest.mark.parametrize(
    ("rates", "axes", "seconds"),
    [((800, 500), (2, 3), 2), ((500, 3), (30, 30), 3)],
    ids=["packets of many readings", "500 and 3 Hz, a reading in a packet"],
)
def test_two_boards_of_different_rates_are_tied_by_their_starts(
    project, capsys, rates, axes, seconds
):
    floats = axes[0] > 3  # then one reading fills a packet
    with (
        OwnPeer(rate_hz=rates[0], n_axes=axes[0], floats=floats) as first,
        Late(rate_hz=rates[1], n_axes=axes[1], floats=floats) as second,
    ):
        ports = ["--port", first.url, "--port", second.url, "--protocol", "tinyml"]
        code = frame.run(["record", str(project), *ports, "--seconds", str(seconds), "--json"])
        true = taken(second) - taken(first)
    assert code == 0
    result = json.loads(capsys.readouterr().out)
    rows = result["recordings"]
    assert [row["readings"] for row in rows] == [rate * seconds for rate in rates]
    assert min(row["offset_s"] for row in rows) == 0
    told = rows[1]["offset_s"] - rows[0]["offset_s"]
    uncertainty = max(row["uncertainty_s"] for row in rows)
    assert 0 < uncertainty < 0.1
    # all readings of a peer are late alike by its ticks, more on a busy computer
    assert abs(told - true) < uncertainty + 5 * TICK_S
    with Project.open(project) as opened:
        recordings = opened.recordings()
        assert len({recording.name for recording in recordings}) == 2
        for recording in recordings:
            values = np.array(opened.read(recording.id))
            n_axes = len(recording.axes)
            np.testing.assert_array_equal(values, signal_values(0, 0, len(values), n_axes))
        notes = opened.metadata.every()
        assert {notes[recording.id]["session"] for recording in recordings} == {result["session"]}
        about = opened.metadata.of(recordings[0].id)
        assert about["started"].startswith("20")
        assert float(about["started_uncertainty_s"]) < 0.1


def test_what_one_board_gave_is_kept_when_another_fails(project, capsys):
    with OwnPeer(rate_hz=800.0, n_axes=2) as first:
        ports = ["--port", first.url, "--port", "/dev/nobody", "--protocol", "tinyml"]
        code = frame.run(["record", str(project), *ports, "--seconds", "1", "--json"])
    assert code == 1
    result = json.loads(capsys.readouterr().out)
    assert [row["readings"] for row in result["recordings"]] == [800]
    assert [row["port"] for row in result["failed"]] == ["/dev/nobody"]
    assert "There is no port /dev/nobody." in result["warning"]
    with Project.open(project) as opened:
        (recording,) = opened.recordings()
        assert recording.readings == 800
    with pytest.raises(DeviceError, match="nobody: There is no port"):
        record_together(project, ["/dev/nobody", "/dev/none"], seconds=1, report=Quiet())


def test_a_port_named_twice_is_refused(project):
    with pytest.raises(ConfigError, match="named twice"):
        record_together(project, ["a", "a"], report=Quiet())
