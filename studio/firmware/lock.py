"""One process at a time in a folder."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from studio.filelock import hold


@contextmanager
def only_one(folder: Path, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold a folder's lock, calling `waiting` while another process or thread has it.

    The folder is made if missing. The system frees the lock when its process ends, however it
    ends.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("ab") as file:
        while not hold(file):
            waiting()
            time.sleep(0.05)
        yield
