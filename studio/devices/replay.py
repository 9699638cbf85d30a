"""Replay: a window is sent to a board, which returns the features and scores it computes."""

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.devices import messages
from studio.devices.exchange import ANSWER_S, ATTEMPTS, Exchange
from studio.devices.messages import Ack, Features, Scores
from studio.devices.packet import MAX_PAYLOAD, PacketType
from studio.errors import DeviceError
from studio.types import ReplayResult

RESULT_S = 60.0
IN_FLIGHT = 8
STEP = MAX_PAYLOAD - 4


def replay(exchange: Exchange, window: NDArray[Any]) -> ReplayResult:
    """Have the board compute one window; see `Connection.replay`."""
    data = np.ascontiguousarray(window, window.dtype.newbyteorder("<")).tobytes()
    for _ in range(ATTEMPTS):
        exchange.inbox.clear()
        code = exchange.ask(PacketType.REPLAY_BEGIN, struct.pack("<I", len(data)))
        if code == messages.ACK_BAD_SIZE:
            raise DeviceError(
                f"The board's model does not take windows of {len(data)} bytes.",
                "Flash the board with the present training run: tinyml-studio flash",
            )
        if code == messages.ACK_BUSY:
            exchange.command(PacketType.STOP)
        elif code not in (None, messages.ACK_OK):
            raise exchange.refused(PacketType.REPLAY_BEGIN, code)
        elif code == messages.ACK_OK and _send(exchange, data):
            result = _answer(exchange)
            if result is not None:
                return result
    raise DeviceError(
        f"The board on {exchange.link.url} gave no result for a window in {ATTEMPTS} attempts.",
        "Check the cable; press the board's reset button and try again.",
    )


def _send(exchange: Exchange, data: bytes) -> bool:
    """Send a window with few commands unanswered; False if a part of it was not taken."""
    frames = [
        exchange.frame(PacketType.REPLAY_DATA, struct.pack("<I", at) + data[at : at + STEP])
        for at in range(0, len(data), STEP)
    ]
    unanswered = 0
    while frames or unanswered:
        batch, frames = frames[: IN_FLIGHT - unanswered], frames[IN_FLIGHT - unanswered :]
        if batch:
            exchange.link.write(b"".join(batch))
            unanswered += len(batch)
        ack = exchange.wait_for(Ack, ANSWER_S)
        if ack is None or ack.code != messages.ACK_OK:
            return False
        unanswered -= ack.command == PacketType.REPLAY_DATA
    return True


def _answer(exchange: Exchange) -> ReplayResult | None:
    """Have the window computed and collect the result; None if a packet of it got lost."""
    lost = exchange.decoder.lost
    code = exchange.ask(PacketType.REPLAY_RUN, instead=(Features, Scores), timeout_s=RESULT_S)
    if code != messages.ACK_OK:
        return None
    parts: list[Features] = []
    kinds: tuple[type[Features | Scores], ...] = (Features, Scores)
    while (message := exchange.wait_for(kinds, RESULT_S)) is not None:
        if isinstance(message, Features):
            parts.append(message)
            continue
        if len(message.scores) == 0:
            words = exchange.texts[-1] if exchange.texts else "It gave no reason."
            raise DeviceError(f"The board could not compute a window. {words}", "Train again.")
        if exchange.decoder.lost != lost or not parts:
            return None
        features = np.concatenate([part.values for part in parts]).astype(np.float32)
        return ReplayResult(
            features, message.scores, message.label, message.dsp_cycles, message.nn_cycles
        )
    return None
