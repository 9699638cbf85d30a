"""Set TinyML Studio up, if need be, and run it: `python3 installer/run.py [verb ...]`.

Without arguments the window opens; without a display the demo runs in the terminal. Arguments go
to `tinyml-studio` as they are.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import bootstrap


def main() -> int:
    """Set up and hand over."""
    if not bootstrap.guarded("the studio opens", "pins.txt", tests=False):
        return 2
    return bootstrap.hand_over([str(bootstrap.PYTHON), "-m", "studio", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
