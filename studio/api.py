"""The only module a plugin may import: the names below are stable within one `api` number."""

from typing import Any, Protocol

from studio.errors import ConfigError, StudioError
from studio.params import param
from studio.signals.tables import quarter_sine
from studio.types import Axis, BlockConfig

__all__ = [
    "Axis",
    "BlockConfig",
    "ConfigError",
    "SignalBlock",
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
