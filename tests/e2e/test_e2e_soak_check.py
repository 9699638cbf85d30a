"""The soak's check of a recording: right ones pass, every kind of fault is found."""

import dataclasses
import sys

import numpy as np
import pytest

from studio.paths import ROOT

sys.path.append(str(ROOT / "tests" / "bench"))

from board_peers import Break, Session, measured
from soak import STREAMS, gates
from soak_check import Piece, Verdict, check, exact, pieces
from soak_due import Watched
from soak_lines import check_lines
from soak_rows import check_rows

from studio.types import Gap

RATE_HZ = 100.0
SESSIONS = [
    Session(0, 100.0, 500, faulty=(300,), rows=5),
    Session(1, 106.0, 100),
    Session(2, 108.0, 2000),
]


def recording() -> list[Piece]:
    """Session 0 with ten readings lost, none of session 1, and session 2 from its 50th on."""
    parts = [(0, 0, 0, 300), (310, 0, 310, 150), (850, 2, 50, 500)]
    return [Piece(place, measured(which, at, n, 3)) for place, which, at, n in parts]


BREAKS = [Break(105.0, 106.0), Break(107.0, 108.0)]


def watched(stopped_s: float = 113.6, breaks: list[Break] = BREAKS) -> Watched:
    return Watched(100.1, stopped_s, breaks, RATE_HZ, 1.0)


def verdict(found: list[Piece], **given) -> Verdict:
    return check(found, SESSIONS, watched(**given), from_zero=True, started_s=100.01)


def test_a_right_recording_passes_and_is_counted():
    found = verdict(recording())
    assert found.wrong == []
    assert (found.recorded, found.sessions, found.seams) == (950, 3, 1)
    assert found.sent == 500 + 100 + 550
    assert found.in_gaps == 10 + 40 + 100 + 50
    assert found.seam_error_s < 0.001
    # it was unplugged before it was stopped: there is nothing more
    gone = [*BREAKS, Break(113.5, 120.0)]
    assert verdict(recording(), stopped_s=120.0, breaks=gone).wrong == []


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


@pytest.mark.parametrize(
    ("faulty", "unexcused"), [((300,), 0), ((301,), 1), ((295,), 5), ((), 10), ((310,), 10)]
)
def test_a_gap_without_a_fault_is_found(faulty, unexcused):
    sessions = [dataclasses.replace(SESSIONS[0], faulty=faulty), *SESSIONS[1:]]
    found = check(recording(), sessions, watched(), from_zero=True, started_s=100.01)
    assert found.unexcused == unexcused
    assert bool(found.wrong) == bool(unexcused)


def test_what_a_break_cannot_have_cost_is_found():
    def lost(found: list[Piece], **given) -> int:
        watch = dataclasses.replace(watched(), **given)
        return check(found, SESSIONS, watch, from_zero=True, started_s=100.01).unexcused

    first, second, third = recording()
    assert lost([first, second, third]) == 0
    # half a second before it, and one to come back; nothing if it streams when it is asked to
    assert lost([first, Piece(310, second.raw[:137]), third]) == 3
    assert lost([first, second, Piece(905, third.raw[55:])], resume_s=0.5) == 55
    assert lost([first, second, third], asked=True) == 50


def test_one_good_packet_in_thirty_thrown_away_is_found():
    kept = [Piece(5 * at, MEASURED[5 * at : 5 * at + 145]) for at in range(0, 12_000, 30)]
    found = a_minute(kept, MINUTE, [])
    assert found.recorded >= found.due
    assert found.unexcused == 5 * 399


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
    assert "recorded as 0" in verdict([Piece(0, measured(0, 3, 50, 3))]).wrong[0]
    assert "the last 1.500 s" in verdict(recording(), stopped_s=115.0).wrong[0]
    # whatever the recording says: the board was there
    assert "the last" in " ".join(verdict(recording()[:1]).wrong)
    assert verdict([]).wrong == ["nothing was recorded"]


def test_a_recording_is_cut_at_its_gaps():
    values = measured(0, 0, 20, 2).astype(np.float32) / 8
    first, second, third = pieces(values, [Gap(0, 3), Gap(5, 4), Gap(12, 1)], 8.0)
    assert (first.position, second.position, third.position) == (3, 12, 20)
    np.testing.assert_array_equal(second.raw, measured(0, 5, 7, 2))
    assert exact(values, 8.0)
    assert not exact(values + np.float32(0.01), 8.0)


# Recorders that would lose nothing because they record next to nothing


MINUTE = [Session(0, 100.0, 60_000)]
MEASURED = measured(0, 0, 60_000, 8)


def a_minute(found: list[Piece], sessions: list[Session], breaks: list[Break]) -> Verdict:
    watched = Watched(100.1, 159.5, breaks, 1000.0, 1.0)
    return check(found, sessions, watched, from_zero=True, started_s=100.0)


def test_one_reading_in_a_thousand_is_not_enough():
    found = [Piece(at, MEASURED[at : at + 1]) for at in range(0, 60_000, 1000)]
    wrong = a_minute(found, MINUTE, []).wrong[-1]
    assert wrong.startswith("60 readings are recorded; the faults left 5")
    assert a_minute([Piece(0, MEASURED[:59_500])], MINUTE, []).wrong == []


def test_a_second_and_then_waiting_is_not_enough():
    wrong = a_minute([Piece(0, measured(0, 0, 1000, 8))], MINUTE, []).wrong
    assert "the last 58.500 s are missing" in wrong
    assert "1000 readings are recorded" in wrong[-1]


def test_sessions_that_are_missing_whole_are_found():
    sessions = [Session(k, 100 + 15.0 * k, 14_000) for k in range(4)]
    breaks = [Break(114 + 15.0 * k, 115 + 15.0 * k) for k in range(3)]
    every = [Piece(15_000 * k, measured(k, 0, 14_000, 8)) for k in range(4)]
    assert a_minute(every, sessions, breaks).wrong == []
    wrong = a_minute([every[0], every[3]], sessions, breaks).wrong
    assert wrong[:2] == ["nothing of session 1 is recorded", "nothing of session 2 is recorded"]
    assert "the faults left" in wrong[2]


def test_damaged_packets_need_not_be_recorded():
    bad = [Session(0, 100.0, 60_000, 12_000, faulty=tuple(range(3, 60_000, 5)))]
    kept = [Piece(at, measured(0, at, 3, 8)) for at in range(0, 60_000, 5)]
    assert a_minute(kept, bad, []).wrong == []
    assert a_minute(kept, MINUTE, []).wrong


def test_what_a_board_sent_when_it_was_asked_to_must_be_recorded():
    sessions = [Session(k, 100 + 3.0 * k, 2500) for k in range(20)]
    breaks = [Break(102.5 + 3 * k, 103.0 + 3 * k) for k in range(20)]
    late = [Piece(3000 * k + 900, measured(k, 900, 1600, 8)) for k in range(20)]
    watched = Watched(100.0, 159.5, breaks, 1000.0, 1.0)
    given = {"from_zero": False, "started_s": 100.0}
    assert check(late, sessions, watched, **given).wrong == []
    asked = dataclasses.replace(watched, asked=True)
    wrong = check(late, sessions, asked, **given).wrong
    assert "900 readings behind reading 2499 of session 0 are in a gap" in wrong[0]
    assert "the faults left" in wrong[-1]


def test_gates_miss_streams_that_were_not_compared():
    rows = [{"stream": one.name, "failed": [], "resumed": 1, "readings": 1} for one in STREAMS]
    missed = [row["name"] for row in gates(rows) if not row["holds"]]
    assert missed == [
        "streams compared with their log",
        "recorded, of what the faults left at least",
    ]


# Lines of text


NOT_SENT = (300, 302, 304, 306, 308)


def lines(found: list[Piece], *, counted: bool = True, faulty=NOT_SENT, damaged=()):
    faulty = tuple(sorted({*faulty, *damaged}))
    sessions = [Session(0, 100.0, 500, 5, 3, faulty, damaged=dict(damaged)), *SESSIONS[1:]]
    return check_lines(found, sessions, watched(), counted=counted, scale=8.0)


def test_right_lines_pass():
    assert lines(recording()).wrong == []
    assert lines(recording(), counted=False).wrong == []


def test_a_row_may_differ_if_a_damaged_line_says_so():
    found = recording()
    found[0].raw[5] = [-4000, 16, 808]
    assert "1 rows were never printed, nor" in lines(found).wrong[0]
    said = {5: b"5,-500.0,\t2;101.00\r\n"}
    assert (lines(found, damaged=said).wrong, lines(found, damaged=said).strange) == ([], 1)
    assert lines(found, counted=False, damaged={5: said[5][2:]}).wrong == []
    assert lines(found, counted=False, damaged=said).invented == 1
    # neither another line, nor one that is none, nor twice
    assert lines(found, damaged={50: said[5]}).invented == 1
    assert lines(found, damaged={5: b"5,-500.0,2;1O1.00\r\n"}).invented == 1
    found[0].raw[6] = found[0].raw[5]
    assert lines(found, damaged=said).invented == 1


def test_a_line_that_lost_its_end_is_read_with_the_next_one():
    found = recording()
    found[0] = Piece(0, np.delete(found[0].raw, [7], axis=0))
    found[0].raw[6] = [8, 16, 808 * 8]
    cut = {6: b"6,1,2,8", 7: b"08"}
    assert lines([found[0], *recording()[1:]], damaged=cut).invented == 1
    cut[7] += b"\r\n"
    assert lines([found[0], *recording()[1:]], damaged=cut).invented == 0


def test_lines_that_are_missing_without_a_fault_are_found():
    assert lines(recording(), faulty=NOT_SENT[1:]).unexcused == 2
    (wrong,) = lines(recording(), faulty=()).wrong
    assert wrong == "10 lines are missing, and no fault was near"


def test_lines_in_another_order_or_twice_are_found():
    found = recording()
    found[0].raw[100:200] = found[0].raw[100:200][::-1]
    assert lines(found, counted=False).strange > 90
    found = recording()
    found[0] = Piece(0, np.repeat(found[0].raw, 2, axis=0)[:300])
    assert lines(found, counted=False).strange == 150


def test_counted_lines_lie_where_they_were_counted():
    closed = [Piece(0, measured(0, 0, 300, 3)[np.arange(300) % 10 > 0]), *recording()[1:]]
    assert "as far from the one before" in lines(closed).wrong[1]


def test_lines_without_a_count_lie_where_they_were_printed_but_for_faults():
    closed = [Piece(0, measured(0, 0, 300, 3)[np.arange(300) % 10 > 0]), *recording()[1:]]
    closed[0] = Piece(30, closed[0].raw)
    dropped = (*range(0, 300, 10), *NOT_SENT)
    assert lines(closed, counted=False, faulty=dropped).wrong == []
    assert "without a fault" in lines(closed, counted=False, faulty=dropped[2:]).wrong[1]
    first, second, third = recording()
    later = [first, Piece(310, second.raw[:50]), Piece(361, second.raw[50:]), third]
    assert "1 rows are not" in lines(later, counted=False).wrong[0]


@pytest.mark.parametrize("counted", [True, False])
def test_the_length_of_a_break_between_lines_is_measured(counted):
    def seams(position: int):
        *found, last = recording()
        verdict = lines([*found, Piece(position, last.raw)], counted=counted)
        return verdict.seams, verdict.seams_off

    assert seams(850) == (1, 0)
    assert seams(850 - 150) == seams(100_000) == (1, 1)


# Bare rows of bytes


def bare(found: list[Piece], faulty=(), flipped=0):
    sessions = [Session(0, 100.0, 500, 0, flipped, faulty), Session(1, 106.0, 1000)]
    watch = Watched(100.1, 115.9, [Break(105.0, 106.0)], RATE_HZ, 1.0)
    return check_rows(found, sessions, watch)


def two() -> list[Piece]:
    return [Piece(0, measured(0, 0, 500, 3)), Piece(600, measured(1, 0, 985, 3))]


def test_bare_rows_are_as_sent_up_to_the_first_fault():
    assert bare(two()).wrong == []
    assert bare(two()).compared == 1485
    shifted = two()
    shifted[0].raw[200:] += 1
    assert bare(shifted, faulty=(200,)).wrong == []
    assert "reading 200 of session 0 is not as sent" in bare(shifted, faulty=(201,)).wrong[0]
    zeros = [Piece(piece.position, np.zeros_like(piece.raw)) for piece in two()]
    assert "the beginning of no session" in bare(zeros).wrong[0]
    assert "nothing of session 1 is recorded" in bare(two()[:1]).wrong


def test_bare_rows_that_nobody_sent_are_found():
    first, last = two()
    more = Piece(0, np.concatenate([first.raw, np.ones((30, 3), np.int64)]))
    fewer = Piece(600, last.raw[:950])
    wrong = "530 readings of session 0, which sent 500"
    assert bare([more, fewer]).wrong == [wrong]
    # garbage may have become readings, but no more than there was
    assert bare([more, fewer], flipped=30).wrong == []
    assert bare([more, fewer], flipped=29).wrong == [wrong]
    many = Piece(600, np.concatenate([last.raw, np.ones((2000, 3), np.int64)]))
    assert "3485 readings are recorded; 1500 can have been sent" in bare([first, many]).wrong


def test_what_is_whole_of_bare_rows_must_be_there_to_compare():
    first, last = two()
    # as many as were sent, but all behind a fault that nobody made
    short = Piece(600, last.raw[:300])
    assert "800 readings could be compared; 13" in " ".join(bare([first, short]).wrong)
    assert bare(two(), faulty=(10,)).compared == 995
    assert bare(two(), faulty=(10,)).wrong == []


def test_the_length_of_a_break_between_bare_rows_is_measured():
    first, last = two()
    at = [bare([first, Piece(position, last.raw)]).seams_off for position in (500, 600, 30_000)]
    assert at == [1, 0, 1]


def test_too_few_lines_are_not_enough():
    assert "the faults left" in lines([recording()[0]]).wrong[0]
    assert "nothing of session 2 is recorded" in lines([recording()[0]]).wrong
    assert "the faults left" in lines([]).wrong[0]
