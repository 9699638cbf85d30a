"""From measured sizes and emulated cycles to a footprint."""

from studio.types import Board, Footprint, Sizes

REAL_SLOWER = 1.35
"""How much slower than emulated a real core may be.

The emulator counts the cycles of a core whose memory answers at once. Real flash at full clock
makes the core wait: the one published pair of figures for the same model and kernels (a keyword
model on a Cortex-M4 at 120 MHz, 76 ms by counting, 94.3 ms on silicon) is 1.24 times slower, so
the interval ends with a margin above that.
"""


def footprint(sizes: Sizes, *, dsp_cycles: int, nn_cycles: int, board: Board) -> Footprint:
    """Return what a pipeline costs on a board.

    Parameters
    ----------
    sizes : Sizes
        Of the linked image.
    dsp_cycles, nn_cycles : int
        Core cycles of one window's features and of one inference, as emulated.
    board : Board
        Gives the clock.

    Returns
    -------
    Footprint
        `latency_ms` is the emulated time of one window; a real board lies within
        `latency_interval_ms`, from that time to `REAL_SLOWER` times it.
    """
    latency_ms = (dsp_cycles + nn_cycles) / board.clock_hz * 1000
    return Footprint(
        ram_bytes=sizes.ram_bytes,
        flash_bytes=sizes.flash_bytes,
        latency_ms=latency_ms,
        latency_interval_ms=(latency_ms, REAL_SLOWER * latency_ms),
        source="emulated",
        parts=sizes.parts,
    )


def board_fits(sizes: Sizes, board: Board) -> bool:
    """Tell whether an image fits a board's flash and RAM."""
    return sizes.flash_bytes <= board.flash_bytes and sizes.ram_bytes <= board.ram_bytes
