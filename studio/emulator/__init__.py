"""Virtual boards: start, stop, find, and talk to them.

The emulator is a program of its own (`plugins/virtual_board`), started detached so that a board
outlives whoever started it, and reached over two loopback TCP ports: serial bytes and control
requests. Its engine's licence is why nothing here imports it. A board is known by its state file
`NAME.json`; a file whose board does not answer is stale and removed.
"""

from studio.emulator.control import Control, find, serial_socket
from studio.emulator.link import link_image
from studio.emulator.process import boards, start, stop
from studio.emulator.usage import usage_without
from studio.types import VirtualBoard

__all__ = [
    "Control",
    "VirtualBoard",
    "boards",
    "find",
    "link_image",
    "serial_socket",
    "start",
    "stop",
    "usage_without",
]
