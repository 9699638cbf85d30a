"""Standardisation and its file, and the int8 input that the board computes from it."""

from pathlib import Path

import numpy as np
import pytest

from studio.errors import ProjectError
from studio.learning import Scaler, load_arrays
from studio.learning.quantizing import quantize
from studio.learning.scaling import CLIP
from studio.runtime import quantize as quantize_in_c


def test_a_line_of_features_has_a_mean_each() -> None:
    scaler = Scaler.fit(np.array([[1, 10], [3, 10], [5, 10]], np.float32))
    assert scaler.mean.tolist() == [3, 10]
    assert scaler.inv_std == pytest.approx([(8 / 3) ** -0.5, 1])  # constant: only centred
    assert scaler.apply(np.array([[3, 11]], np.float32)).tolist() == [[0, 1]]


def test_a_table_has_a_mean_per_coefficient() -> None:
    table = np.arange(24, dtype=np.float32).reshape(2, 4, 3)
    scaler = Scaler.fit(table)
    assert scaler.mean.tolist() == [10.5, 11.5, 12.5]
    scaled = scaler.apply(table)
    assert scaled.shape == table.shape
    assert scaled.reshape(-1, 3).mean(axis=0) == pytest.approx([0, 0, 0], abs=1e-6)
    assert scaled.reshape(-1, 3).std(axis=0) == pytest.approx([1, 1, 1], abs=1e-6)


def test_outliers_saturate() -> None:
    scaler = Scaler(np.zeros(1, np.float32), np.ones(1, np.float32))
    assert scaler.apply(np.array([[1e9], [-1e9]], np.float32)).ravel().tolist() == [CLIP, -CLIP]


def test_the_file_keeps_every_bit(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    scaler = Scaler.fit(rng.normal(3, 7, (50, 13)).astype(np.float32))
    scaler.save(tmp_path / "scaler.npz")
    again = Scaler.load(tmp_path / "scaler.npz")
    assert again.mean.tobytes() == scaler.mean.tobytes()
    assert again.inv_std.tobytes() == scaler.inv_std.tobytes()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a zip", b"\x93NUMPY\x01\x00"])
def test_a_damaged_file_is_reported(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "scaler.npz").write_bytes(content)
    with pytest.raises(ProjectError, match=r"scaler\.npz.*missing or damaged") as caught:
        load_arrays(tmp_path / "scaler.npz")
    assert "pickle" not in str(caught.value)


@pytest.mark.parametrize("names", [{"mean": 3}, {"mean": 3, "inv_std": 2}, {"x": 1}])
def test_a_file_of_something_else_is_reported(tmp_path: Path, names: dict[str, int]) -> None:
    np.savez(tmp_path / "scaler.npz", **{name: np.ones(size) for name, size in names.items()})
    with pytest.raises(ProjectError, match="missing or damaged"):
        Scaler.load(tmp_path / "scaler.npz")


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="Train again"):
        Scaler.load(tmp_path / "scaler.npz")


@pytest.mark.parametrize("shape", [(300, 39), (40, 50, 13)])
def test_the_trainer_quantizes_as_the_board_does(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(1)
    features = rng.normal(2, 30, shape).astype(np.float32)
    scaler = Scaler.fit(features)
    halves = np.arange(-20, 20, dtype=np.float32) / 2  # ties are rounded away from zero
    features.reshape(-1)[: halves.size] = halves
    ours = quantize(features, scaler, scale=0.02, zero_point=-3)
    in_c = quantize_in_c(
        features.reshape(len(features), -1),
        mean=scaler.mean,
        inv_std=scaler.inv_std,
        scale=0.02,
        zero_point=-3,
    )
    assert ours.shape == in_c.shape
    assert (ours != in_c).sum() == 0
    assert ours.min() == -128
    assert ours.max() == 127


def test_ties_round_away_from_zero() -> None:
    plain = Scaler(np.zeros(1, np.float32), np.ones(1, np.float32))
    halves = np.array([[-1.5, -0.5, 0.5, 1.5]], np.float32)
    assert quantize(halves, plain, scale=1.0, zero_point=0).tolist() == [[-2, -1, 1, 2]]
