"""A depthwise-separable convolutional network for a table of features, such as MFCC.

The shape follows "Hello Edge" (Zhang et al. 2017): one ordinary convolution that halves time and
coefficients, then blocks of a depthwise and a pointwise convolution, then the mean over the table.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from studio.api import ConfigError, ModelSize, param


@dataclass(frozen=True, slots=True)
class DscnnParams:
    """Size of the network."""

    filters: int = param(
        32,
        "Filters",
        low=4,
        high=256,
        help="Channels of every layer; memory and time grow with it.",
    )
    blocks: int = param(4, "Blocks", low=1, high=8, help="Depthwise-separable blocks.")
    dropout: float = param(
        0.3, "Dropout", low=0.0, high=0.9, help="Share of channels silenced while training."
    )


def _check_shape(input_shape: tuple[int, ...]) -> None:
    if len(input_shape) != 3:
        raise ConfigError(
            f"The convolutional network needs a table of features; these have shape "
            f"{input_shape}.",
            "Choose the dense network, or a signal block such as audio_mfcc.",
        )


class DepthwiseSeparable:
    """Learning block: DS-CNN."""

    Params: ClassVar[type[DscnnParams]] = DscnnParams
    defaults: ClassVar[dict[str, Any]] = {}

    def build(self, input_shape: tuple[int, ...], n_classes: int, params: DscnnParams) -> Any:
        """Return an untrained Keras model.

        Parameters
        ----------
        input_shape : tuple of int
            `(frames, coefficients, 1)` of one window's features.
        n_classes : int
            How many scores it gives; they sum to 1.

        Raises
        ------
        ConfigError
            If the features are not a table.
        """
        _check_shape(input_shape)
        import tf_keras as keras

        layers = keras.layers
        inputs = keras.Input(input_shape)
        first = layers.Conv2D(params.filters, (5, 4), strides=2, padding="same", use_bias=False)
        x = self._settle(first(inputs))
        for _ in range(params.blocks):
            x = self._settle(layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x))
            x = self._settle(layers.Conv2D(params.filters, 1, use_bias=False)(x))
        x = layers.GlobalAveragePooling2D()(x)
        x = layers.Dropout(params.dropout)(x)
        return keras.Model(inputs, layers.Dense(n_classes, activation="softmax")(x))

    def size(self, input_shape: tuple[int, ...], n_classes: int, params: DscnnParams) -> ModelSize:
        """Return what such a model will take; see `build`.

        The layers of a block work in place, so that one table of channels is held at a time.

        Raises
        ------
        ConfigError
            If the features are not a table.
        """
        _check_shape(input_shape)
        frames, coefficients, _ = input_shape
        area = -(-frames // 2) * -(-coefficients // 2)
        first, each = 5 * 4 * params.filters, params.filters * (9 + params.filters)
        last = params.filters * n_classes
        channels = params.filters * (1 + 2 * params.blocks) + n_classes
        return ModelSize(
            layers=2 + 2 * params.blocks,
            macs=area * (first + params.blocks * each) + last,
            weights_bytes=first + params.blocks * each + last + 12 * channels,
            arena_bytes=frames * coefficients + area * params.filters,
        )

    @staticmethod
    def _settle(x: Any) -> Any:
        import tf_keras as keras

        # a short memory, so that validation is meaningful from the first epochs on
        x = keras.layers.BatchNormalization(momentum=0.9)(x)
        return keras.layers.ReLU()(x)


BLOCK = DepthwiseSeparable()
