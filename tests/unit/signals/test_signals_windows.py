"""Cutting windows from spans."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.errors import ConfigError
from studio.signals import labelled_windows, window_starts, windows
from studio.types import Gap, Labelling, Span

VALUES = np.arange(200, dtype=np.int16).reshape(100, 2)


def test_a_long_span_is_walked_through() -> None:
    got = windows(VALUES, Span(10, 30, "a"), window_readings=8, stride_readings=5)
    assert got.shape == (3, 8, 2)
    assert got[:, 0, 0].tolist() == [20, 30, 40]
    assert (got[2] == VALUES[20:28]).all()


def test_a_span_of_exactly_one_window_gives_that() -> None:
    got = windows(VALUES, Span(92, 100, "a"), window_readings=8, stride_readings=1)
    assert (got == VALUES[np.newaxis, 92:]).all()


@pytest.mark.parametrize(
    ("span", "start"),
    [((50, 54), 47), ((50, 53), 47), ((0, 2), 0), ((97, 100), 90), ((49, 50), 45)],
)
def test_a_short_span_is_centred_in_what_surrounds_it(span: tuple[int, int], start: int) -> None:
    got = windows(VALUES, Span(*span, "a"), window_readings=10, stride_readings=3)
    assert got.shape == (1, 10, 2)
    assert (got[0] == VALUES[start : start + 10]).all()


def test_a_recording_shorter_than_the_window_stands_between_zeros() -> None:
    got = windows(VALUES[:5] + 1, Span(1, 3, "a"), window_readings=10, stride_readings=1)
    assert got.shape == (1, 10, 2)
    assert (got[0, 2:7] == VALUES[:5] + 1).all()
    assert not got[0, :2].any()
    assert not got[0, 7:].any()
    assert got.dtype == np.int16


@given(
    n=st.integers(1, 60),
    window=st.integers(1, 70),
    stride=st.integers(1, 20),
    data=st.data(),
)
def test_windows_are_whole_and_lie_in_the_span(
    n: int, window: int, stride: int, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, n - 1))
    stop = data.draw(st.integers(start + 1, n))
    values = np.arange(1, n + 1, dtype=np.float32)[:, np.newaxis]
    got = windows(values, Span(start, stop, "a"), window_readings=window, stride_readings=stride)
    assert got.shape[1:] == (window, 1)
    assert len(got) == max(1, (stop - start - window) // stride + 1)
    for one in got[:, :, 0]:
        inside = one[one > 0]
        assert (np.diff(inside) == 1).all()
        assert len(inside) == min(window, n)
        if stop - start >= window:
            assert inside[0] > start
            assert inside[-1] <= stop
        elif n >= window:
            assert set(range(start + 1, stop + 1)) <= set(inside.astype(int))


def test_windows_are_copies() -> None:
    values = VALUES.copy()
    got = windows(values, Span(0, 10, "a"), window_readings=10, stride_readings=1)
    got[:] = 0
    assert (values == VALUES).all()


@pytest.mark.parametrize("span", [(-1, 5), (5, 5), (7, 5), (90, 101)])
def test_spans_outside_the_recording_are_refused(span: tuple[int, int]) -> None:
    with pytest.raises(ConfigError, match="100"):
        windows(VALUES, Span(*span, "a"), window_readings=4, stride_readings=4)


@pytest.mark.parametrize(("window", "stride"), [(0, 1), (4, 0), (-3, 1)])
def test_lengths_must_be_positive(window: int, stride: int) -> None:
    with pytest.raises(ConfigError, match="not possible"):
        windows(VALUES, Span(0, 10, "a"), window_readings=window, stride_readings=stride)


@pytest.mark.parametrize(
    ("span", "starts"),
    [
        ((0, 100), [0, 15, 30, 45, 70]),  # 65 would be over the gap at 70 and 85 too short
        ((60, 95), [70]),
        ((66, 69), [50]),
        ((70, 74), [70]),
        ((90, 93), [80]),
    ],
)
def test_no_window_lies_over_a_gap(span: tuple[int, int], starts: list[int]) -> None:
    found = window_starts(
        100, Span(*span, "a"), window_readings=20, stride_readings=15, gaps=[Gap(70, 3)]
    )
    assert found == starts


def test_a_short_span_between_two_gaps_gives_no_window() -> None:
    gaps = [Gap(40, 1), Gap(55, 1)]
    given = {"window_readings": 20, "stride_readings": 5}
    assert window_starts(100, Span(45, 50, "a"), gaps=gaps, **given) == []
    assert window_starts(15, Span(2, 5, "a"), gaps=[Gap(7, 1)], **given) == []
    assert window_starts(15, Span(2, 5, "a"), gaps=[Gap(0, 1)], **given) == [-2]


@pytest.mark.parametrize("rule", ["end", "anywhere", "share", "majority"])
def test_no_labelled_window_lies_over_a_gap(rule: str) -> None:
    found = labelled_windows(
        100,
        [Span(0, 100, "a")],
        Labelling(rule=rule),
        window_readings=20,
        stride_readings=15,
        gaps=[Gap(70, 3)],
    )
    assert found == [(start, "a") for start in (0, 15, 30, 45, 70)]
