"""Ports at which boards may be: what there is, and what comes and goes."""

import dataclasses
import errno
import os
import time
from typing import Any

from studio.devices import microphone, port_trouble
from studio.devices import ports as devices
from studio.devices.capacity import capacity
from studio.devices.link import BAUD
from studio.errors import Cancelled, DeviceError
from studio.events import Reporter
from studio.services import boards
from studio.types import StreamInfo

NOTHING = devices.NOTHING


def listed(report: Reporter, *, microphones: bool = False) -> list[dict[str, Any]]:
    """Return the ports at which a board may be, and if wanted the computer's microphones.

    Each is `port`, `title`, `kind` (`serial`, `virtual` or `microphone`), `board` (its id, if
    known), `usb`, `serial_number`, and why it cannot be opened now: `trouble` and `remedy`, empty
    if nothing is known to be in the way.
    """
    report.progress(0.0, "looking for boards")
    found = devices.list_all(boards.list_kinds())
    if microphones:
        found += [
            devices.Port(one.url, f"Microphone, {one.rate_hz:g} Hz", "microphone", "")
            for one in microphone.microphones()
        ]
    return [{**_row(port), **_trouble(port)} for port in found]


def _trouble(port: devices.Port) -> dict[str, str]:
    error = trouble(port.url) if port.kind == "serial" else None
    return {"trouble": error.message if error else "", "remedy": error.hint if error else ""}


def trouble(url: str) -> DeviceError | None:
    """Return why a port could not be opened now, as far as that can be told without opening it.

    A port that this program itself has open counts as in use.
    """
    if not os.path.exists(url):
        return None
    if not os.access(url, os.R_OK | os.W_OK):
        return port_trouble.cannot_open(url, OSError(errno.EACCES, os.strerror(errno.EACCES)))
    if port_trouble.holders(url):
        return port_trouble.cannot_open(url, OSError(errno.EBUSY, os.strerror(errno.EBUSY)))
    return None


def wire_use(info: StreamInfo, port: str) -> dict[str, Any]:
    """Return about how much a stream needs of its line.

    Returns
    -------
    dict
        `bytes_s`; `share` of what the line carries and its `baud`, None and 0 where no line of
        limited speed is known to lie behind the port.
    """
    limited = bool(devices.runs_at_baud(port)) if port.startswith(("/", "COM")) else False
    need = capacity(info, BAUD, "tinyml")
    return {
        "bytes_s": need.needed_bytes_s,
        "share": need.fraction if limited else None,
        "baud": BAUD if limited else 0,
    }


def watch(report: Reporter, *, seconds: float | None = None) -> dict[str, Any]:
    """Tell of ports that come and go until the person stops it or the time is over.

    Each change is an event `port` with `came` and `row`, a row of `listed`; those present come
    first.

    Returns
    -------
    dict
        `ports` at the end; `changes`, how many came or went.
    """
    until = None if seconds is None else time.monotonic() + seconds
    present: dict[str, dict[str, Any]] = {}
    changes = 0

    def stopped() -> bool:
        report.check_cancelled()
        return until is not None and time.monotonic() >= until

    try:
        for change in devices.watch_ports(boards.list_kinds(), stopped=stopped):
            row = _row(change.port)
            if change.came:
                present[row["port"]] = row
            else:
                present.pop(row["port"], None)
            changes += 1
            report.event("port", came=change.came, row=row)
            report.log(f"{'+' if change.came else '-'} {row['port']}: {row['title']}")
    except (KeyboardInterrupt, Cancelled):
        pass  # to stop is the way to end it
    return {"ports": list(present.values()), "changes": changes}


def _row(port: devices.Port) -> dict[str, Any]:
    row = dataclasses.asdict(port)
    return {"port": row.pop("url"), **row}
