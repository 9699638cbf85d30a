"""The dependency rule: the contracts hold, and a planted violation is found."""

import shutil
import subprocess
import sys
from pathlib import Path

from studio.paths import ROOT

LINT = Path(sys.executable).with_name("lint-imports")


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(LINT), "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    )


def _copy(folder: Path) -> Path:
    shutil.copytree(ROOT / "studio", folder / "studio", ignore=shutil.ignore_patterns("*.pyc"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_the_contracts_hold(tmp_path: Path) -> None:
    done = _lint(_copy(tmp_path))
    assert done.returncode == 0, done.stdout


def test_planted_violations_are_found(tmp_path: Path) -> None:
    folder = _copy(tmp_path)
    with (folder / "studio" / "project" / "__init__.py").open("a") as file:
        file.write("\nfrom studio import compiler  # packages do not know each other\n")
    with (folder / "studio" / "services" / "__init__.py").open("a") as file:
        file.write("\nimport PySide6.QtCore  # only the window imports Qt\n")
    with (folder / "studio" / "compiler" / "__init__.py").open("a") as file:
        file.write("\nimport tensorflow  # only learning imports TensorFlow\n")
    done = _lint(folder)
    assert done.returncode == 1
    for words in ("services call packages BROKEN", "imports Qt BROKEN", "TensorFlow BROKEN"):
        assert words in done.stdout, done.stdout


def test_importing_the_program_loads_nothing_heavy() -> None:
    code = (
        "import sys, studio.cli.frame as f; f.parser();"
        "heavy = {'tensorflow', 'tf_keras', 'librosa', 'scipy.signal', 'PySide6', 'unicorn'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
