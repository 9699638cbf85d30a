"""Ports at which boards may be: what there is, and what comes and goes."""

import dataclasses
import time
from typing import Any

from studio.devices import microphone
from studio.devices import ports as devices
from studio.errors import Cancelled
from studio.events import Reporter
from studio.services import boards

NOTHING = devices.NOTHING


def listed(report: Reporter, *, microphones: bool = False) -> list[dict[str, Any]]:
    """Return the ports at which a board may be, and if wanted the computer's microphones.

    Each is `port`, `title`, `kind` (`serial`, `virtual` or `microphone`), `board` (its id, if
    known), `usb` and `serial_number`.
    """
    report.progress(0.0, "looking for boards")
    found = devices.list_all(boards.list_kinds())
    if microphones:
        found += [
            devices.Port(one.url, f"Microphone, {one.rate_hz:g} Hz", "microphone", "")
            for one in microphone.microphones()
        ]
    return [_row(port) for port in found]


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
