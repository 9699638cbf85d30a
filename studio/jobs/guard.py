"""The parent of a tool: ends it, and all it started, when the program that wanted it is gone.

Run as a file with the tool's command line; the end of standard input says that the program is
gone, however that came about. Standard library only, so that it starts fast. PlatformIO is why it
is there: when nobody reads its output any more it neither ends nor ends its compilers.
"""

import os
import signal
import subprocess
import sys
import threading
from types import FrameType


def _end_with_input() -> None:
    while os.read(0, 4096):
        pass
    if sys.platform == "win32":
        tree = ["taskkill", "/T", "/F", "/PID", str(os.getpid())]
        subprocess.run(tree, capture_output=True, check=False)
    else:
        os.killpg(0, signal.SIGKILL)


def _await_tool(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: the tool was asked to end as well, and its end is this process's end."""


def main(argv: list[str]) -> int:
    """Run the tool to its end; return its exit code."""
    # a handler, unlike ignoring, is not handed down to the tool
    signal.signal(signal.SIGTERM, _await_tool)
    threading.Thread(target=_end_with_input, daemon=True).start()
    try:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL)
    except OSError as error:
        sys.stderr.write(f"{argv[0]} could not be started: {error}\n")
        return 127
    code = process.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
