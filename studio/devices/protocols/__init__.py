"""The protocols of others, one module each, found by looking into this package.

A module exports one class:

- `CODEC`, an implementation of `studio.devices.source.Codec`, made without arguments and driven by
  a `CodecSource`; or
- `SOURCE`, for a protocol that is a dialog rather than a stream: an implementation of
  `studio.devices.source.Source`, made from an open link, with `id`, `title`, `wake` and
  `recognise` as a codec has them.
"""

import importlib
import pkgutil
from functools import cache
from typing import Any, cast

from studio.devices.codec_source import CodecSource
from studio.devices.link import Link
from studio.devices.source import Codec, Source


class Speaker:
    """One protocol of others, ready to be recognised and spoken.

    Parameters
    ----------
    made : type
        What its module exports.
    dialog : bool
        Whether that is a `SOURCE` rather than a `CODEC`.
    """

    def __init__(self, made: type[Any], *, dialog: bool) -> None:
        self._made = made
        self._dialog = dialog
        self.id = str(made.id)
        self.title = str(made.title)
        self.wake = bytes(made.wake)
        self.stop = b"" if dialog else bytes(made().stop)
        """What ends a stream that another program left running; empty if nothing does."""

    def recognise(self, beginning: bytes) -> float:
        """Say how sure it is that a stream beginning like this is its own: 0..1."""
        return float(self._made.recognise(beginning))

    def source(self, link: Link) -> Source:
        """Return a source that speaks it over a link."""
        if self._dialog:
            return cast(Source, self._made(link))
        return CodecSource(link, cast(Codec, self._made()))


@cache
def speakers() -> tuple[Speaker, ...]:
    """Return every protocol of this package, by name of its module."""
    found = []
    for row in sorted(pkgutil.iter_modules(__path__), key=lambda row: row.name):
        module = importlib.import_module(f"{__name__}.{row.name}")
        for name in ("CODEC", "SOURCE"):
            if hasattr(module, name):
                found.append(Speaker(getattr(module, name), dialog=name == "SOURCE"))
    return tuple(found)
