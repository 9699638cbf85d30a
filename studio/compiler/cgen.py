"""Small helpers that write C text."""

import re
from collections.abc import Iterable, Iterator
from textwrap import wrap

import numpy as np
from numpy.typing import NDArray

C_TYPES = {
    "int8": "int8_t",
    "uint8": "uint8_t",
    "bool": "uint8_t",
    "int16": "int16_t",
    "int32": "int32_t",
    "int64": "int64_t",
    "float32": "float",
}
_AT_ONCE = 1 << 14
"""Numbers that are written together."""
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,62}")


def is_identifier(name: str) -> bool:
    """Tell whether a name can be part of C identifiers and file names everywhere.

    >>> is_identifier("kws_2"), is_identifier("2kws"), is_identifier("a-b")
    (True, False, False)
    """
    return _IDENTIFIER.fullmatch(name) is not None


def integer(value: int) -> str:
    """Return an integer constant; the smallest ones have no literals of their own in C.

    >>> integer(-7), integer(-(2**31)), integer(2**40), integer(True)
    ('-7', 'INT32_MIN', '1099511627776LL', '1')
    """
    if value == -(2**63):
        return "INT64_MIN"
    if value == -(2**31):
        return "INT32_MIN"
    return str(int(value)) if -(2**31) < value < 2**32 else f"{value}LL"


def real(value: float) -> str:
    """Return a float32 constant that every compiler reads as the same bits.

    >>> real(0.5)
    '0x1.0000000000000p-1f'
    """
    if not np.isfinite(value):
        return "(0.0f / 0.0f)" if np.isnan(value) else f"({'-' * (value < 0)}1.0f / 0.0f)"
    return f"{float(np.float32(value)).hex()}f"


def braces(items: Iterable[str]) -> str:
    """Return an initializer on one line.

    >>> braces(["1", "2"])
    '{1, 2}'
    """
    return "{" + ", ".join(items) + "}"


def constant(name: str, values: NDArray[np.generic]) -> str:
    """Return the definition of a constant array, its numbers wrapped to 100 columns."""
    kind = C_TYPES[values.dtype.name]
    numbers = ",".join(_numbers(values.reshape(-1)))
    lines = "\n".join(f"    {line}" for line in _lines(numbers))
    return f"static const {kind} {name}[{values.size}] = {{\n{lines}\n}};\n"


def _numbers(values: NDArray[np.generic]) -> Iterator[str]:
    """Return literals, many at once: strings of single numbers take much memory together."""
    small = values.dtype.kind in "iu" and values.dtype.itemsize < 4
    write = real if values.dtype.kind == "f" else str if small else integer
    for start in range(0, values.size, _AT_ONCE):
        yield ",".join(map(write, values[start : start + _AT_ONCE].tolist()))


def _lines(numbers: str) -> list[str]:
    """Break at commas; textwrap would need spaces, and seconds for large weights."""
    width, lines, at = 95, [], 0
    while len(numbers) - at > width:
        stop = numbers.rfind(",", at, at + width) + 1
        lines.append(numbers[at:stop])
        at = stop
    return [*lines, numbers[at:]]


def text(value: str) -> str:
    """Return the inside of a string literal: ASCII, nothing that could end it.

    >>> text('a "b"')
    'a _b_'
    """
    return re.sub(r"[^A-Za-z0-9_/.:;, ()+=-]", "_", value)


def comment(text: str) -> str:
    """Return text as a comment of whole lines that nothing in the text can end.

    >>> comment("a */ b")
    '/* a * / b */'
    """
    safe = text.replace("*/", "* /").replace("/*", "/ *").replace("\\", "/").replace("??", "? ?")
    ascii_only = safe.encode("ascii", "replace").decode()
    return "/* " + "\n * ".join(wrap(ascii_only, 94, break_long_words=True)) + " */"
