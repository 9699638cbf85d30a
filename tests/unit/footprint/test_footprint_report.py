"""Figures for people from sizes and cycles."""

from dataclasses import replace

import pytest

from studio.footprint import board_fits, footprint
from studio.types import Board, Sizes

BOARD = Board("b", "B", "m", "cortex-m4", 64_000_000, 1000, 500, "bare", "p", "b", True)


def test_time_is_cycles_over_clock_with_room_for_slow_flash() -> None:
    cost = footprint(Sizes(10, 20), dsp_cycles=640_000, nn_cycles=64_000, board=BOARD)
    assert cost.latency_ms == pytest.approx(11.0)
    assert cost.latency_interval_ms == pytest.approx((11.0, 14.85))
    # the published pair that the margin rests on
    assert 76 * cost.latency_interval_ms[1] / cost.latency_ms > 94.3
    assert (cost.flash_bytes, cost.ram_bytes, cost.source) == (10, 20, "emulated")


def test_half_the_clock_takes_twice_as_long() -> None:
    slow = replace(BOARD, clock_hz=BOARD.clock_hz // 2)
    costs = [footprint(Sizes(1, 1), dsp_cycles=9, nn_cycles=9, board=b) for b in (BOARD, slow)]
    assert costs[1].latency_ms == pytest.approx(2 * costs[0].latency_ms)


@pytest.mark.parametrize(
    ("flash", "ram", "fits"), [(1000, 500, True), (1001, 500, False), (1000, 501, False)]
)
def test_fits_to_the_last_byte(flash: int, ram: int, fits: bool) -> None:
    assert board_fits(Sizes(flash, ram), BOARD) is fits
