"""The serial port: a loopback TCP socket for one client at a time.

Sending happens in the core's thread, straight into the socket: when that is full, the core waits
(flow control) or the bytes are lost (`lossy`). Without a client, bytes go nowhere, as on a cable
that nobody holds. Receiving happens in a thread of its own and stops while the board takes none.
"""

import contextlib
import select
import selectors
import socket
import threading
from collections.abc import Callable

RX_LIMIT = 65536
SEND_BUFFER = 65536


class SerialPort:
    """The board's serial port.

    Parameters
    ----------
    changed : threading.Condition
        Notified (and held) whenever bytes arrive or the client changes.
    lossy : bool
        Discard what the socket does not take at once.
    port : int
        TCP port, 0 for any.
    """

    def __init__(self, changed: threading.Condition, *, lossy: bool, port: int = 0) -> None:
        self._changed = changed
        self._lossy = lossy
        self._listener = socket.create_server(("127.0.0.1", port))
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self._client: socket.socket | None = None
        self._received = bytearray()
        self._paused = False
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self.sent = 0
        self.discarded = 0
        threading.Thread(target=self._serve, name="serial port", daemon=True).start()

    @property
    def connected(self) -> bool:
        """Whether a client is there."""
        return self._client is not None

    @property
    def waiting(self) -> int:
        """Bytes received and not yet taken."""
        return len(self._received)

    def take(self, limit: int) -> bytes:
        """Return received bytes, at most `limit`."""
        with self._changed:
            data = bytes(self._received[:limit])
            del self._received[:limit]
            if self._paused and data:
                self._wake_out.send(b"r")
        return data

    def clear(self) -> None:
        """Forget what was received, as a reset does."""
        self.take(RX_LIMIT)

    def send(self, data: bytes, check: Callable[[], None]) -> None:
        """Send all bytes, waiting while the client reads too slowly.

        Parameters
        ----------
        data : bytes
        check : callable
            Called while waiting; may raise to give up.
        """
        view = memoryview(data)
        while view:
            client = self._client
            if client is None:
                self.discarded += len(view)
                return
            try:
                count = client.send(view)
            except BlockingIOError:
                if self._lossy:
                    self.discarded += len(view)
                    return
                check()
                with contextlib.suppress(OSError, ValueError):  # closed by the other thread
                    select.select([], [client], [], 0.05)
                continue
            except OSError:
                self._drop(client)
                continue
            self.sent += count
            view = view[count:]

    def close(self) -> None:
        """End the connection and stop listening."""
        self._listener.close()
        client = self._client
        if client is not None:
            self._drop(client)

    def _drop(self, client: socket.socket) -> None:
        with self._changed:
            if self._client is client:
                self._client = None
            self._changed.notify_all()
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)
        client.close()

    def _serve(self) -> None:
        while self._listener.fileno() >= 0:
            client = self._client
            self._paused = len(self._received) >= RX_LIMIT
            with selectors.DefaultSelector() as selector:
                try:
                    selector.register(self._listener, selectors.EVENT_READ)
                    selector.register(self._wake_in, selectors.EVENT_READ)
                    if client is not None and not self._paused:
                        selector.register(client, selectors.EVENT_READ)
                    ready = {key.fileobj for key, _ in selector.select(timeout=1.0)}
                except (OSError, ValueError):
                    continue  # a socket was closed meanwhile: look again
            if self._wake_in in ready:
                self._wake_in.recv(64)
            if client is not None and client in ready:
                self._receive(client)
            if self._listener in ready:
                self._accept()

    def _receive(self, client: socket.socket) -> None:
        try:
            data = client.recv(RX_LIMIT)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._drop(client)
            return
        with self._changed:
            self._received += data
            self._changed.notify_all()

    def _accept(self) -> None:
        try:
            client, _ = self._listener.accept()
        except OSError:
            return
        old = self._client
        if old is not None and not self._paused and _alive(old):
            client.close()  # busy: one client at a time
            return
        if old is not None:
            self._drop(old)
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        with self._changed:
            self._client = client
            self._changed.notify_all()


def _alive(client: socket.socket) -> bool:
    try:
        return client.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False
