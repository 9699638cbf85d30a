"""Several boards recorded at once, each in a process of its own, on the clock of this computer.

Every recording tells when its reading 0 was taken, by a line through the times at which its
readings arrived, and how sure that is. What all readings of a cable are late by in the same way
(a USB bridge may keep bytes for up to 16 ms) cannot be seen in them: boards on cables of one kind
are aligned to within the stated uncertainty, others to within that delay.
"""

import threading
import uuid
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Any

from studio.errors import Cancelled, ConfigError, StudioError
from studio.events import Reporter
from studio.services import acquire


class _Share:
    """One board's part of a job."""

    def __init__(self, parent: "_Whole", port: str) -> None:
        self._parent = parent
        self._port = port
        self.fraction = 0.0

    def progress(self, fraction: float, text: str) -> None:
        """State how far this board is; the job is as far as all of them on average."""
        self.fraction = fraction
        self._parent.progress(f"{self._port}: {text}")

    def log(self, line: str) -> None:
        """Pass on, with the port."""
        self._parent.report.log(f"{self._port}: {line}")

    def event(self, kind: str, **data: object) -> None:
        """Pass on, with the port."""
        self._parent.report.event(kind, **{**data, "port": self._port})

    def check_cancelled(self) -> None:
        """Raise `Cancelled` if the person asked to stop."""
        if self._parent.stopped.is_set():
            raise Cancelled
        self._parent.report.check_cancelled()


class _Whole:
    """The job, and what became of each board."""

    def __init__(self, report: Reporter, ports: Sequence[str]) -> None:
        self.report = report
        self.stopped = threading.Event()
        self.shares = {port: _Share(self, port) for port in ports}
        self.results: dict[str, dict[str, Any]] = {}
        self.errors: dict[str, StudioError] = {}

    def progress(self, text: str) -> None:
        """Pass on how far all boards are."""
        done = sum(share.fraction for share in self.shares.values())
        self.report.progress(done / len(self.shares), text)


def record_together(
    project_path: Path, ports: Sequence[str], *, report: Reporter, **options: Any
) -> dict[str, Any]:
    """Record from several boards into a project at once.

    Parameters
    ----------
    ports : sequence of str
        At least two, each once.
    options
        Those of `acquire.record`, the same for all boards; each recording's name says its board.

    Returns
    -------
    dict
        `session` (also in the recordings' metadata), `recordings`: what `acquire.record` returns
        for each, with `offset_s`, by how much its reading 0 was taken after the earliest one, and
        `uncertainty_s` of that; both None if too few readings came to tell. `failed`: port,
        message and hint of each board of which nothing was recorded; `warning` says it.

    Raises
    ------
    ConfigError
        If a port is named twice.
    StudioError
        If none of the boards could be recorded.
    """
    if len(set(ports)) < len(ports):
        raise ConfigError("A port is named twice.", "Name each board's port once.")
    session = uuid.uuid4().hex[:12]
    whole = _Whole(report, ports)
    names = _names(options.pop("name", "") or acquire.usual_name(options.get("label", "")), ports)

    def work(port: str) -> None:
        try:
            whole.results[port] = acquire.record(
                project_path,
                port,
                name=names[port],
                session=session,
                report=whole.shares[port],
                **options,
            )
        except StudioError as error:
            whole.errors[port] = error

    threads = [threading.Thread(target=work, args=(port,), name=f"board {port}") for port in ports]
    for thread in threads:
        thread.start()
    _wait(threads, whole.stopped)
    if not whole.results:
        error = whole.errors[ports[0]]
        raise type(error)(f"{ports[0]}: {error.message}", error.hint) from error
    failed = [
        {"port": port, "message": error.message, "hint": error.hint}
        for port, error in whole.errors.items()
    ]
    return {
        "project": str(project_path),
        "session": session,
        "recordings": _aligned([whole.results[one] for one in ports if one in whole.results]),
        "failed": failed,
        "warning": " ".join(f"{one['port']}: {one['message']} {one['hint']}" for one in failed),
    }


def _names(name: str, ports: Sequence[str]) -> dict[str, str]:
    """Return a name for each board's recording: with the end of its port, or else its number."""
    ends = {port: PurePath(port).name for port in ports}
    if len(set(ends.values())) < len(ports):
        ends = {port: str(number) for number, port in enumerate(ports, 1)}
    return {port: f"{name} {end}" for port, end in ends.items()}


def _wait(threads: Sequence[threading.Thread], stopped: threading.Event) -> None:
    """Wait for all; the interrupt key stops the recordings, and they are kept."""
    while any(thread.is_alive() for thread in threads):
        try:
            for thread in threads:
                thread.join()
        except KeyboardInterrupt:
            stopped.set()


def _aligned(results: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add to each result when it began after the earliest one, and how sure that is."""
    starts = [row["started_s"] for row in results]
    if None in starts:
        return [{**row, "offset_s": None, "uncertainty_s": None} for row in results]
    first = min(results, key=lambda row: float(row["started_s"]))
    return [
        {
            **row,
            "offset_s": row["started_s"] - first["started_s"],
            "uncertainty_s": 0.0
            if row is first
            else row["started_uncertainty_s"] + first["started_uncertainty_s"],
        }
        for row in results
    ]
