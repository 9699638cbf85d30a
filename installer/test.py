"""Set TinyML Studio up with its test tools, if need be, and pass the tests.

`python3 installer/test.py [pytest arguments]`. No display is needed.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import bootstrap


def main() -> int:
    """Set up and hand over to pytest in the project's folder."""
    if not bootstrap.guarded("the tests run", "pins-test.txt", tests=True):
        return 2
    os.chdir(bootstrap.ROOT)
    environment = {} if os.environ.get("QT_QPA_PLATFORM") else {"QT_QPA_PLATFORM": "offscreen"}
    command = [str(bootstrap.PYTHON), "-m", "pytest", *sys.argv[1:]]
    return bootstrap.hand_over(command, environment)


if __name__ == "__main__":
    sys.exit(main())
