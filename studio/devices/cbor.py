"""A reader of CBOR (RFC 8949) for what devices send: bounded in depth, size and kinds.

Numbers, text, bytes, lists, maps and the simple values; tags are passed over. An item takes no
more memory than its bytes allow, whatever length they claim.
"""

import struct
from typing import Any

MAX_DEPTH = 8
_BREAK = object()
_SIMPLE: dict[int, Any] = {20: False, 21: True, 22: None, 23: None}
_FLOATS = {25: struct.Struct(">e"), 26: struct.Struct(">f"), 27: struct.Struct(">d")}


class CborError(ValueError):
    """Bytes that are no CBOR, or none that a device has reason to send."""


def decode(data: bytes, at: int = 0) -> tuple[Any, int]:
    """Return the item that begins at a byte, and where it ends.

    Raises
    ------
    CborError
        If there is no complete item.
    """
    try:
        value, end = _item(data, at, MAX_DEPTH)
    except (IndexError, struct.error) as error:
        raise CborError("the item is cut short") from error
    if value is _BREAK:
        raise CborError(f"an end without a beginning at byte {at}")
    return value, end


def _item(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    if depth == 0:
        raise CborError(f"nested deeper than {MAX_DEPTH}")
    major, short = data[at] >> 5, data[at] & 31
    if major == 7:
        return _simple(data, at + 1, short)
    argument, at = _argument(data, at + 1, short)
    if major <= 1:
        if argument is None:
            raise CborError("a number without end")
        return (argument if major == 0 else -1 - argument), at
    if major <= 3:
        return _string(data, at, argument, text=major == 3)
    if major == 4:
        return _list(data, at, argument, depth - 1)
    if major == 5:
        return _map(data, at, argument, depth - 1)
    return _item(data, at, depth - 1)


def _argument(data: bytes, at: int, short: int) -> tuple[int | None, int]:
    if short < 24:
        return short, at
    if short == 31:
        return None, at
    if short > 27:
        raise CborError(f"reserved length {short}")
    end = at + (1 << short - 24)
    if end > len(data):
        raise CborError("the item is cut short")
    return int.from_bytes(data[at:end], "big"), end


def _simple(data: bytes, at: int, short: int) -> tuple[Any, int]:
    if short in _FLOATS:
        form = _FLOATS[short]
        return form.unpack_from(data, at)[0], at + form.size
    if short == 31:
        return _BREAK, at
    if short not in _SIMPLE:
        raise CborError(f"simple value {short}")
    return _SIMPLE[short], at


def _string(data: bytes, at: int, size: int | None, *, text: bool) -> tuple[Any, int]:
    if size is None:
        raise CborError("strings in parts are not read")
    if at + size > len(data):
        raise CborError("the string is cut short")
    part = data[at : at + size]
    return (part.decode("utf-8", "replace") if text else part), at + size


def _list(data: bytes, at: int, size: int | None, depth: int) -> tuple[list[Any], int]:
    if size is not None and at + size > len(data):
        raise CborError("the list is cut short")
    values: list[Any] = []
    while size is None or len(values) < size:
        value, at = _item(data, at, depth)
        if value is _BREAK:
            if size is None:
                break
            raise CborError("an end within a list of known length")
        values.append(value)
    return values, at


def _map(data: bytes, at: int, size: int | None, depth: int) -> tuple[dict[Any, Any], int]:
    if size is not None and at + 2 * size > len(data):
        raise CborError("the map is cut short")
    pairs: dict[Any, Any] = {}
    read = 0
    while size is None or read < size:
        key, at = _item(data, at, depth)
        if key is _BREAK and size is None:
            break
        if not isinstance(key, str | int):
            raise CborError("a map's key is neither text nor number")
        value, at = _item(data, at, depth)
        if value is _BREAK:
            raise CborError("a key without a value")
        pairs[key] = value
        read += 1
    return pairs, at
