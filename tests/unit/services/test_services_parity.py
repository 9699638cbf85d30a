"""The demo's judgement: what counts as the same on board and PC, and what it refuses."""

import copy
import zlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from studio.errors import DeviceError
from studio.project import BLANK
from studio.services import demo
from studio.services.parity import identical, span_outcomes
from studio.types import DecisionRule, Span

LABELS = ("circle", "wave")
PIPELINE = replace(
    BLANK,
    window_ms=400.0,
    stride_ms=100.0,
    sample_rate_hz=100.0,
    decision=DecisionRule(smoothing=2, threshold=0.5),
)
WINDOW, STRIDE = 40, 10
FEATURES = np.random.default_rng(3).normal(size=(5, 7)).astype(np.float32)
SCORES = np.array([[90, -90], [90, -90], [-128, -100], [-90, 90], [-90, 90]], np.int8)
# means of two windows against 0, the threshold 0.5 in int8 scores; none before the second window
DECIDED = ("", "circle", "", "", "wave")


def as_board() -> list[dict[str, Any]]:
    """Return what a board sends that computes the same."""
    return [
        {
            "start": place * STRIDE,
            "features_crc": zlib.crc32(FEATURES[place].tobytes()),
            "scores_q": SCORES[place].tolist(),
            "label": DECIDED[place],
        }
        for place in range(len(SCORES))
    ]


def count(decisions: list[dict[str, Any]]) -> int:
    return identical(decisions, FEATURES, SCORES, labels=LABELS, pipeline=PIPELINE)


def test_all_windows_of_a_board_that_computes_the_same_are_identical():
    assert count(as_board()) == len(SCORES)


@pytest.mark.parametrize("place", range(len(SCORES)))
@pytest.mark.parametrize("key", ["start", "features_crc", "scores_q", "label"])
def test_one_different_entry_makes_its_window_different(place, key):
    rows = as_board()
    if key == "scores_q":
        rows[place][key][1] += 1
    elif key == "label":
        rows[place][key] = "wave" if rows[place][key] != "wave" else ""
    else:
        rows[place][key] += 1
    assert count(rows) == len(SCORES) - 1


def test_a_list_cut_short_a_gap_and_a_shift_are_not_identical():
    rows = as_board()
    assert count(rows[:-1]) == len(SCORES) - 1
    assert count([]) == 0
    assert count(rows[1:]) == 0
    assert count(rows[:2] + rows[3:]) == 2
    for row in rows:
        row["start"] += STRIDE
    assert count(rows) == 0


def test_spans_are_right_wrong_or_undecided():
    rows = as_board()  # windows end at 40, 50, 60, 70, 80: "", circle, "", "", wave

    def outcome(start: int, stop: int, label: str) -> str:
        found = span_outcomes([Span(start, stop, label)], rows, pipeline=PIPELINE)
        assert found["spans"] == 1
        return next(key for key in ("right", "wrong", "undecided") if found[key])

    assert outcome(0, 40, "circle") == "right"  # told at 50, one window late
    assert outcome(0, 30, "circle") == "right"  # two late: as many as are smoothed
    assert outcome(0, 29, "circle") == "undecided"
    assert outcome(0, 40, "wave") == "wrong"
    assert outcome(50, 60, "circle") == "wrong"  # what was told at its start is before it
    assert outcome(50, 59, "noise") == "undecided"
    assert outcome(40, 80, "wave") == "right"


def test_a_board_that_never_decides_has_nothing_right():
    rows = [{**row, "label": ""} for row in as_board()]
    spans = [Span(0, 40, "circle"), Span(40, 80, "wave")]
    found = span_outcomes(spans, rows, pipeline=PIPELINE)
    assert found == {"spans": 2, "right": 0, "wrong": 0, "undecided": 2}


GOOD: dict[str, Any] = {
    "name": "motion",
    "parity": {
        "windows": 9,
        "features_identical": 9,
        "scores_identical": 9,
        "decisions_identical": 9,
    },
    "stream": {"recordings": 2, "readings": 100, "lost": 0},
    "live": {
        **{"recordings": 1, "windows": 5, "identical": 5, "skipped_readings": 0},
        **{"spans": 3, "right": 1, "wrong": 1, "undecided": 1},
    },
    "footprint": {"latency_ms": 4.0},
}


def test_the_demo_accepts_what_is_the_same():
    demo._check([GOOD, GOOD])


@pytest.mark.parametrize(
    ("part", "key", "value", "says"),
    [
        ("parity", "features_identical", 8, "1 differ"),
        ("parity", "scores_identical", 8, "1 differ"),
        ("parity", "decisions_identical", 8, "1 differ"),
        ("stream", "lost", 1, "1 readings were lost"),
        ("live", "skipped_readings", 7, "7 readings were"),
        ("live", "identical", 4, "of 5 live ones 1"),
        ("live", "right", 0, "none of them right"),
        ("parity", "windows", 0, "no window"),
        ("live", "windows", 0, "no window"),
    ],
)
def test_the_demo_refuses_one_fault_in_either_project(part, key, value, says):
    bad = copy.deepcopy(GOOD)
    bad[part][key] = value
    if key == "windows":
        bad[part] = dict.fromkeys(bad[part], 0) | {"right": 1}
    for projects in ([bad, GOOD], [GOOD, bad]):
        with pytest.raises(DeviceError, match=says):
            demo._check(projects)
