"""Write the pins afresh from pyproject.toml (needs `uv`; for developers, when ranges change)."""

import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
COMMON = [
    *("uv", "pip", "compile", "pyproject.toml", "--universal", "--python-version", "3.11"),
    *("--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--no-header"),
    *("--no-annotate", "--upgrade", "--prerelease", "if-necessary-or-explicit"),
]


def main() -> None:
    """Write pins.txt (the program) and pins-test.txt (the program and its test tools)."""
    run = [*COMMON, "--output-file", "installer/pins.txt"]
    test = [*COMMON, "--extra", "test", "--constraint", "installer/pins.txt"]
    subprocess.run(run, cwd=HERE.parent, check=True)
    test += ["--output-file", "installer/pins-test.txt"]
    subprocess.run(test, cwd=HERE.parent, check=True)


if __name__ == "__main__":
    main()
