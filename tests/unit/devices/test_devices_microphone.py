"""Microphones: against a peer that plays PortAudio, and through PortAudio itself where it is."""

import ctypes.util
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from peers.sounds import Sounds  # type: ignore[import-not-found]

from studio.devices import microphone
from studio.devices.microphone import MicrophoneSource, microphones
from studio.errors import DeviceError

TWO = (("Speakers", 0, 48000.0), ("Built-in", 1, 44100.0), ("USB audio: 2 - x", 2, 48000.0))


@pytest.fixture
def sounds(monkeypatch) -> Sounds:
    made = Sounds(TWO, default=2)
    monkeypatch.setitem(sys.modules, "sounddevice", made.module())
    return made


def blocks(source: MicrophoneSource) -> list[tuple[int, np.ndarray]]:
    return [(item.first_reading, item.values) for item in source.read()]


def test_only_devices_that_hear_are_listed(sounds):
    found = microphones()
    assert [(row.name, row.default) for row in found] == [
        ("Built-in", False),
        ("USB audio: 2 - x", True),
    ]
    assert found[1].url == "microphone://USB audio: 2 - x"


@pytest.mark.parametrize(
    ("url", "device", "rate", "channels"),
    [
        ("microphone://", 2, 48000.0, 1),
        ("microphone://built", 1, 44100.0, 1),
        ("microphone://USB%20audio:%202%20-%20x?rate=44100&channels=2", 2, 44100.0, 2),
        ("microphone://1", 1, 44100.0, 1),
    ],
)
def test_what_an_address_opens(sounds, url, device, rate, channels):
    source = MicrophoneSource(url)
    info = source.start()
    (stream,) = sounds.streams
    assert (stream.device, stream.rate, stream.channels) == (device, rate, channels)
    assert (info.sample_rate_hz, len(info.axes), info.dtype) == (rate, channels, "int16")
    source.close()


def test_16_kilohertz_if_the_microphone_takes_it(sounds):
    sounds.rates = (16000.0, 48000.0)
    assert MicrophoneSource("microphone://").hello().sample_rate_hz == 16000.0


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("microphone://kitchen", "no microphone 'kitchen'.*Built-in"),
        ("microphone://?rate=8000", "8000 Hz"),
        ("microphone://built?channels=2", "channels is '2'"),
        ("microphone://?gain=2", "'gain'"),
    ],
)
def test_what_cannot_be_opened_is_said(sounds, url, words):
    with pytest.raises(DeviceError, match=words):
        MicrophoneSource(url)


def test_readings_come_in_order_and_an_overflow_is_a_gap(sounds):
    source = MicrophoneSource("microphone://?channels=2&rate=48000")
    source.start()
    stream = sounds.streams[0]
    rng = np.random.default_rng(1)
    parts = [rng.integers(-9999, 9999, (480, 2)).astype(np.int16) for _ in range(4)]
    stream.give(parts[0])
    stream.give(parts[1])
    stream.give(parts[2], overflow=True, lost=960)
    stream.give(parts[3])
    found = blocks(source)
    assert [first for first, _ in found] == [0, 480, 960 + 960, 1440 + 960]
    for (_, values), part in zip(found, parts, strict=True):
        np.testing.assert_array_equal(values, part)
    assert source.stats.lost_readings == 960
    assert blocks(source) == []


def test_nobody_who_reads_is_a_gap_too(sounds, monkeypatch):
    monkeypatch.setattr(microphone, "MOST_WAITING", 3)
    source = MicrophoneSource("microphone://?rate=48000")
    source.start()
    for _ in range(5):
        sounds.streams[0].give(np.ones((480, 1)))
    assert [first for first, _ in blocks(source)] == [0, 480, 960]
    sounds.streams[0].give(np.ones((480, 1)))
    assert [first for first, _ in blocks(source)] == [5 * 480]
    assert source.stats.lost_readings == 960


def test_a_microphone_that_has_gone_is_told(sounds):
    source = MicrophoneSource("microphone://")
    source.start()
    sounds.streams[0].give(np.ones((480, 1)))
    sounds.streams[0].active = False
    assert len(source.read()) == 1
    with pytest.raises(DeviceError, match="has gone"):
        source.read()
    source.start()
    sounds.streams[1].give(np.ones((480, 1)))
    assert [first for first, _ in blocks(source)] == [0]


def test_no_microphone_at_all(monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", Sounds((("Speakers", 0, 48000.0),)).module())
    assert microphones() == []
    with pytest.raises(DeviceError, match="no microphone"):
        MicrophoneSource("microphone://")


def test_without_portaudio_the_remedy_is_named():
    program = (
        "import ctypes.util; ctypes.util.find_library = lambda name: None\n"
        "from studio.devices.microphone import MicrophoneSource, microphones\n"
        "from studio.errors import DeviceError\n"
        "assert microphones() == []\n"
        "try:\n    MicrophoneSource('microphone://')\n"
        "except DeviceError as error:\n    print(error)\n"
    )
    if sys.platform != "linux":
        pytest.skip("PortAudio comes with sounddevice here")
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "PortAudio is missing" in said.stdout
    assert "libportaudio2" in said.stdout


CONFIG = """
pcm.null { type null }
pcm.played { type file slave.pcm "null" file "/dev/null" infile "%s" format "raw" }
pcm.!default { type file slave.pcm "null" file "/dev/null" infile "%s" format "raw" }
"""


def test_portaudio_itself_with_a_played_file(tmp_path):
    """ALSA plays a file as a device, as fast as it is read; only its content can be checked."""
    if sys.platform != "linux" or ctypes.util.find_library("portaudio") is None:
        pytest.skip("PortAudio with ALSA is not installed")
    raw = tmp_path / "in.raw"
    tone = (8000 * np.sin(2 * np.pi * np.arange(1_600_000) / 32)).astype("<i2")
    raw.write_bytes(tone.tobytes())
    (tmp_path / "asound.conf").write_text(CONFIG % (raw, raw))
    program = (
        "import json\n"
        "from studio.devices.microphone import MicrophoneSource, microphones\n"
        "source = MicrophoneSource('microphone://played?rate=16000')\n"
        "source.start()\nvalues = []\n"
        "while len(values) < 3200:\n"
        "    values += [v for item in source.read() for v in item.values[:, 0].tolist()]\n"
        "source.close()\n"
        "print(json.dumps([[row.name for row in microphones()], values[:3200]]))\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "ALSA_CONFIG_PATH": str(tmp_path / "asound.conf")},
    )
    names, values = json.loads(said.stdout)
    assert "played" in names
    np.testing.assert_array_equal(values, np.tile(tone[:32], 100))
