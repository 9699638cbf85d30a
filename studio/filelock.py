"""A lock on an open file that the system drops when its process ends, however it ends.

Whoever writes a capture log holds it; whoever finds a log with nobody holding it knows that its
writer is gone.
"""

import os
import sys
from pathlib import Path
from typing import BinaryIO

_BYTE = 0x7FFF_0000
"""Windows locks bytes, and nobody else may read a locked one: one far behind any data."""


def hold(file: BinaryIO) -> bool:
    """Take the lock of an open file until it is closed; return False if another has it."""
    if sys.platform == "win32":
        import msvcrt

        position = file.tell()
        try:
            file.seek(_BYTE)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            file.seek(position)
        return True
    import fcntl

    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def is_held(path: Path) -> bool:
    """Return whether another open file holds the lock of this path; False if it is missing."""
    try:
        handle = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        return False
    except OSError:
        return True
    with os.fdopen(handle, "r+b", buffering=0) as file:
        return not hold(file)
