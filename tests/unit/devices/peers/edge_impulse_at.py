"""Plays a board with Edge Impulse's AT firmware, from the description of its commands.

Run it: it prints the port to open, then plays until it is ended.
"""

import base64
import struct
import termios
import time

try:
    from peers.nordic import head
    from peers.uart import Peer, parser, serve, settings, signal_values
except ImportError:  # run as a program
    from nordic import head
    from uart import Peer, parser, serve, settings, signal_values

PROMPT = b"> "
FIFO_BYTES = 8
"""What the board's input takes between two looks at it, 15 ms apart at most."""
LOOK_S = 0.015
GUARD_S = 0.1
CONFIG = """===== Device info =====
ID:         A1:B2:C3:D4:E5:F6
Type:       {board}
AT Version: {version}
Data Transfer Baudrate: {baud}

===== Sensors =====
Name: Built-in accelerometer, Max sample length: 3000s, Frequencies: [62.50Hz, 104.00Hz, 1.00Hz]
Name: Built-in microphone, Max sample length: 2.5s, Frequencies: [16000.00Hz, 8000.00Hz]
Fusion combinations
Name: Built-in accelerometer + Environmental, Max sample length: 60s, Frequencies: [1.00Hz]

===== Snapshot =====
Has snapshot: 0

===== Inference =====
Sensor:     0

===== WIFI =====
Present:    {wifi}
Connected:  {wifi}

===== Sampling parameters =====
Label:     {label}
Interval:  {interval} ms.
Length:    {length} ms.
HMAC key:  abc:def

===== Upload settings =====
Api Key:
Path:      /api/training/data
"""


def text(value: str) -> bytes:
    return head(3, len(value)) + value.encode()


def double(value: float) -> bytes:
    return b"\xfb" + struct.pack(">d", value)


def acquisition(
    values: list[list[float]], interval_ms: float, axes: list[tuple[str, str]], *, padding: int = 0
) -> bytes:
    """The file a board writes: signature never filled in, values of unknown number."""
    out = b"\xa3" + text("protected") + b"\xa2" + text("ver") + text("v1")
    out += text("alg") + text("HS256") + text("signature") + text("0" * 64)
    out += text("payload") + b"\xa4" + text("device_type") + text("NANO") + text("interval_ms")
    out += double(interval_ms) + text("sensors") + head(4, len(axes))
    for name, units in axes:
        out += b"\xa2" + text("name") + text(name) + text("units") + text(units)
    out += text("values") + b"\x9f"
    whole = all(units == "wav" for _, units in axes)
    for row in values:
        out += head(4, len(row)) if len(row) > 1 else b""
        for one in row:
            if not whole:
                out += double(one)
            else:
                out += head(1, -1 - int(one)) if one < 0 else head(0, int(one))
    return out + b"\xff" + b"\xff" * padding


class AtPeer(Peer):
    """The firmware at its prompt.

    Parameters
    ----------
    version : str
        Of its AT commands: before 1.2 files come as hexadecimal digits, since 1.6 at two speeds.
    fast : int
        Baud rate of transfers.
    wifi : bool
        Whether it is connected to a network.
    files : bool
        Whether it keeps its recording in a file rather than in a buffer.
    mute_after : str
        After a command beginning so, it says nothing any more.
    cut : int
        Characters left out of a transfer.
    piece : int
        Bytes it writes at a time; 0 for all.
    falls : bool
        Whether it resets in the middle of a recording.
    """

    def __init__(
        self,
        *,
        version: str = "1.8.0",
        fast: int = 921600,
        wifi: bool = False,
        files: bool = False,
        mute_after: str = "",
        cut: int = 0,
        piece: int = 0,
        falls: bool = False,
        **given: object,
    ) -> None:
        super().__init__(**given)  # type: ignore[arg-type]
        self.version, self.fast, self.wifi, self.files = version, fast, wifi, files
        self.mute_after, self.cut = mute_after, cut
        self.piece, self.falls = piece, falls
        self.overrun = 0
        self.commands: list[str] = []
        self._line = b""
        self._mute = False
        self._looked = 0.0
        self._sampling = ("", 0.0, 0)
        self.file = b""
        self.values: list[list[float]] = []

    def boot(self) -> None:
        self._say("\r\nEdge Impulse standard firmware\r\nType AT+HELP to see a list of commands.")
        self._prompt()

    def hear(self, data: bytes) -> None:
        now = time.monotonic()
        # bytes that came faster than it could look at them ran over each other
        room = FIFO_BYTES + int((now - self._looked) / LOOK_S) * FIFO_BYTES
        self._looked = now
        self.overrun += max(0, len(data) - room)
        for byte in data[:room]:
            if byte == 0x0D:
                line, self._line = self._line, b""
                if not self._mute:
                    self._say("\r\n")
                    self._obey(line.decode("latin-1"))
            elif byte != 0x0A:
                self._line += bytes([byte])
                if not self._mute:
                    self._write(bytes([byte]))

    def _write(self, data: bytes) -> None:
        for at in range(0, len(data), self.piece or len(data)):
            self.uart.send_patiently(data[at : at + (self.piece or len(data))])
            if self.piece:
                time.sleep(0)

    def _say(self, words: str) -> None:
        self._write(words.encode("latin-1"))

    def _prompt(self) -> None:
        self._say("\r\n")
        self._write(PROMPT)

    def _obey(self, line: str) -> None:
        self.commands.append(line)
        if self.mute_after and line.startswith(self.mute_after):
            self._mute = True
            return
        name, _, given = line.partition("=")
        args = given.split(",")
        if line == "AT+CONFIG?":
            label, interval, length = self._sampling
            fields = {"board": "ARDUINO_NANO33BLE", "version": self.version, "baud": self.fast}
            words = CONFIG.format(
                **fields, wifi=int(self.wifi), label=label, interval=interval, length=length
            )
            self._say(words.replace("\n", "\r\n"))
        elif name == "AT+SAMPLESETTINGS":
            self._sampling = (args[0], float(args[1]), int(args[2]))
            self._say("OK\r\n")
        elif name == "AT+SAMPLESTART":
            self._sample(given)
        elif name in ("AT+READBUFFER", "AT+READFILE"):
            self._read(name, args)
            return
        elif line.startswith("AT+"):
            self._say("Command not found!\r\n")
        elif line != "b":
            self._say(f"Not a valid AT command ({line})\r\n")
        self._prompt()

    def _sample(self, sensor: str) -> None:
        _, interval_ms, length_ms = self._sampling
        audio = sensor == "Built-in microphone"
        if not audio and sensor != "Built-in accelerometer":
            self._say("ERR: Failed to find sensor\r\n")
            return
        axes = [("audio", "wav")] if audio else [("accX", "m/s2"), ("accY", "m/s2"), ("z", "N/A")]
        self._say(
            f"Sampling settings:\r\n\tInterval: {interval_ms} ms.\r\nStarting in 10 ms...\r\n"
        )
        self._say("Sampling...\r\n")
        if self.falls and length_ms > 300:
            self.boot()
            return
        time.sleep(length_ms / 1000 / 10)  # ten times as fast as the clock on the wall
        n = round(length_ms / interval_ms)
        raw = signal_values(0, 0, n, len(axes)).tolist()
        self.values = raw if audio else [[one / 7 for one in row] for row in raw]
        self.file = acquisition(self.values, interval_ms, axes, padding=3)
        self._say("Done sampling, total bytes collected: 9\r\n")
        if self.files:
            self._say("File name: /fs/studio.7\r\nNot uploading file, not connected to WiFi.\r\n")
        else:
            self._say("File name: studio.7\r\nNot uploading file, not connected to WiFi. ")
            self._say(f"Used buffer, from=0, to={len(self.file)}.\r\n")

    def _read(self, name: str, args: list[str]) -> None:
        fast = args[-1] == "y"
        if name == "AT+READBUFFER":
            data = self.file[int(args[0]) : int(args[1])]
        elif args[0] == "/fs/studio.7":
            data = self.file
        else:
            self._say("ERR: no such file\r\n")
            self._prompt()
            return
        old = tuple(map(int, self.version.split("."))) < (1, 2)
        pieces = [data[at : at + 510] for at in range(0, len(data), 510)]
        coded = data.hex().encode() if old else b"".join(map(base64.b64encode, pieces))
        if self.cut:
            coded = coded[: -self.cut]
        if fast:
            self._say("\r\nOK")
            time.sleep(GUARD_S)
            expected = getattr(termios, f"B{self.fast}")
            if self.uart.baud != expected:
                coded = bytes(byte ^ 0x80 for byte in coded)  # at the wrong speed all is noise
        self._write(coded)
        if fast:
            self._say("\r\nOK")
            time.sleep(GUARD_S)
        self._prompt()


if __name__ == "__main__":
    options = parser("Plays a board with Edge Impulse's AT firmware.")
    options.add_argument("--version", default="1.8.0")
    options.add_argument("--slow", action="store_true", help="transfers at 115200 baud")
    given = options.parse_args()
    fast = 115200 if given.slow else 921600
    peer = AtPeer(version=given.version, fast=fast, **settings(given))
    serve(peer, given.seconds)
