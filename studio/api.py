"""The only module a plugin may import: the names below are stable within one `api` number."""

from pathlib import Path
from typing import Any, Protocol

from studio.errors import ConfigError, ProjectError, StudioError
from studio.params import param
from studio.signals.tables import quarter_sine
from studio.types import Axis, BlockConfig, Imported, ImportOptions, Span

__all__ = [
    "Axis",
    "BlockConfig",
    "ConfigError",
    "ImportOptions",
    "Imported",
    "Importer",
    "ProjectError",
    "SignalBlock",
    "Span",
    "StudioError",
    "param",
    "quarter_sine",
]


class SignalBlock(Protocol):
    """What a plugin of kind `signal_block` provides."""

    @property
    def id(self) -> str:
        """The block's id, as in the manifest."""

    @property
    def implementation_version(self) -> int:
        """Pins the behaviour: a project keeps the number it was made with."""

    @property
    def Params(self) -> type[Any]:
        """A frozen dataclass of `param` fields."""

    def configure(
        self, params: Any, *, n_readings: int, axes: tuple[Axis, ...], sample_rate_hz: float
    ) -> BlockConfig:
        """Make the block ready for windows of one shape.

        Raises
        ------
        ConfigError
            If these parameters cannot work on such windows.
        """


class Importer(Protocol):
    """What a plugin of kind `importer` provides."""

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Ends of the names of the files it reads, in lower case, such as `.csv`."""

    def read(self, path: Path, options: ImportOptions) -> list[Imported]:
        """Return the stretches of readings in a file.

        Raises
        ------
        ProjectError
            If the file cannot be read; the message names what was found, and where.
        """
