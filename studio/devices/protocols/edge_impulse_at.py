"""Boards with Edge Impulse's firmware: a dialog of AT commands, a recording as one file.

The board does not stream: it records for the length that was asked for, keeps that in its memory
and sends it afterwards. So `start` takes as long as the recording and its transfer. What the axes
of a sensor are is known only from a recording: `hello` makes a very short one.
"""

import dataclasses
import math
import re
from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from studio.devices.edge_impulse_acquisition import read_acquisition
from studio.devices.edge_impulse_config import DEFAULT_BAUD, Config, Sensor, read_config
from studio.devices.edge_impulse_dialog import MAX_FILE, Dialog
from studio.devices.link import Link
from studio.devices.source import Block, Item, LinkStats, Text
from studio.errors import DeviceError
from studio.types import StreamInfo

DEFAULT_LENGTH_S = 10.0
HELLO_S = 6.0
PROBE_S = 0.2
_SLACK_S = 30.0
"""How long the board may erase and process beside the recording itself."""
_BASE64_SINCE = (1, 2)
_SPEEDS_SINCE = (1, 6)
_LABEL = "studio"
_ROUNDED = 1e-4
"""How much the interval of a recording, in ms, may be rounded."""
_PROMPT = re.compile(rb"(?:^|[\r\n])> ")
_BANNER = re.compile(rb"AT\+HELP|Edge Impulse", re.IGNORECASE)
_BUFFER = re.compile(r"Used buffer, from=(\d{1,9}), to=(\d{1,9})")
_FILE = re.compile(r"File name: *(\S+)")


class EdgeImpulseAt:
    """A source over the AT dialog. Not for several threads at once.

    Parameters
    ----------
    link : Link
        Closed with the source.
    """

    id = "edge_impulse_at"
    title = "Edge Impulse firmware (AT commands)"
    wake = b"b\r"

    def __init__(self, link: Link) -> None:
        self._link = link
        self._dialog = Dialog(link)
        self._config: Config | None = None
        self._stream: StreamInfo | None = None
        self._wanted = ""
        self._rate_hz = 0.0
        self._length_s = DEFAULT_LENGTH_S
        self._on_text: Callable[[str], None] | None = None
        self._items: list[Item] = []

    @staticmethod
    def recognise(beginning: bytes) -> float:
        """Say how sure it is that a stream beginning like this is its own: 0..1."""
        if _PROMPT.search(beginning):
            return 0.95
        return 0.7 if _BANNER.search(beginning) else 0.0

    def choose(
        self,
        *,
        sensor: str = "",
        sample_rate_hz: float = 0.0,
        length_s: float | None = None,
        on_text: Callable[[str], None] | None = None,
    ) -> None:
        """Say what `start` shall record: 10 s if no length is given; see `Chooser`."""
        self._wanted, self._rate_hz = sensor, sample_rate_hz
        self._length_s = length_s or DEFAULT_LENGTH_S
        self._on_text = on_text
        self._stream = None

    @property
    def url(self) -> str:
        """The port."""
        return self._link.url

    @property
    def protocol(self) -> str:
        """Id of the protocol."""
        return self.id

    @property
    def stats(self) -> LinkStats:
        """What was lost so far: nothing; a file that does not come whole is refused."""
        return LinkStats()

    @property
    def sensors(self) -> tuple[Sensor, ...]:
        """What the board offers; known after `hello`."""
        return self._config.sensors if self._config else ()

    def hello(self, *, timeout_s: float = HELLO_S) -> StreamInfo:
        """Ask the board what it is, and learn from a very short recording what the sensor gives.

        Raises
        ------
        DeviceError
            If it does not answer, offers no such sensor, or cannot record.
        """
        if self._config is None:
            self._dialog.synchronise()
            self._config = read_config(self._dialog.ask("AT+CONFIG?", timeout_s=timeout_s))
        if self._stream is None:
            self._stream, _ = self._record(PROBE_S)
        return self._stream

    def start(self) -> StreamInfo:
        """Record and fetch the recording; its readings come with the next `read`.

        Raises
        ------
        DeviceError
            If the board cannot record, or the recording does not come whole.
        """
        self.hello()
        self._items.clear()
        self._stream, values = self._record(self._length_s)
        self._items.append(Block(0, values))
        return self._stream

    def read(self) -> list[Item]:
        """Return the recording, or nothing after at most about 50 ms.

        Raises
        ------
        DeviceError
            If the port has gone.
        """
        if not self._items:
            self._link.read()
        return self.waiting()

    def waiting(self) -> list[Item]:
        """Return what has come already, without looking at the port."""
        items, self._items = self._items, []
        return items

    def stop(self) -> None:
        """Do nothing: when `start` has returned, the board has ended by itself."""

    def close(self) -> None:
        """Give the port back."""
        self._link.close()

    def _chosen(self, config: Config) -> tuple[Sensor, float]:
        """Return the sensor to record with, and its rate in Hz."""
        sensor = config.sensor(self._wanted)
        if not any(sensor.rates_hz):
            raise DeviceError(
                f"The board offers no rate for {sensor.name!r}.", "Choose another sensor."
            )
        if self._rate_hz <= 0:
            return sensor, max(sensor.rates_hz)
        return sensor, min(sensor.rates_hz, key=lambda rate: (abs(rate - self._rate_hz), rate))

    def _record(self, length_s: float) -> tuple[StreamInfo, NDArray[Any]]:
        """Have the board record; return what and its values `(n, n_axes)`."""
        config = self._config
        assert config is not None
        if config.connected:
            raise DeviceError(
                "The board is connected to a network and would send its recordings there.",
                "Clear its settings (AT+CLEARCONFIG in a serial terminal), then connect again.",
            )
        said = self._sample(config, length_s)
        stream, values = read_acquisition(self._fetch(config, said))
        rate_hz = self._chosen(config)[1]
        if math.isclose(rate_hz, stream.sample_rate_hz, rel_tol=_ROUNDED):
            stream = dataclasses.replace(stream, sample_rate_hz=rate_hz)
        firmware = "Edge Impulse AT " + ".".join(map(str, config.version))
        board = config.board or stream.board
        return dataclasses.replace(stream, board=board, firmware=firmware), values

    def _sample(self, config: Config, length_s: float) -> str:
        """Have the board record; return what it said."""
        sensor, rate_hz = self._chosen(config)
        # two readings more: boards round the length down
        length_s += 2 / rate_hz
        if 0 < sensor.longest_s < length_s:
            length_s = sensor.longest_s
            self._tell(f"{sensor.name} records at most {length_s:g} s.")
        interval_ms = f"{1000 / rate_hz:.6f}".rstrip("0").rstrip(".")
        self._dialog.ask(f"AT+SAMPLESETTINGS={_LABEL},{interval_ms},{math.ceil(1000 * length_s)}")
        return self._dialog.ask(
            f"AT+SAMPLESTART={sensor.name}", timeout_s=length_s + _SLACK_S, on_line=self._tell
        )

    def _fetch(self, config: Config, said: str) -> bytes:
        """Return the recording's file by what the board said about where it is."""
        fast = 0
        speed = ""
        if config.version >= _SPEEDS_SINCE:
            fast = config.baud if config.baud != DEFAULT_BAUD else 0
            speed = ",y" if fast else ",n"
        buffer, file = _BUFFER.search(said), _FILE.search(said)
        if buffer:
            begin, end = int(buffer[1]), int(buffer[2])
            if not 0 < end - begin <= MAX_FILE:
                raise DeviceError(
                    f"The board says that its recording takes {end - begin} bytes.",
                    f"Record a shorter one; at most {MAX_FILE} bytes are read.",
                )
            # named LENGTH, the second argument is where the recording ends
            command = f"AT+READBUFFER={begin},{end}{speed}"
            return self._dialog.fetch(command, end - begin, hexadecimal=False, fast_baud=fast)
        if not file or "Not uploading" not in said:
            raise DeviceError(
                f"The board did not say where its recording is: {said[-80:]!r}.",
                "Record once more; if it happens again, flash its Edge Impulse firmware anew.",
            )
        old = config.version < _BASE64_SINCE
        command = f"AT+READFILE={file[1]}{speed}"
        return self._dialog.fetch(command, 0, hexadecimal=old, fast_baud=fast)

    def _tell(self, text: str) -> None:
        if self._on_text is not None:
            self._on_text(text)
        else:
            self._items.append(Text(text))


SOURCE = EdgeImpulseAt
