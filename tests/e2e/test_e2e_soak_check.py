"""The soak's check of a recording: right ones pass, every kind of fault is found."""

import sys

import numpy as np
import pytest

from studio.paths import ROOT

sys.path.append(str(ROOT / "tests" / "bench"))

from board_peers import Session, measured
from soak_check import Piece, Verdict, check, exact, pieces

from studio.types import Gap

RATE_HZ = 100.0
SESSIONS = [Session(0, 100.0, 500), Session(1, 106.0, 100), Session(2, 108.0, 2000)]


def recording() -> list[Piece]:
    """Session 0 with ten readings lost, none of session 1, and session 2 from its 50th on."""
    parts = [(0, 0, 0, 300), (310, 0, 310, 150), (850, 2, 50, 500)]
    return [Piece(place, measured(which, at, n, 3)) for place, which, at, n in parts]


def verdict(found: list[Piece], *, stopped_s: float = 113.6, away: bool = False) -> Verdict:
    return check(
        found,
        SESSIONS,
        rate_hz=RATE_HZ,
        from_zero=True,
        started_s=100.01,
        stopped_s=stopped_s,
        away=away,
    )


def test_a_right_recording_passes_and_is_counted():
    found = verdict(recording())
    assert found.wrong == []
    assert (found.recorded, found.sessions, found.seams) == (950, 3, 1)
    assert found.sent == 500 + 100 + 550
    assert found.in_gaps == 10 + 40 + 100 + 50
    assert found.seam_error_s < 0.001
    assert verdict(recording(), stopped_s=120.0, away=True).wrong == []


def test_a_wrong_value_is_found():
    found = recording()
    found[2].raw[77, 1] += 1
    assert "are wrong" in verdict(found).wrong[0]
    found = recording()
    found[1].raw[0, 2] ^= 256
    assert "not sent" in verdict(found).wrong[0]


def test_a_reading_missing_without_a_gap_is_found():
    found = recording()
    found[0] = Piece(0, np.delete(found[0].raw, 120, axis=0))
    assert verdict(found).wrong


@pytest.mark.parametrize("shift", [-1, 1])
def test_a_gap_of_another_length_is_found(shift):
    found = recording()
    found[1] = Piece(found[1].position + shift, found[1].raw)
    assert "where 10 of session 0 are lost" in verdict(found).wrong[0]


def test_a_break_of_quite_another_length_is_found():
    found = recording()
    found[2] = Piece(found[2].position - 150, found[2].raw)
    assert (verdict(found).seams_off, verdict(recording()).seams_off) == (1, 0)


def test_readings_that_were_never_sent_are_found():
    found = recording()
    found[1] = Piece(310, measured(0, 310, 191, 3))
    assert "has 500 readings, not 501" in verdict(found).wrong[0]
    found = recording()
    found.append(Piece(1400, measured(5, 0, 10, 3)))
    assert "not sent" in verdict(found).wrong[0]


def test_a_missing_beginning_or_end_is_found():
    assert "recorded as 0" in verdict([Piece(0, measured(0, 3, 50, 3))], away=True).wrong[0]
    assert "the last 1.500 s" in verdict(recording(), stopped_s=115.0).wrong[0]
    assert verdict([]).wrong == ["nothing was recorded"]


def test_a_recording_is_cut_at_its_gaps():
    values = measured(0, 0, 20, 2).astype(np.float32) / 8
    first, second, third = pieces(values, [Gap(0, 3), Gap(5, 4), Gap(12, 1)], 8.0)
    assert (first.position, second.position, third.position) == (3, 12, 20)
    np.testing.assert_array_equal(second.raw, measured(0, 5, 7, 2))
    assert exact(values, 8.0)
    assert not exact(values + np.float32(0.01), 8.0)
