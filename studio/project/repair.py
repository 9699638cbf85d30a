"""What a process that died left behind: put in order when the project is opened next."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from studio import capture_log, filelock
from studio.errors import ProjectError
from studio.project import files
from studio.project.database import Database, ProjectBusyError, ProjectUnwritableError
from studio.project.metadata import ENDED
from studio.types import Recording

LOST = "lost"
"""Folder for whole files that no row names: nothing a person might miss is deleted."""

_PATIENCE_S = 0.2
_SETTLED_NS = 3_000_000_000
"""A folder that was changed later than this ago may change again within its clock's step."""


def repair(
    folder: Path, database: Database, seal: Callable[..., Recording], *, track: str
) -> list[str]:
    """Tidy up after processes that died and return what was done, in words.

    Files being written by a living process are left alone: it holds the write lock (recordings)
    or its log's lock (captures).

    Parameters
    ----------
    seal : callable
        Makes a recording of a capture log, as `Project.seal`.
    track : str
        The one that is trained on: a program that died while it was renamed leaves another name.
    """
    notices: list[str] = []
    if database.unwritable is not None:
        notices.append(
            f"{database.unwritable.message} The data can be looked at and exported, not changed."
        )
    if (track,) not in database.rows("SELECT name FROM track"):
        notices.append(
            f"Windows get the labels of the track {track!r}, which there is not. "
            "Choose another with `tinyml-studio label rule --track`."
        )
    # first: of a log that was being sealed a file may be there that no row names yet
    notices += _seal_all(folder, seal)
    _drop_marks(folder)
    changed = (folder / "recordings").stat().st_mtime_ns
    if database.rows("SELECT mtime_ns FROM tidied") != [(changed,)]:
        try:
            found = _compared(folder, database)
            notices += found
            if not found and time.time_ns() - changed > _SETTLED_NS:
                _note(database, changed)
        except (ProjectBusyError, ProjectUnwritableError):
            pass  # the next one to open tidies up, when nobody writes and there is room
    return notices


def _seal_all(folder: Path, seal: Callable[..., Recording]) -> list[str]:
    """Make recordings of the logs that nobody writes any more; say so."""
    notices: list[str] = []
    for log in sorted((folder / "incoming").glob(f"*{capture_log.SUFFIX}")):
        if filelock.is_held(log):
            continue
        try:
            notices.append(_recovered(log, seal))
        except ProjectBusyError:
            continue
        except ProjectError as error:
            notices.append(f"{error} It is kept in {log}.")
        except OSError as error:
            notices.append(f"{log} cannot be put in order: {error.strerror or error}.")
    return notices


def _drop_marks(folder: Path) -> None:
    """Remove marks without a log: their recording was ended before its first reading."""
    for marks in (folder / "incoming").glob(f"*{capture_log.MARKS}"):
        with suppress(OSError):  # gone meanwhile, or not to be written: no harm is done
            age = time.time_ns() - marks.stat().st_mtime_ns
            log = marks.with_suffix(capture_log.SUFFIX)
            if age > _SETTLED_NS and not filelock.is_held(marks) and not log.exists():
                marks.unlink()


def _recovered(log: Path, seal: Callable[..., Recording]) -> str:
    """Seal a log whose writer died, or remove it if there is nothing in it; say so."""
    capture = capture_log.scan(log)
    if not capture.readings:
        capture_log.remove(log)
        return f"The recording {log.stem} was ended before its first reading."
    recording = seal(log, about={ENDED: "cut off"})
    saved = f"{recording.seconds:.1f} s of it were recovered"
    if capture.damaged:
        return (
            f"The recording {recording.name} was cut off and damaged; {saved}, with a gap for "
            f"what was damaged. Its log is in {LOST}/."
        )
    return f"The recording {recording.name} was cut off; {saved}."


def _compared(folder: Path, database: Database) -> list[str]:
    """Compare the files in `recordings/` with the list, and put them in order."""
    notices: list[str] = []
    if _strays(folder, database):
        with database.writing(patience_s=_PATIENCE_S):
            notices += _tidy(folder, _strays(folder, database))
    return notices + _missing(folder, database)


def _note(database: Database, changed: int) -> None:
    """Remember that the folder is in order as it is: looking at 100 000 files takes a second."""
    with database.writing(patience_s=_PATIENCE_S):
        database.execute("DELETE FROM tidied")
        database.execute("INSERT INTO tidied VALUES (?)", (changed,))


def _listed(database: Database) -> set[str]:
    rows = database.rows("SELECT DISTINCT sha256, dtype FROM recording")
    return {files.file_name(sha256, dtype) for sha256, dtype in rows}


def _strays(folder: Path, database: Database) -> list[Path]:
    """Return files in `recordings/` that are not listed."""
    found = {path.name: path for path in (folder / "recordings").iterdir()}
    return [found[name] for name in sorted(found.keys() - _listed(database))]


def _tidy(folder: Path, strays: list[Path]) -> list[str]:
    moved = 0
    for path in strays:
        try:
            if path.name.startswith(files.TEMPORARY):
                path.unlink()
            elif path.is_file():
                (folder / LOST).mkdir(exist_ok=True)
                path.replace(folder / LOST / path.name)
                moved += 1
        except OSError:
            continue  # in use or not ours; it does no harm where it is
    if not moved:
        return []
    return [
        f"{moved} recordings had been written but not listed when a program was ended; "
        f"their files are in {LOST}/. Import the same data again to have them."
    ]


def _missing(folder: Path, database: Database) -> list[str]:
    """Report listed recordings whose files are gone."""
    found = {path.name for path in (folder / "recordings").iterdir()}
    gone = len(_listed(database) - found)
    if not gone:
        return []
    return [f"The files of {gone} recordings are missing from recordings/; restore them."]
