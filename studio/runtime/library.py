"""The shared library of signal processing, post-processing and packets, and its declarations.

The declarations for cffi come from the C headers themselves: comments, preprocessor lines and
inline bodies are dropped, plain integer `#define`s are put in, the rest is C that cffi reads.
"""

import re
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any

from studio.paths import RUNTIME
from studio.runtime.cc import build_library

PARTS = ("math", "dsp", "post", "stream")
_loading = threading.Lock()

_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.MULTILINE)
_CONSTANT = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+(\d\w*)[ \t]*$", re.MULTILINE)
_CPLUSPLUS = re.compile(r"^[ \t]*#[ \t]*ifdef[ \t]+__cplusplus.*?^[ \t]*#[ \t]*endif", re.M | re.S)
_DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
_INLINE = re.compile(r"\bstatic\s+inline\b[^{;]*\{")


def _without_inline_functions(text: str) -> str:
    while found := _INLINE.search(text):
        depth, end = 1, found.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        text = text[: found.start()] + text[end:]
    return text


def declarations(headers: list[Path], *, root: Path = RUNTIME) -> str:
    """Return what cffi can read of C headers, those they include first, each once.

    Parameters
    ----------
    headers : list of Path
        The headers wanted.
    root : Path
        Include root: `#include "dsp/rfft.h"` is looked for below it or beside the includer.
    """
    done: set[Path] = set()
    parts: list[str] = []

    def visit(path: Path) -> None:
        if path in done:
            return
        done.add(path)
        text = _COMMENT.sub("", path.read_text(encoding="utf-8"))
        for name in _INCLUDE.findall(text):
            near = path.parent / name
            visit((near if near.is_file() else root / name).resolve())
        constants = dict(_CONSTANT.findall(text))
        text = _DIRECTIVE.sub("", _CPLUSPLUS.sub("", text))
        for name, value in constants.items():
            text = re.sub(rf"\b{name}\b", value, text)
        parts.append(_without_inline_functions(text))

    for header in headers:
        visit(header.resolve())
    return "\n".join(parts)


def library() -> tuple[Any, Any]:
    """Return cffi's `(ffi, lib)` of the runtime, built on first use.

    Raises
    ------
    ToolError
        If there is no C compiler or it refuses the code.
    """
    with _loading:  # what one `ffi` made is of no use to another: two threads may begin at once
        return _load()


@lru_cache(maxsize=1)
def _load() -> tuple[Any, Any]:
    import cffi

    folders = [RUNTIME / part for part in PARTS]
    files = sorted(path for folder in folders for path in folder.glob("*.c"))
    headers = sorted(path for folder in folders for path in folder.glob("*.h"))
    ffi = cffi.FFI()
    ffi.cdef(declarations(headers))
    return ffi, ffi.dlopen(str(build_library("tml_runtime", files=files, include=[RUNTIME])))
