"""The dependency rule: the contracts hold, and a planted violation is found."""

import ast
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from studio.paths import PLUGINS, ROOT

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
    with (folder / "studio" / "filelock.py").open("a") as file:
        file.write("\nimport pyqtgraph  # nor do the modules beside the packages\n")
    with (folder / "studio" / "api.py").open("a") as file:
        file.write("\nimport tf_keras\n")
    with (folder / "studio" / "emulator" / "__init__.py").open("a") as file:
        file.write("\nimport unicorn  # the emulator is a program of its own\n")
    done = _lint(folder)
    assert done.returncode == 1
    for words in (
        "services call packages BROKEN",
        "imports Qt BROKEN",
        "TensorFlow BROKEN",
        "GPL engine BROKEN",
        "studio.filelock -> pyqtgraph",
        "studio.api -> tf_keras",
        "studio.emulator -> unicorn",
    ):
        assert words in done.stdout, done.stdout


def _of_studio(text: str) -> set[str]:
    """Return which modules of the studio a source imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            whole = node.module == "studio"  # then the names are modules
            found |= {f"studio.{a.name}" for a in node.names} if whole else {node.module}
    return {name for name in found if name.split(".")[0] == "studio"}


def test_a_plugin_that_imports_more_is_found() -> None:
    assert _of_studio("from studio.api import param\nimport numpy, studios") == {"studio.api"}
    text = "def f():\n    import studio.types as t\n    from studio import paths\nimport studio"
    assert _of_studio(text) == {"studio.types", "studio.paths", "studio"}


def test_plugins_import_only_the_api() -> None:
    files = sorted(PLUGINS.rglob("*.py"))
    assert len({file.relative_to(PLUGINS).parts[0] for file in files}) >= 8
    for file in files:
        plugin = file.relative_to(PLUGINS).parts[0]
        allowed = set() if plugin == "virtual_board" else {"studio.api"}
        assert _of_studio(file.read_text(encoding="utf-8")) <= allowed, file


def test_every_module_is_under_the_contracts() -> None:
    """A module that is added must be added to the lists too."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = contracts["tool"]["importlinter"]["contracts"]
    names = {
        f"studio.{path.stem}"
        for path in (ROOT / "studio").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").is_file()
    } - {"studio.__init__"}
    lists = {contract["name"]: set(contract["source_modules"]) for contract in contracts[1:3]}
    assert lists == {
        "Only the window imports Qt": names - {"studio.gui"},
        "Only learning imports TensorFlow": names - {"studio.learning"},
    }


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
