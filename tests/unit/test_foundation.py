"""The foundation: params, plugins, jobs, workers, atomic writes, the rule of imports."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from studio import params, registry
from studio.errors import Cancelled, ConfigError, PluginError, StudioError, ToolError
from studio.events import Quiet, Reporter, SubReporter
from studio.jobs import Job, JobState, run_tool, run_worker
from studio.params import param
from studio.paths import ROOT, write_atomic


@dataclass(frozen=True, slots=True)
class Example:
    count: int = param(13, "Count", low=1, high=40)
    rate: float = param(0.5, "Rate", units="s", low=0)
    kind: str = param("low", "Kind", choices=("low", "high"))
    log: bool = param(True, "Log")


def test_messages_print_whole_numbers_in_full() -> None:
    @dataclass(frozen=True)
    class Wide:
        seed: int = param(0, "Seed", low=0, high=2**31 - 1)
        rate: float = param(0.5, "Rate", low=0.001)

    with pytest.raises(ConfigError, match="is 2147483648; the range is 0 to 2147483647"):
        params.make(Wide, {"seed": 2**31})
    with pytest.raises(ConfigError, match=r"is -1.25; the range is 0\.001 to any"):
        params.make(Wide, {"rate": -1.25})
    with pytest.raises(ConfigError, match="Give rate as a number"):
        params.make(Wide, {"rate": "fast"})
    with pytest.raises(ConfigError, match="Give seed as a whole number"):
        params.make(Wide, {"seed": 10**400})


def test_params_convert_text_to_types() -> None:
    made = params.from_options(Example, ["count=20", "rate=1.5", "kind=high", "log=false"])
    assert made == Example(20, 1.5, "high", False)
    assert params.make(Example, params.to_dict(made)) == made


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("count=0", "1 to 40"),
        ("count=41", "1 to 40"),
        ("count=2.5", "Give count as a whole number"),
        ("rate=nan", "not a number"),
        ("rate=-1", "0 to any"),
        ("kind=middle", "low, high"),
        ("log=perhaps", "true or false"),
        ("cuont=3", "Known parameters: count"),
        ("count", "no value"),
    ],
)
def test_params_refuse_with_value_and_remedy(option: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words.replace("(", r"\(")):
        params.from_options(Example, [option])


def test_a_bad_plugin_is_a_row_with_its_error(tmp_path: Path) -> None:
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "plugin.toml").write_text("id = 'bad'\nname = 'Bad'\nversion = '1'\napi = 99\n")
    entry = registry._read(bad)
    assert "interface 99" in entry.error
    assert entry.provides == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[provides]\nkind = 'board'", r"each begins with \[\[provides\]\]"),
        ("provides = 3", "no list"),
        ("provides = [3]", "no list"),
        ("[[provides]]\nkind = 'board'", "lacks 'id'"),
        ("[[provides]]\nkind = ['board']", "kind in plugin.toml is"),
        ("[[provides]]\nkind = 'moon'", "unknown kind 'moon'"),
    ],
)
def test_whatever_a_plugin_says_it_is_a_row(tmp_path: Path, text: str, words: str) -> None:
    head = "id = 'bad'\nname = 'Bad'\nversion = '1'\napi = 1\n"
    (tmp_path / "plugin.toml").write_text(head + text)
    assert re.search(words, registry._read(tmp_path).error)
    (tmp_path / "plugin.toml").write_text(head.replace("'Bad'", "12"))
    assert "name in plugin.toml is 12" in registry._read(tmp_path).error


def test_a_plugin_that_fails_to_import_says_so(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text("raise RuntimeError('broken on purpose')")
    row = registry.Provided("importer", "x", "X", "broken", tmp_path, "code.py:X", "")
    with pytest.raises(PluginError, match="broken on purpose"):
        row.load()


def test_find_lists_what_there_is() -> None:
    with pytest.raises(ConfigError, match="no signal block 'nothing'"):
        registry.find("signal_block", "nothing")


def test_job_result_progress_and_failure() -> None:
    events: list[str] = []

    def work(report: Reporter) -> int:
        part = SubReporter(report, 0.5, 1.0)
        part.progress(0.5, "half of the second half")
        part.log("a line")
        return 7

    job = Job("count", work)
    job.listen(lambda kind, _data: events.append(kind))
    assert job.start().wait(5)
    assert (job.result, job.state, job.fraction) == (7, JobState.DONE, 0.75)
    assert events == ["progress", "log", "done"]

    def fail(_report: Reporter) -> None:
        raise ConfigError("It is 3.", "Make it 4.")

    failed = Job("fail", fail)
    failed.start().wait(5)
    assert failed.state is JobState.FAILED
    assert str(failed.error) == "It is 3. Make it 4."


def test_job_cancel() -> None:
    started = threading.Event()

    def work(report: Reporter) -> None:
        started.set()
        while True:
            report.check_cancelled()
            time.sleep(0.005)

    job = Job("endless", work).start()
    assert started.wait(5)
    job.cancel()
    assert job.wait(5)
    assert job.state is JobState.CANCELLED


def test_tool_output_is_streamed_and_code_returned(tmp_path: Path) -> None:
    lines: list[str] = []
    code = run_tool(
        [sys.executable, "-c", "import os; print(os.environ['WORD']); print('zwei'); exit(3)"],
        cwd=tmp_path,
        env={"WORD": "eins"},
        on_line=lines.append,
    )
    assert (code, lines) == (3, ["eins", "zwei"])
    with pytest.raises(ToolError, match="could not be started"):
        run_tool(["/no/such/program"], cwd=tmp_path, env={}, on_line=lines.append)


@pytest.mark.skipif(not hasattr(os, "nice"), reason="priorities are told otherwise there")
def test_a_tool_yields_to_what_a_person_looks_at(tmp_path: Path) -> None:
    lines: list[str] = []
    asks = "import os, time; time.sleep(0.3); print(os.nice(0))"
    run_tool([sys.executable, "-c", asks], cwd=tmp_path, env={}, on_line=lines.append)
    assert int(lines[0]) >= min(os.nice(0) + 5, 19)


def test_a_cancelled_tool_is_ended_with_its_children(tmp_path: Path) -> None:
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {_SLEEPER!r}])"

    def stop(line: str) -> None:
        (tmp_path / "pid").write_text(line)
        raise Cancelled

    with pytest.raises(Cancelled):
        run_tool([sys.executable, "-c", child], cwd=tmp_path, env={}, on_line=stop)
    pid = int((tmp_path / "pid").read_text())
    deadline = time.monotonic() + 10
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(pid)


@pytest.mark.skipif(sys.platform == "win32", reason="looks for the process as Unix does")
def test_a_tool_ends_with_its_children_when_the_program_is_killed(tmp_path: Path) -> None:
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {_SLEEPER!r}])"
    program = (
        "import sys\nfrom pathlib import Path\nfrom studio.jobs import run_tool\n"
        f"run_tool([sys.executable, '-c', {child!r}], cwd=Path(sys.argv[1]), env={{}},"
        " on_line=lambda line: print(line, flush=True))"
    )
    killed = subprocess.Popen(
        [sys.executable, "-c", program, tmp_path], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert killed.stdout is not None
    pid = int(killed.stdout.readline())
    killed.kill()
    killed.wait()
    killed.stdout.close()
    deadline = time.monotonic() + 10
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(pid)


_SLEEPER = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or ") Z " not in status.read_text()


def test_an_unknown_worker_is_a_clear_error() -> None:
    with pytest.raises(StudioError, match="nonsense"):
        run_worker("nonsense", {}, Quiet())


_FAILING = """
import sys
from studio.jobs import serve_worker

def work(request, report):
    raise {raised}

sys.exit(serve_worker(work))
"""


@pytest.fixture
def failing_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Makes `run_worker` start a worker whose only work is to raise something."""

    def plant(raised: str) -> None:
        script = tmp_path / "worker.py"
        script.write_text(_FAILING.format(raised=raised))
        launcher = tmp_path / "python"
        launcher.write_text(f"#!/bin/sh\nexec '{sys.executable}' '{script}'\n")
        launcher.chmod(0o755)
        monkeypatch.setenv("PYTHONPATH", str(ROOT))
        monkeypatch.setattr(sys, "executable", str(launcher))

    return plant


@pytest.mark.skipif(sys.platform == "win32", reason="starts the worker through a shell script")
def test_a_bug_in_a_worker_is_a_bug(failing_worker: Callable[[str], None]) -> None:
    failing_worker("KeyError('cheese')")
    with pytest.raises(RuntimeError, match="KeyError: 'cheese'") as caught:
        run_worker("data", {}, Quiet())
    assert not isinstance(caught.value, StudioError)
    assert "in work" in caught.value.__notes__[0]  # the line of the worker where it happened
    job = Job("a job", lambda report: run_worker("data", {}, report)).start()
    assert job.wait(20)
    assert job.state is JobState.FAILED
    assert "in work" in job.traceback


@pytest.mark.skipif(sys.platform == "win32", reason="starts the worker through a shell script")
def test_a_worker_without_memory_is_no_bug(failing_worker: Callable[[str], None]) -> None:
    failing_worker("MemoryError()")
    with pytest.raises(ToolError, match="out of memory"):
        run_worker("data", {}, Quiet())


def test_write_atomic_replaces_whole_and_leaves_nothing_behind(tmp_path: Path) -> None:
    target = tmp_path / "file"
    write_atomic(target, b"one")
    write_atomic(target, b"two")
    assert target.read_bytes() == b"two"
    assert os.listdir(tmp_path) == ["file"]
    with pytest.raises(OSError, match="No such file"):
        write_atomic(tmp_path / "missing" / "file", b"x")


def test_help_of_every_verb_is_there_and_unknown_verbs_exit_2() -> None:
    run = [sys.executable, "-m", "studio"]
    listing = subprocess.run([*run, "--help"], capture_output=True, text=True, cwd=ROOT)
    assert listing.returncode == 0
    for verb in (
        "new import info record features train test compile run-model profile estimate build "
        "flash live ports boards demo"
    ).split():
        # argparse puts the text of the longest one on a line of its own
        assert re.search(rf"^    {verb}\s", listing.stdout, re.MULTILINE), verb
    unknown = subprocess.run([*run, "no-such-verb"], capture_output=True, text=True, cwd=ROOT)
    assert unknown.returncode == 2
    assert "Traceback" not in unknown.stderr


def test_a_failed_verb_prints_one_json_object(tmp_path: Path) -> None:
    run = [sys.executable, "-m", "studio", "info", str(tmp_path / "none"), "--json"]
    done = subprocess.run(run, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 2
    answer = json.loads(done.stdout)
    assert set(answer) == {"error", "hint"}
    assert "none" in answer["error"]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["train", "x", "--epochs", "abc"],
        ["compile", "M.tflite"],
        ["compile", "M.tflite", "--out", "x", "--target", "z80"],
        ["new", "x", "--template", "nothing"],
        ["boards"],
        ["info", "x", "--bogus"],
        ["no-such-verb"],
        ["live", "x", "--seconds", "nan"],
        ["demo", "--out", __file__],
    ],
)
def test_every_mistake_is_one_sentence_and_one_json_object(words: list[str]) -> None:
    run = [sys.executable, "-m", "studio", *words, "--json"]
    done = subprocess.run(run, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 2, done.stderr
    assert set(json.loads(done.stdout)) == {"error", "hint"}
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_a_home_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    environment = {**os.environ, "TINYML_STUDIO_HOME": str(tmp_path / "file" / "home")}
    run = [sys.executable, "-m", "studio", "boards", "list"]
    done = subprocess.run(run, capture_output=True, text=True, cwd=ROOT, env=environment)
    assert done.returncode == 2
    assert "cannot be made" in done.stderr
    assert "Traceback" not in done.stderr


def test_shares_are_written_as_other_numbers_with_a_unit() -> None:
    """Such as 21 %, as the window writes them; Python's own format leaves the space out."""
    found = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "studio").rglob("*.py"))
        if "gui" not in path.parts
        if re.search(r"\.\d%\}", path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_the_readme_is_finished() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "@@" not in text
    assert (ROOT / "resources" / "manual" / "window.png").is_file()
