"""A pseudo-terminal in front of the serial port, for programs that know only device files.

While someone holds the terminal open, the bridge is the serial port's client; so a program on the
terminal and one on the TCP port take turns like any two clients.
"""

import errno
import os
import select
import socket
import sys
import threading
import time

LOOK_S = 0.1
"""How often the bridge looks whether somebody opened the terminal."""


def open_terminal(port: int) -> str:
    """Bridge a new pseudo-terminal to a TCP port; return its path, empty where there is none."""
    if sys.platform == "win32":
        return ""
    import tty

    try:
        master, slave = os.openpty()
    except OSError:
        return ""
    tty.setraw(slave)
    path = os.ttyname(slave)
    os.close(slave)
    threading.Thread(target=_bridge, args=(master, port), name="pty", daemon=True).start()
    return path


def _held_open(master: int) -> bool:
    poll = select.poll()
    poll.register(master, 0)
    return not any(event & select.POLLHUP for _, event in poll.poll(0))


def _bridge(master: int, port: int) -> None:
    while True:
        time.sleep(LOOK_S)
        if not _held_open(master):
            continue
        try:
            with socket.create_connection(("127.0.0.1", port)) as connection:
                _pump(master, connection)
        except OSError as error:
            # EIO: whoever held the terminal let go; the others: the board is going down
            if error.errno not in (errno.EIO, errno.ECONNRESET, errno.EPIPE):
                return


def _pump(master: int, connection: socket.socket) -> None:
    """Carry bytes both ways until one side closes."""
    sides: list[int | socket.socket] = [master, connection]
    while True:
        ready, _, _ = select.select(sides, [], [])
        if master in ready:
            connection.sendall(os.read(master, 4096))
        if connection in ready:
            data = connection.recv(4096)
            if not data:
                return
            while data:
                data = data[os.write(master, data) :]
