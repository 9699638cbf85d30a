"""Parts of recordings: where they are follows from how the readings were made."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.errors import ConfigError
from studio.params import make
from studio.signals import EventSettings, equal_parts, events, find_events

RATE = 1000.0


def noise(n: int, *, seed: int = 0, sd: float = 0.001) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, sd, (n, 1)).astype(np.float32)


def with_bursts(places: list[tuple[int, int]], n: int = 10_000) -> np.ndarray:
    values = noise(n)
    for start, stop in places:
        values[start:stop, 0] += 0.5 * np.sin(2 * np.pi * 0.1 * np.arange(stop - start))
    return values


def settings(**given: object) -> EventSettings:
    return make(EventSettings, given)


def near(found: list[tuple[int, int]], wanted: list[tuple[int, int]], by: int = 20) -> bool:
    return len(found) == len(wanted) and all(
        abs(a - c) <= by and abs(b - d) <= by for (a, b), (c, d) in zip(found, wanted, strict=True)
    )


@pytest.mark.parametrize("dtype", [np.float32, np.int16])
def test_energy_finds_what_is_louder_than_the_background(dtype: type) -> None:
    places = [(1000, 1500), (4000, 4700), (9700, 10_000)]
    values = with_bursts(places)
    if dtype is np.int16:
        values = np.rint(values * 32767).astype(np.int16)
    assert near(find_events(values, RATE, settings()), places)
    assert find_events(noise(5000), RATE, settings()) == []
    assert find_events(np.zeros((5000, 3), dtype), RATE, settings()) == []
    assert find_events(values[:0], RATE, settings()) == []
    wide = find_events(values, RATE, settings(before_ms=100, after_ms=50))
    assert near(wide, [(900, 1550), (3900, 4750), (9600, 10_000)])
    exact = find_events(values, RATE, settings(length_ms=1000))
    assert [b - a for a, b in exact] == [1000, 1000, 1000]
    assert near(exact, [(750, 1750), (3850, 4850), (9000, 10_000)])
    assert near(find_events(values, RATE, settings(shortest_ms=600)), [(4000, 4700)])
    assert near(find_events(values, RATE, settings(join_ms=2600)), [(1000, 4700), places[2]])


@given(
    st.lists(st.integers(0, 400), min_size=1, max_size=8),
    st.integers(1, 60),
    st.integers(0, 20),
    st.integers(7, 90),
)
def test_threshold_is_exact_across_chunks(
    starts: list[int], length: int, join: int, chunk: int
) -> None:
    values = np.zeros((500, 2), np.float32)
    for start in starts:
        values[start : start + length, 1] = 7.0
    mean = float(values[:, 1].astype(np.float64).mean())
    beyond = np.abs(values[:, 1].astype(np.float64) - mean) >= 4.0
    wanted: list[list[int]] = []
    for place in np.flatnonzero(beyond).tolist():
        if wanted and place - wanted[-1][1] < max(join, 1):
            wanted[-1][1] = place + 1
        else:
            wanted.append([place, place + 1])
    before, events.CHUNK = events.CHUNK, chunk
    try:
        found = find_events(
            values,
            RATE,
            settings(kind="threshold", threshold=4.0, shortest_ms=0, join_ms=join),
        )
    finally:
        events.CHUNK = before
    assert [list(span) for span in found] == wanted


def test_levels_do_not_depend_on_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(1).normal(size=(1003, 3)).astype(np.float32)
    whole = events.frame_levels(values, 10)
    assert whole.shape == (101,)
    wanted = 10 * np.log10(values[990:1000].astype(np.float64).var(axis=0).sum())
    assert whole[99] == pytest.approx(wanted, abs=1e-5)
    monkeypatch.setattr(events, "CHUNK", 37)
    assert np.array_equal(events.frame_levels(values, 10), whole)


def test_peaks_are_the_highest_and_apart() -> None:
    values = noise(6000)
    for place, height in ((1000, 0.3), (1100, 0.9), (3000, 0.5), (5990, 0.4)):
        values[place : place + 10, 0] += height * np.array([1, -1] * 5, np.float32)[: 6000 - place]
    found = find_events(
        values, RATE, settings(kind="peaks", join_ms=500, before_ms=100, after_ms=200)
    )
    assert near(found, [(1000, 1300), (2900, 3200), (5890, 6000)], by=25)
    several = find_events(values, RATE, settings(kind="peaks", join_ms=60, length_ms=50))
    assert [b - a for a, b in several] == [50] * 4


def test_onsets_are_beginnings_even_over_a_loud_background() -> None:
    n = 8000
    values = noise(n, sd=0.05)
    for start in (1000, 3000, 3600):
        decay = np.exp(-np.arange(n - start) / 100).astype(np.float32)
        values[start:, 0] += 2.0 * decay * np.sin(0.9 * np.arange(n - start))
    found = find_events(
        values, RATE, settings(kind="onset", threshold=12, before_ms=50, after_ms=900)
    )
    assert [start for start, _ in found] == pytest.approx([950, 2950, 3550], abs=25)
    assert found[1][1] == found[2][0]  # an event ends where the next one begins
    assert found[0][1] == pytest.approx(1900, abs=25)


def test_a_recording_of_hours_is_walked_through() -> None:
    values = np.lib.stride_tricks.as_strided(
        np.zeros(1, np.int16), shape=(3 * 3600 * 16000, 1), strides=(0, 0), writeable=False
    )
    assert find_events(values, 16000, settings()) == []


@pytest.mark.parametrize(
    ("span", "length", "stride", "rest", "wanted"),
    [
        ((0, 10), 4, 4, False, [(0, 4), (4, 8)]),
        ((0, 10), 4, 4, True, [(0, 4), (4, 8), (8, 10)]),
        ((5, 15), 4, 2, True, [(5, 9), (7, 11), (9, 13), (11, 15)]),
        ((0, 3), 4, 4, False, []),
        ((0, 3), 4, 4, True, [(0, 3)]),
        ((0, 10), 2, 8, True, [(0, 2), (8, 10)]),
        ((0, 9), 2, 8, True, [(0, 2), (8, 9)]),
        ((0, 8), 4, 4, True, [(0, 4), (4, 8)]),
    ],
)
def test_equal_parts(
    span: tuple[int, int], length: int, stride: int, rest: bool, wanted: list[tuple[int, int]]
) -> None:
    assert equal_parts(*span, length=length, stride=stride, keep_rest=rest) == wanted


def test_what_cannot_be_cut() -> None:
    with pytest.raises(ConfigError):
        equal_parts(0, 10, length=0, stride=1)
    with pytest.raises(ConfigError):
        find_events(np.zeros(5, np.float32), RATE, settings())
    with pytest.raises(ConfigError):
        settings(kind="loud")


@pytest.mark.parametrize("kind", events.FINDERS)
def test_where_nothing_stands_out_nothing_is_found(kind: str) -> None:
    assert find_events(noise(2000), RATE, settings(kind=kind, threshold=90)) == []
