"""Everything a person can set about a training, checked: one flat table in the project file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from studio.errors import ConfigError
from studio.learning.augment import AugmentParams, augment_class
from studio.params import infos, make, param, to_dict
from studio.registry import find


@dataclass(frozen=True, slots=True)
class TrainParams:
    """How a model is fitted, whatever its architecture."""

    epochs: int = param(
        30, "Epochs", low=1, high=2000, help="Most passes over the training windows."
    )
    patience: int = param(
        15,
        "Patience",
        units="epochs",
        low=1,
        high=2000,
        help="Training ends after so many epochs without a better validation loss.",
    )
    batch_size: int = param(64, "Batch size", units="windows", low=1, high=4096)
    learning_rate: float = param(
        0.002, "Learning rate", low=1e-6, high=1.0, help="At the start; falls to 0 as a cosine."
    )
    label_smoothing: float = param(
        0.1, "Label smoothing", low=0.0, high=0.5, help="Keeps the model from being over-certain."
    )
    mask_frames_percent: float = param(
        15.0, "Hidden frames", units="%", low=0, high=50, help="Longest stretch hidden per window."
    )
    mask_coefficients_percent: float = param(
        16.0, "Hidden coefficients", units="%", low=0, high=50, help="As above, of coefficients."
    )
    class_weights: bool = param(
        True, "Class weights", help="A rare class counts as much as a common one."
    )
    seed: int = param(0, "Seed", low=0, high=2**31 - 1, help="The same seed: the same model.")


@dataclass(frozen=True, slots=True)
class LearningSettings:
    """A pipeline's learning block with its own, the training's and the augmentation's settings."""

    block: str
    block_params: Any
    train: TrainParams
    augment: AugmentParams

    @classmethod
    def read(cls, block: str, dtype: str, values: Mapping[str, Any]) -> Self:
        """Sort flat settings such as `learning_params` of a pipeline into their classes.

        Parameters
        ----------
        block : str
            Id of a learning block.
        dtype : str
            Of the readings; says which augmentation applies.
        values : mapping
            Names and values (texts are converted); what is missing takes its default, first the
            learning block's own (`defaults`), then that of the class.

        Raises
        ------
        ConfigError
            For an unknown block or name, or a value out of range.
        """
        provider = find("learning_block", block).load()
        classes = {
            "block_params": provider.Params,
            "train": TrainParams,
            "augment": augment_class(dtype),
        }
        known = {name: part for part, kind in classes.items() for name in infos(kind)}
        sorted_values: dict[str, dict[str, Any]] = {part: {} for part in classes}
        for name, value in {**provider.defaults, **values}.items():
            if name not in known:
                raise ConfigError(
                    f"There is no training setting {name!r}.",
                    f"Known settings: {', '.join(known)}.",
                )
            sorted_values[known[name]][name] = value
        made = {part: make(kind, sorted_values[part]) for part, kind in classes.items()}
        return cls(block=block, **made)

    def to_dict(self) -> dict[str, Any]:
        """Return all settings, flat, as plain values."""
        return {**to_dict(self.block_params), **to_dict(self.train), **to_dict(self.augment)}
