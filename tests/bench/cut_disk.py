"""A disk that is full: the person is told, and what was written by then is a recording."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from board_peers import measured
from common import ROOT
from peers.ours import OwnPeer  # type: ignore[import-not-found]
from soak_check import pieces

from studio.project import Project

RATE_HZ, AXES = 20_000.0, 8
MOST_S = 60
LIMIT = 700_000
SMALL_KIB, LARGE_KIB = 2_000, 20_000


def _record(project: Path, *, limit: int = 0) -> tuple[int, dict[str, Any], str, int]:
    """Record until there is no room; return exit code, answer, words, and the session."""

    def restrict() -> None:
        if limit:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    with OwnPeer(rate_hz=RATE_HZ, n_axes=AXES) as peer:
        command = [sys.executable, "-m", "studio", "record", str(project), "--port", peer.url]
        command += ["--protocol", "tinyml", "--seconds", str(MOST_S), "--json"]
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=False, preexec_fn=restrict
        )
    answer = json.loads(done.stdout) if done.stdout else {}
    return done.returncode, answer, done.stderr, peer.session


def _whole(path: Path, session: int, least_bytes: int) -> list[str]:
    """Open a project; say what is wrong with its one recording."""
    with Project.open(path) as project:
        recordings = project.recordings()
        if len(recordings) != 1:
            return [f"{len(recordings)} recordings: {' '.join(project.notices)}"]
        values = np.asarray(project.read(recordings[0].id))
        gaps = recordings[0].gaps
    if values.nbytes < least_bytes:
        return [f"only {values.nbytes} bytes of readings are left"]
    # a busy computer may have lost some on the way: each is in its place
    for piece in pieces(values, gaps, 1.0):
        if not np.array_equal(piece.raw, measured(session, piece.position, len(piece.raw), AXES)):
            return ["other readings than those sent"]
    return []


def _said(code: int, answer: dict[str, Any], words: str) -> list[str]:
    told = str(answer.get("warning") or answer.get("error") or "")
    wrong = [f"exit code {code}"] * (code not in (1, 2))
    wrong += ["a traceback"] * ("Traceback" in words)
    wrong += [f"it said {told!r}"] * ("disk" not in told and "space" not in told)
    return wrong


def limited_file(folder: Path) -> list[str]:
    """No file may grow beyond a limit, as on a disk with a quota."""
    path = folder / "limited"
    Project.create(path).close()
    code, answer, words, session = _record(path, limit=LIMIT)
    return _said(code, answer, words) + _whole(path, session, LIMIT * 8 // 10)


def full_disk(folder: Path) -> list[str] | None:
    """Record onto a disk of 2 MB, open the project on it, make room, open it again.

    None where such a disk cannot be mounted.
    """
    disk = folder / "disk"
    disk.mkdir()
    if not _mount(f"size={SMALL_KIB}k", disk):
        return None
    try:
        path = disk / "project"
        Project.create(path).close()
        code, answer, words, session = _record(path)
        wrong = _said(code, answer, words)
        with Project.open(path) as project:
            recordings, notices = project.recordings(), project.notices
        if not recordings and not any("kept" in notice for notice in notices):
            wrong.append(f"on the full disk nobody says where the readings are: {notices}")
        _mount(f"remount,size={LARGE_KIB}k", disk)
        return wrong + _whole(path, session, SMALL_KIB * 1024 // 2)
    finally:
        subprocess.run(["umount", str(disk)], check=False)


def _mount(how: str, disk: Path) -> bool:
    if os.geteuid() != 0:
        return False
    command = ["mount", "-t", "tmpfs", "-o", how, "tmpfs", str(disk)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
