"""A whole recording as a board hears it: what the rule tells, misses, and tells falsely."""

import numpy as np
import pytest

from studio.services.stream import Heard, judge
from studio.types import DecisionRule, Span

LABELS = ("noise", "no", "yes")


def heard(said: str, *truth: Span, starts: list[int] | None = None) -> Heard:
    """Return a recording at 1 Hz in which windows of two readings say these: `n`, `o`, `y`."""
    classes = np.array(["noy".index(letter) for letter in said])
    scores = np.where(np.eye(3, dtype=bool)[classes], 100, -100).astype(np.int8)
    places = np.array(starts or range(len(said)), np.int64)
    return Heard(1, LABELS, places, scores, truth, 2, 1, 3600, 1.0)


def test_each_window_alone_tells_what_it_hears() -> None:
    truth = (Span(0, 4, "noise"), Span(4, 6, "yes"), Span(9, 11, "no"))
    found = judge(heard("nnnnyynyynnnn", *truth), DecisionRule(1, 0.5), quiet=("noise",))
    assert found.told == (Span(4, 7, "yes"), Span(7, 10, "yes"))
    assert found.false == (Span(7, 10, "yes"),)
    assert found.events == truth[1:]
    assert found.missed == (Span(9, 11, "no"),)
    assert found.false_per_hour == pytest.approx(1)


def test_averaged_windows_tell_later_what_they_heard_and_leave_out_what_is_short() -> None:
    loud = heard("nnnnnyyyynnnonnn", Span(5, 8, "yes"))
    assert len(judge(loud, DecisionRule(1, 0.5), quiet=("noise",)).false) == 1
    found = judge(loud, DecisionRule(3, 0.6), quiet=("noise",))
    assert found.told == (Span(4, 11, "yes"),)  # decided in windows 6 to 9, from 4 on
    assert (found.false, found.missed) == ((), ())


def test_nothing_is_remembered_over_missing_readings_and_all_may_be_quiet() -> None:
    starts = [0, 1, 2, 50, 51, 52]
    found = judge(heard("yyynnn", starts=starts), DecisionRule(3, 0.6), quiet=("noise",))
    assert found.told == found.false == (Span(0, 4, "yes"),)
    silent = judge(heard("nnn"), DecisionRule(1, 0.5), quiet=("noise",))
    assert (silent.told, silent.events, silent.false_per_hour) == ((), (), 0)
    unsure = judge(heard("yyy", Span(0, 3, "yes")), DecisionRule(1, 0.99), quiet=("noise",))
    assert (unsure.told, len(unsure.missed)) == ((), 1)


def test_what_goes_on_and_on_is_false_but_where_it_is_right() -> None:
    event = Span(20, 22, "yes")
    found = judge(heard("y" * 60, event), DecisionRule(1, 0.5), quiet=("noise",))
    assert found.told == (Span(0, 61, "yes"),)
    assert found.false == (Span(0, 18, "yes"), Span(24, 61, "yes"))
    two = judge(heard("y" * 60, event, Span(50, 60, "yes")), DecisionRule(1, 0.5), quiet=())
    assert two.false == (Span(0, 18, "yes"), Span(24, 48, "yes"))
