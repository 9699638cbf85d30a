"""C text from values: exact floats, arrays, and strings of any Unicode, in plain C99."""

import math
import re
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from studio.errors import ConfigError

C_TYPES = {
    "float32": "float",
    "int8": "int8_t",
    "uint8": "uint8_t",
    "int16": "int16_t",
    "uint16": "uint16_t",
    "int32": "int32_t",
    "uint32": "uint32_t",
}
_LINE = 96


def c_float(value: float) -> str:
    """Return a float32 as a hexadecimal constant, which every compiler reads to the last bit.

    >>> c_float(0.1)
    '0x1.99999ap-4f'
    """
    single = float(np.float32(value))
    if not math.isfinite(single):
        raise ConfigError(
            f"A constant of the pipeline is {single}, which C code cannot hold.",
            "Change the signal block's parameters, or train again on data without gaps.",
        )
    return re.sub(r"\.?0*p", "p", single.hex()) + "f"


def c_int(value: int) -> str:
    """Return an integer as a constant that has no overflow while it is read.

    >>> c_int(-2147483648)
    '(-2147483647 - 1)'
    """
    if value == -(2**31):
        return "(-2147483647 - 1)"
    return f"{value}u" if value >= 2**31 else str(value)


def c_number(value: float) -> str:
    """Return an int as an integer constant, a float as an exact float32 constant."""
    if isinstance(value, (bool, int, np.integer)):
        return c_int(int(value))
    return c_float(value)


def c_string(text: str) -> str:
    r"""Return text as a C string of UTF-8 bytes; what is not plain ASCII becomes octal.

    >>> c_string('né"?')
    '"n\\303\\251\\042\\077"'
    """
    # "?" as well, because C99 reads ??= and its like as other signs
    plain = (chr(b) if 32 <= b < 127 and b not in b'"\\?' else f"\\{b:03o}" for b in text.encode())
    return f'"{"".join(plain)}"'


def c_array(name: str, values: NDArray[np.generic]) -> str:
    """Return the definition of a constant array of at least one value, flattened in C order.

    Raises
    ------
    ConfigError
        For a type that the runtime does not use, or a value that is not finite.
    """
    if values.dtype.name not in C_TYPES:
        raise ConfigError(
            f"Table {name} has the type {values.dtype}, which generated C does not use.",
            f"The signal block must give one of: {', '.join(C_TYPES)}.",
        )
    numbers = (c_number(value) for value in values.ravel().tolist())
    head = f"static const {C_TYPES[values.dtype.name]} {name}[{values.size}] = {{"
    return "\n".join([head, *_lines(numbers), "};"])


def _lines(items: Iterable[str]) -> Iterable[str]:
    line = "   "
    for item in items:
        if len(line) + len(item) + 2 > _LINE:
            yield line
            line = "   "
        line += f" {item},"
    yield line
