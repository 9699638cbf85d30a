"""What can be said about a training without TensorFlow."""

import pytest

from studio.errors import ConfigError
from studio.learning.settings import TrainParams
from studio.learning.training import _check_finite


def test_a_loss_that_is_no_number_ends_the_training_with_a_way_out() -> None:
    params = TrainParams(learning_rate=0.5)
    _check_finite({"epoch": 1, "loss": 1e9}, params)
    for loss in (float("nan"), float("inf")):
        with pytest.raises(ConfigError, match="epoch 12: the loss is no longer") as caught:
            _check_finite({"epoch": 12, "loss": loss}, params)
        assert caught.value.hint.endswith("too high (0.5). Try 0.05.")
