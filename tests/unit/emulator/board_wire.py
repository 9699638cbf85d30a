"""Bytes to and from a virtual board's serial port, for these tests."""

import socket
import struct

from studio import emulator
from studio.services.boards import board_file

BOARD = board_file("virtual-cortex-m4")


class Wire:
    """Bytes to and from a board's serial port, with a deadline."""

    def __init__(self, board: emulator.VirtualBoard) -> None:
        self.socket: socket.socket = emulator.serial_socket(board, timeout_s=20)

    def send(self, command: bytes, *numbers: int) -> None:
        self.socket.sendall(command + struct.pack(f"<{len(numbers)}I", *numbers))

    def take(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise EOFError(f"the port closed after {len(data)} of {count} bytes")
            data += part
        return bytes(data)

    def numbers(self, count: int) -> tuple[int, ...]:
        return struct.unpack(f"<{count}I", self.take(4 * count))

    def close(self) -> None:
        self.socket.close()
