"""The only module a plugin may import: the names below are stable within one `api` number."""

from studio.errors import ConfigError, StudioError
from studio.params import param
from studio.types import Axis, BlockConfig

__all__ = ["Axis", "BlockConfig", "ConfigError", "StudioError", "param"]
