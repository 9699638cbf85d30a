"""What a board leaves on disk: its state file, its flash, and a lock that says it lives."""

import contextlib
import hashlib
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Any

from vboard.errors import BoardError

MAGIC = b"TMLFLSH1"
ENDING_S = 3.0
"""How long a board may take to end after it withdrew its state file."""


def write_atomic(path: Path, data: bytes) -> None:
    """Replace a file in one step."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


class State:
    """The files of the board `name` in `folder`."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._name = name
        self._state = folder / f"{name}.json"
        self._flash = folder / f"{name}.flash"
        self._lock_path = folder / f"{name}.lock"
        self._lock: IO[bytes] | None = None

    def lock(self) -> None:
        """Claim the name for this process; the claim ends with it, however it ends.

        One that is just ending is waited for.

        Raises
        ------
        BoardError
            If another process has it.
        """
        end = time.monotonic() + ENDING_S
        while True:
            try:
                self._claim()
            except BoardError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
            else:
                return

    def _claim(self) -> None:
        self._lock = self._lock_path.open("a+b")
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(self._lock.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BoardError(f"A virtual board {self._name!r} is running already.") from error

    def publish(self, table: dict[str, Any]) -> None:
        """Write the state file."""
        write_atomic(self._state, json.dumps(table).encode())

    def withdraw(self) -> None:
        """Remove the state file."""
        with contextlib.suppress(OSError):
            self._state.unlink(missing_ok=True)

    def save_flash(self, image: bytes) -> None:
        """Keep an image file across restarts."""
        write_atomic(self._flash, MAGIC + hashlib.sha256(image).digest() + image)

    def load_flash(self) -> bytes | None:
        """Return the kept image file, or None.

        Raises
        ------
        BoardError
            If the file is damaged.
        """
        try:
            data = self._flash.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BoardError(f"{self._flash.name} cannot be read: {error.strerror}.") from error
        digest, image = data[8:40], data[40:]
        if data[:8] != MAGIC or hashlib.sha256(image).digest() != digest:
            raise BoardError(f"{self._flash.name} is damaged; flash the board again.")
        return image
