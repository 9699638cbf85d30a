"""A sensor on a moving hand: from the hand's path and attitude to what an IMU measures.

World axes: x forward, y left, z up. The sensor's accelerometer feels the hand's acceleration minus
gravity in its own axes; its gyroscope feels the body rates. Everything is computed on a fine time
grid and then sampled, as the chip does.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import resample_poly
from scipy.spatial.transform import Rotation

RATE_HZ = 50
FINE = 8
"""Simulation steps per reading."""
STEP_S = 1 / (RATE_HZ * FINE)
GRAVITY = 9.80665
ACC_LSB_G = 16 / 32768
GYRO_LSB_DPS = 2000 / 32768

GESTURES = ("circle", "wave", "lift", "jab", "idle")

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Wearer:
    """Constants of one person and of the way the sensor sits on the hand."""

    name: str
    side: float
    """+1 right hand, -1 left hand."""
    size: float
    tempo: float
    sharpness: float
    """0 smooth, 1 jerky."""
    wrist: float
    """How much the hand turns along with the arm, about 1."""
    tremor_m: float
    tremor_hz: float
    mounting: Rotation
    sensor_at_m: Array
    """Sensor's place on the hand, from the wrist."""
    plane: Array
    """Tilt of the person's gesture plane: rotation vector, radians."""
    steadiness: float
    habits: dict[str, float]
    """Gesture -> chance that the person does it in the second of its two ways."""


def make_wearer(name: str, rng: np.random.Generator) -> Wearer:
    """Draw a person: hand, habits, tremor and a mounting error of up to 25 degrees."""
    axis = rng.normal(size=3)
    axis /= np.linalg.norm(axis)
    return Wearer(
        name=name,
        side=float(rng.choice((1, -1), p=(0.7, 0.3))),
        size=float(np.exp(rng.normal(0, 0.48))),
        tempo=float(np.exp(rng.normal(0, 0.30))),
        sharpness=rng.uniform(0.0, 0.8),
        wrist=rng.uniform(0.3, 1.7),
        tremor_m=float(np.exp(rng.uniform(np.log(5e-5), np.log(6e-4)))),
        tremor_hz=rng.uniform(7, 11),
        mounting=Rotation.from_rotvec(axis * np.radians(rng.uniform(0, 25))),
        sensor_at_m=rng.normal((0.08, 0.0, 0.01), 0.015),
        plane=rng.normal(0, 0.22, 3),
        steadiness=rng.uniform(0.05, 0.16),
        habits={gesture: float(rng.beta(0.6, 0.6)) for gesture in GESTURES},
    )


def _wander(rng: np.random.Generator, count: int, hz: float) -> Array:
    """Slow random curve of unit variance, bandwidth about `hz`."""
    sigma = 0.19 / hz / STEP_S
    curve = gaussian_filter1d(rng.normal(size=count + 1), sigma)[:count]
    return curve * np.sqrt(2 * np.sqrt(np.pi) * sigma)


def _phase(rng: np.random.Generator, count: int, hz: float, unsteady: float) -> Array:
    """Return the phase in radians of a movement that a person repeats `hz` times a second."""
    rate = hz * np.exp(unsteady * _wander(rng, count, 0.5))
    return 2 * np.pi * np.cumsum(rate) * STEP_S + rng.uniform(0, 2 * np.pi)


def _size(wearer: Wearer, rng: np.random.Generator, count: int, metres: float) -> Array:
    once = metres * wearer.size * np.exp(rng.normal(0, 0.15))
    return once * np.exp(wearer.steadiness * 1.3 * _wander(rng, count, 0.5))


def _squash(wave: Array, sharpness: float) -> Array:
    """Bend a sine towards a trapezoid: quick strokes and short rests."""
    drive = 0.2 + 2.2 * sharpness
    return np.tanh(drive * wave) / np.tanh(drive)


def _circle(wearer: Wearer, rng: np.random.Generator, count: int) -> tuple[Array, Array]:
    phase = _phase(rng, count, 1.15 * wearer.tempo, wearer.steadiness)
    radius = _size(wearer, rng, count, 0.13)
    oval = rng.uniform(0.7, 1.25)
    turn = wearer.side * rng.choice((1, 1, 1, -1))
    across, up = radius * np.cos(phase) * turn, oval * radius * np.sin(phase)
    depth = 0.15 * radius * np.sin(phase + rng.uniform(0, 6))
    sway = 0.22 * wearer.wrist
    if rng.uniform() < wearer.habits["circle"]:  # stirring: the circle lies flat
        path = np.stack([up, across, 0.5 * depth], 1)
        roll = 0.5 * sway * np.sin(phase)
        return path, np.stack([roll, 0.4 * sway * np.cos(phase), sway * across / 0.13], 1)
    path = np.stack([depth, across, up], 1)
    angles = np.stack([0.3 * sway * np.cos(phase), -sway * np.sin(phase), sway * across / 0.13], 1)
    return path, angles


def _wave(wearer: Wearer, rng: np.random.Generator, count: int) -> tuple[Array, Array]:
    phase = _phase(rng, count, 1.9 * wearer.tempo, wearer.steadiness)
    swing = _squash(np.sin(phase), 0.6 * wearer.sharpness)
    angle = _size(wearer, rng, count, 0.45) * swing * wearer.side
    if rng.uniform() < wearer.habits["wave"]:  # the forearm twists, the hand stays
        path = 0.03 * np.stack([0 * angle, np.sin(angle), 0.5 * np.sin(phase)], 1)
        return path, np.stack([1.1 * angle, 0.1 * angle, 0.15 * wearer.wrist * angle], 1)
    reach = rng.uniform(0.10, 0.28)
    path = reach * np.stack([0.1 * angle**2, np.sin(angle), np.cos(angle) - 1], 1)
    share = rng.uniform(0.4, 1.0) * wearer.wrist
    angles = np.stack([share * angle, 0.1 * angle, 0.35 * share * angle], 1)
    return path, angles


def _lift(wearer: Wearer, rng: np.random.Generator, count: int) -> tuple[Array, Array]:
    phase = _phase(rng, count, 0.95 * wearer.tempo, wearer.steadiness)
    height = _size(wearer, rng, count, 0.16) * _squash(np.sin(phase), wearer.sharpness)
    if rng.uniform() < wearer.habits["lift"]:  # a curl: the forearm turns about the elbow
        angle = height / 0.27
        path = 0.27 * np.stack([np.cos(angle) - 1, 0.1 * angle, np.sin(angle)], 1)
        return path, np.stack([0.1 * angle, -angle, 0 * angle], 1)
    reach = 0.45
    bow = -0.6 * height**2 / reach
    path = np.stack([bow, 0.1 * height, height], 1)
    pitch = -0.8 * wearer.wrist * height
    return path, np.stack([0.15 * pitch * wearer.side, pitch, 0.1 * pitch], 1)


def _jab(wearer: Wearer, rng: np.random.Generator, count: int) -> tuple[Array, Array]:
    phase = _phase(rng, count, 1.05 * wearer.tempo, 1.5 * wearer.steadiness)
    cycle = (phase / (2 * np.pi)) % 1
    out = rng.uniform(0.16, 0.26) * (1.15 - 0.4 * wearer.sharpness)
    back = rng.uniform(0.3, 0.45)
    push = np.clip(cycle / out, 0, 1)
    pull = np.clip((cycle - out - 0.06) / back, 0, 1)
    stroke = (push**2 * (3 - 2 * push)) - (pull**2 * (3 - 2 * pull))
    stroke = gaussian_filter1d(stroke, 0.012 / STEP_S)
    reach = _size(wearer, rng, count, 0.17) * stroke
    twist = wearer.side * wearer.wrist * reach / 0.17
    if rng.uniform() < wearer.habits["jab"]:  # from above, as with a hammer
        path = np.stack([0.5 * reach, -0.1 * wearer.side * reach, -0.8 * reach], 1)
        return path, np.stack([0.1 * twist, 2.2 * reach, 0.05 * twist], 1)
    path = np.stack([reach, -0.15 * wearer.side * reach, 0.25 * reach * rng.uniform(0, 1)], 1)
    return path, np.stack([0.35 * twist, -0.12 * twist, 0.1 * twist], 1)


def _idle(wearer: Wearer, rng: np.random.Generator, count: int) -> tuple[Array, Array]:
    restless = np.exp(rng.uniform(np.log(0.1), np.log(4.0)))
    path = np.stack([_wander(rng, count, 0.6) for _ in range(3)], 1) * 0.012 * restless
    angles = np.stack([_wander(rng, count, 0.7) for _ in range(3)], 1) * 0.10 * restless
    if rng.uniform() < wearer.habits["idle"]:  # busy fingers: typing, tapping
        taps = rng.uniform(size=count) < rng.uniform(1.5, 5.0) * STEP_S
        knocks = gaussian_filter1d(taps * rng.uniform(0.3, 1.0, count), 0.02 / STEP_S)
        knocks *= 0.05 / STEP_S * np.exp(rng.normal(0, 0.6))
        path = path + 0.0018 * knocks[:, None] * rng.normal((0, 0, -1.5), 0.5)
        angles = angles + 0.03 * knocks[:, None] * rng.normal((0, 1, 0), 0.5)
    return path, angles


_MOVES = {"circle": _circle, "wave": _wave, "lift": _lift, "jab": _jab, "idle": _idle}


def _tremor(wearer: Wearer, rng: np.random.Generator, count: int) -> Array:
    phase = _phase(rng, count, wearer.tremor_hz, 0.08)
    axes = rng.normal(size=3)
    swell = np.exp(0.5 * _wander(rng, count, 1.0))
    return wearer.tremor_m * (swell * np.sin(phase))[:, None] * axes


def perform(
    wearer: Wearer, parts: list[tuple[str, float]], rng: np.random.Generator
) -> tuple[Array, Array]:
    """Let a person do gestures one after the other, blending each into the next.

    Parameters
    ----------
    wearer : Wearer
        Person.
    parts : list of (gesture, seconds)
        What to do and for how long.
    rng : Generator
        What makes this take differ from the person's others.

    Returns
    -------
    path_m, angles_rad : ndarray, shape (n, 3)
        Position of the wrist and rotation vector of the hand, on the fine grid.
    """
    edges = np.cumsum([0, *(round(seconds / STEP_S) for _, seconds in parts)])
    count = int(edges[-1])
    path, angles = np.zeros((count, 3)), np.zeros((count, 3))
    for (gesture, _), start, stop in zip(parts, edges[:-1], edges[1:], strict=True):
        doing = np.zeros(count)
        doing[start:stop] = 1.0
        doing = gaussian_filter1d(doing, 0.10 / STEP_S)[:, None]
        moved, turned = _MOVES[gesture](wearer, rng, count)
        path += doing * moved
        angles += doing * turned
    drift = np.stack([_wander(rng, count, 0.15) for _ in range(3)], 1)
    plane = Rotation.from_rotvec(wearer.plane + rng.normal(0, 0.08, 3))
    path = plane.apply(path) + 0.02 * drift + _tremor(wearer, rng, count)
    return path, plane.apply(angles) + 0.06 * drift[:, ::-1]


def measure(
    wearer: Wearer, path_m: Array, angles_rad: Array, rng: np.random.Generator
) -> NDArray[np.int16]:
    """Return what the IMU reads, shape (n, 6): counts of accX-Z (`ACC_LSB_G`), gyrX-Z.

    Scale error, cross-axis error by the mounting, bias, white noise, the chip's low-pass and its
    limits (+-16 g, +-2000 deg/s) are those of a small consumer part.
    """
    attitude = Rotation.from_rotvec(wearer.plane * 0.5) * Rotation.from_rotvec(angles_rad)
    sensor = path_m + attitude.apply(wearer.sensor_at_m)
    force = np.gradient(np.gradient(sensor, STEP_S, axis=0), STEP_S, axis=0)
    force[:, 2] += GRAVITY
    attitude = attitude * wearer.mounting
    acceleration_g = attitude.inv().apply(force) / GRAVITY
    step = (attitude[:-1].inv() * attitude[1:]).as_rotvec()
    rates_dps = np.degrees(np.vstack([step, step[-1:]])) / STEP_S
    values = np.hstack([acceleration_g, rates_dps])
    values = resample_poly(values, 1, FINE, axis=0, padtype="line")
    scale = 1 + rng.normal(0, 0.012, 6)
    bias = np.hstack([rng.normal(0, 0.025, 3), rng.normal(0, 1.5, 3)])
    grain = np.array([0.0012] * 3 + [0.08] * 3)
    values = values * scale + bias + grain * rng.normal(size=values.shape)
    counts = np.round(values / np.array([ACC_LSB_G] * 3 + [GYRO_LSB_DPS] * 3))
    return np.clip(counts, -32768, 32767).astype(np.int16)
