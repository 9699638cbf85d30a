"""Reading flatbuffers without trusting them: every access is checked against the file's end.

The layout (little-endian): a table begins with the signed distance back to its vtable; the
vtable holds its own size, the table's size, and for each field the offset of its value in the
table or 0 for "default". A vector is a count followed by its elements; strings, tables and
vectors are reached by unsigned distances forward. Depth is fixed by the schema, so a file cannot
make us recurse.
"""

import struct

import numpy as np
from numpy.typing import NDArray

from studio.errors import ModelError

_FORMATS = {
    code: struct.Struct("<" + code) for code in ("b", "B", "?", "h", "H", "i", "I", "q", "Q", "f")
}


def damaged(what: str) -> ModelError:
    """Return the error for a file that cannot be what it claims to be."""
    return ModelError(
        f"The model file is damaged: {what}.", "Export or copy the .tflite file again."
    )


def _unpack(data: bytes, position: int, code: str) -> int | float:
    form = _FORMATS[code]
    if position < 0 or position + form.size > len(data):
        raise damaged(f"it refers to byte {position}, but ends at {len(data)}")
    value: int | float = form.unpack_from(data, position)[0]
    return value


def _integer(data: bytes, position: int, code: str) -> int:
    return int(_unpack(data, position, code))


class Table:
    """One table of a flatbuffer; fields are numbered from 0 in the order of the schema."""

    def __init__(self, data: bytes, position: int) -> None:
        self._data = data
        self._position = position
        vtable = position - _integer(data, position, "i")
        size = _integer(data, vtable, "H")
        if size < 4 or size % 2 or vtable + size > len(data):
            raise damaged(f"the table at byte {position} has no valid description")
        self._vtable = vtable
        self._fields = (size - 4) // 2

    @classmethod
    def root(cls, data: bytes) -> "Table":
        """Return the outermost table."""
        return cls(data, _integer(data, 0, "I"))

    def _offset(self, field: int) -> int:
        if field >= self._fields:
            return 0
        relative = _integer(self._data, self._vtable + 4 + 2 * field, "H")
        return self._position + relative if relative else 0

    def integer(self, field: int, code: str, default: int = 0) -> int:
        """Return an integer or boolean field; `code` is its `struct` format."""
        at = self._offset(field)
        return _integer(self._data, at, code) if at else default

    def real(self, field: int, default: float = 0.0) -> float:
        """Return a float32 field."""
        at = self._offset(field)
        return float(_unpack(self._data, at, "f")) if at else default

    def table(self, field: int) -> "Table | None":
        """Return a table field, or None where it is absent."""
        at = self._offset(field)
        return Table(self._data, at + _integer(self._data, at, "I")) if at else None

    def _vector(self, field: int, item_bytes: int, limit: int) -> tuple[int, int]:
        at = self._offset(field)
        if not at:
            return 0, 0
        start = at + _integer(self._data, at, "I")
        count = _integer(self._data, start, "I")
        if count * item_bytes > len(self._data) - start - 4:
            raise damaged(f"a list of {count} items at byte {start} runs over its end")
        if count > limit:
            raise damaged(f"a list at byte {start} has {count} items, more than {limit}")
        return start + 4, count

    def tables(self, field: int, limit: int) -> "list[Table]":
        """Return a vector of tables of at most `limit` items; empty where it is absent."""
        start, count = self._vector(field, 4, limit)
        places = range(start, start + 4 * count, 4)
        return [Table(self._data, at + _integer(self._data, at, "I")) for at in places]

    def numbers(self, field: int, dtype: str, limit: int) -> NDArray[np.generic]:
        """Return a vector of numbers as an array of at most `limit` items."""
        kind = np.dtype(dtype)
        start, count = self._vector(field, kind.itemsize, limit)
        return np.frombuffer(self._data, kind, count, start)

    def raw(self, field: int) -> memoryview:
        """Return a vector of bytes without copying it."""
        start, count = self._vector(field, 1, len(self._data))
        return memoryview(self._data)[start : start + count]

    def text(self, field: int) -> str:
        """Return a string, cut to 200 characters and free of control characters."""
        start, count = self._vector(field, 1, len(self._data))
        found = self._data[start : start + min(count, 200)].decode("utf-8", "replace")
        return "".join(c if c.isprintable() else "?" for c in found)
