"""The PlatformIO home: made, mended, shared by processes, true to its versions."""

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

import pytest

from studio.errors import ToolError
from studio.firmware import image_sizes, provision
from studio.firmware.build import explain

PROVISION = """
import sys
from pathlib import Path
from studio.firmware import provision
provision(Path(sys.argv[1]))
"""


def contents(home: Path) -> dict[str, bytes]:
    return {
        path.relative_to(home).as_posix(): path.read_bytes()
        for path in sorted(home.rglob("*"))
        if path.is_file()
    }


def test_scons_has_the_version_that_platformio_asks_for(tmp_path: Path) -> None:
    provision(tmp_path)
    package = json.loads((tmp_path / "packages" / "tool-scons" / "package.json").read_text())
    wanted = subprocess.run(
        [
            sys.executable,
            "-c",
            "from platformio.dependencies import get_core_dependencies as known;"
            "print(known()['tool-scons'])",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert wanted == f"~{package['version']}"
    assert package["description"] == f"SCons {importlib.metadata.version('scons')}"


def test_telemetry_and_update_checks_are_off(tmp_path: Path) -> None:
    environment = provision(tmp_path)
    assert environment["PLATFORMIO_CORE_DIR"] == str(tmp_path)
    assert environment["PLATFORMIO_SETTING_ENABLE_TELEMETRY"] == "false"
    state = json.loads((tmp_path / "appstate.json").read_text())
    assert state["last_version"] == importlib.metadata.version("platformio")


def test_again_touches_nothing(tmp_path: Path) -> None:
    provision(tmp_path)
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    provision(tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == times


def test_an_old_home_is_mended_and_foreign_packages_stay(tmp_path: Path) -> None:
    provision(tmp_path)
    good = contents(tmp_path)
    platform = tmp_path / "platforms" / "tinyml-virtual"
    (platform / "builder" / "main.py").write_text("an older version")
    (platform / "boards" / "gone.json").write_text("{}")
    (tmp_path / "packages" / "tool-scons" / "package.json").unlink()
    (tmp_path / "appstate.json").write_text('{"last_version": "5.0.0", "cid": "kept"}')
    other = tmp_path / "platforms" / "atmelavr" / "platform.json"
    other.parent.mkdir()
    other.write_text("{}")
    provision(tmp_path)
    mended = contents(tmp_path)
    assert mended.pop("platforms/atmelavr/platform.json") == b"{}"
    assert json.loads(mended["appstate.json"])["cid"] == "kept"
    for name in ("appstate.json", "packages/tool-scons/package.json"):
        assert json.loads(mended[name]).items() >= json.loads(good[name]).items()
    assert set(mended) == set(good)
    assert mended["platforms/tinyml-virtual/builder/main.py"].startswith(b'"""Build script')


@pytest.mark.parametrize("state", ["not json", "[1, 2]", ""])
def test_a_damaged_state_file_is_replaced(tmp_path: Path, state: str) -> None:
    (tmp_path / "appstate.json").write_text(state)
    provision(tmp_path)
    assert "last_version" in json.loads((tmp_path / "appstate.json").read_text())


def test_four_processes_at_once(tmp_path: Path) -> None:
    home = tmp_path / "Häuser" / "home 1"
    children = [
        subprocess.Popen([sys.executable, "-c", PROVISION, str(home)], cwd=Path.cwd())
        for _ in range(4)
    ]
    assert [child.wait(60) for child in children] == [0, 0, 0, 0]
    provision(tmp_path / "alone")
    assert contents(home) == contents(tmp_path / "alone")


def test_a_home_that_cannot_be_made_is_a_tool_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ToolError, match="could not be set up"):
        provision(tmp_path / "file")


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (
            ["Compiling a.o", "src/a.c:3:9: error: use of x", "2 errors"],
            "src/a.c, line 3: use of x",
        ),
        ([r"C:\p q\a.c:12:1: fatal error: 'x.h' file not found"], r"C:\p q\a.c, line 12: 'x.h'"),
        (
            ["error: section '.text' will not fit in region 'FLASH': overflowed by 8 bytes"],
            "8 bytes more flash than",
        ),
        (["Error: the compiler (the Python package ziglang) is not installed"], "ziglang"),
        (["Processing", "something odd"], "could not be built: something odd"),
        ([], "could not be built: it said nothing"),
    ],
)
def test_build_output_in_words(lines: list[str], words: str) -> None:
    error = explain(lines)
    assert words in error.message
    assert error.hint


@pytest.mark.parametrize("data", [b"", b"\x7fELF", b"\x7fELF" + bytes(300), bytes(range(256))])
def test_an_unreadable_image_is_a_tool_error(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.elf").write_bytes(data)
    with pytest.raises(ToolError, match=r"x\.elf is not a readable program image"):
        image_sizes(tmp_path / "x.elf")
