"""One flat table of settings, sorted into the classes that know their ranges."""

import pytest

from studio.errors import ConfigError
from studio.learning import LearningSettings
from studio.learning.augment import AudioAugment, SensorAugment
from studio.registry import find


def test_defaults_depend_on_block_and_readings() -> None:
    sound = LearningSettings.read("dscnn", "int16", {})
    motion = LearningSettings.read("dense", "float32", {})
    assert isinstance(sound.augment, AudioAugment)
    assert isinstance(motion.augment, SensorAugment)
    assert motion.block_params.neurons_1 == 32
    assert sound.train.epochs != motion.train.epochs  # the dense block has its own default


def test_given_values_win_and_texts_are_converted() -> None:
    given = {"epochs": "7", "neurons_1": 8, "augment_copies": "0", "class_weights": "false"}
    settings = LearningSettings.read("dense", "float32", given)
    assert settings.train.epochs == 7
    assert settings.block_params.neurons_1 == 8
    assert settings.augment.augment_copies == 0
    assert settings.train.class_weights is False
    assert settings.to_dict()["epochs"] == 7


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"epoch": 3}, "epoch"),
        ({"epochs": 0}, "range is 1"),
        ({"dropout": "much"}, "dropout"),
        ({"tone_db": 3}, "tone_db"),  # of sound, not of motion
    ],
)
def test_what_cannot_be_set_is_named(given: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        LearningSettings.read("dense", "float32", given)


def test_an_unknown_block_is_named() -> None:
    with pytest.raises(ConfigError, match="'transformer'"):
        LearningSettings.read("transformer", "int16", {})


def test_a_network_that_does_not_fit_the_features_is_refused() -> None:
    block = find("learning_block", "dscnn").load()
    with pytest.raises(ConfigError, match=r"\(24,\)"):
        block.build((24,), 3, block.Params())
