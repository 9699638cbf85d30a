"""Make the motion example: simulated IMU recordings of hand gestures, and a manifest.

    python resources/examples/make_motion.py [--out FOLDER] [--seed N] [--only RECORDING]

Each `.npz` holds `values` (n, 6) int16 and `scale` (6,) float32; a reading is their product in
float32, which is exact because every scale is a short binary fraction. Every wearer is their own
group and lies in one split only.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from example_manifest import Entry, write_manifest
from imu_hand import (
    ACC_LSB_G,
    GESTURES,
    GYRO_LSB_DPS,
    RATE_HZ,
    make_wearer,
    measure,
    perform,
)

STEP_S = 0.5
WINDOW_S = 2.0
CHANGE_S = 0.5
"""Unlabelled time at each end of a gesture, while the hand goes over into it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a split is made up."""

    split: str
    wearers: int
    windows: int
    """Windows of each gesture from each wearer."""
    quick_every: int


PLANS = (Plan("train", 22, 5, 3), Plan("validation", 6, 3, 2), Plan("test", 12, 6, 3))


def _takes(windows: int, rng: np.random.Generator) -> list[tuple[str, int]]:
    """Cut each gesture's windows into takes of two or three and shuffle them."""
    takes = []
    for gesture in GESTURES:
        left = windows
        while left:
            now = int(min(left, rng.integers(2, 4)))
            takes.append((gesture, now))
            left -= now
    return [takes[k] for k in rng.permutation(len(takes))]


def _record(folder: Path, plan: Plan, name: str, quick: bool, seed: list[int]) -> Entry:
    rng = np.random.default_rng(seed)
    wearer = make_wearer(name, rng)
    takes = _takes(plan.windows, rng)
    parts = [(gesture, windows * WINDOW_S + 2 * CHANGE_S) for gesture, windows in takes]
    path, angles = perform(wearer, parts, rng)
    counts = measure(wearer, path, angles, rng)
    spans, at = [], 0.0
    for (gesture, windows), (_, seconds) in zip(takes, parts, strict=True):
        begin = at + CHANGE_S
        spans += [
            (begin + k * WINDOW_S, begin + (k + 1) * WINDOW_S, gesture) for k in range(windows)
        ]
        at += seconds
    scale = np.array([ACC_LSB_G] * 3 + [GYRO_LSB_DPS] * 3, dtype=np.float32)
    np.savez_compressed(folder / f"{name}.npz", values=counts, scale=scale)
    return Entry(f"{name}.npz", name, plan.split, quick, tuple(spans))


def make_motion(folder: Path, *, seed: int = 1, only: str = "") -> None:
    """Write the recordings and `manifest.json` into `folder`.

    Parameters
    ----------
    folder : Path
        Made if missing; recordings already there are removed.
    seed : int
        Another seed makes other wearers.
    only : str
        Name of the one recording to make; all if empty.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.npz"):
        old.unlink()
    entries = []
    for which, plan in enumerate(PLANS):
        for k in range(plan.wearers):
            name = f"{plan.split}_wearer{k + 1:02d}"
            quick = k % plan.quick_every == 0
            if only in ("", name):
                entries.append(_record(folder, plan, name, quick, [seed, which, k]))
    axes = [{"name": f"acc{axis}", "units": "g"} for axis in "XYZ"]
    axes += [{"name": f"gyr{axis}", "units": "deg/s"} for axis in "XYZ"]
    head = {
        "name": "motion",
        "title": "Motion: circle, wave, lift, jab, idle",
        "sample_rate_hz": RATE_HZ,
        "dtype": "float32",
        "axes": axes,
        "window_ms": round(WINDOW_S * 1000),
        "stride_ms": round(STEP_S * 1000),
        "block": "spectral_analysis",
        "block_params": {},
        "learning": "dense",
        "labels": list(GESTURES),
    }
    write_manifest(folder, head, entries)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    here = Path(__file__).resolve().parent
    parser.add_argument("--out", type=Path, default=here / "motion")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="name of the one recording to make")
    arguments = parser.parse_args()
    make_motion(arguments.out, seed=arguments.seed, only=arguments.only)
