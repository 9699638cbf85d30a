"""Commands and answers of Edge Impulse's AT firmware over a link.

The board echoes what it hears and ends each answer with the prompt `> `. Its input buffer is
small: five bytes go out every 20 ms.
"""

import binascii
import re
import time
from collections.abc import Callable

from studio.devices.link import Link
from studio.errors import DeviceError

PROMPT = b"> "
SYNC_S = 5.0
ANSWER_S = 5.0
PIECE_BYTES = 5
PIECE_S = 0.02
SILENCE_S = 5.0
"""A transfer in which nothing comes for so long has failed."""
MAX_ANSWER = 1 << 16
MAX_FILE = 16 << 20
_REFUSALS = ("ERR:", "Not a valid AT command", "Command not found")
_PIECE = re.compile(rb"[A-Za-z0-9+/]+={0,2}")
_DONE = re.compile(rb"(?:^|[\r\n])OK\s*\Z")
_SHOWN = 80


class Dialog:
    """A conversation with the firmware. Not for several threads at once."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._heard = bytearray()

    def synchronise(self) -> None:
        """End whatever the board is doing and wait for its prompt.

        Raises
        ------
        DeviceError
            If it does not answer; says what came instead.
        """
        while self._link.read():
            pass  # answers to what others asked
        self._say("b")
        self._await_prompt("b", SYNC_S)

    def ask(
        self,
        command: str,
        *,
        timeout_s: float = ANSWER_S,
        on_line: Callable[[str], None] | None = None,
    ) -> str:
        """Send a command; return the answer without echo and prompt.

        Parameters
        ----------
        command : str
            Without its ending.
        timeout_s : float
            How long the board may send nothing.
        on_line : callable, optional
            Gets each line of the answer as soon as it is complete.

        Raises
        ------
        DeviceError
            If the board refuses the command or does not answer.
        """
        self._say(command)
        answer = self._await_prompt(command, timeout_s, on_line).decode("utf-8", "replace")
        text = answer.split(command, 1)[-1].strip("\r\n")
        if any(line.strip().startswith(_REFUSALS) for line in text.splitlines()):
            raise _refused(command, text)
        return text

    def fetch(self, command: str, size: int, *, hexadecimal: bool, fast_baud: int) -> bytes:
        """Send a command whose answer is a file; return the file.

        Parameters
        ----------
        command : str
            Without the choice of speed.
        size : int
            Bytes expected; 0 if not known.
        hexadecimal : bool
            Whether the file comes as hexadecimal digits instead of base64.
        fast_baud : int
            Speed to which both sides change for the file; 0 to stay.

        Raises
        ------
        DeviceError
            If the board refuses, or the file does not come whole.
        """
        usual_baud = self._link.baud
        self._say(command)
        if fast_baud:
            self._await(_answered, command, ANSWER_S)
            if self._heard.endswith(PROMPT):
                raise _refused(command, self._heard.decode("utf-8", "replace"))
            self._heard = bytearray()
            self._link.set_baud(fast_baud)
            try:
                self._await(_answered, command, limit=2 * MAX_FILE)
            finally:
                self._link.set_baud(usual_baud)
            sent = bytes(self._heard)
            self._heard = bytearray()
            self._await(lambda heard: heard.endswith(PROMPT), command)
        else:
            sent = self._await_prompt(command, SILENCE_S, limit=2 * MAX_FILE)
            sent = sent.split(command.encode(), 1)[-1]
        return _decoded(sent, command, size, hexadecimal=hexadecimal)

    def _say(self, command: str) -> None:
        self._heard = bytearray()
        line = command.encode("ascii", "replace") + b"\r"
        for at in range(0, len(line), PIECE_BYTES):
            if at:
                time.sleep(PIECE_S)
            self._link.write(line[at : at + PIECE_BYTES])

    def _await_prompt(
        self,
        command: str,
        timeout_s: float,
        on_line: Callable[[str], None] | None = None,
        *,
        limit: int = MAX_ANSWER,
    ) -> bytes:
        """Return what comes before the prompt that follows the command's echo."""
        told = 0
        echo = command.encode("ascii", "replace")

        def complete(heard: bytearray) -> bool:
            nonlocal told
            while on_line and (end := heard.find(b"\n", told)) >= 0:
                text = heard[told:end].decode("utf-8", "replace").strip()
                told = end + 1
                if text and text != command:
                    on_line(text)
            return heard.endswith(PROMPT) and echo in heard

        self._await(complete, command, timeout_s, limit=limit)
        return bytes(self._heard[: -len(PROMPT)])

    def _await(
        self,
        complete: Callable[[bytearray], bool],
        command: str,
        timeout_s: float = SILENCE_S,
        *,
        limit: int = MAX_ANSWER,
    ) -> None:
        """Listen until what was heard is complete; gives up when nothing comes any more."""
        last = time.monotonic()
        while True:
            data = self._link.read()
            now = time.monotonic()
            if data:
                last = now
                self._heard += data
                if complete(self._heard):
                    return
                if len(self._heard) > limit:
                    raise self._no_prompt(command, f"within {len(self._heard)} bytes")
            elif now - last >= timeout_s:
                raise self._no_prompt(command, f"in {timeout_s:g} s")

    def _no_prompt(self, command: str, when: str) -> DeviceError:
        url = self._link.url
        if not self._heard:
            return DeviceError(
                f"There was no prompt '> ' from {url} after '{command}\\r': nothing came {when}.",
                "Press the board's reset button; if that does not help, check that it runs Edge "
                "Impulse's firmware, at 115200 baud, and that no other program talks to it.",
            )
        tail = bytes(self._heard[-_SHOWN:])
        return DeviceError(
            f"There was no prompt '> ' from {url} after '{command}\\r' {when}; "
            f"{len(self._heard)} bytes came, ending with {tail!r}.",
            "Press the board's reset button and try again.",
        )


def _answered(heard: bytearray) -> bool:
    """Say whether an answer has ended: with OK on a line of its own, or with a prompt."""
    tail = bytes(heard[-8:])
    return _DONE.search(tail) is not None or tail.endswith(PROMPT)


def _refused(command: str, answer: str) -> DeviceError:
    lines = [line.strip() for line in answer.splitlines()]
    why = next((line for line in lines if line.startswith(_REFUSALS)), answer.strip())
    return DeviceError(
        f"The board refused {command!r}: {why[:_SHOWN]}",
        "Look at what it offers (its firmware may be another version), or flash its Edge "
        "Impulse firmware anew.",
    )


def _decoded(sent: bytes, command: str, size: int, *, hexadecimal: bool) -> bytes:
    """Return the file that was sent as text; its size is checked if it is known."""
    text = _DONE.sub(b"", sent.strip(b"\r\n "))
    if text.strip().startswith(tuple(word.encode() for word in _REFUSALS)):
        raise _refused(command, text.decode("utf-8", "replace"))
    text = b"".join(text.split())
    try:
        if hexadecimal:
            data = binascii.unhexlify(text)
        else:
            # the firmware may pad each of its pieces
            parts = _PIECE.findall(text)
            if b"".join(parts) != text:
                raise binascii.Error("a character that is none of base64")
            data = b"".join(binascii.a2b_base64(part, strict_mode=True) for part in parts)
    except binascii.Error as error:
        raise DeviceError(
            f"The recording was damaged on the way: {error}, in {len(text)} characters.",
            "Check the cable and record once more.",
        ) from error
    if len(data) < size:
        raise DeviceError(
            f"Of the recording's {size} bytes only {len(data)} came.",
            "Check the cable and record once more.",
        )
    return data
