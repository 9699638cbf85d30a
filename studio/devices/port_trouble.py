"""Why a port cannot be opened or has gone, and what to do, as far as the system tells."""

import errno
import os
import sys
from pathlib import Path

from studio.errors import DeviceError

_PROCESSES = Path("/proc")


def holders(url: str) -> list[str]:
    """Return which programs have a port open, such as `minicom (process 4711)`.

    Only Linux tells, and only of programs of the same person (of all to the administrator).
    """
    try:
        device = os.stat(url).st_rdev
    except OSError:
        return []
    found = []
    for process in _PROCESSES.glob("[0-9]*"):
        try:
            opened = any(
                str(handle.readlink()).startswith("/dev/") and handle.stat().st_rdev == device
                for handle in (process / "fd").iterdir()
            )
            if opened:
                name = (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
                found.append(f"{name} (process {process.name})")
        except OSError:
            continue  # has ended meanwhile, or belongs to somebody else
    return sorted(found)


def cannot_open(url: str, error: Exception) -> DeviceError:
    """Return the error for a port that could not be opened: the cause, and the remedy."""
    if url.startswith("virtual://"):
        name = url.removeprefix("virtual://")
        return DeviceError(
            f"The virtual board {name!r} is not running.",
            f"Start it: tinyml-studio boards start --name {name}",
        )
    number = getattr(error, "errno", None)
    text = str(error)
    denied = number == errno.EACCES or "Permission denied" in text
    windows_busy = sys.platform == "win32" and ("PermissionError" in text or denied)
    if windows_busy or number in (errno.EBUSY, errno.EAGAIN) or "exclusively lock" in text:
        return _busy(url)
    if denied:
        return DeviceError(
            f"You may not use the port {url}.",
            f"Add yourself to the group that owns it: sudo usermod -aG {_group(url)} $USER, "
            "then log out and in again.",
        )
    if number == errno.ENOENT or "FileNotFoundError" in text:
        return DeviceError(
            f"There is no port {url}.",
            "Plug the board in, then look at `tinyml-studio ports`. If it does not appear, try "
            "another cable: many only charge.",
        )
    return DeviceError(
        f"The port {url} could not be opened: {text}.",
        "See what ports there are with: tinyml-studio ports",
    )


def has_gone(url: str, error: Exception) -> DeviceError:
    """Return the error for a port that failed while it was open."""
    if url.startswith("virtual://"):
        name = url.removeprefix("virtual://")
        hint = f"Start it again: tinyml-studio boards start --name {name}"
    elif "://" not in url and not Path(url).exists() and sys.platform != "win32":
        hint = "It was unplugged: check the cable, plug the board in again and connect."
    else:
        hint = "Check the cable, plug the board in again and connect."
    return DeviceError(f"The connection to {url} ended: {error}.", hint)


def _busy(url: str) -> DeviceError:
    names = holders(url)
    if any(name.startswith("ModemManager") for name in names):
        return DeviceError(
            f"The port {url} is in use by another program: ModemManager.",
            "It looks at every new port for half a minute: wait and try again.",
        )
    by = f": {', '.join(names)}" if names else ""
    return DeviceError(
        f"The port {url} is in use by another program{by}.",
        "Close serial monitors and other programs that use the board, then try again.",
    )


def _group(url: str) -> str:
    """Return the name of the group that owns a port; `dialout` where that cannot be told."""
    if sys.platform == "win32":
        return "dialout"
    import grp

    try:
        name = grp.getgrgid(os.stat(url).st_gid).gr_name
    except (OSError, KeyError):
        return "dialout"
    return "dialout" if name == "root" else name
