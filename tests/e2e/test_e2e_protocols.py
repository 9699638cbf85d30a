"""`record` by URL from the virtual board and from a device of every protocol, values exact."""

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

if sys.platform == "win32":
    pytest.skip("plays boards on ptys", allow_module_level=True)

from studio import emulator
from studio.devices.opening import DECIDE_S, open_source
from studio.events import Quiet
from studio.paths import ROOT
from studio.project import Project
from studio.services import boards, deploy
from studio.types import Axis

sys.path.append(str(Path(__file__).resolve().parents[1] / "unit" / "devices"))

from peers.edge_impulse_at import AtPeer
from peers.nordic import NordicPeer
from peers.ours import OwnPeer
from peers.ssi import SsiPeer
from peers.text import TextPeer
from peers.uart import signal_values


class Device(NamedTuple):
    """A device and what is to be found out about it."""

    make: type
    protocol: str
    rate_hz: float
    options: dict
    scale: float = 1.0
    """What it records times this are the whole numbers it measured."""


DEVICES = {
    "ours": Device(OwnPeer, "tinyml", 1000.0, {}),
    "ours-float": Device(OwnPeer, "tinyml", 500.0, {"floats": True}),
    "ssi-1": Device(SsiPeer, "ssi", 600.0, {"version": 1}),
    "ssi-2": Device(SsiPeer, "ssi", 600.0, {"version": 2}),
    "ssi-2-float": Device(SsiPeer, "ssi", 300.0, {"version": 2, "kind": "float"}, 8.0),
    "nordic": Device(NordicPeer, "nordic", 200.0, {"resend_s": 0.5}, 8.0),
    "nordic-integers": Device(
        NordicPeer, "nordic", 200.0, {"resend_s": 0.5, "integers": True}, 1000.0
    ),
    "nordic-no-crc": Device(NordicPeer, "nordic", 200.0, {"resend_s": 0.5, "crc": False}, 8.0),
    **{
        f"text-{form}": Device(TextPeer, "text", 100.0, {"form": form}, 8.0)
        for form in ("commas", "tabs", "named", "pairs", "counted", "timed")
    },
}


def record(project: Path, *options: object) -> tuple[int, dict, str]:
    command = [sys.executable, "-m", "studio", "record", str(project), *map(str, options)]
    done = subprocess.run(
        [*command, "--json"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert "Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout), done.stderr


def recorded(project: Path, result: dict) -> np.ndarray:
    with Project.open(project) as opened:
        assert opened.notices == ()
        return np.asarray(opened.read(result["recording"]))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    Project.create(tmp_path / "p").close()
    return tmp_path / "p"


def listened_to(peer) -> list[float]:
    """Note from now on when a device sends something."""
    times: list[float] = []
    send, patiently = peer.uart.send, peer.uart.send_patiently
    peer.uart.send = lambda data: (times.append(time.monotonic()), send(data))[1]
    peer.uart.send_patiently = lambda data, *more: (
        times.append(time.monotonic()),
        patiently(data, *more),
    )[1]
    return times


@pytest.mark.parametrize("name", [*DEVICES, "at"])
def test_recognised_by_itself_soon_after_the_first_byte(name):
    device = DEVICES.get(name, Device(AtPeer, "edge_impulse_at", 0.0, {}))
    with device.make(**device.options) as peer:
        time.sleep(0.1)
        times = listened_to(peer)
        began = time.monotonic()
        source = open_source(peer.url)
        took = time.monotonic() - max(began, times[0])
        source.close()
    assert getattr(source, "protocol", "tinyml") == device.protocol
    assert took < DECIDE_S


@pytest.fixture(scope="module")
def recordings(tmp_path_factory) -> dict:
    """A second of every device, recorded by its URL alone, some at a time."""

    def one(name: str) -> tuple[int, dict, str, Path, int]:
        project = tmp_path_factory.mktemp(name) / "p"
        Project.create(project).close()
        device = DEVICES[name]
        with device.make(n_axes=3, rate_hz=device.rate_hz, **device.options) as peer:
            options = ("--port", peer.url, "--seconds", 1, "--label", "x")
            return *record(project, *options), project, peer.session

    with ThreadPoolExecutor(3) as pool:
        return dict(zip(DEVICES, pool.map(one, DEVICES), strict=True))


@pytest.mark.parametrize("name", DEVICES)
def test_recorded_by_its_url_every_value_is_exact(name, recordings):
    code, result, said, project, session = recordings[name]
    device = DEVICES[name]
    assert code == 0, said
    assert (result["complete"], result["gaps"], result["lost_readings"]) == (True, [], 0)
    values = recorded(project, result)
    # the rate of text is measured
    slack = 0.1 if device.protocol == "text" else 0
    assert len(values) == pytest.approx(device.rate_hz, rel=slack)
    raw = int(np.rint(float(values[0, 0]) * device.scale))
    first = (raw + 32768 - session * 977) * pow(7, -1, 65536) % 65536
    if device.protocol in ("tinyml", "ssi"):
        assert first == 0
    sent = signal_values(session, first, len(values), 3)
    wanted = sent if values.dtype == np.int16 else (sent / device.scale).astype(np.float32)
    np.testing.assert_array_equal(values, wanted)


def test_recorded_from_at_firmware_every_value_is_exact(project):
    with AtPeer() as peer:
        code, result, said = record(project, "--port", peer.url, "--seconds", 2)
    assert code == 0, said
    assert result["axes"] == ["accX", "accY", "z"]
    values = recorded(project, result)
    assert len(values) == 208
    np.testing.assert_array_equal(values, np.array(peer.values, np.float32)[: len(values)])


@pytest.mark.slow
def test_recorded_from_the_virtual_board_every_value_is_exact(studio_home, project, tmp_path):
    values = np.random.default_rng(0).integers(-32768, 32768, (32_000, 1)).astype(np.int16)
    np.save(tmp_path / "sound.npy", values)
    started = emulator.start("e2e", board=boards.board_file(boards.VIRTUAL), attached=True)
    try:
        control = emulator.Control(started)
        control.flash(deploy.build_collect(report=Quiet()))
        control.sensor_file(tmp_path / "sound.npy", sample_rate_hz=16000.0, axes=(Axis("audio"),))
        code, result, said = record(project, "--port", "virtual://e2e", "--seconds", 2)
    finally:
        emulator.stop("e2e")
    assert code == 0, said
    assert (result["complete"], result["lost_readings"]) == (True, 0)
    np.testing.assert_array_equal(recorded(project, result), values)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--port", "virtual://nobody"), "virtual"),
        (("--port", "/nowhere/at/all"), "/nowhere/at/all"),
        (("--port", "file:///nowhere.csv"), "nowhere.csv"),
        (("--port", "/nowhere", "--protocol", "klingon"), "klingon"),
        (("--port", "/nowhere", "--seconds", 0), "0"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_two(project, options, words):
    code, result, said = record(project, *options)
    assert code == 2
    assert words in result["error"]
    assert result["hint"]
    assert result["error"] in said
    with Project.open(project) as opened:
        assert (opened.notices, opened.recordings(), list(opened.incoming.iterdir())) == (
            (),
            [],
            [],
        )
