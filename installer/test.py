"""Set TinyML Studio up with its test tools, if need be, and pass the tests.

`python3 installer/test.py [pytest arguments]`. No display is needed. Without arguments all tests
run, those of the compiler beside the others: they are half of the computing and measure no time,
so they get what the others leave of the processor, and are told of when they have ended.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import bootstrap

BESIDE = "tests/unit/compiler"


def main() -> int:
    """Set up and run pytest in the project's folder."""
    if not bootstrap.guarded("the tests run", "pins-test.txt", tests=True):
        return 2
    os.chdir(bootstrap.ROOT)
    environment = {} if os.environ.get("QT_QPA_PLATFORM") else {"QT_QPA_PLATFORM": "offscreen"}
    command = [str(bootstrap.PYTHON), "-m", "pytest"]
    if len(sys.argv) > 1:
        return bootstrap.hand_over([*command, *sys.argv[1:]], environment)
    return _all(command, {**os.environ, **environment})


def _all(command: list[str], environment: dict[str, str]) -> int:
    """Run all tests in two processes; return the exit code of one that failed, else 0."""
    with tempfile.TemporaryFile() as told:
        beside = subprocess.Popen(
            [*_last_in_line(), *command, "-p", "no:cacheprovider", BESIDE],
            env=environment,
            stdout=told,
            stderr=subprocess.STDOUT,
        )
        try:
            code = subprocess.run([*command, f"--ignore={BESIDE}"], env=environment).returncode
            code = beside.wait() or code
        finally:
            beside.kill()
        told.seek(0)
        sys.stdout.flush()
        shutil.copyfileobj(told, sys.stdout.buffer)
    return code


def _last_in_line() -> list[str]:
    """Return what before a command gives it what others leave of the processor."""
    nice = shutil.which("nice")
    return [nice, "-n", "19"] if nice else []


if __name__ == "__main__":
    sys.exit(main())
