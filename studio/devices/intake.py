"""The thread that takes bytes off a port as they come; see `studio.devices.link`."""

import bisect
import contextlib
import itertools
import os
import select
import sys
import threading
import time
from typing import Any

import serial

CHUNK = 1 << 16
MOST_TAKEN = 1 << 18
"""What is handed over at once, about, so that decoding takes little time and memory."""
MOST_WAITING = 8 << 20
"""A program that does not read is not served beyond that many bytes; the system's buffers fill."""
ALONE_S = 0.002
"""Bytes that come within this time of the last ones belong to a fast stream."""
ALL_BYTES = 3000
"""Where a system gives fewer, that was all; where it gives more, there may be more."""
FULL_BYTES = 4000
"""So many at once may be all that the slowest system's buffer holds: more are on the way."""
PAUSE_BYTES = FULL_BYTES // 2
"""How much a pause lets come."""
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.0005, 0.002


class Intake:
    """Takes bytes off an open port in a thread of its own; to be closed.

    Parameters
    ----------
    port : serial.SerialBase
        Open; nobody else may read from it.
    """

    def __init__(self, port: Any) -> None:
        self._port = port
        self._parts: list[bytes] = []
        self._bytes = 0
        self._wanted = 1
        self._error: Exception | None = None
        self._ready = threading.Condition()
        self._closing = False
        # where ports and sockets are files, a pipe wakes the thread to end it
        self._ended = os.pipe() if sys.platform != "win32" else None
        run = self._ask if sys.platform == "win32" else self._wait_in_system
        self._thread = threading.Thread(target=self._guard, args=(run,), daemon=True)
        self._thread.name = "port intake"
        self._thread.start()

    @property
    def waiting(self) -> bool:
        """Whether bytes wait to be taken."""
        return self._bytes > 0

    def take(self, wait_s: float = 0.0, gather_s: float = 0.0) -> bytes:
        """Return what has come, waiting for it; nothing if nothing comes.

        It is everything, unless there is more than is decoded together.

        Raises
        ------
        OSError
            If the port has gone (pyserial's errors are such), after everything it gave was taken.
        """
        if self._bytes < MOST_TAKEN and self._error is None:
            self._wait(1, wait_s)
            if gather_s and self._bytes:
                self._wait(MOST_TAKEN, gather_s)
        with self._ready:
            ends = list(itertools.accumulate(map(len, self._parts)))
            count = bisect.bisect_left(ends, MOST_TAKEN) + 1
            parts, self._parts = self._parts[:count], self._parts[count:]
            if self._bytes > MOST_WAITING:
                self._ready.notify_all()
            self._bytes -= ends[len(parts) - 1] if parts else 0
            if not parts and self._error is not None:
                raise self._error
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _wait(self, wanted: int, wait_s: float) -> None:
        """Wait for so many bytes or an error; the thread wakes nobody for less."""
        with self._ready:
            self._wanted = wanted
            if wait_s and self._bytes < wanted and self._error is None:
                self._ready.wait(wait_s)

    def close(self) -> None:
        """End the thread."""
        with self._ready:
            self._closing = True
            self._ready.notify_all()
        if self._ended is not None:
            os.write(self._ended[1], b"\0")
        else:
            with contextlib.suppress(AttributeError, OSError):
                self._port.cancel_read()
        self._thread.join()
        for handle in self._ended or ():
            os.close(handle)

    def _guard(self, run: Any) -> None:
        try:
            run()
        except (OSError, ValueError, TypeError) as error:  # the latter two: closed meanwhile
            with self._ready:
                self._error = error if isinstance(error, OSError) else OSError(str(error))
                self._ready.notify_all()

    def _wait_in_system(self) -> None:
        """Where ports and sockets are files: wait for bytes in the system."""
        assert self._ended is not None
        handle = int(self._port.fileno())
        whole = not os.get_blocking(handle)
        last = 0.0
        nothing = 0
        while not self._closing:
            if handle not in select.select([handle, self._ended[0]], [], [])[0]:
                continue
            try:
                data = _all_there_is(handle) if whole else os.read(handle, CHUNK)
            except (BlockingIOError, InterruptedError):
                continue
            if not data:  # ready to be read, and nothing there: so ports that are gone behave
                nothing += 1
                if nothing > 3:
                    raise serial.SerialException("the device is gone")
                time.sleep(ALONE_S)
                continue
            nothing = 0
            now = time.monotonic()
            self._give(data)
            # as long as PAUSE_BYTES take to come at the rate of these bytes; not for bytes that
            # come singly, nor where more waits already
            pause = (now - last) * PAUSE_BYTES / len(data)
            fast = len(data) < FULL_BYTES and now - last < ALONE_S + LONGEST_PAUSE_S
            if fast and pause > SHORTEST_PAUSE_S:
                time.sleep(min(LONGEST_PAUSE_S, pause))
            last = now

    def _ask(self) -> None:
        """Everywhere else: have pyserial wait for the first byte, then take what waits."""
        while not self._closing:
            first = self._port.read(1)
            if not first:
                continue
            waiting = self._port.in_waiting
            self._give(first + self._port.read(waiting) if waiting else bytes(first))

    def _give(self, data: bytes) -> None:
        with self._ready:
            if self._bytes > MOST_WAITING:
                self._ready.wait_for(lambda: self._bytes <= MOST_WAITING or self._closing)
            self._parts.append(data)
            self._bytes += len(data)
            if self._bytes >= self._wanted:
                self._ready.notify_all()


def _all_there_is(handle: int) -> bytes:
    """Read what waits at a port that does not block: systems give a few KiB at a time.

    Raises
    ------
    OSError
        If nothing waits, or the port has gone before anything was read.
    """
    data = os.read(handle, CHUNK)
    if len(data) < ALL_BYTES:
        return data
    parts, count = [data], len(data)
    with contextlib.suppress(OSError):  # what has gone will be noticed the next time
        while count < CHUNK and len(parts[-1]) >= ALL_BYTES:
            parts.append(os.read(handle, CHUNK))
            count += len(parts[-1])
    return b"".join(parts)
