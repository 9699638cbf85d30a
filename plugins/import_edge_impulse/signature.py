"""Edge Impulse's signature: HMAC-SHA256 over the file's own bytes with the signature as zeros."""

import hashlib
import hmac
from typing import Any

ZEROS = "0" * 64
_HEX = frozenset("0123456789abcdef")


def status(data: bytes, document: Any, key: str, *, cbor: bool) -> str:
    """Return what a document's signature turns out to be.

    Parameters
    ----------
    data : bytes
        The document's bytes exactly as they are in the file, without what follows it.
    document : dict
        The same, decoded.
    key : str
        The HMAC key; empty = nobody gave one.
    cbor : bool
        Whether the bytes are CBOR rather than JSON.

    Returns
    -------
    str
        `unsigned` (says so itself, or has no signature), `all-zero` (should have one that was
        never filled in), `unverified` (signed, and there is no key), `valid` or `invalid`.
    """
    protected = document.get("protected")
    algorithm = protected.get("alg") if isinstance(protected, dict) else None
    text = document.get("signature")
    if algorithm == "none" or not isinstance(text, str) or not text:
        return "unsigned"
    if not text.strip("0"):
        return "all-zero"
    if not key:
        return "unverified"
    at = _place(data, text, cbor=cbor) if len(text) == 64 and _HEX.issuperset(text) else -1
    if at < 0 or algorithm != "HS256":
        return "invalid"
    zeroed = b"".join((data[:at], ZEROS.encode(), data[at + 64 :]))
    expected = hmac.new(key.encode(), zeroed, hashlib.sha256).hexdigest()
    return "valid" if hmac.compare_digest(expected, text) else "invalid"


def _place(data: bytes, text: str, *, cbor: bool) -> int:
    """Return where the signature's digits begin, or -1."""
    if cbor:
        found = data.find(b"\x69signature\x78\x40" + text.encode())
        return found + 12 if found >= 0 else -1
    at = data.find(b'"signature"')
    return data.find(f'"{text}"'.encode(), at + 11) + 1 if at >= 0 else -1
