"""The C runtime on the PC: the same files that run on a board, built once and called through cffi.

Owns building `resources/runtime` (and compiled models) as shared libraries and calling them; may
import `types`, `paths` and `errors` only. There is no second implementation in Python: features,
quantization and decisions computed here are the board's, byte for byte, because every toolchain
compiles the same sources without fused multiply-add, fast-math or the C library's functions.
Calls release Python's lock, so windows are worked off by as many threads as there are cores.
"""

from studio.runtime.features import decide, extract_features, quantize
from studio.runtime.library import library
from studio.runtime.model import HostModel

__all__ = ["HostModel", "decide", "extract_features", "library", "quantize"]
