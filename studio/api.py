"""The only module a plugin may import: the names below are stable within one `api` number."""

from pathlib import Path
from typing import Any, BinaryIO, Protocol

from studio.errors import ConfigError, ProjectError, StudioError
from studio.params import param
from studio.signals.tables import quarter_sine
from studio.types import (
    Axis,
    BlockConfig,
    Exported,
    Gap,
    Imported,
    ImportOptions,
    ModelSize,
    Span,
)

__all__ = [
    "Axis",
    "BlockConfig",
    "ConfigError",
    "Exported",
    "Exporter",
    "Gap",
    "ImportOptions",
    "Imported",
    "Importer",
    "ModelSize",
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

    def recognises(self, path: Path) -> bool:
        """Whether a file is of its kind; asked where several importers have the suffix."""

    def read(self, path: Path, options: ImportOptions) -> list[Imported]:
        """Return the stretches of readings in a file; called from several threads at once.

        Raises
        ------
        ProjectError
            If the file cannot be read; the message names what was found, and where.
        """


class Exporter(Protocol):
    """What a plugin of kind `exporter` provides: one kind of file for one recording."""

    @property
    def suffix(self) -> str:
        """End of the names of the files it writes, in lower case, such as `.csv`."""

    def write(self, file: BinaryIO, recording: Exported) -> tuple[str, ...]:
        """Write a recording and return what such a file cannot hold, in words.

        What a file cannot hold is written to the list of labels beside it, and comes back from
        there when it is imported with that list.

        Raises
        ------
        ConfigError
            If such a recording cannot be written at all.
        """


class LearningBlock(Protocol):
    """What a plugin of kind `learning_block` provides."""

    @property
    def Params(self) -> type[Any]:
        """A frozen dataclass of `param` fields; names differ from those of the training."""

    @property
    def defaults(self) -> dict[str, Any]:
        """Settings of the training that suit this block better than the usual ones."""

    def build(self, input_shape: tuple[int, ...], n_classes: int, params: Any) -> Any:
        """Return an untrained tf_keras model (imported inside this function).

        Its input is one window's standardised features, `(n,)` or `(frames, coefficients, 1)`;
        its output `n_classes` scores that sum to 1. A board needs a fixed shape and layers that
        become CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED, AVERAGE_POOL_2D, MAX_POOL_2D, MEAN,
        ADD, PAD, RESHAPE or SOFTMAX.

        Raises
        ------
        ConfigError
            If such features do not suit it.
        """

    def size(self, input_shape: tuple[int, ...], n_classes: int, params: Any) -> ModelSize:
        """Return what such a model will take, without building it: for estimates while typing.

        A block may leave this method out; its part of an estimate is then unknown.
        """
