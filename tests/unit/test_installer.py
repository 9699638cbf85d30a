"""The installer in a small copy: odd paths, two at once, no network, interrupted."""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from studio.paths import ROOT

# a program of one file and a build backend of its own, so that nothing has to be fetched
BACKEND = """
import zipfile
from pathlib import Path

def build_editable(folder, settings=None, metadata=None):
    name = "tiny-1.0-py3-none-any.whl"
    info = "tiny-1.0.dist-info/"
    with zipfile.ZipFile(Path(folder) / name, "w") as wheel:
        wheel.writestr("tiny.pth", str(Path(__file__).parent) + "\\n")
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n")
        tags = "Generator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\n" + tags)
        wheel.writestr(info + "RECORD", "")
    return name
"""
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "tiny"
version = "1.0"
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "Ordner mit Übung 測試"
    (folder / "installer").mkdir(parents=True)
    for name in ("bootstrap.py", "run.py", "test.py"):
        shutil.copy(ROOT / "installer" / name, folder / "installer")
    for name in ("pins.txt", "pins-test.txt"):
        (folder / "installer" / name).write_text("# nothing\n")
    (folder / "backend.py").write_text(BACKEND, encoding="utf-8")
    (folder / "pyproject.toml").write_text(PROJECT)
    (folder / "studio").mkdir()
    (folder / "studio" / "__main__.py").write_text("import sys; print(sys.argv[1:])\n")
    return folder


def _environment(**more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PIP_")}
    return {**kept, "PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", **more}


def _start(folder: Path, **more: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, str(folder / "installer" / "run.py"), "demo", "--quick"],
        cwd=folder.parent,
        env=_environment(**more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_starts_at_once_then_a_fast_third(copy: Path) -> None:
    both = [_start(copy), _start(copy)]
    for start in both:
        out, err = start.communicate(timeout=120)
        assert start.returncode == 0, err
        assert out.strip() == "['demo', '--quick']"
    began = time.monotonic()
    third = _start(copy)
    out, err = third.communicate(timeout=60)
    bare = time.monotonic()
    subprocess.run([sys.executable, "-c", ""], check=True)
    bare = time.monotonic() - bare
    assert third.returncode == 0
    assert "Setting up" not in err
    assert time.monotonic() - began < 1 + 6 * bare  # two interpreters and a check of the stamp


def test_an_interrupted_set_up_goes_on(copy: Path) -> None:
    first = _start(copy)
    time.sleep(1)
    first.send_signal(signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
    first.communicate()
    second = _start(copy)
    out, err = second.communicate(timeout=120)
    assert second.returncode == 0, err
    assert out.strip() == "['demo', '--quick']"


def test_no_network_is_one_sentence(copy: Path) -> None:
    (copy / "installer" / "pins.txt").write_text(
        "some-package==1.0 --hash=sha256:" + "0" * 64 + "\n"
    )
    dead = "http://127.0.0.1:9/simple"
    start = _start(copy, PIP_NO_INDEX="0", PIP_INDEX_URL=dead, PIP_RETRIES="0")
    _, err = start.communicate(timeout=120)
    assert start.returncode == 2
    assert "there is no network connection" in err
    assert "Traceback" not in err
    assert not (copy / ".venv" / "tinyml-studio.stamp").exists()


def test_another_python_is_refused_with_its_version(copy: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, 'installer'); import bootstrap;"
        "bootstrap.OLDEST = bootstrap.NEWEST = (3, 99);"
        "sys.exit(0 if bootstrap.guarded('x', 'pins.txt', tests=False) else 2)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=copy, capture_output=True, text=True)
    assert done.returncode == 2
    assert f"This is Python {sys.version_info[0]}.{sys.version_info[1]}" in done.stderr


def test_the_pins_cover_what_the_program_asks_for() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pins = (ROOT / "installer" / "pins.txt").read_text().lower()
    for requirement in project["dependencies"]:
        name = requirement.split(">")[0].split("<")[0].split("!")[0].strip().lower()
        assert f"\n{name}==" in "\n" + pins, name
    assert "pyside6-essentials==6.12.0" not in pins
    for line in pins.splitlines():
        assert "://" not in line


@pytest.mark.parametrize("failing", ["", "beside", "others"])
def test_the_compilers_tests_run_beside_the_others(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], failing: str
) -> None:
    spec = importlib.util.spec_from_file_location("all_tests", ROOT / "installer" / "test.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    tests = tmp_path / "tests.py"
    tests.write_text(
        "import sys\n"
        "which = 'others' if sys.argv[-1].startswith('--ignore') else 'beside'\n"
        "print(which, sys.argv[-1])\n"
        f"sys.exit(3 if which == {failing!r} else 0)\n"
    )
    code = module._all([sys.executable, str(tests)], dict(os.environ))
    assert code == (3 if failing else 0)
    said = capfd.readouterr().out.splitlines()
    # each test in one of the two, and what ran beside is told of in the end
    assert said == [f"others --ignore={module.BESIDE}", f"beside {module.BESIDE}"]
    assert (ROOT / module.BESIDE).is_dir()
