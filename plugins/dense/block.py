"""A small fully connected network for a line of features, such as spectral analysis gives."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

from studio.api import ModelSize, param


@dataclass(frozen=True, slots=True)
class DenseParams:
    """Size of the network."""

    neurons_1: int = param(32, "Neurons, first layer", low=1, high=1024)
    neurons_2: int = param(
        16, "Neurons, second layer", low=0, high=1024, help="0 leaves this layer out."
    )
    dropout: float = param(
        0.2, "Dropout", low=0.0, high=0.9, help="Share of neurons silenced while training."
    )


class Dense:
    """Learning block: dense layers with ReLU, then one score per class."""

    Params: ClassVar[type[DenseParams]] = DenseParams
    defaults: ClassVar[dict[str, Any]] = {"epochs": 50, "patience": 20, "batch_size": 32}

    def build(self, input_shape: tuple[int, ...], n_classes: int, params: DenseParams) -> Any:
        """Return an untrained Keras model.

        Parameters
        ----------
        input_shape : tuple of int
            Shape of one window's features; a table `(frames, coefficients, 1)` is read row by row.
        n_classes : int
            How many scores it gives; they sum to 1.
        """
        import tf_keras as keras

        layers = keras.layers
        inputs = keras.Input(input_shape)
        x = layers.Flatten()(inputs) if len(input_shape) > 1 else inputs
        for neurons in (params.neurons_1, params.neurons_2):
            if neurons:
                x = layers.Dense(neurons, activation="relu")(x)
                x = layers.Dropout(params.dropout)(x)
        return keras.Model(inputs, layers.Dense(n_classes, activation="softmax")(x))

    def size(self, input_shape: tuple[int, ...], n_classes: int, params: DenseParams) -> ModelSize:
        """Return what such a model will take; see `build`."""
        hidden = [neurons for neurons in (params.neurons_1, params.neurons_2) if neurons]
        widths = [math.prod(input_shape), *hidden, n_classes]
        macs = sum(a * b for a, b in pairwise(widths))
        return ModelSize(
            layers=len(widths) - 1,
            macs=macs,
            weights_bytes=macs + 4 * sum(widths[1:]),
            arena_bytes=max(a + b for a, b in pairwise(widths)),
        )


BLOCK = Dense()
