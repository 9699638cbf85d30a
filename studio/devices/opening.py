"""Opening a source: what is at a URL, which protocol it speaks and at which speed.

It listens first. As soon as a protocol recognises what comes, or two seconds after the first
byte, the surest one is taken. A port at which nothing comes is asked: in our language after half a
second (eight bytes that mean nothing to others), with the questions of the other protocols after
three. If bytes come that nobody understands, other speeds are tried where there are any.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from studio.devices import file_source, microphone
from studio.devices.connection import Connection
from studio.devices.file_source import FileSource
from studio.devices.link import BAUD, Link, open_link
from studio.devices.microphone import MicrophoneSource
from studio.devices.packet import PacketDecoder, PacketType, encode
from studio.devices.protocols import Speaker, speakers
from studio.devices.source import Source
from studio.devices.text_layout import MOST_COLUMNS, too_wide
from studio.errors import ConfigError, DeviceError

OURS = "tinyml"
OURS_TITLE = "TinyML Studio's own packets"
DECIDE_S = 2.0
OWN_QUESTION_S = 0.5
ASK_S = 3.0
ANSWER_S = 2.0
QUIET_S = 0.5
"""Whoever said what nobody understands, and then nothing for so long, is asked."""
SURE = 0.9
LIKELY = 0.5
UNLIKELY = 0.05
NOISE_S, NOISE_BYTES = 0.6, 48
MOST_HEARD, MOST_JUDGED = 1 << 22, 1 << 16
JUDGE_S = 0.05
BAUDS = (BAUD, 460800, 921600, 57600, 38400, 9600)
"""In the order in which they are tried; the second is SensiML's default."""
_SHOWN = 40
_PRINTED = bytes(range(32, 127)) + b"\r\n\t"


def known_protocols() -> dict[str, str]:
    """Return id and title of every protocol that a port may speak."""
    return {OURS: OURS_TITLE, **{row.id: row.title for row in speakers()}}


def open_source(url: str, *, protocol: str = "auto", baud: int = 0) -> Source:
    """Open what is at a URL.

    Parameters
    ----------
    url : str
        A port: `COM3`, `/dev/ttyACM0`, `virtual://NAME`, `socket://HOST:PORT`; or
        `microphone://NAME`, `file:///PATH`.
    protocol : str
        Id as `known_protocols` lists it, or `auto` to find it out.
    baud : int
        Bits per second; 0 to find it out where it matters.

    Returns
    -------
    Source
        Not asked anything yet; to be closed.

    Raises
    ------
    ConfigError
        If there is no such protocol or speed.
    DeviceError
        If the port cannot be opened, nothing comes from it, or nobody understands what comes.
    """
    known = known_protocols()
    if protocol != "auto" and protocol not in known:
        raise ConfigError(
            f"There is no protocol {protocol!r}.", f"There are: auto, {', '.join(known)}."
        )
    if baud < 0:
        raise ConfigError(f"A port cannot run at {baud} baud.", "Give 0 to find the speed out.")
    for scheme, source in (
        (microphone.SCHEME, MicrophoneSource),
        (file_source.SCHEME, FileSource),
    ):
        if url.startswith(scheme):
            return source(url)
    if protocol == OURS or (protocol == "auto" and url.startswith("virtual://")):
        link = open_link(url, baud=baud or BAUD)
        link.write(b"\0")  # ends what another program may have left half sent
        return Connection(link)
    chosen = [row for row in speakers() if protocol in ("auto", row.id)]
    link = open_link(url, baud=baud or BAUD)
    try:
        if protocol != "auto" and (baud or not link.has_baud):
            return chosen[0].source(link)
        return _find_out(link, chosen, baud=baud, ours=protocol == "auto")
    except BaseException:
        link.close()
        raise


@dataclass(slots=True)
class _Heard:
    """What came at one speed."""

    baud: int
    data: bytearray = field(default_factory=bytearray)
    count: int = 0
    first_s: float = 0.0
    last_s: float = 0.0
    before: int = 0
    """Of the bytes, those that came before everybody was asked."""

    def add(self, data: bytes) -> None:
        """Keep the latest bytes: as good as all, for a device may describe itself first."""
        if data:
            self.last_s = time.monotonic()
            self.first_s = self.first_s or self.last_s
        self.count += len(data)
        self.data += data
        del self.data[:-MOST_HEARD]

    @property
    def is_noise(self) -> bool:
        """Whether enough has come that is surely no text."""
        strange = len(self.latest.translate(None, _PRINTED))
        return self.count >= NOISE_BYTES and 5 * strange > len(self.latest)

    @property
    def latest(self) -> bytes:
        """What to judge by."""
        return bytes(self.data[-MOST_JUDGED:])


def _find_out(link: Link, chosen: Sequence[Speaker], *, baud: int, ours: bool) -> Source:
    """Return a source for what comes; see the module's description."""
    bauds = (baud,) if baud or not link.has_baud else BAUDS
    tried: list[_Heard] = []
    for speed in bauds:
        if tried:
            link.set_baud(speed)
        heard = _Heard(speed)
        tried.append(heard)
        found = _listen(link, heard, chosen, ours=ours, others=speed != bauds[-1])
        if found is None and heard.count:
            found = _listen_again(link, heard, chosen, ours=ours)
        if found is not None:
            link.put_back(bytes(heard.data))
            return Connection(link) if found == OURS else _named(chosen, found).source(link)
        if not any(row.count for row in tried):
            break
    if not ours:  # what a person says is not doubted: it may come too slowly to be judged
        link.set_baud(bauds[0])
        return chosen[0].source(link)
    raise _not_understood(link, tried) if tried[0].count else _nothing(link)


def _named(chosen: Sequence[Speaker], id: str) -> Speaker:
    return next(row for row in chosen if row.id == id)


def _listen(
    link: Link, heard: _Heard, chosen: Sequence[Speaker], *, ours: bool, others: bool
) -> str | None:
    """Return the id of the protocol that is spoken, or None; asks if nothing comes.

    If there are `others`, noise is not listened to for long.
    """
    begun = time.monotonic()
    questions: list[tuple[float, list[bytes]]] = [(ASK_S, [row.wake for row in chosen])]
    if ours:
        hello = b"\0" + encode(PacketType.HELLO, 0)
        questions = [(OWN_QUESTION_S, [hello]), (ASK_S, [hello]), *questions]
    judge = 0.0
    while True:
        heard.add(link.read())
        now = time.monotonic()
        if heard.count and now >= judge:
            judge = now + JUDGE_S
            best, sure = _judge(heard.latest, chosen, ours=ours)
            if sure < LIKELY and not heard.before and now - heard.last_s >= QUIET_S:
                heard.before = heard.count  # it may be no more than the echo of our question
                _ask_everyone(link, chosen, ours=ours)
            elif sure < SURE and 0 < heard.before < heard.count <= MOST_JUDGED:
                answer = heard.latest[heard.before :]
                best, sure = max((best, sure), _judge(answer, chosen, ours=ours), key=_surety)
            long_s = NOISE_S if others and sure < UNLIKELY and heard.is_noise else DECIDE_S
            if sure >= SURE or now - heard.first_s >= long_s:
                return best if sure >= LIKELY else None
        elif heard.count:
            continue
        elif now - begun >= ASK_S + ANSWER_S:
            return None
        elif questions and now - begun >= questions[0][0]:
            for message in questions.pop(0)[1]:
                link.write(message)


def _listen_again(
    link: Link, heard: _Heard, chosen: Sequence[Speaker], *, ours: bool
) -> str | None:
    """End what another program may have left running, ask again, and listen once more.

    What came may have been no more than the echo of our own question.
    """
    _ask_everyone(link, chosen, ours=ours)
    again = _Heard(heard.baud)
    until = time.monotonic() + DECIDE_S / 2
    while time.monotonic() < until:
        again.add(link.read())
        best, sure = _judge(again.latest, chosen, ours=ours)
        if sure >= SURE:
            heard.data = again.data
            return best
    heard.count += again.count
    return None


def _ask_everyone(link: Link, chosen: Sequence[Speaker], *, ours: bool) -> None:
    """Tell whoever streams to stop, and ask in every language."""
    words = (word for row in chosen for word in (row.stop, row.wake) if word)
    messages = list(dict.fromkeys(words))
    if ours:
        messages.append(b"\0" + encode(PacketType.HELLO, 0))
    for message in messages:
        link.write(message)


def _surety(judged: tuple[str, float]) -> float:
    return judged[1]


def _judge(data: bytes, chosen: Sequence[Speaker], *, ours: bool) -> tuple[str, float]:
    """Return the protocol that is surest of these bytes, and how sure it is."""
    scores = [(row.recognise(data), row.id) for row in chosen]
    if ours:
        scores.append((_ours(data), OURS))
    sure, best = max(scores)
    return best, sure


def _ours(data: bytes) -> float:
    """Say how sure it is that these are our packets: a right checksum is no accident.

    Only what boards send counts: others may echo our question.
    """
    kinds = {int(kind) for kind in PacketType if kind < PacketType.HELLO}
    found = sum(packet.type in kinds for packet in PacketDecoder().feed(data))
    return min(0.95 + 0.01 * found, 1.0) if found else 0.0


def _nothing(link: Link) -> DeviceError:
    return DeviceError(
        f"Nothing came from {link.url}, not even after it was asked.",
        "Press the board's reset button and check that its program sends readings; if it has "
        "no such program yet, flash ours: tinyml-studio flash",
    )


def _not_understood(link: Link, tried: Sequence[_Heard]) -> DeviceError:
    parts = []
    for row in tried:
        speed = f"at {row.baud} baud " if link.has_baud else ""
        beginning = f" beginning with {bytes(row.data[:_SHOWN])!r}" if row.count else ""
        parts.append(f"{speed}{row.count} bytes{beginning}")
    if wide := max(too_wide(bytes(row.data)) for row in tried):
        return DeviceError(
            f"{link.url} sends text lines of {wide} columns; up to {MOST_COLUMNS} are read.",
            "Let the board's program send fewer values in a line, or flash ours: "
            "tinyml-studio flash",
        )
    return DeviceError(
        f"Nobody understands what {link.url} sends: {'; '.join(parts)}.",
        "Name the protocol (--protocol "
        f"{', '.join(known_protocols())}) or the speed (--baud), or flash our program: "
        "tinyml-studio flash",
    )
