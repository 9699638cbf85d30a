"""What packets mean: payload bytes to frozen data. No input or output; damage gives None."""

import struct
from dataclasses import dataclass

import numpy as np

from studio.devices.packet import Packet, PacketType
from studio.devices.source import Text
from studio.types import READING_DTYPES, Axis, ByteArray, Decision, FloatArray, StreamInfo

PROTOCOL = 1
ACK_OK, ACK_UNKNOWN, ACK_BAD_SIZE, ACK_BUSY, ACK_SENSOR = range(5)
ACK_WORDS = {
    ACK_UNKNOWN: "it does not know this command",
    ACK_BAD_SIZE: "the command has the wrong size",
    ACK_BUSY: "it is busy with something else",
    ACK_SENSOR: "its sensor does not deliver what is needed",
}


@dataclass(frozen=True, slots=True)
class Info:
    """Session information: the stream, and whether it is running."""

    protocol: int
    stream: StreamInfo
    streaming: bool


@dataclass(frozen=True, slots=True)
class Data:
    """Packets of readings that came together, in order; an `Assembler` reads them."""

    bodies: tuple[bytes, ...]
    """As `PacketDecoder.bodies` gives them, with a payload of `first_reading` u32 and readings."""


@dataclass(frozen=True, slots=True)
class Features:
    """Part of a replayed window's features, from element `offset`."""

    offset: int
    values: FloatArray


@dataclass(frozen=True, slots=True)
class Scores:
    """End of a replay; no scores and label -1 if the board could not compute them."""

    dsp_cycles: int
    nn_cycles: int
    label: int
    scores: ByteArray


@dataclass(frozen=True, slots=True)
class ModelPart:
    """What an inferring board says about its model, with the label of one class."""

    run: str
    window_readings: int
    stride_readings: int
    n_features: int
    index: int
    n_classes: int
    label: str
    smoothing: int
    threshold_q: int
    """In the int8 score domain: score q stands for (q + 128) / 256."""


@dataclass(frozen=True, slots=True)
class Ack:
    """Answer to a command."""

    command: int
    code: int


Message = Info | Data | Text | Decision | Features | Scores | ModelPart | Ack


class _Reader:
    """Takes fields from a payload in order."""

    def __init__(self, payload: bytes) -> None:
        self._payload = payload
        self._at = 0

    def take(self, layout: str) -> tuple[int, ...]:
        values = struct.unpack_from("<" + layout, self._payload, self._at)
        self._at += struct.calcsize("<" + layout)
        return values

    def number(self, layout: str) -> int:
        return self.take(layout)[0]

    def string(self) -> str:
        size = self.number("B")
        if self._at + size > len(self._payload):
            raise ValueError("string beyond the end")
        text = self._payload[self._at : self._at + size].decode("utf-8", "replace")
        self._at += size
        return text

    def rest(self) -> bytes:
        return self._payload[self._at :]


def _info(reader: _Reader) -> Info:
    protocol = reader.number("B")
    board, firmware = reader.string(), reader.string()
    (rate,) = struct.unpack("<f", struct.pack("<I", reader.number("I")))
    dtype, dropped, streaming, n_axes = reader.take("BIBB")
    axes = tuple(Axis(reader.string(), reader.string()) for _ in range(n_axes))
    stream = StreamInfo(board, firmware, rate, READING_DTYPES[dtype], axes, dropped)
    return Info(protocol, stream, bool(streaming))


def _scores(reader: _Reader) -> ByteArray:
    count = reader.number("B")
    scores = np.frombuffer(reader.rest(), np.int8)
    if len(scores) != count:
        raise ValueError("scores missing")
    return scores


def _decision(reader: _Reader) -> Decision:
    start, crc, dsp, nn, label = reader.take("IIIIb")
    return Decision(start, label, tuple(_scores(reader).tolist()), crc, dsp, nn)


def _replayed(reader: _Reader) -> Scores:
    dsp, nn, label = reader.take("IIb")
    scores = _scores(reader)
    if len(scores) and not 0 <= label < len(scores):
        raise ValueError("class out of range")
    return Scores(dsp, nn, label, scores)


def _model(reader: _Reader) -> ModelPart:
    run = reader.string()
    window, stride, n_features, index, n_classes = reader.take("IIIBB")
    if index >= n_classes:
        raise ValueError("class out of range")
    label = reader.string()
    smoothing, threshold = reader.take("Ii")
    return ModelPart(
        run, window, stride, n_features, index, n_classes, label, smoothing, threshold
    )


def _parse(packet: Packet, reader: _Reader) -> Message | None:
    match packet.type:
        case PacketType.INFO:
            return _info(reader)
        case PacketType.TEXT:
            return Text(packet.payload.decode("utf-8", "replace"))
        case PacketType.DECISION:
            return _decision(reader)
        case PacketType.FEATURES:
            return Features(reader.number("I"), np.frombuffer(reader.rest(), "<f4"))
        case PacketType.SCORES:
            return _replayed(reader)
        case PacketType.MODEL:
            return _model(reader)
        case PacketType.ACK:
            return Ack(*reader.take("BB"))
    return None


def parse(packet: Packet) -> Message | None:
    """Return what a packet of a board means, or None if it is unknown or makes no sense."""
    try:
        return _parse(packet, _Reader(packet.payload))
    except (struct.error, ValueError, IndexError):
        return None
