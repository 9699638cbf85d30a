"""What a pipeline costs on a board: RAM, flash, time of one window.

Owns the step from raw figures (sizes of a linked image, cycles of an emulated core) to what a
person is told, with an honest error interval. Imports the shared types only; who measures is not
its business.
"""

from studio.footprint.report import REAL_SLOWER, board_fits, footprint

__all__ = ["REAL_SLOWER", "board_fits", "footprint"]
