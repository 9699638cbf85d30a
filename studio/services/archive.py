"""A whole project in one file: `.tinyml.zip`, written in a stream, opened with distrust.

The same project gives the same bytes: entries in a fixed order, without dates. Recordings are
stored as they are (compressing sound gains little, and a reader may map them); the database and
the settings are compressed. Opening checks names, sizes and links (`unpack`), every recording
against its SHA-256, and the database against the tables that this program makes.
"""

import json
import os
import re
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from studio.errors import ConfigError, ProjectError
from studio.events import Reporter
from studio.project import Project, check_rows, sync_files
from studio.project.files import parts
from studio.services.unpack import refused, sha256, unpacked

SUFFIX = ".tinyml.zip"
FORMAT = 1
"""Number of the archive's layout."""

_HEADER = "tinyml-archive.json"
_MANIFEST = "project.toml"
_DATABASE = "studio.db"
_LOCAL_BYTES = 30
"""What stands before the name of a zip file's first entry."""
_DATE = (1980, 1, 1, 0, 0, 0)
_CHUNK_BYTES = 1 << 20
_RECORDING = re.compile(r"recordings/([0-9a-f]{64})\.(wav|npy)")
_RUN_ID = re.compile(r"[\w\-.]{1,100}")
_MOST_VERSIONS = 10_000
_SCHEMA = "SELECT type, name, sql FROM sqlite_master"


def write(project: Project, target: Path, report: Reporter) -> dict[str, Any]:
    """Write a project to an archive that must not exist yet; it appears when it is whole.

    Returns
    -------
    dict
        As `exports.export_data`.

    Raises
    ------
    ConfigError
        If the target is not called `.zip`.
    ProjectError
        If the target exists or cannot be written, or a recording is damaged.
    """
    target = Path(os.path.abspath(target))
    if target.suffix.lower() != ".zip":
        raise ConfigError(
            f"{target.name} is no name of an archive.", f"Call it {target.name}{SUFFIX}."
        )
    if target.exists():
        raise ProjectError(f"{target} is there already.", "Choose another name.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
            whole = Path(folder) / "archive"
            counts = _write(project, whole, Path(folder) / _DATABASE, report)
            os.replace(whole, target)
    except OSError as error:
        raise ProjectError(
            f"{target} cannot be written: {error.strerror or error}.",
            "Check the folder's permissions and the free space of the disk.",
        ) from error
    notes = []
    if any(project.incoming.glob("*.capture")):
        notes.append("recordings that are still running are not in it")
    return {
        "target": str(target),
        "format": "archive",
        "labels": "all",
        **counts,
        "bytes": target.stat().st_size,
        "notes": notes,
    }


def _write(project: Project, path: Path, database: Path, report: Reporter) -> dict[str, Any]:
    _copy_database(project, database)
    rows = list(_files(project.path, database))
    recordings, samples = len(project.recordings()), len(project.samples())
    header = {
        "format": "TinyML Studio project",
        "version": FORMAT,
        "name": project.name,
        "recordings": recordings,
        "samples": samples,
    }
    with path.open("xb") as file, zipfile.ZipFile(file, "w", allowZip64=True) as archive:
        _entry(archive, _HEADER, json.dumps(header, indent=1, ensure_ascii=False).encode())
        for number, (name, source) in enumerate(rows):
            report.check_cancelled()
            report.progress(number / len(rows), f"Packing: {number} of {len(rows)} files")
            _pack(archive, name, source)
        archive.close()
        file.flush()
        os.fsync(file.fileno())
    report.progress(1.0, f"Packing: {len(rows)} of {len(rows)} files")
    return {"files": len(rows) + 1, "recordings": recordings, "samples": samples}


def _copy_database(project: Project, target: Path) -> None:
    """Copy the database as it is at one moment, also while others write to it."""
    project.copy_database(target)
    try:
        with closing(sqlite3.connect(target, isolation_level=None)) as connection:
            connection.execute("PRAGMA schema_version = 1")  # or each copy would count one more
    except sqlite3.Error as error:
        raise ProjectError(
            f"{target} cannot be written: {error}.", "Check the free space of the disk."
        ) from error


def _files(folder: Path, database: Path) -> Iterator[tuple[str, Path]]:
    """Yield the entries of an archive and their files, in a fixed order."""
    yield _MANIFEST, folder / _MANIFEST
    yield _DATABASE, database
    with closing(sqlite3.connect(database)) as connection:
        listed = connection.execute("SELECT DISTINCT sha256, dtype FROM recording").fetchall()
    suffixes = {"int16": ".wav", "float32": ".npy"}
    for content, dtype in sorted(listed):
        yield (
            f"recordings/{content}{suffixes[dtype]}",
            (folder / "recordings" / f"{content}{suffixes[dtype]}"),
        )
    runs = folder / "runs"
    for path in sorted(runs.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield f"runs/{path.relative_to(runs).as_posix()}", path


def _info(name: str, *, stored: bool) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _DATE)
    info.create_system = 3
    info.external_attr = 0o100644 << 16
    info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    return info


def _entry(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(_info(name, stored=False), data)


def _pack(archive: zipfile.ZipFile, name: str, source: Path) -> None:
    stored = name not in (_MANIFEST, _DATABASE)
    with (
        source.open("rb") as file,
        archive.open(_info(name, stored=stored), "w", force_zip64=True) as target,
    ):
        shutil.copyfileobj(file, target, _CHUNK_BYTES)


def is_archive(path: Path) -> bool:
    """Whether a file is called like a project archive, or begins like one under another name."""
    if path.name.lower().endswith(SUFFIX):
        return True
    try:
        with path.open("rb") as file:
            head = file.read(_LOCAL_BYTES + len(_HEADER))
    except OSError:
        return False
    return head[:4] == b"PK\x03\x04" and head[_LOCAL_BYTES:] == _HEADER.encode()


def open_archive(path: Path, folder: Path, report: Reporter) -> Path:
    """Make a project of an archive in a folder that is missing or empty, and return the folder.

    Raises
    ------
    ProjectError
        For an archive that is damaged, hostile or newer than this program; then nothing is left
        behind.
    """
    target = Path(os.path.abspath(folder))
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise ProjectError(f"{target} is there already and not empty.", "Choose a new folder.")
        target.parent.mkdir(parents=True, exist_ok=True)
        with unpacked(path, target.parent, report=report) as inside:
            check(path, inside)
            (inside / _HEADER).unlink()
            sync_files([file for file in inside.rglob("*") if file.is_file()])
            if target.exists():
                target.rmdir()  # an empty one; Windows does not replace folders
            inside.rename(target)
    except OSError as error:
        raise ProjectError(
            f"{target} cannot be written: {error.strerror or error}.",
            "Check the folder's permissions and the free space of the disk.",
        ) from error
    return target


def check(path: Path, inside: Path) -> None:
    """Refuse an unpacked archive that is no whole project of this program.

    Raises
    ------
    ProjectError
        Saying what is wrong with it.
    """
    _check_header(path, inside / _HEADER)
    for file in inside.rglob("*"):
        name = file.relative_to(inside).as_posix()
        if file.is_dir():
            continue
        found = _RECORDING.fullmatch(name)
        if found and sha256(file) != found[1]:
            raise refused(path, f"the recording {found[1][:12]}… is damaged")
        if found and found[2] == "npy" and not _finite(file):
            raise refused(path, f"the recording {found[1][:12]}… holds values that are no numbers")
        known = found or name in (_HEADER, _MANIFEST, _DATABASE) or name.startswith("runs/")
        if not known:
            raise refused(path, f"{name!r} does not belong to a project")
    if not (inside / _DATABASE).is_file() or not (inside / _MANIFEST).is_file():
        raise refused(path, "it holds no whole project")
    _check_database(path, inside)
    try:
        check_rows(inside)
    except ProjectError as error:
        raise refused(path, error.message.rstrip(".")) from error
    with Project.open(inside) as project:
        for recording in project.recordings():
            project.read(recording.id)


def _finite(file: Path) -> bool:
    """Whether a file of sensor readings holds finite numbers only, as every recording does."""
    try:
        values = np.load(file, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return False
    if values.ndim != 2 or values.dtype != np.dtype("<f4") or not values.shape[1]:
        return False
    return all(np.isfinite(part).all() for part in parts(values))


def _check_header(path: Path, header: Path) -> None:
    try:
        said = json.loads(header.read_bytes())
        version = said["version"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise refused(path, f"it is no project archive (it has no {_HEADER})") from error
    if type(version) is not int or not 0 < version < _MOST_VERSIONS:
        raise refused(path, f"its {_HEADER} names no version of an archive")
    if version > FORMAT:
        raise ProjectError(
            f"{path.name} was written by a newer TinyML Studio (archive {version}; this program "
            f"reads up to {FORMAT}).",
            "Update TinyML Studio to open it.",
        )


def _check_database(path: Path, inside: Path) -> None:
    """Refuse a database that could do or name more than one of this program's own."""
    with tempfile.TemporaryDirectory(dir=inside.parent) as folder:
        Project.create(Path(folder) / "p").close()
        with closing(sqlite3.connect(Path(folder) / "p" / _DATABASE)) as own:
            usual = set(own.execute(_SCHEMA))
    try:
        with closing(sqlite3.connect(inside / _DATABASE)) as connection:
            connection.execute("PRAGMA trusted_schema = OFF")
            acting = {
                row
                for row in connection.execute(_SCHEMA)
                if row[0] in ("trigger", "view") or "virtual" in str(row[2]).lower()
            }
            whole = connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
            names = connection.execute("SELECT sha256, dtype FROM recording").fetchall()
            runs = [row[0] for row in connection.execute("SELECT id FROM run")]
    except sqlite3.Error as error:
        raise refused(path, f"its {_DATABASE} is damaged ({error})") from error
    if not whole:
        raise refused(path, f"its {_DATABASE} is damaged")
    if acting - usual:
        raise refused(path, f"its {_DATABASE} holds instructions that do not belong there")
    kinds = {"int16": "wav", "float32": "npy"}
    for content, dtype in names:
        if not _RECORDING.fullmatch(f"recordings/{content}.{kinds.get(dtype)}"):
            raise refused(path, f"its {_DATABASE} names the recording {content!r}")
    for run in runs:
        if not _RUN_ID.fullmatch(str(run)) or ".." in str(run):
            raise refused(path, f"its {_DATABASE} names the run {run!r}")
