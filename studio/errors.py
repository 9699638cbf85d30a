"""Errors by whose fault they are: each states the fact with the value found, and what to do."""

import errno

_NO_ROOM = {getattr(errno, name, None) for name in ("ENOSPC", "EDQUOT", "EFBIG")} - {None}


class StudioError(Exception):
    """A failure that a person can act on.

    Parameters
    ----------
    message : str
        The fact, with the value found: "Window of 800 ms holds 40 readings; the FFT needs 64."
    hint : str
        What to do next: "Raise the window length or lower the FFT length."
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class ConfigError(StudioError):
    """Settings or arguments that cannot work."""


class ProjectError(StudioError):
    """A project, recording or data file that cannot be read or written."""


class DeviceError(StudioError):
    """A board, port or link that does not answer as it should."""


class ToolError(StudioError):
    """An external program (compiler, PlatformIO, worker process) that failed or is missing."""


class ModelError(StudioError):
    """A model file that is damaged or uses something the compiler does not support."""


class PluginError(StudioError):
    """A plugin that cannot be listed or loaded."""


class Cancelled(StudioError):
    """The person asked the job to stop."""

    def __init__(self) -> None:
        super().__init__("Stopped on request.")


def of_full_disk(error: OSError) -> ProjectError | None:
    """Return in words that a disk is full (or a quota used up); None if that is not the reason.

    It can happen at every write of a long step, so it is told where steps end, once for all.
    """
    if error.errno not in _NO_ROOM:
        return None
    return ProjectError(
        f"The disk is full: {error.filename or 'a file'} could not be written.",
        "Free some space, then do it again. What was saved before is kept.",
    )
